"""A trace as text, and text as a trace: `parse(problem, render(trace)) == trace` (DESIGN rule 3).

The style `terse` is made for small models: one line an event, nothing that its reader has already.

    y=0:173      take: the family's own line
    !5<          notice and back: the new fact in the proof, one `<` a step back
    y=1:161
    x=23
    ?7*23+12*1=173       verify: the answer put into the problem
    =23,1        conclude

    ~~~~         filler: nothing, four times

`@3` goes to the state that was the 3rd to be visited (the start is 0th) when it does not lie on the way
here. A notice says only what is new in its proof, so reading one proves it anew; words that prove nothing
come back as evidence of kind "said". No line is ever evaluated: each is matched, typed, and then checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from journey.errors import MoveError
from journey.families import State
from journey.problem import Problem
from journey.step import Evidence, Move
from traces.trace import Back, Conclude, Event, Filler, Notice, Take, Trace, Verify, Walk

LEAVE = re.compile(r"(?:!(?P<fact>[^<@]*))?(?P<up><+)?(?:@(?P<visit>\d{1,6}))?")
NOTHING = "~"
WORDS = re.compile(r"\d+|[A-Za-z]+|\S|\n")
MAX_LINE = 1_000
"""Characters in a line; a longer one is not read."""


class Line(NamedTuple):
    """One line of a text: the events it says, or why it says none."""

    text: str
    events: tuple[Event, ...]
    fault: str | None = None
    """Why it says no event."""
    left: int | None = None
    """Of a notice: the depth of the state it says must be left."""


def prompt(problem: Problem) -> str:
    """What a model is asked, ending on a token boundary."""
    return Walk(problem).family.prompt(problem.givens) + "\n"


def render(trace: Trace) -> str:
    """The trace in the style `terse`: lines joined by newlines, none after the last."""
    return "\n".join(line for _, _, line in said(trace))


def said(trace: Trace) -> Iterator[tuple[Walk, tuple[Event, ...], str]]:
    """Each line of a trace: where the reader stands before it, the events it says, its words.

    A notice and the going back that follows it share a line. The walk is one object that moves on between
    lines.
    """
    walk = Walk(trace.problem)
    events = list(trace.events)
    while events:
        joined = len(events) > 1 and isinstance(events[0], Notice) and isinstance(events[1], Back)
        group = tuple(events[: 2 if joined else 1])
        del events[: len(group)]
        yield walk, group, "".join(say(walk, event) for event in group)
        for event in group:
            move_on(walk, event)


def length(text: str) -> int:
    """How much a text says, in numbers, words and signs: near to its tokens, whatever the tokenizer.

    >>> length("y=1:7x=161")
    8
    """
    return len(WORDS.findall(text))


def say(walk: Walk, event: Event) -> str:
    """The words of one event, said where `walk` stands."""
    if isinstance(event, Take):
        return walk.family.write(walk.here.state, event.move)
    if isinstance(event, Notice):
        return "!" + event.evidence.terse()
    if isinstance(event, Verify):
        return "?" + event.said
    if isinstance(event, Filler):
        return NOTHING * event.length
    if isinstance(event, Back):
        depth = walk.depth_of(event.to)
        if depth is None:
            return f"@{list(walk.visited).index(event.to)}"
        return "<" * (len(walk.path) - 1 - depth)
    return "=" + event.answer


def move_on(walk: Walk, event: Event) -> None:
    """Carries an event out."""
    if isinstance(event, Take):
        walk.take(event.move)
    elif isinstance(event, Back):
        walk.back(event.to)


def read_line(walk: Walk, text: str) -> Line:
    """Reads a line where `walk` stands, and carries it out. Faults are data, never exceptions."""
    if len(text) > MAX_LINE:
        return Line(text[:MAX_LINE], (), f"a line of {len(text)} characters")
    try:
        line = _read(walk, text)
        for event in line.events:
            move_on(walk, event)
    except MoveError as fault:
        return Line(text, (), str(fault))
    return line


def _read(walk: Walk, text: str) -> Line:
    if text.startswith("="):
        return Line(text, (Conclude(text[1:]),))
    if text.startswith("?"):
        return Line(text, (Verify(text[1:]),))
    if text and not text.strip(NOTHING):
        return Line(text, (Filler(len(text)),))
    found = LEAVE.fullmatch(text)
    if not text or not found:
        return Line(text, (Take(walk.family.read(walk.here.state, text)),))
    levels = len(found["up"] or "")
    if levels >= len(walk.path):
        raise MoveError(f"goes back {levels} steps of {len(walk.path) - 1}")
    events: list[Event] = []
    # What must be proved is the first step that is left; without a way back, the last one taken.
    left = len(walk.path) - max(levels, 1)
    if found["fact"] is not None:
        proof = walk.proof(left)
        events.append(Notice(proof if proof.terse() == found["fact"] else Evidence("said", (found["fact"],))))
    if found["visit"] is not None:
        visited = list(walk.visited)
        if levels or int(found["visit"]) >= len(visited):
            raise MoveError(f"goes to state {found['visit']} of {len(visited) - 1}")
        events.append(Back(visited[int(found["visit"])]))
    elif levels:
        events.append(Back(walk.path[-1 - levels].key))
    return Line(text, tuple(events), left=left if found["fact"] is not None else None)


def taken(problem: Problem, text: str) -> list[tuple[State, Move]]:
    """The steps that a text takes, each with the state it is taken in; other lines do not count.

    What a model writes is read so before its wrong turns are put into a graph.
    """
    walk = Walk(problem)
    found: list[tuple[State, Move]] = []
    for row in text.split("\n"):
        here = walk.here.state
        found += [(here, event.move) for event in read_line(walk, row).events if isinstance(event, Take)]
    return found


def parse(problem: Problem, text: str) -> Trace:
    """The trace that a text says.

    Raises:
        MoveError: a line says no event; the message names it.
    """
    walk = Walk(problem)
    events: list[Event] = []
    for number, row in enumerate(text.split("\n"), 1):
        line = read_line(walk, row)
        if line.fault is not None:
            raise MoveError(f"line {number}: {line.fault}")
        events.extend(line.events)
    return Trace(problem, tuple(events))

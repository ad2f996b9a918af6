"""A trace as text, and text as a trace: `parse(render(trace)) == trace`, in each style (DESIGN rule 3).

`terse` is for small models (`traces.terse`), `prose` for pretrained ones: plain English with LaTeX
(`traces.prose`). In both a line says one event, or a notice and the going back. No line is ever evaluated:
each is matched, typed, and then checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from journey.errors import MoveError, unknown_name
from journey.families import State
from journey.problem import Problem
from journey.step import Move
from traces import prose, terse
from traces.style import Line, Style, length
from traces.trace import Back, Event, Notice, Take, Trace, Walk

__all__ = [
    "STYLES",
    "Line",
    "length",
    "parse",
    "prompt",
    "read_line",
    "render",
    "said",
    "say",
    "style_of",
    "taken",
]

STYLES: Mapping[str, Style] = {"terse": terse, "prose": prose}


def style_of(name: str) -> Style:
    """The style of this name; an unknown one is an `InputError` that names the nearest."""
    if name not in STYLES:
        raise unknown_name("style", name, STYLES)
    return STYLES[name]


def prompt(problem: Problem, style: str = "terse") -> str:
    """What a model is asked, ending on a token boundary."""
    return style_of(style).prompt(problem)


def render(trace: Trace, style: str = "terse", seed: int = 0) -> str:
    """The trace as text: lines joined by newlines, none after the last. `seed` chooses among wordings."""
    return "\n".join(line for _, _, line in said(trace, style, seed))


def said(trace: Trace, style: str = "terse", seed: int = 0) -> Iterator[tuple[Walk, tuple[Event, ...], str]]:
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
        yield walk, group, say(walk, *group, style=style, seed=seed)
        for event in group:
            move_on(walk, event)


def say(walk: Walk, *events: Event, style: str = "terse", seed: int = 0) -> str:
    """The line that says one event, or a notice and the going back, where `walk` stands."""
    return style_of(style).say(walk, events, seed)


def move_on(walk: Walk, event: Event) -> None:
    """Carries an event out."""
    if isinstance(event, Take):
        walk.take(event.move)
    elif isinstance(event, Back):
        walk.back(event.to)


def read_line(walk: Walk, text: str, style: str = "terse") -> Line:
    """Reads a line where `walk` stands, and carries it out. Faults are data, never exceptions."""
    words = style_of(style)
    if len(text) > words.MAX_LINE:
        return Line(text[: words.MAX_LINE], (), f"a line of {len(text)} characters")
    try:
        line = words.read(walk, text)
        for event in line.events:
            move_on(walk, event)
    except MoveError as fault:
        return Line(text, (), str(fault))
    return line


def answer_in(problem: Problem, line: str, style: str = "terse") -> str | None:
    """The answer that a line concludes with, None if it does not conclude."""
    words = style_of(style)
    return words.answer(problem, line) if len(line) <= words.MAX_LINE else None


def taken(problem: Problem, text: str, style: str = "terse") -> list[tuple[State, Move]]:
    """The steps that a text takes, each with the state it is taken in; other lines do not count.

    What a model writes is read so before its wrong turns are put into a graph.
    """
    walk = Walk(problem)
    found: list[tuple[State, Move]] = []
    for row in text.split("\n"):
        here = walk.here.state
        events = read_line(walk, row, style).events
        found += [(here, event.move) for event in events if isinstance(event, Take)]
    return found


def parse(problem: Problem, text: str, style: str = "terse") -> Trace:
    """The trace that a text says.

    Raises:
        MoveError: a line says no event; the message names it.
    """
    walk = Walk(problem)
    events: list[Event] = []
    for number, row in enumerate(text.split("\n"), 1):
        line = read_line(walk, row, style)
        if line.fault is not None:
            raise MoveError(f"line {number}: {line.fault}")
        events.extend(line.events)
    return Trace(problem, tuple(events))

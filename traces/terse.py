"""The style `terse`, made for small models: one line an event, nothing that its reader has already.

    y=0:173      take: the family's own line
    !5<          notice and back: the new fact in the proof, one `<` a step back
    y=1:161
    x=23
    ?7*23+12*1=173       verify: the answer put into the problem
    =23,1        conclude

    ~~~~         filler: nothing, four times

`@3` goes to the state that was the 3rd to be visited (the start is 0th) when it does not lie on the way
here. A notice says only what is new in its proof, so reading one proves it anew; words that prove nothing
come back as evidence of kind "said".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from journey import families
from journey.errors import MoveError
from journey.problem import Problem
from journey.step import Evidence
from traces.style import Line
from traces.trace import Back, Conclude, Event, Filler, Notice, Take, Verify, Walk

LEAVE = re.compile(r"(?:!(?P<fact>[^<@]*))?(?P<up><+)?(?:@(?P<visit>\d{1,6}))?")
NOTHING = "~"
MAX_LINE = 1_000


def prompt(problem: Problem) -> str:
    """The problem as one line."""
    return families.get(problem.family).prompt(problem.givens) + "\n"


def say(walk: Walk, events: Sequence[Event], seed: int) -> str:
    """The line that says these events; there is one way to say each."""
    return "".join(_say(walk, event) for event in events)


def _say(walk: Walk, event: Event) -> str:
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


def answer(problem: Problem, line: str) -> str | None:
    """The answer that a line concludes with."""
    return line[1:] if line.startswith("=") else None


def read(walk: Walk, text: str) -> Line:
    """What a line says where `walk` stands.

    Raises:
        MoveError: it says nothing.
    """
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

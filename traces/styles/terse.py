"""The style `terse`, for small models: one line per event, without redundant words.

    y=0:173      take: the family's own line
    !5<          notice and back: the new fact of the proof, one `<` per step back
    y=1:161
    x=23
    ?7*23+12*1=173       verify: the problem with the answer in it
    =23,1        conclude

    !5<#         notice, back, and erase the dead end (`traces.erasing`)
    ~~~~         filler: nothing, four times
    slow         mode: a search follows

`@3` goes to the third visited state (the start is number 0) if that state is not on the current path. A
notice holds only the new fact of its proof, so the reader recomputes the proof. Words that are not the proof
become evidence of kind "unverified".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from journey import families
from journey.errors import MoveError
from journey.problem import Problem
from journey.step import Evidence
from traces.styles import Line
from traces.trace import MODES, Back, Conclude, Erase, Event, Filler, Mode, Notice, Quote, Take, Verify, Walk

GO_BACK = re.compile(r"(?:!(?P<fact>[^<@]*))?(?P<up><+)?(?:@(?P<visit>\d{1,6}))?(?P<erased>#)?")
FILLER = "~"
ERASED = "#"
MAX_LINE = 1_000


def prompt(problem: Problem) -> str:
    """The problem as one line."""
    return families.get(problem.family).prompt(problem.givens) + "\n"


def render_line(walk: Walk, events: Sequence[Event], seed: int) -> str:
    """Renders these events as one line; `seed` is unused, because each event has one form."""
    return "".join(_render_event(walk, event) for event in events)


def _render_event(walk: Walk, event: Event) -> str:
    if isinstance(event, Take):
        return walk.family.write(walk.here.state, event.move)
    if isinstance(event, Notice):
        return "!" + event.evidence.terse()
    if isinstance(event, Verify):
        return "?" + event.text
    if isinstance(event, Filler):
        return FILLER * event.length
    if isinstance(event, Mode):
        return event.name
    if isinstance(event, Quote):
        return event.text
    if isinstance(event, Erase):
        return ERASED
    if isinstance(event, Back):
        depth = walk.depth_of(event.to)
        if depth is None:
            return f"@{list(walk.visited).index(event.to)}"
        return "<" * (len(walk.path) - 1 - depth)
    return "=" + event.answer


def answer(problem: Problem, line: str) -> str | None:
    """The answer of a concluding line; None if the line does not conclude."""
    return line[1:] if line.startswith("=") else None


def read_line(walk: Walk, text: str) -> Line:
    """Reads a line at the current state of `walk`.

    Raises:
        MoveError: the line has no event.
    """
    if text.startswith("="):
        return Line(text, (Conclude(text[1:]),))
    if text.startswith("?"):
        return Line(text, (Verify(text[1:]),))
    if text and not text.strip(FILLER):
        return Line(text, (Filler(len(text)),))
    if text in MODES:
        return Line(text, (Mode(text),))
    match = GO_BACK.fullmatch(text)
    if text in ("", ERASED) or not match:
        return Line(text, (Take(walk.family.read(walk.here.state, text)),))
    levels = len(match["up"] or "")
    if levels >= len(walk.path):
        raise MoveError(f"goes back {levels} steps of {len(walk.path) - 1}")
    events: list[Event] = []
    # The proof is about the first step that is left, or, without a step back, the last step taken.
    left = len(walk.path) - max(levels, 1)
    if match["fact"] is not None:
        proof = walk.proof(left)
        events.append(
            Notice(proof if proof.terse() == match["fact"] else Evidence("unverified", (match["fact"],)))
        )
    if match["visit"] is not None:
        visited = list(walk.visited)
        if levels or int(match["visit"]) >= len(visited):
            raise MoveError(f"goes to state {match['visit']} of {len(visited) - 1}")
        events.append(Back(visited[int(match["visit"])]))
    elif levels:
        events.append(Back(walk.path[-1 - levels].key))
    if match["erased"]:
        events.append(Erase())
    return Line(text, tuple(events), left=left if match["fact"] is not None else None)

"""The style `stated`: `terse`, and each step says the state that it leads to.

    93+79=172;48,78,172        take: the family's own line, and what is left after it
    172-48=124;124+49,78       124 is 49 more than the target, and 78 is left (`Family.brief`)
    !<                         all other lines are those of `terse`

A model then finds the state that it is in on the line before, instead of following the path from the start.
A line with another state than the step's is unreadable.
"""

from __future__ import annotations

from collections.abc import Sequence

from journey.errors import MoveError
from journey.step import Move
from traces.styles import Line, terse
from traces.trace import Event, Take, Walk

SEPARATOR = ";"
MAX_LINE = 2 * terse.MAX_LINE

prompt = terse.prompt
answer = terse.answer
ERASED = terse.ERASED


def render_line(walk: Walk, events: Sequence[Event], seed: int) -> str:
    """Renders these events as one line; `seed` is unused, because each event has one form."""
    line = terse.render_line(walk, events, seed)
    taken = [event.move for event in events if isinstance(event, Take)]
    return line + "".join(_after(walk, move) for move in taken)


def read_line(walk: Walk, text: str) -> Line:
    """Reads a line at the current state of `walk`.

    Raises:
        MoveError: the line has no event, or states no state or another one.
    """
    places = [at for at, character in enumerate(text) if character == SEPARATOR]
    for at in places:
        try:
            line = terse.read_line(walk, text[:at])
        except MoveError:
            continue
        takes = [event.move for event in line.events if isinstance(event, Take)]
        if any(text[at:] == _after(walk, move) for move in takes):
            return Line(text, line.events)
    line = terse.read_line(walk, text)
    if any(isinstance(event, Take) for event in line.events):
        raise MoveError(f"a step without the state after it: {text[:40]!r}")
    return line


def _after(walk: Walk, move: Move) -> str:
    family = walk.family
    state = family.apply(walk.here.state, move)
    return SEPARATOR + (family.brief or family.key)(state)

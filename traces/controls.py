"""The controls: traces that share a journey's length or its looks, and not its search.

If a model trained on `filler` learns as much, it was the length; if one trained on `shuffled` does, it
was the looks of wrong turns and not what is in them.
"""

from __future__ import annotations

from journey.errors import MoveError
from journey.step import Evidence
from traces.text import length, move_on, said
from traces.trace import Back, Conclude, Event, Filler, Notice, Take, Trace, Walk


def padded(trace: Trace | None, style: str = "terse", seed: int = 0) -> Trace | None:
    """The steps of a trace that its end rests on, with filler of equal length in the place of all else.

    The length is counted in numbers, words and signs (`traces.text.length`) of the style, line by line;
    Pfau, Merrill and Bowman 2024 (section 3) let a model "think dot by dot" in the same way.
    """
    if trace is None:
        return None
    kept = _kept(trace)
    events: list[Event] = []
    empty = 0
    for walk, group, line in said(trace, style, seed):
        takes = isinstance(group[0], Take)
        if (takes and walk.taken + 1 in kept) or not (takes or isinstance(group[0], (Notice, Back))):
            if empty:
                events.append(Filler(empty - 1))
            events += group
            empty = 0
        else:
            empty += length(line + "\n")
    return Trace(trace.problem, tuple(events), "filler")


def _kept(trace: Trace) -> set[int]:
    """The numbers of the steps that lie on the way to the end."""
    walk = Walk(trace.problem)
    for event in trace.events:
        move_on(walk, event)
    return {stop.number for stop in walk.path}


Turn = list[tuple[Event, ...]]
"""The lines of a wrong turn: steps, and the notices by which they are left."""


def exchanged(trace: Trace | None, donor: Trace | None) -> Trace | None:
    """A journey with each wrong turn replaced by one of another problem's journey, in turn.

    The steps are the other's, taken at their word where they can be said here; its notices keep their
    words, which prove nothing here. None where either is missing, or the other has no wrong turn where
    one is needed.
    """
    if trace is None or donor is None:
        return None
    kept, turns = _kept(trace), _wrong_turns(donor)
    walk = Walk(trace.problem)
    events: list[Event] = []
    number, inside = 0, False
    for before, group, _ in said(trace):
        first = group[0]
        stays = isinstance(first, Conclude) or (isinstance(first, Take) and before.taken + 1 in kept)
        if not stays and not inside:
            if not turns:
                return None
            _say_turn(walk, events, turns[number % len(turns)])
            number += 1
        inside = not stays and not any(isinstance(event, Back) for event in group)
        if stays:
            for event in group:
                events.append(event)
                move_on(walk, event)
    return Trace(trace.problem, tuple(events), "shuffled")


def _wrong_turns(trace: Trace) -> list[Turn]:
    kept = _kept(trace)
    found: list[Turn] = []
    turn: Turn = []
    for walk, group, _ in said(trace):
        first = group[0]
        if isinstance(first, Conclude) or (isinstance(first, Take) and walk.taken + 1 in kept):
            continue
        turn.append(group)
        if any(isinstance(event, Back) for event in group):
            found.append(turn)
            turn = []
    return found


def _say_turn(walk: Walk, events: list[Event], turn: Turn) -> None:
    """Says the lines of another problem's wrong turn here, and comes back to where it began."""
    home = walk.here.key
    for group in turn:
        for event in group:
            if isinstance(event, Take):
                move = _sayable(walk, event)
                if move is not None:
                    events.append(move)
                    move_on(walk, move)
            elif isinstance(event, Notice) and walk.here.key != home:
                depth = (walk.depth_of(home) or 0) + 1
                proof, words = walk.proof(depth), event.evidence
                known = words.terse() == proof.terse()
                events.append(Notice(proof if known else Evidence("said", (words.terse(),))))
    if walk.here.key != home:
        back = Back(home)
        events.append(back)
        move_on(walk, back)


def _sayable(walk: Walk, event: Take) -> Take | None:
    """The step as it would be read here; None where it cannot be said, or leads where the walk has been."""
    family, here = walk.family, walk.here.state
    try:
        line = family.write(here, event.move)
        move = family.read(here, line)
        family.claims(here, move)
        again = family.key(family.apply(here, move)) in walk.visited
        return None if again or family.write(here, move) != line else Take(move)
    except (MoveError, LookupError):
        return None

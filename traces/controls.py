"""The controls: traces with a journey's length or its form, but without its search.

Each takes something away from a journey and keeps the right answer. If a model trained on one learns as much
as a model trained on journeys, what was taken away does not matter:

    filler      the words of the search      shuffled    wrong turns that belong to the problem
    swapped     everything but the answer    scrambled   the order of the lines
    wrong       the truth of the steps
"""

from __future__ import annotations

from random import Random

from journey.check import check_move, sound
from journey.errors import MoveError
from journey.graph import SolutionGraph
from journey.step import Evidence, Move
from traces.text import apply_event, length, rendered_lines
from traces.trace import Back, Conclude, Event, Filler, Notice, Quote, Take, Trace, Walk


def padded(trace: Trace | None, style: str = "terse", seed: int = 0) -> Trace | None:
    """Keeps the steps of the solution and replaces all other lines by filler of equal length.

    Length is counted in numbers, words and signs (`traces.text.length`) of the style, line by line. Pfau,
    Merrill and Bowman 2024 (section 3) let a model "think dot by dot" in the same way.
    """
    if trace is None:
        return None
    solution_steps = _solution_steps(trace)
    events: list[Event] = []
    omitted_length = 0
    for walk, group, line in rendered_lines(trace, style, seed):
        is_step = isinstance(group[0], Take)
        if (is_step and walk.steps_taken + 1 in solution_steps) or not (
            is_step or isinstance(group[0], (Notice, Back))
        ):
            if omitted_length:
                events.append(Filler(omitted_length - 1))
            events += group
            omitted_length = 0
        else:
            omitted_length += length(line + "\n")
    return Trace(trace.problem, tuple(events), "filler")


def _solution_steps(trace: Trace) -> set[int]:
    """The numbers of the steps on the final path."""
    walk = Walk(trace.problem)
    for event in trace.events:
        apply_event(walk, event)
    return {stop.number for stop in walk.path}


Turn = list[tuple[Event, ...]]
"""The events of a wrong turn by line: its steps and notices."""


def exchanged(trace: Trace | None, donor: Trace | None) -> Trace | None:
    """Replaces the wrong turns of a journey by those of another problem's journey, in order.

    The donor's steps are taken wherever they can be written in the current state; their results are not
    checked. Its notices keep their words, which prove nothing here. Returns None if a trace is missing, or if
    the donor has no wrong turn where one is needed.
    """
    if trace is None or donor is None:
        return None
    solution_steps, turns = _solution_steps(trace), _wrong_turns(donor)
    walk = Walk(trace.problem)
    events: list[Event] = []
    number, inside = 0, False
    for reader, group, _ in rendered_lines(trace):
        first = group[0]
        on_solution = isinstance(first, Conclude) or (
            isinstance(first, Take) and reader.steps_taken + 1 in solution_steps
        )
        if not on_solution and not inside:
            if not turns:
                return None
            _insert_turn(walk, events, turns[number % len(turns)])
            number += 1
        inside = not on_solution and not any(isinstance(event, Back) for event in group)
        if on_solution:
            for event in group:
                events.append(event)
                apply_event(walk, event)
    return Trace(trace.problem, tuple(events), "shuffled")


def _wrong_turns(trace: Trace) -> list[Turn]:
    solution_steps = _solution_steps(trace)
    turns: list[Turn] = []
    turn: Turn = []
    for walk, group, _ in rendered_lines(trace):
        first = group[0]
        if isinstance(first, Conclude) or (
            isinstance(first, Take) and walk.steps_taken + 1 in solution_steps
        ):
            continue
        turn.append(group)
        if any(isinstance(event, Back) for event in group):
            turns.append(turn)
            turn = []
    return turns


def _insert_turn(walk: Walk, events: list[Event], turn: Turn) -> None:
    """Inserts another problem's wrong turn at the current state, and returns to that state."""
    home = walk.here.key
    for group in turn:
        for event in group:
            if isinstance(event, Take):
                step = _transferred(walk, event)
                if step is not None:
                    events.append(step)
                    apply_event(walk, step)
            elif isinstance(event, Notice) and walk.here.key != home:
                depth = (walk.depth_of(home) or 0) + 1
                proof, evidence = walk.proof(depth), event.evidence
                is_proof = evidence.terse() == proof.terse()
                events.append(Notice(proof if is_proof else Evidence("unverified", (evidence.terse(),))))
    if walk.here.key != home:
        back = Back(home)
        events.append(back)
        apply_event(walk, back)


def _transferred(walk: Walk, event: Take) -> Take | None:
    """The step as read in the current state; None if it cannot be written or leads to a visited state."""
    family, here = walk.family, walk.here.state
    try:
        line = family.write(here, event.move)
        move = family.read(here, line)
        family.claims(here, move)
        visited = family.key(family.apply(here, move)) in walk.visited
        return None if visited or family.write(here, move) != line else Take(move)
    except (MoveError, LookupError):
        return None


def answered(trace: Trace | None, donor: Trace | None, style: str = "terse", seed: int = 0) -> Trace | None:
    """The lines of another problem's journey, then the answer of this one; None if a trace is missing.

    These are the swapped traces of Beyond Semantics (Stechly et al. 2025, arXiv 2505.13775).
    """
    if trace is None or donor is None:
        return None
    return Trace(trace.problem, (*_quotes(donor, style, seed), trace.events[-1]), "swapped")


def reordered(trace: Trace | None, style: str = "terse", seed: int = 0) -> Trace | None:
    """The lines of a journey in a random order, then its answer."""
    if trace is None:
        return None
    quotes = _quotes(trace, style, seed)
    Random(f"{seed}:{trace.problem.id}:order").shuffle(quotes)
    return Trace(trace.problem, (*quotes, trace.events[-1]), "scrambled")


def _quotes(trace: Trace, style: str, seed: int) -> list[Quote]:
    """All lines but the answer."""
    return [Quote(line) for _, _, line in rendered_lines(trace, style, seed)][:-1]


def spoilt(graph: SolutionGraph, trace: Trace | None, seed: int = 0) -> Trace | None:
    """A journey in which one step of the solution is a mistake that nobody notices, and the answer is right.

    Up to that step the trace is the journey. After it come the remaining steps of the solution that can be
    written in the wrong state; their results are not checked. The mistake is one that the search explored at
    that state, or else one that people make there. Returns None if no step of the solution has a mistake.
    """
    if trace is None:
        return None
    solution_steps = _solution_steps(trace)
    walk = Walk(trace.problem)
    places: list[tuple[int, list[Move]]] = []
    for number, event in enumerate(trace.events):
        if isinstance(event, Take) and walk.steps_taken + 1 in solution_steps:
            mistakes = _mistakes(graph, walk, event.move)
            places += [(number, mistakes)] if mistakes else []
        apply_event(walk, event)
    if not places:
        return None
    random = Random(f"{seed}:{trace.problem.id}:spoilt")
    place, mistakes = random.choice(places)
    walk = Walk(trace.problem)
    events: list[Event] = [*trace.events[:place], Take(random.choice(mistakes))]
    for event in events:
        apply_event(walk, event)
    reader = Walk(trace.problem)
    for number, event in enumerate(trace.events[:-1]):
        if number > place and isinstance(event, Take) and reader.steps_taken + 1 in solution_steps:
            step = _transferred(walk, event)
            if step is not None:
                events.append(step)
                apply_event(walk, step)
        apply_event(reader, event)
    return Trace(trace.problem, (*events, trace.events[-1]), "wrong")


def _mistakes(graph: SolutionGraph, walk: Walk, right: Move) -> list[Move]:
    """The wrong moves in place of `right`: those that the search explored, else those that people make.

    They lead to states that are not on the path, so that the text can be read back.
    """
    family, here = walk.family, walk.here
    explored = [step.move for step in graph.steps_from(here.key) if not graph.sound(step)]
    for proposed in (explored, [move for _, move in family.mistakes(here.state, right)]):
        steps = (_transferred(walk, Take(move)) for move in proposed)
        moves = [step.move for step in steps if step is not None]
        if wrong := [move for move in moves if not _is_sound(walk, move)]:
            return wrong
    return []


def _is_sound(walk: Walk, move: Move) -> bool:
    return sound(walk.family, check_move(walk.family, walk.here.state, move).verdict)

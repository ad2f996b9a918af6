"""Walks: one graph in, one trace out. Every kind of training data is a walk over the same graph.

| kind | the walk | source |
|---|---|---|
| shortcut | the shortest path of valid steps | the usual fine-tuning data |
| journey | that path, at most K wrong turns a state, each noticed | O1 Journey (Qin et al. 2024), 6.6 |
| stream | every step as explored, until the goal | Stream of Search (Gandhi et al. 2024), 3 |
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import networkx as nx

from journey.check import sound
from journey.errors import unknown_name
from journey.graph import SolutionGraph, Step
from traces.trace import Back, Conclude, Event, Notice, Take, Trace, Walk


@dataclass(frozen=True, slots=True)
class Knobs:
    """What may be set about a walk."""

    wrong_turns: int = 24
    """K: at most this many wrong turns are taken at a state on the solution path."""
    depth: int = 1
    """How many steps a wrong turn is followed before it is noticed."""
    mistakes: float = 1.0
    """The share of the explored mistakes that is kept; dead ends are always candidates."""
    seed: int = 0


def shortcut(graph: SolutionGraph, knobs: Knobs) -> Trace | None:
    """The shortest path of valid steps and its answer; None for an unsolved graph."""
    path = graph.solution()
    if path is None:
        return None
    walk = Walk(graph.problem)
    events: list[Event] = []
    for step in path:
        _take(walk, events, step)
    return _concluded(walk, events, "shortcut")


def journey(graph: SolutionGraph, knobs: Knobs) -> Trace | None:
    """The solution path with the wrong turns that were explored before each right step.

    A wrong turn is a mistake (the step is not valid) or a dead end (valid, and proved hopeless); steps
    abandoned for lack of budget are neither. Each is followed for `depth` steps without branching, noticed,
    and left for the solution path.
    """
    path = graph.solution()
    if path is None:
        return None
    random = Random(f"{knobs.seed}:{graph.problem.id}")
    walk = Walk(graph.problem)
    events: list[Event] = []
    for right in path:
        turns = [step for step in graph.steps_from(right.source) if step.order < right.order]
        turns = [step for step in turns if _is_wrong_turn(graph, step)]
        turns = [s for s in turns if graph.sound(s) or random.random() < knobs.mistakes]
        if len(turns) > knobs.wrong_turns:
            turns = sorted(random.sample(turns, knobs.wrong_turns), key=lambda step: step.order)
        for wrong in turns:
            first = len(walk.path)
            _take(walk, events, wrong)
            for _ in range(knobs.depth - 1):
                further = [s for s in graph.steps_from(walk.here.key) if graph.sound(s)]
                if not further:
                    break
                _take(walk, events, random.choice(further))
            _leave(walk, events, first)
        _take(walk, events, right)
    return _concluded(walk, events, "journey")


def stream(graph: SolutionGraph, knobs: Knobs) -> Trace | None:
    """Every step in the order it was explored, up to the first goal; None for an unsolved graph.

    A state is left with a notice where it is wrong, or where everything below it had been explored by then.
    """
    path = graph.solution()
    if path is None:
        return None
    walk = Walk(graph.problem)
    events: list[Event] = []
    last = _last_orders(graph)
    for step in graph.steps():
        while walk.here.key != step.source:
            spent = graph.state(walk.here.key).hopeless and last[walk.here.key] < step.order
            bad = len(walk.path) - 1 if spent else _last_wrong(walk, walk.depth_of(step.source) or 0)
            if bad:
                _leave(walk, events, bad)
            else:
                _back(walk, events, step.source)
        _take(walk, events, step)
        if graph.state(walk.here.key).solved and not _last_wrong(walk):
            return _concluded(walk, events, "stream")
    # The last step led by a valid way into states that had been explored beyond a wrong step: walk on through
    # them.
    goal = [path[0].source, *(step.target for step in path)]
    while bad := _last_wrong(walk):
        _leave(walk, events, bad)
    while [stop.key for stop in walk.path] != goal[: len(walk.path)]:
        _back(walk, events, walk.path[-2].key)
    for step in path[len(walk.path) - 1 :]:
        _take(walk, events, step)
    return _concluded(walk, events, "stream")


Kind = Callable[[SolutionGraph, Knobs], Trace | None]
KINDS: dict[str, Kind] = {"shortcut": shortcut, "journey": journey, "stream": stream}


def walk(kind: str, graph: SolutionGraph, knobs: Knobs) -> Trace | None:
    """The trace of this kind; None where the graph holds no solution."""
    if kind not in KINDS:
        raise unknown_name("kind of trace", kind, KINDS)
    return KINDS[kind](graph, knobs)


def _is_wrong_turn(graph: SolutionGraph, step: Step) -> bool:
    return not graph.sound(step) or graph.state(step.target).hopeless


def _take(walk: Walk, events: list[Event], step: Step) -> None:
    walk.take(step.move)
    events.append(Take(step.move))


def _back(walk: Walk, events: list[Event], to: str) -> None:
    walk.back(to)
    events.append(Back(to))


def _leave(walk: Walk, events: list[Event], depth: int) -> None:
    """Notices that the state at `depth` is wrong or hopeless, and goes back to the one before it."""
    events.append(Notice(walk.proof(depth)))
    _back(walk, events, walk.path[depth - 1].key)


def _last_wrong(walk: Walk, above: int = 0) -> int | None:
    """The depth of the last state beyond depth `above` whose step is not valid; None if all are."""
    depths = range(len(walk.path) - 1, above, -1)
    return next((depth for depth in depths if not sound(walk.family, walk.finding(depth).verdict)), None)


def _concluded(walk: Walk, events: list[Event], kind: str) -> Trace:
    answer = walk.family.answer(walk.problem.givens, walk.moves())
    return Trace(walk.problem, (*events, Conclude(answer)), kind)


def _last_orders(graph: SolutionGraph) -> dict[str, int]:
    """For each state, when the last step below it was explored; -1 where there is none."""
    last: dict[str, int] = {}
    for key in reversed(list(nx.topological_sort(graph.graph))):
        last[key] = max((max(step.order, last[step.target]) for step in graph.steps_from(key)), default=-1)
    return last

"""Walks: one graph in, one trace out. Every kind of training data is a walk over the same graph.

| kind | the walk | source |
|---|---|---|
| shortcut | the shortest path of sound steps | the usual fine-tuning data |
| journey | that path, at most K wrong turns a state, each noticed | O1 Journey (Qin et al. 2024), 6.6 |
| stream | every step as explored, until the goal | Stream of Search (Gandhi et al. 2024), 3 |
| shortened | the stream; what leads nowhere is left after a step | To Backtrack or Not (Qin et al. 2025) |
| checked | the shortcut, with its answer put into the problem | How to Solve It (Pólya 1945), looking back |
| filler | the shortcut, as long as the journey, by empty words | Let's Think Dot by Dot (Pfau et al. 2024) |
| shuffled | the journey with the wrong turns of another problem | after Li et al. 2025, on structure |

The last two are controls (`traces.controls`): they say whether it is the search that helps, or the
length, or the looks of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import networkx as nx

from journey import families
from journey.check import sound
from journey.errors import unknown_name
from journey.graph import SolutionGraph, Step
from journey.step import Verdict
from traces.trace import Back, Conclude, Event, Notice, Take, Trace, Verify, Walk


@dataclass(frozen=True, slots=True)
class Knobs:
    """What may be set about a walk."""

    wrong_turns: int = 24
    """K: at most this many wrong turns are taken at a state on the solution path."""
    total: int | None = None
    """At most this many in the whole trace; None is no limit."""
    depth: int | None = 1
    """After how many steps a wrong turn is noticed: 1 is at once, None when it can go no further."""
    mistakes: float = 1.0
    """The share of the explored mistakes that is kept."""
    dead_ends: float = 1.0
    """The share of the explored dead ends that is kept."""
    restart: bool = False
    """After a wrong turn the path is taken anew from the start, not gone on with from where it was left."""
    seed: int = 0
    style: str = "terse"
    """In whose words the length of filler is counted; text is a function of the walk, whatever the style."""


def shortcut(graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """The shortest path of sound steps and its answer; None for an unsolved graph."""
    path = graph.solution()
    if path is None:
        return None
    walk = Walk(graph.problem)
    events: list[Event] = []
    for step in path:
        _take(walk, events, step)
    return _concluded(walk, events, "shortcut")


def checked(graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """The shortcut, and before it concludes the problem with the answer put into it, where that can be."""
    short = shortcut(graph, knobs)
    if short is None:
        return None
    *steps, end = short.events
    answer = end.answer if isinstance(end, Conclude) else ""
    said = families.get(graph.problem.family).verification_line(graph.problem.givens, answer)
    return Trace(graph.problem, (*steps, *([Verify(said)] if said else []), end), "checked")


def journey(graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """The solution path with wrong turns that were explored from the states on it.

    A wrong turn is a mistake (its step is not sound), a dead end (sound, and proved hopeless), or, where
    steps may be undecided, an attempt that came to a refuted step or a refused answer; steps abandoned
    for lack of budget are none of these. Each is followed without branching, noticed by its proof, and
    left.
    """
    path = graph.solution()
    if path is None:
        return None
    random = Random(f"{knobs.seed}:{graph.problem.id}")
    turns = [_turns(graph, right, knobs, random) for right in path]
    if knobs.total is not None and sum(map(len, turns)) > knobs.total:
        kept = {way[0].order for way in random.sample([way for there in turns for way in there], knobs.total)}
        turns = [[way for way in there if way[0].order in kept] for there in turns]
    walk = Walk(graph.problem)
    events: list[Event] = []
    for at, (right, there) in enumerate(zip(path, turns, strict=True)):
        for way in there:
            first = len(walk.path)
            for step in way:
                _take(walk, events, step)
            proved = not graph.sound(way[0]) or graph.state(way[0].target).hopeless
            _leave(walk, events, first if proved else len(walk.path) - 1)
            if len(walk.path) > first:
                _back(walk, events, walk.path[first - 1].key)
            if knobs.restart and at:
                _back(walk, events, graph.root)
                for again in path[:at]:
                    _take(walk, events, again)
        _take(walk, events, right)
    return _concluded(walk, events, "journey")


def _turns(graph: SolutionGraph, right: Step, knobs: Knobs, random: Random) -> list[list[Step]]:
    """The wrong turns at the state where `right` is taken, each as the steps that are followed."""
    found: list[list[Step]] = []
    for step in graph.steps_from(right.source):
        way = None if step.target == right.target else _wrong_way(graph, step)
        share = knobs.dead_ends if graph.sound(step) else knobs.mistakes
        if way and (share >= 1 or random.random() < share):
            found.append(way)
    if len(found) > knobs.wrong_turns:
        found = sorted(random.sample(found, knobs.wrong_turns), key=lambda way: way[0].order)
    for way in found:
        while len(way) == 1 or graph.sound(way[-1]):
            further = [step for step in graph.steps_from(way[-1].target) if graph.sound(step)]
            if not further or (knobs.depth is not None and len(way) >= knobs.depth):
                break
            way.append(random.choice(further))
    return found


def _wrong_way(graph: SolutionGraph, step: Step) -> list[Step] | None:
    """The steps from `step` to what proves it a wrong turn; None if nothing does."""
    if not graph.sound(step) or graph.state(step.target).hopeless:
        return [step]
    if Verdict.UNKNOWN not in families.get(graph.problem.family).ALLOWED_VERDICTS:
        return None
    below = {step.target, *nx.descendants(graph.valid(), step.target)}
    if any(graph.state(key).solved for key in below):
        return None
    ways = [[step]]
    for way in ways:
        for further in graph.steps_from(way[-1].target):
            longer = [*way, further]
            if not graph.sound(further) or graph.state(further.target).hopeless:
                return longer
            ways.append(longer)
    return None


def has_wrong_turns(graph: SolutionGraph, knobs: Knobs) -> bool:
    """Whether a journey over this graph holds one."""
    trace = journey(graph, knobs)
    return trace is not None and any(isinstance(event, Notice) for event in trace.events)


def stream(graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """Every step in the order it was explored, up to the first goal; None for an unsolved graph.

    A state is left with a notice where it is wrong, or where everything below it had been explored by then.
    """
    return _streamed(graph, graph.steps(), "stream")


def shortened(graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """The stream without what was explored below a wrong or hopeless state: that is left at once.

    A mistake that leads to a state which is also reached by sound steps is left out: its end is no dead end.
    """
    right = {graph.root, *nx.descendants(graph.valid(), graph.root)}
    living = {key for key in right if not graph.state(key).hopeless}
    reached, steps = {graph.root}, []
    for step in graph.steps():
        alive = step.target in living
        if step.source in reached and (graph.sound(step) or not alive):
            steps.append(step)
            if alive:
                reached.add(step.target)
    return _streamed(graph, steps, "shortened")


def _streamed(graph: SolutionGraph, steps: list[Step], kind: str) -> Trace | None:
    path = graph.solution()
    if path is None:
        return None
    walk = Walk(graph.problem)
    events: list[Event] = []
    last = _last_orders(graph, steps)
    for step in steps:
        while walk.here.key != step.source:
            spent = graph.state(walk.here.key).hopeless and last[walk.here.key] < step.order
            bad = len(walk.path) - 1 if spent else _last_wrong(walk, walk.depth_of(step.source) or 0)
            if bad:
                _leave(walk, events, bad)
            else:
                _back(walk, events, step.source)
        _take(walk, events, step)
        if graph.state(walk.here.key).solved and not _last_wrong(walk):
            return _concluded(walk, events, kind)
    # The last step led by a valid way into states that had been explored beyond a wrong step: walk on through
    # them.
    goal = [path[0].source, *(step.target for step in path)]
    while bad := _last_wrong(walk):
        _leave(walk, events, bad)
    while [stop.key for stop in walk.path] != goal[: len(walk.path)]:
        _back(walk, events, walk.path[-2].key)
    for step in path[len(walk.path) - 1 :]:
        _take(walk, events, step)
    return _concluded(walk, events, kind)


def filler(graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """The shortcut, as long as the journey (`traces.controls`)."""
    from traces.controls import padded

    return padded(journey(graph, knobs), knobs.style, knobs.seed)


def shuffled(graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """The journey with the wrong turns of `other` (`traces.controls`); None where there is no other."""
    from traces.controls import exchanged

    return exchanged(journey(graph, knobs), None if other is None else journey(other, knobs))


Kind = Callable[[SolutionGraph, Knobs, SolutionGraph | None], Trace | None]
KINDS: dict[str, Kind] = {
    "shortcut": shortcut,
    "journey": journey,
    "stream": stream,
    "shortened": shortened,
    "checked": checked,
    "filler": filler,
    "shuffled": shuffled,
}
UNPROVED = ("shuffled",)
"""Kinds whose notices prove nothing, on purpose: an audit of a run leaves them out, and says so."""


def walk(kind: str, graph: SolutionGraph, knobs: Knobs, other: SolutionGraph | None = None) -> Trace | None:
    """The trace of this kind; None where the graph holds no solution.

    Args:
        kind: a key of `KINDS`.
        graph: of the problem.
        knobs: what may be set.
        other: the graph of another problem of the family, for the kinds that mix two.
    """
    if kind not in KINDS:
        raise unknown_name("kind of trace", kind, KINDS)
    return KINDS[kind](graph, knobs, other)


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


def _last_orders(graph: SolutionGraph, steps: list[Step]) -> dict[str, int]:
    """For each state, when the last of these steps below it was explored; -1 where there is none."""
    below: dict[str, list[Step]] = {}
    for step in steps:
        below.setdefault(step.source, []).append(step)
    last: dict[str, int] = {}
    for key in reversed(list(nx.topological_sort(graph.graph))):
        last[key] = max((max(s.order, last[s.target]) for s in below.get(key, ())), default=-1)
    return last

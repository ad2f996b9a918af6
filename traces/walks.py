"""Walks turn one graph into one trace. Each kind of training data is a different walk over the same graph.

| kind | the walk | source |
|---|---|---|
| shortcut | the shortest path of sound steps | the usual fine-tuning data |
| journey | that path with at most K wrong turns per state, each noticed | O1 Journey (Qin et al. 2024), 6.6 |
| erased | the journey, whose dead ends leave the context once noticed | PENCIL (Yang et al. 2025) |
| stream | every step in the order of exploration, until the goal | Stream of Search (Gandhi et al. 2024), 3 |
| shortened | the stream, leaving dead ends after one step | To Backtrack or Not (Qin et al. 2025) |
| mixed | the shortcut or the journey, announced by a mode | Dualformer (Su et al. 2024), 3 |
| checked | the shortcut with its answer substituted | How to Solve It (Pólya 1945), looking back |
| filler | the shortcut, padded to the journey's length | Let's Think Dot by Dot (Pfau et al. 2024) |
| shuffled | the journey with the wrong turns of another problem | after Li et al. 2025, on structure |
| swapped | the journey of another problem, with this one's answer | Beyond Semantics (Stechly et al. 2025) |
| scrambled | the journey's own lines in another order | Structure, not content (Li et al. 2025) |
| wrong | the journey with an unnoticed mistake on its path, and the right answer | after Beyond Semantics |

The last five are controls (`traces.controls`). They show whether a model learns from the search itself, from
the length of the text, from its form, or from the answers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

import networkx as nx

from journey import families
from journey.check import sound
from journey.errors import unknown_name
from journey.graph import SolutionGraph
from journey.step import Step
from traces.trace import Back, Conclude, Erase, Event, Mode, Notice, Take, Trace, Verify, Walk
from traces.turns import choose_turns


@dataclass(frozen=True, slots=True)
class WalkSettings:
    """The settings of a walk."""

    wrong_turns: int = 24
    """K: the maximum number of wrong turns at each state of the solution path."""
    total: int | None = None
    """The maximum number of wrong turns in the trace; None means no limit."""
    depth: int | None = 1
    """Number of steps after which a wrong turn is noticed; None: when no further step exists."""
    mistakes: float = 1.0
    """The share of the explored mistakes that become wrong turns."""
    mistaken: float | None = None
    """The share of journeys with exactly one mistake, if one was explored; None: `mistakes` decides. The
    reduced journeys of `mixed` have half this share."""
    mistakes_from: str | None = None
    """The proposer whose mistakes count as explored (`traces.mistakes`); None: all."""
    dead_ends: float = 1.0
    """The share of the explored dead ends that become wrong turns."""
    restart: bool = False
    """Whether the path restarts from the start after each wrong turn."""
    fast: float = 0.5
    """Of `mixed`: the share of problems whose trace is the shortcut."""
    dropped: float = 0.5
    """Of `mixed`: the share of the journeys that lack about half of their wrong turns."""
    seed: int = 0
    """Seeds the choice of wrong turns and the wordings of filler."""
    style: str = "terse"
    """The text style in which the length of filler is measured. The other walks do not depend on it."""


def shortcut(
    graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None
) -> Trace | None:
    """The shortest path of sound steps and its answer; None if the graph is unsolved."""
    path = graph.solution()
    if path is None:
        return None
    walk = Walk(graph.problem)
    events: list[Event] = []
    for step in path:
        _take(walk, events, step)
    return _conclude(walk, events, "shortcut")


def checked(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """The shortcut with its answer substituted into the problem before the conclusion, where possible."""
    trace = shortcut(graph, settings)
    if trace is None:
        return None
    *steps, end = trace.events
    answer = end.answer if isinstance(end, Conclude) else ""
    text = families.get(graph.problem.family).verification_line(graph.problem.givens, answer)
    return Trace(graph.problem, (*steps, *([Verify(text)] if text else []), end), "checked")


def journey(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """The solution path with wrong turns that the search explored from its states; None if unsolved.

    A wrong turn is a mistake (an unsound step) or a dead end (a sound step to a state that is proved
    hopeless). In families that allow undecided steps, an attempt that ends in a refuted step or a wrong
    answer counts too. Steps abandoned for lack of budget do not count. A wrong turn is followed without
    branching, noticed with its proof, and left.
    """
    return _journey(graph, settings, "journey")


def erased(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """The journey whose wrong turns are erased from the context after they were left (`traces.erasing`)."""
    return _journey(graph, settings, "erased")


def _journey(graph: SolutionGraph, settings: WalkSettings, kind: str) -> Trace | None:
    path = graph.solution()
    if path is None:
        return None
    turns = choose_turns(graph, path, settings)
    walk = Walk(graph.problem)
    events: list[Event] = []
    for position, (right_step, turns_here) in enumerate(zip(path, turns, strict=True)):
        for turn in turns_here:
            first = len(walk.path)
            for step in turn:
                _take(walk, events, step)
            proved = not graph.sound(turn[0]) or graph.state(turn[0].target).hopeless
            _leave(walk, events, first if proved else len(walk.path) - 1)
            if len(walk.path) > first:
                _back(walk, events, walk.path[first - 1].key)
            events += [Erase()] if kind == "erased" else []
            if settings.restart and position:
                _back(walk, events, graph.root)
                for repeated in path[:position]:
                    _take(walk, events, repeated)
        _take(walk, events, right_step)
    return _conclude(walk, events, kind)


def mixed(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """The shortcut or the journey, and a first line that says which; None if the graph is unsolved.

    Some journeys lack wrong turns, as Dualformer drops parts of its search traces.
    """
    random = Random(f"{settings.seed}:{graph.problem.id}:mode")
    fast, is_reduced = random.random() < settings.fast, random.random() < settings.dropped
    if is_reduced:
        mistaken = None if settings.mistaken is None else settings.mistaken / 2
        mistakes, dead_ends = settings.mistakes / 2, settings.dead_ends / 2
        settings = replace(settings, mistakes=mistakes, mistaken=mistaken, dead_ends=dead_ends)
    trace = shortcut(graph, settings) if fast else journey(graph, settings)
    if trace is None:
        return None
    return Trace(graph.problem, (Mode("fast" if fast else "slow"), *trace.events), "mixed")


def has_wrong_turns(graph: SolutionGraph, settings: WalkSettings) -> bool:
    """Whether the journey over this graph has a wrong turn."""
    trace = journey(graph, settings)
    return trace is not None and any(isinstance(event, Notice) for event in trace.events)


def stream(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """Every step in the order of exploration, up to the first goal; None if the graph is unsolved.

    A state is left with a notice if it is wrong, or if everything below it has been explored by then.
    """
    return _walk_in_order(graph, graph.steps(), "stream")


def shortened(
    graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None
) -> Trace | None:
    """The stream without the steps below wrong or hopeless states, which are left at once.

    A mistake that leads to a state with a sound path is omitted, because that state is not a dead end.
    """
    reachable = {graph.root, *nx.descendants(graph.valid(), graph.root)}
    open_states = {key for key in reachable if not graph.state(key).hopeless}
    reached, steps = {graph.root}, []
    for step in graph.steps():
        is_open = step.target in open_states
        if step.source in reached and (graph.sound(step) or not is_open):
            steps.append(step)
            if is_open:
                reached.add(step.target)
    return _walk_in_order(graph, steps, "shortened")


def _walk_in_order(graph: SolutionGraph, steps: list[Step], kind: str) -> Trace | None:
    path = graph.solution()
    if path is None:
        return None
    walk = Walk(graph.problem)
    events: list[Event] = []
    last = _last_orders(graph, steps)
    for step in steps:
        while walk.here.key != step.source:
            exhausted = graph.state(walk.here.key).hopeless and last[walk.here.key] < step.order
            wrong_depth = (
                len(walk.path) - 1 if exhausted else _last_wrong_depth(walk, walk.depth_of(step.source) or 0)
            )
            if wrong_depth:
                _leave(walk, events, wrong_depth)
            else:
                _back(walk, events, step.source)
        _take(walk, events, step)
        if graph.state(walk.here.key).solved and not _last_wrong_depth(walk):
            return _conclude(walk, events, kind)
    # The last step reached, by a valid path, states that had been explored after a mistake: walk through
    # them.
    goal = [path[0].source, *(step.target for step in path)]
    while wrong_depth := _last_wrong_depth(walk):
        _leave(walk, events, wrong_depth)
    while [stop.key for stop in walk.path] != goal[: len(walk.path)]:
        _back(walk, events, walk.path[-2].key)
    for step in path[len(walk.path) - 1 :]:
        _take(walk, events, step)
    return _conclude(walk, events, kind)


def filler(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """The shortcut, padded to the length of the journey (`traces.controls`)."""
    from traces.controls import padded

    return padded(journey(graph, settings), settings.style, settings.seed)


def shuffled(
    graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None
) -> Trace | None:
    """The journey with the wrong turns of `other` (`traces.controls`); None without `other`."""
    from traces.controls import exchanged

    return exchanged(journey(graph, settings), None if other is None else journey(other, settings))


def swapped(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """The journey of `other` with the answer of this problem (`traces.controls`); None without `other`."""
    from traces.controls import answered

    donor = None if other is None else journey(other, settings)
    return answered(journey(graph, settings), donor, settings.style, settings.seed)


def scrambled(
    graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None
) -> Trace | None:
    """The lines of the journey in a random order, then its answer (`traces.controls`)."""
    from traces.controls import reordered

    return reordered(journey(graph, settings), settings.style, settings.seed)


def wrong(graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None) -> Trace | None:
    """The journey with an unnoticed mistake on its path, and the right answer (`traces.controls`)."""
    from traces.controls import spoilt

    return spoilt(graph, journey(graph, settings), settings.seed)


WalkFunction = Callable[[SolutionGraph, WalkSettings, SolutionGraph | None], Trace | None]
WALKS: dict[str, WalkFunction] = {
    "shortcut": shortcut,
    "journey": journey,
    "erased": erased,
    "stream": stream,
    "shortened": shortened,
    "mixed": mixed,
    "checked": checked,
    "filler": filler,
    "shuffled": shuffled,
    "swapped": swapped,
    "scrambled": scrambled,
    "wrong": wrong,
}
UNPROVED = ("shuffled", "swapped", "scrambled", "wrong")
"""Kinds that deliberately hold errors or notices without proof. The audit of a run skips and names them."""
TWO_PROBLEMS = ("shuffled", "swapped")
"""Kinds that need the graph of another problem."""
JOURNEYS = ("journey", "erased", "mixed")
"""Kinds that exist for every solved graph, and whose wrong turns `WalkSettings` chooses."""
WITH_MODES = ("mixed",)
"""Kinds whose first line is a mode, so that a model can be asked for one."""
QUOTED = ("swapped", "scrambled")
"""Kinds of copied lines, which cannot be read back as events."""


def walk(
    kind: str, graph: SolutionGraph, settings: WalkSettings, other: SolutionGraph | None = None
) -> Trace | None:
    """Returns the trace of this kind; None if the graph has no solution.

    Args:
        kind: a key of `WALKS`.
        graph: the graph of the problem.
        settings: the settings of the walk.
        other: the graph of another problem of the same family, for the kinds that mix two.

    Raises:
        InputError: the kind is unknown.
    """
    if kind not in WALKS:
        raise unknown_name("kind of trace", kind, WALKS)
    return WALKS[kind](graph, settings, other)


def _take(walk: Walk, events: list[Event], step: Step) -> None:
    walk.take(step.move)
    events.append(Take(step.move))


def _back(walk: Walk, events: list[Event], to: str) -> None:
    walk.back(to)
    events.append(Back(to))


def _leave(walk: Walk, events: list[Event], depth: int) -> None:
    """Notices that the state at `depth` is wrong or hopeless, and goes back to the state before it."""
    events.append(Notice(walk.proof(depth)))
    _back(walk, events, walk.path[depth - 1].key)


def _last_wrong_depth(walk: Walk, above: int = 0) -> int | None:
    """The depth of the last unsound step deeper than `above`; None if all are sound."""
    depths = range(len(walk.path) - 1, above, -1)
    return next((depth for depth in depths if not sound(walk.family, walk.finding(depth).verdict)), None)


def _conclude(walk: Walk, events: list[Event], kind: str) -> Trace:
    answer = walk.family.answer(walk.problem.givens, walk.moves())
    return Trace(walk.problem, (*events, Conclude(answer)), kind)


def _last_orders(graph: SolutionGraph, steps: list[Step]) -> dict[str, int]:
    """For each state, the order of the last of these steps below it; -1 if there is none."""
    steps_from: dict[str, list[Step]] = {}
    for step in steps:
        steps_from.setdefault(step.source, []).append(step)
    last_order: dict[str, int] = {}
    for key in reversed(list(nx.topological_sort(graph.graph))):
        last_order[key] = max(
            (max(s.order, last_order[s.target]) for s in steps_from.get(key, ())), default=-1
        )
    return last_order

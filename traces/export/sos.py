"""Runs as rows of Stream of Search (Gandhi et al. 2024, section 3), for the family countdown.

    {"nums", "target", "solution", "search_path", "rating", "search_type", "optimal_path", "heuristic"}

The search is the graph's steps in the order of exploration, up to the first goal. The format cannot mark a
step as wrong, so mistakes and the steps after them are omitted. Operands are removed by position, so one of
two equal numbers stays. `traces.sos` reads the rows back.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from journey.errors import InputError
from journey.families import countdown
from journey.families.countdown import Numbers
from journey.graph import SolutionGraph
from journey.runs.store import Run, encode, replacing
from journey.step import Step
from traces.export.files import SPLITS, graphs_of
from traces.sos.audit import rating_of
from traces.sos.reader import Node

SEARCHES = {"depth": "dfs", "breadth": "bfs"}
"""Stream of Search's names of our strategies; others keep their names."""
ESTIMATED = ("best", "beam", "mcts")
"""Strategies that order states by the family's heuristic."""


def write_searches(run: Run, folder: Path) -> Mapping[str, int]:
    """Writes one JSON array per split; returns the number of rows by file and of omitted graphs.

    Raises:
        InputError: the run has no solved countdown problem.
    """
    strategy = str(run.manifest.get("settings", {}).get("search", {}).get("strategy", "depth"))
    counts: Counter[str] = Counter()
    with ExitStack() as files:
        arrays: dict[str, Callable[[Any], None]] = {}
        for graph in graphs_of(run):
            if graph.problem.family != countdown.NAME:
                counts["left out: other families"] += 1
                continue
            record = row(graph, strategy)
            if record is None:
                counts["left out: unsolved"] += 1
                continue
            name = f"{SPLITS[graph.problem.split]}.json"
            if name not in arrays:
                arrays[name] = files.enter_context(replacing(folder / name))
            arrays[name]((b",\n" if counts[name] else b"[\n") + encode(record))
            counts[name] += 1
        for add in arrays.values():
            add(b"\n]\n")
    if not arrays:
        raise InputError(
            f"{run.path} holds no solved countdown problem, and Stream of Search knows no other. "
            "Make some with `journey generate --family countdown --out RUN`"
        )
    return counts


def row(graph: SolutionGraph, strategy: str) -> dict[str, Any] | None:
    """A graph as a row; None if it has no solution."""
    path = graph.solution()
    if path is None:
        return None
    givens = graph.problem.givens
    lines = search_lines(graph)
    explored = sum(line.startswith("Exploring") for line in lines)
    return {
        "nums": givens["numbers"],
        "target": givens["target"],
        "solution": [countdown.operation(step.move) for step in path],
        "search_path": "\n".join(lines) + "\n",
        "rating": rating_of(explored, len(givens["numbers"]), reached=True),
        "search_type": SEARCHES.get(strategy, strategy),
        "optimal_path": "\n".join(optimal_lines(givens, path)) + "\n",
        "heuristic": "estimate" if strategy in ESTIMATED else "none",
    }


def search_lines(graph: SolutionGraph) -> list[str]:
    """The search as lines, up to the first goal.

    A state with several parents has one node per parent; the search continues from the first of them.
    """
    start = countdown.start(graph.problem.givens)
    states: dict[str, Numbers] = {graph.root: start}
    nodes = {graph.root: Node("0", start.left, ())}
    children: Counter[str] = Counter()
    here, lines = graph.root, [_current(start.target, nodes[graph.root])]
    waiting = _sound_steps(graph, graph.root)
    heapq.heapify(waiting)
    while waiting:
        _, step = heapq.heappop(waiting)
        source = nodes[step.source]
        if step.source != here:
            here = step.source
            lines += [f"Moving to Node #{source.id}", _current(start.target, source)]
        state = countdown.apply(states[here], step.move)
        line = countdown.operation(step.move)
        lines.append(f"Exploring Operation: {line}, Resulting Numbers: {list(state.left)}")
        if len(state.left) == 1:
            lines.append(_end(state))
            if countdown.solved(state):
                break
            continue
        node = Node(f"{source.id},{children[source.id]}", state.left, (*source.operations, line))
        children[source.id] += 1
        lines.append(f"Generated Node #{node.id}: {start.target}:{list(state.left)} Operation: {line}")
        if step.target not in nodes:
            nodes[step.target], states[step.target] = node, state
            for next_step in _sound_steps(graph, step.target):
                heapq.heappush(waiting, next_step)
    return lines


def optimal_lines(givens: dict[str, Any], path: Sequence[Step]) -> list[str]:
    """The shortest path as the lines of an `optimal_path`, whose node numbers start at 2."""
    state = countdown.start(givens)
    done: list[str] = []
    lines = [_current(state.target, Node("", state.left, ()))]
    for step in path:
        line = countdown.operation(step.move)
        state = countdown.apply(state, step.move)
        done.append(line)
        lines.append(f"Exploring Operation: {line}, Resulting Numbers: {list(state.left)}")
        if len(state.left) == 1:
            lines.append(_end(state))
        else:
            lines.append(f"Generated Node #{len(done) + 1}: {list(state.left)} from Operation: {line}")
            lines.append(_current(state.target, Node("", state.left, tuple(done))))
    return lines


def _sound_steps(graph: SolutionGraph, key: str) -> list[tuple[int, Step]]:
    return [(step.order, step) for step in graph.steps_from(key) if graph.sound(step)]


def _current(target: int, node: Node) -> str:
    return f"Current State: {target}:{list(node.left)}, Operations: {list(node.operations)}"


def _end(state: Numbers) -> str:
    equal = "equal: Goal Reached" if countdown.solved(state) else "unequal: No Solution"
    return f"{state.left[0]},{state.target} {equal}"

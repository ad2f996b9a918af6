"""How much search a problem needs, read from the graph of a systematic search.

    search_effort(graph)     SearchEffort(states=9, branching=3.5, dead_ends=7, longest_run=7, to_proof=0.0)

Only what the family's own moves led to is counted: steps that the checker refuted, and what was explored
after them, say how often mistakes were proposed and not how hard the problem is.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean

import networkx as nx

from journey.graph import SolutionGraph
from journey.step import Step


@dataclass(frozen=True, slots=True)
class SearchEffort:
    """The search that one problem took, until the goal was reached."""

    states: int
    """Different states that were reached, the start included."""
    branching: float
    """The mean number of moves that were tried in a state, of the states with at least one."""
    dead_ends: int
    """Moves from states of the solution that led to a dead end."""
    longest_run: int
    """The most of them in a row at one state."""
    to_proof: float
    """The mean number of steps below such a move that were tried before it was proved a dead end; 0 if each
    was proved at once, and if there is none."""


def search_effort(graph: SolutionGraph) -> SearchEffort | None:
    """The search effort of a problem; None if the graph is unsolved.

    Args:
        graph: of a search that tries all legal moves in the family's order, such as `depth`.
    """
    path = graph.solution()
    if path is None:
        return None
    steps = _sound_steps_until_solved(graph, path)
    tried: dict[str, int] = {}
    for step in steps:
        tried[step.source] = tried.get(step.source, 0) + 1
    below: list[int] = []
    longest = 0
    for right in path:
        run = 0
        for step in steps:
            if step.source != right.source or step.order > right.order or step.target == right.target:
                continue
            if graph.state(step.target).hopeless:
                run += 1
                below.append(_steps_below(graph, step, steps))
        longest = max(longest, run)
    return SearchEffort(
        states=len({graph.root, *(step.target for step in steps)}),
        branching=fmean(tried.values()) if tried else 0.0,
        dead_ends=len(below),
        longest_run=longest,
        to_proof=fmean(below) if below else 0.0,
    )


def _sound_steps_until_solved(graph: SolutionGraph, path: list[Step]) -> list[Step]:
    """The sound steps from states that sound steps reach, in order, up to the last step of the solution."""
    end = max((step.order for step in path), default=-1)
    reachable = {graph.root, *nx.descendants(graph.valid(), graph.root)}
    return [
        step for step in graph.steps() if step.order <= end and step.source in reachable and graph.sound(step)
    ]


def _steps_below(graph: SolutionGraph, step: Step, steps: list[Step]) -> int:
    inside = {step.target, *nx.descendants(graph.valid(), step.target)}
    return sum(each.source in inside for each in steps)

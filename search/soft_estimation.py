"""Scores for steps that the checker could not decide, by soft estimation.

Math-Shepherd (Wang et al. 2024, section 3.3, soft estimation) scores a step by the share of its continuations
that end in the right answer. Here the continuations are the paths that the search explored. The score is an
estimate, not a proof, so `Step.share` holds it apart from the verdict.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from math import exp

import networkx as nx

from journey.graph import SolutionGraph
from journey.step import Verdict


def set_shares(graph: SolutionGraph, exhausted: Container[str]) -> None:
    """Sets `share` on every undecided step; None if no path after the step ends.

    A path ends at a goal, at a refuted step, or at a state in `exhausted` without further steps. A state that
    the search left for lack of budget ends no path. Paths are weighted by their probability where it is
    known. If the problem has no known answer, no share is set: unscored is not wrong.

    Args:
        graph: the graph to update in place.
        exhausted: keys of the states at which the proposer ran out of proposals.
    """
    if not graph.problem.answer:
        return
    values: dict[str, float | None] = {}
    for key in reversed(list(nx.topological_sort(graph.graph))):
        steps = graph.steps_from(key)
        outcomes = [
            (step, value)
            for step in steps
            if (value := values[step.target] if graph.sound(step) else 0.0) is not None
        ]
        if graph.graph.nodes[key]["solved"]:
            values[key] = 1.0
        elif outcomes:
            probabilities = weights([step.logprob for step, _ in outcomes])
            total = sum(
                probability * value for probability, (_, value) in zip(probabilities, outcomes, strict=True)
            )
            values[key] = total / sum(probabilities)
        else:
            values[key] = 0.0 if not steps and key in exhausted else None
    for _, target, facts in graph.graph.edges(data=True):
        if facts["verdict"] is Verdict.UNKNOWN:
            facts["share"] = values[target]


def weights(logprobs: Sequence[float | None]) -> list[float]:
    """Relative weights of several steps: their probabilities, or all 1.0 if one is unknown.

    >>> weights([None, -1.0])
    [1.0, 1.0]
    """
    values = [each for each in logprobs if each is not None]
    # Relative to the likeliest: the probability of a long line can be too small for a float.
    return (
        [exp(each - max(values)) for each in values]
        if len(values) == len(logprobs)
        else [1.0] * len(logprobs)
    )

"""Steps that nobody can prove, judged by where they lead.

Math-Shepherd (Wang et al. 2024, section 3.3, soft estimation) scores a step by the share of the solutions
continued from it that end in the right answer. So is each step here whose claims are undecided, from the
ways that the search knows. It is an estimate and no proof, and is kept apart from the verdict:
`Step.share`.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from math import exp

import networkx as nx

from journey.graph import SolutionGraph
from journey.step import Verdict


def judge(graph: SolutionGraph, spent: Container[str]) -> None:
    """Sets the `share` of every step that was not decided; None where no way below it came to an end.

    Where no answer is known, none of them: unscored is not wrong.

    A way ends at a goal, at a refuted step, or at a state in `spent`, from which nobody went on. Ways
    count as often as their source takes them, where it says how often; a state from which the search was
    called away ends none.
    """
    if not graph.problem.answer:
        return
    values: dict[str, float | None] = {}
    for key in reversed(list(nx.topological_sort(graph.graph))):
        steps = graph.steps_from(key)
        ended = [
            (step, value)
            for step in steps
            if (value := values[step.target] if graph.sound(step) else 0.0) is not None
        ]
        if graph.graph.nodes[key]["solved"]:
            values[key] = 1.0
        elif ended:
            chances = weights([step.logprob for step, _ in ended])
            total = sum(chance * value for chance, (_, value) in zip(chances, ended, strict=True))
            values[key] = total / sum(chances)
        else:
            values[key] = 0.0 if not steps and key in spent else None
    for _, target, facts in graph.graph.edges(data=True):
        if facts["verdict"] is Verdict.UNKNOWN:
            facts["share"] = values[target]


def weights(logprobs: Sequence[float | None]) -> list[float]:
    """How much each of several ways on counts: by its probability, alike where one is not known.

    >>> weights([None, -1.0])
    [1.0, 1.0]
    """
    known = [each for each in logprobs if each is not None]
    # Relative to the likeliest: the probability of a long line can be too small for a float.
    return (
        [exp(each - max(known)) for each in known] if len(known) == len(logprobs) else [1.0] * len(logprobs)
    )

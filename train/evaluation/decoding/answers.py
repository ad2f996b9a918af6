"""The answers that a method of decoding chose, their cost, and their figures. Needs no model.

The cost is every token generated for a problem. It includes outputs that lost the vote, lines that the
checker rejected, and conclusions that were dropped. Tokens that a model only reads are not counted, as in the
literature that plots accuracy against generated tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journey import families
from journey.families import READ
from journey.problem import Problem
from train.evaluation.metrics_schema import MethodAccuracy, MethodFigures, Methods
from train.statistics.clusters import clusters_of
from train.statistics.resampling import share_interval


@dataclass(frozen=True, slots=True)
class Answer:
    """A method's answer to one problem."""

    id: str
    method: str
    n: int
    """The budget: samples for `majority` and `best_of_n`, tokens for the others."""
    text: str
    """The output that was chosen; "" for none."""
    tokens: int
    """All tokens generated for the answer."""
    correct: bool


def verified(problem: Problem, answer: str) -> bool | None:
    """Whether the problem alone proves an answer right; None if that takes the reference answer.

    Only families that are read from files grade by `Problem.answer`. Most others put the answer into the
    problem (diophantine, countdown, factoring, congruence, system, antiderivative). Some do so and look for
    missing roots (roots, quadratic, radical, rational). For derivative, inequality, linear, simplify and
    story the checker works the answer out, so it could have solved the problem itself.

    >>> from journey.problem import draw
    >>> problem = draw(families.get("diophantine"), 0, "train", 0, [1])
    >>> verified(problem, problem.answer), verified(problem, "1000,1000")
    (True, False)
    """
    if problem.family in READ:
        return None
    return families.get(problem.family).grade(problem.givens, answer) is None


def summarize(problems: Sequence[Problem], answers: Sequence[Answer]) -> Methods:
    """The figures of each method with each budget."""
    clusters = clusters_of(problems)
    levels = {problem.id: problem.level for problem in problems}
    methods: Methods = {}
    for method, n in dict.fromkeys((answer.method, answer.n) for answer in answers):
        own = [answer for answer in answers if (answer.method, answer.n) == (method, n)]
        by_level: dict[int, list[Answer]] = {}
        for answer in own:
            if (level := levels[answer.id]) is not None:
                by_level.setdefault(level, []).append(answer)
        figures = MethodFigures(
            **_figures(own, clusters),
            levels={
                str(level): MethodAccuracy(**_figures(by_level[level], clusters))
                for level in sorted(by_level)
            },
        )
        methods.setdefault(method, {})[str(n)] = figures
    return methods


def _figures(answers: Sequence[Answer], clusters: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `MethodAccuracy`."""
    correct = np.array([[float(answer.correct) for answer in answers]])
    return {
        "solved": float(correct.mean()),
        **share_interval(correct, [clusters[answer.id] for answer in answers]).record(),
        "tokens": sum(answer.tokens for answer in answers) / len(answers),
    }

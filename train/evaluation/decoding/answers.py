"""What a method of decoding settled on, what it cost, and how that is summed up. Needs no model.

The cost is every token generated for a problem: those of outputs that lost the vote, of lines that the
checker rejected, of a conclusion that was dropped. What a model only reads is not counted, as everywhere in
the literature that plots accuracy against generated tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journey import families
from journey.families import READ
from journey.problem import Problem
from train.statistics.clusters import clusters_of
from train.statistics.resampling import share_interval


@dataclass(frozen=True, slots=True)
class Answer:
    """A method's answer to one problem."""

    id: str
    method: str
    n: int
    """How much it was allowed: samples of `majority` and `best_of_n`, tokens of the others."""
    text: str
    """The output that it settled on; "" for none."""
    tokens: int
    """Generated for it in all."""
    correct: bool


def verified(problem: Problem, answer: str) -> bool | None:
    """Whether an answer proves right from the problem alone; None where only a given answer could tell.

    No family but those read from files looks at `Problem.answer` to grade. Most put the answer into the
    problem (diophantine, countdown, factoring, congruence, system, antiderivative), or do so and look for
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


def summary(problems: Sequence[Problem], answers: Sequence[Answer]) -> dict[str, Any]:
    """By method and how much it was allowed: share solved with its interval, mean tokens; by level too.

    Each is {"solved", "ci95", "n", "clusters", "seeds", "tokens"}; `n` counts the problems that the method
    was asked.
    """
    clusters = clusters_of(problems)
    levels = {problem.id: problem.level for problem in problems}
    found: dict[str, Any] = {}
    for method, n in dict.fromkeys((answer.method, answer.n) for answer in answers):
        here = [answer for answer in answers if (answer.method, answer.n) == (method, n)]
        figures = _figures(here, clusters)
        known = {level for answer in here if (level := levels[answer.id]) is not None}
        figures["levels"] = {
            str(level): _figures([answer for answer in here if levels[answer.id] == level], clusters)
            for level in sorted(known)
        }
        found.setdefault(method, {})[str(n)] = figures
    return found


def _figures(answers: Sequence[Answer], clusters: Mapping[str, str]) -> dict[str, Any]:
    right = np.array([[float(answer.correct) for answer in answers]])
    return {
        "solved": float(right.mean()),
        **share_interval(right, [clusters[answer.id] for answer in answers]).record(),
        "tokens": sum(answer.tokens for answer in answers) / len(answers),
    }

"""Which problems share something, so that they count as one piece of evidence and not as several.

A family names what decides the split of a problem: its coefficient pair, its target, its formula. A model
that has learned a pair solves most problems with it, so problems of one structure are one cluster.
"""

from __future__ import annotations

from collections.abc import Iterable

from journey import families
from journey.problem import Problem


def cluster_of(problem: Problem) -> str:
    """The cluster of a problem: its family and split key, or its id where it has no split key.

    >>> from journey.problem import draw
    >>> problem = draw(families.get("diophantine"), 0, "train", 0, [1])
    >>> cluster_of(problem) == "diophantine:{},{}".format(*sorted((problem.givens["a"], problem.givens["b"])))
    True
    """
    key = families.get(problem.family).split_key(problem.givens)
    return f"{problem.family}:{key or problem.id}"


def clusters_of(problems: Iterable[Problem]) -> dict[str, str]:
    """The cluster of each problem, by the problem's id."""
    return {problem.id: cluster_of(problem) for problem in problems}

"""sympy's own solver, and each root put into the problem."""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Rational, S, solveset

from tests.oracles.reading import X, expression


@cache
def _roots(equation: str) -> frozenset[Any]:
    left, right = map(expression, equation.split("="))
    return frozenset(solveset(left - right, X, S.Reals))


def right(givens: dict[str, Any], answer: str) -> bool:
    roots = _roots(givens["equation"])
    if answer.strip() == "no solution":
        return not roots
    text = [Rational(part.strip()) for part in answer.split(",")]
    return len(text) == len(set(text)) and set(text) == roots


def near(givens: dict[str, Any], answer: str) -> list[str]:
    roots = [] if answer == "no solution" else [Rational(part) for part in answer.split(",")]
    lists = [
        roots[::-1],
        [-root for root in roots],
        [root + 1 for root in roots],
        roots[1:],
        [*roots, *roots],
    ]
    bottoms = [Rational(n) for n in range(-9, 10)]
    unreduced = ",".join(f"{2 * root.p}/{2 * root.q}" for root in roots)
    spelt = [",".join(map(str, each)) or "no solution" for each in (*lists, *([*roots, b] for b in bottoms))]
    return [*spelt, "no solution", " , ".join(map(str, roots)) or " no solution", unreduced or "no solution"]

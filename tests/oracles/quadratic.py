"""sympy's solveset over the reals, and its own simplification of the difference of two numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import FiniteSet, S, simplify, solveset

from tests.oracles.reading import X, expression


@cache
def _solutions(equation: str) -> list[Any]:
    left, right = map(expression, equation.split("="))
    result = solveset(left - right, X, S.Reals)
    assert isinstance(result, FiniteSet) or result is S.EmptySet
    return list(result)


def right(givens: dict[str, Any], answer: str) -> bool:
    true = _solutions(givens["equation"])
    if answer == "no solution":
        return not true
    text: list[Any] = []
    for part in answer.split(","):
        signs = "+-" if "+-" in part else "+"
        text += [expression(part.replace("+-", sign)) for sign in signs]
    return len(text) == len(true) and all(any(simplify(one - each) == 0 for each in text) for one in true)


def near(givens: dict[str, Any], answer: str) -> list[str]:
    if answer == "no solution":
        return ["no solution", "0", "1,2"]
    parts = answer.split(",")
    first = parts[0]
    return [
        ",".join(reversed(parts)),
        first,
        ",".join([*parts, "77"]),
        "no solution",
        ",".join(f"-({part})" for part in parts),
        ",".join(f"({part})*2/2" for part in parts),
        ",".join([first, *(f"{part}+1" for part in parts[1:])]),
        ",".join(f"sqrt(({part})^2)" for part in parts if "sqrt" not in part) or first,
        f"({'+'.join(parts)})/2+-({parts[-1]}-({first}))/2" if len(parts) == 2 else first,
    ]

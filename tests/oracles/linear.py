"""sympy's solveset of the equation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from sympy import EmptySet, Eq, Rational, S, solveset, sympify

from tests.oracles.reading import X, expression


def _solutions(givens: dict[str, Any]) -> Any:
    sides = [expression(side) for side in givens["equation"].split("=")]
    return solveset(Eq(*sides), X, S.Reals) if sides[0] != sides[1] else S.Reals


def right(givens: dict[str, Any], answer: str) -> bool:
    result = _solutions(givens)
    if answer in ("no solution", "all numbers"):
        return bool(result == (EmptySet if answer == "no solution" else S.Reals))
    value = sympify(answer.removeprefix("x="), rational=True)
    return result != S.Reals and isinstance(value, Rational) and bool(result.contains(value))


def near(givens: dict[str, Any], answer: str) -> list[str]:
    others = ["no solution", "all numbers", "0", "1"]
    if answer in others[:2]:
        return others
    value = Fraction(answer)
    numbers = [value + 1, -value, value - Fraction(1, 7), value * 2]
    same = [f"{value.numerator * 3}/{value.denominator * 3}", f"x={answer}"]
    return [*others, *map(str, numbers), *same, *([f"{float(value)}"] if value.denominator == 2 else [])]

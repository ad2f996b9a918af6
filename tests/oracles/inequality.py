"""Both the inequality and the answer, tried at every zero that sympy finds, and at points between them."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import pairwise
from typing import Any

from sympy import Poly, fraction, together

from tests.oracles.reading import X, expression

LEVELS = [1, 2, 3, 4, 5]

SIGNS = {
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "=": lambda a, b: a == b,
}


def _holds(givens: dict[str, Any], point: Fraction) -> bool:
    left, sign, right = re.split(r"(<=|>=|<|>)", givens["inequality"])
    values = [_at(side, point) for side in (left, right)]
    return None not in values and bool(SIGNS[sign](*values))


def _at(side: str, point: Fraction) -> Any:
    top, bottom = fraction(together(expression(side)))
    below = bottom.subs(X, point)
    return None if below == 0 else top.subs(X, point) / below


def _said(answer: str, point: Fraction) -> bool:
    if answer in ("no solution", "all numbers"):
        return answer == "all numbers"
    if " or " in answer:
        return any(_said(part, point) for part in answer.split(" or "))
    if " and " in answer:
        return all(_said(part, point) for part in answer.split(" and "))
    parts = re.split(r"(<=|>=|<|>|=)", answer)
    values = [point if part == "x" else Fraction(part) for part in parts[::2]]
    return all(SIGNS[sign](*values[at : at + 2]) for at, sign in enumerate(parts[1::2]))


def right(givens: dict[str, Any], answer: str) -> bool:
    left, _, right_side = re.split(r"(<=|>=|<|>)", givens["inequality"])
    whole = expression(left) - expression(right_side)
    zeros = {Fraction(part) for part in re.findall(r"-?\d+(?:/\d+)?", answer)}
    for part in fraction(together(whole)):
        poly = Poly(part, X)
        zeros |= {Fraction(int(root.p), int(root.q)) for root in poly.ground_roots()}
    row = sorted(zeros) or [Fraction(0)]
    between = [(low + high) / 2 for low, high in pairwise(row)]
    points = [row[0] - 1, *row, *between, row[-1] + 1]
    return all(_holds(givens, point) == _said(answer, point) for point in points)


def near(givens: dict[str, Any], answer: str) -> list[str]:
    strict = answer.replace("<=", "<").replace(">=", ">")
    loose = strict.replace("<", "<=").replace(">", ">=")
    flipped = answer.translate(str.maketrans("<>", "><"))
    parts = answer.split(" or ")
    moved = re.sub(r"\d+$", lambda result: str(int(result[0]) + 1), answer)
    others = [strict, loose, flipped, moved, " or ".join(reversed(parts)), parts[0]]
    if result := re.fullmatch(r"(-?[\d/]+)(<=?)x(<=?)(-?[\d/]+)", answer):
        low, first, second, high = result.groups()
        others += [f"x{second}{high} and {low}{first}x", f"x{second}{high} or {low}{first}x"]
    return [answer, "all numbers", "no solution", *others]

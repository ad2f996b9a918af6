"""Every small fraction, divided out as often as it goes."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

LEVELS = [1, 2, 3]

SMALL = sorted({Fraction(p, q) for q in range(1, 9) for p in range(-20, 21)})


def _roots(givens: dict[str, Any]) -> list[Fraction]:
    left = [Fraction(c) for c in givens["coefficients"]]
    roots: list[Fraction] = []
    for root in SMALL:
        while len(left) > 1:
            values = [left[0]]
            for coefficient in left[1:]:
                values.append(values[-1] * root + coefficient)
            if values[-1]:
                break
            left, roots = values[:-1], [*roots, root]
    return roots


def right(givens: dict[str, Any], answer: str) -> bool:
    return sorted(map(Fraction, answer.split(","))) == _roots(givens)


def near(givens: dict[str, Any], answer: str) -> list[str]:
    roots = _roots(givens)
    lists = [roots[::-1], [*roots, roots[0]], [-root for root in roots], roots[1:]]
    return [",".join(map(str, each)) for each in lists if each]

"""Numbers put into the equation with sympy; the candidates from the polynomial that squaring twice leaves."""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Poly, Pow, Rational, Symbol, prod, real_roots

from tests.oracles.reading import expression

X = Symbol("x")
"""Not known to be real, so that sqrt(x^2) stays a root."""


@cache
def _solutions(equation: str) -> list[Any]:
    left, right = (expression(side, X) for side in equation.split("="))
    whole: Any = left - right
    signs: list[Any] = []
    roots: list[Any] = []
    # sympy writes sqrt(3x+72) as sqrt(3)*sqrt(x+24); the number stays.
    while result := [each for each in whole.atoms(Pow) if each.exp == Rational(1, 2) and each.base.has(X)]:
        signs.append(Symbol(f"s{len(signs)}"))
        roots.append(result[0].base)
        whole = whole.subs(result[0], signs[-1])
    # The product over all signs of the roots is a polynomial in x.
    cases: list[list[int]] = [[]]
    for _ in signs:
        cases = [[*case, sign] for case in cases for sign in (1, -1)]
    norm = prod(
        whole.subs([(s, flip * s) for s, flip in zip(signs, case, strict=True)], simultaneous=True)
        for case in cases
    )
    reduced = norm.expand()
    for sign, inside in zip(signs, roots, strict=True):
        reduced = Poly(reduced, sign).rem(Poly(sign**2 - inside, sign)).as_expr().expand()
    candidates = real_roots(Poly(reduced, X))
    return sorted({root for root in candidates if _holds(left, right, root)})


def _holds(left: Any, right: Any, number: Any) -> bool:
    values = [side.subs(X, number) for side in (left, right)]
    return all(value.is_real for value in values) and (values[0] - values[1]).equals(0) is True


def right(givens: dict[str, Any], answer: str) -> bool:
    true = _solutions(givens["equation"])
    if answer == "no solution":
        return not true
    text = [expression(part) for part in answer.split(",")]
    return len(text) == len(true) and set(text) == set(true)


def near(givens: dict[str, Any], answer: str) -> list[str]:
    if answer == "no solution":
        return ["no solution", "0", "1,2", "5"]
    parts = answer.split(",")
    return [
        ",".join(reversed(parts)),
        parts[0],
        parts[-1],
        ",".join([*parts, "77"]),
        "no solution",
        ",".join(f"-({part})" for part in parts),
        ",".join(f"({part})*2/2" for part in parts),
        ",".join(f"{part}+1" for part in parts),
    ]

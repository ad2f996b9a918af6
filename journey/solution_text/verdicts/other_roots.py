"""Whether a polynomial equation has a real solution other than those that were stated."""

from __future__ import annotations

from fractions import Fraction

from journey.exact.surds import ONE
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.values.display import shown
from journey.solution_text.values.evaluate import value

MAX_DEGREE = 4


def another_root(premise: Equality, name: str, stated: set[Fraction]) -> str | None:
    """A real solution of a polynomial equation other than these, in words, or None."""
    difference = value(premise.left.tree) - value(premise.right.tree)
    if set(difference.under) != {ONE}:
        return None
    coefficients = [Fraction(0)] * (MAX_DEGREE + 1)
    for (mono, inside), number in difference.over.items():
        power = dict(mono).get(name, 0)
        if inside != 1 or set(dict(mono)) - {name} or power > MAX_DEGREE or power < 0:
            return None
        coefficients[power] += number
    for root in stated:
        if _at(coefficients, root):
            return None
        while any(coefficients[1:]) and not _at(coefficients, root):
            coefficients = _divided(coefficients, root)
    while coefficients and not coefficients[-1]:
        coefficients.pop()
    if len(coefficients) == 2:
        return f"{name} = {shown(-coefficients[0] / coefficients[1])}"
    if len(coefficients) == 3:
        c, b, a = coefficients
        if b * b - 4 * a * c >= 0:
            return f"a root of {shown(a)}{name}^2 + {shown(b)}{name} + {shown(c)} = 0"
    return None


def _at(coefficients: list[Fraction], x: Fraction) -> Fraction:
    return sum((number * x**power for power, number in enumerate(coefficients)), Fraction(0))


def _divided(coefficients: list[Fraction], root: Fraction) -> list[Fraction]:
    """The quotient by x - root, which divides it."""
    quotient = [Fraction(0)] * len(coefficients)
    carry = Fraction(0)
    for power in range(len(coefficients) - 1, 0, -1):
        carry = coefficients[power] + carry * root
        quotient[power - 1] = carry
    return quotient

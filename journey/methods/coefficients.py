"""Polynomials in one unknown as tuples of coefficients, from the highest power down.

    coefficients(read("2(x+1)-x^2"))        -1, 2, 2
    linear_factors((2, 2, -4))              2 and (x-1)(x+2)

Plain fractions and no sympy: families ask for these a dozen times for each line.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd, isqrt, lcm

from journey.algebra import Algebra

MAX_DEGREE = 8
"""Of what is expanded on the way; more is no polynomial here."""
Coefficients = tuple[Fraction, ...]


@lru_cache(maxsize=8192)
def coefficients(tree: Algebra, name: str = "x") -> Coefficients | None:
    """The coefficients of a polynomial; None for anything else.

    >>> from journey.algebra import read
    >>> [str(c) for c in coefficients(read("(x-1)^2/2"))]
    ['1/2', '-1', '1/2']
    >>> coefficients(read("1/x")) is None
    True
    """
    if isinstance(tree, int):
        return (Fraction(tree),)
    if isinstance(tree, str):
        return (Fraction(1), Fraction(0)) if tree == name else None
    operator, *inside = tree
    first = coefficients(inside[0], name)
    if first is None or operator not in ("+", "-", "*", "/", "^", "neg"):
        return None
    if operator == "neg":
        return tuple(-c for c in first)
    if operator == "^":
        return _power(first, inside[1])
    second = coefficients(inside[1], name)
    if second is None:
        return None
    if operator in "+-":
        return added(first, second if operator == "+" else tuple(-c for c in second))
    if operator == "*":
        return multiplied(first, second) if len(first) + len(second) - 2 <= MAX_DEGREE else None
    return tuple(c / second[0] for c in first) if len(second) == 1 and second[0] else None


def _power(base: Coefficients, exponent: Algebra) -> Coefficients | None:
    if not isinstance(exponent, int) or exponent < 1 or (len(base) - 1) * exponent > MAX_DEGREE:
        return None
    result: Coefficients = (Fraction(1),)
    for _ in range(exponent):
        result = multiplied(result, base)
    return result


def added(first: Coefficients, second: Coefficients) -> Coefficients:
    """The sum, without leading zeros."""
    size = max(len(first), len(second))
    zero = Fraction(0)
    longer = [(zero,) * (size - len(each)) + each for each in (first, second)]
    total = [a + b for a, b in zip(*longer, strict=True)]
    while len(total) > 1 and not total[0]:
        del total[0]
    return tuple(total)


def multiplied(first: Coefficients, second: Coefficients) -> Coefficients:
    """The product."""
    total = [Fraction(0)] * (len(first) + len(second) - 1)
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            total[i + j] += one * other
    return tuple(total) if total[0] else (Fraction(0),)


def whole(found: Coefficients | None) -> tuple[int, ...] | None:
    """The coefficients as integers; None where one is not."""
    if found is None or any(c.denominator > 1 for c in found):
        return None
    return tuple(int(c) for c in found)


def value(found: Sequence[Fraction | int], at: Fraction) -> Fraction:
    """The value of a polynomial at a number.

    >>> value((2, 0, -1), Fraction(1, 2))
    Fraction(-1, 2)
    """
    total = Fraction(0)
    for c in found:
        total = total * at + c
    return total


def rational_roots(found: Sequence[Fraction | int]) -> list[Fraction] | None:
    """The roots of a linear or quadratic polynomial, in order; None if they are not rational.

    >>> rational_roots((2, -1, -1))
    [Fraction(-1, 2), Fraction(1, 1)]
    """
    if len(found) == 2:
        return [-Fraction(found[1]) / found[0]]
    if len(found) != 3:
        return None
    below = lcm(*(Fraction(c).denominator for c in found))
    a, b, c = (int(each * below) for each in found)
    square = b * b - 4 * a * c
    if square < 0 or isqrt(square) ** 2 != square:
        return None
    return sorted(Fraction(-b + sign * isqrt(square), 2 * a) for sign in (1, -1))


def linear_factors(found: Sequence[int]) -> tuple[int, list[tuple[int, int]]] | None:
    """A number and the factors p x + q (p > 0, no common divisor) whose product an integer polynomial is.

    None if it has no such factors or a degree above 2.

    >>> linear_factors((2, 2, -4))
    (2, [(1, -1), (1, 2)])
    """
    if len(found) == 1:
        return found[0], []
    roots = rational_roots(found)
    if roots is None:
        return None
    # x itself first: x(2x-1), not (2x-1)x.
    roots = sorted(roots, key=lambda root: (root != 0, -root))
    factors = [(root.denominator, -root.numerator) for root in roots]
    content = gcd(*found)
    return (content if found[0] > 0 else -content), factors


def exact(found: Sequence[int]) -> Coefficients:
    """Integer coefficients as fractions."""
    return tuple(map(Fraction, found))

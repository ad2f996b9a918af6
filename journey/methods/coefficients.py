"""Polynomials in one unknown as tuples of coefficients, from the highest power down.

coefficients(read("2(x+1)-x^2"))        -1, 2, 2; () for zero
linear_factors((2, 2, -4))              2 and (x-1)(x+2)
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd

from journey.algebra import Algebra
from journey.exact.polynomials import expanded, rational_roots

MAX_DEGREE = 8
"""Polynomials of a higher degree are not accepted."""
Coefficients = tuple[Fraction, ...]


@lru_cache(maxsize=8192)
def coefficients(tree: Algebra) -> Coefficients | None:
    """The coefficients of a polynomial in x, () for zero; None for other expressions.

    >>> from journey.algebra import read
    >>> [str(c) for c in coefficients(read("(x-1)^2/2"))]
    ['1/2', '-1', '1/2']
    >>> coefficients(read("1/x")) is None
    True
    """
    polynomial = expanded(tree)
    return None if polynomial is None or len(polynomial) > MAX_DEGREE + 1 else polynomial


def as_integers(polynomial: Coefficients | None) -> tuple[int, ...] | None:
    """The coefficients as integers; None if one is not an integer."""
    if polynomial is None or any(c.denominator > 1 for c in polynomial):
        return None
    return tuple(int(c) for c in polynomial)


def value(polynomial: Sequence[Fraction | int], at: Fraction) -> Fraction:
    """The value of a polynomial at a number.

    >>> value((2, 0, -1), Fraction(1, 2))
    Fraction(-1, 2)
    """
    total = Fraction(0)
    for c in polynomial:
        total = total * at + c
    return total


def linear_factors(polynomial: Sequence[int]) -> tuple[int, list[tuple[int, int]]] | None:
    """An integer polynomial as a number times factors p x + q, with p > 0 and coprime p and q.

    None if it has no such factors, or a degree above 2.

    >>> linear_factors((2, 2, -4))
    (2, [(1, -1), (1, 2)])
    """
    if len(polynomial) == 1:
        return polynomial[0], []
    roots = rational_roots(polynomial)
    if not roots:
        return None
    # x itself first: x(2x-1), not (2x-1)x.
    roots = sorted(roots, key=lambda root: (root != 0, -root))
    factors = [(root.denominator, -root.numerator) for root in roots]
    content = gcd(*polynomial)
    return (content if polynomial[0] > 0 else -content), factors

"""An expression in one unknown as a quotient of two integer polynomials: most lines of algebra are no more.

Plain tuples of integers, so that it costs microseconds; `journey.fields` knows roots and functions too.

    ratio(read("x/2-3/(x+1)"))      x^2 + x - 6 over 2x + 2
"""

from __future__ import annotations

from functools import lru_cache

from journey.algebra import MAX_EXPONENT, Algebra
from journey.surds import TooHard

Coefficients = tuple[int, ...]
"""From the highest power down, without leading zeros; (0,) is zero."""
Ratio = tuple[Coefficients, Coefficients]

MAX_DEGREE = 24


@lru_cache(maxsize=16384)
def ratio(tree: Algebra, name: str = "x") -> Ratio:
    """Numerator and denominator, which may have common factors.

    Raises:
        TooHard: it holds another name, a function or a power that is not whole, or its degree is too high.
        ZeroDivisionError: it divides by nothing.

    >>> from journey.algebra import read
    >>> ratio(read("(x+1)/2-x(x-3)"))
    ((-2, 7, 1), (2,))
    """
    if isinstance(tree, int):
        return (tree,), (1,)
    if isinstance(tree, str):
        if tree != name:
            raise TooHard(f"another unknown: {tree}")
        return (1, 0), (1,)
    operator = tree[0]
    if operator not in ("+", "-", "*", "/", "^", "neg"):
        raise TooHard(f"{operator} is no quotient of polynomials")
    top, bottom = ratio(tree[1], name)
    if operator == "neg":
        return tuple(-c for c in top), bottom
    if len(tree) == 2:
        raise TooHard(f"{operator} of one")
    if operator == "^":
        return _power(top, bottom, tree[2])
    other, below = ratio(tree[2], name)
    if operator == "*":
        return times(top, other), times(bottom, below)
    if operator == "/":
        if other == (0,):
            raise ZeroDivisionError
        return times(top, below), times(bottom, other)
    if operator == "-":
        other = tuple(-c for c in other)
    if bottom == below:
        return plus(top, other), bottom
    return plus(times(top, below), times(other, bottom)), times(bottom, below)


def _power(top: Coefficients, bottom: Coefficients, exponent: Algebra) -> Ratio:
    if not isinstance(exponent, int) or abs(exponent) > MAX_EXPONENT:
        raise TooHard("a power that is not whole")
    if exponent < 0:
        if top == (0,):
            raise ZeroDivisionError
        top, bottom = bottom, top
    first: Coefficients = (1,)
    second: Coefficients = (1,)
    for _ in range(abs(exponent)):
        first, second = times(first, top), times(second, bottom)
    return first, second


def plus(first: Coefficients, second: Coefficients) -> Coefficients:
    """The sum of two polynomials."""
    if len(first) < len(second):
        first, second = second, first
    rest = len(first) - len(second)
    found = [*first[:rest], *(a + b for a, b in zip(first[rest:], second, strict=True))]
    start = next((place for place, c in enumerate(found) if c), len(found) - 1)
    return tuple(found[start:])


def times(first: Coefficients, second: Coefficients) -> Coefficients:
    """The product of two polynomials.

    Raises:
        TooHard: its degree is beyond `MAX_DEGREE`.
    """
    if first == (1,) or second == (1,):
        return second if first == (1,) else first
    if first == (0,) or second == (0,):
        return (0,)
    if len(first) + len(second) - 2 > MAX_DEGREE:
        raise TooHard(f"a polynomial of degree {len(first) + len(second) - 2}")
    found = [0] * (len(first) + len(second) - 1)
    for i, a in enumerate(first):
        for j, b in enumerate(second):
            found[i + j] += a * b
    return tuple(found)

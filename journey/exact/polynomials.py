"""Expressions in one unknown without functions, as quotients of integer polynomials. Most lines are such.

Polynomials are tuples of coefficients from the highest power down; zero is the empty tuple.

    quotient(read("(x-1)/2+3/x"), "x")      ((1, -1, 6), (2, 0))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import isqrt, lcm
from typing import Any, TypeVar

from journey.algebra import Algebra
from journey.exact.surds import Unsupported

Coefficients = tuple[int, ...]
Number = TypeVar("Number", int, Fraction)

MAX_DEGREE = 48
MAX_BITS = 4_000


def quotient(tree: Algebra, name: str) -> tuple[Coefficients, Coefficients] | None:
    """Numerator and denominator, which may have common factors; None for other expressions.

    Raises:
        ZeroDivisionError: the denominator is zero everywhere.
        Unsupported: it is beyond the limits.
    """
    if isinstance(tree, int):
        return (tree,) if tree else (), (1,)
    if isinstance(tree, str):
        return ((1, 0), (1,)) if tree == name else None
    left = quotient(tree[1], name)
    if left is None:
        return None
    if len(tree) == 2:
        return (tuple(-c for c in left[0]), left[1]) if tree[0] == "neg" else None
    operator, _, exponent = tree
    if operator == "^":
        if not isinstance(exponent, int) or exponent < 0 or (exponent == 0 and not left[0]):
            return None
        return power(left[0], exponent), power(left[1], exponent)
    right = quotient(exponent, name)
    if right is None:
        return None
    (a, b), (c, d) = left, right
    if operator in ("+", "-"):
        joined = plus if operator == "+" else minus
        return (joined(a, c), b) if b == d else (joined(times(a, d), times(c, b)), times(b, d))
    if operator == "*":
        return times(a, c), times(b, d)
    if operator != "/":
        return None
    if not c:
        raise ZeroDivisionError
    return times(a, d), times(b, c)


@lru_cache(maxsize=16384)
def ratio(tree: Algebra, name: str = "x") -> tuple[Coefficients, Coefficients]:
    """As `quotient`, but it raises for other expressions, and zero is (0,).

    Raises:
        Unsupported: it is not a quotient of polynomials in `name`, or beyond the limits.
        ZeroDivisionError: the denominator is zero everywhere.

    >>> from journey.algebra import read
    >>> ratio(read("(x+1)/2-x(x-3)"))
    ((-2, 7, 1), (2,))
    """
    fraction = quotient(tree, name)
    if fraction is None:
        raise Unsupported(f"no quotient of polynomials in {name}")
    return fraction[0] or (0,), fraction[1]


def expanded(tree: Algebra, name: str = "x") -> tuple[Fraction, ...] | None:
    """The coefficients of a polynomial; None for other expressions and beyond the limits.

    >>> from journey.algebra import read
    >>> [str(c) for c in expanded(read("(x-1)^2/2"))]
    ['1/2', '-1', '1/2']
    >>> expanded(read("x/x")) is None
    True
    """
    try:
        fraction = quotient(tree, name)
    except (Unsupported, ZeroDivisionError):
        return None
    if fraction is None or len(fraction[1]) > 1:
        return None
    return tuple(Fraction(c, fraction[1][0]) for c in fraction[0])


def plus(first: tuple[Number, ...], second: tuple[Number, ...]) -> tuple[Number, ...]:
    """The sum."""
    longer, other = (first, second) if len(first) >= len(second) else (second, first)
    skip = len(longer) - len(other)
    result = longer[:skip] + tuple(a + b for a, b in zip(longer[skip:], other, strict=True))
    start = next((place for place, c in enumerate(result) if c), len(result))
    return result[start:]


def minus(first: tuple[Number, ...], second: tuple[Number, ...]) -> tuple[Number, ...]:
    """The difference."""
    return plus(first, tuple(-c for c in second))


def mirrored(polynomial: tuple[Number, ...], sign: int) -> tuple[Number, ...]:
    """The polynomial at -x if the sign is -1, else the polynomial itself."""
    last = len(polynomial) - 1
    return tuple(c * sign ** (last - place) for place, c in enumerate(polynomial))


def times(first: Coefficients, second: Coefficients) -> Coefficients:
    """The product."""
    if first == (1,) or second == (1,):
        return second if first == (1,) else first
    if not first or not second:
        return ()
    if len(first) + len(second) > MAX_DEGREE + 2:
        raise Unsupported(f"a polynomial of degree {len(first) + len(second) - 2}")
    result = product((first, second))
    if max(c.bit_length() for c in result) > MAX_BITS:
        raise Unsupported("a number beyond the limit")
    return result


def product(polynomials: Iterable[Coefficients]) -> Coefficients:
    """The product of polynomials that are not empty, without limits and with the zeros they begin with.

    >>> product([(1, 2), (1, -2)])
    (1, 0, -4)
    """
    result = [1]
    for polynomial in polynomials:
        longer = [0] * (len(result) + len(polynomial) - 1)
        for place, a in enumerate(result):
            for at, b in enumerate(polynomial, place):
                longer[at] += a * b
        result = longer
    return tuple(result)


def power(base: Coefficients, exponent: int) -> Coefficients:
    """The power."""
    result: Coefficients = (1,)
    for _ in range(exponent):
        result = times(result, base)
    return result


def sign_at(polynomial: Coefficients, top: int, bottom: int) -> int:
    """The sign at top/bottom with a positive bottom, by Horner's scheme in integers."""
    value, scale = 0, 1
    for coefficient in polynomial:
        value = value * top + coefficient * scale
        scale *= bottom
    return (value > 0) - (value < 0)


def rational_roots(polynomial: Sequence[Fraction | int]) -> list[Fraction]:
    """The roots of a linear or quadratic polynomial in order, a double one twice.

    Empty if they are not rational, and for any other degree.

    >>> [str(root) for root in rational_roots((2, -1, -1))]
    ['-1/2', '1']
    >>> rational_roots((1, 0, -2))
    []
    """
    if len(polynomial) == 2:
        return [-Fraction(polynomial[1]) / polynomial[0]]
    if len(polynomial) != 3:
        return []
    bottom = lcm(*(c.denominator for c in polynomial))
    a, b, c = (int(each * bottom) for each in polynomial)
    discriminant = b * b - 4 * a * c
    if discriminant < 0 or isqrt(discriminant) ** 2 != discriminant:
        return []
    return sorted(Fraction(-b + sign * isqrt(discriminant), 2 * a) for sign in (-1, 1))


def constant(tree: Algebra) -> Fraction | None:
    """The value of an expression of numbers and + - * / alone; None for other expressions.

    >>> from journey.algebra import read
    >>> constant(read("1-3/2"))
    Fraction(-1, 2)
    """
    if isinstance(tree, int):
        return Fraction(tree)
    if isinstance(tree, str) or tree[0] not in ("+", "-", "*", "/", "neg"):
        return None
    values = [value for part in tree[1:] if (value := constant(part)) is not None]
    if len(values) < len(tree) - 1:
        return None
    first, last = values[0], values[-1]
    if tree[0] == "neg":
        return -first
    if tree[0] == "/":
        return first / last
    return first * last if tree[0] == "*" else first + last if tree[0] == "+" else first - last


def functions(tree: Algebra) -> Iterator[Any]:
    """The functions and non-integer powers in an expression, inner ones first.

    >>> list(functions(("*", ("sqrt", ("sin", "x")), 2)))
    [('sin', 'x'), ('sqrt', ('sin', 'x'))]
    """
    if not isinstance(tree, tuple):
        return
    for part in tree[1:]:
        yield from functions(part)
    if len(tree) == 2:
        if tree[0] not in ("neg", "+-", "D", "I"):
            yield tree
    elif tree[0] == "^" and not isinstance(tree[2], int):
        exponent = constant(tree[2])
        if exponent is None or exponent.denominator > 1:
            yield tree

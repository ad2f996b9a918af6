"""Real algebraic numbers: real roots of integer polynomials, with exact equality, order and signs.

A root is an irreducible polynomial and the root's position among its real roots, so equal numbers are equal
records. An interval with rational ends isolates each root and is halved as often as needed. sympy factors the
polynomials (Zassenhaus) and isolates the roots (Vincent-Akritas-Strzebonski). Polynomials are tuples of
coefficients from the highest power down.

    real_roots((1, 0, -2, 0))       -sqrt(2), 0, sqrt(2)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache, total_ordering
from math import floor, gcd, inf, isqrt, sqrt
from typing import Any

import mpmath
from sympy.polys.domains import QQ, ZZ
from sympy.polys.factortools import dup_factor_list
from sympy.polys.rootisolation import dup_isolate_real_roots_sqf

from journey.exact.polynomials import Coefficients, rational_roots, sign_at
from journey.exact.surds import MAX_FACTOR, Unsupported, without_squares

DIGITS = 40
TINY = Fraction(1, 10**15)
MAX_DEGREE = 24
SMALL = sorted(range(-12, 13), key=abs)
"""Integer roots that are tried before a polynomial is factored."""
MAX_BITS = 2_000
"""The most bits of a coefficient of a polynomial that is factored."""


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """A real algebraic number.

    >>> low, high = real_roots((1, -1, -1))
    >>> low < Root.rational(Fraction(1, 2)) < high, str(high)
    (True, '(1+sqrt(5))/2')
    """

    minimal: Coefficients
    """Its irreducible polynomial, primitive with a positive leading coefficient."""
    place: int
    """Its position among the real roots of that polynomial, in ascending order from 0."""
    ends: list[Fraction] = field(compare=False)
    """An interval with this root of `minimal` and no other; it shrinks when more precision is needed."""

    @classmethod
    def rational(cls, value: Fraction | int) -> Root:
        """A rational number."""
        value = Fraction(value)
        return cls((value.denominator, -value.numerator), 0, [value, value])

    @property
    def value(self) -> Fraction | None:
        """The number, if it is rational."""
        return self.ends[0] if len(self.minimal) == 2 else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Root):
            return NotImplemented
        return (self.minimal, self.place) == (other.minimal, other.place)

    def __hash__(self) -> int:
        return hash((self.minimal, self.place))

    def __lt__(self, other: Root) -> bool:
        if self == other:
            return False
        while True:
            if self.ends[1] < other.ends[0] or other.ends[1] < self.ends[0]:
                return self.ends[1] < other.ends[0]
            # The numbers differ, so their intervals become disjoint after some halvings.
            self.halve()
            other.halve()

    def halve(self) -> None:
        """Halves the interval."""
        low, high = self.ends
        if low == high:
            return
        middle = (low + high) / 2
        # An irreducible polynomial of higher degree is not zero at a rational point.
        below = sign_at(self.minimal, low.numerator, low.denominator)
        if below == sign_at(self.minimal, middle.numerator, middle.denominator):
            self.ends[0] = middle
        else:
            self.ends[1] = middle

    def below(self, parts: int = 1) -> int:
        """The largest integer n with n/parts <= this number."""
        while floor(self.ends[0] * parts) < floor(self.ends[1] * parts):
            self.halve()
        return floor(self.ends[0] * parts)

    def about(self) -> tuple[float, float]:
        """The number as a float, and an upper bound of its error."""
        try:
            return self._about()
        except OverflowError:
            return 0.0, inf

    def _about(self) -> tuple[float, float]:
        if self.value is not None:
            near = float(self.value)
        elif len(self.minimal) == 3:
            a, b, c = self.minimal
            root = sqrt(b * b - 4 * a * c) * (1 if self.place else -1)
            return (root - b) / (2 * a), (abs(root) + abs(b)) / a * 1e-15
        else:
            while self.ends[1] - self.ends[0] > TINY:
                self.halve()
            near = float(self.ends[0])
            return near, 2e-15 * (abs(near) + 1)
        return near, 1e-15 * abs(near)

    def interval(self) -> Any:
        """An mpmath interval that contains it, precise to `DIGITS` digits."""
        mpmath.iv.dps = DIGITS + 10
        if len(self.minimal) == 3:
            a, b, c = self.minimal
            root = mpmath.iv.sqrt(b * b - 4 * a * c)
            return (root * (1 if self.place else -1) - b) / (2 * a)
        while self.ends[1] - self.ends[0] > Fraction(1, 10**DIGITS):
            self.halve()
        low, high = (mpmath.iv.mpf(end.numerator) / end.denominator for end in self.ends)
        return mpmath.iv.mpf([low.a, high.b])

    def sign(self, polynomial: Coefficients) -> int:
        """The sign of an integer polynomial at this number: -1, 0 or 1."""
        if self.value is not None:
            return sign_at(polynomial, self.value.numerator, self.value.denominator)
        if self in real_roots(polynomial):
            return 0
        while True:
            low, high = bounds(polynomial, self.ends[0], self.ends[1])
            if low > 0 or high < 0:
                return 1 if low > 0 else -1
            self.halve()

    def __str__(self) -> str:
        if self.value is not None:
            return str(self.value)
        if len(self.minimal) == 3:
            return _surd(*self.minimal, self.place)
        cut = self.below(10**4)
        sign, size = ("-", -cut - 1) if cut < 0 else ("", cut)
        return f"{sign}{size // 10**4}.{size % 10**4:04}..."


def _surd(a: int, b: int, c: int, place: int) -> str:
    """A root of an irreducible quadratic as text."""
    outside, inside = without_squares(b * b - 4 * a * c, MAX_FACTOR)
    common = gcd(b, outside, 2 * a)
    bottom, middle, outside = 2 * a // common, -b // common, outside // common
    root = ("" if outside == 1 else str(outside)) + f"sqrt({inside})"
    sign = "+" if place else "-"
    top = f"{middle}{sign}{root}" if middle else root if place else f"-{root}"
    return top if bottom == 1 else f"({top})/{bottom}" if middle else f"{top}/{bottom}"


def bounds(polynomial: Sequence[int], low: Fraction, high: Fraction) -> tuple[Fraction, Fraction]:
    """Bounds of a polynomial on an interval, by Horner's scheme in interval arithmetic."""
    least = most = Fraction(0)
    for coefficient in polynomial:
        corners = least * low, least * high, most * low, most * high
        least, most = min(corners) + coefficient, max(corners) + coefficient
    return least, most


@lru_cache(maxsize=8192)
def real_roots(polynomial: Coefficients) -> tuple[Root, ...]:
    """The distinct real roots of an integer polynomial, in ascending order; none for a constant.

    Raises:
        Unsupported: the polynomial is beyond `MAX_DEGREE` or `MAX_BITS`.

    >>> [str(root) for root in real_roots((1, 0, -2, 0))]
    ['-sqrt(2)', '0', 'sqrt(2)']
    """
    polynomial = _stripped(polynomial)
    if len(polynomial) < 2:
        return ()
    too_large = len(polynomial) > MAX_DEGREE + 1 or max(c.bit_length() for c in polynomial) > MAX_BITS
    if len(polynomial) > 2 and too_large:
        raise Unsupported(f"a polynomial of degree {len(polynomial) - 1}")
    if rational := rational_roots(polynomial):
        return tuple(Root.rational(value) for value in sorted(set(rational)))
    if len(polynomial) == 3:
        return _isolated(polynomial)
    roots = []
    for root in SMALL:
        while len(polynomial) > 3 and not sign_at(polynomial, root, 1):
            roots.append(Root.rational(root))
            polynomial = _divided(polynomial, root)
    if len(polynomial) == 3:
        roots += real_roots(polynomial)
    else:
        _, factors = dup_factor_list([ZZ(c) for c in polynomial], ZZ)
        for factor, _ in factors:
            roots += _isolated(_stripped(tuple(int(c) for c in factor)))
    return tuple(sorted(set(roots)))


def _divided(polynomial: Coefficients, root: int) -> Coefficients:
    """The polynomial divided by x - root."""
    values = [polynomial[0]]
    for coefficient in polynomial[1:-1]:
        values.append(values[-1] * root + coefficient)
    return tuple(values)


def _stripped(polynomial: Coefficients) -> Coefficients:
    """The polynomial without leading zeros and common factors, with a positive leading coefficient."""
    start = next((place for place, c in enumerate(polynomial) if c), len(polynomial))
    common = gcd(*polynomial) * (1 if start < len(polynomial) and polynomial[start] > 0 else -1) or 1
    return tuple(c // common for c in polynomial[start:])


def _isolated(irreducible: Coefficients) -> tuple[Root, ...]:
    """The real roots of an irreducible polynomial."""
    if len(irreducible) == 2:
        return (Root.rational(Fraction(-irreducible[1], irreducible[0])),)
    if len(irreducible) == 3:
        # The vertex separates the roots of a quadratic.
        a, b, c = irreducible
        if b * b - 4 * a * c < 0:
            return ()
        vertex, reach = Fraction(-b, 2 * a), Fraction(isqrt(b * b - 4 * a * c) + 1, 2 * a)
        near = Fraction(isqrt(b * b - 4 * a * c), 2 * a)
        intervals = [(vertex - reach, vertex - near), (vertex + near, vertex + reach)]
    else:
        pairs = dup_isolate_real_roots_sqf([ZZ(c) for c in irreducible], ZZ)
        ends = [[QQ(end) for end in pair] for pair in pairs]
        exact = [[Fraction(int(end.numerator), int(end.denominator)) for end in pair] for pair in ends]
        intervals = [(low, high) for low, high in exact]
    return tuple(Root(irreducible, place, list(ends)) for place, ends in enumerate(intervals))

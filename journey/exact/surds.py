"""Exact values from rationals, square roots, pi and unknowns, with an exact `==`.

A value is a quotient of two polynomials whose terms are (unknowns, radicand) with rational coefficients.
Square roots of distinct square-free integers are linearly independent over the rationals (Besicovitch 1940),
and pi is transcendental. So such a polynomial is zero only if it has no terms, and no simplifier is needed.

    sqrt(50) + pi/2     {((), 2): 5, ((("pi", 1),), 1): 1/2}  over  {((), 1): 1}
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from math import factorial, gcd, isqrt

Monomial = tuple[tuple[str, int], ...]
Number = int | Fraction
"""A coefficient: an int where it is whole, since ints are some ten times faster than fractions."""
Terms = dict[tuple[Monomial, int], Number]

PI = "pi"
LOGARITHM = "ln "
"""How the names of the natural logarithms of primes begin: constants, and independent over the rationals."""
EITHER = "±"
"""The unknown sign, whose square is 1."""
MAX_TERMS = 40
MAX_BITS = 4_000
MAX_EXPONENT = 2_000
MAX_TERMS_EXPONENT = 12
MAX_FACTORIAL = 200
MAX_RADICAND = 10**9
MAX_FACTOR = 1_000
"""Where a root is only written, squares of factors from here on stay under it."""
PRECISION = 50
MAX_PRIME = 1_000
"""The smallest factor of a number whose logarithm is taken, or it is a prime under its square."""
PI_DIGITS = Decimal("3.14159265358979323846264338327950288419716939937510582")


class Unsupported(ValueError):
    """A value or question that is beyond the limits, or that these methods do not cover."""


@dataclass(frozen=True, slots=True)
class Exact:
    """An exact value from `exact`, `unknown` and operators, which raise `Unsupported` at the limits.

    >>> exact(1) / exact(3) + root(exact(50)) == exact(1) / exact(3) + exact(5) * root(exact(2))
    True
    >>> (unknown("x") + exact(1)) ** 2 == unknown("x") ** 2 + exact(2) * unknown("x") + exact(1)
    True
    """

    over: Terms
    under: Terms

    def rational(self) -> Fraction | None:
        """The value as a fraction; None if it is irrational or contains an unknown."""
        if not self.over:
            return Fraction(0)
        if len(self.over) == len(self.under) == 1 and ONE in self.over and ONE in self.under:
            return Fraction(self.over[ONE]) / self.under[ONE]
        return None

    def unknowns(self) -> set[str]:
        """The names in it that are not numbers."""
        return {
            name
            for terms in (self.over, self.under)
            for mono, _ in terms
            for name, _ in mono
            if not is_constant(name)
        }

    def approximate(self) -> Decimal:
        """The value to `PRECISION` digits.

        Raises:
            Unsupported: it contains an unknown.
        """
        with localcontext() as context:
            context.prec = PRECISION
            return _decimal(self.over) / _decimal(self.under)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Exact):
            return NotImplemented
        if self.under == other.under:
            return self.over == other.over
        return _times(self.over, other.under) == _times(other.over, self.under)

    __hash__ = None  # type: ignore[assignment]

    def __add__(self, other: Exact) -> Exact:
        if self.under == other.under:
            return _value(_plus(self.over, other.over), self.under)
        left, right = _times(self.over, other.under), _times(other.over, self.under)
        return _value(_plus(left, right), _times(self.under, other.under))

    def __sub__(self, other: Exact) -> Exact:
        return self + Exact({key: -number for key, number in other.over.items()}, other.under)

    def __mul__(self, other: Exact) -> Exact:
        return _value(_times(self.over, other.over), _times(self.under, other.under))

    def __truediv__(self, other: Exact) -> Exact:
        if not other.over:
            raise ZeroDivisionError
        return _value(_times(self.over, other.under), _times(self.under, other.over))

    def __pow__(self, exponent: int) -> Exact:
        if abs(exponent) > MAX_EXPONENT:
            raise Unsupported("an exponent beyond the limit")
        if exponent < 0:
            return exact(1) / self ** (-exponent)
        if (plain := self.rational()) is not None:
            if exponent * max(plain.numerator.bit_length(), plain.denominator.bit_length()) > MAX_BITS:
                raise Unsupported("a power beyond the limit")
            return exact(plain**exponent)
        if len(self.over) == len(self.under) == 1:
            return Exact(_power(self.over, exponent), _power(self.under, exponent))
        if exponent > MAX_TERMS_EXPONENT:
            raise Unsupported("a power beyond the limit")
        product = exact(1)
        for _ in range(exponent):
            product = product * self
        return product


ONE: tuple[Monomial, int] = ((), 1)
UNIT: Terms = {ONE: 1}
"""The polynomial 1, under most values."""


def quotient(a: Number, b: Number) -> Number:
    """The exact quotient of two coefficients.

    >>> quotient(6, 3), quotient(1, 2)
    (2, Fraction(1, 2))
    """
    if b == 1:
        return a
    if isinstance(a, int) and isinstance(b, int) and b and not a % b:
        return a // b
    return plainest(Fraction(a) / b)


def plainest(number: Number) -> Number:
    """The number as an int if it is whole."""
    return number.numerator if number.denominator == 1 else number


def exact(number: Number) -> Exact:
    """A rational number as an exact value."""
    return Exact({ONE: plainest(number)} if number else {}, UNIT)


def unknown(name: str) -> Exact:
    """A letter, or pi."""
    return Exact({(((name, 1),), 1): 1}, UNIT)


def is_constant(name: str) -> bool:
    """Whether this is the name of a number rather than an unknown."""
    return name == PI or name.startswith(LOGARITHM)


def natural_logarithm(number: Fraction) -> Exact:
    """The natural logarithm of a positive rational, by the logarithms of its primes.

    >>> natural_logarithm(Fraction(8)) == exact(3) * natural_logarithm(Fraction(2))
    True
    """
    if number <= 0:
        raise Unsupported("the logarithm of something that is not positive")
    total = exact(0)
    for part, sign in ((number.numerator, 1), (number.denominator, -1)):
        for prime, power in _primes(part):
            total = total + exact(sign * power) * unknown(f"{LOGARITHM}{prime}")
    return total


def _primes(number: int) -> list[tuple[int, int]]:
    """The prime factors of a number with small ones, each with its power."""
    powers = []
    for prime in range(2, MAX_PRIME):
        if prime * prime > number:
            break
        power = 0
        while number % prime == 0:
            number //= prime
            power += 1
        if power:
            powers.append((prime, power))
    if number > MAX_PRIME**2:
        raise Unsupported("a logarithm beyond the limit")
    return [*powers, (number, 1)] if number > 1 else powers


def root(value: Exact, degree: int = 2) -> Exact:
    """The real root of a positive rational: any square root, and higher roots that are rational.

    >>> root(exact(27), 3).rational()
    Fraction(3, 1)
    """
    plain = value.rational()
    if plain is None or plain < 0 or not 2 <= degree <= 20:
        raise Unsupported("a root of something other than a positive rational")
    above, below = _whole_root(plain.numerator, degree), _whole_root(plain.denominator, degree)
    if above is not None and below is not None:
        return exact(Fraction(above, below))
    # sqrt(a/b) = sqrt(ab)/b, and then a*b = outside^2 * inside with a square-free inside.
    inside = plain.numerator * plain.denominator
    if degree != 2 or inside > MAX_RADICAND:
        raise Unsupported("a root beyond the limit")
    outside, inside = without_squares(inside)
    return Exact({((), inside): plainest(Fraction(outside, plain.denominator))}, UNIT)


def without_squares(number: int, largest: int | None = None) -> tuple[int, int]:
    """(k, s) with k^2 * s equal to a positive number, and no square left in s.

    With `largest`, only factors below it are looked for, and squares of larger ones stay in s.

    >>> without_squares(72)
    (6, 2)
    """
    outside, factor = 1, 2
    while factor * factor <= number and (largest is None or factor < largest):
        while number % (factor * factor) == 0:
            number //= factor * factor
            outside *= factor
        factor += 1
    return outside, number


def _whole_root(number: int, degree: int) -> int | None:
    if number.bit_length() > MAX_BITS:
        raise Unsupported("a root beyond the limit")
    if degree == 2:
        guess = isqrt(number)
    else:
        low, high = 0, 1 << (number.bit_length() // degree + 1)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**degree <= number else (low, middle - 1)
        guess = low
    return guess if guess**degree == number else None


def whole(value: Exact, limit: int) -> int:
    """The value as an int from 0 to `limit`.

    Raises:
        Unsupported: it is anything else.
    """
    plain = value.rational()
    if plain is None or plain.denominator != 1 or not 0 <= plain <= limit:
        raise Unsupported("not a small whole number")
    return plain.numerator


def factorial_of(value: Exact) -> Exact:
    """The factorial n! for n up to `MAX_FACTORIAL`."""
    return exact(factorial(whole(value, MAX_FACTORIAL)))


def binomial(above: Exact, below: Exact) -> Exact:
    """The binomial coefficient, n over k, for n up to `MAX_FACTORIAL`."""
    n, k = whole(above, MAX_FACTORIAL), whole(below, MAX_FACTORIAL)
    return exact(factorial(n) // (factorial(k) * factorial(n - k)) if k <= n else 0)


def _value(over: Terms, under: Terms) -> Exact:
    if len(under) == 1 and ONE in under and under[ONE] != 1:
        scale = under[ONE]
        return Exact({key: quotient(number, scale) for key, number in over.items()}, UNIT)
    return Exact(over, under)


def _plus(a: Terms, b: Terms) -> Terms:
    total = dict(a)
    for key, number in b.items():
        total[key] = total.get(key, 0) + number
    return _bounded(total)


def _times(a: Terms, b: Terms) -> Terms:
    if b == UNIT:
        return a
    if a == UNIT:
        return b
    if len(a) * len(b) > MAX_TERMS * MAX_TERMS:
        raise Unsupported("too many terms")
    total: Terms = {}
    for (mono_a, under_a), number_a in a.items():
        for (mono_b, under_b), number_b in b.items():
            key, number = (_merge(mono_a, mono_b), under_a), number_a * number_b
            if under_b != 1:
                shared = gcd(under_a, under_b)
                key, number = (key[0], under_a * under_b // shared**2), number * shared
            total[key] = total.get(key, 0) + number
    return _bounded(total)


def _power(terms: Terms, exponent: int) -> Terms:
    """A power of a single term."""
    ((mono, inside), number) = next(iter(terms.items()))
    powers = tuple((name, power * exponent) for name, power in mono if name != EITHER or exponent % 2)
    number = number**exponent * inside ** (exponent // 2)
    return _bounded({(powers if exponent else (), inside if exponent % 2 else 1): number})


def _merge(a: Monomial, b: Monomial) -> Monomial:
    if not a or not b:
        return a or b
    powers = dict(a)
    for name, power in b:
        powers[name] = powers.get(name, 0) + power
    if powers.get(EITHER, 1) > 1:
        powers[EITHER] %= 2
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _bounded(terms: Terms) -> Terms:
    if len(terms) > MAX_TERMS:
        raise Unsupported("too many terms")
    kept: Terms = {}
    for key, number in terms.items():
        if not number:
            continue
        kept[key] = plain = number if isinstance(number, int) else plainest(number)
        if isinstance(plain, int):
            if plain.bit_length() > 2 * MAX_BITS:
                raise Unsupported("a number beyond the limit")
        elif max(plain.numerator.bit_length(), plain.denominator.bit_length()) > 2 * MAX_BITS:
            raise Unsupported("a number beyond the limit")
    return kept


def _decimal(terms: Terms) -> Decimal:
    total = Decimal(0)
    for (mono, inside), number in terms.items():
        term = Decimal(number.numerator) / Decimal(number.denominator) * Decimal(inside).sqrt()
        for name, power in mono:
            if not is_constant(name):
                raise Unsupported("an unknown has no value")
            worth = PI_DIGITS if name == PI else Decimal(int(name.removeprefix(LOGARITHM))).ln()
            term *= worth**power
        total += term
    return total

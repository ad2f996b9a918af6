"""Exact values in few characters."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from journey.exact.surds import Exact


def fraction(value: Exact | Fraction) -> Fraction:
    """A real value as a fraction: itself, or its first `PRECISION` digits."""
    if isinstance(value, Fraction):
        return value
    plain = value.rational()
    return Fraction(value.approximate()) if plain is None else plain


def shown(value: Exact | Fraction) -> str:
    """A value in the fewest characters that say it: 24, 7.5, 23/3, about 3.14159.

    >>> shown(Fraction(15, 2)), shown(Fraction(23, 3))
    ('7.5', '23/3')
    """
    plain = value.rational() if isinstance(value, Exact) else value
    if plain is None:
        return f"about {float(fraction(value)):.6g}"
    if max(plain.numerator.bit_length(), plain.denominator.bit_length()) > 80:
        return f"about {Decimal(plain.numerator) / Decimal(plain.denominator):.6g}"
    rest = plain.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or plain.denominator > 10**6:
        return str(plain)
    return f"{Decimal(plain.numerator) / Decimal(plain.denominator):f}"

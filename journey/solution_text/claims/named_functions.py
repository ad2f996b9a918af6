"""Functions that have a name in English, as `journey.solution_text.claims.phrases` reads them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial, gcd, isqrt, lcm

MAX_COUNTED = 200
"""Of a factorial or binomial coefficient."""


class Unread(ValueError):
    """These words are no phrase."""


def binomial(n: Fraction, k: Fraction) -> Fraction:
    """N choose k, for small n."""
    if not all(number.denominator == 1 and 0 <= number <= MAX_COUNTED for number in (n, k)):
        raise Unread
    return Fraction(comb(n.numerator, k.numerator))


def factorial_of(n: Fraction) -> Fraction:
    """n!, for small n."""
    if n.denominator != 1 or not 0 <= n <= MAX_COUNTED:
        raise Unread
    return Fraction(factorial(n.numerator))


def naturals(numbers: list[Fraction]) -> list[int]:
    """Whole numbers from 0 on; the second of two is not 0."""
    if any(number.denominator != 1 or not 0 <= number <= 10**9 for number in numbers):
        raise Unread
    wholes = [number.numerator for number in numbers]
    if len(wholes) == 2 and not wholes[1]:
        raise Unread
    return wholes


def _two(function: Callable[[Fraction, Fraction], Fraction]) -> Callable[[list[Fraction]], Fraction]:
    def applied(numbers: list[Fraction]) -> Fraction:
        if len(numbers) != 2:
            raise Unread
        return function(*numbers)

    return applied


def _one(function: Callable[[Fraction], Fraction]) -> Callable[[list[Fraction]], Fraction]:
    def applied(numbers: list[Fraction]) -> Fraction:
        if len(numbers) != 1:
            raise Unread
        return function(numbers[0])

    return applied


def _mean(numbers: list[Fraction]) -> Fraction:
    if len(numbers) < 2:
        raise Unread
    return sum(numbers, Fraction(0)) / len(numbers)


def _median(numbers: list[Fraction]) -> Fraction:
    if len(numbers) < 2:
        raise Unread
    ordered, half = sorted(numbers), len(numbers) // 2
    return ordered[half] if len(numbers) % 2 else (ordered[half - 1] + ordered[half]) / 2


def _mode(numbers: list[Fraction]) -> Fraction:
    counts = sorted((numbers.count(number) for number in set(numbers)), reverse=True)
    if len(counts) < 2 or counts[0] == counts[1]:
        raise Unread
    return max(numbers, key=numbers.count)


def _product(numbers: list[Fraction]) -> Fraction:
    product = Fraction(1)
    for number in numbers:
        product *= number
    return product


def _many(function: Callable[[list[Fraction]], Fraction]) -> Callable[[list[Fraction]], Fraction]:
    def applied(numbers: list[Fraction]) -> Fraction:
        if len(numbers) < 2:
            raise Unread
        return function(numbers)

    return applied


def _root(number: Fraction) -> Fraction:
    above, below = isqrt(max(number.numerator, 0)), isqrt(number.denominator)
    if Fraction(above * above, below * below) != number:
        raise Unread
    return Fraction(above, below)


def _cube_root(number: Fraction) -> Fraction:
    guess = round(abs(number.numerator) ** (1 / 3))
    if number.denominator != 1 or guess**3 != number:
        raise Unread
    return Fraction(guess)


GCD = _many(lambda numbers: Fraction(gcd(*_positive(numbers))))
LCM = _many(lambda numbers: Fraction(lcm(*_positive(numbers))))


def _positive(numbers: list[Fraction]) -> list[int]:
    if any(number.denominator != 1 or not 0 < number <= 10**12 for number in numbers):
        raise Unread
    return [number.numerator for number in numbers]


NAMED: dict[str, Callable[[list[Fraction]], Fraction]] = {
    "sum": _many(lambda numbers: sum(numbers, Fraction(0))),
    "total": _many(lambda numbers: sum(numbers, Fraction(0))),
    "product": _many(_product),
    "difference": _two(lambda a, b: abs(a - b)),
    "quotient": _two(lambda a, b: a / b),
    "average": _mean,
    "mean": _mean,
    "arithmetic mean": _mean,
    "median": _median,
    "mode": _mode,
    "range": _many(lambda numbers: max(numbers) - min(numbers)),
    "greatest common divisor": GCD,
    "greatest common factor": GCD,
    "gcd": GCD,
    "gcf": GCD,
    "hcf": GCD,
    "least common multiple": LCM,
    "lowest common multiple": LCM,
    "lcm": LCM,
    "square": _one(lambda a: a * a),
    "cube": _one(lambda a: a**3),
    "square root": _one(_root),
    "cube root": _one(_cube_root),
    "reciprocal": _one(lambda a: 1 / a),
    "absolute value": _one(abs),
    "maximum": _many(max),
    "minimum": _many(min),
}
"""By name; each raises `Unread` for a list that it does not take."""

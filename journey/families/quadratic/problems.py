"""Sampling of quadratic equations by level.

The kind of roots and the form are chosen together. For example, "surd product" is a x^2 + b x + c with
irrational roots or none, written as (x+h)(a x+v)=w.
"""

from __future__ import annotations

from fractions import Fraction
from random import Random

from journey.algebra import read_relation
from journey.expressions import polynomial
from journey.methods.quadratics import normal

SQUARES = [number * number for number in range(60)]
FORMS = {
    1: ("whole normal", "whole normal", "whole constant", "whole multiple"),
    2: ("whole moved", "whole product", "whole product", "whole constant", "square", "multiple", "shared"),
    3: ("surd normal", "surd constant", "surd square", "surd product", "fraction normal", "fraction moved"),
    4: ("fraction product", "surd product", "surd moved", "fraction square", "fraction shared", "surd line"),
    5: ("surd products", "fraction products", "surd squares", "whole squares", "surd over", "fraction over"),
}
"""The kinds of roots and the forms of the equation, by level."""
SIZES = {1: 9, 2: 12, 3: 9, 4: 9, 5: 9}
"""The largest number in a factor, by level."""
LARGEST = {1: 99, 2: 200, 3: 150, 4: 250, 5: 400}
"""The largest coefficient of the normal form, by level."""


def drawn(random: Random, level: int) -> str:
    """A random equation of this level."""
    while True:
        *roots, form = random.choice(FORMS[level]).split()
        text = _written(random, form, SIZES[level], *_target(random, "".join(roots), SIZES[level]))
        coefficients = normal(read_relation(text))
        # Some draws give a linear equation, or large numbers.
        if coefficients and max(map(abs, coefficients)) <= LARGEST[level]:
            return text


def _target(random: Random, roots: str, size: int) -> tuple[int, int, int]:
    """(a, b, c) of a x^2 + b x + c with integer roots, fractions, or mostly surds or no real roots."""
    while True:
        a = {"": 1, "whole": 1, "fraction": random.randint(2, 4)}.get(roots, random.choice((1, 1, 1, 2, 3)))
        p, q = _some(random, size), _some(random, size)
        if roots != "surd":
            return a, a * q + p, p * q
        b, c = 2 * q if random.random() < 0.6 else q, p * random.choice((1, 2))
        # One in five has no real roots; the others have small ones.
        if b * b - 4 * a * c not in (0, *SQUARES) and (b * b > 4 * a * c or random.random() < 0.25):
            return a, b, c


def _some(random: Random, size: int) -> int:
    return random.choice((1, -1)) * random.randint(1, size)


def _written(random: Random, form: str, size: int, a: int, b: int, c: int) -> str:
    """The equation a x^2 + b x + c = 0 in one of the forms."""
    h, k, n = (_some(random, size) for _ in range(3))
    if form == "normal":
        return f"{polynomial((a, b, c))}=0"
    if form == "constant":
        return f"{polynomial((a, b, 0))}={-c}"
    if form == "multiple":
        return f"{polynomial((a * abs(k) if size > 9 else 1, 0, 0))}={polynomial((n, 0))}"
    if form == "moved":
        return f"{polynomial((a, b + h, c + k))}={polynomial((h, k))}"
    if form == "product":
        h = random.choice((h, 0, 0))
        v = b - a * h
        return f"{_factor(1, h)}{_factor(a, v)}={h * v - c}"
    if form == "square":
        value = n * n if size > 9 or random.random() < 0.3 else random.randint(2, 40)
        scaled = random.random() < 0.4
        square = f"({polynomial((1 if scaled else a, h))})^2"
        return f"{a + 1}{square}{k:+d}={(a + 1) * value + k}" if scaled else f"{square}={value}"
    if form == "shared":
        return f"{_factor(1, h)}{_factor(a, k)}={n + (n > 0) - (n < 0)}{_factor(1, h)}"
    if form == "line":
        return f"({polynomial((1, h))})^2={polynomial((2 * h - b, h * h - c))}"
    if form == "squares":
        return f"({polynomial((1, h))})^2+({polynomial((1, b - h))})^2={h * h + (b - h) ** 2 - 2 * c}"
    if form == "products":
        v = b - (a + 1) * h + k + n
        return f"{_factor(1, h)}{_factor(a + 1, v)}={_factor(1, k)}{_factor(1, n)}{h * v - k * n - c:+d}"
    below = random.choice((2, 3, 4, 6))
    return f"{_over(a, 'x^2', below)}+{_over(b, 'x', below)}={_over(-c, '', below)}"


def _factor(a: int, b: int) -> str:
    text = polynomial((a, b))
    return text if text == "x" else f"({text})"


def _over(top: int, name: str, below: int) -> str:
    """A term with a fraction as coefficient, in lowest terms."""
    part = Fraction(top, below)
    numerator = (
        f"{part.numerator}{name}" if abs(part.numerator) != 1 or not name else f"{'-' * (top < 0)}{name}"
    )
    return numerator if part.denominator == 1 else f"{numerator}/{part.denominator}"

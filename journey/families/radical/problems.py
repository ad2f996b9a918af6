"""Sampling of equations with square roots by level. Each is constructed from its solutions."""

from __future__ import annotations

from fractions import Fraction
from random import Random

from journey.expressions import polynomial
from journey.methods.univariate import root_of

FORMS = {
    1: ("number", "number", "scaled number", "shifted number"),
    2: ("line", "line", "square", "two roots"),
    3: ("shifted line", "line minus root", "shifted line"),
    4: ("scaled line", "shifted scaled line"),
    5: ("sum of roots", "difference of roots"),
}
SIZES = {1: 12, 2: 9, 3: 9, 4: 8, 5: 7}
"""The largest number that is drawn for an equation, by level."""
LARGEST = 300
"""The largest number in an equation or a candidate."""


def drawn(random: Random, level: int) -> str:
    """A random equation of this level."""
    while True:
        text = _written(random, random.choice(FORMS[level]), SIZES[level])
        if text:
            return text


def _some(random: Random, size: int) -> int:
    return random.choice((1, -1)) * random.randint(1, size)


def _root(*coefficients: int) -> str:
    return f"sqrt({polynomial(coefficients)})"


def _written(random: Random, form: str, size: int) -> str | None:
    """An equation in one of the forms; None if the drawn numbers do not fit it."""
    a, x, d, r = (_some(random, size) for _ in range(4))
    k = random.randint(2, 4)
    if form.endswith("number"):
        value = random.randint(1, size)
        b = value * value - a * x
        if form == "scaled number":
            return f"{k}{_root(a, b)}={k * value}"
        # One in eight says that a root is negative.
        value = -value if random.random() < 0.125 else value
        return f"{_root(a, b)}={value}" if form == "number" else f"{_root(a, b)}{d:+d}={value + d}"
    if form in ("line", "shifted line", "line minus root"):
        # (x+d)^2 = a x+b has the roots x and r; x+d must not be negative at one of them.
        c = 1 if form != "line" or random.random() < 0.7 else -1
        a, b = 2 * d + x + r, d * d - x * r
        if not a or abs(b) > LARGEST or (c * (x + d) < 0 and c * (r + d) < 0):
            return None
        if form == "line":
            return f"{_root(a, b)}={polynomial((c, c * d))}"
        if form == "line minus root":
            return f"{polynomial((1, d + k))}-{_root(a, b)}={k}"
        return f"{_root(a, b)}{k - 2 * k * (r > 0):+d}={polynomial((1, d + k - 2 * k * (r > 0)))}"
    if form == "square":
        # sqrt(x^2+a x+b) = x+d is linear once it is squared.
        b = d * d - (a - 2 * d) * x
        fits = a != 2 * d and abs(b) <= LARGEST and (x + d >= 0 or random.random() < 0.3)
        return f"{_root(1, a, b)}={polynomial((1, d))}" if fits else None
    if form.endswith("scaled line"):
        return _scaled(random, d, x, k, r if form.startswith("shifted") else 0)
    c = _some(random, size)
    if form == "two roots":
        value = random.randint(-2, size) ** 2 if random.random() < 0.9 else -random.randint(1, size)
        return f"{_root(a, value - a * x)}={_root(c, value - c * x)}" if a != c else None
    p, q = random.randint(0, size), random.randint(0, size)
    b, d = p * p - a * x, q * q - c * x
    e = p + q if form == "sum of roots" else p - q
    other = _other(a, b, c, d, e, x)
    if not e or (a, b) == (c, d) or other is None or max(abs(b), abs(d)) > LARGEST or abs(other) > LARGEST:
        return None
    return f"{_root(a, b)}{'+' if form == 'sum of roots' else '-'}{_root(c, d)}={e}"


def _scaled(random: Random, d: int, x: int, k: int, constant: int) -> str | None:
    """An equation k sqrt(a x+b) = c x+d; None if the drawn numbers do not fit it."""
    c = random.randint(1, 3)
    other = Fraction(random.randint(-9, 9), c)
    slope, rest = (2 * c * d + c * c * (x + other)) / k**2, (d * d - c * c * x * other) / k**2
    if slope.denominator > 1 or rest.denominator > 1 or not slope or max(abs(slope), abs(rest)) > LARGEST:
        return None
    if c * x + d < 0 and c * other + d < 0:
        return None
    number = f"{constant:+d}" if constant else ""
    return f"{k}{_root(int(slope), int(rest))}{number}={polynomial((c, d + constant))}"


def _other(a: int, b: int, c: int, d: int, e: int, x: int) -> Fraction | None:
    """The second candidate of sqrt(a x+b) +- sqrt(c x+d) = e; None if its denominator is large."""
    # 4 e^2 (c x+d) = (e^2 + c x+d - a x-b)^2
    slope, rest = c - a, e * e + d - b
    if not slope:
        return Fraction(x)
    total = Fraction(4 * e * e * c - 2 * slope * rest, slope * slope)
    other = total - x
    return other if other.denominator < 10 and root_of(c * other + d) is not None else None

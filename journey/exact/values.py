"""Whether two expressions have the same value wherever both are defined: proved, refuted or undecided.

`same` writes both as quotients of polynomials (`journey.exact.fields`) in their variables, roots, sines,
exponentials and logarithms, and applies the identities between these. A zero difference proves equality
without a simplifier. Otherwise a point where the values differ, by more than rounding, is a counterexample.
Without either, the question is undecided.

    same(read("sin(2x)"), read("2sin(x)cos(x)"))       True
    same(read("(x+3)^2"), read("x^2+9"))               16 and 10 at x = 1
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from itertools import chain, islice
from itertools import product as combinations
from math import isqrt
from typing import Any, NamedTuple

import mpmath

from journey.algebra import Algebra, names_in
from journey.exact.derivatives import carried_out
from journey.exact.fields import Field
from journey.exact.surds import Exact, Terms, Unsupported, exact, root
from journey.exact.terms import built, parts

POINTS = tuple(map(Fraction, ("1", "2", "3", "-1", "0", "1/2", "-2", "5", "7/3", "-5/4")))
"""The points at which values are compared first."""
MORE = tuple(Fraction(n, 7) for n in (3, -2, 28, -21, 70, -71, 72, 182, -210, 707, -7000, 70007, -24))
"""Further points. Their number is prime, so that several names can take them in different orders."""
DIGITS = 40
MAX_ROUGH = 200
"""The largest angle or exponent that is evaluated by intervals."""
MAX_EXPONENT = 24
MAX_BITS = 400
"""The most bits of a number that is raised to a power."""


class Differs(NamedTuple):
    """A counterexample to equality: a point, and the two values there."""

    at: tuple[tuple[str, Fraction], ...]
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.first} and {self.second} at {self.point}"

    @property
    def point(self) -> str:
        """The point as text."""
        return ", ".join(f"{name} = {value}" for name, value in self.at) or "every point"


@lru_cache(maxsize=4096)
def same(first: Algebra, second: Algebra) -> bool | Differs | None:
    """Whether two expressions are equal wherever both are defined over the reals; None if undecided.

    Derivatives D(...) are computed first.

    >>> from journey.algebra import read
    >>> same(read("sqrt(x^2)"), read("abs(x)"))
    True
    >>> print(same(read("sqrt(x^2)"), read("x")))
    1 and -1 at x = -1
    """
    if _double(first) or _double(second):
        return None
    try:
        first, second = carried_out(first), carried_out(second)
    except Unsupported:
        return difference(first, second)
    if (answer := plainly(first, second)) is not None:
        return answer
    # Common terms cancel first; if that does not decide, the difference without cancelling may.
    rest = built(parts(("-", first, second)))
    if _is_zero(rest) or _is_zero(("-", first, second)):
        return True
    return difference(first, second)


def _double(tree: Algebra) -> bool:
    """Whether it contains a +-, and so has two values."""
    return isinstance(tree, tuple) and (tree[0] == "+-" or any(map(_double, tree[1:])))


def _is_zero(tree: Algebra) -> bool:
    try:
        return not Field((tree,)).quotient(tree)[0]
    except (Unsupported, ZeroDivisionError):
        return False


@lru_cache(maxsize=4096)
def plainly(first: Algebra, second: Algebra) -> bool | Differs | None:
    """As `same`, by fast tests alone: term by term, and at points where both values are rational."""
    if not parts(("-", first, second)):
        return True
    names = sorted({*names_in(first), *names_in(second)})
    for values in islice(combinations(POINTS, repeat=len(names)), len(POINTS)):
        at: dict[str, int | Fraction] = {
            name: value if value.denominator > 1 else value.numerator
            for name, value in zip(names, values, strict=True)
        }
        try:
            one, other = rational_at(first, at), rational_at(second, at)
        except (Undefined, ZeroDivisionError):
            continue
        if one != other:
            return Differs(tuple(zip(names, values, strict=True)), str(one), str(other))
    return None


def rational_at(tree: Algebra, at: dict[str, int | Fraction]) -> int | Fraction:
    """The value at a point, if every operation there has a rational result.

    Raises:
        Undefined: some operation has no rational result.
    """
    if isinstance(tree, int):
        return tree
    if isinstance(tree, str):
        return at[tree]
    name, value = tree[0], rational_at(tree[1], at)
    if len(tree) == 2:
        return _rational_function(name, value)
    other = rational_at(tree[2], at)
    if name == "*":
        return value * other
    if name == "+":
        return value + other
    if name == "-":
        return value - other
    if name == "/":
        if isinstance(value, int) and isinstance(other, int) and other and not value % other:
            return value // other
        return Fraction(value) / other
    size = max(value.numerator.bit_length(), value.denominator.bit_length())
    if name != "^" or not isinstance(other, int) or abs(other) > MAX_EXPONENT or size > MAX_BITS:
        raise Undefined
    if not value and other <= 0:
        raise Undefined
    return Fraction(value) ** int(other)


def _rational_function(name: str, value: int | Fraction) -> int | Fraction:
    if name in ("neg", "abs"):
        return -value if name == "neg" or value < 0 else value
    if name == "sqrt" and value >= 0:
        above, below = isqrt(value.numerator), isqrt(value.denominator)
        if (above**2, below**2) == (value.numerator, value.denominator):
            return above if below == 1 else Fraction(above, below)
    if value == (name == "log") and name in ("sin", "cos", "tan", "exp", "log"):
        return int(name in ("cos", "exp"))
    raise Undefined


def difference(first: Algebra, second: Algebra) -> Differs | None:
    """A point of `POINTS` or `MORE` where both have a value and the values differ; None if there is none."""
    names = sorted({*names_in(first), *names_in(second)})
    near = islice(combinations(POINTS, repeat=len(names)), len(POINTS) ** 2)
    far = ([MORE[place * (at + 1) % len(MORE)] for at in range(len(names))] for place in range(len(MORE)))
    for values in chain(near, far):
        at = dict(zip(names, values, strict=True))
        try:
            one, other = at_point(first, at), at_point(second, at)
            if not _apart(one, other):
                continue
        except (Undefined, ZeroDivisionError, Unsupported):
            continue
        return Differs(tuple(at.items()), shown(one), shown(other))
    return None


def _apart(one: Exact | Any, other: Exact | Any) -> bool:
    if isinstance(one, Exact) and isinstance(other, Exact):
        return one != other
    x, y = interval(one), interval(other)
    return bool(x.b < y.a or y.b < x.a)


class Undefined(ValueError):
    """An expression has no real value at a point."""


def at_point(tree: Algebra, at: dict[str, Fraction]) -> Exact | Any:
    """The value at a point: exact if it consists of rationals and square roots, else an interval.

    Raises:
        Undefined: there is no real value.
        Unsupported: it is too close to a pole or to the edge of the domain to decide, or beyond the limits.
    """
    if isinstance(tree, int):
        return exact(tree)
    if isinstance(tree, str):
        return exact(at[tree])
    inside = [at_point(part, at) for part in tree[1:]]
    if not all(isinstance(part, Exact) for part in inside):
        return _enclosed(tree[0], inside)
    try:
        return _exactly(tree[0], inside)
    except Unsupported:
        # A value that `Exact` cannot express still has an interval.
        return _enclosed(tree[0], inside)


def _enclosed(name: str, parts: list[Exact | Any]) -> Any:
    mpmath.iv.dps = DIGITS
    power = parts[1].rational() if name == "^" and isinstance(parts[1], Exact) else None
    if power is not None and power.denominator == 1:
        return _power(interval(parts[0]), power.numerator)
    return _roughly(name, [interval(part) for part in parts])


def _power(base: Any, exponent: int) -> Any:
    if abs(exponent) > MAX_EXPONENT:
        raise Unsupported(f"the exponent {exponent}")
    if exponent <= 0 and 0 in base:
        raise Unsupported("a value too near to zero to tell")
    return base**exponent if exponent >= 0 else 1 / base**-exponent


def _exactly(name: str, parts: list[Exact]) -> Exact:
    if name in ("+", "-", "*", "/"):
        left, right = parts
        return left + right if name == "+" else left - right if name == "-" else _scaled(name, left, right)
    plain = parts[-1].rational()
    if name == "neg":
        return exact(0) - parts[0]
    if name == "^" and plain is not None and plain.denominator == 1:
        if not parts[0].over and plain <= 0:
            raise Undefined
        return parts[0] ** plain.numerator
    if name == "^" and plain is not None and plain.denominator == 2:
        return _exactly("sqrt", [parts[0]]) ** plain.numerator
    if name in ("sqrt", "abs") and plain is not None:
        if name == "sqrt" and plain < 0:
            raise Undefined
        return root(parts[0]) if name == "sqrt" else exact(abs(plain))
    if plain == (1 if name == "log" else 0) and name in ("sin", "tan", "log", "cos", "exp"):
        return exact(int(name in ("cos", "exp")))
    raise Unsupported(name)


def _scaled(name: str, left: Exact, right: Exact) -> Exact:
    return left * right if name == "*" else left / right


def _roughly(name: str, parts: list[Any]) -> Any:
    iv = mpmath.iv
    if name in ("+", "-", "*"):
        left, right = parts
        return left + right if name == "+" else left - right if name == "-" else left * right
    x = parts[-1]
    if name in ("/", "tan"):
        below = x if name == "/" else iv.cos(x)
        if 0 in below:
            raise Unsupported("a value too near to zero to tell")
        return (parts[0] if name == "/" else iv.sin(x)) / below
    if name in ("sqrt", "log", "^"):
        base = parts[0]
        if not base.a > 0:
            raise Undefined if base.b < 0 else Unsupported("a value too near to zero to tell")
    if name in ("exp", "^", "sin", "cos") and not abs(x).b < MAX_ROUGH:
        raise Unsupported("a number beyond the limit")
    if name == "^":
        return iv.exp(x * iv.log(parts[0]))
    if name == "neg":
        return -x
    if name in ("sqrt", "log", "sin", "cos", "exp", "abs"):
        return getattr(iv, name)(x) if name != "abs" else abs(x)
    raise Unsupported(f"{name} has no value")


def interval(value: Any) -> Any:
    """An mpmath interval that contains the value."""
    if not isinstance(value, Exact):
        return value
    above, below = _summed(value.over), _summed(value.under)
    if 0 in below:
        raise Unsupported("a value too near to zero to tell")
    return above / below


def _summed(terms: Terms) -> Any:
    total = mpmath.iv.mpf(0)
    for (_, inside), number in terms.items():
        term = mpmath.iv.mpf(number.numerator) / number.denominator
        total += term if inside == 1 else term * mpmath.iv.sqrt(mpmath.iv.mpf(inside))
    return total


def sign_of(value: Exact) -> int:
    """The sign of an exact number: -1, 0 or 1."""
    if not value.over:
        return 0
    if (plain := value.rational()) is not None:
        return 1 if plain > 0 else -1
    enclosure = interval(value)
    if 0 in enclosure:
        raise Unsupported("a value too near to zero to tell")
    return 1 if enclosure.a > 0 else -1


def shown(value: Exact | Any) -> str:
    """A value as text: exact if it is rational, else its first digits."""
    plain = value.rational() if isinstance(value, Exact) else None
    if plain is not None:
        return str(plain)
    middle = float(interval(value).mid)
    # A quotient of sums with roots can be an integer.
    if isinstance(value, Exact) and abs(middle) < 1e15 and value == exact(round(middle)):
        return str(round(middle))
    return f"{middle:.4f}..."

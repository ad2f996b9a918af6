"""Exact real solution sets of equations and inequalities in one unknown.

The real line is divided into cells on which a relation is either true or false: the points where a side, a
denominator or a radicand changes sign, and the open intervals between them. These points are real
algebraic numbers (`journey.exact.realroots`); square roots are removed by multiplying with conjugates. One
exact sample point decides each cell: this is cylindrical algebraic decomposition (Collins 1975) in one
dimension. Comparing two sets gives a number that was lost or added, if there is one.

    solutions(read_relation("sqrt(2x+3)=x"))       3
    solutions(read_relation("2x+3=x^2"))           -1, 3
    solutions(read_relation("1/x<=1"))             x < 0 or 1 <= x
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import product as combinations
from math import lcm
from typing import Any

import mpmath
from sympy.polys.rings import PolyElement

from journey.algebra import Algebra, Relation, names_in
from journey.exact.fields import Field
from journey.exact.float_bounds import float_value
from journey.exact.polynomials import Coefficients, constant, functions, quotient, times
from journey.exact.realroots import Root, real_roots
from journey.exact.surds import Exact, Unsupported
from journey.exact.values import at_point, sign_of

MAX_CASES = 64
"""The most combinations of signs of roots and absolute values."""
HOLDS: dict[str, Callable[[int], bool]] = {
    "=": lambda sign: sign == 0,
    "<>": lambda sign: sign != 0,
    "<": lambda sign: sign < 0,
    ">": lambda sign: sign > 0,
    "<=": lambda sign: sign <= 0,
    ">=": lambda sign: sign >= 0,
}


@dataclass(frozen=True, slots=True)
class Solutions:
    """A set of real numbers: finitely many points and open intervals."""

    breaks: tuple[Root, ...]
    """The points where membership may change, in ascending order."""
    holds: tuple[bool, ...]
    """Membership before the first break, at it, between it and the second, and so on; of odd length."""

    def __str__(self) -> str:
        parts = []
        holds = self.holds
        if holds == (False,) or holds == (True,):
            return "all numbers" if holds[0] else "no solution"
        at = 0
        while at < len(holds):
            if not holds[at]:
                at += 1
                continue
            start = at
            while at + 1 < len(holds) and holds[at + 1]:
                at += 1
            parts.append(self._run(start, at))
            at += 1
        if all(each.startswith("x = ") for each in parts):
            return ", ".join(each.removeprefix("x = ") for each in parts) or "no solution"
        return " or ".join(parts) or "no solution"

    def _run(self, start: int, end: int) -> str:
        """The text for the cells from start to end; even cells are open intervals, odd ones breaks."""
        low = self.breaks[(start - 1) // 2] if start else None
        high = self.breaks[end // 2] if end + 1 < len(self.holds) else None
        if start == end and start % 2:
            return f"x = {low}"
        left = f"{low} {'<=' if start % 2 else '<'} " if low is not None else ""
        return f"{left}x" + (f" {'<=' if end % 2 else '<'} {high}" if high is not None else "")

    def __contains__(self, number: Root) -> bool:
        for place, each in enumerate(self.breaks):
            if number == each:
                return self.holds[2 * place + 1]
            if number < each:
                return self.holds[2 * place]
        return self.holds[-1]


ALL = Solutions((), (True,))


def solutions(relation: Relation) -> Solutions:
    """The real numbers for which a relation is true; it is false where a part of it has no real value.

    Raises:
        Unsupported: it has several unknowns or functions other than roots and absolute values, or it is
            beyond the limits of `journey.exact.fields` and `journey.exact.realroots`.

    >>> from journey.algebra import read_relation
    >>> print(solutions(read_relation("x^2=2x")))
    0, 2
    >>> print(solutions(read_relation("(x-1)/(x+2)>=0")))
    x < -2 or 1 <= x
    """
    names = sorted({*names_in(relation)})
    if len(names) > 1:
        raise Unsupported("several unknowns: " + ", ".join(names))
    return _solutions(relation, names[0] if names else "x")


@lru_cache(maxsize=8192)
def _solutions(relation: Relation, name: str) -> Solutions:
    word: Any = relation[0]
    if word in ("all", "none"):
        return Solutions((), (word == "all",))
    if word in ("or", "and"):
        parts = [_solutions(part, name) for part in relation[1:]]
        return combine(any if word == "or" else all, parts)
    left, right = relation[1:]
    if foreign := {node[0] for side in (left, right) for node in functions(side)} - {"sqrt", "abs", "^"}:
        raise Unsupported(f"{min(foreign)} in an equation")
    if any(is_double(side) for side in (left, right)):
        cases = [tuple(signed(side, sign) for side in (left, right)) for sign in "+-"]
        return combine(any, [_solutions((word, *case), name) for case in cases])
    difference = ("-", left, right) if right != 0 else left
    try:
        return _cells(difference, word, name, domain(difference, name))
    except ZeroDivisionError:
        return Solutions((), (False,))


def domain(tree: Algebra, name: str = "x") -> Solutions:
    """The real numbers at which an expression in one unknown has a real value."""
    return combine(all, [ALL, *(_solutions(each, name) for each in dict.fromkeys(_conditions(tree)))])


def is_double(tree: Algebra) -> bool:
    """Whether it contains a +-."""
    return isinstance(tree, tuple) and (tree[0] == "+-" or any(map(is_double, tree[1:])))


def signed(tree: Any, sign: str) -> Any:
    """The expression with the same sign in place of every +-."""
    if not isinstance(tree, tuple):
        return tree
    parts = tuple(signed(part, sign) for part in tree[1:])
    if tree[0] != "+-":
        return (tree[0], *parts)
    if len(parts) == 1:
        return parts[0] if sign == "+" else ("neg", parts[0])
    return (sign, *parts)


def _conditions(tree: Algebra) -> Iterator[Relation]:
    """The conditions under which an expression has a real value."""
    if not isinstance(tree, tuple):
        return
    for part in tree[1:]:
        yield from _conditions(part)
    name, *parts = tree
    if name == "sqrt":
        yield (">=", parts[0], 0)
    if name == "/" and not isinstance(parts[1], int):
        yield ("<>", parts[1], 0)
    if name == "^" and not isinstance(parts[1], int):
        exponent = constant(parts[1])
        if exponent is None:
            raise Unsupported("an unknown in an exponent")
        if exponent.denominator > 1:
            yield (">=", parts[0], 0)
    if name == "^" and not (constant(parts[1]) or 0) > 0:
        yield ("<>", parts[0], 0)


def combine(join: Callable[[Iterator[bool]], bool], sets: Sequence[Solutions]) -> Solutions:
    """The union (`any`) or the intersection (`all`) of sets."""
    sets = [each for each in sets if not (join is all and each.holds == (True,))] or [ALL]
    if len(sets) == 1:
        return sets[0]
    breaks = sorted({point for each in sets for point in each.breaks})
    rows = [_refined(each, breaks) for each in sets]
    return _merged(breaks, [join(iter(column)) for column in zip(*rows, strict=True)])


def _refined(coarse: Solutions, breaks: Sequence[Root]) -> list[bool]:
    """Membership in the cells of a larger set of breaks."""
    row, at = [coarse.holds[0]], 0
    for point in breaks:
        if at < len(coarse.breaks) and coarse.breaks[at] == point:
            row += coarse.holds[2 * at + 1 : 2 * at + 3]
            at += 1
        else:
            row += [coarse.holds[2 * at]] * 2
    return row


def _merged(breaks: Sequence[Root], holds: Sequence[bool]) -> Solutions:
    """The set without the breaks at which nothing changes, so that equal sets are equal records."""
    kept: list[Root] = []
    row = [holds[0]]
    for place, point in enumerate(breaks):
        here, after = holds[2 * place + 1 : 2 * place + 3]
        if not row[-1] == here == after:
            kept.append(point)
            row += [here, after]
    return Solutions(tuple(kept), tuple(row))


def compare(before: Solutions, after: Solutions) -> tuple[Root | None, Root | None]:
    """A number that is only in the first set, and one that is only in the second; None if there is none.

    >>> from journey.algebra import read_relation
    >>> both = [solutions(read_relation(text)) for text in ("x^2=2x", "x=2")]
    >>> [str(number) for number in compare(*both)]
    ['0', 'None']
    """
    if before == after:
        return None, None
    breaks = sorted({*before.breaks, *after.breaks})
    rows = zip(_refined(before, breaks), _refined(after, breaks), strict=True)
    lost = added = None
    for cell, (first, second) in enumerate(rows):
        if first and not second:
            lost = lost or _sample(breaks, cell)
        if second and not first:
            added = added or _sample(breaks, cell)
    return lost, added


def _sample(breaks: Sequence[Root], cell: int) -> Root:
    """The break itself, or a simple rational number in the open interval."""
    if cell % 2:
        return breaks[cell // 2]
    if not breaks:
        return Root.rational(0)
    # This must depend on the numbers alone, not on how far their intervals have shrunk.
    if cell == 0:
        return Root.rational(breaks[0].below() - 1)
    low = breaks[cell // 2 - 1]
    parts = 1
    while True:
        inside = Root.rational(Fraction(low.below(parts) + 1, parts))
        if cell == 2 * len(breaks) or inside < breaks[cell // 2]:
            return inside
        parts *= 2


def _cells(difference: Algebra, word: str, name: str, valid: Solutions) -> Solutions:
    """The part of its domain where an expression compares with zero as `word` says."""
    plain = quotient(difference, name)
    if plain is not None:
        cells = _plain_cells(plain[0] if word in ("=", "<>") else times(*plain), word)
        return combine(all, [cells, valid])
    field = Field([difference, name])
    top, bottom = field.quotient(difference)
    sided = field.times((top, field.one), (bottom, field.one))[0] if word not in ("=", "<>") else top
    squares = dict(field.rules)
    if 2 ** len(squares) > MAX_CASES:
        raise Unsupported("too many roots")
    critical = set(_norms(field, sided, squares))
    for each, square in squares.items():
        critical.update(_norms(field, field.bars.get(each, square), squares))
    roots = (point for polynomial in critical for point in real_roots(polynomial))
    breaks = sorted({*roots, *valid.breaks})
    signs = (
        inside and HOLDS[word](_sign(field, difference, sided, name, _sample(breaks, cell)))
        for cell, inside in enumerate(_refined(valid, breaks))
    )
    return _merged(breaks, list(signs))


def _plain_cells(polynomial: Coefficients, word: str) -> Solutions:
    """The numbers where a polynomial compares with zero as `word` says."""
    breaks = real_roots(polynomial) if polynomial else ()
    at, between = HOLDS[word](0), HOLDS[word](1)
    if not polynomial:
        return Solutions((), (at,))
    if word in ("=", "<>"):
        return Solutions(
            breaks, tuple(between if cell % 2 == 0 else at for cell in range(2 * len(breaks) + 1))
        )
    holds = []
    for cell in range(2 * len(breaks) + 1):
        holds.append(at if cell % 2 else HOLDS[word](_sample(breaks, cell).sign(polynomial)))
    return _merged(breaks, holds)


def _norms(field: Field, case: PolyElement, squares: dict[int, PolyElement]) -> Iterator[Coefficients]:
    """Polynomials in the unknown: between their roots, `case` is zero everywhere or nowhere."""
    used = next((each for each in reversed(squares) if case.degree(each) > 0), None)
    if used is None:
        yield _coefficients(case)
    elif used in field.bars:
        for sign in (1, -1):
            inside = case.compose(field.ring.gens[used], sign * field.bars[used])
            yield from _norms(field, field.reduced(inside), squares)
    else:
        # A + B s, multiplied by its conjugate A - B s.
        plain, coefficient = (case.coeff_wrt(used, power) for power in (0, 1))
        norm = field.reduced(plain**2) - field.reduced(field.reduced(coefficient**2) * squares[used])
        if norm:
            yield from _norms(field, norm, squares)
        else:
            # |s| is |A/B| wherever it is real, so A + B s changes between zero and nonzero only where A or
            # B has a zero.
            yield from _norms(field, plain, squares)
            yield from _norms(field, coefficient, squares)


def _coefficients(polynomial: PolyElement) -> Coefficients:
    """The coefficients of a polynomial in one name, made integers by a positive factor."""
    if not polynomial:
        return (0,)
    by_power: dict[int, Any] = {}
    for exponents, coefficient in polynomial.terms():
        by_power[sum(exponents)] = coefficient
    below = lcm(*(int(c.denominator) for c in by_power.values()))
    return tuple(int(by_power.get(power, 0) * below) for power in range(max(by_power), -1, -1))


def _sign(field: Field, difference: Algebra, sided: PolyElement, name: str, point: Root) -> int:
    """The exact sign of an expression at a point where it has a value."""
    if not sided:
        return 0
    bounded = float_value(difference, name, *point.about())
    if bounded and abs(bounded[0]) > bounded[1]:
        return 1 if bounded[0] > 0 else -1
    if _used(sided) <= {0}:
        return point.sign(_coefficients(sided))
    if point.value is not None:
        value = at_point(difference, {name: point.value})
        if isinstance(value, Exact):
            return sign_of(value)
        if 0 in value:
            raise Unsupported("a value too near to zero to tell")
        return 1 if value.a > 0 else -1
    return _sign_with_roots(field, sided, point)


def _sign_with_roots(field: Field, sided: PolyElement, point: Root) -> int:
    """The sign of a polynomial in an irrational point and in square roots at this point."""
    values = [point.interval()]
    free: list[int] = []
    for place, square in field.rules:
        inside = _at(square, values)
        if 0 in inside and _used(square) - {0}:
            _assert_zero(square, values, free)
        elif 0 in inside and point.sign(_coefficients(square)) > 0:
            raise Unsupported("what stands under a root is too near to zero to tell")
        if not inside.a > 0:
            # sqrt(f^2 g) is |f| sqrt(g): where g is negative and this has a value, f is zero.
            values.append(mpmath.iv.mpf(0))
            continue
        values.append(mpmath.iv.sqrt(inside))
        if place not in field.bars:
            free.append(place)
    value = _at(sided, values)
    if 0 not in value:
        return 1 if value.a > 0 else -1
    _assert_zero(sided, values, free)
    return 0


def _assert_zero(polynomial: PolyElement, values: Sequence[Any], free: Sequence[int]) -> None:
    """Proves that a polynomial is zero: one of its conjugates is, and no other one can be.

    Raises:
        Unsupported: another one can be zero.
    """
    for signs in combinations((0, 1), repeat=len(free)):
        flipped = {place for place, sign in zip(free, signs, strict=True) if sign}
        other = polynomial.ring.zero
        for powers, coefficient in polynomial.terms():
            other[powers] = -coefficient if sum(powers[place] for place in flipped) % 2 else coefficient
        if other not in (polynomial, -polynomial) and 0 in _at(other, values):
            raise Unsupported("a value too near to zero to tell")


def _used(polynomial: PolyElement) -> set[int]:
    """The indices of the generators that occur."""
    return {place for exponents in polynomial for place, power in enumerate(exponents) if power}


def _at(polynomial: PolyElement, values: Sequence[Any]) -> Any:
    """An interval that contains the value."""
    value = mpmath.iv.mpf(0)
    for exponents, coefficient in polynomial.terms():
        term = mpmath.iv.mpf(int(coefficient.numerator)) / int(coefficient.denominator)
        for number, power in zip(values, exponents, strict=False):
            for _ in range(power):
                term *= number
        value += term
    return value

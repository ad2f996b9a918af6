r"""Whether two sympy expressions have the same value: by digits, relative to their size, at chosen points.

Runs in a worker only. Numbers are compared exactly if they are rational, else to hundreds of digits relative
to the larger one, so that 2^-120 is not 2^-119, though both are nearly nothing. Expressions with letters are
compared at fixed points, positive and negative ones: one point where both are defined and differ refutes, and
agreement at all of them, to forty digits, is taken for equality (Schwartz 1980, Zippel 1979).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from random import Random
from typing import Any

DIGITS = 40
"""Digits to which two values are compared first."""
SURE = 400
"""Digits to which two numbers agree if they are one: 1 - e^-100 is not 1."""
NOISE = 5
"""Of these digits the last, which rounding may have changed."""
POINTS = 8
"""Points of each kind at which expressions with letters are compared."""
ENOUGH = 4
"""Points at which both are defined before agreement means anything."""


@dataclass(frozen=True, slots=True)
class _Heads:
    """Kinds of sympy expressions, imported once a worker needs them."""

    discrete: tuple[Any, ...]
    """Functions that are meant for whole numbers."""
    endless: tuple[Any, ...]
    """What is not carried out to see whether a number is rational."""
    undefined: tuple[Any, ...]


@cache
def _heads() -> _Heads:
    import sympy as s

    return _Heads(
        discrete=(s.Sum, s.Product, s.factorial, s.binomial, s.floor, s.ceiling, s.Mod),
        endless=(s.Sum, s.Product, s.Integral, s.Limit, s.Derivative),
        undefined=(s.oo, -s.oo, s.zoo, s.nan),
    )


def same_value(gold: Any, pred: Any) -> bool | None:
    """Whether two sympy expressions are equal wherever both are defined; None if that was not decided.

    Letters stand for real numbers, `i` for the imaginary unit; what has a root or a logarithm of a negative
    number in it is not defined, unless one of the two is complex. Not decided are expressions with roots that
    agree where the letters are positive and nowhere else, and ln|x| against ln(x).
    """
    first, second = prepared(gold, pred)
    if any(each.has(*_heads().undefined) for each in (first, second)):
        return bool(first == second) if not first.free_symbols | second.free_symbols else None
    letters = sorted(first.free_symbols | second.free_symbols, key=lambda symbol: str(symbol.name))
    if not letters:
        return _agree_at(first, second, {}, SURE)
    positive, anywhere = (
        [_agree_at(first, second, point, DIGITS, real=not _imaginary(first, second)) for point in points]
        for points in _points(letters, whole=any(each.has(*_heads().discrete) for each in (first, second)))
    )
    if False in positive:
        return False
    if False in anywhere:
        return None if _rooted(first) and _rooted(second) else False
    if None in anywhere and _absolute(first) != _absolute(second):
        return None
    decided = [each for each in (*positive, *anywhere) if each is not None]
    return True if len(decided) >= ENOUGH else None


def same_zeros(gold: Any, pred: Any) -> bool:
    """Whether one expression is a constant multiple of the other, so that both are zero at once."""
    first, second = prepared(gold, pred)
    letters = sorted(first.free_symbols, key=lambda symbol: str(symbol.name))
    if not letters or first.free_symbols != second.free_symbols:
        return False
    ratios = []
    for point in (each for points in _points(letters, whole=False) for each in points):
        values = [_value(each, point, DIGITS) for each in (first, second)]
        if None not in values and values[0] != 0 and values[1] != 0:
            ratios.append(values[0] / values[1])
    return len(ratios) >= ENOUGH and all(_close(ratios[0], ratio, DIGITS) for ratio in ratios)


def prepared(*expressions: Any) -> list[Any]:
    """With i as the imaginary unit, decimals as fractions, and each f(x) as a letter."""
    import sympy
    from sympy.core.function import AppliedUndef

    exact = [each.subs({s: sympy.I for s in each.free_symbols if s.name == "i"}) for each in expressions]
    exact = [each.xreplace({f: _as_written(f) for f in each.atoms(sympy.Float)}) for each in exact]
    applied = sorted({term for each in exact for term in each.atoms(AppliedUndef)}, key=str)
    letters = {term: sympy.Symbol(f"applied{at}", real=True) for at, term in enumerate(applied)}
    return [each.xreplace(letters) for each in exact]


def _as_written(decimal: Any) -> Any:
    """The decimal of which sympy made a binary fraction; the shortest that gives this one."""
    import sympy

    return sympy.Rational(repr(float(decimal)) if decimal._prec <= sys.float_info.mant_dig else str(decimal))


def _imaginary(*expressions: Any) -> bool:
    import sympy

    return any(each.has(sympy.I) for each in expressions)


def _rooted(expression: Any) -> bool:
    import sympy

    return any(power.exp.is_Rational and not power.exp.is_Integer for power in expression.atoms(sympy.Pow))


def _absolute(expression: Any) -> bool:
    import sympy

    return bool(expression.has(sympy.Abs))


def _points(letters: Sequence[Any], *, whole: bool) -> tuple[list[dict[Any, Any]], list[dict[Any, Any]]]:
    """Points with positive coordinates alone, and points with others too."""
    import sympy

    random = Random(0)

    def coordinate(positive: bool, large: bool) -> Any:
        if whole:
            return sympy.Integer(random.randint(2, 12))
        sign = 1 if positive or random.random() < 0.4 else -1
        size = Fraction(random.randint(2, 400), random.choice((7, 11, 13, 101)) * (1 if large else 10))
        return sympy.Rational(sign * size.numerator, size.denominator)

    def points(positive: bool) -> list[dict[Any, Any]]:
        return [{each: coordinate(positive, at % 2 == 0) for each in letters} for at in range(POINTS)]

    return points(True), points(False)


def _agree_at(
    first: Any, second: Any, point: dict[Any, Any], digits: int, *, real: bool = False
) -> bool | None:
    """Whether two expressions agree at a point, to so many digits; None where one has no value there."""
    if not point:
        exact = [each if each.has(*_heads().endless) else each.doit() for each in (first, second)]
        if all(each.is_Rational for each in exact):
            return bool(exact[0] == exact[1])
    for precision in sorted({DIGITS, digits}):
        values = [_value(each, point, precision, real=real) for each in (first, second)]
        if None in values:
            return None
        if not _close(values[0], values[1], precision):
            return False
    return True


def _value(expression: Any, point: dict[Any, Any], digits: int, *, real: bool = False) -> Any:
    """The value at a point as an mpmath number, or None if there is none (or, with `real`, no real one)."""
    import mpmath
    import sympy

    if real and not _defined(expression, point):
        return None
    if expression.has(*_heads().discrete):
        value = expression.subs(point).doit().evalf(digits + 10, maxn=20 * digits)
    else:
        value = expression.evalf(digits + 10, subs=point, maxn=20 * digits)
    parts = [part.evalf(digits + 10) if not part.is_Float else part for part in value.as_real_imag()]
    if not all(part.is_Float or part.is_Rational for part in parts) or not all(
        part.is_finite for part in parts
    ):
        return None
    # sympy marks what it knows no digit of, which is a zero, by a precision of one bit.
    known = [sympy.Integer(0) if part.is_Float and part._prec == 1 else part for part in parts]
    if real and known[1] != 0:
        return None
    with mpmath.workdps(digits + 10):
        return mpmath.mpc(*(part._to_mpmath(mpmath.mp.prec) for part in known))


def _defined(expression: Any, point: dict[Any, Any]) -> bool:
    """Whether no root and no logarithm in it is taken of a negative number."""
    import sympy

    bases = [power.base for power in expression.atoms(sympy.Pow) if not power.exp.is_integer]
    for inner in (*bases, *(each.args[0] for each in expression.atoms(sympy.log))):
        if inner.free_symbols and inner.evalf(10, subs=point).is_negative:
            return False
    return True


def _close(first: Any, second: Any, digits: int) -> bool:
    import mpmath

    with mpmath.workdps(digits + 10):
        size = max(abs(first), abs(second))
        return bool(abs(first - second) <= size * mpmath.mpf(10) ** (NOISE - digits))

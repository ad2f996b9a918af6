"""Whether two formulas are equivalent: math-verify's opinion, within limits."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, NamedTuple

from journey.solution_text.answers.closeness import DIGITS, prepared, same_value, same_zeros

MAX_FORMULA = 400
"""Characters of a formula that math-verify is shown."""
MAX_DIGITS = 60
"""Digits of a number that math-verify is shown."""
MAX_POWER = 8_000
"""Even 2 to this power is larger than any number that is read exactly."""
ROUNDED_REFERENCE = 3
"""Decimals from which on a reference may be a rounded value, with which an exact prediction agrees."""

TOWER = re.compile(r"\d\s*[})]*\s*(?:\^|\*\*)\s*[{(]*\s*-?\d+\s*[})]*\s*(?:\^|\*\*)")
HUGE = re.compile(
    rf"\d{{{MAX_DIGITS + 1}}}|(?:\^|\*\*)\s*[{{(]*\s*-?\d{{5}}|\d{{5}}\s*[}})]*\s*!|!\s*[}})]*\s*!"
)
POINTS = re.compile(r"\d\.\d+\.\d")
"""A number with two points, which is read as a product."""
PRIMED = re.compile(r"[A-Za-z]'+")
LETTER = re.compile(r"(?<![\\A-Za-z])[A-Za-z](?![A-Za-z])|(?<![\\A-Za-z])[A-Za-z]+")
PRODUCT = re.compile(r"(?<![A-Za-z\\])([ixyz])\s*\(")


def too_large(text: str) -> bool:
    """Whether a formula is too long for math-verify, or holds a power or a factorial that is a bomb.

    >>> too_large("2003^{2002^{2001}}"), too_large("x^{12}")
    (True, False)
    """
    return len(text) > MAX_FORMULA or bool(TOWER.search(text) or HUGE.search(text))


def beyond(text: str) -> bool:
    """Whether a tower of powers is larger than any number that is read exactly."""
    if not re.fullmatch(r"\d{1,9}(?:\s*\^\s*\{?\s*\d{1,9}){2,}[\s}]*", text):
        return False
    size, *below = (int(digits) for digits in reversed(re.findall(r"\d+", text)))
    for base_ in below:
        if base_ < 2:
            return False
        if size > MAX_POWER:
            return True
        size = base_**size
    return False


def load() -> None:
    """Imports what the workers need, before any item's time begins."""
    import logging

    import math_verify  # noqa: F401

    logging.getLogger("math_verify").setLevel(logging.ERROR)  # it warns that it has no alarms, each time


class Pair(NamedTuple):
    """Two formulas to compare."""

    gold: str
    pred: str
    rounded: bool = True
    """Whether a decimal may be a rounded value."""
    within: Fraction | None = None
    """How far a number that the reference rounds may be from it."""


def equivalent(pair: Pair) -> bool | str:
    """Whether two formulas are the same, or why that is undecided. Runs in a worker only.

    math-verify reads both. Values are compared by `answers.closeness`, since math-verify compares them to
    a number of places after the point; sets, matrices and relations are compared by math-verify.
    """
    from sympy import Expr, MatrixBase, MatrixExpr, Rel

    gold, pred = _apart(pair.gold, pair.pred)
    if sorted(PRIMED.findall(gold)) != sorted(PRIMED.findall(pred)):
        return False  # math-verify drops the primes of derivatives
    readings = []
    for text in (gold, pred):
        if POINTS.search(text) or not (parsed := _parsed(text)):
            return f"not read: {text[:60]}"
        readings.append(parsed)
    first, second = (parsed[0] for parsed in readings)
    plain = not any(isinstance(each, MatrixExpr | MatrixBase) for each in (first, second))
    if plain and isinstance(first, Expr) and isinstance(second, Expr):
        same = same_value(first, second)
        if (
            not same
            and pair.rounded
            and (_rounded(first, second, pair) or _decimals(first, second, pair.pred))
        ):
            return True
        return "not decided whether they are equal" if same is None else same
    if isinstance(first, Rel) and isinstance(second, Rel):
        return _relations(first, second, *readings)
    return _verified(*readings)


def _parsed(text: str) -> list[Any]:
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse

    # Not its units either: it takes 5t for five tons, and 2A for 2 A.
    plain = NormalizationConfig(basic_latex=True, malformed_operators=True, nits=True, boxed="all")
    # No alarms of its own: they need a main thread and turn a slow right answer into a wrong one. The worker
    # is killed instead. And LaTeX alone: its reader of plain expressions hands text to sympy's `parse_expr`.
    parsed: list[Any] = parse(
        # It takes i(2 - i) for a function called i.
        "\\boxed{" + PRODUCT.sub(r"\1\\cdot (", text) + "}",
        extraction_config=[LatexExtractionConfig(normalization_config=plain)],
        fallback_mode="no_fallback",
        parsing_timeout=None,
        raise_on_error=True,
    )
    return parsed


def _verified(gold: list[Any], pred: list[Any]) -> bool:
    from math_verify import verify

    return bool(verify(gold, pred, timeout_seconds=None, raise_on_error=True))


def _apart(gold: str, pred: str) -> tuple[str, str]:
    """Both with another name for a capital letter next to its small one: math-verify has one for both."""
    letters = {letter for text in (gold, pred) for letter in LETTER.findall(text)}
    free = [letter for letter in "qwzvujhpgrs" if letter not in letters and letter.upper() not in letters]
    for letter in sorted(letters):
        if letter.isupper() and letter.lower() in letters and letter != "I" and free:
            capital = re.compile(rf"(?<![\\A-Za-z]){letter}(?![A-Za-z])")
            gold, pred = (capital.sub(free[0], text) for text in (gold, pred))
            free.pop(0)
    return gold, pred


def _relations(gold: Any, pred: Any, *readings: list[Any]) -> bool | str:
    """Whether two equations or inequalities are solved by the same."""
    from sympy import Eq

    if isinstance(gold, Eq) and isinstance(pred, Eq):
        if same_zeros(gold.lhs - gold.rhs, pred.lhs - pred.rhs):
            return True
        # math-verify compares the two sides to some places after the point.
        return _verified(*readings) and "not decided whether they have the same solutions"
    if gold.free_symbols != pred.free_symbols:
        return False
    try:
        return bool(gold.as_set() == pred.as_set())
    except (NotImplementedError, ValueError):  # more than one unknown, or not solved by sympy
        return _verified(*readings)


def _decimals(gold: Any, pred: Any, text: str) -> bool:
    """Whether a prediction is the first decimals of a reference, so many that nothing else is meant."""
    from sympy import Rational

    written = re.fullmatch(r"-?\d*\.(\d{6,})", text.strip())
    first, second = prepared(gold, pred)
    if not written or first.free_symbols or second.free_symbols:
        return False
    return bool(abs(first - second).evalf(DIGITS) < Rational(1, 10 ** len(written[1])))


def _rounded(gold: Any, pred: Any, pair: Pair) -> bool:
    """Whether the reference is the prediction with its numbers rounded to as many places as they have."""
    from sympy import Rational

    first, second = prepared(gold, pred)
    if pair.within is not None and not second.free_symbols:
        within = Rational(pair.within.numerator, pair.within.denominator)
        return bool(abs(first - second).evalf(DIGITS) <= within)
    decimals = [len(digits) for digits in re.findall(r"\.(\d+)", pair.gold)]
    if not decimals or min(decimals) < ROUNDED_REFERENCE or "." in pair.pred:
        return False
    difference = (first - second).evalf(DIGITS)
    return all(
        abs(each) * 2 * 10 ** min(decimals) <= 1 for each in difference.as_coefficients_dict().values()
    )

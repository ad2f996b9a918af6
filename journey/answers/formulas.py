"""Whether two formulas are equivalent: math-verify's opinion, within limits."""

from __future__ import annotations

import re
from typing import Any

MAX_FORMULA = 400
"""Characters of a formula that math-verify is shown."""
MAX_DIGITS = 60
"""Digits of a number that math-verify is shown."""
MAX_POWER = 8_000
"""Even 2 to this power is larger than any number that is read exactly."""
ROUNDED_REFERENCE = 3
"""Decimals from which on a reference may be a rounded value, with which an exact prediction agrees."""

EXACT = 30
"""Digits to which two values without a letter agree if they are one."""

TOWER = re.compile(r"\d\s*[})]*\s*(?:\^|\*\*)\s*[{(]*\s*-?\d+\s*[})]*\s*(?:\^|\*\*)")
HUGE = re.compile(
    rf"\d{{{MAX_DIGITS + 1}}}|(?:\^|\*\*)\s*[{{(]*\s*-?\d{{5}}|\d{{4}}\s*[}})]*\s*!|!\s*[}})]*\s*!"
)
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


def equivalent(pair: tuple[str, str]) -> bool | str:
    """Whether math-verify takes two formulas for the same, or why it cannot say. Runs in a worker only."""
    from latex2sympy2_extended import NormalizationConfig
    from math_verify import LatexExtractionConfig, parse, verify

    # Not its units either: it takes 5t for five tons, and 2A for 2 A.
    plain = NormalizationConfig(basic_latex=True, malformed_operators=True, nits=True, boxed="all")
    # No alarms of its own: they need a main thread and turn a slow right answer into a wrong one. The worker
    # is killed instead. And LaTeX alone: its reader of plain expressions hands text to sympy's `parse_expr`.
    read_as: dict[str, Any] = {
        "extraction_config": [LatexExtractionConfig(normalization_config=plain)],
        "fallback_mode": "no_fallback",
        "parsing_timeout": None,
        "raise_on_error": True,
    }
    # It takes i(2 - i) for a function called i.
    gold, pred = (parse("\\boxed{" + PRODUCT.sub(r"\1\\cdot (", text) + "}", **read_as) for text in pair)
    for text, parsed in zip(pair, (gold, pred), strict=True):
        if not parsed:
            return f"not read: {text[:60]}"
    if verify(gold, pred, timeout_seconds=None, raise_on_error=True):
        return True
    return _differ_by_nothing(gold[0], pred[0], pair)


def _differ_by_nothing(gold: Any, pred: Any, pair: tuple[str, str]) -> bool:
    """What math-verify does not see: that i is imaginary, that a reference was rounded, what x leaves."""
    from sympy import Expr, I, Rel, expand

    if isinstance(gold, Rel) and isinstance(pred, Rel):
        try:
            return gold.free_symbols == pred.free_symbols and bool(gold.as_set() == pred.as_set())
        except (NotImplementedError, ValueError):  # more than one unknown, or not solved by sympy
            return False
    if not isinstance(gold, Expr) or not isinstance(pred, Expr):
        return False
    unit = {symbol: I for symbol in gold.free_symbols | pred.free_symbols if symbol.name == "i"}
    difference = expand((gold - pred).subs(unit))
    if difference == 0:
        return True
    size = abs(difference.evalf(EXACT + 10))
    if size.is_Number and size.is_finite and size < 10.0**-EXACT:
        return True
    decimals = [len(digits) for digits in re.findall(r"\.(\d+)", pair[0])]
    if not decimals or min(decimals) < ROUNDED_REFERENCE or "." in pair[1]:
        return False
    within = 0.5 * 10.0 ** -min(decimals)
    return all(abs(each) <= within for each in difference.evalf().as_coefficients_dict().values())

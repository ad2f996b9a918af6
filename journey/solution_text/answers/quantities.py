r"""Whether two quantities are the same: rounded numbers, and units.

agree(Fraction(143, 10), Fraction(100, 7), "14.3", r"\frac{100}{7}", "reference")     True
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction

from journey.solution_text.answers.amounts import number
from journey.solution_text.answers.rules import Rounding, Units
from journey.solution_text.answers.shapes import Shape
from journey.solution_text.answers.units import KELVIN, RADIAN, kelvins, ratio

MANY = 6
"""Decimals from which on a decimal may stand for a value that no decimal equals."""
FEW = 2
"""Digits from which on a reference may be a rounded value: 0.3 may be a third, or three tenths."""
LENIENT = 3
"""Digits to which a prediction may be rounded under the rule `lenient`."""
DECIMAL = re.compile(r"-?(\d*)\.(\d+)(?:\s*(?:\\cdot\s*10\s*\^|[eE])\s*\{?\s*(-?\d{1,3})\s*\}?)?")
GOES_ON = re.compile(r"\.\d*([1-9])\1{2,}\d?$")
"""Of 2.3333 and 0.66667 the decimals go on."""
RADIANS = re.compile(r"\\pi(?![A-Za-z])|\\arc(?:sin|cos|tan)|\\(?:sin|cos|tan)\s*\^\s*\{?\s*-1")


def half_place(text: str) -> Fraction | None:
    r"""Half a unit in the last place of a decimal, or None for another text.

    >>> half_place("14.3"), half_place("1.6e3"), half_place(r"\frac{1}{2}")
    (Fraction(1, 20), Fraction(50, 1), None)
    """
    written = DECIMAL.fullmatch(text.strip())
    return Fraction(10) ** (int(written[3] or 0) - len(written[2])) / 2 if written else None


def digits(text: str) -> int:
    """The significant digits of a decimal; zero for another text."""
    written = DECIMAL.fullmatch(text.strip())
    return len((written[1] + written[2]).lstrip("0")) if written else 0


def agree(gold: Fraction, pred: Fraction, gold_text: str, pred_text: str, rounding: Rounding) -> bool | None:
    """Whether two numbers are equal, or one is the other rounded as the rule allows.

    None where the reference may be rounded and may be exact: it is not decided whether it is.

    >>> agree(Fraction("0.13"), Fraction(1, 8), "0.13", "1/8", "reference") is None
    True
    """
    if gold == pred:
        return True
    if rounding == "exact":
        return False
    for exact, text in ((pred, gold_text), (gold, pred_text)):
        place = half_place(text)
        if place and len(text.partition(".")[2]) >= MANY and _endless(exact.denominator):
            return abs(gold - pred) < 2 * place
    place, last = half_place(gold_text), half_place(pred_text)
    if place and abs(gold - pred) <= place and (last is None or last < place):
        exact_value = last is None and _endless(pred.denominator)
        goes_on = bool(GOES_ON.search(pred_text))
        if rounding == "lenient" or (digits(gold_text) >= FEW and (exact_value or goes_on)):
            return True
        return None
    few = digits(pred_text) < LENIENT
    return rounding == "lenient" and last is not None and not few and abs(gold - pred) <= last


def _endless(denominator: int) -> bool:
    """Whether no decimal equals a fraction with this denominator."""
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator != 1


def in_unit(pred: Shape, gold: Shape, rule: Units) -> list[Shape]:
    """What the prediction may be in the unit of the reference; nothing if it measures something else.

    Where one of the two has no unit it may be meant in that of the other; a multiple of pi may be in radians.
    """
    have, want = pred.unit, gold.unit
    if have == want or rule == "ignore":
        return [pred]
    if rule == "strict":
        return []
    plain = [pred] if not have or not want else []
    have = have or (RADIAN if RADIANS.search(pred.text) else "")
    want = want or (RADIAN if RADIANS.search(gold.text) else "")
    if {have, want} == {RADIAN, "degree"}:
        scale = r"\frac{\pi}{180}" if want == RADIAN else r"\frac{180}{\pi}"
        return [replace(pred, text=f"({pred.text})\\cdot {scale}", unit=gold.unit), *plain]
    if plain:
        return plain
    size = number(pred.text)
    if size is not None and (kelvin := kelvins(size, have)) is not None and want in KELVIN:
        degree, zero = KELVIN[want]
        return [replace(pred, text=str((kelvin - zero) / degree), unit=want)]
    factor = None if " " in have + want else ratio(have, want)  # mod 7 is no unit
    if factor is None or pred.kind != "leaf":
        return []
    text = f"({pred.text})\\cdot \\frac{{{factor.numerator}}}{{{factor.denominator}}}"
    return [replace(pred, text=text if size is None else str(size * factor), unit=want)]

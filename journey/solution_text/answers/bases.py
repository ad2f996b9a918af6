r"""Numbers in another base, as their values.

based("110_2")                  6, in base 2
based(r"2A_{\text{sixteen}}")   42, in base 16
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

from journey.solution_text.answers.amounts import spelled

MAX_BASE = 36
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_TEXT = r"\\text\s*\{\s*"
BASED = re.compile(
    rf"([-+]?)\(?\s*(?:{_TEXT})?([0-9A-Za-z]{{1,60}}(?:\.[0-9A-Za-z]{{1,60}})?)\s*\}}?\s*\)?\s*"
    rf"_\s*\{{?\s*\(?\s*(?:{_TEXT})?\s*(?:base[- ]?)?(\d{{1,2}}|[a-z]{{3,9}})\s*\}}?\s*\)?\s*\}}?"
)
CODED = re.compile(r"0([bBoOxX])([0-9A-Fa-f]{1,60})")
CODES = {"b": 2, "o": 8, "x": 16}
_WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen"
SPOKEN = re.compile(
    r"(?<![\w.])\(?(\d[0-9A-Z]{0,60})\)?\s{0,3},?\s{0,3}(?:\\text\s{0,3}\{)?\s{0,3}\(?\s{0,3}(?:in\s{1,3})?"
    rf"base[- ]\s{{0,3}}\}}?(\d{{1,2}}|{_WORDS})\b\s{{0,3}}\)?\}}?"
)
"""Spaces are bounded: runs of them next to each other would be tried in every division."""


class Based(NamedTuple):
    """A number, how its digits read, and in which base."""

    value: Fraction
    digits: str
    base: int


def based(text: str) -> Based | None:
    """The number that a text writes in a base that it names, or None.

    >>> based("-1A.8_{16}")
    Based(value=Fraction(-53, 2), digits='-1A.8', base=16)
    >>> based("19_8"), based("x_1")
    (None, None)
    """
    text = text.strip()
    if coded := CODED.fullmatch(text):
        return _read("", coded[2], CODES[coded[1].lower()])
    match = BASED.fullmatch(text)
    if not match:
        return None
    base = Fraction(match[3]) if match[3].isdigit() else spelled(match[3])
    if base is None or not 2 <= base <= MAX_BASE or base.denominator != 1:
        return None
    # Letters alone are a name with an index, unless the base is one that needs them and they are several.
    if not re.search(r"\d", match[2]) and (base != 16 or not (match[2].isupper() or len(match[2]) > 1)):
        return None
    return _read(match[1], match[2], int(base))


def _read(sign: str, digits: str, base: int) -> Based | None:
    whole, _, part = digits.upper().partition(".")
    values = [DIGITS.index(digit) for digit in whole + part]
    if any(value >= base for value in values):
        return None
    total = 0
    for value in values:
        total = total * base + value
    size = Fraction(-total if sign == "-" else total, base ** len(part))
    return Based(size, sign.strip("+") + digits.upper(), base)


def subscripted(text: str) -> str:
    """A base in words, as an index.

    >>> subscripted("It is 1011 in base 2, or 13 (base five).")
    'It is 1011_{2}, or 13_{five}.'
    """
    return SPOKEN.sub(r"\1_{\2}", text) if "base" in text else text

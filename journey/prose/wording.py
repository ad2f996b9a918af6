"""The verdict on a claim in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from journey.prose.clock import times
from journey.prose.leeway import shown
from journey.prose.phrases import Phrase, phrases
from journey.prose.quantities import Conversion as Reading
from journey.prose.quantities import conversions

RATIOS = re.compile(r"(?<![\d:.])(\d{1,9}) ?: ?(\d{1,9}) ?= ?(\d{1,9}) ?: ?(\d{1,9})(?![\d:.])")


def wordings(text: str) -> Iterator[Reading]:
    """The claims in words, with units and about times of day of a text, judged.

    >>> [reading.evidence for reading in wordings("Half of 26 is 14.")]
    ['Half of 26 is 13, not 14']
    """
    for found in RATIOS.finditer(text):
        a, b, c, d = (int(number) for number in found.groups())
        if a * d == b * c:
            yield Reading(found[0], found.start(), found.end(), True, f"{a} * {d} = {b} * {c}")
    yield from times(text)
    yield from conversions(text)
    for phrase in phrases(text):
        holds, evidence = _judged(phrase)
        yield Reading(phrase.text, phrase.start, phrase.end, holds, evidence)


def _judged(phrase: Phrase) -> tuple[bool | None, str]:
    said = f"{phrase.said} is {shown(phrase.computed)}"
    gap = abs(phrase.computed - phrase.stated)
    if not gap:
        return True, said
    unit = Fraction(1, 10**phrase.decimals)
    if phrase.decimals and gap <= unit / 2:
        return True, f"{said}, to the digits shown"
    if phrase.approximate and gap <= max(abs(phrase.computed), abs(phrase.stated)) / 20:
        return None, "about equal"
    if phrase.computed.denominator != 1 and gap < unit:
        return None, "the digits shown may be cut off"
    return False, f"{said}, not {shown(phrase.stated)}"

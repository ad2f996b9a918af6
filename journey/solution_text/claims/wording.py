"""The verdict on a claim in words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from journey.solution_text.claims.clock import times
from journey.solution_text.claims.phrases import Phrase, phrases
from journey.solution_text.claims.quantities import Conversion as Reading
from journey.solution_text.claims.quantities import conversions
from journey.solution_text.values.display import shown

LATEX = re.compile(
    r"\$\$.{1,3000}?\$\$|\\\[.{1,3000}?\\\]|\\begin\{.{1,3000}?\\end\{\w{1,20}\*?\}"
    r"|(?<!\\)\$[^$\n]{0,300}[\\^_{}][^$\n]{0,300}\$",
    re.DOTALL,
)
"""Formulas, of which no words are read here."""
RATIOS = re.compile(r"(?<![\d:.])(\d{1,9}) ?: ?(\d{1,9}) ?= ?(\d{1,9}) ?: ?(\d{1,9})(?![\d:.])")


CHANGES = re.compile(
    r"\b(increase|decrease|rise|drop|change) from \$?(\d+(?:\.\d+)?) to \$?(\d+(?:\.\d+)?) (?:is|=|equals) "
    r"(?:an? )?"
    r"(\d+(?:\.\d+)?) ?(?:%|percent)"
)


def _change(match: re.Match[str]) -> Iterator[Reading]:
    """A change in percent of the first value."""
    first, last, stated = (Fraction(number) for number in match.groups()[1:])
    if not first:
        return
    percent = abs(last - first) / first * 100
    gap = abs(percent - stated)
    if gap and gap < 1 and percent.denominator != 1:
        return
    fact = f"from {match[2]} to {match[3]} is {shown(percent)}%"
    evidence = fact if not gap else f"{fact}, not {match[4]}%"
    yield Reading(match[0], match.start(), match.end(), not gap, evidence)


def wordings(text: str) -> Iterator[Reading]:
    """The claims in words, with units and about times of day of a text, judged.

    >>> [reading.evidence for reading in wordings("Half of 26 is 14.")]
    ['Half of 26 is 13, not 14']
    """
    text = LATEX.sub(lambda match: "#" + " " * (len(match[0]) - 1), text)
    for match in RATIOS.finditer(text):
        a, b, c, d = (int(number) for number in match.groups())
        if a * d == b * c:
            yield Reading(match[0], match.start(), match.end(), True, f"{a} * {d} = {b} * {c}")
    for match in CHANGES.finditer(text):
        yield from _change(match)
    yield from times(text)
    yield from conversions(text)
    for phrase in phrases(text):
        holds, evidence = _judged(phrase)
        yield Reading(phrase.text, phrase.start, phrase.end, holds, evidence)


def _judged(phrase: Phrase) -> tuple[bool | None, str]:
    fact = f"{phrase.wording} is {shown(phrase.computed)}"
    gap = abs(phrase.computed - phrase.stated)
    if not gap:
        return True, fact
    unit = Fraction(1, 10**phrase.decimals)
    if phrase.decimals and gap <= unit / 2:
        return True, f"{fact}, to the digits shown"
    if phrase.approximate and gap <= max(abs(phrase.computed), abs(phrase.stated)) / 20:
        return None, "about equal"
    if phrase.computed.denominator != 1 and gap < unit:
        return None, "the digits shown may be cut off"
    return False, f"{fact}, not {shown(phrase.stated)}"

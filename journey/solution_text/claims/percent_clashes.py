"""Percentages of a step that do not agree with its numbers, or that nothing before mentions.

    5% of the cards are red, so 0.2 * 40 = 8      20% of them are 8
    95% are left, because 100 - 20 = 80           80% are left

The numbers of such a step may be right, so it is not refuted here. But it is not valid either.
"""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations

from journey.solution_text.reading.number_words import CARDINALS, PARTS
from journey.solution_text.reading.words import NUMBER, word_set
from journey.solution_text.values.display import shown

PERCENT = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?(?:\\?%|percent\b)")
HUNDREDTHS = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?/\s?100(?!\d|[.,]\d)")
FACTOR = re.compile(r"(?:[*x×(]\s?)([01]?\.\d+)(?![\d%])|(?<![\d.$])([01]?\.\d+)(?=\s?[*x×)])")


LEFT = re.compile(
    r"\b(?:off|less|fewer|discount|left|remain\w*|los\w+|decreas\w*|reduc\w*|drop\w*|sav\w+|rest|other|not|no|"
    r"only|without|after|sp[eo]n\w*|gave|gives?|cheap\w*|lower\w*|fail\w*|n't|sold|us\w+|took|tak\w+)\b|n't",
    re.IGNORECASE,
)
"""Near these words a step may compute with what a percentage leaves."""
COMPLEMENT = re.compile(r"(?<![\d.])100 ?%? ?((?:- ?\d+(?:\.\d+)? ?%? ?)+)= ?(\d+(?:\.\d+)?)(?![\d.]*\d)")


def percent_clash(text: str) -> str | None:
    """Why the only percentage of a step is not the one that it computes with, or None.

    >>> percent_clash("5% of the cards are red, so 0.2 * 40 = 8 are.")
    'it says 5% and computes with 20%'
    """
    stated = {Fraction(match[1]) for match in PERCENT.finditer(text)}
    if match := COMPLEMENT.search(text):
        numbers = {Fraction(number) for number in NUMBER.findall(match[1])} | {
            Fraction(match[2]),
            Fraction(100),
        }
        if len(stated - {Fraction(100)}) == 1 and not stated & numbers - {Fraction(100)}:
            return f"it says {shown(min(stated))}% and computes {match[2]}%"
    if len(stated) != 1:
        return None
    used = {Fraction(match[1]) for match in HUNDREDTHS.finditer(text)}
    used |= {100 * Fraction(match[1] or match[2]) for match in FACTOR.finditer(text)}
    percent = next(iter(stated))
    if not used or used & {percent, 100 + percent} or (100 - percent in used and LEFT.search(text)):
        return None
    return f"it says {shown(percent)}% and computes with {shown(min(used))}%"


FRACTION = re.compile(r"(?<![\d.,])(\d{1,6}) ?/ ?(\d{1,6})(?![\d.])")
SPOKEN_NUMBERS = {word: Fraction(number) for word, number in CARDINALS.items()} | {
    word: Fraction(100, below) for word, below in PARTS.items()
}
DOUBLING = word_set("twice double doubles doubled triple tripled")


def percent_of_nowhere(text: str, history: str) -> str | None:
    """Why a percentage in a step comes from nothing before it, or None.

    It may be stated before or in the step as a number, be computed there, or be what another one leaves.

    >>> percent_of_nowhere("With 40% off it is 15 - 3 = 12.", "A book of $15 has 20% off.")
    'nothing before it says 40%'
    """
    if not history or not PERCENT.search(text):
        return None
    both = f"{history} {text}"
    before = {Fraction(number.replace(",", "")) for number in NUMBER.findall(history)}
    shares = {Fraction(int(a) * 100, int(b)) for a, b in FRACTION.findall(both) if int(b)}
    words = {word.lower() for word in re.findall(r"[A-Za-z]+(?:-[a-z]+)?", both)}
    known = before | shares | {SPOKEN_NUMBERS[word] for word in words if word in SPOKEN_NUMBERS}
    known |= {100 - share for share in shares}
    if words & DOUBLING:
        known |= {Fraction(200), Fraction(300)}
    small = sorted(number for number in before if 0 <= number <= 300)
    for match in PERCENT.finditer(text):
        percent = Fraction(match[1])
        if percent in (0, 1, 100) or re.search(r"[=≈]\s*(?:about )?$", text[: match.start()]):
            continue
        rest = f"{text[: match.start()]} _ {text[match.end() :]}"
        here = known | {Fraction(number.replace(",", "")) for number in NUMBER.findall(rest)}
        forms = (percent, 100 - percent, 100 + percent, percent - 100)
        if any(form in here or form / 100 in here for form in forms):
            continue
        if any(abs(share - percent) < 1 for share in shares):
            continue
        if any(percent in (100 - a - b, a + b, abs(a - b)) for a, b in combinations(small, 2)):
            continue
        return f"nothing before it says {shown(percent)}%"
    return None

r"""Words around an equality that do not agree with its numbers.

    6 minutes + 8 minutes = 14 miles              the unit of a sum is that of its terms
    5% of the cards are red, so 0.2 * 40 = 8      20% of them are 8

The numbers of such an equality may be right, so it is not refuted here. But it is not valid either.
"""

from __future__ import annotations

import re
from fractions import Fraction

from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.unit_words import KINDS
from journey.solution_text.reading.words import word_set
from journey.solution_text.values.display import shown

UNITS = {word: unit for kind in KINDS for word, unit in kind.items() if len(word) > 2}
RATES = word_set("a an per each every in for /")
"""After these a unit names what something is counted per."""
MEASURES = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\$|\b(?:mone|cost|price|pa[iy]|earn|sp[ei]n|buy|sell|sold|cash|coin|change|bill|fee|profit|sav)\w*|¢|€|£",
        r"\b(?:time|old|young|age|daily|weekly|monthly|annual|year|morning|night|noon|clock|birthday|today|now|"
        r"century|speed|fast|slow|rate|early|late|long|last|took|take|life|season|semester|shift)\w*|\d:\d\d",
        r"\b(?:tall|high|height|long|length|wide|width|deep|depth|far|distance|short|near|speed|fast|slow|mph|"
        r"travel|walk|run|ran|driv|rod|rid|rac|size|area|perimeter|lap|away|space|square|radius|diameter|tape)\w*",
        r"\b(?:weigh|heav|light|mass|volume|water|drink|food|eat|recipe|fill|capacit|flour|sugar|milk|juice|"
        r"load|lift|gas|fuel|tank|size|tare|bag|amount|pack)\w*",
    )
]
"""Of each kind: words of a text in which its units are no surprise."""


def unit_clash(equality: Equality, history: str) -> str | None:
    """Why the unit of a result is not that of the sum before it, or of anything in the problem; or None.

    Args:
        equality: the equality.
        history: the problem and the steps before it, "" where they are not known.

    >>> from journey.solution_text.claims.equalities import equalities
    >>> unit_clash(next(equalities("It takes 6 minutes + 8 minutes = 14 miles.")), "")
    'the terms are in minute, the sum in mile'
    """
    left, right = equality.left, equality.right
    if equality.mathematics or right.tree.op != "number" or right.units & RATES:
        return None
    computed = {UNITS[word] for word in left.units if word in UNITS}
    stated = {UNITS[word] for word in right.units if word in UNITS}
    if len(stated) != 1 or stated & computed:
        return None
    unit = next(iter(stated))
    sums = left.tree.operations <= {"+", "-", "number"} and len(left.tree.parts) > 1
    if sums and len(computed) == 1:
        return f"the terms are in {next(iter(computed))}, the sum in {unit}"
    kind = next(place for place, kind in enumerate(KINDS) if unit in kind.values())
    text = f"{history} {' '.join(left.units)}"
    if history and not MEASURES[kind].search(text):
        words = {word.lower() for word in re.findall(r"[A-Za-z]+", text)}
        if not words & set(KINDS[kind]):
            return f"nothing before it is measured in {unit}"
    return None


PERCENT = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?(?:\\?%|percent\b)")
HUNDREDTHS = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s?/\s?100(?!\d|[.,]\d)")
FACTOR = re.compile(r"(?:[*x×(]\s?)([01]?\.\d+)(?![\d%])|(?<![\d.$])([01]?\.\d+)(?=\s?[*x×)])")


def percent_clash(text: str) -> str | None:
    """Why the only percentage of a step is not the one that it computes with, or None.

    >>> percent_clash("5% of the cards are red, so 0.2 * 40 = 8 are.")
    'it says 5% and computes with 20%'
    """
    stated = {Fraction(match[1]) for match in PERCENT.finditer(text)}
    if len(stated) != 1:
        return None
    used = {Fraction(match[1]) for match in HUNDREDTHS.finditer(text)}
    used |= {100 * Fraction(match[1] or match[2]) for match in FACTOR.finditer(text)}
    percent = next(iter(stated))
    if not used or used & {percent, 100 - percent, 100 + percent}:
        return None
    return f"it says {shown(percent)}% and computes with {shown(min(used))}%"

"""Results that a step computes in a calculator's marks and copies wrongly.

    There were n=<<96/2=48>>48 people      the result of the calculator
    There were n=<<96/2=48>>47 people      another number: wrong
    It took <<30/60=0.5>>30 minutes        not decided: another unit

GSM8K marks its calculations in this way (Cobbe et al. 2021, arXiv 2110.14168).
"""

from __future__ import annotations

import re
from fractions import Fraction

from journey.solution_text.claims.equalities import Equality, equalities
from journey.solution_text.reading.unit_words import CONVERSIONS
from journey.solution_text.verdicts.judging import CheckedClaim, judge
from journey.step import Verdict

MARKED = re.compile(
    r"<<(?P<left>[^<>=\n]{1,80})=(?P<right>-?\d{1,15}(?:\.\d{1,15})?)>>"
    r" ?\$? ?(?P<shown>-?\d[\d,]{0,15}(?:\.\d{1,15})?)"
    r"(?![\d.,]?\d|/\d|\s\d|\s?(?:%|percent|[*/+^(=-]\s?[\d$(]))"
)
"""A calculation and the number right behind it, if that stands alone."""


def miscopied(text: str) -> CheckedClaim | None:
    """The claim that a step copies the result of its calculator wrongly, or None.

    >>> miscopied("There were n=<<96/2=48>>47 people.").evidence
    'the calculator gives 48, and the step writes 47'
    """
    for match in MARKED.finditer(text):
        result, shown = Fraction(match["right"]), Fraction(match["shown"].replace(",", ""))
        if abs(result - shown) < 1 or not _agrees(match["left"], match["right"]):
            continue  # rounded, or the calculator itself is wrong
        ratio = max(result / shown, shown / result) if result and shown else Fraction(1)
        if not (result and shown) or (ratio in CONVERSIONS and "$" not in match[0]):
            continue  # another unit
        evidence = f"the calculator gives {match['right']}, and the step writes {match['shown']}"
        return CheckedClaim(match[0], Verdict.WRONG, evidence)
    return None


def _agrees(left: str, right: str) -> bool:
    """Whether the two sides of a calculation are equal."""
    if left.strip() == right:
        return True
    stated: Equality | None = next(equalities(f"{left} = {right}"), None)
    judged = judge(stated) if stated else None
    return judged is not None and judged.verdict is Verdict.VALID

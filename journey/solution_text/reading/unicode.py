r"""Mathematical characters as the plain text and LaTeX that `journey.solution_text.reading.tokens` reads.

"3² + 4² = 25"       3^2 + 4^2 = 25
"1 - ¾ = ¼"          1 - (3/4) = (1/4)
"√16 = 4"            sqrt(16) = 4
"""

from __future__ import annotations

import re

from journey.solution_text.spelling import FRACTIONS, fraction_of, join_lakhs, on_the_line

RAISED = re.compile(r"[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
FRACTION = re.compile(f"[{FRACTIONS}]")
ROOT = re.compile(r"√\s*(?:(\d+(?:\.\d+)?|[a-zA-Z])|(?=\())")
MARKUP = re.compile(r"(?<![\w)*])\*\*(?=\S)([^*\n]{1,200}?)(?<=\S)\*\*(?![\w(*])|`([^`\n]{1,200})`")
SPECIAL = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞√`]|\*\*|\d,\d\d,\d")
"""What stands in a text that is changed here; most hold none."""


def plain(text: str) -> str:
    """A text with these characters written out, and the marks of bold print and code left out.

    >>> plain("2½ + x³ is **3 + 4 = 7**"), plain("1,20,000")
    ('2 1/2 + x^3 is 3 + 4 = 7', '120000')
    """
    if not SPECIAL.search(text):
        return text
    text = MARKUP.sub(lambda match: match[1] or match[2], text)
    text = RAISED.sub(_power, text)
    text = FRACTION.sub(_fraction, text)
    text = ROOT.sub(lambda match: f"sqrt({match[1]})" if match[1] else "sqrt", text)
    return join_lakhs(text)


def _power(match: re.Match[str]) -> str:
    digits = on_the_line(match[0])
    return f"^{digits}" if len(digits) == 1 else f"^({digits})"


def _fraction(match: re.Match[str]) -> str:
    above, below = fraction_of(match[0])
    before = match.string[: match.start()]
    return f" {above}/{below}" if before[-1:].isdigit() else f"({above}/{below})"

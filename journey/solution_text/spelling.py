r"""One table for what the checker and the grader both read: characters and LaTeX with several spellings.

    − – —      -                 ×  ·  ⋅       a product
    x²         the digits 2      ½             1 over 2
    \dfrac12   \frac{1}{2}       1{,}000       1,000

`reading.unicode` sets characters as plain text, `answers.unicode` as LaTeX; both take them from here.
"""

from __future__ import annotations

import re
import unicodedata

DASHES = "−–—‑‒﹣"
APOSTROPHES, QUOTES = "’′ʹ", "“”″"
SPACES = "\xa0\u202f\u2009\u200a\u2002\u2003\u2005\u2007\u3000"
QUOTIENTS = "÷⁄∕"
PRODUCTS = "×✕·⋅∙"
RAISED = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱˣʸᵏᵐᵃᵇᵗ", "0123456789+-=()nixykmabt", strict=True))
LOWERED = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₙₖᵢⱼₘₓₐₜ", "0123456789+-=()nkijmxat", strict=True))
FRACTIONS = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞↉"

STYLES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"\\[dtc]frac(?![A-Za-z])"), r"\\frac"),
    (re.compile(r"\\[dt]binom(?![A-Za-z])"), r"\\binom"),
    (re.compile(r"(?<=\d)(?:\{,\}|,\\!)\s*(?=\d{3})"), ""),
]
"""Commands that differ in size or spacing only."""
ARGUMENTS = {r"\frac": 2, r"\binom": 2, r"\sqrt": 1, r"\overline": 1, r"\bar": 1, r"\dot": 1}
TOKEN = re.compile(r"\\[A-Za-z]+|\\.|.", re.DOTALL)
LAKHS = re.compile(r"(?<![\d,.])(\d{1,2}(?:,\d{2})+,\d{3})(?![\d,]*\d)")
"""Digits as India groups them."""
DEGREE = re.compile(r"\s*\[([^\[\]]*)\]")
"""Of a root."""


def on_the_line(run: str) -> str:
    """Raised or lowered characters as they are on the line.

    >>> on_the_line("⁻²³"), on_the_line("₁₀")
    ('-23', '10')
    """
    return "".join(RAISED.get(sign) or LOWERED[sign] for sign in run)


def fraction_of(sign: str) -> tuple[str, str]:
    """The numerator and the denominator of a fraction in one character.

    >>> fraction_of("¾")
    ('3', '4')
    """
    above, _, below = unicodedata.normalize("NFKC", sign).partition("⁄")
    return above, below


def join_lakhs(text: str) -> str:
    """The text without the commas of Indian grouping: 1,20,000 is one lakh and twenty thousand.

    >>> join_lakhs("1,20,000 of 120,000")
    '120000 of 120,000'
    """
    return LAKHS.sub(lambda match: match[1].replace(",", ""), text)


def one_style(text: str) -> str:
    r"""LaTeX with one command for each kind of fraction, and without LaTeX's commas between thousands.

    >>> one_style(r"\dfrac{1}{2} + 1{,}000")
    '\\frac{1}{2} + 1000'
    """
    for pattern, plain in STYLES:
        text = pattern.sub(plain, text)
    return text


MAX_DEPTH = 50
"""Of commands and braces inside each other; nobody writes more."""


def braced(text: str, depth: int = 0) -> str:
    r"""The text with braces around what the commands of two arguments and of one take, as TeX reads them.

    What is nested deeper than `MAX_DEPTH` stays as it is; `depth` is that of this text.

    >>> braced(r"\frac12x + \frac\pi4 + \sqrt[3]5")
    '\\frac{1}{2}x + \\frac{\\pi}{4} + \\sqrt[3]{5}'
    """
    written, at = [], 0
    while at < len(text):
        token, at = _token(text, at, depth)
        written.append(token)
    return "".join(written)


def _token(text: str, at: int, depth: int) -> tuple[str, int]:
    """The token at a place, with the arguments that it takes, and where it ends."""
    match = TOKEN.match(text, at)
    token = match.group() if match else ""
    at += len(token)
    if depth >= MAX_DEPTH:
        return token, at
    if token == "{" and (end := _closing(text, at)) is not None:
        return "{" + braced(text[at:end], depth + 1) + "}", end + 1
    if token not in ARGUMENTS:
        return token, at
    if token == r"\sqrt" and (root := DEGREE.match(text, at)):
        token, at = f"{token}[{root[1]}]", root.end()
    for _ in range(ARGUMENTS[token.partition("[")[0]]):
        start = at + len(text[at:]) - len(text[at:].lstrip())
        if (
            start == len(text)
            or text[start] in "()]}+-=,/"
            or (text[start] == "{" and not _closing(text, start + 1))
        ):
            break
        argument, at = _token(text, start, depth + 1)
        token += argument if argument.startswith("{") else "{" + argument + "}"
    return token, at


def _closing(text: str, at: int) -> int | None:
    """Where the brace that was opened before a place is closed."""
    level = 1
    for brace in re.compile(r"\\.|[{}]").finditer(text, at):
        level += (brace.group() == "{") - (brace.group() == "}")
        if level == 0:
            return brace.start()
    return None

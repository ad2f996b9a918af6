r"""Numbers as people write them, in figures and in words.

number(r"3\frac{1}{2}")             7/2
number(r"0.1\overline{6}")          1/6
spelled("twenty-one")               21
"""

from __future__ import annotations

import re
from fractions import Fraction

from journey.errors import MoveError
from journey.expressions import evaluate, read_arithmetic

MAX_EXPONENT = 300
"""Of ten, in scientific notation."""

THOUSANDS = re.compile(r"[-+]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?|[-+]?[1-9]\d{0,2}(?: \d{3})+(?:\.\d+)?")
CONTINENTAL = re.compile(r"[-+]?[1-9]\d{0,2}(?:\.\d{3})+,\d+|[-+]?\d+,\d+|[-+]?[1-9]\d{0,2}(?:\.\d{3}){2,}")
DECIMAL = re.compile(r"[-+]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})")
SCIENTIFIC = re.compile(r"([-+]?\d*\.?\d+)\s*(?:[eE]|\\cdot\s*10\s*\^)\s*[{(]?\s*([-+]?\d{1,3})\s*[})]?")
POWER = re.compile(r"(\d{1,18})\s*\^\s*\{?\s*(-?\d{1,3})\s*\}?")
MIXED = re.compile(
    r"(-?)\s*(\d{1,18})\s*(?:\\frac\s*\{(\d{1,18})\}\s*\{(\d{1,18})\}| (\d{1,18})\s*/\s*(\d{1,18}))"
)
REPEATING = re.compile(
    r"(-?)(\d{0,18})\.(\d{0,18})(?:\\(?:overline|bar|dot)\s*\{\s*(\d{1,18})\s*\}|\((\d{1,18})\)"
    r"|(\d)\6{2,18}\s*(?:\.\.\.|…|\\[lc]?dots))"
)
SCALES = {
    "dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip
SCALED = re.compile(rf"(.*\d)\s*(?:\\text\s*\{{)?\s*({'|'.join(SCALES)})s?\s*\}}?", re.IGNORECASE)


def number(text: str) -> Fraction | None:
    r"""The exact value of a plain number or a sum of fractions, or None for anything else.

    >>> number("1,000.5"), number(r"3\frac{1}{2}"), number(r"7.8\cdot 10^2"), number("2/(-3)"), number("x")
    (Fraction(2001, 2), Fraction(7, 2), Fraction(780, 1), Fraction(-2, 3), None)
    >>> number(r"0.1\overline{6}"), number("2.5 million")
    (Fraction(1, 6), Fraction(2500000, 1))
    """
    text = text.strip()
    if THOUSANDS.fullmatch(text):
        text = re.sub("[, ]", "", text)
    if DECIMAL.fullmatch(text):
        return Fraction(text.rstrip(".") if text != "." else "0")
    if power := SCIENTIFIC.fullmatch(text):
        exponent = int(power[2])
        return Fraction(power[1]) * Fraction(10) ** exponent if abs(exponent) <= MAX_EXPONENT else None
    if (power := POWER.fullmatch(text)) and int(power[1]):
        return Fraction(int(power[1])) ** int(power[2]) if abs(int(power[2])) <= MAX_EXPONENT else None
    if mixed := MIXED.fullmatch(text):
        above, below = int(mixed[3] or mixed[5]), int(mixed[4] or mixed[6])
        if 0 < above < below:
            return (-1 if mixed[1] else 1) * (int(mixed[2]) + Fraction(above, below))
    if repeating := REPEATING.fullmatch(text):
        sign, whole, before, *period = repeating.groups()
        digits = next(each for each in period if each)
        share = Fraction(int(digits), (10 ** len(digits) - 1) * 10 ** len(before))
        return (-1 if sign else 1) * (Fraction(f"{whole or 0}.{before or 0}") + share)
    if scaled := SCALED.fullmatch(text):
        figures = number(scaled[1])
        return None if figures is None else figures * SCALES[scaled[2].casefold()]
    return _sum(text)


def _sum(text: str) -> Fraction | None:
    text = re.sub(r"(?<=\{)[1-9]\d{0,2}(?:,\d{3})+(?=\})", lambda m: m.group().replace(",", ""), text)
    text = re.sub(r"\\frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\\cdot(?![A-Za-z])|\\div(?![A-Za-z])", lambda m: "/" if "div" in m.group() else "*", text)
    if re.search(r"[^\d.+*/() -]|\d\s+[\d(]|\d\(|\)\s*[\d(]", text) or not re.search(r"\d", text):
        return None
    text = re.sub(r"(\d*)\.(\d+)", lambda d: f"({int(d[1] + d[2])}/1{'0' * len(d[2])})", text)
    text = re.sub(r"(?<!\d)0+(?=\d)", "", text)
    try:
        value = evaluate(read_arithmetic(re.sub(r"^\s*\+", "", text)))
    except (MoveError, ZeroDivisionError):
        return None
    return Fraction(int(value.p), int(value.q))


def continental(text: str) -> str:
    """A number with a decimal comma, or with points between thousands, as the others write it.

    >>> continental("1.000,99"), continental("2,74"), continental("1.234.567"), continental("1,234")
    ('1000.99', '2.74', '1234567', '1,234')
    """
    text = text.strip()
    return (
        text.replace(".", "").replace(",", ".")
        if CONTINENTAL.fullmatch(text) and not THOUSANDS.fullmatch(text)
        else text
    )


def _words(text: str) -> list[str]:
    return text.split()


NUMERALS = {
    word: value
    for value, word in enumerate(
        _words(
            """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
            sixteen seventeen eighteen nineteen"""
        )
    )
} | {
    word: 10 * tens
    for tens, word in enumerate(_words("twenty thirty forty fifty sixty seventy eighty ninety"), 2)
}
PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6, "eighth": 8}


def spelled(text: str) -> Fraction | None:
    """The value of a number in words, or None.

    >>> spelled("Four"), spelled("two hundred and five"), spelled("three quarters"), spelled("fortune")
    (Fraction(4, 1), Fraction(205, 1), Fraction(3, 4), None)
    >>> spelled("minus two and a half")
    Fraction(-5, 2)
    """
    words = re.split(r"[\s-]+", text.strip().casefold())
    if words[0] in ("minus", "negative") and len(words) > 1:
        size = spelled(" ".join(words[1:]))
        return None if size is None else -size
    if words[-3:-1] == ["and", "a"] and words[-1] in ("half", "quarter", "third") and len(words) > 3:
        size = spelled(" ".join(words[:-3]))
        return None if size is None else size + Fraction(1, PARTS[words[-1]])
    words = [word for word in words if word != "and"]
    below = PARTS.get(words[-1], PARTS.get(words[-1].removesuffix("s"))) if len(words) > 1 else None
    total = part = 0
    for at, word in enumerate(words[:-1] if below else words):
        if word in NUMERALS:
            if part % 10 or (part and part % 100 < NUMERALS[word] and part % 100):
                return None  # seven eight: two numbers
            part += NUMERALS[word]
        elif word == "a" and at == 0 and len(words) > 1:
            part = 1
        elif word in SCALES and part:
            part *= SCALES[word]
            if SCALES[word] > 100:
                total, part = total + part, 0
        else:
            return None
    return Fraction(total + part, below or 1)

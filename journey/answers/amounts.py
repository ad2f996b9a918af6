r"""Amounts as people write them: numbers in figures and in words, and the units behind them.

number(r"3\frac{1}{2}")             7/2
number(r"0.1\overline{6}")          1/6
spelled("twenty-one")               21
amount(r"12\text{ m/s}")            ("12", "m/s")
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
SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
SCALED = re.compile(rf"(.*\d)\s*(?:\\text\s*\{{)?\s*({'|'.join(SCALES)})s?\s*\}}?", re.IGNORECASE)
ORDINAL = re.compile(r"(?<=\d)\s*(?:\^\s*)?(?:\{\s*)?(?:\\text\s*\{\s*)?(?:st|nd|rd|th)\s*\}?\s*\}?$")


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
    """
    words = [word for word in re.split(r"[\s-]+", text.strip().casefold()) if word != "and"]
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
            if word != "hundred":
                total, part = total + part, 0
        else:
            return None
    return Fraction(total + part, below or 1)


UNITS = {
    unit: names.split()[0] for names in (
        "cm centimeter centimeters centimetre centimetres", "mm millimeter millimeters millimetres",
        "km kilometer kilometers kilometre kilometres",
        "m meter meters metre metres", "in inch inches", "ft foot feet", "yd yard yards", "mi mile miles",
        "kg kilogram kilograms", "g gram grams", "mg milligram milligrams", "lb lbs pound pounds",
        "oz ounce ounces", "l liter liters litre litres", "ml milliliter milliliters", "gal gallon gallons",
        "h hr hrs hour hours", "s sec secs second seconds", "min mins minute minutes", "day days",
        "week weeks", "month months", "year years yr yrs", "mph", "kmh kph", "rad radian radians",
        "dollar dollars usd", "cent cents", "euro euros", "degree degrees deg", "unit units", "percent pct",
    ) for unit in names.split()
}  # fmt: skip
SPELLED = [unit for unit in UNITS if len(unit) > 1]
SYMBOLS = _words(
    """Hz kHz MHz GHz Pa kPa MPa J kJ W kW MW N kN V kV A mA eV keV MeV GeV K dB AU C F kcal cal mol nm rpm m
    g s h l L"""
)
"""Units that a product of letters could also be read as: they stand after a space, or in 5 m/s."""
UNITS |= {unit: unit for unit in SYMBOLS if unit not in UNITS}
SAME = {"mph": "mi/h", "kmh": "km/h", "mile/h": "mi/h"}
POWERED = r"(?:\s*\^\s*\{?\s*-?[123]\s*\}?)?"
SPOKEN = "|".join(sorted(SPELLED, key=len, reverse=True))
SHORT = "|".join(sorted(SYMBOLS, key=len, reverse=True))
WORDS = rf"(?i:(?:(?:square|cubic|sq\.?|cu\.?) )?(?:{SPOKEN})\.?(?: squared| cubed)?|(?:sq|cu)\.? m){POWERED}"
BELOW = rf"(?:\s*/\s*|\s+per\s+)(?:{WORDS}|(?:{SHORT}){POWERED})(?![A-Za-z])"
UNIT = re.compile(
    r"(?:\\text\s*\{(?P<text>[^{}]*)\}\s*(?P<power>\^\s*\{?\s*-?[123]\s*\}?)?"
    rf"|(?<![A-Za-z\\])(?P<words>{WORDS}(?:{BELOW})*|(?<=[\d}} )] )(?:{SHORT}){POWERED}(?:{BELOW})*"
    rf"|(?<=[\d}})])(?:{SHORT}){POWERED}(?:{BELOW})+)"
    r"|\\frac\s*\{\s*\\text\s*\{(?P<above>[^{}]*)\}\s*\}\s*\{\s*\\text\s*\{(?P<below>[^{}]*)\}\s*\}"
    r"|(?<=[\d ])\\Omega)\s*$"
)
PREFIX = re.compile(r"^(?:Rs\.?|USD|EUR|GBP|INR|US)\s*(?=[-\d.])")
BASE = re.compile(
    r"\(?\s*(?:\\text\s*\{\s*)?([0-9][0-9A-F]*|[A-F][0-9A-F]*[0-9][0-9A-F]*)\s*\}?\s*\)?\s*"
    r"_\s*\{?\s*(?:\\text\s*\{\s*)?(\d{1,2}|[a-z]+)\s*\}?\s*\}?"
)
MODULUS = re.compile(
    r"\s*\(?\s*(?:\\(?:p?mod|bmod|text\s*\{\s*mod\s*\})|\bmod\b)\s*\{?\s*(\w+)\s*\}?\s*\)?\s*$"
)


def amount(text: str) -> tuple[str, str]:
    r"""A number or a formula without the unit, the base or the modulus behind it, and that in one spelling.

    A unit that is not known, such as `apples`, is taken off and counts as none.

    >>> amount("12 square meters"), amount("2A_{16}"), amount(r"9 \pmod{11}"), amount("5x")
    (('12', 'm2'), ('2A', 'base 16'), ('9', 'mod 11'), ('5x', ''))
    """
    if based := BASE.fullmatch(text):
        value = int(based[2]) if based[2].isdigit() else spelled(based[2])
        return (based[1], f"base {value}") if value else (text, "")
    if (modulus := MODULUS.search(text)) and modulus.start():
        return text[: modulus.start()].strip(), f"mod {modulus[1]}"
    text = PREFIX.sub("", ORDINAL.sub("", text))
    found = UNIT.search(text)
    if not found or not text[: found.start()].strip():
        return text, ""
    spoken = found["text"] if found["text"] is not None else found["words"] or ""
    if found["above"]:
        spoken = f"{found['above']}/{found['below']}"
    return text[: found.start()].strip(), _unit(spoken + (found["power"] or ""))


def _unit(spoken: str) -> str:
    """One spelling of a unit, or nothing for one that is not known."""
    told = [_factor(each) for each in re.split(r"/|\bper\b", spoken)]
    joined = "/".join(told)
    # Whoever writes `units` leaves open which.
    return SAME.get(joined, joined) if all(told) and "unit" not in joined else ""


def _factor(spoken: str) -> str:
    words = spoken.strip(" .~")
    power = ""
    if exponent := re.search(r"\s*\^\s*\{?\s*(-?[123])\s*\}?$", words):
        words, power = words[: exponent.start()], exponent[1]
    for told, exponent_ in (("square", "2"), ("sq", "2"), ("cubic", "3"), ("squared", "2"), ("cubed", "3")):
        rest = re.sub(rf"\b{told}\b\.?", "", words, flags=re.IGNORECASE).strip()
        if rest and rest != words:
            words, power = rest, exponent_
    return (known := UNITS.get(words, UNITS.get(words.casefold(), ""))) and f"{known}{power}"

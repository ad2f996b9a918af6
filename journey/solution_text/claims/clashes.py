r"""Words around an equality that do not agree with its numbers.

    6 minutes + 8 minutes = 14 miles              the unit of a sum is that of its terms
    5% of the cards are red, so 0.2 * 40 = 8      20% of them are 8

The numbers of such an equality may be right, so it is not refuted here. But it is not valid either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.number_words import CARDINALS, PARTS
from journey.solution_text.reading.trees import nodes
from journey.solution_text.reading.unit_words import KINDS
from journey.solution_text.reading.words import word_set
from journey.solution_text.values.display import shown

NAMES = {word: unit for kind in KINDS for word, unit in kind.items()} | {"$": "dollar", "¢": "cent"}
COMMON = word_set("second quarter quarters yard min sec nickel nickels dime dimes in m g l us")
"""Words for units that mean something else as often."""
UNITS = {word: unit for word, unit in NAMES.items() if word not in COMMON}
RATES = word_set("a an per each every in for /")
"""After these a unit names what something is counted per."""


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
    numbers = {node.value for node in nodes(left.tree) if node.op == "number"}
    if len(computed) == 1 and "/" not in left.text and _is_kin(unit, next(iter(computed)), ()):
        if not _is_kin(unit, next(iter(computed)), numbers):
            return f"it is computed in {next(iter(computed))} and stated in {unit}"
        return None
    counted = [units_counted(number, f"{history} {left.text}") for number in numbers]
    measures = set().union(*counted)
    if "/" in left.text or len(counted) < 2 or not all(counted):
        return None
    if not any(_is_kin(unit, one, numbers) for one in measures):
        return f"nothing that it is computed from is in {unit}"
    return None


def units_counted(number: Fraction, text: str) -> set[str]:
    """The units in which a text counts a number, those of a rate included.

    >>> sorted(units_counted(Fraction(60), "He drives 60 miles an hour for 3 hours"))
    ['hour', 'mile']
    """
    digits = str(number.numerator) if number.denominator == 1 else f"{float(number):g}"
    units: set[str] = set()
    for match in re.finditer(rf"(\$?)(?<![\d.,]){re.escape(digits)}(?:\.0+)?(?![\d%]|[.,/]\d)([^\d.;?!=]{{0,40}})", text):
        words = re.findall(r"[A-Za-z]+|/", match[2])[:5]
        units |= mentioned(" ".join(words))
        if match[1]:
            units.add("dollar")
    return units


def _is_kin(unit: str, other: str, numbers: Iterable[Fraction]) -> bool:
    """Whether two units are the same, or one of these numbers is the factor between them; () for any number."""
    if unit == other:
        return True
    factor = FACTORS.get((unit, other)) or FACTORS.get((other, unit))
    return factor is not None and (numbers == () or any(number in (factor, 1 / factor) for number in numbers))


IMPLIES = {
    "hourly": "hour", "daily": "day", "everyday": "day", "weekly": "week", "monthly": "month", "yearly": "year",
    "annual": "year", "annually": "year", "old": "year", "older": "year", "younger": "year", "age": "year",
    "ages": "year", "birthday": "year", "mph": "mile hour", "mpg": "mile gallon", "kmph": "km hour",
    "clock": "hour minute", "am": "hour minute", "pm": "hour minute", "noon": "hour", "today": "day",
    "yesterday": "day", "tomorrow": "day", "morning": "day", "night": "day", "january": "month",
    "monday": "day week", "tuesday": "day week", "wednesday": "day week", "thursday": "day week",
    "friday": "day week", "saturday": "day week", "sunday": "day week", "weekend": "day week",
    "weekends": "day week", "weekday": "day week", "weekdays": "day week", "price": "dollar",
    "cost": "dollar", "money": "dollar", "bucks": "dollar",
}  # fmt: skip
"""Words that mention a unit without being one."""
FACTORS = {
    (large, small): Fraction(factor)
    for large, small, factor in (
        ("minute", "second", 60), ("hour", "minute", 60), ("hour", "second", 3600), ("day", "hour", 24),
        ("week", "day", 7), ("month", "day", 30), ("month", "week", 4), ("year", "month", 12),
        ("year", "week", 52), ("year", "day", 365), ("decade", "year", 10), ("century", "year", 100),
        ("foot", "inch", 12), ("yard", "foot", 3), ("yard", "inch", 36), ("mile", "foot", 5280),
        ("mile", "yard", 1760), ("m", "cm", 100), ("km", "m", 1000), ("cm", "mm", 10), ("m", "mm", 1000),
        ("kg", "g", 1000), ("pound", "ounce", 16), ("ton", "pound", 2000), ("liter", "ml", 1000),
        ("gallon", "quart", 4), ("gallon", "pint", 8), ("gallon", "cup", 16), ("quart", "pint", 2),
        ("quart", "cup", 4), ("pint", "cup", 2), ("cup", "ounce", 8), ("pint", "ounce", 16),
        ("gallon", "ounce", 128), ("tablespoon", "teaspoon", 3), ("cup", "tablespoon", 16),
        ("dollar", "cent", 100),
    )
}  # fmt: skip
"""Between two units of a kind, the number that people convert with."""
ABBREVIATED = re.compile(r"\d-?(km|cm|mm|kg|ft|lb|oz|ml|hr)\b")


def mentioned(text: str) -> frozenset[str]:
    """The units that a text names or implies."""
    words = {word.lower() for word in re.findall(r"[A-Za-z]+|[$¢]", text)}
    units = {NAMES[word] for word in words if word in NAMES}
    units |= {unit for word in words if word in IMPLIES for unit in IMPLIES[word].split()}
    units |= {NAMES[word] for word in ABBREVIATED.findall(text)}
    if re.search(r"\d:\d\d", text):
        units |= {"hour", "minute"}
    if "¢" in text:
        units.add("dollar")
    if re.search(r"\$0?\.\d", text) or units & {"penny", "nickel", "dime"}:
        units.add("cent")
    return frozenset(units)


def unit_of_nowhere(text: str, history: str) -> str | None:
    """Why a unit in a step belongs to nothing before it, or None.

    Args:
        text: the step.
        history: the problem and the steps before it, "" where they are not known.

    >>> unit_of_nowhere("So he walks 3 * 4 = 12 pounds.", "He walks 3 miles on each of 4 days.")
    'nothing before it is measured in pound'
    """
    if not history:
        return None
    words = [word.lower() for word in re.findall(r"[A-Za-z]+", text)]
    units = {UNITS[word] for word in words if word in UNITS}
    if not units or units <= (before := mentioned(history)):
        return None
    numbers = {Fraction(match.replace(",", "")) for match in NUMBER.findall(f"{history} {text}")}
    for unit in sorted(units - before):
        if not any(_is_kin(unit, other, numbers) for other in before):
            return f"nothing before it is measured in {unit}"
    return None


NUMBER = re.compile(r"(?<![\d.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|(?<![\d.])\.\d+")
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
        numbers = {Fraction(number) for number in NUMBER.findall(match[1])} | {Fraction(match[2]), Fraction(100)}
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
    small = [number for number in before if 0 <= number <= 300]
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
        if any(percent in (100 - a - b, a + b, abs(a - b)) for a in small for b in small):
            continue
        return f"nothing before it says {shown(percent)}%"
    return None

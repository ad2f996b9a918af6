"""Units around an equality that do not agree with its numbers, or that nothing before mentions.

    6 minutes + 8 minutes = 14 miles              the unit of a sum is that of its terms
    3 * 4 = 12 pounds, of miles and days          nothing before it is measured in pounds

The numbers of such an equality may be right, so it is not refuted here. But it is not valid either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction

from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import nodes
from journey.solution_text.reading.unit_words import KINDS
from journey.solution_text.reading.words import NUMBER, word_set

NAMES = {word: unit for kind in KINDS for word, unit in kind.items()} | {"$": "dollar", "¢": "cent"}
AMBIGUOUS = word_set("second yard min sec m g l")
"""Words for units that name one only behind a number, or as what something is counted per."""
COMMON = AMBIGUOUS | word_set("in us quarter quarters nickel nickels dime dimes")
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
    if equality.mathematics or right.tree.op != "number":
        return None
    computed = {UNITS[word] for word in left.units if word in UNITS}
    stated = {UNITS[word] for word in right.units if word in UNITS}
    numbers = {node.value for node in nodes(left.tree) if node.op == "number"}
    for unit in sorted(stated - computed):
        alike = sorted(one for one in computed if _measures(one) == _measures(unit))
        if alike and not any(_is_kin(unit, one, numbers) for one in alike):
            return f"it is computed in {alike[0]} and stated in {unit}"
    if len(stated) == 1 and left.tree.operations <= {"*", "number"}:
        for (large, small), factor in FACTORS.items():
            if stated == {large} and {large, small} <= computed and factor in numbers:
                return f"a {large} is {factor} times a {small}, so the product is in {small}"
    if right.units & RATES or len(stated) != 1 or stated & computed:
        return None
    unit = next(iter(stated))
    sums = left.tree.operations <= {"+", "-", "number"} and len(left.tree.parts) > 1
    if sums and len(computed) == 1:
        return f"the terms are in {next(iter(computed))}, the sum in {unit}"
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
    for match in re.finditer(
        rf"(\$?)(?<![\d.,]){re.escape(digits)}(?:\.0+)?(?![\d%]|[.,/]\d)([^\d.;?!=]{{0,40}})", text
    ):
        words = re.findall(r"[A-Za-z]+|/", match[2])[:5]
        units |= mentioned(" ".join([digits, *words]))
        if match[1]:
            units.add("dollar")
    return units


def _measures(unit: str) -> int:
    """Which kind of thing a unit measures, by its place in `KINDS`."""
    return next((place for place, kind in enumerate(KINDS) if unit in kind.values()), -1)


def _is_kin(unit: str, other: str, numbers: Iterable[Fraction]) -> bool:
    """Whether two units are the same, or one of these numbers is the factor between them."""
    if unit == other:
        return True
    factor = FACTORS.get((unit, other)) or FACTORS.get((other, unit))
    return factor is not None and any(number in (factor, 1 / factor) for number in numbers)


IMPLIES = {
    "hourly": "hour", "daily": "day", "everyday": "day", "weekly": "week", "monthly": "month",
    "yearly": "year",
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
        ("day", "minute", 1440), ("week", "hour", 168), ("week", "minute", 10080),
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
NAMED = re.compile(
    rf"(?:\d|\b(?:a|one|per|each|every)\b|/)[\s-]*({'|'.join(sorted(AMBIGUOUS))})\b|\d[\s-]*(in)\b"
)
"""An ambiguous word, or "in", where it names a unit."""
ABBREVIATED = re.compile(r"\d-?(km|cm|mm|kg|ft|lb|oz|ml|hr)\b")


def mentioned(text: str) -> frozenset[str]:
    """The units that a text names or implies."""
    words = {word.lower() for word in re.findall(r"[A-Za-z]+|[$¢]", text)}
    units = {NAMES[word] for word in words - AMBIGUOUS - {"in"} if word in NAMES}
    units |= {NAMES[word] for match in NAMED.findall(text.lower()) for word in match if word}
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

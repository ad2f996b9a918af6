"""The words for units, grouped by what they measure, and the factors between which people convert."""

from __future__ import annotations

import re
from fractions import Fraction

from journey.solution_text.reading.words import word_set

LARGE_SCALES = word_set("hundred thousand million billion trillion")
SCALES = word_set("hundred thousand million billion trillion dozen dozens k")
MONEY = (
    "dollar:dollars:$ cent:cents penny:pennies nickel:nickels dime:dimes "
    "quarter:quarters half-dollar:half-dollars"
)
TIME = (
    "second:seconds:sec:secs minute:minutes:min:mins hour:hours:hr:hrs day:days week:weeks month:months "
    "year:years:yr:yrs decade:decades century:centuries"
)
LENGTH = (
    "inch:inches:in foot:feet:ft yard:yards:yd:yds mile:miles:mi cm:centimeter:centimeters:centimetres "
    "m:meter:meters:metre:metres mm:millimeter:millimeters km:kilometer:kilometers:kilometre:kilometres"
)
AMOUNT = (
    "g:gram:grams kg:kilogram:kilograms pound:pounds:lb:lbs ounce:ounces:oz ton:tons "
    "liter:liters:litre:litres:l ml:milliliter:milliliters cup:cups pint:pints quart:quarts gallon:gallons "
    "tablespoon:tablespoons:tbsp teaspoon:teaspoons:tsp"
)
KINDS = [
    {word: names.split(":")[0] for names in kind.split() for word in names.split(":")}
    for kind in (MONEY, TIME, LENGTH, AMOUNT)
]
"""Of each kind: every word for a unit, and the unit."""
CONVERSIONS = frozenset(
    Fraction(factor)
    for factor in word_set(
        "2 3 4 5 7 8 10 12 16 20 24 25 28 30 31 36 50 52 60 100 128 144 360 365 1000 1440 1760 2000 "
        "3600 5280 10000 10080 86400 1000000 1000000000"
    )
)


SYMBOLS = {
    "m": "meters", "g": "grams", "L": "liters", "l": "liters", "s": "seconds", "h": "hours", "A": "amperes",
    "V": "volts", "W": "watts", "N": "newtons", "J": "joules",
}  # fmt: skip
"""Units that are written with one letter."""
ALONE = re.compile(r"(?<![\w'])(?!A\s[a-z]{2})(?P<letter>[A-Za-z])(?![\w'])")
MEASURED = re.compile(r"(?<![\w.])\d[\d.,]*\s?(?P<letter>[A-Za-z])(?![\w'])(?!\s?[*^(])")


def unit_symbols(text: str) -> dict[str, str]:
    """The letters that in a text are units and nothing else, each with the unit's name.

    >>> unit_symbols("2 * 50g = 100g"), unit_symbols("Let g be 3, so 50g = 150")
    ({'g': 'grams'}, {})
    """
    measured = {match["letter"] for match in MEASURED.finditer(text)} & set(SYMBOLS)
    if not measured:
        return {}
    rest = re.sub(r"(?<=[\d/])\s?[A-Za-z](?![\w'])", " ", text)
    alone = {match["letter"] for match in ALONE.finditer(rest)}
    return {letter: SYMBOLS[letter] for letter in measured - alone}


def share_a_kind(first: str, second: str) -> bool:
    """Whether two words are units of the same kind, such as feet and inches."""
    words = {first.lower(), second.lower()}
    return "in" not in words and any(words <= set(kind) for kind in KINDS)


def units_of(kind: dict[str, str], words: frozenset[str]) -> set[str]:
    """The units of a kind among some words.

    >>> sorted(units_of(KINDS[1], frozenset(["week", "weeks", "days"])))
    ['day', 'week']
    """
    return {kind[word] for word in words if word in kind}

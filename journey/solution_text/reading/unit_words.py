"""The words for units, grouped by what they measure, and the factors between which people convert."""

from __future__ import annotations

from fractions import Fraction

from journey.solution_text.reading.words import word_set

SCALES = word_set("hundred thousand million billion trillion dozen dozens k")
MONEY = (
    "$ dollar:dollars cent:cents penny:pennies nickel:nickels dime:dimes "
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

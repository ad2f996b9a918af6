r"""Units as people write them, what they measure, and how many of one are another.

amount(r"12\text{ m/s}")                 ("12", "m/s")
compound("1 hour and 20 minutes")        ("80", "min")
ratio("km/h", "m/s")                     5/18
"""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from journey.solution_text.answers.amounts import number

TABLE = """
cm centimeter centimeters centimetre centimetres = 1/100 m
mm millimeter millimeters millimetre millimetres = 1/1000 m
km kilometer kilometers kilometre kilometres = 1000 m
nm nanometer nanometers = 1/1000000000 m
m meter meters metre metres
in inch inches = 127/50 cm
ft foot feet = 12 in
yd yard yards = 3 ft
mi mile miles = 5280 ft
ha hectare hectares = 10000 m2
acre acres = 43560 ft2
g gram grams
kg kilogram kilograms kilo kilos = 1000 g
mg milligram milligrams = 1/1000 g
tonne tonnes = 1000 kg
lb lbs = 45359237/100000 g
pound pounds = 1 lb
oz ounce ounces = 1/16 lb
l L liter liters litre litres = 1/1000 m3
ml mL milliliter milliliters millilitre millilitres = 1/1000 l
gal gallon gallons = 231 in3
quart quarts qt = 1/4 gal
pint pints pt = 1/8 gal
cup cups = 1/16 gal
tablespoon tablespoons tbsp = 1/16 cup
teaspoon teaspoons tsp = 1/3 tablespoon
s sec secs second seconds
min mins minute minutes = 60 s
h hr hrs hour hours = 60 min
day days = 24 h
week weeks wk wks = 7 day
month months
year years yr yrs = 12 month
decade decades = 10 year
century centuries = 100 year
mph = 1 mi/h
kmh kph = 1 km/h
degree degrees deg
rad radian radians
arcminute arcminutes = 1/60 degree
arcsecond arcseconds = 1/3600 degree
revolution revolutions = 360 degree
dollar dollars usd = 100 cent
cent cents
euro euros eur
quid gbp = 100 pence
pence penny
rupee rupees inr rs
yen jpy
celsius
fahrenheit
K kelvin kelvins
Hz hertz = 1 cycle/s
kHz = 1000 Hz
MHz = 1000000 Hz
GHz = 1000000000 Hz
N newton newtons = 1000 g*m/s2
kN = 1000 N
Pa pascal pascals = 1 N/m2
kPa = 1000 Pa
MPa = 1000000 Pa
J joule joules = 1 N*m
kJ = 1000 J
W watt watts = 1 J/s
kW kilowatt kilowatts = 1000 W
MW = 1000 kW
kWh = 3600000 J
cal calorie calories
kcal kilocalorie kilocalories = 1000 cal
V volt volts
kV = 1000 V
A amp amps ampere amperes
mA = 1/1000 A
eV
keV = 1000 eV
MeV = 1000000 eV
GeV = 1000000000 eV
mol mole moles
dB decibel decibels
AU
C coulomb coulombs
F
rpm
cycle
unit units
percent pct
"""
"""A unit a line: its names, the first of which stands for it, and what it is in others."""


class _Unit(NamedTuple):
    size: Fraction
    of: str


def _table() -> tuple[dict[str, str], dict[str, _Unit]]:
    names, sizes = {}, {}
    for line in TABLE.strip().splitlines():
        spellings, _, meaning = line.partition(" = ")
        first, *_ = spellings.split()
        names.update(dict.fromkeys(spellings.split(), first))
        if meaning:
            size, of = meaning.split()
            sizes[first] = _Unit(Fraction(size), of)
    return names, sizes


UNITS, SIZES = _table()
SYMBOLS = [name for name in UNITS if len(name) == 1 or not name.islower()]
"""Units that a product of letters could also be read as: they stand after a space, or in 5 m/s."""
SYMBOLS += ["eV", "nm", "cal", "mol", "rpm", "ha", "pt", "rs"]
SPELLED = [name for name in UNITS if name not in SYMBOLS]
POUNDS = {"pound", "quid"}
"""Five pounds are a weight or money."""
KELVIN = {
    "celsius": (Fraction(1), Fraction("273.15")),
    "fahrenheit": (Fraction(5, 9), Fraction("459.67") * Fraction(5, 9)),
    "K": (Fraction(1), Fraction(0)),
}
"""Of each temperature: its degree in kelvins, and its zero."""
RADIAN = "rad"
POWERED = r"(?:\s*\^\s*\{?\s*-?[123]\s*\}?)?"
_SPOKEN = "|".join(sorted(SPELLED, key=len, reverse=True))
_SHORT = "|".join(sorted(SYMBOLS, key=len, reverse=True))
_WORDS = (
    rf"(?i:(?:(?:square|cubic|sq\.?|cu\.?) )?(?:{_SPOKEN})\.?(?: squared| cubed)?|(?:sq|cu)\.? m){POWERED}"
)
_BELOW = rf"(?:\s*/\s*|\s+per\s+)(?:{_WORDS}|(?:{_SHORT}){POWERED})(?![A-Za-z])"
UNIT = re.compile(
    r"(?:\\text\s*\{(?P<text>[^{}]*)\}\s*(?P<power>\^\s*\{?\s*-?[123]\s*\}?)?"
    rf"|(?<![A-Za-z\\])(?P<words>{_WORDS}(?:{_BELOW})*|(?<=[\d}} )] )(?:{_SHORT}){POWERED}(?:{_BELOW})*"
    rf"|(?<=[\d}})])(?:{_SHORT}){POWERED}(?:{_BELOW})+)"
    r"|\\frac\s*\{\s*\\text\s*\{(?P<above>[^{}]*)\}\s*\}\s*\{\s*\\text\s*\{(?P<below>[^{}]*)\}\s*\}"
    r"|(?<=[\d ])\\Omega)\s*$"
)
PREFIX = re.compile(r"^([-+]?)\s*(Rs\.?|USD|EUR|GBP|INR|US)\s*(?=[-\d.])")
ORDINAL = re.compile(r"(?<=\d)\s*(?:\^\s*)?(?:\{\s*)?(?:\\text\s*\{\s*)?(?:st|nd|rd|th)\s*\}?\s*\}?$")
MODULUS = re.compile(
    r"\s*\(?\s*(?:\\(?:p?mod|bmod|text\s*\{\s*mod\s*\})|\bmod\b)\s*\{?\s*(\w+)\s*\}?\s*\)?\s*$"
)
COUNTED = re.compile(r"((?:about |exactly |only )?[-+]?[\d.,]*\d)(?: [a-z]{3,15}){1,3}$")
"""A number of things that are no unit: 5 red apples."""
PART = rf"\s*(\d[\d.]*)\s*(?:({_SPOKEN})|({_SHORT})(?![A-Za-z]))\.?\s*"
COMPOUND = re.compile(rf"{PART}(?:(?:,|and|,\s*and)?{PART}){{1,3}}", re.IGNORECASE)


def amount(text: str) -> tuple[str, str]:
    r"""A number or a formula without the unit or the modulus behind it, and that in one spelling.

    A unit that is not known, such as `apples`, is taken off and counts as none.

    >>> amount("12 square meters"), amount(r"9 \pmod{11}"), amount("5x"), amount("5 red apples")
    (('12', 'm2'), ('9', 'mod 11'), ('5x', ''), ('5', ''))
    """
    if (modulus := MODULUS.search(text)) and modulus.start():
        return text[: modulus.start()].strip(), f"mod {modulus[1]}"
    text = ORDINAL.sub("", text)
    if prefix := PREFIX.match(text):
        return prefix[1] + text[prefix.end() :], UNITS.get(prefix[2].strip(".").casefold(), "dollar")
    found = UNIT.search(text)
    if not found or not text[: found.start()].strip():
        counted = COUNTED.fullmatch(text)
        return (counted[1] if counted and number(text) is None else text), ""
    spoken = found["text"] if found["text"] is not None else found["words"] or ""
    if found["above"]:
        spoken = f"{found['above']}/{found['below']}"
    return text[: found.start()].strip(), _unit(spoken + (found["power"] or ""))


def compound(text: str) -> tuple[str, str] | None:
    r"""A quantity in several units of one kind as a number of the smallest, or None if it is none.

    >>> compound("1 hour and 20 minutes"), compound(r"5\text{ ft }3\text{ in}"), compound("2 m 3 s")
    (('80', 'min'), ('63', 'in'), None)
    """
    text = re.sub(r"\\text\s*\{([^{}]*)\}", r" \1 ", text)
    if not COMPOUND.fullmatch(text.strip()):
        return None
    found = re.findall(PART, text, re.IGNORECASE)
    parts = [(Fraction(size.rstrip(".")), _factor(long or short)) for size, long, short in found]
    last = parts[-1][1]
    sizes = [ratio(unit, last) for _, unit in parts]
    known = [size for size in sizes if size is not None]
    if len(known) < len(parts) or known != sorted(known, reverse=True) or len(set(known)) < len(known):
        return None
    total = sum((size * scale for (size, _), scale in zip(parts, known, strict=True)), Fraction(0))
    return str(total), last


def ratio(unit: str, other: str) -> Fraction | None:
    """How many of the other one of the first is, or None if they measure different things.

    >>> ratio("km", "m"), ratio("m2", "cm2"), ratio("km/h", "m/s"), ratio("kg", "m")
    (Fraction(1000, 1), Fraction(10000, 1), Fraction(5, 18), None)
    """
    if unit == other:
        return Fraction(1)
    if {unit, other} == POUNDS:
        return Fraction(1)
    (one, of), (two, of_two) = _reduced(unit), _reduced(other)
    return one / two if of == of_two else None


def kelvins(value: Fraction, unit: str) -> Fraction | None:
    """A temperature in kelvins, or None if the unit is none of temperature."""
    if unit not in KELVIN:
        return None
    scale, zero = KELVIN[unit]
    return value * scale + zero


def _reduced(unit: str) -> tuple[Fraction, Counter[str]]:
    """The size of a unit in those that are in no others, and which these are."""
    size, of = Fraction(1), Counter[str]()
    for at, side in enumerate(unit.split("/")):
        sign = 1 if at == 0 else -1
        for name, power in re.findall(r"([A-Za-z]+)(-?\d?)", side):
            times = sign * int(power or 1)
            if name in SIZES:
                inner, of_inner = _reduced(SIZES[name].of)
                size *= (SIZES[name].size * inner) ** times
                of.update({each: count * times for each, count in of_inner.items()})
            else:
                of[name] += times
    return size, Counter({each: count for each, count in of.items() if count})


def _unit(spoken: str) -> str:
    """One spelling of a unit, or nothing for one that is not known."""
    known = [_factor(each) for each in re.split(r"/|\bper\b", spoken)]
    joined = "/".join(known)
    # Whoever writes `units` leaves open which.
    return joined if all(known) and "unit" not in joined else ""


def _factor(spoken: str) -> str:
    words = spoken.strip(" .~()")
    power = ""
    if exponent := re.search(r"\s*\^\s*\{?\s*(-?[123])\s*\}?$", words):
        words, power = words[: exponent.start()], exponent[1]
    for word, exponent_ in (("square", "2"), ("sq", "2"), ("cubic", "3"), ("squared", "2"), ("cubed", "3")):
        rest = re.sub(rf"\b{word}\b\.?", "", words, flags=re.IGNORECASE).strip()
        if rest and rest != words:
            words, power = rest, exponent_
    known = UNITS.get(words) or UNITS.get(words.casefold(), "")
    return known and f"{known}{power}"

"""Claims about quantities with units: conversions, compound quantities, rates, dozens.

    3 weeks = 20 days                             3 weeks is 21 days, not 20
    5 dollars 50 cents * 2 = 11 dollars           valid
    1.5 hours * 60 minutes/hour = 90 minutes      valid

Pint knows the units; it is asked for each by its name, never with text of a solution. Months and years are a
kind of their own, since no number of days makes one. Two sides of different kinds are no claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from journey.solution_text.reading.number_words import AFTER_RESULT, BEFORE_PHRASE, CARDINALS
from journey.solution_text.reading.unit_words import KINDS
from journey.solution_text.reading.words import word_set
from journey.solution_text.values.display import shown

if TYPE_CHECKING:
    from pint import UnitRegistry

MAX_CLAIMS = 60
"""Of one step."""
MAX_TOKENS = 60
"""Of one claim."""
UNITS = {word: unit for kind in KINDS for word, unit in kind.items()} | {"dozen": "dozen", "dozens": "dozen"}
UNITS |= {"¢": "cent", "in": "inch"}
PINT = {
    "m": "meter",
    "cm": "centimeter",
    "mm": "millimeter",
    "km": "kilometer",
    "g": "gram",
    "kg": "kilogram",
}
"""What pint calls the units that are named by a symbol here."""
CUSTOM = (
    "usd = [currency]; cent = usd / 100; penny = cent; nickel = 5 * cent; dime = 10 * cent; "
    "us_quarter = 25 * cent; half_dollar = 50 * cent; "
    "calendar_month = [calendar]; calendar_year = 12 * calendar_month; "
    "calendar_decade = 10 * calendar_year; calendar_century = 100 * calendar_year; dozen = 12"
)
RENAMED = {
    "$": "usd",
    "quarter": "us_quarter",
    "dollar": "usd",
    "half-dollar": "half_dollar",
    "month": "calendar_month",
    "year": "calendar_year",
    "decade": "calendar_decade",
    "century": "calendar_century",
}
COUNTED = "|".join(["an?", "per", "half an?", *CARDINALS])
SPOKEN = re.compile(
    rf"(?:[\d/]|(?i:\b(?:{COUNTED})))[\s-]{{0,2}}"
    rf"(?:{'|'.join(word for word in UNITS if word.isalpha())})(?![A-Za-z])|¢"
)
"""A unit that is counted; most texts hold none, and need not be read for one."""
LEXEME = re.compile(
    r"(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:/\d+(?![\d/.]))?|(?<!\d)\.\d+)|(?P<money>\\?\$)"
    r"|(?P<word>[A-Za-z]+(?:-[A-Za-z]+)*|¢)|(?P<sign>[-+*/×÷=])|(?P<stop>[.,;:?!\n])|(?P<other>\S)"
)
SIGNS = {"×": "*", "x": "*", "times": "*", "÷": "/", "plus": "+", "minus": "-", "per": "/"}
SAYS = word_set("is are equals makes")
Lexeme = tuple[str, str, int, int]
"""Kind, text, start and end."""
Kind = tuple[tuple[str, int], ...]


class Conversion(NamedTuple):
    """A claim about quantities."""

    text: str
    start: int
    end: int
    holds: bool | None
    evidence: str


class Quantity(NamedTuple):
    """A value in base units of a kind."""

    worth: Fraction
    kind: Kind
    last: str = ""
    """The unit that was read last."""
    place: Fraction = Fraction(1)
    """Of the last digit, in base units."""
    units: frozenset[str] = frozenset()
    written: Kind = ()
    """The units as they are written, with their powers: hours/day times days is hours."""


class Unread(ValueError):
    """This is no quantity."""


@lru_cache(maxsize=1)
def _registry() -> UnitRegistry[Fraction]:
    # Pint takes a third of a second to import, and few solutions convert units.
    from pint import UnitRegistry

    registry: UnitRegistry[Fraction] = UnitRegistry(non_int_type=Fraction)
    for definition in CUSTOM.split("; "):
        registry.define(definition)
    return registry


@lru_cache(maxsize=256)
def unit(word: str) -> Quantity:
    """One of a unit, in base units.

    >>> unit("inches").worth
    Fraction(127, 5000)
    """
    name = UNITS[word]
    name = RENAMED.get(name, PINT.get(name, name))
    base = _registry().Quantity(Fraction(1), name).to_base_units()
    kind = tuple(sorted((str(key), round(float(str(power)))) for key, power in base.dimensionality.items()))
    units = frozenset([UNITS[word]])
    return Quantity(Fraction(base.magnitude), kind, word, Fraction(1), units, ((UNITS[word], 1),))


def conversions(text: str) -> Iterator[Conversion]:
    """The claims about quantities of a text, judged.

    >>> [(found.holds, found.evidence) for found in conversions("3 weeks = 20 days")]
    [(False, '3 weeks is 21 days, not 20')]
    """
    if not SPOKEN.search(text):
        return
    read = [
        (match.lastgroup or "other", match[0], match.start(), match.end()) for match in LEXEME.finditer(text)
    ]
    if sum(word == "=" or word in SAYS for _, word, _, _ in read) > MAX_CLAIMS:
        return
    done = 0
    for at, (kind, word, _, _) in enumerate(read):
        if word != "=" and not (kind == "word" and word in SAYS):
            continue
        for start in range(max(done, at - MAX_TOKENS), at):
            if read[start][0] not in ("number", "money", "word") or _continues(read, start):
                continue
            try:
                conversion, end = _conversion(read, start, at, text)
            except (Unread, ZeroDivisionError):
                continue
            if conversion:
                yield conversion
            done = end
            break


def _continues(read: list[Lexeme], start: int) -> bool:
    """Whether what stands before belongs to what begins here."""
    if not start:
        return False
    kind, word, _, _ = read[start - 1]
    if kind == "word":
        if read[start][1] in ("a", "an", "A", "An") and word.lower() in WITHIN:
            return True
        return word.lower() in BEFORE_PHRASE or word.lower() in CARDINALS or word in ("a", "an", "x")
    return kind in ("number", "sign", "other", "money") and word not in ")"


WITHIN = word_set("in on for during each every within after before")
"""Before "a year" these name a time and not a quantity."""


def _conversion(read: list[Lexeme], start: int, relation: int, text: str) -> tuple[Conversion | None, int]:
    left = _Reader(read, start, relation)
    a = left.sum()
    if left.at != relation:
        raise Unread
    right = _Reader(read, relation + 1, len(read))
    b = right.sum()
    _ends(read, right.at, read[relation][1] == "=")
    end = read[right.at - 1][3]
    wording = text[read[start][2] : read[relation - 1][3]]
    cancel = a.written == b.written and len(a.units) > 1
    if a.kind != b.kind or not (a.units | b.units) or (a.units == b.units and not cancel):
        return None, right.at
    holds, evidence = _judged(a, b, wording, text[read[relation + 1][2] : end], right.compound)
    return Conversion(text[read[start][2] : end], read[start][2], end, holds, evidence), right.at


def _judged(a: Quantity, b: Quantity, wording: str, stated: str, compound: bool) -> tuple[bool | None, str]:
    if a.worth == b.worth and len(a.kind) == 1 and len(a.written) > 1:
        # 2 tablespoons / 3 teaspoons/tablespoon: the factor is 1, so that its numbers may stand either way.
        return None, "the units of it do not cancel"
    if a.worth == b.worth:
        return True, f"{wording} is {stated}"
    gap = abs(a.worth - b.worth)
    size = unit(b.last).worth if b.last else Fraction(1)
    if b.place < size and gap <= b.place / 2:
        return True, f"{wording} is {stated}, to the digits shown"
    units = a.units | b.units
    lasts = [last for last in (a.last, b.last) if last]
    ratios = [unit(x).worth / unit(y).worth for x in lasts for y in lasts if unit(x).kind == unit(y).kind]
    if any(ratio.numerator != 1 and ratio.denominator != 1 for ratio in ratios) and gap <= a.worth / 20:
        return None, "about equal"
    if gap < b.place:
        return None, "the digits shown may be cut off"
    if "quarter" in units:
        return None, "a quarter may be a fourth of anything"
    if a.written == b.written and b.written:
        per = [unit(name).worth ** power for name, power in b.written]
        size = prod(per, start=Fraction(1))
        return False, f"{wording} is {shown(a.worth / size)}, not {shown(b.worth / size)} in the same units"
    if "day" in units and units & {"hour", "week", "minute"}:
        # A working week has five days and a working day eight hours.
        ratio = a.worth / b.worth if b.worth else Fraction(0)
        if ratio in (Fraction(7, 5), Fraction(7, 6), Fraction(5, 7), Fraction(6, 7)) or "hour" in units:
            return None, "a working day or week"
    converted = f"{shown(a.worth / size)} {b.last}".strip()
    return False, f"{wording} is {converted}, not {stated if compound else shown(b.worth / size)}"


def _ends(read: list[Lexeme], at: int, lenient: bool) -> None:
    """Checks that nothing goes on behind the claim."""
    if at >= len(read):
        return
    kind, word, _, _ = read[at]
    if word == "." and at + 1 < len(read) and read[at + 1][1] == ".":
        raise Unread  # digits go on, as in 8.333...
    if word == "?" or (kind not in ("word", "stop") and word != ")"):
        raise Unread
    if kind == "word" and (
        word.lower() in AFTER_RESULT - {"and"} or not (lenient or word in ("and", "so", "because"))
    ):
        raise Unread


class _Reader:
    """Reads a quantity from tokens."""

    def __init__(self, read: list[Lexeme], at: int, end: int) -> None:
        self.read, self.at, self.end = read, at, end
        self.compound = False

    def word(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.read[place][1] if place < self.end else ""

    def kind(self, ahead: int = 0) -> str:
        place = self.at + ahead
        return self.read[place][0] if place < self.end else "end"

    def sign(self, among: str) -> str:
        """Takes an operator."""
        word = SIGNS.get(self.word(), self.word())
        if word in tuple(among) and self.word() != "per" and self.kind(1) in ("number", "money"):
            self.at += 1
            return word
        return ""

    def sum(self) -> Quantity:
        """A sum of products, of one kind."""
        total = self.product()
        while sign := self.sign("+-"):
            other = self.product()
            if other.kind != total.kind:
                raise Unread
            worth = total.worth + (other.worth if sign == "+" else -other.worth)
            written = total.written if total.written == other.written else ()
            total = Quantity(worth, total.kind, other.last, other.place, total.units | other.units, written)
        return total

    def product(self) -> Quantity:
        """A product of quantities."""
        total = self.quantity()
        while sign := self.sign("*/"):
            other = self.quantity()
            power = 1 if sign == "*" else -1
            worth = total.worth * other.worth if power == 1 else total.worth / other.worth
            last = total.last if not other.kind else other.last
            total = Quantity(
                worth,
                _times(total.kind, other.kind, power),
                last,
                units=total.units | other.units,
                written=_times(total.written, other.written, power),
            )
        return total

    def quantity(self) -> Quantity:
        """A number with its unit, a rate, or a compound quantity such as 5 feet 6 inches."""
        first = self.simple()
        while first.units and first.kind:
            start = self.at
            if self.word() == "and":
                self.at += 1
            if self.kind() not in ("number", "money"):
                self.at = start
                return first
            try:
                second = self.simple()
            except Unread:
                self.at = start
                return first
            if second.kind != first.kind or unit(second.last).worth >= unit(first.last).worth:
                self.at = start
                return first
            self.compound = True
            first = Quantity(
                first.worth + second.worth, first.kind, second.last, second.place, first.units | second.units
            )
        return first

    def simple(self) -> Quantity:
        """A number with its unit."""
        money = self.kind() == "money"
        self.at += money
        digits, worth = Fraction(1), self.number()
        if self.read[self.at - 1][0] == "number":
            decimals = len(self.read[self.at - 1][1].partition(".")[2])
            digits = Fraction(1, 10**decimals)
        if money:
            if self.word() in ("million", "billion", "thousand", "hundred"):
                raise Unread
            one = unit("$")
        else:
            one = self.unit()
        result = Quantity(worth * one.worth, one.kind, one.last, digits * one.worth, one.units, one.written)
        if self.word() in ("/", "per") and self.kind(1) == "word":
            self.at += 1
            below = self.unit()
            if not below.units:
                raise Unread
            kind = _times(result.kind, below.kind, -1)
            written = _times(result.written, below.written, -1)
            units = one.units | below.units
            place = result.place / below.worth
            return Quantity(result.worth / below.worth, kind, one.last, place, units, written)
        return result

    def unit(self) -> Quantity:
        """The unit that comes, or none; what is counted in dozens is passed over."""
        word = self.word().lower() if self.kind() == "word" else ""
        if self.word() in UNITS and not (word == "in" and self.kind(1) in ("word", "number")):
            self.at += 1
            one = unit(self.read[self.at - 1][1])
        elif word in UNITS and len(word) > 2:
            self.at += 1
            one = unit(word)
        else:
            one = Quantity(Fraction(1), ())
        if not one.kind:
            plain = r"(?!(?:is|are|equals|makes|and|per|times|plus|minus|x|so|of)\b)[a-z]{3,}"
            while self.kind() == "word" and re.fullmatch(plain, self.word()) and self.word() not in UNITS:
                self.at += 1
        return one

    def number(self) -> Fraction:
        """A number, in digits or words."""
        kind, word = self.kind(), self.word()
        self.at += 1
        if kind == "number":
            above, _, below = word.replace(",", "").partition("/")
            return Fraction(above) / (int(below) if below else 1)
        if kind == "word" and word.lower() in ("a", "an") and self.word().lower() in UNITS:
            return Fraction(1)
        if kind == "word" and word.lower() in CARDINALS:
            return Fraction(CARDINALS[word.lower()])
        if kind == "word" and word.lower() == "half" and self.word() in ("a", "an"):
            self.at += 1
            return Fraction(1, 2)
        raise Unread


def _times(a: Kind, b: Kind, power: int) -> Kind:
    powers = dict(a)
    for name, number in b:
        powers[name] = powers.get(name, 0) + power * number
    return tuple(sorted((name, number) for name, number in powers.items() if number))

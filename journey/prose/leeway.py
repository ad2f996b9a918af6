"""Why two different values are no proof that their writer is wrong: rounding, units, habits of writing.

A claim is called wrong only where `excuse` finds none of these.

    23/3 = 7.67                rounded to the digits shown
    5 + 3 = 8 * 2 = 16         a running total: the equals sign means "then"
    2 * 3 feet = 72 inches     other units
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

from journey.exact.surds import Exact
from journey.prose.equalities import Equality
from journey.prose.formula import Node, nodes
from journey.prose.readings import CIRCULAR, READINGS, value
from journey.prose.tokens import word_set

DOUBTFUL = re.compile(
    r"\b(?:incorrect|false|contradict\w*|impossible|not (?:equal|true|right|correct)|isn't|doesn't|"
    r"would not|wouldn't|assum\w*|suppose|equation becomes|"
    r"modulo|modular|mod|units digit|remainders?|verify|instead)\b|\\[bp]?mod\b",
    re.IGNORECASE,
)
"""Beside these words an equality may be quoted, doubted or meant modulo a number."""
SCALES = word_set("hundred thousand million billion trillion dozen dozens k")
KINDS = [
    word_set("$ cent cents dollar dollars penny pennies nickel nickels dime dimes quarter quarters"),
    word_set(
        "second seconds minute minutes min mins hour hours hr hrs day days week weeks month months "
        "year years decade decades century centuries"
    ),
    word_set(
        "inch inches in foot feet ft yard yards mile miles cm m mm km meter meters metre metres "
        "kilometer kilometers centimeter centimeters"
    ),
    word_set(
        "gram grams g kg kilogram kilograms pound pounds lb lbs ounce ounces oz ton tons liter liters "
        "litre litres ml milliliters cup cups pint pints quart quarts gallon gallons tablespoon "
        "tablespoons teaspoon teaspoons"
    ),
]
"""Units between which people convert, by what they measure."""
CONVERSIONS = frozenset(
    Fraction(factor)
    for factor in word_set(
        "2 3 4 5 7 8 10 12 16 20 24 25 28 30 31 36 50 52 60 100 128 144 360 365 1000 1440 1760 2000 "
        "3600 5280 10000 10080 86400 1000000 1000000000"
    )
)


def rounded(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """The exact value in words, if one side is a number that shows the other to its digits."""
    for number, other, exactly in ((equality.right, equality.left, a), (equality.left, equality.right, b)):
        unit = _unit(number.tree, equality.approximate)
        if unit is not None and (unit < 1 or equality.approximate) and abs(a - b) <= unit / 2:
            return f"{other.text} = {shown(exactly)}"
    return None


def _unit(tree: Node, approximate: bool) -> Fraction | None:
    """The place of the last digit of a plain number: 0.01 for 3.14; of 1200, 100 if it is approximate."""
    if tree.op in ("-", "percent") and len(tree.parts) == 1:
        inner = _unit(tree.parts[0], approximate)
        return inner / 100 if inner is not None and tree.op == "percent" else inner
    if tree.op != "number":
        return None
    if tree.decimals or not approximate or not tree.value:
        return Fraction(1, 10**tree.decimals)
    digits = str(tree.value)
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))))


def excuse(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """Why two different values are no proof that the writer is wrong, or None."""
    left, right = equality.left, equality.right
    gap = abs(a - b)
    units = [unit for side in (left, right) if (unit := _unit(side.tree, equality.approximate)) is not None]
    if any(gap < unit and (unit < 1 or a.denominator != 1 or b.denominator != 1) for unit in units):
        return "the digits shown may be cut off"
    if equality.approximate and gap <= max(abs(a), abs(b)) / 20:
        return "about equal"
    irrational = _irrational(left.tree) or _irrational(right.tree)
    if irrational and gap <= max(abs(a), abs(b)) / 100:
        return "an irrational number may be rounded"
    if gap <= _slack(left.tree) + _slack(right.tree):
        return "the decimals in it may be rounded"
    spine = right.tree
    while len(spine.parts) > 1:
        spine = spine.parts[0]
        if value(spine, READINGS[0]).rational() == a:
            return "a running total: the next operation is written after the result"
    if _half_percent(left.tree) or _half_percent(right.tree):
        return "a percentage is added to a number"
    return _units_differ(equality, a, b)


def _units_differ(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """Whether other units on the two sides may explain that the numbers differ."""
    left, right = equality.left, equality.right
    before, after = left.units, right.units
    ratio = max(a / b, b / a) if a and b else Fraction(0)
    if (left.units | right.units) & SCALES and (left.units & SCALES or ratio in CONVERSIONS):
        return "a number word scales it"
    if ratio in CONVERSIONS and any(
        before & kind and after & kind and before & kind != after & kind for kind in KINDS
    ):
        return "it may convert units"
    for side, units in ((left, before), (right, after)):
        if any(len(units & kind) > 1 for kind in KINDS) and any(
            node.op in "+-" and len(node.parts) == 2 for node in nodes(side.tree)
        ):
            return "it may add different units"
    if 1 in (a, b) and left.tree.op == "/" and equality.mathematics and len(left.units) > 1:
        return "it may be a conversion factor"
    turned = any(node.op in CIRCULAR for side in (left, right) for node in nodes(side.tree))
    irrational = _irrational(left.tree) or _irrational(right.tree)
    if "degrees" in left.units | right.units and irrational and not turned:
        return "degrees may stand beside radians"
    return None


def _slack(tree: Node) -> Fraction:
    """How far the value may move if every decimal in it was rounded to its digits, to first order."""
    numbers = [node for node in nodes(tree) if node.op == "number" and _looks_rounded(node)]
    if not numbers or tree.op in ("number", "percent"):
        return Fraction(0)
    base = fraction(value(tree, READINGS[0]))
    total = Fraction(0)
    for node in set(numbers):
        moved = node._replace(value=node.value + Fraction(1, 2 * 10**node.decimals))
        total += abs(fraction(value(_replaced(tree, node, moved), READINGS[0])) - base)
    return total


def _looks_rounded(number: Node) -> bool:
    """Whether digits may have been cut off a decimal: of .33 and 1.67, but not of .05 and 1.50."""
    digits = number.value.numerator * 10**number.decimals // number.value.denominator
    return number.decimals >= 2 and digits >= 10 and digits % 10 != 0


def _replaced(tree: Node, old: Node, new: Node) -> Node:
    if tree == old:
        return new
    return tree._replace(parts=tuple(_replaced(part, old, new) for part in tree.parts))


IRRATIONAL = word_set("sqrt letter sin cos tan cot sec csc log ln")


def _irrational(tree: Node) -> bool:
    return any(node.op in IRRATIONAL or (node.op == "^" and node.parts[1].op == "/") for node in nodes(tree))


def _half_percent(tree: Node) -> bool:
    """Whether a percentage is added to or taken from something that is none, as in "30 + 10%"."""
    return any(
        node.op in "+-"
        and len(node.parts) == 2
        and len({any(n.op == "percent" for n in nodes(p)) for p in node.parts}) == 2
        for node in nodes(tree)
    )


def fraction(value: Exact | Fraction) -> Fraction:
    """A real value as a fraction: itself, or its first `PRECISION` digits."""
    if isinstance(value, Fraction):
        return value
    plain = value.rational()
    return Fraction(value.approximate()) if plain is None else plain


def shown(value: Exact | Fraction) -> str:
    """A value in the fewest characters that say it: 24, 7.5, 23/3, about 3.14159.

    >>> shown(Fraction(15, 2)), shown(Fraction(23, 3))
    ('7.5', '23/3')
    """
    plain = value.rational() if isinstance(value, Exact) else value
    if plain is None:
        return f"about {float(fraction(value)):.6g}"
    if max(plain.numerator.bit_length(), plain.denominator.bit_length()) > 80:
        return f"about {Decimal(plain.numerator) / Decimal(plain.denominator):.6g}"
    rest = plain.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or plain.denominator > 10**6:
        return str(plain)
    return f"{Decimal(plain.numerator) / Decimal(plain.denominator):f}"

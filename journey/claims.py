r"""The checkable claims in solutions as people and models write them, each with a verdict and its proof.

    check_step("She sold 48/2 = 25 clips in May.")      wrong    48/2 = 24, not 25
    check_step("Each gets 23/3 = 7.67 liters.")         valid    23/3 = 7.67 to 2 decimals
    check_step("Let $x = 5$.")                          unknown  a definition is no claim

A claim is an equality between closed expressions, at least one of which computes something. It is `wrong` only
with a proof: exact values that differ under every reading of its percents and mixed numbers, by more than
rounding explains. An equality that holds for all values of its letters is `valid`; one that does not may be a
definition, a hypothesis or an equation to solve, and is no claim.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from journey.errors import InputError
from journey.prose import Equality, Node, Side, equalities
from journey.step import Evidence, Verdict
from journey.surds import Exact, TooHard, binomial, exact, factorial_of, root, unknown, whole
from journey.tokens import ANNOTATION, MAX_CHARACTERS, split_steps

MAX_ROOT = 20


class Claim(NamedTuple):
    """An equality that a step states, judged."""

    text: str
    verdict: Verdict
    evidence: str | None
    """The fact that proves the verdict; for an unknown one, why it was not decided."""


class CheckedStep(NamedTuple):
    """A step with the claims found in it."""

    text: str
    verdict: Verdict
    evidence: str | None
    claims: tuple[Claim, ...]


class Reading(NamedTuple):
    """How to take what people write in two ways."""

    percent: bool = True
    """5% is 5/100; otherwise it is 5 of a unit called percent."""
    mixed: bool = True
    """2 1/2 is two and a half; otherwise it is a product."""


READINGS = [Reading(percent, mixed) for percent in (True, False) for mixed in (True, False)]


def check_step(text: str) -> CheckedStep:
    """One step: wrong if a claim is wrong, valid if one is valid and none wrong, else unknown.

    >>> check_step("48/2 = 25").evidence
    '48/2 = 24, not 25'
    """
    if len(text) > MAX_CHARACTERS:
        return CheckedStep(text, Verdict.UNKNOWN, f"longer than {MAX_CHARACTERS} characters", ())
    claims = tuple(claims_in(text))
    for verdict in (Verdict.WRONG, Verdict.VALID):
        for claim in claims:
            if claim.verdict is verdict:
                return CheckedStep(text, verdict, claim.evidence, claims)
    return CheckedStep(text, Verdict.UNKNOWN, claims[0].evidence if claims else "no checkable claim", claims)


def claims_in(text: str) -> Iterator[Claim]:
    """The claims in a line, judged."""
    said = DOUBTFUL.search(text)
    doubt = f"{said.group()!r} is said of it" if said else None
    for equality in equalities(ANNOTATION.sub("", text)):
        if equality.left.tree != equality.right.tree and (claim := judge(equality, doubt)) is not None:
            yield claim


def judge(equality: Equality, doubt: str | None = None) -> Claim | None:
    """The verdict on an equality, or None if it is no claim. With a `doubt` it is never wrong."""
    left, right = equality.left.tree, equality.right.tree
    letters = _letters(left) | _letters(right)
    if not (_computes(left) or _computes(right)):
        return None

    def claim(verdict: Verdict, evidence: str) -> Claim:
        return Claim(equality.text, verdict, evidence)

    try:
        pairs = _values(left, right)
        if not pairs:
            return None if letters else claim(Verdict.UNKNOWN, "a division by zero")
        for a, b in pairs:
            if a == b and not equality.approximate:
                return claim(Verdict.VALID, _both(equality, a, bool(letters)))
        if letters:
            return None
        return _closed(equality, pairs, claim, doubt)
    except TooHard as fault:
        return None if letters else claim(Verdict.UNKNOWN, str(fault))


def _closed(equality: Equality, pairs: list[tuple[Exact, Exact]], claim: Any, doubt: str | None) -> Claim:
    """The verdict on an equality without letters whose sides are not exactly equal."""
    left, right = equality.left, equality.right
    excuse = equality.unclear or doubt
    for a, b in pairs:
        if (rounded := _rounded(equality, _fraction(a), _fraction(b))) is not None:
            return claim(Verdict.VALID, f"{left.text} = {rounded}, to the digits shown")
        excuse = excuse or _excuse(equality, _fraction(a), _fraction(b))
    if excuse is not None:
        return claim(Verdict.UNKNOWN, excuse)
    a, b = pairs[0]
    if not _computes(left.tree):
        return claim(Verdict.WRONG, str(Evidence("unequal", (right.text, shown(b), left.text))))
    said = f"{right.text} = {shown(b)}" if _computes(right.tree) else right.text
    return claim(Verdict.WRONG, str(Evidence("unequal", (left.text, shown(a), said))))


def _rounded(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """The exact value, if one side is a number that shows the other to its digits."""
    for tree, value in ((equality.right.tree, a), (equality.left.tree, b)):
        unit = _unit(tree, equality.approximate)
        if unit is not None and (unit < 1 or equality.approximate) and abs(a - b) <= unit / 2:
            return shown(value)
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


def _excuse(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """Why two different values are no proof that the writer is wrong, or None."""
    left, right = equality.left, equality.right
    gap = abs(a - b)
    units = [unit for side in (left, right) if (unit := _unit(side.tree, equality.approximate)) is not None]
    if any(gap < unit and (unit < 1 or a.denominator != 1 or b.denominator != 1) for unit in units):
        return "the digits shown may be cut off"
    if equality.approximate and gap <= max(abs(a), abs(b)) / 20:
        return "about equal"
    if any(
        gap <= max(abs(a), abs(b)) / 100 for _ in [0] if _irrational(left.tree) or _irrational(right.tree)
    ):
        return "an irrational number may be rounded"
    if gap <= _slack(left.tree) + _slack(right.tree):
        return "the decimals in it may be rounded"
    spine = right.tree
    while spine.parts:
        spine = spine.parts[0]
        if _value(spine, READINGS[0]).rational() == a:
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
    if ratio in CONVERSIONS and any(before & kind and (after - before) & kind for kind in KINDS):
        return "it may convert units"
    for side, units in ((left, before), (right, after)):
        if any(len(units & kind) > 1 for kind in KINDS) and any(
            node.op in "+-" and len(node.parts) == 2 for node in _nodes(side.tree)
        ):
            return "it may add different units"
    if 1 in (a, b) and left.tree.op == "/" and equality.mathematics and len(left.units) > 1:
        return "it may be a conversion factor"
    if "degrees" in left.units | right.units and (_irrational(left.tree) or _irrational(right.tree)):
        return "degrees may stand beside radians"
    return None


def _slack(tree: Node) -> Fraction:
    """How far the value may move if every decimal in it was rounded to its digits, to first order."""
    numbers = [node for node in _nodes(tree) if node.op == "number" and _looks_rounded(node)]
    if not numbers or tree.op in ("number", "percent"):
        return Fraction(0)
    base = _fraction(_value(tree, READINGS[0]))
    total = Fraction(0)
    for node in set(numbers):
        moved = node._replace(value=node.value + Fraction(1, 2 * 10**node.decimals))
        total += abs(_fraction(_value(_replaced(tree, node, moved), READINGS[0])) - base)
    return total


def _looks_rounded(number: Node) -> bool:
    """Whether a decimal has two digits that matter and more may have been cut: .33 and 1.67, not .05 and 1.50."""
    digits = number.value.numerator * 10**number.decimals // number.value.denominator
    return number.decimals >= 2 and digits >= 10 and digits % 10 != 0


def _replaced(tree: Node, old: Node, new: Node) -> Node:
    if tree == old:
        return new
    return (
        tree._replace(parts=tuple(_replaced(part, old, new) for part in tree.parts)) if tree.parts else tree
    )


def _values(left: Node, right: Node) -> list[tuple[Exact, Exact]]:
    """The values of both sides under each reading that makes a difference."""
    pairs = []
    for a in _readings(left):
        for b in _readings(right):
            try:
                pairs.append((_value(left, a), _value(right, b)))
            except ZeroDivisionError:
                continue
    return pairs


def _readings(tree: Node) -> list[Reading]:
    used = {node.op for node in _nodes(tree)}
    return [r for r in READINGS if (r.percent or "percent" in used) and (r.mixed or "mixed" in used)]


def _value(tree: Node, reading: Reading) -> Exact:
    """The exact value of a tree; raises ZeroDivisionError and TooHard."""
    if tree.op == "number":
        return exact(tree.value)
    if tree.op == "letter":
        return unknown(tree.name)
    parts = [_value(part, reading) for part in tree.parts]
    first = parts[0]
    if tree.op == "percent":
        return first * exact(Fraction(1, 100)) if reading.percent else first
    if tree.op == "sqrt":
        return root(first, whole(parts[1], MAX_ROOT) if len(parts) > 1 else 2)
    if tree.op == "!":
        return factorial_of(first)
    if len(parts) == 1:
        return exact(-1) * first
    return _binary(tree.op, first, parts[1], reading)


def _binary(op: str, a: Exact, b: Exact, reading: Reading) -> Exact:
    if op == "+" or (op == "mixed" and reading.mixed):
        return a + b
    if op == "-":
        return a - b
    if op in ("*", "mixed"):
        return a * b
    if op == "/":
        return a / b
    if op == "binom":
        return binomial(a, b)
    power = b.rational()
    if power is None or power.denominator > MAX_ROOT:
        raise TooHard("an exponent that is no small fraction")
    if power < 0 and not a.over:
        raise ZeroDivisionError
    base = a if power.denominator == 1 else root(a, power.denominator)
    return base**power.numerator


def _nodes(tree: Node) -> Iterator[Node]:
    yield tree
    for part in tree.parts:
        yield from _nodes(part)


def _letters(tree: Node) -> set[str]:
    return {node.name for node in _nodes(tree) if node.op == "letter" and node.name != "pi"}


def _irrational(tree: Node) -> bool:
    return any(
        node.op in ("sqrt", "letter") or (node.op == "^" and node.parts[1].op == "/") for node in _nodes(tree)
    )


def _computes(tree: Node) -> bool:
    return any(
        len(node.parts) > 1 and node.op != "mixed" or node.op in ("sqrt", "!") for node in _nodes(tree)
    )


def _half_percent(tree: Node) -> bool:
    """Whether a percentage is added to or taken from something that is none, as in "30 + 10%"."""
    return any(
        node.op in "+-"
        and len(node.parts) == 2
        and len({any(n.op == "percent" for n in _nodes(p)) for p in node.parts}) == 2
        for node in _nodes(tree)
    )


def _fraction(value: Exact) -> Fraction:
    plain = value.rational()
    return Fraction(value.approximate()) if plain is None else plain


def _both(equality: Equality, value: Exact, letters: bool) -> str:
    if letters:
        return "equal for all values of the letters"
    computed = f"{equality.left.text} = {shown(value)}"
    return computed if computed == equality.text else f"both sides are {shown(value)}"


def shown(value: Exact | Fraction) -> str:
    """A value in the fewest characters that say it: 24, 7.5, 23/3, about 3.14159.

    >>> shown(Fraction(15, 2)), shown(Fraction(23, 3))
    ('7.5', '23/3')
    """
    plain = value.rational() if isinstance(value, Exact) else value
    if plain is None:
        assert isinstance(value, Exact)
        return f"about {value.approximate():.6g}"
    if max(plain.numerator.bit_length(), plain.denominator.bit_length()) > 80:
        return f"about {Decimal(plain.numerator) / Decimal(plain.denominator):.6g}"
    rest = plain.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1 or plain.denominator > 10**6:
        return str(plain)
    return f"{Decimal(plain.numerator) / Decimal(plain.denominator):f}"


def check_record(record: Any) -> dict[str, Any]:
    """A solution as {"id", "steps": [..]} or {"id", "solution": ".."}, checked: what `journey check` prints.

    Raises:
        InputError: the record is not of that form.

    >>> check_record({"id": 1, "steps": ["2 + 2 = 5"]})["steps"][0]["verdict"]
    <Verdict.WRONG: 'wrong'>
    """
    if not isinstance(record, dict):
        raise InputError(f'not an object with "steps" or "solution": {str(record)[:60]}')
    steps = record.get("steps")
    if steps is None and isinstance(record.get("solution"), str):
        steps = split_steps(record["solution"])
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise InputError('it needs "steps", a list of texts, or "solution", a text')
    checked = [check_step(step) for step in steps]
    return {
        "id": record.get("id"),
        "steps": [
            {**step._asdict(), "claims": [claim._asdict() for claim in step.claims]} for step in checked
        ],
    }


DOUBTFUL = re.compile(
    r"\b(?:incorrect|false|contradict\w*|impossible|not (?:equal|true|right|correct)|isn't|doesn't|would not|wouldn't|"
    r"modulo|modular|mod|units digit|remainders?|verify|check whether|instead)\b|\\[bp]?mod\b",
    re.IGNORECASE,
)
"""Beside these words an equality may be quoted, doubted or meant modulo a number."""
SCALES = frozenset("hundred thousand million billion trillion dozen dozens k".split())
KINDS = [
    frozenset("$ cent cents dollar dollars penny pennies nickel nickels dime dimes quarter quarters".split()),
    frozenset(
        "second seconds minute minutes min mins hour hours hr hrs day days week weeks month months year years "
        "decade decades century centuries".split()
    ),
    frozenset(
        "inch inches in foot feet ft yard yards mile miles cm m mm km meter meters metre metres kilometer kilometers "
        "centimeter centimeters".split()
    ),
    frozenset(
        "gram grams g kg kilogram kilograms pound pounds lb lbs ounce ounces oz ton tons liter liters litre litres ml "
        "milliliters cup cups pint pints quart quarts gallon gallons tablespoon tablespoons teaspoon teaspoons".split()
    ),
]
"""Units between which people convert, by what they measure."""
CONVERSIONS = frozenset(
    Fraction(factor)
    for factor in (
        2,
        3,
        4,
        5,
        7,
        8,
        10,
        12,
        16,
        20,
        24,
        25,
        28,
        30,
        31,
        36,
        50,
        52,
        60,
        100,
        128,
        144,
        360,
        365,
        1000,
        1440,
    )
    + (1760, 2000, 3600, 5280, 10000, 10080, 86400, 1000000, 1000000000)
)

"""Why two different values are no proof that their writer is wrong: rounding, units, habits of writing.

A claim is called wrong only where `excuse` finds none of these.

    23/3 = 7.67                rounded to the digits shown
    5 + 3 = 8 * 2 = 16         a running total: the equals sign means "then"
    2 * 3 feet = 72 inches     other units
"""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

from journey.solution_text.claims.equalities import Equality
from journey.solution_text.claims.unit_clashes import FACTORS
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.reading.unit_words import CONVERSIONS, KINDS, LARGE_SCALES, SCALES, units_of
from journey.solution_text.reading.words import word_set
from journey.solution_text.values.display import fraction, shown
from journey.solution_text.values.evaluate import computes, letters, value
from journey.solution_text.values.functions import CIRCULAR
from journey.solution_text.values.letters import READINGS
from journey.solution_text.values.numeric import NoValue, numeric


def rounded(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """The exact value in words, if one side is a number that shows the other to its digits."""
    for number, other, exactly in ((equality.right, equality.left, a), (equality.left, equality.right, b)):
        unit = _unit(number.tree, equality.approximate)
        if unit is not None and number.tree.op == "percent" and max(abs(a), abs(b)) > 1:
            unit *= 100
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


def _tens(percent: Node) -> Fraction:
    """The place of the last digit of a percentage that is not 0: 10 for 70%, 1 for 65%."""
    number = percent.parts[0]
    if number.op != "number" or number.decimals or not number.value:
        return Fraction(0)
    digits = str(number.value)
    return Fraction(10 ** (len(digits) - len(digits.rstrip("0"))))


def excuse(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """Why two different values are no proof that the writer is wrong, or None."""
    left, right = equality.left, equality.right
    gap = abs(a - b)
    if any(side.tree.op == "percent" and gap <= _tens(side.tree) / 200 for side in (left, right)):
        return "a rounded percentage"
    units = [unit for side in (left, right) if (unit := _unit(side.tree, equality.approximate)) is not None]
    if any(gap < unit and (unit < 1 or _rounds_to_wholes(equality, a, b)) for unit in units):
        return "the digits shown may be cut off"
    if equality.approximate and gap <= max(abs(a), abs(b)) / 10:
        return "about equal"
    irrational = _irrational(left.tree) or _irrational(right.tree)
    if irrational and gap <= max(abs(a), abs(b)) / 100:
        return "an irrational number may be rounded"
    if gap <= _slack(left.tree) + _slack(right.tree):
        return "the decimals in it may be rounded"
    if computes(left.tree) and _runs_on(right.tree, a):
        return f"{RUNNING}: {left.text} = {shown(a)}, and the next operation is written after it"
    if why := _range(equality, a, b) or _ratio(equality) or _grouped(equality):
        return why
    if _signed_power(left.tree, b) or _signed_power(right.tree, a):
        return "the minus may be a part of the power"
    if bare_logarithm(equality):
        return "the base of the logarithm is not written"
    if bare_angles(equality):
        return "the angles may be in degrees"
    if _half_percent(left.tree) or _half_percent(right.tree):
        return "a percentage is added to a number"
    return _units_differ(equality, a, b)


WHOLES = word_set(
    "full whole complete completely entire round rounded rounding about approximately roughly nearly around "
    "nearest floor ceiling integer integers remainder leftover left over only most least enough can "
    "needs need almost or remain remains remaining extra spare among evenly equally split divide divides "
    "dividing shared share"
)
"""Near these words a quotient may be given in wholes: "25/4 = 6 full boxes"."""


def _rounds_to_wholes(equality: Equality, a: Fraction, b: Fraction) -> bool:
    """Whether a whole number may stand for a quotient that is none; a sum is not cut off to wholes."""
    quotient = any(node.op == "/" for side in (equality.left, equality.right) for node in nodes(side.tree))
    words = equality.words | equality.left.units | equality.right.units
    return quotient and (a.denominator != 1 or b.denominator != 1) and not words.isdisjoint(WHOLES)


RUNNING = "a running total"
"""How the evidence begins where = is written for "and then", as in 5*2 = 10+3 = 13."""


def _runs_on(tree: Node, total: Fraction) -> bool:
    """Whether an expression begins with the value before it."""
    while len(tree.parts) > 1:
        tree = tree.parts[0]
        if not letters(tree) and value(tree, READINGS[0]).rational() == total:
            return True
    return False


def _signed_power(tree: Node, other: Fraction) -> bool:
    """Whether -3^2 is meant as the square of -3."""
    if tree.op != "-" or len(tree.parts) != 1 or tree.parts[0].op != "^":
        return False
    base, exponent = tree.parts[0].parts
    return value(Node("^", (Node("-", (base,)), exponent)), READINGS[0]).rational() == other


def bare_logarithm(equality: Equality) -> bool:
    """Whether a logarithm is written without its base, and another base makes the sides equal."""
    sides = [equality.left.tree, equality.right.tree]
    logarithms = {node for side in sides for node in nodes(side) if node.op == "log" and len(node.parts) == 1}
    if not logarithms:
        return False
    for base in (Node("letter", name="e"), Node("number", value=Fraction(2))):
        changes = {node: node._replace(parts=(*node.parts, base)) for node in logarithms}
        if _equal_with(changes, sides):
            return True
    return False


def bare_angles(equality: Equality) -> bool:
    """Whether angles are written without a unit, and the sides are equal if they are in degrees."""
    sides = [equality.left.tree, equality.right.tree]
    angles = {node for side in sides for node in nodes(side) if node.op in CIRCULAR and not node.name}
    bare = [node for node in angles if not any(part.op == "letter" for part in nodes(node))]
    return bool(bare) and _equal_with({node: node._replace(name="degrees") for node in bare}, sides)


def _equal_with(changes: dict[Node, Node], sides: list[Node]) -> bool:
    """Whether the sides are about equal with these parts of them changed."""
    changed = sides
    for old, new in changes.items():
        changed = [_replaced(side, old, new) for side in changed]
    try:
        a, b = (numeric(side, {}) for side in changed)
    except NoValue:
        return False
    return abs(a - b) <= 0.01 * max(abs(a), abs(b))


SCORES = word_set("score scored scores won lost win beat tied defeated game match final record goals")
RANGES = word_set("range ranges ranging average mean from between through ages pages weeks days about")
ASSERTS = word_set(
    "as is was has totals equals costs makes needs spends takes pays earns gives gets means sells uses adds "
    "becomes thus"
)
"""Words in s that name nothing: right before a number they begin a calculation."""
NUMBERED = word_set(
    "to and or for the at in on page age day week month year hour minute level grade class step part row "
    "line number question problem exercise item chapter section room floor group team unit stage round "
    "season game lesson"
)
"""Right before a number these may name what is numbered: "level 3-6 = 9 points"."""
HOURS = word_set("hours hour works work worked open opens shift o'clock am pm")


def _range(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """Whether a dash between two numbers may be no minus: a range, a score, hours of a day."""
    if equality.mathematics:
        return None
    words = equality.words
    for side, other in ((equality.left, b), (equality.right, a)):
        tree = side.tree
        if tree.op != "-" or [part.op for part in tree.parts] != ["number", "number"]:
            continue
        first, second = (part.value for part in tree.parts)
        spaced = " - " in side.text
        # How many numbers are between the two, or what they add up to.
        count = second - first + 1
        near = other in (count - 1, count) or (count > 2 and other == count * (first + second) / 2)
        begins = _begins_calculation(side.leads) or (side.leads == "of" and "total" in words)
        # A range of no money is as long as no money: "saves a customer 19 - 20 = $2".
        priced = not words & RANGES and "$" in equality.right.units and "$" not in side.units
        asserted = begins or priced or (not words & RANGES and "$" in side.units & equality.right.units)
        if first < second and other >= 0 and words and ((near and not priced) or not (spaced or asserted)):
            return "the dash may be a range"
        if words & SCORES and other == first + second and not (spaced and asserted):
            return "the dash may be a score"
        if words & HOURS and other in (second - first + 12, second - first + 24):
            return "the dash may be between two times"
        if other == first - second + 1 and not words.isdisjoint(["pages", "page", "through"]):
            return "the dash may be a range"
    return None


def _ratio(equality: Equality) -> str | None:
    """Whether dashes join the terms of two equal ratios: a 6-8-10 = 3-4-5 triangle."""
    first, second = _joined(equality.left.tree), _joined(equality.right.tree)
    if len(first) != len(second) or len(first) < 3 or not first[0] or not second[0]:
        return None
    scale = first[0] / second[0]
    same = all(a == scale * b for a, b in zip(first, second, strict=True))
    return "the dashes may be those of a ratio" if same else None


def _joined(tree: Node) -> list[Fraction]:
    """The numbers of a chain of dashes, or none."""
    if tree.op == "-" and len(tree.parts) == 2 and tree.parts[1].op == "number":
        before = _joined(tree.parts[0])
        return [*before, tree.parts[1].value] if before else []
    return [tree.value] if tree.op == "number" else []


def _begins_calculation(word: str) -> bool:
    """Whether a number right behind this word begins a calculation: it names nothing that is numbered."""
    if not word or word in RANGES or word in NUMBERED:
        return False
    return word in ASSERTS or not word.endswith("s")


def _grouped(equality: Equality) -> str | None:
    """Whether points may group the digits in threes, as in 1.000 + 500 = 1.500."""
    grouped = []
    for side in (equality.left, equality.right):
        changed = side.tree
        for node in set(nodes(side.tree)):
            if node.op == "number" and node.decimals == 3:
                changed = _replaced(changed, node, node._replace(value=node.value * 1000, decimals=0))
        grouped.append(changed)
    if grouped == [equality.left.tree, equality.right.tree]:
        return None
    try:
        same = value(grouped[0]) == value(grouped[1])
    except ZeroDivisionError:
        return None
    return "a point may group the digits" if same else None


def _units_differ(equality: Equality, a: Fraction, b: Fraction) -> str | None:
    """Whether other units on the two sides may explain that the numbers differ."""
    left, right = equality.left, equality.right
    before, after = left.units, right.units
    ratio = max(a / b, b / a) if a and b else Fraction(0)
    scaled = equality.words & LARGE_SCALES and ratio in CONVERSIONS
    if ((left.units | right.units) & SCALES and (left.units & SCALES or ratio in CONVERSIONS)) or scaled:
        return "a number word scales it"
    for kind in KINDS:
        first, second = units_of(kind, before), units_of(kind, after)
        divided = left.tree.op == "/" and _may_convert(first | second, ratio)
        if first and second and first != second and (ratio in CONVERSIONS or divided):
            return "it may convert units"
        if first and second and first != second and equality.mathematics:
            return "it may convert units"
    for side, units, other in ((left, before, b), (right, after, a)):
        both = before | after
        mixed = [units_of(kind, both) for kind in KINDS if len(units_of(kind, units)) > 1]
        if mixed and _mixes_units(side.tree, other, ratio, mixed):
            return "it may add or compare different units"
    for side in (left, right):
        if equality.mathematics and len(side.units) > 1 and any(node.op == "/" for node in nodes(side.tree)):
            return "it may convert units"
    if 1 in (a, b) and left.tree.op == "/" and equality.mathematics and len(left.units) > 1:
        return "it may be a conversion factor"
    turned = any(node.op in CIRCULAR for side in (left, right) for node in nodes(side.tree))
    irrational = _irrational(left.tree) or _irrational(right.tree)
    if "degrees" in left.units | right.units and irrational and not turned:
        return "degrees may be compared with radians"
    return None


def _may_convert(units: set[str], ratio: Fraction) -> bool:
    """Whether two sides that differ by this ratio may be equal in some of these units."""
    factors = [FACTORS[pair] for pair in permutations(sorted(units), 2) if pair in FACTORS]
    known = len(units) == 2 and factors and "month" not in units
    return not known or any(abs(ratio / factor - 1) <= CLOSE for factor in factors)


def _mixes_units(tree: Node, other: Fraction, ratio: Fraction, mixed: list[set[str]]) -> bool:
    """Whether another unit of a term, or of a rate, may make an expression equal to this value.

    Args:
        tree: the expression.
        other: the value that is stated for it.
        ratio: by how much it differs.
        mixed: the units in it, by kind.
    """
    sums = [node for node in nodes(tree) if node.op in "+-" and len(node.parts) == 2]
    if not sums and "/" not in tree.operations:
        return False
    pairs = [pair for units in mixed for pair in permutations(sorted(units), 2)]
    factors = [FACTORS[pair] for pair in pairs if pair in FACTORS]
    # A month has several lengths, and not every pair of units is listed.
    if 2 * len(factors) != len(pairs) or any("month" in units for units in mixed) or not other:
        return True
    if not sums:
        return ratio in factors
    if sums != [tree]:
        return True
    first, second = (fraction(value(part, READINGS[0])) for part in tree.parts)
    sign = 1 if tree.op == "+" else -1
    for factor in factors:
        for total in (factor * first + sign * second, first + sign * factor * second):
            scale = total / other
            if scale > 0 and any(abs(scale / k - 1) <= CLOSE for k in (Fraction(1), factor, 1 / factor)):
                return True
    return False


CLOSE = Fraction(1, 50)
"""How far a value that was converted and rounded may be off."""


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


def has_decimals(equality: Equality) -> bool:
    """Whether a number in it may be rounded: it has digits after the point, or is irrational."""
    trees = (equality.left.tree, equality.right.tree)
    return equality.approximate or any(
        _irrational(tree) or any(node.decimals for node in nodes(tree)) for tree in trees
    )


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

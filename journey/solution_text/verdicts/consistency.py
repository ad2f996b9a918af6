r"""Equations of a step that do not agree with it, though nothing proves which of them is false.

    2w + 16 = 24, so 2w = 7, so w = 4          2w = 7 is false where w = 4
    x^2 - 5x + 6 = 0, so (x-2)(x-3) = 1        it contradicts x^2 - 5x + 6 = 0
    AB - BA = 9A + B - 10B - A = 9A - 9B       the sides are no rewriting of each other
    a^2 = 32 and b^2 = 8, so a^2 + b^2 = 42    it is 40 by the equations before it

Such an equation may open another case, so it is not refuted. But a step that states it is not called valid
for what else it says.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

from journey.exact.surds import EITHER, ONE, Exact, Terms, Unsupported, exact
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.display import fraction, shown
from journey.solution_text.values.evaluate import computes, letters, value
from journey.solution_text.values.letters import VECTOR, Meaning
from journey.solution_text.verdicts.conclusions import values_of
from journey.solution_text.verdicts.contradiction import solution_of
from journey.solution_text.verdicts.detours import another_polynomial, cancelled, in_chain, of_complex_numbers
from journey.solution_text.verdicts.rewriting import MAX_WORK, Premises

MAX_FACTS = 6
"""Of those stated before, in which a value is tried."""


def conflict(equality: Equality, around: list[Equality], premises: Premises) -> str | None:
    """Why an undecided equation does not agree with the others of its step, or None.

    Args:
        equality: the equation.
        around: the others of its step.
        premises: what was stated, the step included.
    """
    if equality.relation != "=" or _is_a_case(equality, premises):
        return None
    for rule in RULES:
        try:
            if why := rule(equality, around, premises):
                return why
        except (Unsupported, ZeroDivisionError):
            continue
    return None


def _at_values(equality: Equality, around: list[Equality], premises: Premises) -> str | None:
    """Whether it is false at the stated values of its letters."""
    names = _names(equality)
    if not names or "letter" in (equality.left.tree.op, equality.right.tree.op):
        return None
    stated = {(one.left.tree.name, one.right.tree) for one in around if one.left.tree.op == "letter"}
    if any(sum(name == other for other, _ in stated) > 1 for name in names):
        return None  # x = 3 or x = 4
    values: dict[str, Exact] = premises.values_around(around)
    if not names <= set(values):
        return None
    meaning = Meaning(values, premises.functions)
    a, b = value(equality.left.tree, meaning=meaning), value(equality.right.tree, meaning=meaning)
    if a == b or a.unknowns() or b.unknowns():
        return None
    if _near(equality, a, b):
        return None
    where = ", ".join(f"{name} = {shown(values[name])}" for name in sorted(names))
    return f"{equality.text} is false where {where}"


def _solves_nothing(equality: Equality, around: list[Equality], premises: Premises) -> str | None:
    """Whether a letter's value solves none of the equations of which it is the only unknown."""
    left, right = equality.left.tree, equality.right.tree
    if left.op != "letter" or letters(right) - {EITHER} or premises.work > MAX_WORK:
        return None
    if computes(right) and not _is_root(right):
        return None
    known = premises.values_around(around)
    for worth in values_of(right):
        values = {**known, left.name: worth}
        if failed := _fails(equality, around, premises, Meaning(values, premises.functions)):
            return failed
    return None


ROOTS = frozenset(["number", "letter", "+", "-", "*", "/", "^", "sqrt", "±", "∓"])


def _is_root(tree: Node) -> bool:
    """Whether it looks like the solution of an equation: 8/2, or a number with a root or a ± in it."""
    fraction = tree.op == "/" and all(part.op == "number" for part in tree.parts)
    return fraction or (tree.operations <= ROOTS and bool(tree.operations & {"sqrt", "±", "∓"}))


def _fails(equality: Equality, around: list[Equality], premises: Premises, meaning: Meaning) -> str | None:
    """Whether none of the equations before it holds with these values."""
    left, right, values = equality.left.tree, equality.right.tree, meaning.letters
    pairs = [(one.left.tree, one.right.tree) for one in around if one.relation == "="]
    pairs += [(fact.left, fact.right) for fact in islice(premises.recent(), MAX_FACTS)]
    closed = {a.name for a, b in pairs if a.op == "letter" and not letters(b)} | {left.name}
    failed = ""
    for a, b in pairs:
        names = letters(a) | letters(b)
        stated = "letter" in (a.op, b.op) and not (computes(a) or computes(b))
        # The value of such a letter was computed from this equation.
        stated = stated or any(side.op == "letter" and side.name not in closed for side in (a, b))
        if left.name not in names or not names <= set(values) or stated or {a, b} == {left, right}:
            continue
        try:
            first, second = value(a, meaning=meaning), value(b, meaning=meaning)
        except (Unsupported, ZeroDivisionError):
            continue
        premises.work += 1
        if first.unknowns() or second.unknowns():
            continue
        gap = Fraction(0) if first == second else abs(fraction(first) - fraction(second))
        if gap <= (abs(fraction(first)) / 20 if _rounds(a, b, right) else 0):
            return None
        failed = f"{equality.text} does not solve the equations before it"
    return failed or None


def _by_a_constant(equality: Equality, _: list[Equality], premises: Premises) -> str | None:
    """Whether it is an equation stated before with another constant, or a sum of some."""
    left, right = equality.left.tree, equality.right.tree
    plain_form = premises.plain_form(left, right)
    if plain_form and not letters(left) | letters(right):
        return f"{equality.text} is false"
    if plain_form and not _varying(plain_form):
        return f"{equality.text} holds for no values of its letters"
    solution = _is_value(left, right)
    names = letters(left) | letters(right)
    # Only one with a number on a side is compared with values put in: a definition may hold elsewhere.
    numbers = not letters(left) or not letters(right)
    forms = [plain_form, *([premises.filled(left, right)] if numbers else [])]
    for fact in premises.recent():
        if fact.states(left, right) or _is_value(fact.left, fact.right):
            continue  # x = 3 or x = 4
        others = [fact.form, *([premises.with_values(fact)] if numbers else [])]
        if fact.letters & names and not solution:
            others.append(premises.squared(fact))
        for form in forms:
            if any(_varying(other) == _varying(form) != {} and other != form for other in others):
                return f"{equality.text} contradicts {fact.text}"
    if solution:
        return None
    rest = premises.remainder(plain_form)
    return f"{equality.text} contradicts the equations before it" if rest and not _varying(rest) else None


def _is_a_case(equality: Equality, premises: Premises) -> bool:
    """Whether its solution solves an equation of higher degree: x - 3 = 0 where (x - 3)(x - 4) = 0."""
    try:
        form = premises.plain_form(equality.left.tree, equality.right.tree)
    except (Unsupported, ZeroDivisionError):
        return False
    number = solution_of(form)
    if number is None:
        return False
    (name,) = {name for mono, _ in form for name, _ in mono}
    for fact in islice(premises.recent(), MAX_FACTS):
        if fact.letters == {name} and any(power > 1 for mono, _ in fact.form for _, power in mono):
            at = Meaning({name: exact(number)}, premises.functions)
            if _worth(fact.left, at) == _worth(fact.right, at):
                return True
    return False


def _is_value(left: Node, right: Node) -> bool:
    """Whether it says the value of a letter, so that another case may say another."""
    return (left.op == "letter" and not letters(right)) or (right.op == "letter" and not letters(left))


def _another_number(equality: Equality, _: list[Equality], premises: Premises) -> str | None:
    """Whether what was stated before gives one side another number than it says."""
    left, right = equality.left.tree, equality.right.tree
    known = premises.meaning_of(left, right)
    for side, other in ((left, right), (right, left)):
        if letters(other) or not letters(side) or side.op == "letter":
            continue
        stated_number, worth = value(other), value(side, meaning=known)
        if not worth.unknowns():
            if worth == stated_number or _near(equality, worth, stated_number):
                continue
            return f"{equality.text} contradicts {shown(worth)}, by the equations before it"
        for fact in islice(premises.recent(), MAX_FACTS):
            for a, b in ((fact.left, fact.right), (fact.right, fact.left)):
                if letters(b) or a == side or not letters(a):
                    continue
                if value(b) != stated_number and _worth(a, Meaning(known.letters, known.functions)) == worth:
                    return f"{equality.text} contradicts {fact.text}"
    return None


def _worth(tree: Node, meaning: Meaning) -> Exact | None:
    """The value of an expression, or None beyond the limits."""
    try:
        return value(tree, meaning=meaning)
    except (Unsupported, ZeroDivisionError):
        return None


def _near(equality: Equality, a: Exact, b: Exact) -> bool:
    """Whether two values differ by no more than rounding explains."""
    rounds = equality.approximate or _rounds(equality.left.tree, equality.right.tree)
    return rounds and abs(fraction(a) - fraction(b)) <= abs(fraction(a)) / 20


def _rounds(*trees: Node) -> bool:
    """Whether a number in them has digits after the point."""
    return any(node.decimals for tree in trees for node in nodes(tree))


def _varying(form: Terms) -> Terms:
    """The terms with letters."""
    return {term: number for term, number in form.items() if term != ONE}


RULES = (
    _at_values,
    _solves_nothing,
    _by_a_constant,
    _another_number,
    in_chain,
    of_complex_numbers,
    cancelled,
    another_polynomial,
)


def _names(equality: Equality) -> frozenset[str]:
    return (letters(equality.left.tree) | letters(equality.right.tree)) - {EITHER, VECTOR}

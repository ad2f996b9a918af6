r"""Equations of a step that do not agree with it, though nothing proves which of them is false.

    2w + 16 = 24, so 2w = 7, so w = 4          2w = 7 is false where w = 4
    x^2 - 5x + 6 = 0, so (x-2)(x-3) = 1        it contradicts x^2 - 5x + 6 = 0
    AB - BA = 9A + B - 10B - A = 9A - 9B       the sides are no rewriting of each other

Such an equation may open another case, so it is not refuted. But a step that states it is not called valid
for what else it says.
"""

from __future__ import annotations

from itertools import islice

from journey.exact.surds import EITHER, ONE, Exact, Terms, Unsupported
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.display import fraction, shown
from journey.solution_text.values.evaluate import computes, letters, value
from journey.solution_text.values.letters import VECTOR, Meaning
from journey.solution_text.verdicts.rewriting import MAX_WORK, Premises
from journey.solution_text.verdicts.tolerance import has_decimals

MAX_FACTS = 6
"""Of those stated before, in which a value is tried."""
PLAIN = frozenset(["number", "letter", "+", "-", "*", "/", "^"])


def conflict(equality: Equality, around: list[Equality], premises: Premises) -> str | None:
    """Why an undecided equation does not agree with the others of its step, or None.

    Args:
        equality: the equation.
        around: the others of its step.
        premises: what was stated, the step included.
    """
    if equality.relation != "=":
        return None
    for rule in (_at_values, _solves_nothing, _by_a_constant, _in_chain):
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
    if has_decimals(equality) and abs(fraction(a) - fraction(b)) <= abs(fraction(a)) / 20:
        return None
    where = ", ".join(f"{name} = {shown(values[name])}" for name in sorted(names))
    return f"{equality.text} is false where {where}"


def _solves_nothing(equality: Equality, around: list[Equality], premises: Premises) -> str | None:
    """Whether a letter's value solves none of the equations of which it is the only unknown."""
    left, right = equality.left.tree, equality.right.tree
    if left.op != "letter" or letters(right) or computes(right) or premises.work > MAX_WORK:
        return None
    values = {**premises.values_around(around), left.name: value(right)}
    meaning = Meaning(values, premises.functions)
    pairs = [(one.left.tree, one.right.tree) for one in around if one.relation == "="]
    pairs += [(fact.left, fact.right) for fact in islice(premises.recent(), MAX_FACTS)]
    failed = ""
    for a, b in pairs:
        names = letters(a) | letters(b)
        stated = "letter" in (a.op, b.op) and not (computes(a) or computes(b))
        if left.name not in names or not names <= set(values) or stated or {a, b} == {left, right}:
            continue
        try:
            first, second = value(a, meaning=meaning), value(b, meaning=meaning)
        except (Unsupported, ZeroDivisionError):
            continue
        premises.work += 1
        if first.unknowns() or second.unknowns():
            continue
        if abs(fraction(first) - fraction(second)) <= abs(fraction(first)) / 20:
            return None
        failed = f"{equality.text} does not solve the equations before it"
    return failed or None


def _by_a_constant(equality: Equality, _: list[Equality], premises: Premises) -> str | None:
    """Whether it is an equation stated before with another constant."""
    plain_form = premises.plain_form(equality.left.tree, equality.right.tree)
    form = _varying(plain_form)
    if plain_form and not form:
        return f"{equality.text} holds for no values of its letters"
    if not form or "letter" in (equality.left.tree.op, equality.right.tree.op):
        return None
    if len(form) == 1 and sum(power for _, power in next(iter(form))[0]) == 1:
        return None  # x - 3 = 0 or x - 4 = 0
    for fact in premises.recent():
        if fact.states(equality.left.tree, equality.right.tree):
            continue
        other = _varying(fact.form)
        if other == form and fact.form != plain_form:
            return f"{equality.text} contradicts {fact.text}"
    return None


def _varying(form: Terms) -> Terms:
    """The terms with letters."""
    return {term: number for term, number in form.items() if term != ONE}


def _in_chain(equality: Equality, around: list[Equality], _: Premises) -> str | None:
    """Whether a chain rewrites an expression beside this link, and this link does not."""
    left, right = equality.left.tree, equality.right.tree
    if letters(left) != letters(right) or not (_plain(left) and _plain(right)):
        return None
    for link in around:
        joined = link.right.tree == left or link.left.tree == right
        names = {*letters(link.left.tree)}, {*letters(link.right.tree)}
        if not joined or names != (letters(left), letters(left)) or link.left.tree == link.right.tree:
            continue
        if value(link.left.tree) == value(link.right.tree) and value(left) != value(right):
            return f"{equality.text} does not hold for all values of its letters"
    return None


def _plain(tree: Node) -> bool:
    return all(node.op in PLAIN for node in nodes(tree)) and bool(letters(tree))


def _names(equality: Equality) -> set[str]:
    return (letters(equality.left.tree) | letters(equality.right.tree)) - {EITHER, VECTOR}

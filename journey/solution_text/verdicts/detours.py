r"""Equations of a step that break into an argument which goes on without them: one of them is a slip.

    a + b = 35(2n - 3m) + 163 = 35(2n + 3m + 4) + 23    a + b is the last side, not the middle one
    x^2 - 8x + 8 = 0, x^2 - 9x + 16 = 8, (x - 4)^2 = 8  the last is the first, not the second
    6t^2 - 5t - 6 = 0 factors as (2t - 3)(3t + 4) = 0   another polynomial of the same degree

Nothing proves which equation is false, or that one is, so none is refuted. But a step with
such an equation is not called valid. `conflict` asks these rules after its own.
"""

from __future__ import annotations

from itertools import islice

from journey.exact.surds import ONE, Terms, Unsupported
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.evaluate import computes, letters, value
from journey.solution_text.values.letters import Meaning
from journey.solution_text.verdicts.forms import form_of, imaginary
from journey.solution_text.verdicts.rewriting import Premises

RATIONAL = frozenset(["letter", "+", "-", "*", "/"])
MAX_FACTS = 3
"""Of those stated before, in which another polynomial is looked for."""


def in_chain(equality: Equality, around: list[Equality], premises: Premises) -> str | None:
    """Whether the chain that it belongs to rewrites an expression, and it does not."""
    left, right = equality.left.tree, equality.right.tree
    if not letters(left) and not letters(right):
        return None
    for link in around:
        if link.relation != "=" or link.left.tree == link.right.tree:
            continue
        if link.right.tree == left:
            first, last = link.left.tree, right
        elif link.left.tree == right:
            first, last = left, link.right.tree
        else:
            continue
        if not (computes(left) and computes(right)):
            continue  # "4 * 9 = k = 36" says what k is
        if first != last and letters(first) and not premises.form(first, last, Meaning()):
            return f"{equality.text} breaks a chain from an expression to itself"
        if letters(left) == letters(right) and _rational(left) and _rational(right):
            return f"{equality.text} does not hold for all values of its letters"
    return None


def of_complex_numbers(equality: Equality, _: list[Equality], premises: Premises) -> str | None:
    """Whether two complex numbers differ."""
    left, right = equality.left.tree, equality.right.tree
    if letters(left) | letters(right) != {"i"} or "i" in premises.bound or "letter" in (left.op, right.op):
        return None
    return f"the sides of {equality.text} differ" if form_of(left, right, imaginary()) else None


def cancelled(equality: Equality, _: list[Equality], premises: Premises) -> str | None:
    """Whether only zeros satisfy it with what is known: 2bx = -17x where b = -8, or y = c/7 where 7y = -c."""
    left, right = equality.left.tree, equality.right.tree
    form = premises.plain_form(left, right)
    names = [{name for name, _ in mono} for mono, _ in form]
    common = set.intersection(*names) if names else set()
    if len(form) == 2 and all(names):
        for fact in premises.recent():
            if fact.form.keys() == form.keys() and fact.form != form:
                return f"only zeros satisfy {equality.text} and {fact.text}"
    if not common:
        return None
    if len(form) > 1:
        filled = premises.filled(left, right)
        if len(filled) == 1 and {name for mono, _ in filled for name, _ in mono} <= common:
            return f"{equality.text} is false by the values of its letters"
        return None
    # Only zero solves it, and where something is divided by it, nothing.
    divided = {name for side in (left, right) for mono, _ in value(side).under for name, _ in mono}
    return f"{equality.text} holds for no values of its letters" if common <= divided else None


def another_polynomial(equality: Equality, _: list[Equality], premises: Premises) -> str | None:
    """Whether it is a polynomial equation stated before with one other coefficient, or wrongly factored."""
    left, right = equality.left.tree, equality.right.tree
    form = premises.plain_form(left, right)
    degree = _degree(form)
    if degree < 2:
        return None
    names = letters(left) | letters(right)
    factored = any(_is_product(a) and not letters(b) for a, b in ((left, right), (right, left)))
    for fact in islice(premises.recent(), MAX_FACTS):
        if fact.letters != names or _degree(fact.form) != degree or fact.form == form:
            continue
        changed = [term for term in form.keys() | fact.form.keys() if form.get(term) != fact.form.get(term)]
        if factored or (len(changed) == 1 and len(form.keys() | fact.form.keys()) > 2):
            return f"{equality.text} is another equation than {fact.text}"
    return None


def detour(equality: Equality, last: Equality | None, after: list[Equality], before: Premises) -> str | None:
    """Whether the step goes on with an equation that follows without it, and this polynomial is another.

    Args:
        equality: the equation, of one letter.
        last: the one before it in the step.
        after: those behind it.
        before: what was stated before it.
    """
    names = letters(equality.left.tree) | letters(equality.right.tree)
    if equality.relation != "=" or len(names) != 1:
        return None
    try:
        form = before.plain_form(equality.left.tree, equality.right.tree)
    except (Unsupported, ZeroDivisionError):
        return None
    if _degree(form) < 2 or _divides(equality):
        return None
    for other in [*([last] if last else []), *after]:
        if other.relation != "=" or letters(other.left.tree) | letters(other.right.tree) != names:
            continue
        try:
            known = before.plain_form(other.left.tree, other.right.tree)
        except (Unsupported, ZeroDivisionError):
            continue
        if known == form or not _degree(known):
            continue
        if other is last:
            if _degree(known) > 1:
                return f"{equality.text} does not follow from {other.text}"
        elif any(fact.form == known for fact in before.recent()) or before.why(other, []):
            return f"{equality.text} is another equation than {other.text}, which follows without it"
    return None


def _degree(form: Terms) -> int:
    """The degree of a polynomial in one letter with rational coefficients; 0 for anything else."""
    powers = [dict(mono) for mono, inside in form if inside == 1]
    names = {name for mono in powers for name in mono}
    if len(powers) < len(form) or len(names) != 1 or not next(iter(names)).isalpha():
        return 0
    degrees = [sum(mono.values()) for mono in powers]
    return max(degrees) if min(degrees) >= 0 and any(term != ONE for term in form) else 0


def _rational(tree: Node) -> bool:
    """Whether algebra alone decides of it: roots and absolute values hold no letters, nor do exponents."""
    if not letters(tree):
        return True
    if tree.op == "^":
        return tree.parts[1].op == "number" and _rational(tree.parts[0])
    return tree.op in RATIONAL and all(_rational(part) for part in tree.parts)


def _divides(equality: Equality) -> bool:
    """Whether something is divided by letters, so that its form is of a higher degree than it is."""
    return any(
        (node.op == "/" and letters(node.parts[1])) or (node.op == "^" and node.parts[1].op != "number")
        for side in (equality.left.tree, equality.right.tree)
        for node in nodes(side)
    )


def _is_product(tree: Node) -> bool:
    """Whether it is a product with a sum in it, or a power of a sum."""
    parts = tree.parts if tree.op == "*" else tree.parts[:1] if tree.op == "^" else ()
    return any((part.op in "+-" and len(part.parts) == 2) or _is_product(part) for part in parts)

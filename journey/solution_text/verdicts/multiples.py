r"""Equations that are others without denominators, divided or with known values put in.

    \frac{4}{x-1} = A + 1, so 4 = (A + 1)(x - 1)     both sides multiplied by x - 1
    \frac{2}{3}\pi r^3 = 18\pi, so r^3 = 27          both sides divided by a number
    z = Ax + By, A = 5, so z = 5x + By               A = 5 put in
    (x+y)^2 = 144, so x+y = 12 or x+y = -12          the product of the two

What an equation is divided by must be a number or one of its denominators: anything else may be zero. A
multiple of an equation proves little: where x = 3 was stated, x - 3 times anything is one.
"""

from __future__ import annotations

import re
from fractions import Fraction

from journey.exact.surds import ONE, Exact, Monomial, Terms, Unsupported, exact, quotient
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.evaluate import letters, value
from journey.solution_text.values.letters import Meaning
from journey.solution_text.verdicts.facts import ONE_OF_SOME, Fact
from journey.solution_text.verdicts.forms import is_closed
from journey.solution_text.verdicts.rewriting import MAX_WORK, TWO, Premises

MAX_DIVISION = 40
"""Steps of a division of polynomials."""
MAX_TRIED = 8
"""Equations stated before that are tried."""


def multiple(stated: list[Equality], place: int, premises: Premises, text: str) -> str | None:
    """Why an equation with letters follows from one before it, or None.

    Args:
        stated: all of the step.
        place: which of them.
        premises: what is known before it.
        text: the step.
    """
    equality = stated[place]
    left, right = equality.left.tree, equality.right.tree
    names = letters(left) | letters(right)
    if equality.relation != "=" or not names or premises.work > MAX_WORK:
        return None
    try:
        form = premises.plain_form(left, right)
        if not form or is_closed(form):
            return None
        other = _alternative(stated, place, text)
        both = _product(form, premises.form(other.left.tree, other.right.tree, Meaning())) if other else {}
    except (Unsupported, ZeroDivisionError):
        return None
    facts = [fact for fact in premises.recent() if fact.letters & names and not fact.states(left, right)]
    for fact in facts[:MAX_TRIED]:
        try:
            if both and both == fact.form:
                return f"{ONE_OF_SOME}, since {fact.text}"
            if why := _scaled(form, equality, fact) or _rooted(equality, fact, premises):
                return why
            if why := _filled(form, names, fact, premises):
                return why
        except (Unsupported, ZeroDivisionError):
            continue
    return None


def _alternative(stated: list[Equality], place: int, text: str) -> Equality | None:
    """The equation next to one with an "or" between them."""
    for first, second in ((place - 1, place), (place, place + 1)):
        if first < 0 or second >= len(stated):
            continue
        a, b = stated[first], stated[second]
        joined = len(re.findall(r"\bor\b", text[a.start : b.start])) == 1 or b.left.leads == "or"
        if a.relation == b.relation == "=" and joined:
            return stated[first + second - place]
    return None


def _product(a: Terms, b: Terms) -> Terms:
    """The product of two polynomials, scaled as a form is; empty if one of them is."""
    product = (Exact(a, {ONE: 1}) * Exact(b, {ONE: 1})).over
    if not product:
        return {}
    scale = product[max(product)]
    return {term: quotient(number, scale) for term, number in product.items()}


def exact_quotient(a: Terms, b: Terms) -> Terms | None:
    """The quotient of two polynomials without roots, or None if a rest is left.

    >>> x, y = ((("x", 1),), 1), ((("y", 1),), 1)
    >>> exact_quotient({((("x", 2),), 1): 1, ((("y", 2),), 1): -1}, {x: 1, y: -1})
    {((('x', 1),), 1): 1, ((('y', 1),), 1): 1}
    """
    if not b or any(inside != 1 for _, inside in [*a, *b]):
        return None
    order = sorted({name for mono, _ in [*a, *b] for name, _ in mono})

    def powers(term: tuple[Monomial, int]) -> tuple[int, ...]:
        known = dict(term[0])
        return tuple(known.get(name, 0) for name in order)

    rest: Terms = dict(a)
    result: Terms = {}
    top = max(b, key=powers)
    for _ in range(MAX_DIVISION):
        if not rest:
            return result
        lead = max(rest, key=powers)
        gap = [p - q for p, q in zip(powers(lead), powers(top), strict=True)]
        if min(gap, default=0) < 0:
            return None
        factor = (tuple((name, p) for name, p in zip(order, gap, strict=True) if p), 1)
        number = quotient(rest[lead], b[top])
        result[factor] = number
        for mono, times in (Exact({factor: number}, {ONE: 1}) * Exact(b, {ONE: 1})).over.items():
            rest[mono] = rest.get(mono, 0) - times
            if not rest[mono]:
                del rest[mono]
    return None


def _scaled(form: Terms, equality: Equality, fact: Fact) -> str | None:
    """Whether it is the other equation divided by what is not zero."""
    divisor = exact_quotient(fact.form, form)
    if divisor is None:
        return None
    if len(divisor) == 1 and is_closed(divisor):
        return f"{fact.text}, both sides divided by a number"
    below = exact(1)
    for side in (fact.left, fact.right, equality.left.tree, equality.right.tree):
        for node in nodes(side):
            if node.op == "/" and letters(node.parts[1]):
                below = below * value(node.parts[1])
    if set(below.under) == {ONE} and exact_quotient((below * below).over, divisor) is not None:
        return f"the same as {fact.text}"
    return None


def _rooted(equality: Equality, fact: Fact, premises: Premises) -> str | None:
    """Whether both sides of the other are raised to the degree of a root, or powers of a number compared."""
    left, right = fact.left, fact.right
    for side, other in ((left, right), (right, left)):
        if side.op != "sqrt" or len(side.parts) < 2 or side.parts[1].op != "number":
            continue
        if _same(equality, side.parts[0], Node("^", (other, side.parts[1])), premises):
            return f"{fact.text}, both sides raised to the power {side.parts[1].value}"
    first, second = _base(left), _base(right)
    if first and second and first[0] == second[0] and _same(equality, first[1], second[1], premises):
        return f"equal powers of {first[0]} have equal exponents"
    name, number = equality.left.tree, equality.right.tree
    if _is_segment(name) and not letters(number) and premises.work < MAX_WORK:
        squared = [Node("^", (side, TWO)) for side in (name, number)]
        form = premises.form(squared[0], squared[1], Meaning())
        worth = value(number)
        if form == fact.form and not worth.unknowns() and worth.approximate() > 0:
            return f"it solves {fact.text}"
    return None


def _is_segment(tree: Node) -> bool:
    """Whether it is the length of a segment, as AB."""
    return tree.op == "*" and all(
        part.op == "letter" and len(part.name) == 1 and part.name.isupper() for part in tree.parts
    )


def _same(equality: Equality, left: Node, right: Node, premises: Premises) -> bool:
    form = premises.form(left, right, Meaning())
    return form == premises.form(equality.left.tree, equality.right.tree, Meaning())


def _base(tree: Node) -> tuple[Fraction, Node] | None:
    """The base and the exponent of a power of a number other than 1."""
    if tree.op != "^" or tree.parts[0].op != "number" or tree.parts[0].value in (0, 1):
        return None
    return tree.parts[0].value, tree.parts[1]


def _filled(form: Terms, names: frozenset[str], fact: Fact, premises: Premises) -> str | None:
    """Whether the other equation says this with the values of the letters that are not in it."""
    gone = fact.letters - names
    if not gone or not names <= fact.letters or premises.work > MAX_WORK:
        return None
    values = premises.values()
    if not gone <= set(values):
        return None
    put_in = premises.form(fact.left, fact.right, Meaning({name: values[name] for name in gone}))
    return f"{fact.text} with known values put in" if put_in == form else None

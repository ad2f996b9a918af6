"""The form of an equation: its sides' difference, over one denominator and scaled.

2x + 3 = 9 and x = 3 have the form x - 3: it is the same for equivalent equations.
"""

from __future__ import annotations

from journey.exact.surds import Monomial, Terms, Unsupported, exact, is_constant, quotient
from journey.solution_text.reading.trees import Node
from journey.solution_text.values.evaluate import reduced, value
from journey.solution_text.values.letters import VECTOR, Meaning

Term = tuple[Monomial, int]
FLIPPED = {"<": ">", ">": "<", "≤": "≥", "≥": "≤"}


def order_of(left: Node, relation: str, right: Node) -> tuple[Node, str, Node]:
    """An inequality, its greater side last."""
    return (right, FLIPPED[relation], left) if relation in ">≥" else (left, relation, right)


def times(form: Terms, name: str) -> Terms:
    """The form of an equation multiplied by a letter."""
    return {
        (tuple(sorted({**dict(mono), name: dict(mono).get(name, 0) + 1}.items())), inside): number
        for (mono, inside), number in form.items()
    }


def is_closed(form: Terms) -> bool:
    """Whether it holds no unknown: zero, or a contradiction."""
    return all(is_constant(name) for mono, _ in form for name, _ in mono)


def form_of(left: Node, right: Node, meaning: Meaning) -> Terms:
    """The difference of two sides over one denominator, scaled so that its first coefficient is 1."""
    difference = value(left, meaning=meaning) - value(right, meaning=meaning)
    terms = (
        _scalar(difference.over)
        if any(VECTOR in n for m, _ in difference.over for n, _ in m)
        else difference.over
    )
    terms = reduced(terms, meaning.powers)
    if not terms:
        return terms
    scale = terms[max(terms)]
    return terms if scale == 1 else {term: quotient(number, scale) for term, number in terms.items()}


def _scalar(terms: Terms) -> Terms:
    """The products of two axes put in: 1 of one with itself, else 0. Of three vectors there is no product."""
    total: Terms = {}
    for (mono, inside), number in terms.items():
        vectors = [(name, power) for name, power in mono if name.startswith(VECTOR)]
        if sum(power for _, power in vectors) > 2:
            raise Unsupported("a product of three vectors")
        axes = [name for name, power in vectors for _ in range(power) if name.startswith(f"{VECTOR} e")]
        if len(axes) == 2:
            if axes[0] != axes[1]:
                continue
            mono = tuple((name, power) for name, power in mono if name not in axes)
        total[mono, inside] = total.get((mono, inside), 0) + number
    return {term: number for term, number in total.items() if number}


def imaginary() -> Meaning:
    """What is known of i."""
    meaning = Meaning()
    meaning.powers["i"] = 2, exact(-1)
    return meaning


def eliminated(terms: Terms, rows: list[tuple[Term, Terms]]) -> Terms:
    """What is left of a polynomial when multiples of these rows are taken from it."""
    rest = dict(terms)
    for pivot, row in rows:
        factor = rest.get(pivot)
        if factor:
            factor = quotient(factor, row[pivot])
            for term, number in row.items():
                rest[term] = rest.get(term, 0) - factor * number
            rest = {term: number for term, number in rest.items() if number}
    return rest

r"""Relations in one letter that have the same real solutions as one before them, and inequalities scaled.

s^2 \ge 400, so s \le -20 or s \ge 20
|x + 4| = 9, so x + 4 = 9 or x + 4 = -9
x^2 < 9, so -3 < x < 3
3(p + 3) > 2p^2, so 0 > 2p^2 - 3p - 9        the difference of the sides is the same

The sets are exact (`journey.exact.solutions`), so that equal ones prove what is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from journey.algebra import Algebra, Relation
from journey.exact.solutions import Solutions, solutions
from journey.exact.surds import UNIT, Exact, Number, Unsupported, quotient
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.evaluate import letters, value
from journey.solution_text.verdicts.facts import ONE_OF_SOME, Stated
from journey.solution_text.verdicts.forms import FLIPPED
from journey.solution_text.verdicts.rewriting import MAX_WORK, Premises

MAX_TRIED = 4
"""Relations before it, the last first."""
MAX_NODES = 40
"""Of a side."""
COST = 300
"""What a set of solutions counts as work of a step."""
WORDS = {"=": "=", "<": "<", ">": ">", "≤": "<=", "≥": ">=", "≠": "<>"}


def same_solutions(stated: list[Equality], place: int, premises: Premises, text: str) -> str | None:
    """Why a relation with letters follows from one before it, or None.

    Args:
        stated: all of the step.
        place: which of them.
        premises: what is known before it.
        text: the step.
    """
    equality = stated[place]
    if equality.relation not in WORDS:
        return None
    if equality.relation in FLIPPED and (why := _scaled(equality, premises)):
        return why
    group, joined = _group(stated, place, text)
    names = frozenset[str]().union(*(letters(s.tree) for one in group for s in (one.left, one.right)))
    if len(names) != 1 or (equality.relation == "=" and len(group) == 1):
        return None
    try:
        here = _solved([Stated.of(one) for one in group], joined)
        if here is None or here.holds in ((True,), (False,)):
            return None
        for one in islice(_before(names, premises, group), MAX_TRIED):
            if premises.work > MAX_WORK:
                break
            premises.work += COST
            if _solved([one], "and") == here:
                alternatives = joined == "or" and len(group) > 1
                words = f"{ONE_OF_SOME}: they have" if alternatives else "it has"
                return f"{words} the same solutions as {one.text}"
    except (Unsupported, ZeroDivisionError, OverflowError):
        return None
    return None


def _group(stated: list[Equality], place: int, text: str) -> tuple[list[Equality], str]:
    """The relation with those that it is a chain with, or that are joined to it by "or"."""
    first = last = place
    while first and _goes_on(stated[first - 1], stated[first]):
        first -= 1
    while last + 1 < len(stated) and _goes_on(stated[last], stated[last + 1]):
        last += 1
    if first < last:
        return stated[first : last + 1], "and"
    while first and _is_or(stated[first - 1], stated[first], text):
        first -= 1
    while last + 1 < len(stated) and _is_or(stated[last], stated[last + 1], text):
        last += 1
    return stated[first : last + 1], "or"


def _goes_on(one: Equality, after: Equality) -> bool:
    return one.right.tree == after.left.tree and one.relation != "=" and one.start == after.start


def _is_or(one: Equality, after: Equality, text: str) -> bool:
    """Whether only an "or" is between two relations."""
    if one.start == after.start:
        return after.left.leads == "or"
    between = re.sub(r"\\[a-z]+|\beither\b", "", text[one.start : after.start])
    return re.findall(r"[A-Za-z]{2,}", between) == ["or"]


def _before(names: frozenset[str], premises: Premises, group: list[Equality]) -> Iterator[Stated]:
    """The relations stated before in these letters, the last first."""
    own = {(one.left.tree, one.right.tree) for one in group}
    for one in reversed(premises.relations):
        if (one.left, one.right) not in own and letters(one.left) | letters(one.right) == names:
            yield one


def _solved(relations: list[Stated], joined: str) -> Solutions | None:
    """The real solutions of some relations in one letter; None for what is not read."""
    read: list[Relation] = []
    for one in relations:
        if any(sum(1 for _ in nodes(side)) > MAX_NODES for side in (one.left, one.right)):
            return None
        a, b = _algebra(one.left), _algebra(one.right)
        if a is None or b is None or one.relation not in WORDS:
            return None
        read.append((WORDS[one.relation], a, b))
    return solutions(read[0] if len(read) == 1 else (joined, *read))


def _algebra(tree: Node) -> Algebra | None:
    """A tree of one letter in the terms of `journey.algebra`; None for what has none."""
    if tree.op == "number":
        above, below = tree.value.numerator, tree.value.denominator
        return above if below == 1 else ("/", above, below)
    if tree.op == "letter":
        return "x" if tree.name not in ("e", "i", "pi") else None
    parts: list[Algebra] = []
    for part in tree.parts:
        read = _algebra(part)
        if read is None:
            return None
        parts.append(read)
    if tree.op == "-" and len(parts) == 1:
        return ("neg", parts[0])
    if tree.op == "^" and not (isinstance(parts[1], int) and 0 < parts[1] <= 8):
        return None
    if tree.op in ("+", "-", "*", "/", "^") and len(parts) == 2:
        return (tree.op, parts[0], parts[1])
    if tree.op in ("sqrt", "abs") and len(parts) == 1:
        return (tree.op, parts[0])
    return None


def _scaled(equality: Equality, premises: Premises) -> str | None:
    """Whether the difference of the sides is that of an inequality before it, times a positive number."""
    left, right = equality.left.tree, equality.right.tree
    names = letters(left) | letters(right)
    orders = (one for one in _before(names, premises, [equality]) if one.relation in FLIPPED)
    try:
        here = value(left) - value(right)
        for one in islice(orders, MAX_TRIED):
            ratio = _ratio(here, value(one.left) - value(one.right))
            same = one.relation if ratio > 0 else FLIPPED[one.relation]
            if ratio and same == equality.relation:
                return f"the same as {one.text}"
    except (Unsupported, ZeroDivisionError):
        return None
    return None


def _ratio(a: Exact, b: Exact) -> Number:
    """The number that the second is to be multiplied by to give the first; 0 if there is none."""
    first, second = (a * Exact(b.under, UNIT)).over, (b * Exact(a.under, UNIT)).over
    if not first or first.keys() != second.keys():
        return 0
    ratio = quotient(first[max(first)], second[max(first)])
    return ratio if all(first[term] == ratio * number for term, number in second.items()) else 0

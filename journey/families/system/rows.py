"""Linear equations in several unknowns as rows of coefficients with the right side last.

row_of(read_relation("2x-1=y+4"), "xy")     2, -1, 5
standard((2, -1, 5), "xy")                  2x-y=5
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from math import lcm

from journey.algebra import Algebra, Relation, names_in, product, total

Row = tuple[Fraction, ...]


@lru_cache(maxsize=8192)
def form(tree: Algebra) -> dict[str, Fraction] | None:
    """The coefficient of each name, and of "" the constant; None if it is not linear.

    >>> from journey.algebra import read
    >>> {name: str(c) for name, c in form(read("3(x-2)/2+y")).items()}
    {'': '-3', 'x': '3/2', 'y': '1'}
    """
    if isinstance(tree, int):
        return {"": Fraction(tree)}
    if isinstance(tree, str):
        return {"": Fraction(0), tree: Fraction(1)}
    inside = [form(part) for part in tree[1:]]
    first, last = inside[0], inside[-1]
    if first is None or last is None:
        return None
    if tree[0] == "neg":
        return {name: -c for name, c in first.items()}
    if tree[0] in ("+", "-"):
        sign = 1 if tree[0] == "+" else -1
        return {name: first.get(name, 0) + sign * last.get(name, Fraction(0)) for name in {**first, **last}}
    if tree[0] == "*":
        many, number = (first, last) if not any(c for name, c in last.items() if name) else (last, first)
        if any(c for name, c in number.items() if name):
            return None
        return {name: c * number[""] for name, c in many.items()}
    if tree[0] == "/" and not any(c for name, c in last.items() if name) and last[""]:
        return {name: c / last[""] for name, c in first.items()}
    return None


@lru_cache(maxsize=8192)
def row_of(relation: Relation, names: str) -> Row | None:
    """The row of a linear equation in these names; None for other relations."""
    sides = [form(side) for side in relation[1:]] if relation[0] == "=" else []
    if len(sides) != 2 or sides[0] is None or sides[1] is None:
        return None
    left, right = sides[0], sides[1]
    if {*left, *right} - {"", *names}:
        return None
    zero = Fraction(0)
    parts = [left.get(name, zero) - right.get(name, zero) for name in names]
    return *parts, right[""] - left[""]


def sum_of(coefficients: Sequence[Fraction | int], names: str) -> Algebra:
    """The sum of multiples of the names and, last, a constant; all integers."""
    trees = [*names, 1]
    signed: list[tuple[int, Algebra]] = []
    for coefficient, tree in zip(coefficients, trees, strict=True):
        if coefficient:
            signed.append((1 if coefficient > 0 else -1, product((abs(int(coefficient)), tree))))
    return total(signed)


def standard(row: Sequence[Fraction | int], names: str) -> Relation:
    """The equation of a row: unknowns on the left in their order, integer coefficients.

    >>> standard((Fraction(1, 2), -1, 5), "xy")
    ('=', ('-', 'x', ('*', 2, 'y')), 10)
    """
    below = lcm(*(Fraction(c).denominator for c in row))
    integers = [int(c * below) for c in row]
    return ("=", sum_of([*integers[:-1], 0], names), integers[-1])


def value_tree(number: Fraction) -> Algebra:
    """A number as an expression, such as -1/2."""
    plain: Algebra = abs(number.numerator)
    if number.denominator > 1:
        plain = ("/", plain, number.denominator)
    if number >= 0:
        return plain
    return -plain if isinstance(plain, int) else ("neg", plain)


def isolated(relation: Relation) -> str | None:
    """The name that is alone on the left and not on the right; None if there is none."""
    _, left, right = relation
    return left if isinstance(left, str) and left not in names_in(right) else None


def tidied(relation: Relation, names: str) -> Relation:
    """The equation in its tidy form: y=3x-1 stays as it is, other equations become standard."""
    row, alone = row_of(relation, names), isolated(relation)
    if row is None or alone is None:
        return relation if row is None else standard(row, names)
    at = names.index(alone)
    rest = [-c / row[at] if place != at else Fraction(0) for place, c in enumerate(row)]
    rest[-1] = -rest[-1]
    if not any(rest[:-1]):
        return ("=", alone, value_tree(rest[-1]))
    return standard(row, names) if any(c.denominator > 1 for c in rest) else ("=", alone, sum_of(rest, names))

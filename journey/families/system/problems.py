"""Sampling of systems of two and three linear equations with integer solutions, and their structure.

1    a coefficient 1 or -1         2    one multiple is enough       3    both must be multiplied
4    three unknowns, two of them missing somewhere                   5    three unknowns everywhere
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations, product
from math import gcd, lcm
from random import Random

from journey.algebra import Relation, terms, total
from journey.families.system.rows import Row, row_of, standard, sum_of

UNKNOWNS = "xyz"
SIZES = {1: (2, 1, 4), 2: (2, 2, 6), 3: (2, 3, 9), 4: (3, 1, 3), 5: (3, 1, 5)}
"""The number of equations, and the smallest and largest nonzero coefficient, by level."""


def draw_system(random: Random, level: int) -> tuple[list[Relation], dict[str, Fraction]]:
    """Random equations of this level, and their solution."""
    size, low, high = SIZES[level]
    names = UNKNOWNS[:size]
    while True:
        values = [random.randint(-6, 6) for _ in names]
        rows = [[random.choice((1, -1)) * random.randint(low, high) for _ in names] for _ in names]
        if level == 4:
            for row in random.sample(rows, 2):
                row[random.randrange(size)] = 0
        if _fits(rows, level):
            break
    relations = []
    for row in rows:
        right = sum(c * v for c, v in zip(row, values, strict=True))
        relation = standard((*row, right), names)
        relations.append(_shuffled(random, relation) if level in (2, 3) else relation)
    if level == 1 and random.random() < 0.6:
        relations = _with_one_isolated(relations, names)
    return relations, dict(zip(names, map(Fraction, values), strict=True))


def _fits(rows: Sequence[Sequence[int]], level: int) -> bool:
    """Whether the solution is unique, and as hard to find as the level requires."""
    if len(rows) == 3:
        (a, b, c), (d, e, f), (g, h, i) = rows
        return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) != 0
    (a, b), (c, d) = rows
    if a * d == b * c or gcd(a, b) > 1 or gcd(c, d) > 1:
        return False
    simple = [max(abs(m), abs(n)) % min(abs(m), abs(n)) == 0 for m, n in ((a, c), (b, d))]
    return 1 in map(abs, (a, b, c, d)) if level == 1 else any(simple) == (level == 2)


def _with_one_isolated(relations: list[Relation], names: str) -> list[Relation]:
    """The equations with one solved for an unknown whose coefficient is 1 or -1, if there is one."""
    for at, relation in enumerate(relations):
        row = row_of(relation, names) or ()
        for place, name in enumerate(names):
            if abs(row[place]) == 1:
                rest = [-c * row[place] for c in row]
                rest[place], rest[-1] = Fraction(0), -rest[-1]
                return [*relations[:at], ("=", name, sum_of(rest, names)), *relations[at + 1 :]]
    return relations


def _shuffled(random: Random, relation: Relation) -> Relation:
    """An equation, half of the time with one term moved to the other side."""
    signed = terms(relation[1])
    if random.random() < 0.5 or len(signed) < 2:
        return relation
    sign, moved = signed.pop(random.randrange(len(signed)))
    right = [] if relation[2] == 0 else terms(relation[2])
    return ("=", total(signed), total([*right, (-sign, moved)]))


def outline(rows: Sequence[Row]) -> str:
    """The rows up to their order and factors and the names and signs of the unknowns."""
    size = len(rows)
    spelt = []
    for order in permutations(range(size)):
        for signs in product((1, -1), repeat=size):
            turned = list(zip(order, signs, strict=True))
            mixed = [[*(row[at] * sign for at, sign in turned), row[-1]] for row in rows]
            spelt.append(sorted(map(_primitive, mixed)))
    return str(min(spelt))


def _primitive(row: Sequence[Fraction]) -> tuple[int, ...]:
    below = lcm(*(c.denominator for c in row))
    integers = [int(c * below) for c in row]
    out = gcd(*integers) or 1
    first = next((c for c in integers if c), 1)
    return tuple(c // (out if first > 0 else -out) for c in integers)

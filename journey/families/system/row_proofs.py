"""Claims that prove a line about linear equations right or wrong by simple sums.

    sums((1, -2), rows, row)    2 - 2*3 = -4, for each coefficient and for the right side

The solutions of the system decide too, but as evidence they would give the answer away.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from journey.algebra import Relation
from journey.claim_types import Claim, Equal, SameValue
from journey.expressions import Tree
from journey.families.system.rows import Row, row_of


def parallel(expected: Relation, row: Row, names: str) -> bool:
    """Whether an equation is a multiple of the expected one, in any notation."""
    true = row_of(expected, names) or row
    return all(a * d == b * c for (a, b), (c, d) in combinations(zip(true, row, strict=True), 2))


def proof(word: str, expected: Relation, written: Relation, names: str) -> list[Claim]:
    """Claims that refute a wrong line without giving the solution away: about values or coefficients."""
    if word == "put":
        pairs = zip(expected[1:], written[1:], strict=True)
        return [SameValue(*pair) for pair in pairs if pair[0] != pair[1]]
    sides = [row_of(("=", side, 0), names) for side in expected[1:]]
    row, left, right = row_of(written, names), sides[0], sides[1]
    if not row or not left or not right or any(c.denominator > 1 for c in (*row, *left, *right)):
        return []
    if word == "solve" and sum(map(abs, row[:-1])) == 1:
        place = next(place for place, c in enumerate(row) if c)
        return [Equal(("*", int(left[place] - right[place]), int(row[-1])), int(left[-1] - right[-1]))]
    if word == "tidy":
        # The right side is last in a row; constants on the left count there with the opposite sign.
        tops = [("-", int(a), int(b)) for a, b in zip(left[:-1], right[:-1], strict=True)]
        trees: list[Tree] = [*tops, ("-", -int(right[-1]), -int(left[-1]))]
        return [Equal(tree, int(c)) for tree, c in zip(trees, row, strict=True)]
    return []


def sums(by: Sequence[int], rows: Sequence[Row], row: Row) -> list[Claim]:
    """Claims that each coefficient and the right side are the right sums."""
    if any(c.denominator > 1 for each in (*rows, row) for c in each):
        return []
    result: list[Claim] = []
    for first, second, claimed in zip(*rows, row, strict=True):
        parts: list[Tree] = [
            int(c) if abs(k) == 1 else ("*", abs(k), int(c)) for k, c in zip(by, (first, second), strict=True)
        ]
        result.append(Equal(("+" if by[1] > 0 else "-", parts[0], parts[1]), int(claimed)))
    return result

"""What proves a line about linear equations right or wrong, in sums that can be followed by hand.

    sums((1, -2), rows, row)    2 - 2*3 = -4, for each coefficient and for the right side

The solutions of the whole decide as well; but as a proof they would give away what is sought.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from journey.algebra import Relation
from journey.check import Claim, Equal, SameValue
from journey.expressions import Tree
from journey.methods.rows import Row, row_of


def parallel(expected: Relation, row: Row, names: str) -> bool:
    """Whether an equation is a multiple of the one expected, however it is written."""
    true = row_of(expected, names) or row
    return all(a * d == b * c for (a, b), (c, d) in combinations(zip(true, row, strict=True), 2))


def proof(word: str, expected: Relation, said: Relation, names: str) -> list[Claim]:
    """What shows a wrong line without the solution that is sought: the sides' values, or a coefficient."""
    if word == "put":
        pairs = zip(expected[1:], said[1:], strict=True)
        return [SameValue(*pair) for pair in pairs if pair[0] != pair[1]]
    sides = [row_of(("=", side, 0), names) for side in expected[1:]]
    row, left, right = row_of(said, names), sides[0], sides[1]
    if not row or not left or not right or any(c.denominator > 1 for c in (*row, *left, *right)):
        return []
    if word == "solve" and sum(map(abs, row[:-1])) == 1:
        place = next(place for place, c in enumerate(row) if c)
        return [Equal(("*", int(left[place] - right[place]), int(row[-1])), int(left[-1] - right[-1]))]
    if word == "tidy":
        # A row has its right side last: what stands on the left counts there with the other sign.
        tops = [("-", int(a), int(b)) for a, b in zip(left[:-1], right[:-1], strict=True)]
        trees: list[Tree] = [*tops, ("-", -int(right[-1]), -int(left[-1]))]
        return [Equal(tree, int(c)) for tree, c in zip(trees, row, strict=True)]
    return []


def sums(by: Sequence[int], rows: Sequence[Row], row: Row) -> list[Claim]:
    """That each coefficient, and the right side, is the sum it should be."""
    if any(c.denominator > 1 for each in (*rows, row) for c in each):
        return []
    found: list[Claim] = []
    for first, second, said in zip(*rows, row, strict=True):
        parts: list[Tree] = [
            int(c) if abs(k) == 1 else ("*", abs(k), int(c)) for k, c in zip(by, (first, second), strict=True)
        ]
        found.append(Equal(("+" if by[1] > 0 else "-", parts[0], parts[1]), int(said)))
    return found

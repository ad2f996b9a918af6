"""Expressions as trees, and what is asked of any tree."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple


class _Fields(NamedTuple):
    op: str
    """number, letter, apply (of the function `name`), mixed, percent, sqrt, binom, !, abs, floor, ceil, sin,
    .., log, gcd, lcm, column (of a vector or point) or one of + - ± ∓ * / ^; a sign has one part."""
    parts: tuple[Any, ...] = ()
    value: Fraction = Fraction(0)
    decimals: int = 0
    """Digits after the point, of a number."""
    name: str = ""


@cache
def _one(operation: str) -> frozenset[str]:
    """The set of one operation. Most trees are leaves, which share it."""
    return frozenset([operation])


class Node(_Fields):
    """An expression: a number, a letter, or an operation on parts. What is asked often is kept."""

    parts: tuple[Node, ...]

    _hash: int
    _operations: frozenset[str]

    def __hash__(self) -> int:
        try:
            return self._hash
        except AttributeError:
            value = self.value
            self._hash = hash((self.op, self.parts, value.numerator, value.denominator, self.name))
            return self._hash

    @property
    def operations(self) -> frozenset[str]:
        """The operations in it, its own included."""
        try:
            return self._operations
        except AttributeError:
            operations = _one(self.op)
            if self.parts:
                operations = operations.union(*[part.operations for part in self.parts])
            self._operations = operations
            return operations


class Unreadable(ValueError):
    """These tokens are no expression."""


def based(text: str) -> Node:
    """A number with its base, as 1011_2.

    >>> based("1011_{2}").value
    Fraction(11, 1)
    """
    digits, _, under = text.partition("_")
    base = int(under.strip("{}"))
    if not 2 <= base <= 36 or any(int(digit) >= base for digit in digits):
        raise Unreadable
    return Node("number", value=Fraction(int(digits, base)))


def nodes(tree: Node) -> Iterator[Node]:
    """A tree and all that is in it."""
    yield tree
    for part in tree.parts:
        yield from nodes(part)

"""Expressions as trees, and what is asked of any tree."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple


class Node(NamedTuple):
    """An expression: a number, a letter, or an operation on parts."""

    op: str
    """number, letter, apply (of the function `name`), mixed, percent, sqrt, binom, !, abs, floor, ceil, sin,
    .., log, gcd, lcm, column (of a vector or point) or one of + - ± ∓ * / ^; a sign has one part."""
    parts: tuple[Node, ...] = ()
    value: Fraction = Fraction(0)
    decimals: int = 0
    """Digits after the point, of a number."""
    name: str = ""


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

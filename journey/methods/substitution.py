"""Answers substituted into equations: the line with which a solution verifies its answer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from journey.algebra import Algebra, names_in, read, read_relation, relation_text
from journey.errors import ParseError


def put_in(equation: str, name: str, numbers: Iterable[str]) -> str:
    """The equation with each number substituted for a name; "" if there is none, as in `no solution`.

    >>> put_in("x^2-3=2x", "x", ["-1", "3"])
    '(-1)^2-3=2(-1), 3^2-3=2*3'
    >>> put_in("0x=0", "x", ["all numbers"])
    ''
    """
    try:
        return ", ".join(put_in_all(equation, {name: number}) for number in numbers)
    except ParseError:
        return ""


def put_in_all(equation: str, values: Mapping[str, str]) -> str:
    """The equation with numbers substituted for several names.

    Raises:
        ParseError: a value is not a number.

    >>> put_in_all("5y=-13-2x", {"x": "-4", "y": "-1"})
    '5(-1)=-13-2(-4)'
    """
    trees = {name: read(value) for name, value in values.items()}
    if any(True for tree in trees.values() for _ in names_in(tree)):
        raise ParseError("no number")
    return relation_text(_replaced(read_relation(equation), trees))


def _replaced(tree: Any, values: Mapping[str, Algebra]) -> Any:
    if isinstance(tree, str):
        return values.get(tree, tree)
    return tree if isinstance(tree, int) else (tree[0], *(_replaced(part, values) for part in tree[1:]))

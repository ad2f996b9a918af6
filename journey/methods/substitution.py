"""Answers put into equations, in words: how a solution shows that its answer is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from journey.algebra import Algebra, names_in, read, read_relation, relation_text
from journey.errors import MoveError


def put_in(equation: str, name: str, numbers: Iterable[str]) -> str:
    """The equation with each number in the place of a name; "" where there is none, as in `no solution`.

    >>> put_in("x^2-3=2x", "x", ["-1", "3"])
    '(-1)^2-3=2(-1), 3^2-3=2*3'
    >>> put_in("0x=0", "x", ["all numbers"])
    ''
    """
    try:
        return ", ".join(put_in_all(equation, {name: number}) for number in numbers)
    except MoveError:
        return ""


def put_in_all(equation: str, values: Mapping[str, str]) -> str:
    """The equation with numbers in the places of several names.

    Raises:
        MoveError: a value is no number.

    >>> put_in_all("5y=-13-2x", {"x": "-4", "y": "-1"})
    '5(-1)=-13-2(-4)'
    """
    trees = {name: read(value) for name, value in values.items()}
    if any(True for tree in trees.values() for _ in names_in(tree)):
        raise MoveError("no number")
    return relation_text(_replaced(read_relation(equation), trees))


def _replaced(tree: Any, values: Mapping[str, Algebra]) -> Any:
    if isinstance(tree, str):
        return values.get(tree, tree)
    return tree if isinstance(tree, int) else (tree[0], *(_replaced(part, values) for part in tree[1:]))

r"""What an answer is made of, and what sets of numbers its inequalities say.

Of a set of real numbers there is one form: an interval or a union of intervals and single points, in order
and merged where the ends are plain numbers. So x > 0 and x \neq 1 is (0, 1) \cup (1, \infty).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

from journey.solution_text.answers.amounts import number
from journey.solution_text.answers.latex import squeeze


@dataclass(frozen=True, slots=True)
class Shape:
    """One answer, or one part of it."""

    kind: str
    """leaf, words, tuple, set, list, union, matrix, equation or relation."""
    text: str = ""
    parts: tuple[Shape, ...] = ()
    brackets: str = ""
    """Of a tuple or an interval: the opening and the closing one."""
    name: str = ""
    """What the answer is the value of: the x of x = 3."""
    unit: str = ""
    digits: str = ""
    """Of a number in another base, which the text gives in base ten: the digits that were written."""
    percent: bool = False


class TooLarge(ValueError):
    """More parts, or deeper brackets, than anyone answers with."""


INFINITE = Shape("leaf", r"\infty")
BELOW_ALL = Shape("leaf", r"-\infty")


def base(name: str) -> str:
    """The letter that a name begins with, without its index: x for x_1."""
    match = re.match(r"\\?[A-Za-z]+(?=[_(])|.*", name)
    return match.group() if match else name


def is_interval(shape: Shape) -> bool:
    """Whether it cannot be a point: it came from an inequality, or its brackets or its ends say so."""
    return (
        shape.kind == "tuple"
        and len(shape.parts) == 2
        and (shape.brackets in ("[)", "(]") or any("infty" in part.text for part in shape.parts))
    )


def is_region(shape: Shape) -> bool:
    """Whether it is a set of real numbers rather than a point or a value."""
    named = shape.kind == "tuple" and len(shape.parts) == 2 and bool(shape.name) and "," not in shape.name
    return named or is_interval(shape) or shape.kind == "union"


class _End(NamedTuple):
    value: Fraction | float
    closed: bool
    shape: Shape


class _Piece(NamedTuple):
    """An interval, or the single point where both ends are one."""

    low: _End
    high: _End


def region(parts: Sequence[Shape], joined: str, name: str) -> Shape | None:
    """The one set of numbers that several say together, or None if they say none.

    Args:
        parts: intervals, unions, single values.
        joined: `or`, which unites; anything else meets what has numbers in common, and unites the rest.
        name: the unknown.
    """
    piece_lists = [pieces for part in parts if (pieces := _pieces(part)) is not None]
    if len(piece_lists) < len(parts):
        return _loose(parts, joined, name)
    if joined != "or":
        common = piece_lists[0]
        for pieces in piece_lists[1:]:
            common = [met for one in common for other in pieces if (met := _meet(one, other))]
        piece_lists = [common] if common else piece_lists
    return _joined([piece for pieces in piece_lists for piece in pieces], name)


def _loose(parts: Sequence[Shape], joined: str, name: str) -> Shape | None:
    """The same where an end is no plain number: two rays that face each other meet."""
    if joined != "or":
        if len(parts) != 2 or any(part.kind != "tuple" for part in parts):
            return None
        lows = [part for part in parts if squeeze(part.parts[1].text) == r"\infty"]
        highs = [part for part in parts if squeeze(part.parts[0].text) == r"-\infty"]
        if len(lows) != 1 or len(highs) != 1:
            return None
        low, high = lows[0], highs[0]
        return replace(low, parts=(low.parts[0], high.parts[1]), brackets=low.brackets[0] + high.brackets[1])
    flat = [piece for part in parts for piece in (part.parts if part.kind in ("union", "set") else (part,))]
    flat = [piece.parts[1] if piece.kind == "equation" else replace(piece, name="") for piece in flat]
    return Shape("union", parts=tuple(flat), name=name)


def _pieces(shape: Shape) -> list[_Piece] | None:
    """What a set of numbers consists of, or None if an end is no plain number."""
    if shape.kind == "equation":
        return _pieces(shape.parts[1])
    if shape.kind in ("union", "set", "list"):
        inner = [pieces for part in shape.parts if (pieces := _pieces(part)) is not None]
        return [piece for pieces in inner for piece in pieces] if len(inner) == len(shape.parts) else None
    if shape.kind == "leaf":
        point = _value(shape)
        return None if point is None else [_Piece(_End(point, True, shape), _End(point, True, shape))]
    if shape.kind != "tuple" or len(shape.parts) != 2 or len(shape.brackets) != 2:
        return None
    low, high = (_value(part) for part in shape.parts)
    if low is None or high is None:
        return None
    return [
        _Piece(
            _End(low, shape.brackets[0] == "[", shape.parts[0]),
            _End(high, shape.brackets[1] == "]", shape.parts[1]),
        )
    ]


def _value(leaf: Shape) -> Fraction | float | None:
    if leaf.kind != "leaf":
        return None
    text = squeeze(leaf.text)
    return {r"\infty": float("inf"), r"-\infty": float("-inf")}.get(text, number(leaf.text))


def _meet(one: _Piece, other: _Piece) -> _Piece | None:
    low = max(one.low, other.low, key=lambda end: (end.value, not end.closed))
    high = min(one.high, other.high, key=lambda end: (end.value, end.closed))
    empty = low.value > high.value or (low.value == high.value and not (low.closed and high.closed))
    return None if empty else _Piece(low, high)


def _between(low: _End, high: _End) -> Shape:
    brackets = ("[" if low.closed else "(") + ("]" if high.closed else ")")
    text = f"{brackets[0]}{low.shape.text},{high.shape.text}{brackets[1]}"
    return Shape("tuple", text, (low.shape, high.shape), brackets)


def _joined(pieces: list[_Piece], name: str) -> Shape | None:
    pieces = sorted(pieces, key=lambda piece: (piece.low.value, not piece.low.closed))
    merged: list[_Piece] = []
    for piece in pieces:
        if piece.low.value > piece.high.value:
            return None
        last = merged[-1] if merged else None
        if last and (
            piece.low.value < last.high.value
            or (piece.low.value == last.high.value and (piece.low.closed or last.high.closed))
        ):
            high = max(last.high, piece.high, key=lambda end: (end.value, end.closed))
            merged[-1] = _Piece(last.low, high)
        else:
            merged.append(piece)
    shapes = [low.shape if low.value == high.value else _between(low, high) for low, high in merged]
    if len(shapes) == 1 and shapes[0].kind == "tuple":
        return replace(shapes[0], name=name)
    points = all(shape.kind == "leaf" for shape in shapes)
    return Shape("set" if points else "union", parts=tuple(shapes), name=name)

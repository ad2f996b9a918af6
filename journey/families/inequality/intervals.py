"""Sets of numbers with rational end points as text: `-1<=x<2 or x>2`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor

from journey.algebra import ALL, NONE
from journey.exact.solutions import Solutions


def interval_text(solutions: Solutions) -> str:
    """A solution set with rational end points as text."""
    return union_text([point.value or Fraction(0) for point in solutions.breaks], solutions.holds)


def union_text(points: Sequence[Fraction], holds: Sequence[bool]) -> str:
    """A union of intervals and points as text.

    `holds` is the membership before the first point, at it, between it and the second, and so on.

    >>> union_text((Fraction(-1), Fraction(2)), (False, True, True, False, True))
    '-1<=x<2 or x>2'
    """
    parts: list[str] = []
    at = 0
    while at < len(holds):
        end = at
        while end < len(holds) and holds[end]:
            end += 1
        if end > at:
            low = points[(at - 1) // 2] if at else None
            high = points[(end - 1) // 2] if end < len(holds) else None
            parts.append(_interval(low, at % 2 == 1, high, end % 2 == 0))
        at = end + 1
    return " or ".join(parts) or NONE


def _interval(low: Fraction | None, closed: bool, high: Fraction | None, shut: bool) -> str:
    if low is None or high is None:
        if low is None:
            return ALL if high is None else f"x{'<=' if shut else '<'}{high}"
        return f"x{'>=' if closed else '>'}{low}"
    if low == high:
        return f"x={low}"
    return f"{low}{'<=' if closed else '<'}x{'<=' if shut else '<'}{high}"


def inside(points: Sequence[Fraction], at: int) -> Fraction:
    """A simple number in the interval before the point with index `at`, or after the last one.

    >>> [str(inside((Fraction(-2), Fraction(3), Fraction(7, 2)), at)) for at in range(4)]
    ['-3', '0', '13/4', '4']
    """
    if not points:
        return Fraction(0)
    if at == 0:
        return Fraction(-floor(-points[0]) - 1) if points[0] <= 0 else Fraction(0)
    if at == len(points):
        return Fraction(floor(points[-1]) + 1) if points[-1] >= 0 else Fraction(0)
    low, high = points[at - 1 : at + 1]
    if low < 0 < high:
        return Fraction(0)
    integer = floor(low) + 1
    return Fraction(integer) if integer < high else (low + high) / 2

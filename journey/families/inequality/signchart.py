"""Sign charts: the critical points, a test value in each interval, and the solution that the signs give.

points:1,4                  (-2x+8)/(x-1) can change its sign at 1 and 4
test 0:8/-1<0               the values of the factors at 0, and the resulting sign
test 2:4/1>0
test 5:-2/4<0
so:1<x<=4                   where it is not negative, without the zero of the denominator
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from journey.algebra import joined, product, read, read_relation, relation_text, substitute
from journey.claim_types import Claim, Equal, SameSolutions, SameValue
from journey.errors import MoveError
from journey.exact.polynomials import ratio, rational_roots
from journey.families.inequality.intervals import inside, union_text
from journey.families.inequality.quotients import Parts, value_at
from journey.step import Evidence, Move, Operand

NUMBER = r"-?[0-9]{1,9}(?:/[1-9][0-9]{0,8})?"
VALUE = r"-?[0-9]{1,18}|\(-?[0-9]{1,18}/[1-9][0-9]{0,17}\)"
POINTS = re.compile(rf"points:(none|{NUMBER}(?:,{NUMBER}){{0,5}})")
TEST = re.compile(rf"test ({NUMBER}):((?:{VALUE})(?:[*/](?:{VALUE})){{0,7}})([<>])0")
EACH = re.compile(rf"([*/]?)({VALUE})")


class Chart(NamedTuple):
    """The critical points in ascending order, and the signs of the tested intervals from the left."""

    points: tuple[Fraction, ...]
    signs: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{listed(self.points)}; {''.join('-0+'[sign + 1] for sign in self.signs)}"


def listed(points: Sequence[Fraction]) -> str:
    """Points as text."""
    return ",".join(map(str, points)) or "none"


def points_in(text: str) -> tuple[Fraction, ...]:
    """The points in a text."""
    return () if text == "none" else tuple(map(Fraction, text.split(",")))


def points_move(parts: Parts) -> Move:
    """The move that lists the zeros of all factors."""
    zeros = {zero for part in (*parts.tops, *parts.bottoms) for zero in rational_roots(ratio(part)[0])}
    return Move("points", (), listed(sorted(zeros)))


def next_test(parts: Parts, chart: Chart) -> Move | None:
    """The test at a number in the next interval; None if a factor is zero there."""
    point = inside(chart.points, len(chart.signs))
    tops, bottoms = ([value_at(part, point) for part in row] for row in (parts.tops, parts.bottoms))
    negative = sum(value < 0 for value in (*tops, *bottoms))
    return _test(point, tops, bottoms, (-1) ** negative) if all((*tops, *bottoms)) else None


def _test(point: Fraction, tops: Sequence[Fraction], bottoms: Sequence[Fraction], sign: int) -> Move:
    shown = [f"({value})" if value.denominator > 1 else str(value) for value in (*tops, *bottoms)]
    values = "*".join(shown[: len(tops)]) + "".join(f"/{value}" for value in shown[len(tops) :])
    return Move("test", (Operand(str(point)),), f"{values}{'>' if sign > 0 else '<'}0")


def values_in(result: str) -> tuple[list[Fraction], list[Fraction], int]:
    """The values of numerator and denominator factors, and the sign, in a test."""
    rows: tuple[list[Fraction], list[Fraction]] = ([], [])
    for match in EACH.finditer(result[:-2]):
        rows[match[1] == "/"].append(Fraction(match[2].strip("()")))
    return *rows, 1 if result[-2] == ">" else -1


def solution_text(
    parts: Parts, chart: Chart, turn: int = 1, closed: bool | None = None, poles: bool = False
) -> str | None:
    """The solution that the signs give, as text; None if signs are missing.

    The options make mistakes: the complement (`turn`), with or without end points (`closed`), or with the
    zeros of the denominator (`poles`).
    """
    target = turn * (1 if parts.word[0] == ">" else -1)
    if parts.word == "=" or len(chart.signs) != len(chart.points) + 1:
        return None
    closed = parts.word.endswith("=") if closed is None else closed
    holds = [chart.signs[0] == target]
    for point, sign in zip(chart.points, chart.signs[1:], strict=True):
        pole = any(value_at(part, point) == 0 for part in parts.bottoms)
        holds += [closed and (poles or not pole), sign == target]
    return union_text(chart.points, holds)


def slips_of_test(move: Move) -> Iterator[tuple[str, Move]]:
    """The mistakes with a valid test: the sign of the product is wrong, or the first factor."""
    tops, bottoms, sign = values_in(str(move.result))
    point = Fraction(move.operands[0].value)
    yield "sign_slip", _test(point, tops, bottoms, -sign)
    slipped = [tops[0] + (1 if tops[0] != -1 else 2), *tops[1:]]
    yield "arithmetic_slip", _test(point, slipped, bottoms, sign if slipped[0] * tops[0] > 0 else -sign)


def misplaced(parts: Parts, text: str) -> Iterator[tuple[str, Move]]:
    """Mistakes with critical points: one has the wrong sign, or one is missing."""
    points = points_in(text)
    for point in points:
        others = {each for each in points if each != point}
        if point and -point not in points:
            yield "sign_of_point", Move("points", (), listed(sorted({*others, -point})))
        if not parts.bottoms or any(value_at(part, point) == 0 for part in parts.bottoms):
            yield "point_missed", Move("points", (), listed(sorted(others)))


def misread(parts: Parts, chart: Chart) -> Iterator[tuple[str, Move]]:
    """Mistakes in reading the solution from correct signs."""
    closed = parts.word.endswith("=")
    readings = [
        ("wrong_intervals", solution_text(parts, chart, turn=-1)),
        ("wrong_boundary", solution_text(parts, chart, closed=not closed)),
        ("excluded_value", solution_text(parts, chart, poles=True) if closed else None),
        ("interval_lost", (solution_text(parts, chart) or "").rpartition(" or ")[2] or None),
    ]
    yield from ((name, Move("so", (), each)) for name, each in readings if each)


def unequal(parts: Parts) -> Iterator[tuple[str, Move]]:
    """The mistake of comparing each factor with zero by itself, as in an equation."""
    points = points_in(str(points_move(parts).result))
    if points and parts.word != "=":
        each = [read_relation(f"x{parts.word}{point}") for point in points]
        yield "as_equation", Move("so", (), relation_text(joined("or", each)))


def claims(parts: Parts, chart: Chart | None, move: Move) -> Sequence[Claim]:
    """The claims of a list of points or of a test.

    Raises:
        MoveError: the move is not possible here.
    """
    if move.operation == "points" and chart is None:
        points = points_in(str(move.result))
        if list(points) != sorted(set(points)):
            raise MoveError(f"points:{str(move.result)[:40]}")
        zero = (
            "=",
            product([part for part in (*parts.tops, *parts.bottoms) if not isinstance(part, int)]),
            0,
        )
        claimed = joined("or", [read_relation(f"x={point}") for point in points]) if points else ("none",)
        return (SameSolutions(zero, claimed),)
    if move.operation == "test" and chart is not None and len(chart.signs) <= len(chart.points):
        return _test_claims(parts, chart, move)
    raise MoveError(f"{move.operation}:{str(move.result)[:40]}")


def _test_claims(parts: Parts, chart: Chart, move: Move) -> Sequence[Claim]:
    points, at = chart.points, len(chart.signs)
    point = Fraction(move.operands[0].value)
    if (at and point <= points[at - 1]) or (at < len(points) and point >= points[at]):
        raise MoveError(f"a test at {point}, which is not in the next interval,")
    tops, bottoms, sign = values_in(str(move.result))
    if (len(tops), len(bottoms)) != (len(parts.tops), len(parts.bottoms)):
        raise MoveError(f"a product of {len(tops) + len(bottoms)} factors")
    result: list[Claim] = []
    made: Any = None
    for part, value in zip((*parts.tops, *parts.bottoms), (*tops, *bottoms), strict=True):
        result.append(SameValue(substitute(part, "x", read(str(point))), read(str(value))))
        each = (value > 0) - (value < 0)
        made = each if made is None else ("*", made, each)
    return *result, Equal(made, sign)


def wrong_sign(parts: Parts, chart: Chart) -> Evidence | None:
    """Evidence for the first wrong sign in a chart; None if all are right."""
    for at, sign in enumerate(chart.signs[: len(chart.points) + 1]):
        point = inside(chart.points, at)
        true = 1
        for part in (*parts.tops, *parts.bottoms):
            value = value_at(part, point)
            true *= (value > 0) - (value < 0)
        if true != sign:
            return Evidence("unequal", (f"the sign at {point}", true, sign))
    return None


def read_test(line: str) -> Move | None:
    """Parses a list of points or a test; None for other lines."""
    if match := POINTS.fullmatch(line):
        return Move("points", (), listed(points_in(match[1])))
    if match := TEST.fullmatch(line):
        return _test(Fraction(match[1]), *values_in(f"{match[2]}{match[3]}0"))
    return None

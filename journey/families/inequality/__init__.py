"""Linear, quadratic and rational inequalities in one unknown, by tests between the critical points.

A linear inequality is solved like an equation and reversed when both sides are divided by a negative number.
Others are brought to one side, into one fraction and into factors. The zeros of the factors divide the line,
and a test value in each part gives the sign. Level 1 is a x + b < c, level 2 has brackets and x on both
sides, level 3 is quadratic. Level 4 has other leading coefficients, double or no zeros, or a quotient; level
5 has a quotient with a number or another quotient.

    (x+5)/(x-1)>=3              the prompt
    clear x-1:x+5>=3(x-1)       multiplies by x - 1, as if that were never negative ...
    !0<                         ... but 0 solves this line and not the one before: noticed, and back
    add -3:(x+5)/(x-1)-3>=0
    join:(-2x+8)/(x-1)>=0
    points:1,4                  where a factor is zero
    test 0:8/-1<0               the factors at 0, and the sign of the quotient
    test 2:4/1>0
    test 5:-2/4<0
    so:1<=x<=4
    !1<                         but 1 is no solution: the denominator is zero there
    so:1<x<=4
    =1<x<=4

The shortcut is the same without the wrong turns and their notices. Mistakes: `wrong_direction` (not turned
round at a negative number, or turned round at a positive one because the other side is negative),
`wrong_intervals`, `interval_lost`, `wrong_boundary`: Blanco and Garrote, "Difficulties in learning
inequalities in students of the first year of pre-university education in Spain" (2007). `unknown_sign`
(multiplies by an expression of unknown sign), `as_equation` ((x-2)(x+3)<0 becomes x<-3 or x<2) and
`excluded_value` (a zero of the denominator is kept): Tsamir and Bazzini, "Consistencies and inconsistencies
in students' solutions to algebraic 'single-value' inequalities" (2004). `point_missed`, `sign_of_point`,
`sign_in_factor`, `sign_slip` (of a product), `signs_believed` (goes on from wrong signs) and, from
`journey.methods.linear_slips`, `sign_not_flipped`, `arithmetic_slip`, `bracket_half_multiplied`: Matz,
"Towards a process model for high school algebra errors" (1982).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import gcd, isqrt
from random import Random
from typing import Any, NamedTuple

from journey.algebra import (
    COMPARISONS,
    Algebra,
    Relation,
    polynomial_of,
    product,
    read_relation,
    relation_text,
    terms,
    total,
)
from journey.claim_types import Claim, SameSolutions
from journey.errors import MoveError, ParseError
from journey.exact.polynomials import mirrored, ratio, rational_roots, sign_at
from journey.exact.solutions import solutions
from journey.exact.surds import Unsupported
from journey.families.inequality import signchart
from journey.families.inequality.intervals import interval_text
from journey.families.inequality.quotients import (
    Parts,
    cleared,
    factored,
    is_split,
    linear_factors,
    one_fraction,
    parts_of,
    quotient_text,
    to_one_side,
)
from journey.families.inequality.signchart import Chart
from journey.methods import sides
from journey.methods.linear_slips import slips
from journey.methods.lines import read_line, write_line
from journey.methods.sides import FLIPPED, line_of
from journey.step import Evidence, Move

NAME = "inequality"
SUMMARY = "linear, quadratic and rational inequalities; wrong turns: not flipped, wrong interval, boundaries"
EXAMPLE = {"inequality": "(x+5)/(x-1)>=3"}

WORDS = (*sides.WORDS, "join", "factor", "so")
SHARED = ("sign_not_flipped", "bracket_half_multiplied", "arithmetic_slip")
"""The mistakes with linear equations that also occur here."""


class State(NamedTuple):
    """The current inequality, and its sign chart once there is one."""

    text: str
    chart: Chart | None = None


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    while True:
        left, right = _linear(random, level) if level < 3 else _curved(random, level)
        # With a quotient, most comparisons include zero, so that the zero of the denominator matters.
        quotient = isinstance(left, tuple) and left[0] == "/"
        word = random.choice("<>") + ("=" if random.random() < (0.75 if quotient else 0.5) else "")
        if level < 3 and random.random() < 0.25:
            left, right = right, left
        text = sides.spelled(relation_text((word, left, right)))
        solution_set = solutions(read_relation(text))
        top, bottom = ratio(("-", left, right))
        if any(sign_at(top, pole.numerator, pole.denominator) == 0 for pole in rational_roots(bottom)):
            continue
        small = all((p := point.value) is not None and p.denominator <= 4 for point in solution_set.breaks)
        if small and (solution_set.breaks or level == 4):
            return {"inequality": text}, interval_text(solution_set)


def _linear(random: Random, level: int) -> tuple[Algebra, Algebra]:
    def line(largest: int, smallest: int = 1) -> Algebra:
        a = random.choice((1, -1, -1)) * random.randint(smallest, largest)
        return polynomial_of((a, random.choice((1, -1)) * random.randint(1, 40)))

    def bracket() -> Algebra:
        inside = polynomial_of((random.randint(1, 3), random.choice((1, -1)) * random.randint(1, 9)))
        k = random.choice((-5, -4, -3, -2, -1, 2, 3, 4, 5))
        return product((k, inside)) if k > 0 else ("neg", product((-k, inside)))

    if level == 1:
        return line(12, 2), random.randint(-60, 60)
    left, right = ("+", bracket(), random.randint(1, 30)), line(9)
    return left, ("-", bracket(), random.randint(1, 30)) if random.random() < 0.5 else right


def _curved(random: Random, level: int) -> tuple[Algebra, Algebra]:
    """A quadratic or a quotient, and the side that it is compared with."""
    p, q = (random.randint(-9, 9) for _ in range(2))
    if level == 3:
        if random.random() < 0.1:
            return ("^", "x", 2), random.randint(1, 9) ** 2
        b, c = (0, 0) if random.random() < 0.4 else (random.randint(-9, 9), random.randint(-20, 20))
        return polynomial_of((1, -p - q - b, p * q - c)), polynomial_of((-b, -c))
    kind, bottom = random.random(), polynomial_of((1, -p))
    if level == 4 and kind < 0.2:
        # A double zero, or none.
        return polynomial_of((1, -2 * p, p * p + random.choice((0, random.randint(1, 9))))), 0
    if level == 4 and kind < 0.5:
        a, k = random.randint(1, 3), random.choice((-3, -2, -1, -1, 1, 2))
        return polynomial_of((k * a, -k * (a * p + q), k * p * q)), 0
    if level == 4:
        return (
            "/",
            polynomial_of((random.choice((-3, -2, -1, 1, 2, 3)), random.randint(-20, 20))),
            bottom,
        ), 0
    if kind < 0.45:
        return ("/", polynomial_of((random.randint(1, 5), q)), bottom), random.choice(
            (-3, -2, -1, 1, 2, 3, 4)
        )
    if kind < 0.7:
        r = random.randint(-6, 6)
        return ("/", polynomial_of((1, -q - r, q * r)), bottom), 0
    first, second = random.randint(1, 9), random.randint(1, 9)
    return ("/", first, bottom), ("/", second, polynomial_of((1, -q)))


def split_key(givens: dict[str, Any]) -> str:
    """Both sides' coefficients up to a common factor, the sides' order, x's sign, and the comparison."""
    both = [ratio(side) for side in read_relation(givens["inequality"])[1:]]
    variants = []
    for mirror in (1, -1):
        for sign in (1, -1):
            rows = [tuple(mirrored(part, mirror) for part in side) for side in both]
            common = gcd(*(c for top, _ in rows for c in top)) * sign or 1
            texts = [f"{[c // common for c in top]}/{list(below)}" for top, below in rows]
            variants.append(":".join(sorted(texts)))
    return min(variants)


def statement(givens: dict[str, Any]) -> str:
    return f"Solve {givens['inequality']} for x."


def prompt(givens: dict[str, Any]) -> str:
    return str(givens["inequality"])


def start(givens: dict[str, Any]) -> State:
    return State(str(givens["inequality"]))


def key(state: State) -> str:
    return state.text if state.chart is None else f"{state.text}; {state.chart}"


def moves(state: State) -> Iterator[Move]:
    if solved(state):
        return
    parts, relation = parts_of(state.text), read_relation(state.text)
    if state.chart is not None:
        if parts:
            yield from _charted(state, parts)
        return
    if relation[0] not in COMPARISONS:
        return
    if all(map(sides.is_number, relation[1:])):
        yield Move("so", (), str(solutions(relation)))
        return
    try:
        bottoms = [ratio(side)[1] for side in relation[1:]]
        linear = all(map(_is_linear, relation[1:]))
    except (Unsupported, ZeroDivisionError):
        return
    if linear:
        yield from sides.steps(state.text)
    elif relation[2] != 0:
        yield to_one_side(*relation)
    elif len(terms(relation[1])) > 1 and len(bottoms[0]) > 1:
        yield Move("join", (), one_fraction(*relation[:2]))
    elif parts and (move := factored(parts)):
        yield move
    elif parts and is_split(parts):
        yield signchart.points_move(parts)


def _charted(state: State, parts: Parts) -> Iterator[Move]:
    """A test in the next interval; after the last one, the solution that the signs give, if it is right."""
    if state.chart is None:
        return
    if len(state.chart.signs) <= len(state.chart.points):
        if test := signchart.next_test(parts, state.chart):
            yield test
        return
    text = signchart.solution_text(parts, state.chart)
    if text and solutions(read_relation(text)) == solutions(read_relation(state.text)):
        yield Move("so", (), text)


def mistakes(state: State, move: Move | None) -> Iterator[tuple[str, Move]]:
    parts = parts_of(state.text)
    if move is None:
        if parts and state.chart and (text := signchart.solution_text(parts, state.chart)):
            yield "signs_believed", Move("so", (), text)
        return
    if move.operation == "test":
        yield from signchart.slips_of_test(move)
        return
    if move.operation == "points" and parts:
        yield from signchart.misplaced(parts, str(move.result))
    true = solutions(read_relation(state.text))
    for name, wrong in _mistakes(state, move):
        if solutions(read_relation(str(wrong.result))) != true:
            yield name, wrong


def _mistakes(state: State, move: Move) -> Iterator[tuple[str, Move]]:
    word, left, right = read_relation(state.text)
    parts = parts_of(state.text)
    if move.operation == "so":
        yield from signchart.misread(parts, state.chart) if parts and state.chart else ()
    elif move.operation == "points" and parts:
        yield from signchart.unequal(parts)
        yield from cleared(word, left, right)
    elif move.operation == "factor" and parts:
        zeros = next(roots for top in parts.tops if len(roots := rational_roots(ratio(top)[0])) == 2)
        others = [top for top in parts.tops if isinstance(top, int)]
        wrong = linear_factors([-zero for zero in zeros])
        yield "sign_in_factor", Move("factor", (), quotient_text(word, [*others, *wrong], parts.bottoms))
    elif move.operation == "join":
        _, (_, above, below), _ = read_relation(str(move.result))
        slipped = list(ratio(above)[0])
        slipped[-1] += 1
        yield "arithmetic_slip", Move("join", (), quotient_text(word, [polynomial_of(slipped)], [below]))
    elif _is_linear(left) and _is_linear(right):
        yield from ((name, wrong) for name, wrong in slips(state.text, move) if name in SHARED)
        if move.operation == "divide":
            turned, *after = read_relation(str(move.result))
            k, zero = int(move.operands[0].value), any(line_of(side)[1] < 0 for side in (left, right))
            if k < 0 or (zero and "x" in after):
                yield (
                    "wrong_direction",
                    Move("divide", move.operands, relation_text((FLIPPED[turned], *after))),
                )
    elif move.operation == "divide":
        turned, *after = read_relation(str(move.result))
        yield "wrong_direction", Move("divide", move.operands, relation_text((FLIPPED[turned], *after)))
    else:
        kept = sides.spelled(relation_text((word, total([*terms(left), *terms(right)]), 0)))
        if all(len(ratio(side)[1]) == 1 for side in (left, right)):
            kept = relation_text((word, polynomial_of(ratio(("+", left, right))[0]), 0))
        yield "sign_not_flipped", Move("add", move.operands, kept)
        yield from cleared(word, left, right)
        if left == ("^", "x", 2) and isinstance(right, int) and right > 0:
            yield "as_equation", Move("so", (), relation_text((word, "x", isqrt(right))))


def _is_linear(side: Algebra) -> bool:
    top, bottom = ratio(side)
    return len(top) < 3 and len(bottom) == 1


def claims(state: State, move: Move) -> Sequence[Claim]:
    result = str(move.result)
    if move.operation in ("points", "test"):
        parts = parts_of(state.text)
        if parts is None:
            raise MoveError(write(state, move))
        return signchart.claims(parts, state.chart, move)
    if state.chart is not None and move.operation != "so":
        raise MoveError(write(state, move))
    before, after = read_relation(state.text), read_relation(result)
    if move.operation == "so":
        if not _is_answer(after):
            raise MoveError(write(state, move))
        return (SameSolutions(before, after),)
    if move.operation == "clear" and any("x" in str(operand.value) for operand in move.operands):
        # The sign of an expression is unknown, so only the solutions can be compared.
        return (SameSolutions(before, after),)
    if move.operation in ("join", "factor"):
        return sides.claims(state.text, Move("collect", move.operands, result))
    return sides.claims(state.text, move)


def apply(state: State, move: Move) -> State:
    if move.operation == "points":
        return State(state.text, Chart(signchart.points_in(str(move.result))))
    if move.operation == "test":
        chart = state.chart or Chart(())
        return State(
            state.text, Chart(chart.points, (*chart.signs, signchart.values_in(str(move.result))[2]))
        )
    return State(str(move.result))


def _is_answer(relation: Relation) -> bool:
    """Whether it states the solution set directly."""
    if len(relation) == 1:
        return True
    word, left, right = relation
    if word in ("or", "and"):
        return _is_answer(left) and _is_answer(right)
    return "x" in (left, right) and any(map(sides.is_number, (left, right)))


def solved(state: State) -> bool:
    return state.chart is None and _is_answer(read_relation(state.text))


def heuristic(state: State) -> float:
    """The tests that are left, or how many terms stand there."""
    if solved(state):
        return 0.0
    if state.chart is not None:
        return max(len(state.chart.points) + 2.0 - len(state.chart.signs), 1.0)
    return 4.0 + sum(len(terms(side)) for side in read_relation(state.text)[1:])


def dead_end_evidence(state: State) -> Evidence:
    parts = parts_of(state.text)
    wrong = signchart.wrong_sign(parts, state.chart) if parts and state.chart else None
    return wrong or Evidence("exhausted", (key(state), "it say what x is"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return interval_text(solutions(read_relation(str(path[-1].result) if path else givens["inequality"])))


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right is the set as x<3, 3>x, -1<=x<2, x=5, joined by `or` and `and`; `all numbers`; `no solution`."""
    try:
        claimed = read_relation(answer.strip())
        if not _is_answer(claimed):
            return f"{answer[:40]!r} does not say what x is"
        same = solutions(claimed) == solutions(read_relation(givens["inequality"]))
    except (ParseError, Unsupported) as fault:
        return str(fault)
    return None if same else f"{answer.strip()[:60]} is not the solution"


def write(state: State, move: Move) -> str:
    return write_line(move)


def read(state: State, line: str) -> Move:
    return signchart.read_test(line) or read_line(line, WORDS, sides.spelled)

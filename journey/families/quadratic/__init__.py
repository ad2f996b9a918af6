"""Quadratic equations over the reals: by factors, by completing the square, by the formula.

The solver simplifies and then chooses the method with the least work. It tries the pairs with the product a c
if there are few (a wrong sum is a dead end), completes the square if b is even and a = 1, and else computes
the discriminant. Level 1 has integer roots; level 2 needs simplification first, or invites losing a root.
Level 3 has surds, fractions and equations without a solution, level 4 both at once. Level 5 has products on
both sides, sums of squares and fractions as coefficients.

    x^2+4x=6                            the prompt
    collect:x^2+4x-6=0                  6 is subtracted
    pair 1,-6:-6,-5=4-9                 a pair with the product -6, but the sum is -5, not 4 ...
    !<                                  ... noticed, and back
    pair -1,6:-6,5=4+1
    !<
    pair 2,-3:-6,-1=4-5
    !<
    pair -2,3:-6,1=4-3
    !<
    complete 4:x^2+4x+4=6               4 is added on the left only ...
    !-1<                                ... and at x = 1 the sides differed by -1, not by 3
    complete 4:x^2+4x+4=10
    square:(x+2)^2=10
    root:x+2=+-sqrt(10)
    split:x+2=sqrt(10)                  one of two roots ...
    !-2-sqrt(10)<                       ... so that this solution is lost
    split:x+2=-sqrt(10) or x+2=sqrt(10)
    solve:x=2-sqrt(10) or x=2+sqrt(10)
    !2-sqrt(10)<                        ... and this solves the new line alone
    solve:x=-2-sqrt(10) or x=-2+sqrt(10)
    =-2-sqrt(10),-2+sqrt(10)

The shortcut is that without the pairs, the mistakes and their notices. The formula's lines are like
`disc 49+120:169` (b^2 and -4 a c), `formula:x=(7+-13)/4`, `split:x=(7-13)/4 or x=(7+13)/4`. The answer lists
the solutions (`journey.methods.univariate.fault_in`), or is `no solution`.

Mistakes: `zero_product` ((x-2)(x-3)=6, so x-2=6 or x-3=6) and `termwise` ((x+3)^2 as x^2+9): Matz, Towards a
process model for high school algebra errors (1982). `divided_by_x` (x^2=4x, so x=4): Didis, Bas & Erbas,
Students' reasoning in quadratic equations with one unknown (CERME 7, 2011). `one_root` (of x^2=9 only 3, of
two factors only one): Vaiyavutjamai & Clements, Effects of classroom instruction on students' understanding
of quadratic equations (2006). `sign_lost` (in collecting, in a pair, in the formula, from x+2=0 to x=2),
`one_sided` (done to one side only), `first_term_only` (3(x+2) as 3x+2, (6+-2sqrt(5))/2 as 3+-2sqrt(5)): Payne
& Squibb, Algebra mal-rules and cognitive accounts of error (1990). `half_forgotten` (x^2+6x+9 as (x+6)^2),
`sum_ignored` (goes on with a pair that does not fit): Zakaria, Ibrahim & Maat, Analysis of students' error in
learning of quadratic equations (2010).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from math import isqrt
from random import Random
from typing import Any, NamedTuple

from journey.algebra import NONE, Relation, read_relation, relation_text
from journey.algebra import write as spelled
from journey.claim_types import Claim, Equal
from journey.errors import MoveError, ParseError
from journey.expressions import Tree
from journey.families.quadratic.problems import drawn
from journey.methods.lines import read_line, write_line
from journey.methods.quadratic_slips import changes, same_solutions, slips
from journey.methods.quadratics import (
    doubled,
    factored,
    is_normal,
    line,
    linear_factors,
    normal,
    obvious,
    squared,
    steps,
)
from journey.methods.substitution import put_in
from journey.methods.univariate import (
    fault_in,
    is_list_of_values,
    polynomial_tree,
    solution_texts,
    solved_text,
)
from journey.step import Evidence, Move, Operand

NAME = "quadratic"
SUMMARY = "quadratic equations; wrong turns: pairs that do not fit, lost roots, misused zero products"
EXAMPLE = {"equation": "x^2+4x=6"}

WORDS = (
    "collect", "complete", "divide", "expand", "factor", "formula", "isolate", "multiply", "root", "simplify",
    "solve", "split", "square",
)  # fmt: skip
WITH_OPERAND = ("complete", "divide", "multiply")
FEW_PAIRS = 6
"""With more pairs to try, the discriminant comes first."""
MAX_PRODUCT = 500
"""The largest product of the first and last coefficient for which pairs are tried."""
INTEGER = r"-?[0-9]{1,9}"
PAIR = re.compile(rf"pair ({INTEGER}),({INTEGER}):({INTEGER}),({INTEGER})=({INTEGER})([+-][0-9]+)")
DISCRIMINANT = re.compile(r"disc ([0-9]{1,12})([+-][0-9]{1,12}):(-?[0-9]{1,12})")


class Work(NamedTuple):
    """The current line, and the pair or the discriminant just found for it."""

    relation: Relation
    pair: tuple[int, int] | None = None
    discriminant: int | None = None


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    relation = read_relation(drawn(random, level))
    return {"equation": relation_text(relation)}, ",".join(solution_texts(relation) or ()) or NONE


def split_key(givens: dict[str, Any]) -> str:
    """The normal form up to scale and the sign of x: what has the same or mirrored roots shares a split."""
    a, b, c = normal(read_relation(givens["equation"])) or (0, 0, 0)
    return f"{a},{abs(b)},{c}"


def statement(givens: dict[str, Any]) -> str:
    return f"Solve {givens['equation']} over the real numbers."


def prompt(givens: dict[str, Any]) -> str:
    return str(givens["equation"])


def start(givens: dict[str, Any]) -> Work:
    return Work(read_relation(givens["equation"]))


def key(state: Work) -> str:
    text = relation_text(state.relation)
    if state.pair:
        return "{}; {},{}".format(text, *state.pair)
    return text if state.discriminant is None else f"{text}; D={state.discriminant}"


def pairs_of(a: int, b: int, c: int) -> list[tuple[int, int]]:
    """The pairs with the product a c, from the smallest number up."""
    product = a * c
    if abs(product) > MAX_PRODUCT:
        return []
    pairs = []
    for small in range(1, isqrt(abs(product)) + 1):
        if product % small == 0:
            large, sign = abs(product) // small, 1 if b > 0 else -1
            # With a positive product both signs are that of b; with a negative one there are two choices.
            pairs += [(sign * small, sign * large)] if product > 0 else [(small, -large), (-small, large)]
    return list(dict.fromkeys(pairs))


def moves(state: Work) -> Iterator[Move]:
    # After a wrong turn, numbers may be too long for a line.
    with suppress(MoveError):
        yield from _moves(state)


def _moves(state: Work) -> Iterator[Move]:
    if solved(state):
        return
    coefficients = is_normal(state.relation)
    if coefficients is None:
        yield from steps(state.relation)
        return
    a, b, c = coefficients
    if state.pair is not None:
        m, n = state.pair
        if m + n == b and m * n == a * c:
            yield line("factor", factored(a, state.pair))
    elif state.discriminant is not None:
        if state.discriminant == b * b - 4 * a * c:
            yield line("formula", by_formula(a, b, state.discriminant))
    elif move := obvious(state.relation, a, b, c):
        yield move
    else:
        yield from _methods(a, b, c)


def _methods(a: int, b: int, c: int) -> Iterator[Move]:
    """Factor pairs, completing the square and the formula, in the order of expected work."""
    pairs = [_pair(m, n, a * c, b) for m, n in pairs_of(a, b, c)]
    few = pairs if len(pairs) <= FEW_PAIRS else []
    square = [squared(b, c)] if a == 1 else []
    yield from few
    if b % 2 == 0:
        yield from square
    yield _discriminant(b * b, -4 * a * c, b * b - 4 * a * c)
    if not few:
        yield from pairs
    if b % 2:
        yield from square


def _pair(m: int, n: int, product: int, b: int) -> Move:
    """A pair with its sum and by how much that exceeds b."""
    return Move("pair", tuple(map(Operand, (m, n, m + n, m + n - b))), product)


def _discriminant(square: int, rest: int, value: int) -> Move:
    return Move("disc", (Operand(square), Operand(rest)), value)


def by_formula(a: int, b: int, discriminant: int, sign: str = "+-") -> str:
    """The line that the quadratic formula gives, with the root of a square computed."""
    if discriminant < 0:
        return NONE
    if not discriminant:
        return f"x={-b}/{2 * a}"
    return f"x=({-b}{sign}{_root(discriminant)})/{2 * a}"


def _root(number: int) -> str:
    root = isqrt(number)
    return str(root) if root * root == number else f"sqrt({number})"


def mistakes(state: Work, move: Move | None) -> Iterator[tuple[str, Move]]:
    with suppress(MoveError):
        for name, wrong in _mistaken(state, move):
            if wrong.operation in ("pair", "disc") or changes(state.relation, str(wrong.result)):
                yield name, wrong


def _mistaken(state: Work, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        if state.pair and (coefficients := is_normal(state.relation)):
            m, n = state.pair
            first = spelled(polynomial_tree((Fraction(coefficients[0]), Fraction(m))))
            yield "sum_ignored", line("factor", f"({first})(x{n:+d})=0")
    elif move.operation == "pair":
        m, n, total, excess = (int(operand.value) for operand in move.operands)
        yield "sign_lost", _pair(-m, n, int(move.result), total - excess)
    elif move.operation == "disc":
        square, rest = (int(operand.value) for operand in move.operands)
        yield "sign_lost", _discriminant(square, -rest, square - rest)
    elif move.operation == "factor" and state.pair and (coefficients := is_normal(state.relation)):
        m, n = state.pair
        yield "sign_lost", line("factor", factored(coefficients[0], (-m, -n)))
    elif move.operation == "formula" and state.discriminant is not None:
        a, b, _ = is_normal(state.relation) or (1, 0, 0)
        discriminant = abs(state.discriminant)
        yield "sign_lost", line("formula", by_formula(a, b if state.discriminant < 0 else -b, discriminant))
        if state.discriminant > 0:
            yield "one_root", line("formula", by_formula(a, b, discriminant, "+"))
            yield "first_term_only", line("formula", f"x={-b}+-{_root(discriminant)}/{2 * a}")
    else:
        yield from slips(state.relation, move)


def claims(state: Work, move: Move) -> Sequence[Claim]:
    coefficients = is_normal(state.relation)
    if solved(state) or (
        move.operation in ("pair", "disc") and (state[1:] != (None, None) or not coefficients)
    ):
        raise MoveError(f"{write(state, move)}, as the next step,")
    a, b, c = coefficients or (0, 0, 0)
    if move.operation == "pair":
        m, n, total, excess = (int(operand.value) for operand in move.operands)
        products = [Equal(product, int(move.result)) for product in (("*", m, n), ("*", a, c))]
        return *products, Equal(("+", m, n), total), Equal(("+", b, excess), total)
    discriminant: Tree = ("-", ("*", b, b), ("*", ("*", 4, a), c))
    if move.operation == "disc":
        square, rest = (int(operand.value) for operand in move.operands)
        parts = Equal(("*", b, b), square), Equal(("*", ("*", -4, a), c), rest)
        return *parts, Equal(("+", square, rest), int(move.result))
    doubts: list[Claim] = []
    # The pair and the discriminant in the state are claimed again only if they are wrong.
    if state.pair and sum(state.pair) != b:
        doubts.append(Equal(("+", *state.pair), b))
    if state.pair and state.pair[0] * state.pair[1] != a * c:
        doubts.append(Equal(("*", *state.pair), a * c))
    if state.discriminant not in (None, b * b - 4 * a * c):
        doubts.append(Equal(discriminant, int(state.discriminant or 0)))
    return *doubts, *same_solutions(state.relation, move)


def apply(state: Work, move: Move) -> Work:
    if move.operation == "pair":
        m, n = (int(operand.value) for operand in move.operands[:2])
        return state._replace(pair=(m, n))
    if move.operation == "disc":
        return state._replace(discriminant=int(move.result))
    return Work(read_relation(str(move.result)))


def solved(state: Work) -> bool:
    return is_list_of_values(state.relation) and solved_text(state.relation) == relation_text(state.relation)


def heuristic(state: Work) -> float:
    """How many kinds of lines stand between this one and the solved one."""
    if is_list_of_values(state.relation):
        return 0.0
    if state.relation[0] != "=" or state.discriminant is not None:
        return 1.0
    if state.pair and (coefficients := is_normal(state.relation)):
        return 2.0 + abs(sum(state.pair) - coefficients[1])
    return 2.0 if doubled(state.relation[2]) or linear_factors(state.relation[1]) else 3.0


def dead_end_evidence(state: Work) -> Evidence:
    a, b, c = is_normal(state.relation) or (0, 0, 0)
    if state.pair:
        m, n = state.pair
        second = f"({n})" if n < 0 else str(n)
        if m + n != b:
            return Evidence("missed", (m + n - b, 0))
        return Evidence("unequal", (f"{m}*{second}", m * n, a * c))
    if state.discriminant is not None:
        return Evidence("unequal", ("the discriminant", b * b - 4 * a * c, state.discriminant))
    return Evidence("exhausted", (relation_text(state.relation), "x"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(path[-1].result).replace(" or ", ",").replace("x=", "")


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right is every list of the solutions, or `no solution` (`journey.methods.univariate.fault_in`)."""
    return fault_in(answer, read_relation(givens["equation"]))


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return put_in(givens["equation"], "x", answer.split(","))


def write(state: Work, move: Move) -> str:
    if move.operation == "pair":
        m, n, total, excess = (int(operand.value) for operand in move.operands)
        return f"pair {m},{n}:{move.result},{total}={total - excess}{excess:+d}"
    if move.operation == "disc":
        square, rest = (int(operand.value) for operand in move.operands)
        return f"disc {square}{rest:+d}:{move.result}"
    return write_line(move)


def read(state: Work, line: str) -> Move:
    if match := PAIR.fullmatch(line):
        m, n, product, total, b, excess = map(int, match.groups())
        if (coefficients := is_normal(state.relation)) and b == coefficients[1]:
            return Move("pair", tuple(map(Operand, (m, n, total, excess))), product)
    if match := DISCRIMINANT.fullmatch(line):
        return _discriminant(*map(int, match.groups()))
    move = read_line(line, WORDS, lambda text: relation_text(read_relation(text)))
    if bool(move.operands) != (move.operation in WITH_OPERAND):
        raise ParseError(f"no line of {NAME}: {line[:40]!r}")
    return move

"""Linear equations in one unknown, with brackets and fractions.

The steps (clear fractions, expand, collect, add, divide) can be done in many orders, and all of them lead to
the solution. So every wrong turn is a mistake. Level 1 is a x + b = c, level 2 has x on both sides, level 3
brackets, level 4 fractions, level 5 both. From level 2 on, one in six has no solution or is always true.

    3(x+2)=5x-4                     the prompt
    expand 3(x+2):3x+2=5x-4         the bracket is multiplied in half ...
    !9<                             ... but it is 9 at x = 1, not 5: noticed, and back
    expand 3(x+2):3x+6=5x-4
    add -5x:-2x+6=-4
    add -6:-2x=-10
    divide -2:x=5
    =5

The shortcut is the same without the second and third line. The mistakes are those of
`journey.methods.linear_slips`, after Sleeman, "An attempt to understand students' understanding of basic
algebra" (1984), Payne and Squibb, "Algebra mal-rules and cognitive accounts of error" (1990), and, for
`unlike_terms_joined`, Booth, "Algebra: Children's Strategies and Errors" (1984); and `end_misread`, where 0=5
becomes x=0 or `all numbers`: Huntley et al., "Investigating high-school students' reasoning strategies when
they solve linear equations" (2007).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from math import gcd, lcm, prod
from random import Random
from typing import Any

from journey.algebra import (
    ALL,
    NONE,
    Algebra,
    factors,
    polynomial_of,
    product,
    read_relation,
    relation_text,
    terms,
    total,
)
from journey.claim_types import Claim, SameSolutions
from journey.errors import MoveError
from journey.methods import sides
from journey.methods.linear_slips import slips
from journey.methods.lines import read_line, write_line
from journey.methods.sides import Signed, line_of
from journey.methods.substitution import put_in
from journey.step import Evidence, Move

NAME = "linear"
SUMMARY = "linear equations with brackets and fractions; wrong turns: signs, brackets half multiplied"
EXAMPLE = {"equation": "3(x+2)=5x-4"}

WORDS = (*sides.WORDS, "so")
ANSWER = re.compile(r"\s*(?:x\s*=\s*)?(-?[0-9]{1,18}(?:/[0-9]{1,18}|\.[0-9]{1,18})?)\s*")
DEGENERATE = 1 / 6
"""The share of equations without a solution, or with all numbers as solutions."""
LARGEST = {1: 24, 2: 30, 3: 40, 4: 60, 5: 60}
"""The largest numerator of a solution, by level."""
BOTTOM = {1: 1, 2: 1, 3: 6, 4: 6, 5: 12}
"""Its largest denominator."""


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    def number(largest: int, smallest: int = 1) -> int:
        return random.choice((1, -1)) * random.randint(smallest, largest)

    degenerate = level > 1 and random.random() < DEGENERATE
    while True:
        both = [_side(level, first, number) for first in (True, False)]
        (a, b), (c, d) = (line_of(total(side)) for side in both)
        if degenerate:
            # The terms without fractions on the left are chosen so that both sides have the same coefficient
            # of x; half of the time the sides are equal.
            integers = [each for each in both[0] if sides.bottom(each[1]) == 1 and not sides.bracket(each[1])]
            x, one = line_of(total(integers))
            x, one = x + c - a, one + (d - b if random.random() < 0.5 else 0)
            if abs(x) > 30 or max(x.denominator, one.denominator) > 1:
                continue
            both[0] = [*(each for each in both[0] if each not in integers), *sides.line(x, one)]
        elif a == c:
            continue
        for side in both:
            if random.random() < 0.3:
                random.shuffle(side)
        random.shuffle(both)
        text = sides.text_of("=", *both)
        if degenerate:
            same = line_of(total(both[0])) == line_of(total(both[1]))
            return {"equation": text}, ALL if same else NONE
        root = (d - b) / (a - c)
        if abs(root.numerator) <= LARGEST[level] and root.denominator <= BOTTOM[level]:
            return {"equation": text}, str(root)


def _side(level: int, first: bool, number: Callable[..., int]) -> Signed:
    """A random side; the first has the feature of the level, the other is simpler."""

    def times(k: int, tree: Algebra) -> tuple[int, Algebra]:
        return (1 if k > 0 else -1, product((abs(k), tree)))

    x, constant = times(number(12), "x"), times(number(40), 1)
    if level == 1:
        return [times(number(12, 2), "x"), constant] if first else [times(number(60), 1)]
    if level == 2:
        return [x, constant]
    inside, other = (polynomial_of((abs(number(4)), number(9))) for _ in range(2))
    bracket = times(number(6, 2) if number(4) > -4 else -1, other)
    if level == 3:
        others = [[x, constant], [bracket, constant], [constant]]
        return [bracket, x] if first else others[abs(number(3)) - 1]
    below = abs(number(6, 2))
    sign = 1 if number(1) > 0 else -1
    fraction: Algebra = ("/", inside, below)
    if level == 4:
        usual = [x, (x[0], ("/", x[1], below)), (sign, fraction)][abs(number(3)) - 1]
        return [(sign, fraction) if first else usual, constant]
    outside = product((abs(number(5, 2)), polynomial_of((1, number(9)))))
    return [(sign, fraction), bracket] if first else [(sign, ("/", outside, below)), constant]


def split_key(givens: dict[str, Any]) -> str:
    """The terms of both sides, up to their order, the order of the sides, a common factor, and x's sign."""
    _, *both = read_relation(givens["equation"])
    rows = [[_part(sign, term) for sign, term in terms(side)] for side in both]
    numbers = [k for row in rows for k, _, _ in row]
    bottom = lcm(*(k.denominator for k in numbers))
    scale = Fraction(gcd(*(int(k * bottom) for k in numbers)), bottom)
    variants = []
    for mirror in (1, -1):
        for sign in (1, -1):
            texts = []
            for row in rows:
                turned = [_upright(sign * k / scale, mirror * a, b) for k, a, b in row]
                texts.append(" ".join(sorted("*".join(map(str, part)) for part in turned)))
            variants.append("=".join(sorted(texts)))
    return min(variants)


def _part(sign: int, term: Algebra) -> tuple[Fraction, Fraction, Fraction]:
    """A term as k (a x + b), with a and b as written."""
    a, b = line_of(term)
    numbers = [part for part in factors(sides.top(term)) if isinstance(part, int) and part]
    k = Fraction(prod(numbers), sides.bottom(term))
    return sign * k, a / k, b / k


def _upright(k: Fraction, a: Fraction, b: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    return (-k, -a, -b) if a < 0 else (k, a, b)


def statement(givens: dict[str, Any]) -> str:
    return f"Solve {givens['equation']} for x."


def prompt(givens: dict[str, Any]) -> str:
    return str(givens["equation"])


def start(givens: dict[str, Any]) -> str:
    return str(givens["equation"])


def key(state: str) -> str:
    return state


def moves(state: str) -> Iterator[Move]:
    if solved(state):
        return
    relation = read_relation(state)
    if relation[0] == "=" and all(map(sides.is_number, relation[1:])):
        first, second = (line_of(side)[1] for side in relation[1:])
        yield Move("so", (), ALL if first == second else NONE)
        return
    yield from sides.steps(state)


def mistakes(state: str, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        return
    if move.operation != "so":
        yield from slips(state, move)
        return
    yield "end_misread", Move("so", (), NONE if move.result == ALL else ALL)
    left, right = (line_of(side)[1] for side in read_relation(state)[1:])
    for number in sorted({Fraction(0), left, right}):
        yield "end_misread", Move("so", (), f"x={number}")


def claims(state: str, move: Move) -> Sequence[Claim]:
    if move.operation == "so":
        after = read_relation(str(move.result))
        if len(after) > 1 and not _is_answer(after):
            raise MoveError(write(state, move))
        return (SameSolutions(read_relation(state), after),)
    return sides.claims(state, move)


def apply(state: str, move: Move) -> str:
    return str(move.result)


def _is_answer(relation: tuple[Any, ...]) -> bool:
    """Whether it is x = number, number = x, all numbers or no solution."""
    if relation[0] in ("all", "none"):
        return True
    word, left, right = relation
    return word == "=" and "x" in (left, right) and any(map(sides.is_number, (left, right)))


def solved(state: str) -> bool:
    return _is_answer(read_relation(state))


def heuristic(state: str) -> float:
    """How long the equation is, beyond x and a number."""
    if solved(state):
        return 0.0
    both = read_relation(state)[1:3]
    return sum(len(terms(side)) + _weight(side) for side in both) - 1.0


def _weight(tree: Any) -> int:
    """The number of brackets and fractions in an expression."""
    if not isinstance(tree, tuple):
        return 0
    return sum(map(_weight, tree[1:])) + (tree[0] in "*/")


def dead_end_evidence(state: str) -> Evidence:
    return Evidence("exhausted", (state, "it x = a number"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    """The number alone, `all numbers` or `no solution`."""
    relation = read_relation(str(path[-1].result) if path else givens["equation"])
    if len(relation) == 1:
        return relation_text(relation)
    numbers = [side for side in relation[1:] if side != "x"]
    return str(line_of(numbers[0])[1])


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right is the solution as 5, -7/2, 14/4, 3.5 or x=5; or `all numbers`; or `no solution`."""
    match, text = ANSWER.fullmatch(answer), answer.strip()
    if not match and text not in (ALL, NONE):
        return f"{answer[:40]!r} is no number, nor {ALL!r} or {NONE!r}"
    _, left, right = read_relation(givens["equation"])
    a, b = line_of(("-", left, right))
    if not a or not match:
        return None if not a and text == (NONE if b else ALL) else f"{text} is not the solution"
    try:
        return None if a * Fraction(match[1]) + b == 0 else f"{text} is not the solution"
    except ZeroDivisionError:
        return f"{text} divides by zero"


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return put_in(givens["equation"], "x", answer.split(","))


def write(state: str, move: Move) -> str:
    return write_line(move)


def read(state: str, line: str) -> Move:
    return read_line(line, WORDS, sides.spelled)

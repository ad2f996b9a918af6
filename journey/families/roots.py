"""Rational roots of cubics and quartics with integer coefficients, by the rational root theorem.

The solver tries the candidates p/q in order (p divides the last coefficient, q the first) by Horner's scheme.
A nonzero value is a dead end. So is a scheme that leaves the integers, as that of a root never does (Gauss's
lemma). The factor of a root is divided out, and the search continues in the quotient. For a quadratic, the
discriminant comes first: if it is not a square, there are no rational roots. Level 1 has the root 1 or -1,
level 2 only larger ones, level 3 two fractions. Levels 4 and 5 are quartics, most with an irreducible
quadratic factor, and level 5 has a fraction too.

    x^3-4x^2+x+6                    the prompt
    x=1:1,-4+1=-3,1-3=-2,6-2=4      coefficient and product make each value; the last is 4 ...
    !<                              ... and not zero: noticed, and back
    x=-1:1,-4-1=-5,1+5=6,6-6=0
    /(x+1)=1,-5,6                   the values are the quotient's coefficients
    D=25-24=1                       a square
    x=-1:1,-5-1=-6,6+6=12
    !<
    x=2:1,-5+2=-3,6-6=0
    /(x-2)=1,-3
    x-3:x=3
    =-1,2,3

Mistakes: `evaluation_slip` (a sum off by one, carried on), `sign_of_root` (takes the root of x + r as r),
`missed_coefficient` (a zero coefficient skipped), `remainder_ignored` (divides by no factor). Signs of roots:
Matz, Towards a process model for high school algebra errors (1982).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import gcd, isqrt
from random import Random
from typing import Any, NamedTuple

from journey.check import check
from journey.claim_types import Claim, Equal, Expands, RationalRoots
from journey.errors import MoveError, ParseError
from journey.exact.polynomials import product
from journey.expressions import Tree, polynomial
from journey.methods.substitution import put_in
from journey.step import Evidence, Move, Operand, Value

NAME = "roots"
SUMMARY = "rational roots of cubics and quartics; wrong turns: candidates that fail, evaluation slips"
EXAMPLE = {"coefficients": [1, -4, 1, 6]}

SIZES = {1: (1, 7), 2: (2, 9), 3: (2, 9), 4: (2, 9), 5: (1, 6)}
"""The smallest and the largest integer root, by level."""
FRACTIONS = {1: 0, 2: 0, 3: 2, 4: 0, 5: 1}
"""How many of the roots are fractions, by level."""
LAST = {1: 99, 2: 240, 3: 240, 4: 240, 5: 120}
"""The largest last coefficient, whose divisors are the candidates, by level."""

INTEGER = r"-?[0-9]{1,9}"
ROOT = r"-?[0-9]{1,6}(?:/[1-9][0-9]{0,5})?"
ANSWER = re.compile(rf"\s*{ROOT}(?:\s*,\s*{ROOT}){{0,7}}\s*")
ENTRY = re.compile(rf"({INTEGER})([+-][0-9]{{1,9}})=({INTEGER})")
TRY = re.compile(rf"x=({ROOT}):({INTEGER}(?:,{INTEGER}[+-][0-9]{{1,9}}={INTEGER})*)")
DIVIDE = re.compile(
    rf"/\(([1-9][0-9]{{0,5}})?x([+-][1-9][0-9]{{0,5}})?\)=(-?[1-9][0-9]{{0,8}}(?:,{INTEGER})*)"
)
DISCRIMINANT = re.compile(r"D=([0-9]{1,12})([+-][0-9]{1,12})=(-?[0-9]{1,12})")
LINEAR = re.compile(rf"([^:]{{1,30}}):x=({ROOT})")


class Search(NamedTuple):
    """The remaining polynomial, the roots found, and the state of the current candidate."""

    left: tuple[int, ...]
    """Coefficients from the highest power down."""
    roots: tuple[Fraction, ...] = ()
    tried: Fraction | None = None
    values: tuple[int, ...] = ()
    """The values of Horner's scheme for `tried`; fewer than the coefficients if it left the integers."""
    discriminant: int | None = None


def order(root: Fraction) -> tuple[int, int, bool]:
    """The sort key of a candidate: integers first, small before large, + before -."""
    return root.denominator, abs(root.numerator), root < 0


def candidates(state: Search) -> list[Fraction]:
    """All candidates. Those before a root already found have failed once, so they come last."""
    ordered = allowed(abs(state.left[0]), abs(state.left[-1]))
    start = max(map(order, state.roots), default=(0, 0, False))
    place = bisect_left(ordered, start, key=order)
    return [*ordered[place:], *ordered[:place]]


@lru_cache(maxsize=4096)
def allowed(first: int, last: int) -> tuple[Fraction, ...]:
    """The fractions, in order, whose top divides the last coefficient and whose bottom the first."""
    if not last:
        return (Fraction(0),)
    tops, bottoms = ([n for n in range(1, end + 1) if end % n == 0] for end in (last, first))
    pairs = [(bottom, top) for bottom in bottoms for top in tops if gcd(top, bottom) == 1]
    return tuple(Fraction(sign * top, bottom) for bottom, top in sorted(pairs) for sign in (1, -1))


def scheme(coefficients: Sequence[int], root: Fraction, slip: int = 0) -> str:
    """Horner's scheme as text, until it leaves the integers; `slip` is added to the first sum."""
    top, bottom = root.as_integer_ratio()
    value = coefficients[0]
    text = str(value)
    for coefficient in coefficients[1:]:
        product, rest = divmod(value * top, bottom)
        if rest:
            break
        value, slip = coefficient + product + slip, 0
        text += f",{coefficient}{product:+d}={value}"
    return text


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    def drawn(smallest: int, largest: int) -> Fraction:
        return Fraction(random.choice((1, -1)) * random.randint(smallest, largest))

    fractions = FRACTIONS[level]
    while True:
        roots = [drawn(*SIZES[level]) for _ in range((3 if level < 4 else 2) - fractions)]
        if level == 1:
            roots[0] = drawn(1, 1)
        roots += [drawn(1, 9) / random.randint(2, 3 + (level == 5)) for _ in range(fractions)]
        factors: list[tuple[int, ...]] = [(root.denominator, -root.numerator) for root in roots]
        if level >= 4:
            factors += _quadratic(random, level, roots)
        coefficients = product(factors)
        integers = sum(root.denominator == 1 for root in roots)
        if len(roots) - integers == fractions and abs(coefficients[-1]) <= LAST[level]:
            return {"coefficients": list(coefficients)}, ",".join(map(str, sorted(roots)))


def _quadratic(random: Random, level: int, roots: list[Fraction]) -> list[tuple[int, ...]]:
    """A factor to make a quartic: an irreducible one, or one time in four two more roots."""
    if random.random() < 0.25:
        more = [Fraction(random.choice((1, -1)) * random.randint(1, 3)) for _ in range(2)]
        roots += more
        return [(1, -root.numerator) for root in more]
    while True:
        a, b, c = random.randint(1, level - 3), random.randint(-4, 4), random.randint(-6, 6)
        if c and gcd(a, b, c) == 1 and not is_square(b * b - 4 * a * c):
            return [(a, b, c)]


def is_square(number: int) -> bool:
    return number >= 0 and isqrt(number) ** 2 == number


def split_key(givens: dict[str, Any]) -> str:
    """The coefficients up to the sign of x: the mirror image of a training problem is never held out."""
    plain: list[int] = givens["coefficients"]
    mirrored = [c if place % 2 == 0 else -c for place, c in enumerate(plain)]
    return str(max(plain, mirrored))


def statement(givens: dict[str, Any]) -> str:
    return f"Find all rational roots of {prompt(givens)}, with multiplicity."


def prompt(givens: dict[str, Any]) -> str:
    return polynomial(givens["coefficients"])


def start(givens: dict[str, Any]) -> Search:
    return Search(tuple(givens["coefficients"]))


def key(state: Search) -> str:
    text = ",".join((text_of(state.left), *map(str, state.roots)))
    if state.discriminant is not None:
        text += f"; D={state.discriminant}"
    return text if state.tried is None else f"{text}; {state.tried} makes {state.values}"


@lru_cache(maxsize=4096)
def text_of(coefficients: tuple[int, ...]) -> str:
    return polynomial(coefficients)


def moves(state: Search) -> Iterator[Move]:
    left, root = state.left, state.tried
    if solved(state):
        return
    if root is not None:
        # After a slip, the value may be zero although the true one is not; then nothing can be divided out.
        if len(state.values) == len(left) and scheme(left, root).endswith("=0"):
            yield _divide(root, [value for _, _, value in rows(scheme(left, root))])
    elif len(left) == 2:
        yield Move("linear", (), str(Fraction(-left[1], left[0])))
    elif len(left) == 3 and state.discriminant is None:
        square, product = left[1] ** 2, 4 * left[0] * left[2]
        yield Move("discriminant", (Operand(square), Operand(product)), square - product)
    else:
        for candidate in candidates(state):
            yield Move("try", (Operand(str(candidate)),), scheme(left, candidate))


def _divide(root: Fraction, values: Sequence[int]) -> Move:
    quotient = ",".join(str(value // root.denominator) for value in values[:-1])
    return Move("divide", (Operand(str(root)),), quotient)


def mistakes(state: Search, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        if state.tried is not None and len(state.values) == len(state.left):
            yield "remainder_ignored", _divide(state.tried, state.values)
        return
    result = str(move.result)
    if move.operation == "try":
        root = exact(move.operands[0].value)
        without = scheme([c for c in state.left if c], root)
        slips = {
            "evaluation_slip": scheme(state.left, root, slip=1),
            "sign_of_root": scheme(state.left, -root),
            "missed_coefficient": without if 0 in state.left else result,
        }
        yield from (
            (name, Move("try", move.operands, text)) for name, text in slips.items() if text != result
        )
    elif move.operation == "discriminant":
        yield "evaluation_slip", Move("discriminant", move.operands, int(move.result) + 1)
    elif move.operation == "divide":
        *most, last = numbers(result)
        yield "evaluation_slip", Move("divide", move.operands, ",".join(map(str, (*most, last + 1))))
        if root := exact(move.operands[0].value):
            yield "sign_of_root", Move("divide", (Operand(str(-root)),), result)
    elif exact(result):
        yield "sign_of_root", Move("linear", (), str(-exact(result)))


@lru_cache(maxsize=4096)
def exact(text: Value) -> Fraction:
    return Fraction(text)


def numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


@lru_cache(maxsize=4096)
def rows(text: str) -> tuple[tuple[int, int, int], ...]:
    """The coefficient, product and value of each place in a scheme; the first has no product."""
    first, *rest = text.split(",")
    matches = [ENTRY.fullmatch(part) for part in rest]
    entries = [(int(entry[1]), int(entry[2]), int(entry[3])) for entry in matches if entry]
    return ((int(first), 0, int(first)), *entries)


def tree(root: Fraction) -> Tree:
    return root.numerator if root.denominator == 1 else ("/", root.numerator, root.denominator)


def claims(state: Search, move: Move) -> Sequence[Claim]:
    left = state.left
    if move.operation == "divide" and state.tried is not None:
        root = exact(move.operands[0].value)
        factor = (root.denominator, -root.numerator)
        return (Expands((factor, tuple(numbers(str(move.result)))), left),)
    if state.tried is not None or solved(state):
        raise MoveError(write(state, move))
    if move.operation == "try" and len(left) > 2:
        root, places = exact(move.operands[0].value), rows(str(move.result))
        written = tuple(coefficient for coefficient, _, _ in places)
        if places[-1][2] % root.denominator:
            # The scheme stops when it leaves the integers; the coefficients after that are not claimed.
            written += left[len(written) :]
        result: list[Claim] = [] if written == left else [Expands((written,), left)]
        for (_, _, before), (coefficient, product, value) in pairwise(places):
            result.append(Equal(("*", tree(root), before), product))
            result.append(Equal(("+", coefficient, product), value))
        return result
    if move.operation == "linear" and len(left) == 2:
        return (Equal(("+", ("*", left[0], tree(exact(move.result))), left[1]), 0),)
    if move.operation == "discriminant" and len(left) == 3 and state.discriminant is None:
        square, product = (int(operand.value) for operand in move.operands)
        parts = Equal(("*", left[1], left[1]), square), Equal(("*", ("*", 4, left[0]), left[2]), product)
        return *parts, Equal(("-", square, product), int(move.result))
    raise MoveError(write(state, move))


def apply(state: Search, move: Move) -> Search:
    if move.operation == "try":
        values = tuple(value for _, _, value in rows(str(move.result)))
        return state._replace(tried=exact(move.operands[0].value), values=values)
    if move.operation == "discriminant":
        return state._replace(discriminant=int(move.result))
    root = exact(move.result if move.operation == "linear" else move.operands[0].value)
    left = (state.left[0],) if move.operation == "linear" else tuple(numbers(str(move.result)))
    return Search(left, tuple(sorted((*state.roots, root))))


def solved(state: Search) -> bool:
    """Nothing is left, or a quadratic whose discriminant is no square."""
    irrational = state.discriminant is not None and not is_square(state.discriminant)
    return len(state.left) == 1 or irrational


def heuristic(state: Search) -> float:
    """How many roots may be left, and how far the value in hand is from zero."""
    if solved(state):
        return 0.0
    return len(state.left) - 1.0 + (abs(state.values[-1]) if state.values else 0)


def dead_end_evidence(state: Search) -> Evidence:
    if state.tried is None or not state.values[-1]:
        return Evidence("exhausted", (polynomial(state.left), "it 0"))
    value, bottom = state.values[-1], state.tried.denominator
    if len(state.values) < len(state.left):
        return Evidence("remainder", (value, bottom, value % bottom))
    return Evidence("missed", (value, 0))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    state = start(givens)
    for move in path:
        state = apply(state, move)
    return ",".join(map(str, state.roots))


def grade(givens: dict[str, Any], answer: str) -> str | None:
    if not ANSWER.fullmatch(answer):
        return f"{answer[:40]!r} is not a list of integers and fractions"
    roots = sorted(Fraction(part.strip()) for part in answer.split(","))
    pairs = tuple((root.numerator, root.denominator) for root in roots)
    finding = check([RationalRoots(tuple(givens["coefficients"]), pairs)])
    return None if finding.evidence is None else str(finding.evidence)


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return put_in(f"{prompt(givens)}=0", "x", dict.fromkeys(answer.split(",")))


def write(state: Search, move: Move) -> str:
    if move.operation == "try":
        return f"x={move.operands[0].value}:{move.result}"
    if move.operation == "discriminant":
        square, product = (int(operand.value) for operand in move.operands)
        return f"D={square}{-product:+d}={move.result}"
    if move.operation == "divide":
        root = exact(move.operands[0].value)
        return f"/({polynomial((root.denominator, -root.numerator))})={move.result}"
    return f"{polynomial(state.left)}:x={move.result}"


def read(state: Search, line: str) -> Move:
    if (match := TRY.fullmatch(line)) and str(Fraction(match[1])) == match[1]:
        return Move("try", (Operand(match[1]),), match[2])
    if match := DIVIDE.fullmatch(line):
        root = Fraction(-int(match[2] or 0), int(match[1] or 1))
        return Move("divide", (Operand(str(root)),), match[3])
    if match := DISCRIMINANT.fullmatch(line):
        return Move("discriminant", (Operand(int(match[1])), Operand(-int(match[2]))), int(match[3]))
    if (match := LINEAR.fullmatch(line)) and match[1] == polynomial(state.left):
        return Move("linear", (), str(Fraction(match[2])))
    raise ParseError(f"no line of {NAME}: {line[:40]!r}")

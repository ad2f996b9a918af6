"""Rational roots of cubics and quartics with integer coefficients, by the rational root theorem.

The solver tries the candidates p/q in order (p divides the last coefficient, q the first) by Horner's scheme;
a value that is not zero is a dead end, and so is a scheme that leaves the integers, as that of a root never
does (Gauss's lemma). A root's factor is divided out and the search goes on in the quotient. A quadratic first
shows its discriminant: if that is no square, it has no rational roots. Level 1 has the root 1 or -1, level 2
only larger ones, level 3 two fractions; levels 4 and 5 are quartics, most with an irreducible quadratic
factor, level 5 with a fraction too.

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

from journey.check import Claim, Equal, Expands, RationalRoots, check
from journey.errors import MoveError
from journey.exact.polynomials import product
from journey.expressions import Tree, polynomial
from journey.methods.substitution import put_in
from journey.step import Evidence, Move, Operand, Value, Verdict

NAME = "roots"
SUMMARY = "rational roots of cubics and quartics; wrong turns: candidates that fail, evaluation slips"
ALLOWS: tuple[Verdict, ...] = ()

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
    """What is left of the polynomial, the roots found, and what is known of the candidate in hand."""

    left: tuple[int, ...]
    """Coefficients from the highest power down."""
    roots: tuple[Fraction, ...] = ()
    tried: Fraction | None = None
    values: tuple[int, ...] = ()
    """Of Horner's scheme for `tried`; fewer than the coefficients where it left the integers."""
    discriminant: int | None = None


def order(root: Fraction) -> tuple[int, int, bool]:
    """Where a candidate stands: integers first, small before large, + before -."""
    return root.denominator, abs(root.numerator), root < 0


def candidates(state: Search) -> list[Fraction]:
    """All that the theorem allows; those that come before a root already found failed once, and go last."""
    found = allowed(abs(state.left[0]), abs(state.left[-1]))
    start = max(map(order, state.roots), default=(0, 0, False))
    place = bisect_left(found, start, key=order)
    return [*found[place:], *found[:place]]


@lru_cache(maxsize=4096)
def allowed(first: int, last: int) -> tuple[Fraction, ...]:
    """The fractions, in order, whose top divides the last coefficient and whose bottom the first."""
    if not last:
        return (Fraction(0),)
    tops, bottoms = ([n for n in range(1, end + 1) if end % n == 0] for end in (last, first))
    pairs = [(bottom, top) for bottom in bottoms for top in tops if gcd(top, bottom) == 1]
    return tuple(Fraction(sign * top, bottom) for bottom, top in sorted(pairs) for sign in (1, -1))


def scheme(coefficients: Sequence[int], root: Fraction, slip: int = 0) -> str:
    """Horner's scheme as text, up to where it leaves the integers; `slip` goes into the first sum."""
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
        whole = sum(root.denominator == 1 for root in roots)
        if len(roots) - whole == fractions and abs(coefficients[-1]) <= LAST[level]:
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


def structure(givens: dict[str, Any]) -> str:
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
        # Only a value that was slipped to is zero where the true one is not, and then nothing divides.
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
        said = {
            "evaluation_slip": scheme(state.left, root, slip=1),
            "sign_of_root": scheme(state.left, -root),
            "missed_coefficient": without if 0 in state.left else result,
        }
        yield from ((name, Move("try", move.operands, text)) for name, text in said.items() if text != result)
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
    found = [ENTRY.fullmatch(part) for part in rest]
    entries = [(int(entry[1]), int(entry[2]), int(entry[3])) for entry in found if entry]
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
        said = tuple(coefficient for coefficient, _, _ in places)
        if places[-1][2] % root.denominator:
            # The scheme stops where it leaves the integers; what comes after it is not claimed.
            said += left[len(said) :]
        found: list[Claim] = [] if said == left else [Expands((said,), left)]
        for (_, _, before), (coefficient, product, value) in pairwise(places):
            found.append(Equal(("*", tree(root), before), product))
            found.append(Equal(("+", coefficient, product), value))
        return found
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


def estimate(state: Search) -> float:
    """How many roots may be left, and how far the value in hand is from zero."""
    if solved(state):
        return 0.0
    return len(state.left) - 1.0 + (abs(state.values[-1]) if state.values else 0)


def stuck(state: Search) -> Evidence:
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
    said = tuple((root.numerator, root.denominator) for root in roots)
    finding = check([RationalRoots(tuple(givens["coefficients"]), said)])
    return None if finding.evidence is None else str(finding.evidence)


def substituted(givens: dict[str, Any], answer: str) -> str:
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
    if (found := TRY.fullmatch(line)) and str(Fraction(found[1])) == found[1]:
        return Move("try", (Operand(found[1]),), found[2])
    if found := DIVIDE.fullmatch(line):
        root = Fraction(-int(found[2] or 0), int(found[1] or 1))
        return Move("divide", (Operand(str(root)),), found[3])
    if found := DISCRIMINANT.fullmatch(line):
        return Move("discriminant", (Operand(int(found[1])), Operand(-int(found[2]))), int(found[3]))
    if (found := LINEAR.fullmatch(line)) and found[1] == polynomial(state.left):
        return Move("linear", (), str(Fraction(found[2])))
    raise MoveError(f"no line of {NAME}: {line[:40]!r}")

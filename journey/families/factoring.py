"""Factoring a x^2 + b x + c over the integers, by the "ac method".

The solver tries pairs with product a*c in order of size until one has the sum b, then splits the middle
term. Pairs with another sum are dead ends. Higher levels have larger leading coefficients and more pairs.

    2x^2-7x-15              the prompt
    1*-30=-30,-29=-7-22     the product is a*c = -30, but the sum is -29, which is -22 from -7 ...
    !<                      ... noticed, and back
    -1*30=-30,29=-7+36
    !<
    2*-15=-30,-13=-7-6
    !<
    -2*15=-30,13=-7+20
    !<
    3*-10=-30,-7=-7+0       sums to -7
    (2x+3)(x-5)
    =(2x+3)(x-5)

The shortcut is the last three lines. What is missing to b is in the line itself, so whether the search is
done can be read at its end. Mistakes: `sign_lost` (a sign dropped in the pair), `product_slip`,
`sign_in_factor` (the factor has the root's sign), `sum_ignored` (goes on with a pair that does not sum to
b). Signs in factoring: Kotsopoulos, "It's like hearing a foreign language" (2007).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import gcd, isqrt
from random import Random
from typing import Any, NamedTuple

from journey.check import check
from journey.claim_types import Claim, Equal, Expands
from journey.errors import MoveError, ParseError
from journey.expressions import polynomial
from journey.step import Evidence, Move, Operand

NAME = "factoring"
SUMMARY = "factor a x^2 + b x + c over the integers; wrong turns: factor pairs that do not sum, signs"
EXAMPLE = {"a": 2, "b": -7, "c": -15}

SIZES = {1: (1, 20), 2: (2, 12), 3: (3, 12), 4: (4, 15), 5: (6, 25)}
"""The largest leading and constant coefficient of a factor, by level."""

PAIR = re.compile(r"(-?\d{1,6})\*(-?\d{1,6})=(-?\d{1,9}),(-?\d{1,7})=(-?\d{1,6})([+-]\d{1,7})")
FACTOR = r"\((-?\d{0,6})x([+-]\d{1,6})\)"
FACTORS = re.compile(FACTOR + FACTOR)


class Quadratic(NamedTuple):
    """a x^2 + b x + c, the pair chosen for its middle term, and the factors once found."""

    a: int
    b: int
    c: int
    pair: tuple[int, int] | None = None
    factors: str | None = None


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    leading, constant = SIZES[level]
    while True:
        p, r = random.randint(1, leading), random.randint(1, leading)
        q, s = random.randint(-constant, constant), random.randint(-constant, constant)
        a, b, c = p * r, p * s + q * r, q * s
        if c and b and gcd(a, b, c) == 1:
            return {"a": a, "b": b, "c": c}, f"({polynomial((p, q))})({polynomial((r, s))})"


def split_key(givens: dict[str, Any]) -> str:
    """The coefficients up to the sign of x: the mirror image of a training problem is never held out."""
    return f"{givens['a']},{abs(givens['b'])},{givens['c']}"


def statement(givens: dict[str, Any]) -> str:
    return f"Factor {prompt(givens)} over the integers."


def prompt(givens: dict[str, Any]) -> str:
    return polynomial((givens["a"], givens["b"], givens["c"]))


def start(givens: dict[str, Any]) -> Quadratic:
    return Quadratic(givens["a"], givens["b"], givens["c"])


def key(state: Quadratic) -> str:
    text = polynomial(state[:3])
    if state.pair:
        text += ", {}x and {}x".format(*state.pair)
    return f"{text}, {state.factors}" if state.factors else text


def split(a: int, pair: tuple[int, int]) -> str:
    """The factors of a x^2 + (m + n) x + c with m n = a c, by taking a common factor out of a x^2 + m x."""
    m, n = pair
    common = gcd(a, m)
    return f"({polynomial((a // common, m // common))})({polynomial((common, n // (a // common)))})"


def moves(state: Quadratic) -> Iterator[Move]:
    product = state.a * state.c
    if state.pair is None:
        for small in range(1, isqrt(abs(product)) + 1):
            if product % small:
                continue
            large = abs(product) // small
            sign = 1 if state.b > 0 else -1
            # With a positive product both signs are that of b; with a negative one there are two choices.
            pairs = [(sign * small, sign * large)] if product > 0 else [(small, -large), (-small, large)]
            for pair in dict.fromkeys(pairs):
                yield _try(state, *pair)
    elif state.factors is None and sum(state.pair) == state.b:
        yield Move("split", (), split(state.a, state.pair))


def _try(state: Quadratic, m: int, n: int) -> Move:
    """A pair with its sum and by how much that exceeds b."""
    return Move("try", tuple(map(Operand, (m, n, m + n, m + n - state.b))), state.a * state.c)


def mistakes(state: Quadratic, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        if state.pair and not state.factors:
            m, n = state.pair
            yield "sum_ignored", Move("split", (), f"({polynomial((state.a, m))})({polynomial((1, n))})")
        return
    if move.operation == "try":
        m, n = (int(operand.value) for operand in move.operands[:2])
        yield "sign_lost", _try(state, -m, n)
        yield "product_slip", _try(state, m, n + 1)
        return
    (p, q), (r, s) = read_factors(str(move.result))
    yield "sign_in_factor", Move("split", (), f"({polynomial((p, -q))})({polynomial((r, -s))})")


def claims(state: Quadratic, move: Move) -> Sequence[Claim]:
    if move.operation == "try" and state.pair is None:
        m, n, total, excess = (int(operand.value) for operand in move.operands)
        products = [Equal(product, int(move.result)) for product in (("*", m, n), ("*", state.a, state.c))]
        return *products, Equal(("+", m, n), total), Equal(("+", state.b, excess), total)
    if move.operation == "split" and state.pair and state.factors is None:
        return (Expands(read_factors(str(move.result)), state[:3]),)
    raise MoveError(write(state, move))


def apply(state: Quadratic, move: Move) -> Quadratic:
    if move.operation == "try":
        m, n = (int(operand.value) for operand in move.operands[:2])
        return state._replace(pair=(m, n))
    return state._replace(factors=str(move.result))


def solved(state: Quadratic) -> bool:
    return state.factors is not None


def heuristic(state: Quadratic) -> float:
    """How far the pair's sum is from b."""
    return 1.0 if state.pair is None else float(abs(sum(state.pair) - state.b))


def dead_end_evidence(state: Quadratic) -> Evidence:
    if state.pair is None:
        return Evidence("exhausted", (f"no pair with product {state.a * state.c}", f"the sum {state.b}"))
    return Evidence("missed", (sum(state.pair) - state.b, 0))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(path[-1].result)


def read_factors(text: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Two linear factors as coefficient pairs.

    Raises:
        ParseError: the text is not such a product.

    >>> read_factors("(2x+3)(x-5)")
    ((2, 3), (1, -5))
    """
    match = FACTORS.fullmatch(text)
    if not match:
        raise ParseError(f"{text[:40]!r} is not a product of two linear factors")
    p, q, r, s = (int({"": "1", "-": "-1"}.get(part, part)) for part in match.groups())
    return (p, q), (r, s)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    try:
        factors = read_factors(answer)
    except ParseError as fault:
        return str(fault)
    finding = check([Expands(factors, (givens["a"], givens["b"], givens["c"]))])
    return None if finding.evidence is None else str(finding.evidence)


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return f"{answer}={prompt(givens)}"


def write(state: Quadratic, move: Move) -> str:
    if move.operation == "try":
        m, n, total, excess = (int(operand.value) for operand in move.operands)
        return f"{m}*{n}={move.result},{total}={state.b}{excess:+d}"
    return str(move.result)


def read(state: Quadratic, line: str) -> Move:
    if (match := PAIR.fullmatch(line)) and int(match[5]) == state.b:
        operands = tuple(Operand(int(match[at])) for at in (1, 2, 4, 6))
        return Move("try", operands, int(match[3]))
    if FACTORS.fullmatch(line):
        return Move("split", (), line)
    raise ParseError(f"no line of {NAME}: {line[:40]!r}")

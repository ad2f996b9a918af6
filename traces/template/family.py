"""Sums: add up numbers, from left to right.

This family is a beginning: it runs, and the tests pass on it. Change it into yours, one function at a time.
`Family` in `journey/families/__init__.py` says what each function is for, and which more there may be.

    5+38+9              the prompt
    5+38=33             5 + 8 is 13, and the ten is not carried ...
    !43<                ... but 5 + 38 is 43: noticed, and back
    5+38=43
    43+9=52
    =52

Every way on leads to the answer here, so the wrong turns are mistakes alone: `slip` (the sum is off by one),
`carry_forgotten` (a ten is not carried), `ones_only` (the tens of the second number are left out). Say where
each mistake is described, as the other families do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from journey.check import check
from journey.claim_types import Claim, Equal, Holds
from journey.errors import MoveError
from journey.step import Move, Operand

NAME = "template"
SUMMARY = "add up numbers from left to right; wrong turns: carries forgotten, digits left out"
EXAMPLE = {"numbers": [5, 38, 9]}

SIZES = {1: (3, 49), 2: (3, 99), 3: (4, 99), 4: (5, 99), 5: (6, 999)}
"""How many numbers, and the largest, by level."""

LINE = re.compile(r"([0-9]{1,6})\+([0-9]{1,6})=([0-9]{1,6})")
ANSWER = re.compile(r" *[0-9]{1,6} *")


class Sum(NamedTuple):
    """What is still to be added; the first number is the sum so far. A state can be any immutable value."""

    left: tuple[int, ...]


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    count, largest = SIZES[level]
    numbers = [random.randint(2, largest) for _ in range(count)]
    return {"numbers": numbers}, str(sum(numbers))


def split_key(givens: dict[str, Any]) -> str:
    """The numbers in any order: a problem in another order is not held out."""
    return "+".join(map(str, sorted(givens["numbers"])))


def statement(givens: dict[str, Any]) -> str:
    return f"Add up {', '.join(map(str, givens['numbers']))}."


def prompt(givens: dict[str, Any]) -> str:
    return "+".join(map(str, givens["numbers"]))


def start(givens: dict[str, Any]) -> Sum:
    return Sum(tuple(givens["numbers"]))


def key(state: Sum) -> str:
    return "+".join(map(str, state.left))


def moves(state: Sum) -> Iterator[Move]:
    """One move here; where there are several, give them in the order in which a solver would try them."""
    if len(state.left) > 1:
        yield _add(state, state.left[0] + state.left[1])


def mistakes(state: Sum, move: Move | None) -> Iterator[tuple[str, Move]]:
    """Each must be wrong wherever it is proposed: a forgotten carry is, only where there is a carry."""
    if move is None:
        return
    one, other = state.left[:2]
    yield "slip", _add(state, one + other - 1)
    if one % 10 + other % 10 >= 10:
        yield "carry_forgotten", _add(state, one + other - 10)
    if other >= 10:
        yield "ones_only", _add(state, one + other % 10)


def _add(state: Sum, result: int) -> Move:
    """The first two numbers are added; an operand is a number and its place in the state."""
    return Move("add", (Operand(state.left[0], 0), Operand(state.left[1], 1)), result)


def claims(state: Sum, move: Move) -> Sequence[Claim]:
    """What the checker must decide, of the kinds in `journey.claim_types`.

    Raise MoveError for a move that breaks a rule of another kind in this state: it is wrong then.
    """
    one, other = (int(operand.value) for operand in move.operands)
    held = state.left[:2]
    missing = tuple((Counter((one, other)) - Counter(held)).elements())
    return (Holds(missing, held), Equal(("+", one, other), int(move.result)))


def apply(state: Sum, move: Move) -> Sum:
    return Sum((int(move.result), *state.left[2:]))


def solved(state: Sum) -> bool:
    return len(state.left) == 1


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(path[-1].result)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    if not ANSWER.fullmatch(answer):
        return f"{answer[:40]!r} is not a whole number"
    total, *others = givens["numbers"]
    for number in others:
        total = ("+", total, number)
    evidence = check([Equal(total, int(answer))]).evidence
    return None if evidence is None else str(evidence)


def write(state: Sum, move: Move) -> str:
    one, other = (operand.value for operand in move.operands)
    return f"{one}+{other}={move.result}"


def read(state: Sum, line: str) -> Move:
    match = LINE.fullmatch(line)
    if match is None:
        raise MoveError(f"no line of {NAME}: {line[:40]!r}")
    one, other, result = map(int, match.groups())
    return Move("add", (Operand(one, 0), Operand(other, 1)), result)

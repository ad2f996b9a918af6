"""Linear Diophantine equations: a x + b y = c in whole numbers x, y >= 0.

The solver tries y = 0, 1, 2, ... and divides c - b y by a; a remainder is a dead end. In levels 1 to 3 the
level is the number of tries for the smallest solution, so higher levels need a longer search over numbers of
the same size. Levels 4 and 5 also have larger numbers.

    7x+12y=173          the prompt
    y=0:7x=173          173 - 12*0 leaves 7x = 173
    !5<                 and 173 leaves 5 on division by 7: noticed, and back
    y=1:7x=161
    x=23
    =23,1

The shortcut to the same answer is `y=1:7x=161`, `x=23`, `=23,1`. A line repeats the coefficient that the next
step needs: a small model then learns the division from far fewer examples. Mistakes: `slip` and `carry_slip`
(arithmetic), `added` (the term is added instead of subtracted), `rounded` (a division with a remainder is
carried out). Sign and subtraction slips: VanLehn, Mind Bugs (1990),
ch. 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import gcd
from random import Random
from typing import Any, NamedTuple

from journey.check import check
from journey.claim_types import Claim, Equal
from journey.errors import MoveError, ParseError
from journey.step import Evidence, Move, Operand

NAME = "diophantine"
SUMMARY = "a x + b y = c with x, y >= 0; wrong turns: values of y that leave a remainder"
EXAMPLE = {"a": 7, "b": 12, "c": 173}

SIZES = {1: (15, 119), 2: (15, 119), 3: (15, 119), 4: (24, 199), 5: (49, 999)}
"""The largest coefficient and the largest constant, by level."""
TRIES = {1: range(0, 2), 2: range(2, 5), 3: range(5, 50), 4: range(5, 50), 5: range(5, 50)}
"""The smallest y of a solution, by level."""

ANSWER = re.compile(r"\s*(\d{1,6})\s*,\s*(\d{1,6})\s*")
TRY = re.compile(r"y=(\d{1,6}):(\d{1,6})x=(-?\d{1,6})")
SOLVE = re.compile(r"x=(\d{1,6})")


class Equation(NamedTuple):
    """a x + b y = c. With y chosen, `rest` is c - b y; with x found, it is solved."""

    a: int
    b: int
    c: int
    y: int | None = None
    rest: int | None = None
    x: int | None = None


def smallest_y(a: int, b: int, c: int) -> int | None:
    """The smallest y that leaves a multiple of a, by the extended Euclidean algorithm, or None."""
    common = gcd(a, b)
    if c % common:
        return None
    reduced = a // common
    y = c // common * pow(b // common, -1, reduced) % reduced if reduced > 1 else 0
    return y if b * y <= c else None


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    coefficient, constant = SIZES[level]
    while True:
        a, b = random.randint(2, coefficient), random.randint(2, coefficient)
        c = a * random.randint(0, constant // a) + b * random.randint(0, constant // b)
        if a == b or not 0 < c <= constant:
            continue
        y = smallest_y(a, b, c)
        if y is not None and y in TRIES[level]:
            return {"a": a, "b": b, "c": c}, f"{(c - b * y) // a},{y}"


def split_key(givens: dict[str, Any]) -> str:
    """The unordered pair of coefficients: no held-out pair is ever trained on."""
    return "{},{}".format(*sorted((givens["a"], givens["b"])))


def statement(givens: dict[str, Any]) -> str:
    return "Find whole numbers x, y >= 0 with {a}x + {b}y = {c}.".format(**givens)


def prompt(givens: dict[str, Any]) -> str:
    return "{a}x+{b}y={c}".format(**givens)


def start(givens: dict[str, Any]) -> Equation:
    return Equation(givens["a"], givens["b"], givens["c"])


def key(state: Equation) -> str:
    if state.y is None:
        return f"{state.a}x+{state.b}y={state.c}"
    if state.x is None:
        return f"y={state.y}, {state.a}x={state.rest}"
    return f"y={state.y}, {state.a}x={state.rest}, x={state.x}"


def moves(state: Equation) -> Iterator[Move]:
    if state.y is None:
        for y in range(state.c // state.b + 1):
            yield Move("try", (Operand(y),), state.c - state.b * y)
    elif state.x is None and state.rest is not None and state.rest >= 0 and state.rest % state.a == 0:
        yield Move("divide", (), state.rest // state.a)


def mistakes(state: Equation, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        if state.rest is not None and state.x is None and state.rest > state.a:
            yield "rounded", Move("divide", (), state.rest // state.a)
        return
    result = int(move.result)
    yield "slip", Move(move.operation, move.operands, result + 1)
    if result >= 10:
        yield "carry_slip", Move(move.operation, move.operands, result - 10)
    if move.operation == "try" and move.operands[0].value:
        yield "added", Move("try", move.operands, state.c + state.b * int(move.operands[0].value))


def claims(state: Equation, move: Move) -> Sequence[Claim]:
    if move.operation == "try" and state.y is None:
        taken = ("*", state.b, int(move.operands[0].value))
        return (Equal(("-", state.c, taken), int(move.result)),)
    if move.operation == "divide" and state.x is None and state.rest is not None:
        return (Equal(("*", state.a, int(move.result)), state.rest),)
    raise MoveError(write(state, move))


def apply(state: Equation, move: Move) -> Equation:
    if move.operation == "try":
        return state._replace(y=int(move.operands[0].value), rest=int(move.result))
    return state._replace(x=int(move.result))


def solved(state: Equation) -> bool:
    return state.x is not None


def heuristic(state: Equation) -> float:
    """What the division would leave; 1 while no y is chosen, so that any clean division comes first."""
    return 1.0 if state.rest is None else float(state.rest % state.a)


def dead_end_evidence(state: Equation) -> Evidence:
    if state.rest is None:
        return Evidence("exhausted", (f"{state.b}y", f"{state.c} with a multiple of {state.a}"))
    if state.rest < 0:
        return Evidence("negative", (state.rest,))
    return Evidence("remainder", (state.rest, state.a, state.rest % state.a))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return f"{path[-1].result},{path[0].operands[0].value}"


def grade(givens: dict[str, Any], answer: str) -> str | None:
    match = ANSWER.fullmatch(answer)
    if not match:
        return f"{answer[:40]!r} is not a pair x,y of whole numbers"
    x, y = map(int, match.groups())
    total = ("+", ("*", givens["a"], x), ("*", givens["b"], y))
    finding = check([Equal(total, givens["c"])])
    return None if finding.evidence is None else str(finding.evidence)


def verification_line(givens: dict[str, Any], answer: str) -> str:
    x, _, y = answer.partition(",")
    return f"{givens['a']}*{x}+{givens['b']}*{y}={givens['c']}"


def write(state: Equation, move: Move) -> str:
    if move.operation == "try":
        return f"y={move.operands[0].value}:{state.a}x={move.result}"
    return f"x={move.result}"


def read(state: Equation, line: str) -> Move:
    if (match := TRY.fullmatch(line)) and int(match[2]) == state.a:
        return Move("try", (Operand(int(match[1])),), int(match[3]))
    if match := SOLVE.fullmatch(line):
        return Move("divide", (), int(match[1]))
    raise ParseError(f"no line of {NAME}: {line[:40]!r}")

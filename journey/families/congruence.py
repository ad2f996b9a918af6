"""Linear congruences: a x = b (mod m), and two of them at once (Chinese remainders).

A common divisor is divided out first. Then the solver looks for the inverse of a: it tries k = 1, 2, 3, ...
and reduces a*k. A residue other than 1 is a dead end. With two congruences it solves each, then tries in the
second the values that the first allows (b, b + m, ...). In levels 1 and 2 the level is the number of tries
for the inverse. Level 3 has a divisor, level 4 a second congruence x = b (mod m), level 5 one with a
coefficient.

    6x=8 mod 10         the prompt
    /2:3x=4 mod 5       2 divides 6, 8 and 10
    3*1=3=0*5+3         1 is not the inverse of 3: that makes 3, not 1 ...
    !<                  ... noticed, and back
    3*2=6=1*5+1         but 2 is
    x=2*4=8=1*5+3
    =3

A line contains its product and its division with remainder, so each result is next to its operands. The
second congruence has lines like `5*2+3=13=1*7+6` (the first allows 13, which leaves 6 on division by 7) and
`x=13`. Mistakes: `slip` and `carry_slip` (arithmetic), `wrong_residue`, `modulus_kept` (the divisor stays in
the modulus), `divided_without_inverse` (b/a in whole numbers, the rest dropped), `mismatch_ignored` (goes on
from a wrong residue). Why division fails: Rosen, Discrete Mathematics (7th ed.), 4.3; slips: VanLehn, Mind
Bugs (1990), ch. 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from math import gcd, lcm
from random import Random
from typing import Any, NamedTuple

from journey.check import check
from journey.claim_types import Claim, Congruent, Equal
from journey.errors import MoveError, ParseError
from journey.expressions import Tree
from journey.step import Evidence, Move, Operand

NAME = "congruence"
SUMMARY = "a x = b (mod m), Chinese remainders; wrong turns: no inverse, wrong residues, slips"
EXAMPLE = {"congruences": [[6, 8, 10]]}

SIZES = {1: 40, 2: 30, 3: 30, 4: 30, 5: 25}
"""The largest modulus, by level."""
TRIES = {1: range(2, 6), 2: range(6, 13), 3: range(6, 13), 4: range(4, 13), 5: range(4, 13)}
"""The inverse of the coefficient, which is how many tries it takes to find it, by level."""
N, POSITIVE = r"([0-9]{1,6})", r"([1-9][0-9]{0,5})"
ANSWER = re.compile(r"\s*(-?[0-9]{1,18})\s*")
REDUCE = re.compile(rf"/{POSITIVE}:{POSITIVE}?x={N} mod {POSITIVE}")
TRY = re.compile(rf"{N}\*{N}(?:\+{N})?={N}={N}\*{N}\+{N}")
SOLVE = re.compile(rf"x={N}\*{N}={N}={N}\*{N}\+{N}")
TAKE = re.compile(rf"x=(?:{N}/{N}=)?{N}")


class Congruence(NamedTuple):
    """a x = b (mod m)."""

    a: int
    b: int
    m: int

    def __str__(self) -> str:
        return f"{'' if self.a == 1 else self.a}x={self.b} mod {self.m}"


class System(NamedTuple):
    """The remaining congruences, the current k if one was tried, and the residue that it leaves."""

    left: tuple[Congruence, ...]
    k: int | None = None
    residue: int = 0


class Turn(NamedTuple):
    """The next task: find k so that factor * k + offset leaves the residue `target` modulo `m`."""

    place: int | None
    """The position of the congruence whose inverse is sought; None when the two are combined."""
    factor: int
    offset: int
    target: int
    b: int
    m: int

    def made(self, k: int) -> Tree:
        """The value for k, unevaluated."""
        product = ("*", self.factor, k)
        return product if self.place is not None else ("+", product, self.offset)


def turn(state: System) -> Turn:
    for place, (a, b, m) in enumerate(state.left):
        if a != 1:
            return Turn(place, a, 0, 1, b, m)
    first, second = state.left[0], state.left[-1]
    return Turn(None, first.m, first.b, second.b, second.b, second.m)


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    while True:
        first, x = _drawn(random, level)
        if level < 4:
            out = random.randint(2, 5) if level == 3 else 1
            return {"congruences": [[part * out for part in first]]}, str(x)
        (a, b, m), y = _drawn(random, level)
        second = (1, y, m) if level == 4 else (a, b, m)
        inverse = pow(first.m, -1, m) if gcd(first.m, m) == 1 else 0
        if (k := (y - x) * inverse % m) >= 3:
            return {"congruences": [list(first), list(second)]}, str(x + first.m * k)


def _drawn(random: Random, level: int) -> tuple[Congruence, int]:
    """One congruence that integer division does not solve, and its solution."""
    while True:
        m, k = random.randint(5, SIZES[level]), random.choice(TRIES[level])
        if k < m and gcd(k, m) == 1:
            a, b = pow(k, -1, m), random.randint(1, m - 1)
            if b % a:
                return Congruence(a, b, m), k * b % m


def split_key(givens: dict[str, Any]) -> str:
    """The coefficients to be inverted, each with its modulus, common divisors out."""
    pairs = [(a // gcd(a, m), m // gcd(a, m)) for a, _, m in givens["congruences"]]
    return ",".join(f"{a}:{m}" for a, m in sorted(p for p in pairs if p[0] != 1) or sorted(pairs))


def statement(givens: dict[str, Any]) -> str:
    parts = [str(part).replace(" mod ", " (mod ") + ")" for part in start(givens).left]
    return f"Find an integer x with {' and '.join(parts)}."


def prompt(givens: dict[str, Any]) -> str:
    return key(start(givens))


def start(givens: dict[str, Any]) -> System:
    return System(tuple(Congruence(*part) for part in givens["congruences"]))


def key(state: System) -> str:
    text = ",".join(map(str, state.left))
    return text if state.k is None else f"{text}; {state.k} leaves {state.residue}"


def moves(state: System) -> Iterator[Move]:
    if solved(state):
        return
    now = turn(state)
    if state.k is not None:
        if (state.residue - now.target) % now.m == 0:
            yield _onward(now, state.k)
        return
    if now.place is not None:
        if (out := gcd(now.factor, now.m)) > 1:
            if now.b % out == 0:
                values = (out, now.factor // out, now.b // out)
                yield Move("reduce", tuple(map(Operand, values)), now.m // out)
            return
        if now.b % now.factor == 0:
            yield Move("divide", (), now.b // now.factor)
    for k in range(1 if now.place is not None else 0, max(now.m, 2)):
        yield _reduced("try", now.factor * k + now.offset, now.m, k)


def _onward(now: Turn, k: int) -> Move:
    """The step after a k that left the target residue, or seemed to."""
    solve = _reduced("solve", k * now.b, now.m)
    return Move("take", (), now.factor * k + now.offset) if now.place is None else solve


def _reduced(operation: str, value: int, m: int, *k: int) -> Move:
    return Move(operation, tuple(map(Operand, (*k, value, value // m))), value % m)


def mistakes(state: System, move: Move | None) -> Iterator[tuple[str, Move]]:
    if solved(state):
        return
    now = turn(state)
    if move is None:
        if state.k is not None:
            yield "mismatch_ignored", _onward(now, state.k)
        return
    result = int(move.result)
    if move.operation in ("try", "solve"):
        *k, value, _ = (int(operand.value) for operand in move.operands)
        yield "slip", _reduced(move.operation, value + 1, now.m, *k)
        if value >= 10:
            yield "carry_slip", _reduced(move.operation, value - 10, now.m, *k)
        yield "wrong_residue", Move(move.operation, move.operands, (result + 1) % now.m)
        if k and now.place is not None and now.b > now.factor and now.b % now.factor:
            yield "divided_without_inverse", Move("divide", (), now.b // now.factor)
    elif move.operation == "reduce":
        divisor, a, b = move.operands
        yield "modulus_kept", Move("reduce", move.operands, result * int(divisor.value))
        yield "slip", Move("reduce", (divisor, a, Operand(int(b.value) + 1)), result)
    else:
        yield "slip", Move(move.operation, (), result + 1)


def claims(state: System, move: Move) -> Sequence[Claim]:
    now, result, operands = turn(state), int(move.result), [int(operand.value) for operand in move.operands]
    if solved(state) or (state.k is None) != (move.operation in ("try", "divide", "reduce")):
        raise MoveError(f"{write(state, move)}, as the next step,")
    if move.operation == "try":
        k, value, quotient = operands
        return Equal(now.made(k), value), Equal(("-", value, ("*", quotient, now.m)), result)
    if state.k is not None and (move.operation == "take") == (now.place is None):
        # The residue in the state is trusted if it is the target.
        doubtful = (state.residue - now.target) % now.m
        proof = [Congruent(now.made(state.k), now.target, now.m)] if doubtful else []
        if now.place is None:
            return *proof, Equal(now.made(state.k), result)
        value, quotient = operands
        reduced = Equal(("-", value, ("*", quotient, now.m)), result)
        return *proof, Equal(("*", state.k, now.b), value), reduced
    if move.operation == "divide" and now.place is not None and gcd(now.factor, now.m) == 1:
        return (Equal(("*", now.factor, result), now.b),)
    if move.operation == "reduce" and now.place is not None:
        pairs = zip((now.factor, now.b, now.m), (*operands[1:], result), strict=True)
        return tuple(Equal(("/", number, operands[0]), part) for number, part in pairs)
    raise MoveError(write(state, move))


def apply(state: System, move: Move) -> System:
    result, operands = int(move.result), [int(operand.value) for operand in move.operands]
    if move.operation == "try":
        return System(state.left, operands[0], result)
    if move.operation == "take":
        return System((Congruence(1, result, lcm(*(part.m for part in state.left))),))
    now = turn(state)
    a, b, m = (*operands[1:], result) if move.operation == "reduce" else (1, result, now.m)
    done = Congruence(a, b, m)
    return System(tuple(done if place == now.place else part for place, part in enumerate(state.left)))


def solved(state: System) -> bool:
    return len(state.left) == 1 and state.left[0].a == 1


def heuristic(state: System) -> float:
    """How many unknowns are left, and how far the current residue is from the target."""
    unknown = sum(part.a != 1 for part in state.left) + len(state.left) - 1.0
    return unknown if state.k is None else unknown - 1 + abs(state.residue - turn(state).target)


def dead_end_evidence(state: System) -> Evidence:
    now = turn(state)
    if state.k is not None:
        return Evidence("missed", (state.residue, now.target))
    common = gcd(now.factor, now.m)
    if now.place is not None and now.b % common:
        return Evidence("inexact", (f"{now.b}/{common}",))
    return Evidence("exhausted", (key(state), "a whole x"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    return str(reduce(apply, path, start(givens)).left[0].b)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right is every integer that solves each congruence."""
    match = ANSWER.fullmatch(answer)
    if not match:
        return f"{answer[:40]!r} is not a whole number"
    finding = check([Congruent(("*", a, int(match[1])), b, m) for a, b, m in givens["congruences"]])
    return None if finding.evidence is None else str(finding.evidence)


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return ", ".join(f"{a}*{answer}={b} mod {m}" for a, b, m in givens["congruences"])


def write(state: System, move: Move) -> str:
    now = turn(state)
    values = [int(operand.value) for operand in move.operands]
    if move.operation == "reduce":
        return f"/{values[0]}:{Congruence(values[1], values[2], int(move.result))}"
    if move.operation == "try":
        offset = "" if now.place is not None else f"+{now.offset}"
        return f"{now.factor}*{values[0]}{offset}={values[1]}={values[2]}*{now.m}+{move.result}"
    if move.operation == "solve" and state.k is not None:
        return f"x={state.k}*{now.b}={values[0]}={values[1]}*{now.m}+{move.result}"
    return f"x={now.b}/{now.factor}={move.result}" if move.operation == "divide" else f"x={move.result}"


def read(state: System, line: str) -> Move:
    now = turn(state)
    if (match := REDUCE.fullmatch(line)) and int(match[1]) > 1:
        return Move("reduce", tuple(Operand(int(match[at] or 1)) for at in (1, 2, 3)), int(match[4]))
    if match := TRY.fullmatch(line):
        factor, k, offset, value, quotient, m, residue = (int(part or 0) for part in match.groups())
        inverts = match[3] is None
        if (factor, offset, m, inverts) == (now.factor, now.offset, now.m, now.place is not None):
            return Move("try", (Operand(k), Operand(value), Operand(quotient)), residue)
    if (match := SOLVE.fullmatch(line)) and state.k is not None:
        k, b, value, quotient, m, residue = map(int, match.groups())
        if (k, b, m) == (state.k, now.b, now.m):
            return Move("solve", (Operand(value), Operand(quotient)), residue)
    if (match := TAKE.fullmatch(line)) and match[1] is None:
        return Move("take", (), int(match[3]))
    if match and (int(match[1]), int(match[2])) == (now.b, now.factor):
        return Move("divide", (), int(match[3]))
    raise ParseError(f"no line of {NAME}: {line[:40]!r}")

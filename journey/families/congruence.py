"""Linear congruences: a x = b (mod m), and two of them at once (Chinese remainders).

A common divisor is divided out first. Then the solver tries x = 1, 2, 3, ... and keeps a x - b reduced: each
line adds a to the rest before and takes the modulus out. A rest other than 0 is a dead end. With two
congruences it solves each, then tries in the second the values that the first allows (b, b + m, ...). In
levels 1 and 2 the level is the number of tries. Level 3 has a divisor, level 4 a second congruence x = b
(mod m), level 5 one with a coefficient.

    6x=8 mod 10         the prompt
    /2:3x=4 mod 5       2 divides 6, 8 and 10
    1:1+3=4             -4 leaves 1, and 3 more are 4: x = 1 leaves a rest ...
    !<                  ... noticed, and back
    2:4+3=7=5+2         x = 2 leaves 2
    !<
    3:2+3=5=5+0         x = 3 leaves nothing
    x=3
    =3

A line needs only the rest before it, so the numbers stay small, and what ends the search is in the line
itself. The second congruence has the same lines: `13:6+5=11=7+4` says that 13, which the first allows,
leaves 4. Mistakes: `slip` and `carry_slip` (arithmetic), `wrong_residue`, `modulus_kept` (the divisor stays
in the modulus), `divided_without_inverse` (b/a in whole numbers, the rest dropped), `mismatch_ignored` (goes
on in spite of a rest). Why division fails: Rosen, Discrete Mathematics (7th ed.), 4.3; slips: VanLehn, Mind
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
SUMMARY = "a x = b (mod m), Chinese remainders; wrong turns: rests other than 0, slips"
EXAMPLE = {"congruences": [[6, 8, 10]]}

SIZES = {1: 40, 2: 30, 3: 30, 4: 30, 5: 25}
"""The largest modulus, by level."""
TRIES = {1: range(2, 6), 2: range(6, 13), 3: range(6, 13), 4: range(4, 13), 5: range(4, 13)}
"""How many tries it takes to find the x of one congruence, by level."""
SECOND_TRIES = range(3, 13)
"""How many tries the second congruence takes."""
N, POSITIVE = r"([0-9]{1,6})", r"([1-9][0-9]{0,5})"
ANSWER = re.compile(r"\s*(-?[0-9]{1,18})\s*")
REDUCE = re.compile(rf"/{POSITIVE}:{POSITIVE}?x={N} mod {POSITIVE}")
TRY = re.compile(rf"{N}:{N}\+{N}={N}(?:={N}\+{N})?")
TAKE = re.compile(rf"x=(?:{N}/{N}=)?{N}")


class Congruence(NamedTuple):
    """a x = b (mod m)."""

    a: int
    b: int
    m: int

    def __str__(self) -> str:
        return f"{'' if self.a == 1 else self.a}x={self.b} mod {self.m}"


class System(NamedTuple):
    """The remaining congruences, the current x if one was tried, and the rest a x - b that it leaves."""

    left: tuple[Congruence, ...]
    x: int | None = None
    rest: int = 0


class Turn(NamedTuple):
    """The next task: find an x among `first`, `first + apart`, ... with a x = b (mod m)."""

    place: int | None
    """The position of the congruence to solve; None when the two are combined."""
    a: int
    b: int
    m: int
    first: int
    apart: int

    @property
    def added(self) -> int:
        """How much the rest grows from one x to the next."""
        return self.a * self.apart % self.m

    def product(self, x: int) -> Tree:
        """The left side for an x, unevaluated."""
        return ("*", self.a, x) if self.a != 1 else x

    def rest(self, x: int) -> int:
        """What a x - b leaves modulo m."""
        return (self.a * x - self.b) % self.m

    def values(self) -> range:
        """The x to try, as many as the modulus has residues."""
        return range(self.first, self.first + self.apart * self.m, self.apart)


def turn(state: System) -> Turn:
    for place, (a, b, m) in enumerate(state.left):
        if a != 1:
            return Turn(place, a, b, m, 1, 1)
    first, second = state.left[0], state.left[-1]
    return Turn(None, 1, second.b, second.m, first.b, first.m)


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    while True:
        first, x = _drawn(random, level)
        if level < 4:
            out = random.randint(2, 5) if level == 3 else 1
            return {"congruences": [[part * out for part in first]]}, str(x)
        (a, b, m), y = _drawn(random, level)
        # With the larger modulus second, the residues of what is tried need no division.
        if gcd(first.m, m) > 1 or m < first.m:
            continue
        if (k := (y - x) * pow(first.m, -1, m) % m) in SECOND_TRIES:
            second = (1, y, m) if level == 4 else (a, b, m)
            return {"congruences": [list(first), list(second)]}, str(x + first.m * k)


def _drawn(random: Random, level: int) -> tuple[Congruence, int]:
    """One congruence that integer division does not solve, and its solution."""
    while True:
        m, x = random.randint(5, SIZES[level]), random.choice(TRIES[level])
        a = random.randint(2, m - 1)
        b = a * x % m
        if x < m and gcd(a, m) == 1 and b % a:
            return Congruence(a, b, m), x


def split_key(givens: dict[str, Any]) -> str:
    """The coefficients, each with its modulus, common divisors out."""
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
    return text if state.x is None else f"{text}; {state.x} leaves {state.rest}"


def moves(state: System) -> Iterator[Move]:
    if solved(state):
        return
    now = turn(state)
    if state.x is not None:
        if state.rest % now.m == 0:
            yield Move("take", (), state.x)
        return
    if now.place is not None:
        if (out := gcd(now.a, now.m)) > 1:
            if now.b % out == 0:
                values = (out, now.a // out, now.b // out)
                yield Move("reduce", tuple(map(Operand, values)), now.m // out)
            return
        if now.b % now.a == 0:
            yield Move("divide", (), now.b // now.a)
    before, added = -now.b % now.m, now.a * now.first % now.m
    for x in now.values():
        yield _try(x, before, added, before + added, now.m)
        before, added = now.rest(x), now.added


def _try(x: int, before: int, added: int, total: int, m: int) -> Move:
    """The rest of x from the one before. Both terms are less than m, so m is taken out at most once."""
    return Move("try", tuple(map(Operand, (x, before, added, total))), total - m if total >= m else total)


def mistakes(state: System, move: Move | None) -> Iterator[tuple[str, Move]]:
    if solved(state):
        return
    now = turn(state)
    if move is None:
        if state.x is not None:
            yield "mismatch_ignored", Move("take", (), state.x)
        return
    result = int(move.result)
    if move.operation == "try":
        x, before, added, total = (int(operand.value) for operand in move.operands)
        yield "slip", _try(x, before, added, total + 1, now.m)
        if total >= 10:
            yield "carry_slip", _try(x, before, added, total - 10, now.m)
        if total >= now.m:
            yield "wrong_residue", Move("try", move.operands, (result + 1) % now.m)
        if now.place is not None and now.b > now.a and now.b % now.a:
            yield "divided_without_inverse", Move("divide", (), now.b // now.a)
    elif move.operation == "reduce":
        divisor, a, b = move.operands
        yield "modulus_kept", Move("reduce", move.operands, result * int(divisor.value))
        yield "slip", Move("reduce", (divisor, a, Operand(int(b.value) + 1)), result)
    else:
        yield "slip", Move(move.operation, (), result + 1)


def claims(state: System, move: Move) -> Sequence[Claim]:
    now, result, operands = turn(state), int(move.result), [int(operand.value) for operand in move.operands]
    if solved(state) or (state.x is None) == (move.operation == "take"):
        raise MoveError(f"{write(state, move)}, as the next step,")
    if move.operation == "try":
        x, before, added, total = operands
        sum_ = Equal(("+", before, added), total)
        reduced = [Equal(("-", total, now.m), result)] if total != result else []
        return sum_, *reduced, Congruent(("-", now.product(x), now.b), result, now.m), *_allowed(now, x)
    if move.operation == "take":
        # The rest in the state is trusted if it is 0.
        doubtful = state.rest % now.m or state.x != result
        return (Congruent(now.product(result), now.b, now.m), *_allowed(now, result)) if doubtful else ()
    if move.operation == "divide" and now.place is not None and gcd(now.a, now.m) == 1:
        return (Equal(("*", now.a, result), now.b),)
    if move.operation == "reduce" and now.place is not None:
        pairs = zip((now.a, now.b, now.m), (*operands[1:], result), strict=True)
        return tuple(Equal(("/", number, operands[0]), part) for number, part in pairs)
    raise MoveError(write(state, move))


def _allowed(now: Turn, x: int) -> Sequence[Claim]:
    """That x solves the first congruence, where two are combined."""
    return [Congruent(x, now.first, now.apart)] if now.place is None else []


def apply(state: System, move: Move) -> System:
    result, operands = int(move.result), [int(operand.value) for operand in move.operands]
    if move.operation == "try":
        return System(state.left, operands[0], result)
    now = turn(state)
    if now.place is None:
        return System((Congruence(1, result, lcm(*(part.m for part in state.left))),))
    a, b, m = (*operands[1:], result) if move.operation == "reduce" else (1, result, now.m)
    done = Congruence(a, b, m)
    return System(tuple(done if place == now.place else part for place, part in enumerate(state.left)))


def solved(state: System) -> bool:
    return len(state.left) == 1 and state.left[0].a == 1


def heuristic(state: System) -> float:
    """How many unknowns are left, and what the current x leaves."""
    unknown = sum(part.a != 1 for part in state.left) + len(state.left) - 1.0
    return unknown if state.x is None else unknown - 1 + state.rest


def dead_end_evidence(state: System) -> Evidence:
    now = turn(state)
    if state.x is not None:
        return Evidence("missed", (state.rest, 0))
    common = gcd(now.a, now.m)
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
        x, before, added, total = values
        reduced = "" if move.result == total else f"={now.m}+{move.result}"
        return f"{x}:{before}+{added}={total}{reduced}"
    return f"x={now.b}/{now.a}={move.result}" if move.operation == "divide" else f"x={move.result}"


def read(state: System, line: str) -> Move:
    now = turn(state)
    if (match := REDUCE.fullmatch(line)) and int(match[1]) > 1:
        return Move("reduce", tuple(Operand(int(match[at] or 1)) for at in (1, 2, 3)), int(match[4]))
    if match := TRY.fullmatch(line):
        *operands, total = (int(match[at]) for at in (1, 2, 3, 4))
        if match[5] is None or int(match[5]) == now.m:
            return Move("try", tuple(map(Operand, (*operands, total))), int(match[6] or total))
    if (match := TAKE.fullmatch(line)) and match[1] is None:
        return Move("take", (), int(match[3]))
    if match and (int(match[1]), int(match[2])) == (now.b, now.a):
        return Move("divide", (), int(match[3]))
    raise ParseError(f"no line of {NAME}: {line[:40]!r}")

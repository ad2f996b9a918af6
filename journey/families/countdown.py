"""Countdown: reach a target with + - * / from three to six numbers, each used exactly once.

A state is the multiset of remaining numbers. A move replaces two of them with their sum, difference, product
or exact quotient. Wrong turns are dead ends (the target can no longer be reached) and arithmetic slips. After
Stream of Search (Gandhi et al. 2024, section 3), with one difference: an operand is a *position*, so only one
of two equal numbers is used up.

    30,93,100>23        the prompt: from 30, 93 and 100 make 23
    93-30=63            a legal move ...
    !<                  ... but 63 and 100 make no 23: noticed, and back
    100-93=7
    30-7=23=23+0        the last two numbers are used: 23 is 0 more than the target
    =30-(100-93)

The shortcut is the last three lines. A line that uses the last two numbers has what is missing to the
target, so whether the search is done can be read at its end. Mistakes: `slip` and `carry_slip` (arithmetic),
`reversed` (the smaller minus or by the larger, as if it made no difference), `reused` (a number used twice).
Subtraction bugs: Brown & VanLehn 1980.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, NamedTuple

from journey.check import check
from journey.claim_types import Claim, Equal, Holds
from journey.errors import InputError, ParseError
from journey.expressions import leaves, read_arithmetic, words
from journey.step import Evidence, Move, Operand

NAME = "countdown"
SUMMARY = "reach a target with + - * / from 3-6 numbers; wrong turns: dead ends, arithmetic slips"
EXAMPLE = {"numbers": [30, 93, 100], "target": 23}

MIN_COUNT = 2
SIZES = {1: (3, 20), 2: (3, 99), 3: (4, 50), 4: (5, 50), 5: (6, 50)}
"""How many numbers, and up to what size, by level."""
TARGETS = range(10, 101)
LAST = 2
"""With so many numbers left, a move is the last one."""
MAX_MADE = 999
"""The largest intermediate result of the solution from which a problem is sampled."""

LINE = re.compile(r"(-?\d{1,18})([-+*/])(-?\d{1,18})=(-?\d{1,18})(?:=(\d{1,18})([+-]\d{1,18}))?")


class Numbers(NamedTuple):
    """The remaining numbers in ascending order; the index in `left` identifies an operand."""

    target: int
    left: tuple[int, ...]


def combine(operation: str, larger: int, smaller: int) -> int | None:
    """The result of a move; None if it is not legal, because fractions are not allowed."""
    if operation == "+":
        return larger + smaller
    if operation == "-":
        return larger - smaller
    if operation == "*":
        return larger * smaller
    return larger // smaller if smaller and larger % smaller == 0 else None


def sample(
    random: Random, level: int, count: int | None = None, largest: int | None = None, uniform: bool = False
) -> tuple[dict[str, Any], str]:
    """Draws random numbers and combines them at random until one is left, which is the target.

    Problems with many solutions are drawn more often. With `uniform`, numbers and target are drawn evenly and
    kept if there is a solution, as in Stream of Search.

    Args:
        random: the source of all draws.
        level: decides `count` and `largest` where these are not given.
        count: how many numbers.
        largest: the largest that a number can be.
        uniform: whether every solvable problem is equally likely.
    """
    count, largest = count or SIZES[level][0], largest or SIZES[level][1]
    if not MIN_COUNT <= count <= SIZES[max(SIZES)][0] or largest < 1:
        raise InputError(f"{NAME} has no problems with {count} numbers up to {largest}")
    return (_sample_evenly if uniform else _sample_solution)(random, count, largest)


def _sample_evenly(random: Random, count: int, largest: int) -> tuple[dict[str, Any], str]:
    while True:
        numbers = sorted(random.randint(1, largest) for _ in range(count))
        target = random.choice(TARGETS)
        solution = None if target in numbers else solve(target, [(n, str(n)) for n in numbers], set())
        if solution is not None:
            return {"numbers": numbers, "target": target}, solution[1:-1]


def solve(target: int, made: Sequence[tuple[int, str]], failed: set[tuple[int, ...]]) -> str | None:
    """An expression for the target from these values and their expressions; None if there is none.

    `failed` collects the values from which there is none, in ascending order.
    """
    for at, one in enumerate(made):
        for other in made[:at]:
            (a, left), (b, right) = (one, other) if one[0] >= other[0] else (other, one)
            rest = [each for each in made if each is not one and each is not other]
            for operation in "+-*/":
                result = combine(operation, a, b)
                if result is None:
                    continue
                if not rest and result == target:
                    return f"({left}{operation}{right})"
                values = tuple(sorted([result, *(value for value, _ in rest)]))
                if rest and values not in failed:
                    whole = solve(target, [*rest, (result, f"({left}{operation}{right})")], failed)
                    if whole is not None:
                        return whole
                    failed.add(values)
    return None


def _sample_solution(random: Random, count: int, largest: int) -> tuple[dict[str, Any], str]:
    while True:
        numbers = sorted(random.randint(1, largest) for _ in range(count))
        made = [(number, str(number)) for number in numbers]
        while len(made) > 1:
            random.shuffle(made)
            (a, left), (b, right) = sorted((made.pop(), made.pop()), reverse=True)
            operation = random.choice("+-*/")
            result = combine(operation, a, b)
            if result is None or not 0 < result <= MAX_MADE:
                break
            made.append((result, f"({left}{operation}{right})"))
        else:
            target, solution = made[0]
            if target in TARGETS and target not in numbers:
                return {"numbers": numbers, "target": target}, solution[1:-1]


def split_key(givens: dict[str, Any]) -> str:
    """The target: no held-out target is ever trained on (Stream of Search, section 4)."""
    return str(givens["target"])


def statement(givens: dict[str, Any]) -> str:
    numbers = ", ".join(map(str, givens["numbers"]))
    return f"Make {givens['target']} from {numbers} with + - * /, using each number exactly once."


def prompt(givens: dict[str, Any]) -> str:
    return f"{','.join(map(str, givens['numbers']))}>{givens['target']}"


def start(givens: dict[str, Any]) -> Numbers:
    return Numbers(givens["target"], tuple(sorted(givens["numbers"])))


def key(state: Numbers) -> str:
    return f"{','.join(map(str, state.left))}>{state.target}"


def brief(state: Numbers) -> str:
    """The numbers; the larger of two is followed by its difference to the target.

    If the other one is that difference, without its sign, then a sum or a difference reaches the target. So a
    glance at the line shows it, and no number must be compared with one in the prompt.
    """
    if len(state.left) == LAST:
        small, large = state.left
        return f"{large}{large - state.target:+d},{small}"
    return ",".join(map(str, state.left))


def moves(state: Numbers) -> Iterator[Move]:
    left, seen = state.left, set()
    for high in range(len(left) - 1, 0, -1):
        for low in range(high - 1, -1, -1):
            for operation in "+-*/":
                spoken = (left[high], operation, left[low])
                result = combine(operation, left[high], left[low])
                if result is not None and spoken not in seen:
                    seen.add(spoken)
                    operands = Operand(left[high], high), Operand(left[low], low)
                    yield _move(state, operation, operands, result)


def _move(state: Numbers, operation: str, operands: tuple[Operand, Operand], result: int) -> Move:
    """A move; with the last two numbers, its third operand is by how much the result exceeds the target."""
    excess = [Operand(result - state.target)] if len(state.left) == LAST else []
    return Move(operation, (*operands, *excess), result)


def mistakes(state: Numbers, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        return
    result = int(move.result)
    larger, smaller = move.operands[:2]
    yield "slip", _move(state, move.operation, (larger, smaller), result + 1)
    if result >= 10:
        yield "carry_slip", _move(state, move.operation, (larger, smaller), result - 10)
    if move.operation in "-/" and larger.value != smaller.value:
        yield "reversed", _move(state, move.operation, (smaller, larger), result)
    if state.left.count(int(larger.value)) == 1:
        value = int(larger.value)
        twice = combine(move.operation, value, value)
        if twice is not None:
            yield "reused", _move(state, move.operation, (larger, Operand(value)), twice)


def claims(state: Numbers, move: Move) -> Sequence[Claim]:
    first, second, *excess = (int(operand.value) for operand in move.operands)
    missing = tuple(int(operand.value) for operand in move.operands[:2] if operand.at is None)
    exceeds = [Equal(("+", state.target, each), int(move.result)) for each in excess]
    return Holds(missing, state.left), Equal((move.operation, first, second), int(move.result)), *exceeds


def apply(state: Numbers, move: Move) -> Numbers:
    used = {operand.at for operand in move.operands}
    left = [number for place, number in enumerate(state.left) if place not in used]
    return Numbers(state.target, tuple(sorted([*left, int(move.result)])))


def solved(state: Numbers) -> bool:
    return state.left == (state.target,)


def heuristic(state: Numbers) -> float:
    """Distance of the nearest number to the target, plus the numbers still to use (Stream of Search)."""
    return float(min(abs(number - state.target) for number in state.left) + len(state.left) - 1)


def out_of_reach(state: Numbers) -> bool:
    """Whether the largest number exceeds the target and all other numbers together.

    Only a quotient, or the difference to a large product, then leads to the target.
    """
    return state.left[-1] > state.target + sum(state.left[:-1])


def dead_end_evidence(state: Numbers) -> Evidence:
    if len(state.left) == 1:
        return Evidence("missed", (state.left[0], state.target))
    return Evidence("exhausted", (", ".join(map(str, state.left)), state.target))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    state = start(givens)
    made = [str(number) for number in state.left]
    for move in path:
        first, second = (int(operand.at or 0) for operand in move.operands[:2])
        text = f"({made[first]}{move.operation}{made[second]})"
        kept = [place for place in range(len(made)) if place not in (first, second)]
        # Sorting is stable, and the new number comes last here as in `apply`, so the indices match the state.
        order = sorted(
            [*((state.left[place], made[place]) for place in kept), (int(move.result), text)], key=_value
        )
        made = [expression for _, expression in order]
        state = apply(state, move)
    return made[0][1:-1]


def _value(pair: tuple[int, str]) -> int:
    return pair[0]


def grade(givens: dict[str, Any], answer: str) -> str | None:
    try:
        tree = read_arithmetic(answer)
    except ParseError as fault:
        return str(fault)
    if Counter(leaves(tree)) != Counter(givens["numbers"]):
        return f"{words(tree)} does not use each of {', '.join(map(str, givens['numbers']))} exactly once"
    finding = check([Equal(tree, givens["target"])])
    return None if finding.evidence is None else str(finding.evidence)


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return f"{answer}={givens['target']}"


def write(state: Numbers, move: Move) -> str:
    return operation(move) + "".join(f"={state.target}{int(each.value):+d}" for each in move.operands[2:])


def operation(move: Move) -> str:
    """A move without the comparison to the target, such as `30-7=23`."""
    first, second = move.operands[:2]
    return f"{first.value}{move.operation}{second.value}={move.result}"


def read(state: Numbers, line: str) -> Move:
    match = LINE.fullmatch(line)
    if not match:
        raise ParseError(f"no line of {NAME}: {line[:40]!r}")
    first = _find(state, int(match[1]), taken=None)
    second = _find(state, int(match[3]), taken=first.at)
    if match[5] is None:
        return Move(match[2], (first, second), int(match[4]))
    if len(state.left) != LAST or int(match[5]) != state.target:
        raise ParseError(f"no line of {NAME} here: {line[:40]!r}")
    return Move(match[2], (first, second, Operand(int(match[6]))), int(match[4]))


def _find(state: Numbers, value: int, taken: int | None) -> Operand:
    """The last free position with this value, as in `moves`; None if the state does not contain it."""
    places = [place for place, number in enumerate(state.left) if number == value and place != taken]
    return Operand(value, places[-1] if places else None)

"""Systems of two and three linear equations, by elimination or substitution.

Each line changes one equation. `2*1-3*2` is twice the first minus three times the second and replaces the one
named last. `put 2 in 1` substitutes equation 2 into equation 1. The solver chooses the unknown to eliminate,
or to isolate if that needs no fractions. With three equations, a bad choice leaves two unknowns in each of
them, and none can be eliminated: a dead end. Level 1 has a coefficient 1; in level 2 one equation must be
multiplied, in level 3 both. Levels 4 and 5 have three unknowns.

    2x+3y=8, 3x-2y=-1       the prompt
    3*1-2*2:13y=10          the unknowns are scaled and subtracted; the right sides 8 and -1 are not
    !26<                    3*8 - 2*(-1) = 26: noticed, and back
    3*1-2*2:13y=26          equation 2 from here on
    solve 2:y=2
    put 2 in 1:2x+3*2=8
    tidy 1:2x=14            6 crosses to the right and keeps its plus ...
    !2<                     ... but 8 - 6 = 2
    tidy 1:2x=2
    solve 1:x=1
    =x=1,y=2

The shortcut leaves out what is noticed. Mistakes: `right_side_not_scaled`, `one_term_scaled` (of the equation
that is multiplied), `subtraction_slip` (one term is added), `sign_lost`, `sign_kept` (of what crosses to the
other side), `subtracted` (4x = 8 gives x = 4) (Sleeman, An attempt to understand students' understanding of
basic algebra, 1984; Payne and Squibb, Algebra mal-rules and cognitive accounts of error, 1990); `no_brackets`
(3y with y = 3x-1 is 3(3x)-1) (Booth, Algebra: Children's Strategies and Errors, 1984); `digits_joined` (4y
with y = 2 is 42) (Matz, Towards a process model for high school algebra errors, 1982); `into_itself` (an
unknown goes into the equation it came from) (Filloy, Rojano and Solares, Problems dealing with unknown
quantities and two different levels of representing unknowns, 2010).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from itertools import combinations
from math import lcm
from random import Random
from typing import Any, NamedTuple

from journey.algebra import Relation, names_in, read_relation, substitute, terms, total
from journey.algebra import read as expression
from journey.algebra import relation_text as text_of
from journey.claim_types import Claim, SameSystem
from journey.errors import MoveError, ParseError
from journey.families.system import row_proofs, row_slips
from journey.families.system.problems import UNKNOWNS, draw_system, outline
from journey.families.system.rows import Row, isolated, row_of, standard, sum_of, tidied, value_tree
from journey.methods.substitution import put_in_all
from journey.step import Evidence, Move, Operand

NAME = "system"
SUMMARY = "2 or 3 linear equations by elimination or substitution; wrong turns: right side not scaled, signs"
EXAMPLE = {"equations": ["2x+3y=8", "3x-2y=-1"]}

MAX_SIZE = 10**8
"""The largest coefficient that is computed with."""
TIMES = r"(?:([1-9][0-9]{0,5})\*)?([1-9])"
COMBINE = re.compile(rf"{TIMES}([+-]){TIMES}:([^:]{{1,300}})")
PUT = re.compile(r"put ([1-9]) in ([1-9]):([^:]{1,300})")
REWRITE = re.compile(r"(tidy|isolate|solve) ([1-9]):([^:]{1,300})")
VALUE = r"([xyz])=(-?[0-9]{1,18}(?:/[1-9][0-9]{0,17})?)"
ANSWER = re.compile(rf" *{VALUE}(?: *, *{VALUE}){{0,2}} *")


class System(NamedTuple):
    """The current equations; their positions are their numbers."""

    lines: tuple[str, ...]

    @property
    def names(self) -> str:
        """The unknowns, as many as there are equations."""
        return UNKNOWNS[: len(self.lines)]

    @property
    def rows(self) -> list[Row]:
        """The coefficients and the right side of each equation."""
        return [_row(line, self.names) for line in self.lines]


@lru_cache(maxsize=8192)
def _row(line: str, names: str) -> Row:
    row = row_of(read_relation(line), names)
    if row is None:
        raise ParseError(f"no linear equation in {', '.join(names)}: {line[:40]!r}")
    return row


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    relations, values = draw_system(random, level)
    return {"equations": [text_of(each) for each in relations]}, _answer_text(values)


def split_key(givens: dict[str, Any]) -> str:
    return outline(start(givens).rows)


def statement(givens: dict[str, Any]) -> str:
    lines: list[str] = givens["equations"]
    return f"Solve the system {', '.join(lines[:-1])} and {lines[-1]}."


def prompt(givens: dict[str, Any]) -> str:
    return ", ".join(givens["equations"])


def start(givens: dict[str, Any]) -> System:
    return System(tuple(givens["equations"]))


def key(state: System) -> str:
    return ", ".join(state.lines)


def _unknowns(row: Row) -> list[int]:
    return [place for place, c in enumerate(row[:-1]) if c]


def isolated_at(line: str) -> str | None:
    """The unknown that a line isolates; None if it isolates none."""
    return isolated(read_relation(line))


@lru_cache(maxsize=8192)
def _is_value(line: str) -> bool:
    """Whether a line gives the value of an unknown: x=2, but not x=3*1-1."""
    _, name, tree = relation = read_relation(line)
    number = row_of(relation, name) if isinstance(name, str) else None
    return number is not None and not [*names_in(tree)] and tree == expression(str(number[-1]))


def moves(state: System) -> Iterator[Move]:
    yield from _moves(state)


@lru_cache(maxsize=4096)
def _moves(state: System) -> tuple[Move, ...]:
    rows = state.rows
    if any(abs(c.numerator) > MAX_SIZE or c.denominator > MAX_SIZE for row in rows for c in row):
        return ()
    for at, line in enumerate(state.lines):
        tidy = text_of(tidied(read_relation(line), state.names))
        if tidy != line:
            return (_rewrite(state, "tidy", at, tidy),)
    if not all(map(_unknowns, rows)):
        return ()
    for at, row in enumerate(rows):
        if len(_unknowns(row)) == 1 and not _is_value(state.lines[at]):
            place = _unknowns(row)[0]
            solved = ("=", state.names[place], value_tree(row[-1] / row[place]))
            return (_rewrite(state, "solve", at, text_of(solved)),)
    return next(filter(None, (_value_puts(state), _open_puts(state), _choices(state))), ())


def _rewrite(state: System, word: str, at: int, text: str) -> Move:
    return Move(word, (Operand(state.lines[at], at),), text)


def _put(state: System, source: int, target: int) -> Move:
    operands = Operand(state.lines[source], source), Operand(state.lines[target], target)
    return Move("put", operands, text_of(read_relation(text_of(_with_put(state, source, target)))))


def _with_put(state: System, source: int, target: int) -> Relation:
    """The target with the right side of the source substituted for its left side."""
    _, name, tree = read_relation(state.lines[source])
    _, left, right = read_relation(state.lines[target])
    return ("=", substitute(left, name, tree), substitute(right, name, tree))


def _holding(state: System, source: int) -> list[int]:
    """The other equations that contain the unknown isolated by the source."""
    name = isolated_at(state.lines[source]) or ""
    others = [at for at in range(len(state.lines)) if at != source]
    return [at for at in others if name in names_in(read_relation(state.lines[at]))]


def _value_puts(state: System) -> tuple[Move, ...]:
    sources = [at for at, line in enumerate(state.lines) if _is_value(line)]
    pairs = [(at, target) for at in sources for target in _holding(state, at)]
    return (_put(state, *pairs[0]),) if pairs else ()


def _open_puts(state: System) -> tuple[Move, ...]:
    """Substitutes an isolated unknown into an equation that isolates none."""
    for at, line in enumerate(state.lines):
        if isolated_at(line):
            free = [target for target in _holding(state, at) if not isolated_at(state.lines[target])]
            if free:
                return (_put(state, at, free[0]),)
    return ()


def _choices(state: System) -> tuple[Move, ...]:
    """Eliminates an unknown from two equations, or isolates one if that needs no fractions."""
    rows = state.rows
    free = [at for at, line in enumerate(state.lines) if not isolated_at(line)]
    pairs = list(combinations(free, 2))
    small = [pair for pair in pairs if len({p for at in pair for p in _unknowns(rows[at])}) == 2]
    eliminations: list[Move] = []
    for pair in small or pairs:
        first, second = sorted(pair, key=lambda at: (len(_unknowns(rows[at])), at))
        for place in _unknowns(rows[first]):
            if rows[second][place] and (move := _combined(state, first, second, place)):
                eliminations.append(move)
    isolations: list[Move] = []
    for at in dict.fromkeys(at for pair in small or pairs for at in pair):
        for place in _unknowns(rows[at]):
            if abs(rows[at][place]) == 1 and (len(rows) == 2 or not isolations):
                rest = [-c * rows[at][place] for c in rows[at]]
                rest[place], rest[-1] = Fraction(0), -rest[-1]
                equation = ("=", state.names[place], sum_of(rest, state.names))
                isolations.append(_rewrite(state, "isolate", at, text_of(equation)))
    # With two equations, isolating comes first, unless adding or subtracting them is enough.
    easy = any({abs(times) for times in _multiples(move)[0]} == {1} for move in eliminations)
    return (*isolations, *eliminations) if len(rows) == 2 and not easy else (*eliminations, *isolations)


def _combined(state: System, first: int, second: int, place: int) -> Move | None:
    """Combines two equations to eliminate an unknown; None if no fewer unknowns are left."""
    rows = state.rows
    a, b = int(rows[first][place]), int(rows[second][place])
    one, other = lcm(a, b) // abs(a), lcm(a, b) // abs(b) * (-1 if a * b > 0 else 1)
    row = [one * c + other * d for c, d in zip(rows[first], rows[second], strict=True)]
    if len(_unknowns(tuple(row))) >= len(_unknowns(rows[second])):
        return None
    return _combining(state, (one, first), (other, second), row)


def _combining(
    state: System, one: tuple[int, int], other: tuple[int, int], row: Sequence[Fraction | int]
) -> Move:
    operands = [(Operand(by), Operand(state.lines[at], at)) for by, at in (one, other)]
    left = sum_of([*row[:-1], 0], state.names)
    return Move("combine", (*operands[0], *operands[1]), text_of(("=", left, int(row[-1]))))


def mistakes(state: System, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        return
    true = read_relation(str(move.result))
    for name, wrong in _slips(state, move):
        # A multiple of the right equation is right; 0 = 0 counts as wrong, although it is a multiple too.
        row = _row(str(wrong.result), state.names)
        if not any(row) or not row_proofs.parallel(true, row, state.names):
            yield name, wrong


def _slips(state: System, move: Move) -> Iterator[tuple[str, Move]]:
    if move.operation == "combine":
        by, places = _multiples(move)
        for name, slip in row_slips.combining_slips([state.rows[place] for place in places], by):
            yield name, _combining(state, (by[0], places[0]), (by[1], places[1]), slip)
    elif move.operation == "put":
        source, target = (int(operand.at or 0) for operand in move.operands)
        lines = [read_relation(state.lines[at]) for at in (source, target)]
        for name, relation in row_slips.putting_slips(*lines):
            yield name, Move("put", move.operands, text_of(read_relation(text_of(relation))))
        if not _is_value(state.lines[source]):
            yield "into_itself", _put(state, source, source)
    else:
        at = int(move.operands[0].at or 0)
        row, names = list(state.rows[at]), state.names
        if move.operation == "tidy":
            for name, relation in row_slips.tidying_slips(read_relation(state.lines[at]), names):
                yield name, _rewrite(state, "tidy", at, text_of(relation))
        elif move.operation == "isolate":
            _, alone, right = read_relation(str(move.result))
            (sign, tree), *rest = terms(right)
            kept = ("=", alone, total([(-sign, tree), *rest]))
            yield "sign_kept", _rewrite(state, "isolate", at, text_of(read_relation(text_of(kept))))
        else:
            place = _unknowns(tuple(row))[0]
            for name, value in (
                ("subtracted", row[-1] - row[place]),
                ("sign_lost", row[-1] / abs(row[place])),
            ):
                wrong = ("=", names[place], value_tree(value))
                yield name, _rewrite(state, "solve", at, text_of(wrong))


def _multiples(move: Move) -> tuple[list[int], list[int]]:
    """The multiples and the positions of the equations in a combination."""
    return [int(o.value) for o in move.operands[::2]], [int(o.at or 0) for o in move.operands[1::2]]


def claims(state: System, move: Move) -> Sequence[Claim]:
    before, line = tuple(map(read_relation, state.lines)), read_relation(str(move.result))
    after = tuple(map(read_relation, apply(state, move).lines))
    row, changed = _row(str(move.result), state.names), int(move.operands[-1].at or 0)
    if move.operation == "combine":
        by, at = _multiples(move)
        rows = [state.rows[place] for place in at]
        true = [by[0] * c + by[1] * d for c, d in zip(*rows, strict=True)]
        same = any(row) and row_proofs.parallel(standard(true, state.names), row, state.names)
        return *([] if same else row_proofs.sums(by, rows, row)), SameSystem(before, after)
    expected, same_system = before[changed], []
    if move.operation == "put":
        source = int(move.operands[0].at or 0)
        if isolated(before[source]) is None:
            raise MoveError(write(state, move))
        expected, same_system = _with_put(state, source, changed), [SameSystem(before, after)]
    same = row_proofs.parallel(expected, row, state.names)
    proof = [] if same else row_proofs.proof(move.operation, expected, line, state.names)
    return *proof, SameSystem((expected,), (line,)), *same_system


def apply(state: System, move: Move) -> System:
    changed = int(move.operands[-1].at or 0)
    return System((*state.lines[:changed], str(move.result), *state.lines[changed + 1 :]))


def solved(state: System) -> bool:
    return all(map(_is_value, state.lines)) and {*map(isolated_at, state.lines)} == {*state.names}


def heuristic(state: System) -> float:
    """How many unknowns stand in equations that do not give them yet."""
    return float(sum(len(_unknowns(_row(line, state.names))) for line in state.lines if not _is_value(line)))


def dead_end_evidence(state: System) -> Evidence:
    return Evidence("exhausted", (key(state), "an equation with fewer unknowns"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    state = reduce(apply, path, start(givens))
    rows = {isolated_at(line) or "": _row(line, state.names)[-1] for line in state.lines}
    return _answer_text(rows)


def _answer_text(values: dict[str, Fraction]) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(values.items()))


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right is each unknown once, in any order, as an integer or a fraction: x=1,y=-2."""
    state = start(givens)
    parts = re.findall(VALUE, answer) if len(answer) <= 200 and ANSWER.fullmatch(answer) else []
    values = {name: Fraction(number) for name, number in parts}
    if len(parts) != len(values) or {*values} != {*state.names}:
        return f"{answer[:40]!r} does not give each of {', '.join(state.names)} once"
    for line, row in zip(state.lines, state.rows, strict=True):
        left = sum(c * values[name] for c, name in zip(row, state.names, strict=False))
        if left != row[-1]:
            return f"{line} does not hold: {text_of(standard(row, state.names))} says {left}={row[-1]}"
    return None


def verification_line(givens: dict[str, Any], answer: str) -> str:
    values = dict(part.split("=") for part in answer.split(","))
    return ", ".join(put_in_all(equation, values) for equation in givens["equations"])


def write(state: System, move: Move) -> str:
    numbers = [int(operand.at) + 1 for operand in move.operands if operand.at is not None]
    if move.operation == "combine":
        by = [int(operand.value) for operand in move.operands[::2]]
        shown = ["" if abs(times) == 1 else f"{abs(times)}*" for times in by]
        one, other = (f"{times}{number}" for times, number in zip(shown, numbers, strict=True))
        return f"{one}{'+' if by[1] > 0 else '-'}{other}:{move.result}"
    places = f"{numbers[0]} in {numbers[1]}" if move.operation == "put" else str(numbers[0])
    return f"{move.operation} {places}:{move.result}"


def read(state: System, line: str) -> Move:
    combined, put, rewritten = (form.fullmatch(line) for form in (COMBINE, PUT, REWRITE))
    if combined:
        times, first, sign, others, second, text = combined.groups()
        operands = (
            Operand(int(times or 1)),
            _equation(state, first),
            Operand(int(f"{sign}{others or 1}")),
            _equation(state, second),
        )
        if first != second:
            return Move("combine", operands, _spelling(state, text))
    elif put:
        return Move("put", (_equation(state, put[1]), _equation(state, put[2])), _spelling(state, put[3]))
    elif rewritten:
        return Move(rewritten[1], (_equation(state, rewritten[2]),), _spelling(state, rewritten[3]))
    raise ParseError(f"no line of {NAME}: {line[:40]!r}")


def _equation(state: System, number: str) -> Operand:
    at = int(number) - 1
    if at >= len(state.lines):
        raise ParseError(f"there is no equation {number}")
    return Operand(state.lines[at], at)


def _spelling(state: System, text: str) -> str:
    relation = read_relation(text)
    _row(spelt := text_of(relation), state.names)
    return spelt

"""Equations with square roots: isolate a root, square, solve what is left, try each candidate.

Squaring both sides may add solutions, so the goal is reached only when every candidate was substituted into
both sides of the problem. `try -1:3=-1` means that the sides are 3 and -1 there, and drops the candidate;
equal values keep it. In level 1 a root equals a number, in level 2 another root or a linear expression. Level
3 has a term besides the root, level 4 factors and fractions among the candidates. Level 5 has a sum or
difference of roots, which must be squared twice.

    sqrt(2x+6)+1=x                  the prompt
    isolate:sqrt(2x+6)=x-1
    square:2x+6=(x-1)^2             adds the solution -1, and may: it will be tried
    expand:2x+6=x^2+1               squared term by term ...
    !0<                             ... but (x-1)^2 is 0 at x = 1, not 2: noticed, and back
    expand:2x+6=x^2-2x+1
    collect:x^2+7=0                 the right side came over with its sign ...
    !8<                             ... so that the sides no longer differ by 8 at x = 1
    collect:x^2-4x-5=0
    factor:(x+1)(x-5)=0
    split:x+1=0 or x-5=0
    solve:x=-1 or x=5
    try -1:3=3                      -1 is kept ...
    !-1<                            ... but the right side is -1 there, not 3
    try -1:3=-1
    try 5:5=5
    =5

The shortcut is that without the mistakes and their notices. Other lines: `sign:no solution` where a root
is below zero, `void 2:-3` where -3 would stand under a root, `swap`. The answer lists the solutions
(`journey.methods.univariate.fault_in`), or is `no solution`. Dead ends come from squaring before a root
is alone.

Mistakes: `termwise` ((x-1)^2 as x^2+1, sqrt(x^2+9) as x+3, both roots of a sum squared one by one): Matz,
Towards a process model for high school algebra errors (1982). `extraneous_kept` (sqrt(9) passes for -3,
or the sides are not compared): Roach, Gibson & Weber, Why is sqrt(25) not +-5? (2004). `sign_lost`
(isolating, collecting, from x+2=0 to x=2), `half_done` (one side squared or divided, a factor not
squared, 4(2x+3) as 8x+3): Payne & Squibb, Algebra mal-rules and cognitive accounts of error (1990).
`one_root` and `divided_by_x` (a candidate lost): Vaiyavutjamai & Clements, Effects of classroom
instruction on students' understanding of quadratic equations (2006).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

from journey.algebra import NONE, Algebra, Relation, read_relation, relation_text, substitute
from journey.algebra import read as parsed
from journey.algebra import write as spelled
from journey.claim_types import Claim, SameSolutions, SameValue
from journey.errors import MoveError, ParseError
from journey.exact.solutions import compare
from journey.exact.surds import Exact, Unsupported
from journey.exact.values import Undefined, at_point
from journey.families.radical.problems import drawn
from journey.families.radical.radicals import (
    both_sums,
    careless_squares,
    careless_sums,
    difference,
    free,
    radicands,
)
from journey.methods.lines import read_line, write_line
from journey.methods.quadratic_slips import changes, same_solutions, slips
from journey.methods.quadratics import (
    factored,
    is_normal,
    line,
    obvious,
    parts_of,
    steps,
)
from journey.methods.substitution import put_in
from journey.methods.univariate import (
    constant,
    fault_in,
    is_list_of_values,
    root_of,
    small_coefficients,
    solution_set,
    solution_texts,
    solved_text,
)
from journey.step import Evidence, Move, Operand, Verdict

NAME = "radical"
SUMMARY = "sqrt(a x + b) = c x + d; wrong turns: extraneous roots kept, squares term by term, signs"
EXAMPLE = {"equation": "sqrt(2x+6)+1=x"}
ALLOWED_VERDICTS = (Verdict.ADDS,)

WORDS = (
    "collect", "divide", "expand", "factor", "isolate", "multiply", "root", "sign", "solve", "split",
    "square", "swap",
)  # fmt: skip
WITH_OPERAND = ("divide", "multiply")
IDENTITIES = ("collect", "expand", "isolate", "multiply", "square")
"""Words that determine which expressions stay equal."""
HALVES = dict.fromkeys(("half_squared", "one_sided", "first_term_only"), "half_done")
"""The slips in which something is done to only a part of the line, by their names elsewhere."""
NUMBER = r"-?[0-9]{1,6}(?:/[1-9][0-9]{0,4})?"
TRY = re.compile(rf"try ({NUMBER}):({NUMBER}={NUMBER})")
VOID = re.compile(rf"void ({NUMBER}):(-[0-9]{{1,6}}(?:/[1-9][0-9]{{0,4}})?)")


class Search(NamedTuple):
    """The problem, the current line, and once that lists candidates, those to try and those kept."""

    problem: Relation
    relation: Relation
    left: tuple[str, ...] | None = None
    kept: tuple[str, ...] = ()


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    while True:
        relation = read_relation(drawn(random, level))
        numbers = solution_texts(relation)
        if numbers is not None and not any("sqrt" in number for number in numbers):
            return {"equation": relation_text(relation)}, ",".join(numbers) or NONE


def split_key(givens: dict[str, Any]) -> str:
    """What stands under the roots and what stands outside, in any order and up to the sign of x."""
    relation = read_relation(givens["equation"])
    mirrored = read_relation(relation_text(substitute(relation, "x", ("neg", "x"))))
    return min(_outline(relation), _outline(mirrored))


def _outline(relation: Relation) -> str:
    left, right = both_sums(relation) or (None, None)
    if left is None or right is None:
        return relation_text(relation)
    total = difference(left, right)
    if total.roots and total.roots[0][0] < 0:
        total = total.scaled(Fraction(-1))
    roots = sorted((str(k), *map(str, small_coefficients(inside) or ())) for k, inside in total.roots)
    return f"{[str(c) for c in total.plain]}{roots}"


def statement(givens: dict[str, Any]) -> str:
    return f"Solve {givens['equation']} over the real numbers."


def prompt(givens: dict[str, Any]) -> str:
    return str(givens["equation"])


def start(givens: dict[str, Any]) -> Search:
    relation = read_relation(givens["equation"])
    return Search(relation, relation)


def key(state: Search) -> str:
    if state.left is None:
        return relation_text(state.relation)
    return f"to try: {', '.join(state.left) or 'nothing'}; kept: {', '.join(state.kept) or 'nothing'}"


def moves(state: Search) -> Iterator[Move]:
    # After a wrong turn, numbers may be too long for a line.
    with suppress(MoveError):
        yield from _moves(state)


def _moves(state: Search) -> Iterator[Move]:
    if state.left is not None:
        for candidate in state.left:
            if move := tried(state.problem, candidate):
                yield move
    elif (coefficients := is_normal(state.relation)) is not None:
        yield from _factored(state.relation, *coefficients)
    elif next(radicands(state.relation), None) is None:
        yield from steps(state.relation)
    else:
        yield from free(state.relation)


def _factored(relation: Relation, a: int, b: int, c: int) -> Iterator[Move]:
    """Solves a quadratic equation by factors; the right path never needs surds."""
    root = root_of(Fraction(b * b - 4 * a * c))
    if move := obvious(relation, a, b, c):
        yield move
    elif root is not None:
        pair = sorted(((b - int(root)) // 2, (b + int(root)) // 2), key=lambda part: (abs(part), part))
        yield line("factor", factored(a, (pair[0], pair[1])))


def tried(problem: Relation, candidate: str) -> Move | None:
    """The test of a candidate in both sides of the problem; None if a value is not rational."""
    try:
        values = [at_point(side, {"x": Fraction(candidate)}) for side in problem[1:]]
    except Undefined:
        inside = (_value(each, candidate) for each in radicands(problem))
        below = next((value for value in inside if value is not None and value < 0), None)
        return None if below is None else Move("void", (Operand(candidate),), str(below))
    except (ValueError, Unsupported, ZeroDivisionError):
        return None
    numbers = [value.rational() if isinstance(value, Exact) else None for value in values]
    return None if None in numbers else Move("try", (Operand(candidate),), "{}={}".format(*numbers))


def _value(tree: Algebra, candidate: str) -> Fraction | None:
    return constant(substitute(tree, "x", parsed(candidate)))


def mistakes(state: Search, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        return
    with suppress(MoveError):
        for name, wrong in _mistaken(state, move):
            if wrong.operation == "try" or (wrong.result != move.result and _harmful(state, wrong)):
                yield HALVES.get(name, name), wrong


def _harmful(state: Search, wrong: Move) -> bool:
    """Whether a slip loses a solution or breaks an identity; trying would reveal added solutions."""
    has_roots = next(radicands(state.relation), None) is not None
    if has_roots and wrong.operation in ("expand", "isolate", "divide"):
        return True
    if not has_roots and wrong.operation in IDENTITIES:
        return changes(state.relation, str(wrong.result))
    return _loses(state.relation, parsed_relation(wrong))


def parsed_relation(move: Move) -> Relation:
    """The resulting line of a move, parsed."""
    return read_relation(str(move.result))


def _mistaken(state: Search, move: Move) -> Iterator[tuple[str, Move]]:
    word = move.operation
    if word == "try":
        left, right = map(Fraction, str(move.result).split("="))
        if left != right:
            # sqrt(9) is taken as -3 if that fits; else the sides are not compared.
            value = right if left == -right else left
            yield "extraneous_kept", Move("try", move.operands, f"{value}={value}")
        elif right:
            yield "sign_lost", Move("try", move.operands, f"{left}={-right}")
    elif word == "square":
        for name, result in careless_squares(state.relation):
            yield name, line("square", result)
    elif word in ("isolate", "expand") and next(radicands(state.relation), None) is not None:
        for name, result in careless_sums(word, state.relation):
            yield name, line(word, result)
    elif word == "divide" and next(radicands(state.relation), None) is not None:
        after = read_relation(str(move.result))
        number = str(move.operands[0].value)
        yield "one_sided", line("divide", ("=", after[1], state.relation[2]), number)
    elif word != "void":
        yield from slips(state.relation, move)


def claims(state: Search, move: Move) -> Sequence[Claim]:
    trial = move.operation in ("try", "void")
    if solved(state) or trial != (state.left is not None):
        raise MoveError(f"{write(state, move)}, as the next step,")
    if not trial:
        return _line_claims(state.relation, move)
    candidate = str(move.operands[0].value)
    if candidate not in (state.left or ()):
        raise MoveError(f"{write(state, move)}, which is no candidate,")
    put = [substitute(side, "x", parsed(candidate)) for side in state.problem[1:]]
    if move.operation == "try":
        return [
            SameValue(side, parsed(value))
            for side, value in zip(put, str(move.result).split("="), strict=True)
        ]
    inside = list(radicands(("=", *put)))
    fits = [each for each in inside if constant(each) == Fraction(str(move.result))]
    return (SameValue((fits or inside)[0], parsed(str(move.result))),)


def _line_claims(relation: Relation, move: Move) -> Sequence[Claim]:
    """The claims that a line loses no solution, as equal expressions if its word determines them.

    A counterexample to such an equality does not give a solution away.
    """
    after = read_relation(str(move.result))
    before_sums, after_sums = both_sums(relation), both_sums(after)
    if not before_sums or next(radicands(relation), None) is None or after[0] != "=":
        return same_solutions(relation, move)
    old, new = list(relation[1:]), list(after[1:])
    if move.operation == "square" and _loses(relation, after):
        return [SameValue(("^", one, 2), other) for one, other in zip(old, new, strict=True)]
    if move.operation == "expand" and after_sums:
        return [SameValue(one, other) for one, other in zip(old, new, strict=True)]
    if move.operation == "isolate" and after_sums:
        total, other = difference(*before_sums), difference(*after_sums)
        signs = {inside: k for k, inside in total.roots}
        if any(k * signs.get(inside, Fraction(0)) < 0 for k, inside in other.roots[:1]):
            new.reverse()
        return (SameValue(("-", old[0], old[1]), ("-", new[0], new[1])),)
    if move.operation == "divide":
        number = parsed(str(move.operands[0].value))
        if constant(number):
            new = [("*", number, side) for side in new]
            return [SameValue(one, other) for one, other in zip(old, new, strict=True)]
    return (SameSolutions(relation, after),)


def _loses(relation: Relation, after: Relation) -> bool:
    one, other = solution_set(relation), solution_set(after)
    return one is not None and other is not None and compare(one, other)[0] is not None


def apply(state: Search, move: Move) -> Search:
    if move.operation in ("try", "void"):
        candidate = str(move.operands[0].value)
        left = tuple(each for each in state.left or () if each != candidate)
        values = str(move.result).split("=")
        fits = len(values) == 2 and values[0] == values[1]
        return state._replace(left=left, kept=state.kept + (candidate,) * fits)
    relation = read_relation(str(move.result))
    candidates = None
    if is_list_of_values(relation) and solved_text(relation) == relation_text(relation):
        candidates = tuple(spelled(part[2]) for part in parts_of(relation) if part[0] == "=")
    return Search(state.problem, relation, candidates)


def solved(state: Search) -> bool:
    return state.left == ()


def heuristic(state: Search) -> float:
    """How many roots are to be got rid of and how many candidates to be tried."""
    if state.left is not None:
        return float(len(state.left))
    return 3.0 + 2.0 * sum(1 for _ in radicands(state.relation))


def dead_end_evidence(state: Search) -> Evidence:
    return Evidence("exhausted", (key(state), "x"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    state = start(givens)
    for move in path:
        state = apply(state, move)
    return ",".join(sorted(state.kept, key=_number)) or NONE


def _number(candidate: str) -> Fraction:
    return constant(parsed(candidate)) or Fraction(0)


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right is every list of the solutions, or `no solution` (`journey.methods.univariate.fault_in`)."""
    return fault_in(answer, read_relation(givens["equation"]))


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return put_in(givens["equation"], "x", answer.split(","))


def write(state: Search, move: Move) -> str:
    return write_line(move)


def read(state: Search, line: str) -> Move:
    for pattern in (TRY, VOID):
        if match := pattern.fullmatch(line):
            candidate, result = str(Fraction(match[1])), match[2]
            values = result.split("=")
            if candidate == match[1] and all(str(Fraction(value)) == value for value in values):
                return Move(line.split(" ")[0], (Operand(candidate),), result)
            raise ParseError(f"not in lowest terms: {line[:40]!r}")
    move = read_line(line, WORDS, lambda text: relation_text(read_relation(text)))
    if bool(move.operands) != (move.operation in WITH_OPERAND):
        raise ParseError(f"no line of {NAME}: {line[:40]!r}")
    return move

"""Rational equations: A/(x-a) + B/(x-b) = C and richer ones, over the real numbers.

Both sides are multiplied by a common denominator, which may add an excluded value; the polynomial equation is
solved, and each candidate is put into the denominators before it is kept or dropped. Choices: combine the
fractions of a side first or not; factor a denominator, or multiply by all as they stand, which may leave a
cubic, a dead end. Level 1 has one fraction a side, 2 one denominator (a third have no solution), 3 two and a
quadratic, 4 a hidden common denominator, 5 binomial numerators. From 4 on half have an excluded candidate.

    x/(x-2)+3/(x+1)=(x+4)/(x^2-x-2)           the prompt
    factor:x/(x-2)+3/(x+1)=(x+4)/((x-2)(x+1))
    multiply (x-2)(x+1):x(x+1)+3(x-2)=x+4     adds 2, which solves this and not the line before
    expand:x^2+4x-2=x+4
    !-1<                                      the left side is -1 at x = 1, not 3: noticed, and back
    expand:x^2+4x-6=x+4
    collect:x^2+3x-10=0
    factor:(x-2)(x+5)=0
    split:x=2 or x=-5
    keep 2:0,3,0                              the denominators at 2: one is zero ...
    !<                                        ... so 2 cannot be kept
    drop 2:0,3,0
    keep -5:-7,-4,28
    =-5

The shortcut leaves out what is noticed. Mistakes: `illegal_cancel` ((x+3)/(x+5) is 3/5),
`numerators_alone` (the denominators just go), `sign_kept`, `sign_in_factor`, `sign_of_root` (Matz,
Towards a process model for high school algebra errors, 1982); `tops_and_bottoms` (Brown and Quinn,
Algebra students' difficulty with fractions, 2006); `term_left_out`, `half_distributed`, `sign_lost`,
`middle_lost` ((x+2)(x-3) is x^2-6), `subtracted` (3x = 12 gives x = 9) (Payne and Squibb, Algebra
mal-rules and cognitive accounts of error, 1990); `lost_root` (Vaiyavutjamai and Clements, Effects of
classroom instruction on students' understanding of quadratic equations, 2006); `excluded_kept`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from math import gcd
from random import Random
from typing import Any, NamedTuple

from journey.algebra import NONE, Algebra, factors, names_in, polynomial_of, read_relation
from journey.algebra import read as expression
from journey.algebra import relation_text as text_of
from journey.algebra import write as written
from journey.check import Claim, Equal, SameSolutions, SameValue, Solves, check
from journey.errors import MoveError
from journey.exact.polynomials import minus, rational_roots
from journey.exact.solutions import solutions
from journey.methods import fraction_slips
from journey.methods.coefficients import coefficients, linear_factors, value, whole
from journey.methods.fractions import (
    alike,
    arithmetic,
    candidates,
    common,
    factored,
    factors_tree,
    holds,
    is_product,
    one_fraction,
    parts,
    roots_of,
    side_of,
    times,
)
from journey.methods.lines import read_line, write_line
from journey.methods.rational_problems import draw_sides, outline
from journey.methods.substitution import put_in
from journey.step import Evidence, Move, Operand, Verdict

NAME = "rational"
SUMMARY = "A/(x-a) + B/(x-b) = C; wrong turns: excluded value kept, illegal cancelling, terms not multiplied"
ALLOWS = (Verdict.ADDS,)

NUMBER = r"-?[0-9]{1,9}(?:/[1-9][0-9]{0,8})?"
ANSWER = re.compile(rf" *(?:{NONE}|{NUMBER}(?: *, *{NUMBER}){{0,7}}) *")
TRIED = re.compile(rf"(keep|drop) ({NUMBER}):({NUMBER}(?:,{NUMBER}){{0,7}})")
SIDES, BY = ("factor", "combine", "cancel", "expand"), {"multiply": "*", "divide": "/"}
"""Words for what rewrites each side by itself, and for what is done to both."""
WORDS = (*SIDES, *BY, "collect", "split", "none")


class Solving(NamedTuple):
    """The problem, the present line, and, once that says what x may be, which values are left to try."""

    given: str
    line: str
    left: tuple[str, ...] | None = None
    kept: tuple[str, ...] = ()


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    left, right, roots = draw_sides(random, level)
    relation = ("=", side_of(left), side_of(right))
    found = [str(root) for root in sorted(set(roots)) if holds(relation, root)]
    return {"equation": text_of(relation)}, ",".join(found) or NONE


def structure(givens: dict[str, Any]) -> str:
    return outline(givens["equation"])


def statement(givens: dict[str, Any]) -> str:
    return f"Solve {givens['equation']} over the real numbers."


def prompt(givens: dict[str, Any]) -> str:
    return str(givens["equation"])


def start(givens: dict[str, Any]) -> Solving:
    return Solving(givens["equation"], givens["equation"])


def key(state: Solving) -> str:
    tried = f"left {','.join(state.left or ())}; kept {','.join(state.kept)}"
    return state.line if state.left is None else tried


@lru_cache(maxsize=4096)
def bottoms(given: str) -> tuple[Algebra, ...]:
    """The denominators of the problem, in order."""
    found = [part.bottom for side in read_relation(given)[1:] for part in parts(side)]
    return tuple(bottom for bottom in dict.fromkeys(found) if bottom != 1)


def moves(state: Solving) -> Iterator[Move]:
    return iter(_moves(state))


@lru_cache(maxsize=4096)
def _moves(state: Solving) -> tuple[Move, ...]:
    return tuple(_found(state))


def _found(state: Solving) -> Iterator[Move]:
    if state.left is not None:
        yield from _trial(state)
        return
    relation = read_relation(state.line)
    if relation[0] != "=":
        return
    left, right = relation[1:]
    found = [whole(coefficients(side)) for side in (left, right)]
    if any(part.bottom != 1 for side in (left, right) for part in parts(side)):
        yield from _with_fractions(left, right)
    elif is_product(left) and right == 0:
        roots = [root for factor in factors(left) for root in roots_of(factor)]
        yield Move("split", (), " or ".join(f"x={root}" for root in dict.fromkeys(roots)))
    elif found[0] is not None and found[1] is not None:
        sides = [polynomial_of(each) for each in found if each is not None]
        if sides != [left, right]:
            yield _move("expand", sides)
        else:
            yield from _polynomial(found[0], found[1])


def _move(operation: str, sides: Sequence[Algebra], *operands: Algebra) -> Move:
    # Read once more, a line has the one spelling that `read` gives it.
    text = text_of(read_relation(text_of(("=", *sides))))
    return Move(operation, tuple(Operand(written(expression(written(each)))) for each in operands), text)


def _with_fractions(left: Algebra, right: Algebra) -> Iterator[Move]:
    sides = [parts(left), parts(right)]
    below = [part.bottom for side in sides for part in side]
    known = {bottom: factored(bottom) for bottom in below}
    spelt = {bottom: factors_tree(*each) for bottom, each in known.items() if each}
    if len(spelt) < len(known):
        return
    hidden = any(bottom != tree for bottom, tree in spelt.items())
    if hidden:
        shown = [[part._replace(bottom=spelt[part.bottom]) for part in side] for side in sides]
        yield _move("factor", [side_of(side) for side in shown])
    if not hidden or len({bottom for bottom in below if bottom != 1}) > 1:
        # Where denominators hide their factors, people multiply by all of them.
        by, missing = common(below, least=not hidden)
        scaled = [[times(part, missing[part.bottom]) for part in side] for side in sides]
        yield _move("multiply", [side_of(side) for side in scaled], by)
    for place, side in enumerate(sides):
        if not hidden and sum(part.bottom != 1 for part in side) > 1:
            both = [left, right]
            both[place] = one_fraction(both[place])
            yield _move("combine", both)


def _polynomial(left: tuple[int, ...], right: tuple[int, ...]) -> Iterator[Move]:
    """What to do with expanded sides."""
    found = minus(left, right)
    if len(found) == 1:
        yield Move("none", (), NONE)
    elif len(found) == 2:
        a, b = found[0], -found[1]
        if (left, right) == ((a, 0), (b,) if b else ()):
            yield Move("divide", (Operand(str(a)),), f"x={Fraction(b, a)}")
        else:
            yield _move("collect", [polynomial_of((a, 0)), b])
    elif len(found) == 3:
        sign = 1 if found[0] > 0 else -1
        out = sign * gcd(*found)
        if right:
            yield _move("collect", [polynomial_of([sign * c for c in found]), 0])
        elif out != 1:
            yield _move("divide", [polynomial_of([c // out for c in found]), 0], out)
        elif split := linear_factors(found):
            powers = {factor: split[1].count(factor) for factor in split[1]}
            yield _move("factor", [factors_tree(1, powers), 0])


def _trial(state: Solving) -> Iterator[Move]:
    """Trying a value in the denominators; one that is not excluded and fails shows a slip before it."""
    if state.left:
        number = Fraction(state.left[0])
        found = [value(coefficients(bottom) or (), number) for bottom in bottoms(state.given)]
        if 0 in found or holds(read_relation(state.given), number):
            said = ",".join(map(str, found))
            yield Move("drop" if 0 in found else "keep", (Operand(str(number)),), said)


def mistakes(state: Solving, move: Move | None) -> Iterator[tuple[str, Move]]:
    if move is None:
        return
    if move.operation in ("keep", "drop"):
        if move.operation == "drop":
            yield "excluded_kept", Move("keep", move.operands, move.result)
        slips = (
            fraction_slips.sign_lost(bottom, Fraction(move.operands[0].value))
            for bottom in bottoms(state.given)
        )
        if (said := ",".join(map(str, slips))) != move.result:
            yield "sign_lost", Move(move.operation, move.operands, said)
    elif state.left is None and move.operation != "none":
        for name, wrong in _slips(state, move):
            if not _as_good(state, move, wrong):
                yield name, wrong


def _as_good(state: Solving, move: Move, wrong: Move) -> bool:
    """Whether what was done wrongly happens to be right."""
    before, said, true = (read_relation(str(text)) for text in (state.line, wrong.result, move.result))
    if said == true:
        return True
    if wrong.operation in SIDES:
        return alike(before[1], said[1]) and alike(before[2], said[2])
    if wrong.operation == "multiply":
        return alike(true[1], said[1]) and alike(true[2], said[2])
    left, right = (coefficients(side) or () for side in before[1:])
    return all(holds(said, root) for root in rational_roots(minus(left, right)))


def _slips(state: Solving, move: Move) -> Iterator[tuple[str, Move]]:
    left, right = read_relation(state.line)[1:]
    done = read_relation(str(move.result))
    if move.operation == "multiply":
        by = expression(str(move.operands[0].value))
        for name, sides in fraction_slips.multiplying_slips(left, right, by):
            yield name, _move("multiply", sides, by)
        if crossed_out := fraction_slips.cancelled(left, right):
            yield "illegal_cancel", _move("cancel", crossed_out)
    elif move.operation == "combine":
        first = done[1] != left
        summed = fraction_slips.tops_and_bottoms(left if first else right)
        yield "tops_and_bottoms", _move("combine", [summed, right] if first else [left, summed])
    elif move.operation == "expand":
        for place, side in enumerate((left, right)):
            for name, slip in fraction_slips.expanding_slips(side):
                if (known := whole(slip)) is not None:
                    tree = polynomial_of(known)
                    yield name, _move("expand", [done[1], tree] if place else [tree, done[2]])
    elif move.operation == "split":
        roots = candidates(done) or ()
        yield "sign_of_root", Move("split", (), " or ".join(f"x={-Fraction(root)}" for root in roots))
        yield "lost_root", Move("split", (), f"x={roots[-1]}")
    elif move.operation == "factor" and right != 0:
        yield "sign_in_factor", _move("factor", [fraction_slips.sign_flipped(side) for side in done[1:]])
    elif move.operation == "factor":
        flipped, rest = fraction_slips.wrong_factors(left)
        yield "sign_in_factor", _move("factor", [flipped, 0])
        if rest is not None:
            yield "lost_root", _move("divide", [rest, 0], "x")
    elif move.operation == "collect":
        if together := fraction_slips.crossed(left, right):
            yield "sign_kept", _move("collect", together)
    elif move.operation == "divide":
        number = int(move.operands[0].value)
        if right == 0 and (kept := fraction_slips.last_undivided(left, number)):
            yield "term_left_out", _move("divide", [kept, 0], number)
        elif isinstance(right, int):
            yield "subtracted", Move("divide", move.operands, f"x={right - number}")


def claims(state: Solving, move: Move) -> Sequence[Claim]:
    if move.operation in ("keep", "drop"):
        return _trial_claims(state, move)
    before, after = read_relation(state.line), read_relation(str(move.result))
    rewrites = move.operation in SIDES or move.operation in BY
    if state.left is not None or before[0] != "=" or (rewrites and after[0] != "="):
        raise MoveError(write(state, move))
    if not rewrites:
        return (SameSolutions(before, after),)
    if move.operation in SIDES:
        pairs = list(zip(before[1:], after[1:], strict=True))
        return tuple(SameValue(*pair) for pair in pairs if pair[0] != pair[1]) or (SameValue(*pairs[0]),)
    by = expression(str(move.operands[0].value))
    scaled = [(BY[move.operation], side, by) for side in before[1:]]
    both = [SameValue(*pair) for pair in zip(scaled, after[1:], strict=True)]
    return *both, SameSolutions(before, after)


def _trial_claims(state: Solving, move: Move) -> Sequence[Claim]:
    said = [Fraction(each) for each in str(move.result).split(",")]
    text, below = str(move.operands[0].value), bottoms(state.given)
    if text not in (state.left or ()) or len(said) != len(below):
        raise MoveError(write(state, move))
    number, found = Fraction(text), list[Claim]()
    for bottom, each in zip(below, said, strict=True):
        tree = arithmetic(bottom, number)
        # The checker's values are whole: a fraction is multiplied out on both sides.
        scaled = tree if each.denominator == 1 else ("*", each.denominator, tree)
        found.append(Equal(scaled, each.numerator))
    return *found, Solves(read_relation(state.given), number, said=move.operation == "keep")


def apply(state: Solving, move: Move) -> Solving:
    if move.operation in ("keep", "drop"):
        tried = str(move.operands[0].value)
        left = tuple(each for each in state.left or () if each != tried)
        kept = (*state.kept, tried) if move.operation == "keep" else state.kept
        return state._replace(left=left, kept=kept)
    return Solving(state.given, str(move.result), candidates(read_relation(str(move.result))))


def solved(state: Solving) -> bool:
    return state.left == ()


def estimate(state: Solving) -> float:
    """How many kinds of work are still ahead."""
    if state.left is not None:
        return float(max(len(state.left) - 1, 0))
    onward = next(moves(state), None)
    words = ("split", "divide", "none", "factor", "collect", "expand", "combine", "multiply")
    return 20.0 if onward is None else 1.0 + words.index(onward.operation)


def stuck(state: Solving) -> Evidence:
    if state.left:
        shown = check([Solves(read_relation(state.given), Fraction(state.left[0]))]).evidence
        return shown or Evidence("exhausted", (key(state), "x"))
    return Evidence("exhausted", (key(state), "a linear or quadratic equation with rational roots"))


def answer(givens: dict[str, Any], path: Sequence[Move]) -> str:
    kept = reduce(apply, path, start(givens)).kept
    return ",".join(sorted(kept, key=Fraction)) or NONE


def grade(givens: dict[str, Any], answer: str) -> str | None:
    """Right are the roots as integers and fractions, in any order, each once; or the words `no solution`."""
    if len(answer) > 200 or not ANSWER.fullmatch(answer):
        return f"{answer[:40]!r} is neither a list of integers and fractions nor {NONE!r}"
    said = [] if answer.strip(" ") == NONE else [Fraction(part.strip(" ")) for part in answer.split(",")]
    given = read_relation(givens["equation"])
    for number in said:
        if evidence := check([Solves(given, number)]).evidence:
            return str(evidence)
    if len(set(said)) < len(said):
        return "a root is given twice"
    missing = [point for point in solutions(given).breaks if point.value not in said]
    return f"x = {missing[0]} is missing" if missing else None


def substituted(givens: dict[str, Any], answer: str) -> str:
    return put_in(givens["equation"], "x", answer.split(","))


def write(state: Solving, move: Move) -> str:
    return write_line(move)


def read(state: Solving, line: str) -> Move:
    if found := TRIED.fullmatch(line):
        values = ",".join(str(Fraction(each)) for each in found[3].split(","))
        return Move(found[1], (Operand(str(Fraction(found[2]))),), values)
    move = read_line(line, WORDS, _spelling)
    names = {name for operand in move.operands for name in names_in(expression(str(operand.value)))}
    if len(move.operands) != (move.operation in BY) or names - {"x"}:
        raise MoveError(f"no line of {NAME}: {line[:40]!r}")
    return move


def _spelling(text: str) -> str:
    relation = read_relation(text)
    if {*names_in(relation)} - {"x"}:
        raise MoveError(f"another name than x: {text[:40]!r}")
    return text_of(relation)

"""Rational equations: A/(x-a) + B/(x-b) = C and richer ones, over the real numbers.

Both sides are multiplied by a common denominator, which may add an excluded value. The polynomial equation is
solved, and each candidate is substituted into the denominators before it is kept or dropped. There are
choices: whether to combine the fractions of a side first, and whether to factor a denominator or to multiply
by all of them, which may lead to a cubic, a dead end. Level 1 has one fraction per side, level 2 one
denominator (a third have no solution), level 3 two and a quadratic. Level 4 has a hidden common denominator,
level 5 binomial numerators; in both, half of the problems have an excluded candidate.

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
from journey.check import check
from journey.claim_types import Claim, Equal, SameSolutions, SameValue, Solves
from journey.errors import MoveError, ParseError
from journey.exact.polynomials import minus, rational_roots
from journey.exact.solutions import solutions
from journey.families.rational import fraction_slips
from journey.families.rational.fractions import (
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
from journey.families.rational.problems import draw_sides, outline
from journey.methods.coefficients import as_integers, coefficients, linear_factors, value
from journey.methods.lines import read_line, write_line
from journey.methods.substitution import put_in
from journey.step import Evidence, Move, Operand, Verdict

NAME = "rational"
SUMMARY = "A/(x-a) + B/(x-b) = C; wrong turns: excluded value kept, illegal cancelling, terms not multiplied"
EXAMPLE = {"equation": "x/(x-2)+3/(x+1)=(x+4)/(x^2-x-2)"}
ALLOWED_VERDICTS = (Verdict.ADDS,)

NUMBER = r"-?[0-9]{1,9}(?:/[1-9][0-9]{0,8})?"
ANSWER = re.compile(rf" *(?:{NONE}|{NUMBER}(?: *, *{NUMBER}){{0,7}}) *")
TRIED = re.compile(rf"(keep|drop) ({NUMBER}):({NUMBER}(?:,{NUMBER}){{0,7}})")
SIDES, BY = ("factor", "combine", "cancel", "expand"), {"multiply": "*", "divide": "/"}
"""Words for rewriting each side by itself, and for operations on both sides."""
WORDS = (*SIDES, *BY, "collect", "split", "none")


class Solving(NamedTuple):
    """The problem, the current line, and once that lists candidates, those to try and those kept."""

    given: str
    line: str
    left: tuple[str, ...] | None = None
    kept: tuple[str, ...] = ()


def sample(random: Random, level: int) -> tuple[dict[str, Any], str]:
    left, right, roots = draw_sides(random, level)
    relation = ("=", side_of(left), side_of(right))
    answers = [str(root) for root in sorted(set(roots)) if holds(relation, root)]
    return {"equation": text_of(relation)}, ",".join(answers) or NONE


def split_key(givens: dict[str, Any]) -> str:
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
    denominators = [part.bottom for side in read_relation(given)[1:] for part in parts(side)]
    return tuple(bottom for bottom in dict.fromkeys(denominators) if bottom != 1)


def moves(state: Solving) -> Iterator[Move]:
    return iter(_moves(state))


@lru_cache(maxsize=4096)
def _moves(state: Solving) -> tuple[Move, ...]:
    return tuple(_next_moves(state))


def _next_moves(state: Solving) -> Iterator[Move]:
    if state.left is not None:
        yield from _trial(state)
        return
    relation = read_relation(state.line)
    if relation[0] != "=":
        return
    left, right = relation[1:]
    polynomials = [as_integers(coefficients(side)) for side in (left, right)]
    if any(part.bottom != 1 for side in (left, right) for part in parts(side)):
        yield from _with_fractions(left, right)
    elif is_product(left) and right == 0:
        roots = [root for factor in factors(left) for root in roots_of(factor)]
        yield Move("split", (), " or ".join(f"x={root}" for root in dict.fromkeys(roots)))
    elif polynomials[0] is not None and polynomials[1] is not None:
        sides = [polynomial_of(each) for each in polynomials if each is not None]
        if sides != [left, right]:
            yield _move("expand", sides)
        else:
            yield from _polynomial(polynomials[0], polynomials[1])


def _move(operation: str, sides: Sequence[Algebra], *operands: Algebra) -> Move:
    # Parsing once more gives the canonical spelling.
    text = text_of(read_relation(text_of(("=", *sides))))
    return Move(operation, tuple(Operand(written(expression(written(each)))) for each in operands), text)


def _with_fractions(left: Algebra, right: Algebra) -> Iterator[Move]:
    sides = [parts(left), parts(right)]
    below = [part.bottom for side in sides for part in side]
    factorings = {bottom: factored(bottom) for bottom in below}
    spelt = {bottom: factors_tree(*each) for bottom, each in factorings.items() if each}
    if len(spelt) < len(factorings):
        return
    hidden = any(bottom != tree for bottom, tree in spelt.items())
    if hidden:
        shown = [[part._replace(bottom=spelt[part.bottom]) for part in side] for side in sides]
        yield _move("factor", [side_of(side) for side in shown])
    if not hidden or len({bottom for bottom in below if bottom != 1}) > 1:
        # If denominators are not factored, people multiply by all of them.
        by, missing = common(below, least=not hidden)
        scaled = [[times(part, missing[part.bottom]) for part in side] for side in sides]
        yield _move("multiply", [side_of(side) for side in scaled], by)
    for place, side in enumerate(sides):
        if not hidden and sum(part.bottom != 1 for part in side) > 1:
            both = [left, right]
            both[place] = one_fraction(both[place])
            yield _move("combine", both)


def _polynomial(left: tuple[int, ...], right: tuple[int, ...]) -> Iterator[Move]:
    """The moves from expanded sides."""
    difference = minus(left, right)
    if len(difference) == 1:
        yield Move("none", (), NONE)
    elif len(difference) == 2:
        a, b = difference[0], -difference[1]
        if (left, right) == ((a, 0), (b,) if b else ()):
            yield Move("divide", (Operand(str(a)),), f"x={Fraction(b, a)}")
        else:
            yield _move("collect", [polynomial_of((a, 0)), b])
    elif len(difference) == 3:
        sign = 1 if difference[0] > 0 else -1
        out = sign * gcd(*difference)
        if right:
            yield _move("collect", [polynomial_of([sign * c for c in difference]), 0])
        elif out != 1:
            yield _move("divide", [polynomial_of([c // out for c in difference]), 0], out)
        elif split := linear_factors(difference):
            powers = {factor: split[1].count(factor) for factor in split[1]}
            yield _move("factor", [factors_tree(1, powers), 0])


def _trial(state: Solving) -> Iterator[Move]:
    """The test of the next candidate; none if it fails without being excluded, because of an earlier slip."""
    if state.left:
        number = Fraction(state.left[0])
        values = [value(coefficients(bottom) or (), number) for bottom in bottoms(state.given)]
        if 0 in values or holds(read_relation(state.given), number):
            text = ",".join(map(str, values))
            yield Move("drop" if 0 in values else "keep", (Operand(str(number)),), text)


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
        if (text := ",".join(map(str, slips))) != move.result:
            yield "sign_lost", Move(move.operation, move.operands, text)
    elif state.left is None and move.operation != "none":
        for name, wrong in _slips(state, move):
            if not _as_good(state, move, wrong):
                yield name, wrong


def _as_good(state: Solving, move: Move, wrong: Move) -> bool:
    """Whether a wrong step happens to be right."""
    before, after, true = (read_relation(str(text)) for text in (state.line, wrong.result, move.result))
    if after == true:
        return True
    if wrong.operation in SIDES:
        return alike(before[1], after[1]) and alike(before[2], after[2])
    if wrong.operation == "multiply":
        return alike(true[1], after[1]) and alike(true[2], after[2])
    left, right = (coefficients(side) or () for side in before[1:])
    return all(holds(after, root) for root in rational_roots(minus(left, right)))


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
                if (polynomial := as_integers(slip)) is not None:
                    tree = polynomial_of(polynomial)
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
    values = [Fraction(each) for each in str(move.result).split(",")]
    text, below = str(move.operands[0].value), bottoms(state.given)
    if text not in (state.left or ()) or len(values) != len(below):
        raise MoveError(write(state, move))
    number, result = Fraction(text), list[Claim]()
    for bottom, each in zip(below, values, strict=True):
        tree = arithmetic(bottom, number)
        # `Equal` needs an integer, so a fraction is multiplied by its denominator on both sides.
        scaled = tree if each.denominator == 1 else ("*", each.denominator, tree)
        result.append(Equal(scaled, each.numerator))
    return *result, Solves(read_relation(state.given), number, claimed=move.operation == "keep")


def apply(state: Solving, move: Move) -> Solving:
    if move.operation in ("keep", "drop"):
        tried = str(move.operands[0].value)
        left = tuple(each for each in state.left or () if each != tried)
        kept = (*state.kept, tried) if move.operation == "keep" else state.kept
        return state._replace(left=left, kept=kept)
    return Solving(state.given, str(move.result), candidates(read_relation(str(move.result))))


def solved(state: Solving) -> bool:
    return state.left == ()


def heuristic(state: Solving) -> float:
    """How many kinds of work are still ahead."""
    if state.left is not None:
        return float(max(len(state.left) - 1, 0))
    onward = next(moves(state), None)
    words = ("split", "divide", "none", "factor", "collect", "expand", "combine", "multiply")
    return 20.0 if onward is None else 1.0 + words.index(onward.operation)


def dead_end_evidence(state: Solving) -> Evidence:
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
    roots = [] if answer.strip(" ") == NONE else [Fraction(part.strip(" ")) for part in answer.split(",")]
    given = read_relation(givens["equation"])
    for number in roots:
        if evidence := check([Solves(given, number)]).evidence:
            return str(evidence)
    if len(set(roots)) < len(roots):
        return "a root is given twice"
    missing = [point for point in solutions(given).breaks if point.value not in roots]
    return f"x = {missing[0]} is missing" if missing else None


def verification_line(givens: dict[str, Any], answer: str) -> str:
    return put_in(givens["equation"], "x", answer.split(","))


def write(state: Solving, move: Move) -> str:
    return write_line(move)


def read(state: Solving, line: str) -> Move:
    if match := TRIED.fullmatch(line):
        values = ",".join(str(Fraction(each)) for each in match[3].split(","))
        return Move(match[1], (Operand(str(Fraction(match[2]))),), values)
    move = read_line(line, WORDS, _spelling)
    names = {name for operand in move.operands for name in names_in(expression(str(operand.value)))}
    if len(move.operands) != (move.operation in BY) or names - {"x"}:
        raise ParseError(f"no line of {NAME}: {line[:40]!r}")
    return move


def _spelling(text: str) -> str:
    if {*names_in(relation := read_relation(text))} - {"x"}:
        raise ParseError(f"another name than x: {text[:40]!r}")
    return text_of(relation)

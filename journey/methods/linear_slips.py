"""Common mistakes with linear equations and inequalities, in the steps of `journey.methods.sides`.

bracket_half_multiplied     3(x+2)=9, expand:       3x+2=9
bracket_sign_kept           3-(x-2)=9, expand:      3-x-2=9
whole_term_forgotten        x/2+1=5, clear 2:       x+1=5
bar_dropped                 (x+1)/2=x/6, clear 6:   3x+1=x
sign_dropped                5x-8x=6, collect:       3x=6
sign_not_flipped            3x+6=12, add -6:        3x=18
one_side_only               3x+6=12, add -6:        3x=12
unlike_terms_joined         3x+6=12                 9x=12
term_not_divided            4x+8=12, divide 4:      x+8=3
subtracts_coefficient       3x=12, divide 3:        x=9
quotient_inverted           6x=4, divide 6:         x=3/2
sign_lost                   -3x=12, divide -3:      x=4
arithmetic_slip             a number is off by one or by ten
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from journey.algebra import read, read_relation, terms, total, write
from journey.methods.sides import (
    Signed,
    bottom,
    bracket,
    brackets,
    divided,
    is_simple,
    line,
    line_of,
    multiplied,
    number_before,
    opened,
    outcome,
    replaced,
    spelled,
    text_of,
    top,
)
from journey.step import Move


def slips(text: str, move: Move) -> Iterator[tuple[str, Move]]:
    """The mistakes in place of a valid step that change the solutions, without repetition."""
    true = outcome(text)
    seen: set[str] = set()
    word, left, right = read_relation(text)
    both = [terms(left), terms(right)]
    if move.operation == "expand":
        results = _expand(word, both, move)
    elif move.operation == "clear":
        results = _clear(word, both, int(move.operands[0].value))
    elif move.operation == "collect":
        results = _collect(move)
    elif move.operation == "add":
        results = _add(text, move)
    else:
        results = _divide(both, move)
    for name, result in chain(results, _arithmetic(move)):
        if result not in seen and outcome(result) != true:
            seen.add(result)
            yield name, Move(move.operation, move.operands, spelled(result))
    if move.operation == "add":
        lines = [line_of(side) for side in (left, right)]
        first, second = (line(a + b, 0) if a and b else line(a, b) for a, b in lines)
        if outcome(text_of(word, first, second)) != true:
            yield "unlike_terms_joined", Move("collect", (), text_of(word, first, second))


def _expand(word: str, both: Sequence[Signed], move: Move) -> Iterator[tuple[str, str]]:
    for at, side in enumerate(both):
        for place in brackets(side):
            if write(total([side[place]])) != str(move.operands[0].value):
                continue
            k = number_before(side[place])
            if abs(k) > 1:
                yield "bracket_half_multiplied", replaced(word, both, at, place, opened(side[place], k, 1))
            if k < 0:
                yield "bracket_sign_kept", replaced(word, both, at, place, opened(side[place], k, -k))


def _clear(word: str, both: Sequence[Signed], by: int) -> Iterator[tuple[str, str]]:
    kept: list[Signed] = [[], []]
    for side, cleared in zip(both, kept, strict=True):
        for each in side:
            cleared += [each] if bottom(each[1]) == 1 else multiplied(each, by)
    yield "whole_term_forgotten", text_of(word, *kept)
    for at, side in enumerate(both):
        for place, (sign, term) in enumerate(side):
            # The bar of a fraction groups a sum like a bracket.
            inside = bracket(top(term))
            if bottom(term) == 1 or inside is None or inside[0] != 1:
                continue
            parts = [[multiplied(each, by) for each in row] for row in both]
            parts[at][place] = opened((1, inside[1]), sign * by // bottom(term), 1)
            left, right = (list(chain(*row)) for row in parts)
            yield "bar_dropped", text_of(word, left, right)


def _collect(move: Move) -> Iterator[tuple[str, str]]:
    word, *after = read_relation(str(move.result))
    (a, b), (c, d) = map(line_of, after)
    yield "sign_dropped", text_of(word, line(abs(a), b), line(abs(c), d))
    yield "sign_dropped", text_of(word, line(a, abs(b)), line(c, abs(d)))


def _add(text: str, move: Move) -> Iterator[tuple[str, str]]:
    word, *after = read_relation(str(move.result))
    before = [line_of(side) for side in read_relation(text)[1:]]
    lines = [line_of(side) for side in after]
    x, one = line_of(read(str(move.operands[0].value)))
    # The term moves from one side to the other.
    leaves_right = lines[1][0] == 0 != before[1][0] if x else lines[1][1] == 0 != before[1][1]
    to = 0 if leaves_right else 1
    a, b = lines[to]
    for name, side in (("sign_not_flipped", (a - 2 * x, b - 2 * one)), ("one_side_only", before[to])):
        both = [line(*each) for each in lines]
        both[to] = line(*side)
        yield name, text_of(word, *both)


def _divide(both: Sequence[Signed], move: Move) -> Iterator[tuple[str, str]]:
    word, *after = read_relation(str(move.result))
    k = int(move.operands[0].value)
    if "x" not in after:
        yield "term_not_divided", text_of(word, *([divided(side[0], k), *side[1:]] for side in both))
        return
    at = after.index("x")
    number = line_of(after[1 - at])[1]
    values = [("subtracts_coefficient", number * k - k)]
    values += [("quotient_inverted", 1 / number)] if number.denominator > 1 else []
    values += [("sign_lost", -number)] if k < 0 else []
    for name, value in values:
        sides = [line(0, value), line(0, value)]
        sides[at] = line(1, 0)
        yield name, text_of(word, *sides)


def _arithmetic(move: Move) -> Iterator[tuple[str, str]]:
    word, *after = read_relation(str(move.result))
    if "x" not in after and not all(is_simple(terms(side)) for side in after):
        return
    lines = [line_of(side) for side in after]
    # Only two, so that other mistakes are drawn as often.
    possible = [(at, by) for at, by in ((1, 1), (0, -1), (1, 10)) if lines[at][1]][:2]
    for at, by in possible:
        sides = [line(*each) for each in lines]
        sides[at] = line(lines[at][0], lines[at][1] + by)
        yield "arithmetic_slip", text_of(word, *sides)

"""Steps on both sides of a linear equation or inequality. The mistakes are in `journey.methods.linear_slips`.

    clear 6     multiply both sides by 6, a multiple of every denominator
    expand T    multiply out the bracket T
    collect     collect like terms
    add T       add T to both sides
    divide 3    divide both sides by 3; a negative number reverses an inequality

Input and output are texts in the canonical spelling of `journey.algebra`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm, prod
from typing import Any

from journey.algebra import (
    COMPARISONS,
    Algebra,
    factors,
    product,
    read,
    read_relation,
    relation_text,
    terms,
    total,
    write,
)
from journey.claim_types import Claim, SameSolutions, SameValue
from journey.errors import MoveError
from journey.exact.polynomials import ratio
from journey.exact.surds import Unsupported
from journey.step import Move, Operand

WORDS = ("clear", "expand", "collect", "add", "divide")
FLIPPED = {"=": "=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

Signed = list[tuple[int, Algebra]]
Line = tuple[Fraction, Fraction]
"""a and b of a x + b."""


def spelled(text: str) -> str:
    """A relation in canonical spelling."""
    return relation_text(read_relation(text))


@lru_cache(maxsize=8192)
def line_of(tree: Algebra) -> Line:
    """(a, b) of an expression that equals a x + b.

    Raises:
        Unsupported: it is not linear.
    """
    try:
        above, below = ratio(tree)
    except ZeroDivisionError:
        raise Unsupported("a division by nothing") from None
    if len(above) > 2 or len(below) > 1:
        raise Unsupported("not linear")
    a, b = (0, *above)[-2:]
    return Fraction(a, below[0]), Fraction(b, below[0])


def line(a: Fraction | int, b: Fraction | int) -> Signed:
    """The terms of a x + b.

    >>> write(total(line(Fraction(-3, 2), 5)))
    '-3x/2+5'
    """
    return [_scaled(k, unit) for k, unit in ((Fraction(a), "x"), (Fraction(b), 1)) if k]


def _scaled(k: Fraction, unit: Algebra) -> tuple[int, Algebra]:
    """A number times an expression without a numeric factor, as a signed term."""
    above = product((abs(k.numerator), unit))
    return (1 if k > 0 else -1, above if k.denominator == 1 else ("/", above, k.denominator))


def text_of(word: str, left: Sequence[tuple[int, Algebra]], right: Sequence[tuple[int, Algebra]]) -> str:
    """The text of a relation between two sides."""
    return relation_text((word, total(left), total(right)))


def is_number(tree: Algebra) -> bool:
    """Whether it is an integer or a fraction of integers.

    >>> [is_number(read(text)) for text in ("-7", "-5/2", "1/0", "2+3")]
    [True, True, False, False]
    """
    if isinstance(tree, tuple) and tree[0] == "neg":
        tree = tree[1]
    if isinstance(tree, tuple):
        return tree[0] == "/" and all(isinstance(part, int) for part in tree[1:]) and tree[-1] != 0
    return isinstance(tree, int)


def _is_sum(tree: Algebra) -> bool:
    return isinstance(tree, tuple) and len(tree) == 3 and tree[0] in ("+", "-")


def bottom(term: Algebra) -> int:
    """The denominator of a term."""
    below = term[-1] if isinstance(term, tuple) and term[0] == "/" else 1
    return below if isinstance(below, int) and below else 1


def _is_odd(term: Algebra) -> bool:
    """Whether it is a division by something other than a number."""
    return isinstance(term, tuple) and term[0] == "/" and bottom(term) != term[-1]


def quotient(tree: Algebra) -> tuple[Algebra, Algebra]:
    """Numerator and denominator as written."""
    if isinstance(tree, tuple) and tree[0] == "neg":
        above, below = quotient(tree[1])
        return (-above if isinstance(above, int) else ("neg", above)), below
    return (tree[1], tree[-1]) if isinstance(tree, tuple) and tree[0] == "/" else (tree, 1)


def top(term: Algebra) -> Algebra:
    """The numerator of a term."""
    return term[1] if isinstance(term, tuple) and term[0] == "/" else term


def bracket(term: Algebra) -> tuple[int, Algebra] | None:
    """The number before the bracket of a term, and its content; None for a term without a bracket.

    >>> bracket(read("3(x+2)")), bracket(read("3x"))
    ((3, ('+', 'x', 2)), None)
    """
    sums = [part for part in factors(term) if _is_sum(part)]
    numbers = [part for part in factors(term) if isinstance(part, int)]
    return (prod(numbers), sums[0]) if len(sums) == 1 == len(factors(term)) - len(numbers) else None


def _is_plain(term: Algebra) -> bool:
    """Whether it is an integer, x, or an integer multiple of x."""
    parts = factors(term)
    return all(isinstance(part, int) or part == "x" for part in parts) and len(parts) < 3


def is_simple(side: Signed) -> bool:
    """Whether it is an integer multiple of x, an integer, or one of each."""
    plain = all(_is_plain(term) and term != 0 for _, term in side) or side == [(1, 0)]
    return plain and len(side) <= 2 and len({isinstance(term, int) for _, term in side}) == len(side)


def multiplied(term: tuple[int, Algebra], by: int) -> Signed:
    """A term times a positive multiple of its denominator."""
    sign, tree = term
    inside = factors(top(tree))
    k = by // bottom(tree) * prod(part for part in inside if isinstance(part, int))
    result = product((k, *(part for part in inside if not isinstance(part, int))))
    return terms(result) if sign > 0 else [(-1, result)]


def opened(term: tuple[int, Algebra], first: int, rest: int) -> Signed:
    """The terms of a bracket: the first one multiplied by one number, the others by another."""
    sign, tree = term
    content = bracket(top(tree))
    if content is None:
        raise MoveError(f"{write(tree)[:40]} is no bracket")
    parts: Signed = []
    for place, (plus, part) in enumerate(terms(content[1])):
        a, b = line_of(part)
        k = plus * (rest if place else first)
        parts += line(k * a, k * b)
    return parts if bottom(tree) == 1 else [(sign, ("/", total(parts), bottom(tree)))]


def number_before(term: tuple[int, Algebra]) -> int:
    """The factor of a bracket, sign included; a fraction keeps its sign separately."""
    content = bracket(top(term[1]))
    return 0 if content is None else content[0] * (term[0] if bottom(term[1]) == 1 else 1)


def steps(text: str) -> Iterator[Move]:
    """Every valid step towards the solution; none if the relation is not linear.

    >>> [move.result for move in steps("3(x+2)=5x-4")]
    ['3x+6=5x-4']
    """
    relation = read_relation(text)
    if relation[0] not in COMPARISONS:
        return
    word: str = relation[0]
    try:
        lines = [line_of(side) for side in relation[1:]]
        both = [terms(side) for side in relation[1:]]
        if any(_is_odd(term) for side in both for _, term in side):
            return
        by = lcm(*(bottom(term) for side in both for _, term in side))
        if by > 1:
            cleared = [[part for term in side for part in multiplied(term, by)] for side in both]
            yield Move("clear", (Operand(str(by)),), spelled(text_of(word, *cleared)))
        places = [(at, place) for at in (0, 1) for place in brackets(both[at])]
        for at, place in places:
            k = number_before(both[at][place])
            result = replaced(word, both, at, place, opened(both[at][place], k, k))
            yield Move("expand", (Operand(write(total([both[at][place]]))),), result)
    except (Unsupported, ZeroDivisionError):
        return
    common = _common(both)
    if common > 1:
        smaller = [[divided(term, common) for term in side] for side in both]
        yield Move("divide", (Operand(str(common)),), spelled(text_of(word, *smaller)))
    if by == 1 and not places and all(_is_plain(term) for side in both for _, term in side):
        yield from _gathered(word, both, *lines)


def _gathered(word: str, both: Sequence[Signed], left: Line, right: Line) -> Iterator[Move]:
    """The steps for sides that consist of integers and integer multiples of x."""
    (a, b), (c, d), zero = left, right, Fraction(0)
    if not all(map(is_simple, both)):
        yield Move("collect", (), text_of(word, line(a, b), line(c, d)))
        return
    gone = [(-c, zero), (-a, zero)] if a and c else []
    # A constant leaves the side of x, or either side if both have x and a constant. No step undoes another.
    gone += [(zero, -b)] if b and a and (d or not c) else []
    gone += [(zero, -d)] if d and c and (b or not a) else []
    for x, one in dict.fromkeys(gone):
        result = text_of(word, line(a + x, b + one), line(c + x, d + one))
        yield Move("add", (Operand(write(total(line(x, one)))),), result)
    if not b and not c and a not in (0, 1):
        yield Move("divide", (Operand(str(a)),), text_of(turned(word, a), line(1, 0), line(0, d / a)))
    if not a and not d and c not in (0, 1):
        yield Move("divide", (Operand(str(c)),), text_of(turned(word, c), line(0, b / c), line(1, 0)))


def turned(word: str, k: Fraction) -> str:
    """The comparison sign after multiplication by k."""
    return FLIPPED[word] if k < 0 else word


def brackets(side: Signed) -> Iterator[int]:
    """The positions of the terms with a bracket to be multiplied out."""
    for place, (sign, term) in enumerate(side):
        content = bracket(top(term))
        # (x+1)/2 needs its bracket; -(x+1) and 2(x+1)/3 do not.
        if content and (bottom(term) == 1 or content[0] != 1) and (sign, content[0]) != (1, 1):
            yield place


def replaced(word: str, both: Sequence[Signed], at: int, place: int, parts: Signed) -> str:
    """The relation with one term replaced by others."""
    left, right = (list(side) for side in both)
    (right if at else left)[place : place + 1] = parts
    return spelled(text_of(word, left, right))


def _common(both: Sequence[Signed]) -> int:
    """The common divisor of all terms, if dividing by it is worth a line; else 1."""
    every = [term for side in both for _, term in side]
    if not any(map(bracket, every)) and (len(every) < 3 or not all(map(is_simple, both))):
        return 1
    if not all(_is_plain(term) or bracket(term) for term in every):
        return 1
    return gcd(*(prod(part for part in factors(term) if isinstance(part, int)) for term in every))


def divided(term: tuple[int, Algebra], by: int) -> tuple[int, Algebra]:
    """A term divided by a divisor of its number."""
    sign, tree = term
    parts = factors(tree)
    k = prod(part for part in parts if isinstance(part, int))
    return sign, product((k // by, *(part for part in parts if not isinstance(part, int))))


def claims(text: str, move: Move) -> Sequence[Claim]:
    """Claims that both sides result from the operation, and then that the solutions are the same.

    In this order the evidence is the value of a side, which does not give the solution away.

    Raises:
        MoveError: the operation is not possible here.
    """
    before, after = read_relation(text), read_relation(str(move.result))
    same = SameSolutions(before, after)
    operands: list[Any] = [read(str(operand.value)) for operand in move.operands]
    if len(operands) != (move.operation != "collect"):
        raise MoveError(f"{move.operation} with {len(operands)} operands")
    if before[0] not in COMPARISONS or after[0] not in COMPARISONS:
        raise MoveError(f"{move.operation}:{str(move.result)[:40]}")
    made = [_made(move.operation, side, operands) for side in before[1:]]
    return *(SameValue(each, side) for each, side in zip(made, after[1:], strict=True)), same


def _made(operation: str, side: Algebra, operands: Sequence[Algebra]) -> Algebra:
    if operation in ("clear", "divide"):
        by = operands[0]
        if not is_number(by) or line_of(by)[1] == 0:
            raise MoveError(f"{operation} {write(by)[:40]}")
        return ("*" if operation == "clear" else "/", side, by)
    return ("+", side, operands[0]) if operation == "add" else side


def outcome(text: str) -> tuple[Any, ...]:
    """A canonical form of the solution set of a linear relation.

    Raises:
        Unsupported: it is not linear.
    """
    word, left, right = read_relation(text)
    a, b = line_of(("-", left, right))
    if not a:
        holds = {"=": b == 0, "<": b < 0, ">": b > 0, "<=": b <= 0, ">=": b >= 0}
        return (holds[word],)
    return (turned(word, a), -b / a)

"""Inequalities of a product or quotient of polynomials with zero: how to reach this form, and its factors.

add -3      (x+5)/(x-1)>=3       to one side         (x+5)/(x-1)-3>=0
join                             one fraction        (-2x+8)/(x-1)>=0
factor      x^2-x-6<0            linear factors      (x+2)(x-3)<0
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import gcd, prod
from typing import NamedTuple

from journey.algebra import (
    COMPARISONS,
    Algebra,
    factors,
    names_in,
    polynomial_of,
    product,
    read,
    read_relation,
    relation_text,
    terms,
    total,
    write,
)
from journey.exact.polynomials import ratio, rational_roots
from journey.exact.surds import Unsupported
from journey.methods.sides import quotient, spelled, turned
from journey.step import Move, Operand


class Parts(NamedTuple):
    """The factors of a product or quotient that is compared with zero."""

    word: str
    tops: tuple[Algebra, ...]
    bottoms: tuple[Algebra, ...]


@lru_cache(maxsize=4096)
def parts_of(text: str) -> Parts | None:
    """The factors of a product or quotient that is compared with zero; None for other relations."""
    relation = read_relation(text)
    if relation[0] not in COMPARISONS or relation[2] != 0 or {*names_in(relation)} - {"x"}:
        return None
    left, k = relation[1], 1
    if isinstance(left, tuple) and left[0] == "neg":
        left, k = left[1], -1
    above, below = (left[1], left[2]) if isinstance(left, tuple) and left[0] == "/" else (left, 1)
    rows = []
    for side, number in ((above, k), (below, 1)):
        number *= prod(part for part in factors(side) if isinstance(part, int))
        others = [part for part in factors(side) if not isinstance(part, int)]
        rows.append((*((number,) if number != 1 or not others else ()), *others))
    try:
        if any(ratio(part)[1] != (1,) or ratio(part)[0] == (0,) for row in rows for part in row):
            return None
    except (Unsupported, ZeroDivisionError):
        return None
    return Parts(relation[0], rows[0], rows[1] if below != 1 else ())


def to_one_side(word: str, left: Algebra, right: Algebra) -> Move:
    """Subtracts the right side from both sides."""
    moved = [(-sign, term) for sign, term in terms(right)]
    top, bottom = ratio(("-", left, right))
    if bottom == (1,):
        result = relation_text((word, polynomial_of(top), 0))
    else:
        result = spelled(relation_text((word, total([*terms(left), *moved] if left != 0 else moved), 0)))
    return Move("add", (Operand(write(read(write(total(moved))))),), result)


def one_fraction(word: str, left: Algebra) -> str:
    """A sum of quotients as one fraction over the product of the denominators."""
    signed = [(sign, *quotient(term)) for sign, term in terms(left)]
    bottoms = [below for below in dict.fromkeys(below for _, _, below in signed) if below != 1]
    above = []
    for sign, top, below in signed:
        others = [bottom for bottom in bottoms if bottom != below]
        above.append((sign, product((top, *others))))
    numerator = polynomial_of(ratio(total(above))[0])
    return spelled(relation_text((word, ("/", numerator, product(bottoms)), 0)))


def quotient_text(word: str, tops: Sequence[Algebra], bottoms: Sequence[Algebra]) -> str:
    """The text of the comparison of a product or quotient with zero."""
    k = prod(top for top in tops if isinstance(top, int))
    above = product((abs(k), *(top for top in tops if not isinstance(top, int))))
    if k < 0:
        above = -above if isinstance(above, int) else ("neg", above)
    return spelled(relation_text((word, ("/", above, product(bottoms)) if bottoms else above, 0)))


def factored(parts: Parts) -> Move | None:
    """Factors the quadratic in the numerator, after dividing out its content; None if there is none."""
    for at, part in enumerate(parts.tops):
        coefficients, _ = ratio(part)
        if len(coefficients) != 3 or (isinstance(part, tuple) and part[0] == "^"):
            continue
        common = gcd(*coefficients) * (1 if coefficients[0] > 0 else -1)
        word, others = parts.word, [*parts.tops[:at], *parts.tops[at + 1 :]]
        if common != 1:
            smaller = polynomial_of([c // common for c in coefficients])
            result = quotient_text(turned(word, Fraction(common)), [*others, smaller], parts.bottoms)
            return Move("divide", (Operand(str(common)),), result)
        if zeros := rational_roots(coefficients):
            return Move("factor", (), quotient_text(word, [*others, *linear_factors(zeros)], parts.bottoms))
    return None


def is_split(parts: Parts) -> bool:
    """Whether every factor is linear, a power of such, or without real zeros."""
    for part in (*parts.tops, *parts.bottoms):
        base = part[1] if isinstance(part, tuple) and part[0] == "^" else part
        coefficients, _ = ratio(base)
        if len(coefficients) > 3:
            return False
        if len(coefficients) == 3 and coefficients[1] ** 2 >= 4 * coefficients[0] * coefficients[2]:
            return False
    return True


def cleared(word: str, left: Algebra, right: Algebra) -> Iterator[tuple[str, Move]]:
    """The mistake of multiplying by the denominators as if they were never negative."""
    rows = [quotient(side) for side in (left, right)]
    bottoms = [below for _, below in rows if below != 1]
    if bottoms:
        multiplied = []
        for top, below in rows:
            others = [each for each in bottoms if each != below]
            multiplied.append(product((*([top] if top != 1 else []), *others)))
        operand = Operand(write(read(write(product(bottoms)))))
        yield "unknown_sign", Move("clear", (operand,), spelled(relation_text((word, *multiplied))))


def linear_factors(zeros: Sequence[Fraction]) -> list[Algebra]:
    """The linear factors with these zeros; for a double zero, the square of one."""
    result = [polynomial_of((zero.denominator, -zero.numerator)) for zero in zeros]
    return [("^", result[0], 2)] if len(result) == 2 and result[0] == result[1] else result


def value_at(part: Algebra, point: Fraction) -> Fraction:
    """The value of a polynomial."""
    value = Fraction(0)
    for coefficient in ratio(part)[0]:
        value = value * point + coefficient
    return value

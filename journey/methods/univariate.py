"""Polynomials in x with rational coefficients, and the solutions of an equation as text.

    small_coefficients(read("(x+2)(x-3)"))              1, -1, -6
    solved_text(read_relation("x^2+6x+7=0"))            x=-3-sqrt(2) or x=-3+sqrt(2)

Coefficients are tuples of fractions from the highest power down without leading zeros; () is zero.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import isqrt, lcm
from typing import Any

from journey.algebra import NONE, Algebra, Relation, joined, names_in, product, read, total, write
from journey.check import check
from journey.claim_types import SameSolutions
from journey.errors import ParseError
from journey.exact.realroots import Root
from journey.exact.solutions import Solutions, solutions
from journey.exact.surds import MAX_FACTOR, Unsupported, without_squares
from journey.methods.coefficients import Coefficients, coefficients

MAX_DEGREE = 4
MAX_SIZE = 10**8
"""The largest numerator or denominator."""
MAX_ANSWER = 120
"""Characters in a list of solutions."""


@lru_cache(maxsize=16384)
def small_coefficients(tree: Algebra) -> Coefficients | None:
    """As `coefficients`, but None beyond `MAX_DEGREE` and `MAX_SIZE`.

    >>> [str(c) for c in small_coefficients(("/", ("+", "x", 1), 2))]
    ['1/2', '1/2']
    """
    polynomial = coefficients(tree)
    if polynomial is None or len(polynomial) > MAX_DEGREE + 1:
        return None
    small = all(max(abs(c.numerator), c.denominator) <= MAX_SIZE for c in polynomial)
    return polynomial if small else None


@lru_cache(maxsize=16384)
def polynomial_tree(polynomial: Coefficients) -> Algebra:
    """A polynomial as an expression.

    >>> from journey.algebra import write
    >>> write(polynomial_tree((Fraction(1), Fraction(-5, 2), Fraction(3))))
    'x^2-5x/2+3'
    """
    signed: list[tuple[int, Algebra]] = []
    for place, coefficient in enumerate(polynomial):
        power = len(polynomial) - 1 - place
        variable: Algebra = 1 if not power else "x" if power == 1 else ("^", "x", power)
        if coefficient:
            numerator = product((abs(coefficient.numerator), variable))
            below = coefficient.denominator
            signed.append(
                (1 if coefficient > 0 else -1, numerator if below == 1 else ("/", numerator, below))
            )
    return total(signed)


def root_of(square: Fraction) -> Fraction | None:
    """The rational square root of a number; None if it is irrational."""
    if square < 0:
        return None
    top, bottom = isqrt(square.numerator), isqrt(square.denominator)
    exact = (top * top, bottom * bottom) == (square.numerator, square.denominator)
    return Fraction(top, bottom) if exact else None


def surd(square: Fraction) -> tuple[Fraction, int]:
    """The root of a positive number as k sqrt(s) with a square-free integer s.

    >>> [str(part) for part in (*surd(Fraction(20)), *surd(Fraction(13, 4)))]
    ['2', '5', '1/2', '13']
    """
    outside, inside = without_squares(square.numerator * square.denominator, MAX_FACTOR)
    return Fraction(outside, square.denominator), inside


def surd_text(center: Fraction, square: Fraction, sign: str) -> str:
    """The text of center + sqrt(square), or with - or +-, in lowest terms.

    >>> surd_text(Fraction(3), Fraction(5, 4), "+-")
    '(6+-sqrt(5))/2'
    """
    scale, inside = surd(square)
    below = lcm(center.denominator, scale.denominator)
    k, p = int(scale * below), int(center * below)
    text = str(k) if inside == 1 else f"{'' if k == 1 else k}sqrt({inside})"
    text = f"{p}{sign}{text}" if p else text if sign == "+" else f"{sign}{text}"
    return text if below == 1 else f"({text})/{below}" if p else f"{text}/{below}"


def constant(tree: Algebra) -> Fraction | None:
    """The value of an expression that is a rational number within the limits; None for others."""
    polynomial = small_coefficients(tree)
    return None if polynomial is None or len(polynomial) > 1 else polynomial[0] if polynomial else Fraction(0)


def scaled(polynomial: Coefficients, number: Fraction | int) -> Coefficients:
    """The polynomial times a number."""
    return tuple(c * number for c in polynomial)


@lru_cache(maxsize=8192)
def solution_set(relation: Relation) -> Solutions | None:
    """The real solutions of a relation in x; None if they are undecided or it contains other names."""
    if {*names_in(relation)} - {"x"}:
        return None
    try:
        return solutions(relation)
    except (Unsupported, ZeroDivisionError, RecursionError):
        return None


def solved_text(relation: Relation) -> str | None:
    """The solutions as the text of a solved equation, in ascending order; None if they have no such text."""
    numbers = solution_texts(relation)
    if numbers is None:
        return None
    return " or ".join(f"x={number}" for number in numbers) or NONE


@lru_cache(maxsize=8192)
def solution_texts(relation: Relation) -> list[str] | None:
    """The solutions in ascending order; None if they are infinite or need more than square roots."""
    solved = solution_set(relation)
    if solved is None or any(solved.holds[::2]) or any(len(each.minimal) > 3 for each in solved.breaks):
        return None
    return [str(each) for each in solved.breaks]


def mirrored_text(relation: Relation) -> str | None:
    """The solutions with opposite signs, as the text of a solved equation."""
    solved = solution_set(relation)
    if solved is None or solution_texts(relation) is None:
        return None
    numbers = []
    for each in reversed(solved.breaks):
        flipped = [c if place % 2 == len(each.minimal) % 2 else -c for place, c in enumerate(each.minimal, 1)]
        # The leading coefficient stays positive, as `Root` requires.
        a = 1 if flipped[0] > 0 else -1
        other = max(len(each.minimal) - 2 - each.place, 0)
        low, high = each.ends
        numbers.append(Root(tuple(a * c for c in flipped), other, [-high, -low]))
    return " or ".join(f"x={number}" for number in numbers) or NONE


def is_list_of_values(relation: Relation) -> bool:
    """Whether a relation is `x=number`, several of these joined by `or`, or `no solution`."""
    if relation[0] == "or":
        return all(is_list_of_values(part) and part[0] != "none" for part in relation[1:])
    if relation[0] == "none":
        return True
    return relation[0] == "=" and relation[1] == "x" and next(names_in(relation[2]), None) is None


def fault_in(answer: str, problem: Relation) -> str | None:
    """Why an answer is not the list of solutions of an equation in x; None if it is.

    An answer is `no solution`, or numbers separated by commas, in any order and without repetition. Numbers
    consist of integers, + - * / ^, brackets and sqrt(...); `+-` gives two numbers.

    >>> from journey.algebra import read_relation
    >>> problem = read_relation("x^2+6x+7=0")
    >>> fault_in("-3+-sqrt(2)", problem) is None
    True
    >>> fault_in("-3+sqrt(2)", problem)
    '-3-sqrt(2) solves the line before and not this one'
    """
    text = answer.strip(" ")
    if len(text) > MAX_ANSWER:
        return f"an answer of {len(answer)} characters"
    claimed: Relation = ("none",)
    if text != NONE:
        try:
            values = [read(part) for part in text.split(",")]
        except ParseError as fault:
            return str(fault)
        if any(_is_foreign(value) for value in values):
            return f"{text[:40]!r} is not a list of numbers"
        lines: list[Relation] = [("=", "x", value) for value in values]
        claimed = joined("or", lines)
        numbers = solution_texts(claimed)
        if numbers is None or len(numbers) != sum(1 + ("+-" in write(value)) for value in values):
            return f"{text[:40]!r} does not list numbers, each once"
    finding = check([SameSolutions(problem, claimed)])
    return None if finding.evidence is None else str(finding.evidence)


def _is_foreign(tree: Any) -> bool:
    """Whether an expression contains names or functions other than sqrt."""
    if not isinstance(tree, tuple):
        return isinstance(tree, str)
    return (tree[0].isalpha() and tree[0] not in ("sqrt", "neg")) or any(map(_is_foreign, tree[1:]))

"""Fractions with an unknown in the denominator: the terms of a side, and their common denominator.

parts(read("3-2/(x+1)"))          3, and minus 2 over x+1
factored(read("2x^2-2"))          2 and (x-1)(x+1)
common([x-1, x^2-1])              (x-1)(x+1), and the factors that each denominator lacks
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache, reduce
from math import lcm
from typing import Any, NamedTuple

from journey.algebra import Algebra, Relation, factors, polynomial_of, product, terms, total
from journey.exact.polynomials import ratio, rational_roots
from journey.exact.surds import Unsupported
from journey.expressions import Tree
from journey.methods.coefficients import as_integers, coefficients, linear_factors, value

Factors = dict[tuple[int, int], int]
"""The linear factors p x + q of a denominator, each with its power."""


class Part(NamedTuple):
    """A term of a side: a fraction, or any other term over 1."""

    sign: int
    top: Algebra
    bottom: Algebra


@lru_cache(maxsize=4096)
def parts(side: Algebra) -> tuple[Part, ...]:
    """The terms of a side that are not zero.

    >>> from journey.algebra import read
    >>> parts(read("3-2/(x+1)"))[1]
    Part(sign=-1, top=2, bottom=('+', 'x', 1))
    """
    result = []
    for sign, tree in terms(side):
        if isinstance(tree, tuple) and tree[0] == "/" and len(tree) == 3:
            result.append(Part(sign, tree[1], tree[2]))
        elif tree != 0:
            result.append(Part(sign, tree, 1))
    return tuple(result)


def side_of(side: Iterable[Part]) -> Algebra:
    """The side with these terms; the inverse of `parts`."""
    kept = [part for part in side if part.top != 0]
    return total(
        [(part.sign, part.top if part.bottom == 1 else ("/", part.top, part.bottom)) for part in kept]
    )


def part_of(top: Sequence[int], bottom: Sequence[int]) -> Part:
    """A fraction of polynomials, with the sign of the numerator in front."""
    sign = next((-1 if c < 0 else 1 for c in top if c), 1)
    return Part(sign, polynomial_of([sign * c for c in top]), polynomial_of(bottom))


def power_of(tree: Algebra) -> tuple[Algebra, int]:
    """A factor as base and exponent."""
    if isinstance(tree, tuple) and len(tree) == 3 and tree[0] == "^":
        exponent = tree[2]
        if isinstance(exponent, int) and exponent > 0:
            return tree[1], exponent
    return tree, 1


@lru_cache(maxsize=4096)
def factored(tree: Algebra) -> tuple[int, Factors] | None:
    """A product as a number and linear factors; None if it has other factors.

    >>> from journey.algebra import read
    >>> factored(read("2(x^2-1)"))
    (2, {(1, -1): 1, (1, 1): 1})
    """
    content, powers = 1, Factors()
    for factor in factors(tree):
        base, power = power_of(factor)
        split = linear_factors(as_integers(coefficients(base)) or ())
        if split is None or split[0] == 0:
            return None
        content *= split[0] ** power
        for each in split[1]:
            powers[each] = powers.get(each, 0) + power
    return content, powers


def factors_tree(content: int, powers: Factors) -> Algebra:
    """The product of a number and linear factors, as an expression."""
    trees: list[Algebra] = [content]
    for factor, power in powers.items():
        base = polynomial_of(factor)
        trees.append(base if power == 1 else ("^", base, power))
    return product(trees)


def common(bottoms: Sequence[Algebra], least: bool) -> tuple[Algebra, dict[Algebra, list[Algebra]]]:
    """A common denominator, and the factors that each denominator lacks.

    With `least`, the least one, for which every denominator must have linear factors; else the product of
    all distinct denominators.
    """
    if not least:
        each = [bottom for bottom in dict.fromkeys(bottoms) if bottom != 1]
        return product(each), {one: [other for other in each if other != one] for one in (*each, 1)}
    factorings = {bottom: factored(bottom) or (1, Factors()) for bottom in (*bottoms, 1)}
    content = lcm(*(number for number, _ in factorings.values()))
    powers = Factors()
    for _, own in factorings.values():
        for factor, power in own.items():
            powers[factor] = max(power, powers.get(factor, 0))
    missing: dict[Algebra, list[Algebra]] = {}
    for bottom, (number, own) in factorings.items():
        rest = {f: power - own.get(f, 0) for f, power in powers.items() if power > own.get(f, 0)}
        missing[bottom] = factors(factors_tree(content // number, rest))
    return factors_tree(content, powers), missing


def times(part: Part, others: Sequence[Algebra]) -> Part:
    """A numerator times further factors, numbers first."""
    number, kept = part.sign, []
    for factor in (*factors(part.top), *others):
        if isinstance(factor, int):
            number *= factor
        else:
            kept.append(factor)
    return Part(1 if number >= 0 else -1, product((abs(number), *kept)), 1)


def one_fraction(side: Algebra) -> Algebra:
    """A side as one fraction over the least common denominator."""
    below, missing = common([part.bottom for part in parts(side)], least=True)
    return ("/", side_of(times(part, missing[part.bottom]) for part in parts(side)), below)


def alike(one: Algebra, other: Algebra) -> bool:
    """Whether two sides are equal as quotients of polynomials.

    >>> from journey.algebra import read
    >>> alike(read("1/(x-1)+1"), read("x/(x-1)"))
    True
    """
    try:
        return ratio(("-", one, other))[0] == (0,)
    except (Unsupported, ZeroDivisionError):
        return one == other


def holds(relation: Relation, number: Fraction) -> bool:
    """Whether a number solves an equation, or one of several joined by `or`."""
    if relation[0] != "=":
        return relation[0] == "or" and any(holds(part, number) for part in relation[1:])
    values = []
    for side in relation[1:]:
        total_value = Fraction(0)
        for part in parts(side):
            top, bottom = (value(coefficients(tree) or (), number) for tree in part[1:])
            if not bottom:
                return False
            total_value += part.sign * top / bottom
        values.append(total_value)
    return values[0] == values[1]


def arithmetic(tree: Any, x: Fraction) -> Tree:
    """A polynomial with a number substituted for x, unevaluated."""
    if tree == "x":
        return x.numerator if x.denominator == 1 else ("/", x.numerator, x.denominator)
    if isinstance(tree, int):
        return tree
    if tree[0] == "neg":
        return ("-", 0, arithmetic(tree[1], x))
    if tree[0] == "^":
        base = arithmetic(tree[1], x)
        return reduce(lambda product, _: ("*", product, base), range(tree[2] - 1), base)
    return (tree[0], arithmetic(tree[1], x), arithmetic(tree[2], x))


def candidates(relation: Relation) -> tuple[str, ...] | None:
    """The values in a line like `x=2 or x=3`, () for `no solution`; None for other lines."""
    if relation[0] == "or":
        first, second = (candidates(part) for part in relation[1:])
        return None if first is None or second is None else tuple(dict.fromkeys((*first, *second)))
    if relation == ("none",):
        return ()
    polynomial = coefficients(relation[2]) if relation[0] == "=" and relation[1] == "x" else None
    if polynomial is None or len(polynomial) > 1:
        return None
    return (str(polynomial[0]) if polynomial else "0",)


def is_product(tree: Algebra) -> bool:
    """Whether a side is a product of linear factors, and not only an expanded linear expression."""
    bases = [power_of(each) for each in factors(tree)]
    polynomials = [coefficients(base) for base, _ in bases]
    degrees = [2 if polynomial is None else max(len(polynomial) - 1, 0) for polynomial in polynomials]
    plain = bases[-1] == ("x", 1) and len(bases) <= 2 and isinstance(factors(tree)[0], int | str)
    return max(degrees) == 1 and 0 not in factors(tree) and not plain and (len(bases) > 1 or bases[0][1] > 1)


def roots_of(factor: Algebra) -> list[Fraction]:
    """The roots of a linear factor, or of a power of one."""
    return rational_roots(coefficients(power_of(factor)[0]) or ())

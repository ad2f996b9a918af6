"""Common mistakes with fractions that have an unknown in the denominator.

    expanding_slips(2(x+3)-(x-1))       half_distributed 2x+3-(x-1), sign_lost 2(x+3)-x-1
    tops_and_bottoms(2/(x-1)+3/(x+1))   5/(2x)

Each function returns the wrong result. The caller must check that it is not right by accident.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from journey.algebra import Algebra, factors, polynomial_of
from journey.exact.polynomials import plus
from journey.families.rational.fractions import (
    Factors,
    Part,
    common,
    factored,
    factors_tree,
    part_of,
    parts,
    power_of,
    side_of,
    times,
)
from journey.methods.coefficients import Coefficients, as_integers, coefficients, value


def expanding_slips(side: Algebra) -> Iterator[tuple[str, Coefficients]]:
    """A side without fractions in which one bracket is multiplied out wrongly: name and result."""
    polynomials = [coefficients(part.top) for part in parts(side)]
    for place, part in enumerate(parts(side)):
        rest: Coefficients = ()
        for other, polynomial in zip(parts(side), polynomials, strict=True):
            if polynomial is not None and other is not part:
                rest = plus(rest, tuple(other.sign * c for c in polynomial))
        for name, slip in _bracket_slips(part.sign, part.top, polynomials[place] or ()):
            yield name, plus(rest, slip)


def _bracket_slips(sign: int, tree: Algebra, true: Coefficients) -> Iterator[tuple[str, Coefficients]]:
    true = true or (Fraction(0),)
    first, *others = true
    if sign < 0 and any(others) and not isinstance(tree, str):
        yield "sign_lost", (-first, *others)
    numbers = [factor for factor in factors(tree) if isinstance(factor, int)]
    bases = [power_of(factor) for factor in factors(tree) if not isinstance(factor, int)]
    sums = [coefficients(base) for base, power in bases for _ in range(power)]
    if numbers and len(sums) == 1 and numbers[0]:
        yield "half_distributed", (sign * first, *(sign * c / numbers[0] for c in others))
    if len(sums) == 2 and all(each is not None and len(each) == 2 and each[1] for each in sums):
        yield "middle_lost", (sign * first, Fraction(0), sign * true[-1])


def multiplying_slips(left: Algebra, right: Algebra, by: Algebra) -> Iterator[tuple[str, list[Algebra]]]:
    """Both sides multiplied wrongly by a common denominator: name and result."""
    sides = [parts(left), parts(right)]
    whole_by = factors(by)
    below = [part.bottom for side in sides for part in side]
    least = factored(by) is not None and all(
        bottom == factors_tree(*(factored(bottom) or (0, {}))) for bottom in below
    )
    _, missing = common(below, least)
    for name, plain, fraction in (("term_left_out", False, True), ("numerators_alone", True, False)):
        yield (
            name,
            [
                side_of(
                    times(part, missing[part.bottom] if fraction else [])
                    if part.bottom != 1
                    else times(part, whole_by if plain else [])
                    for part in side
                )
                for side in sides
            ],
        )


def cancelled(left: Algebra, right: Algebra) -> list[Algebra] | None:
    """Both sides with the first (x+p)/(x+q) wrongly cancelled to p/q; None if there is none."""
    sides = [list(parts(left)), list(parts(right))]
    for side in sides:
        for place, part in enumerate(side):
            tops, bottoms = as_integers(coefficients(part.top)), as_integers(coefficients(part.bottom))
            if part.bottom == 1 or not tops or not bottoms or {len(tops), len(bottoms)} != {2}:
                continue
            if tops[0] != bottoms[0] or not tops[1] or not bottoms[1]:
                continue
            sign = part.sign if tops[1] * bottoms[1] > 0 else -part.sign
            side[place] = Part(sign, abs(tops[1]), abs(bottoms[1]))
            return [side_of(each) for each in sides]
    return None


def tops_and_bottoms(side: Algebra) -> Algebra:
    """A side whose fractions are wrongly added by adding numerators and denominators."""
    above: Coefficients = ()
    below: Coefficients = ()
    for part in parts(side):
        if part.bottom != 1:
            above = plus(above, tuple(part.sign * c for c in coefficients(part.top) or ()))
            below = plus(below, coefficients(part.bottom) or ())
    tops, bottoms = as_integers(above), as_integers(below)
    rest = [part for part in parts(side) if part.bottom == 1]
    return side if tops is None or not bottoms else side_of([part_of(tops, bottoms), *rest])


def wrong_factors(left: Algebra) -> tuple[Algebra, Algebra | None]:
    """A product that is 0, with the signs of its roots as factors, and without its factor x if it has one."""
    _, powers = factored(left) or (1, Factors())
    flipped = factors_tree(1, {(p, -q): power for (p, q), power in powers.items()})
    rest = {factor: power for factor, power in powers.items() if factor != (1, 0)}
    return flipped, factors_tree(1, rest) if (1, 0) in powers and len(rest) == 1 else None


def sign_flipped(side: Algebra) -> Algebra:
    """A side with the wrong sign in the last factor of each denominator that is a product."""
    flipped = []
    for part in parts(side):
        content, powers = factored(part.bottom) or (1, Factors())
        last = list(powers)[-1:] if len(powers) > 1 else []
        wrong = {(p, -q if [(p, q)] == last else q): power for (p, q), power in powers.items()}
        flipped.append(part._replace(bottom=factors_tree(content, wrong)))
    return side_of(flipped)


def crossed(left: Algebra, right: Algebra) -> list[Algebra] | None:
    """Both sides collected, but the terms that change sides keep their signs."""
    total = as_integers(plus(*(coefficients(side) or () for side in (left, right)))) or ()
    if len(total) == 3:
        return [polynomial_of(total), 0]
    return [polynomial_of((total[0], 0)), total[1]] if len(total) == 2 else None


def sign_lost(bottom: Algebra, number: Fraction) -> Fraction:
    """The value of a denominator when the minus of the number, or else of its last term, is lost."""
    polynomial = coefficients(bottom) or (Fraction(0),)
    return value(polynomial, -number) if number < 0 else value((*polynomial[:-1], -polynomial[-1]), number)


def last_undivided(left: Algebra, by: int) -> Algebra | None:
    """A quadratic divided by a number, except for its last term."""
    polynomial = as_integers(coefficients(left)) or ()
    return (
        polynomial_of((polynomial[0] // by, polynomial[1] // by, polynomial[2]))
        if len(polynomial) == 3
        else None
    )

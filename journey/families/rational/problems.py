"""Sampling of rational equations of five kinds with small numbers, and their structure for the split.

    3    A/(x-a) + B/(x-b) = C            where C(x-r)(x-s) = 0 is left
    4    (x+n)/(x-a) + B/(x-b) = (Mx+N)/(x^2-(a+b)x+ab)

The roots are drawn first. In levels 2, 4 and 5, about half of the problems have an excluded value among them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import gcd
from random import Random

from journey.algebra import read_relation
from journey.exact.polynomials import minus, mirrored, plus, rational_roots, times
from journey.families.rational.fractions import Part, part_of, parts
from journey.methods.coefficients import as_integers, coefficients, value

Sides = tuple[list[Part], list[Part], Sequence[Fraction]]
"""Both sides, and the roots of the polynomial equation; excluded values among these are not solutions."""
NOTHING: Sides = ([], [], ())


def _proportion(random: Random) -> Sides:
    """A/(x-a) = B/(x-b), (p x + q)/(x-a) = C or A/(x-a) = C, with the root r."""
    a, b, r = (random.randint(-9, 9) for _ in range(3))
    kind, size = random.randrange(3), _nonzero(random, 5)
    if r in (a, b) or a == b:
        return NOTHING
    if kind == 0:
        tops = [size * (r - each) // gcd(r - a, r - b) for each in (a, b)]
        return [part_of(tops[:1], (1, -a))], [part_of(tops[1:], (1, -b))], [Fraction(r)]
    p = _nonzero(random, 4) if kind == 1 else 0
    return [part_of((p, size * (r - a) - p * r), (1, -a))], [part_of((size,), (1,))], [Fraction(r)]


def _one_bottom(random: Random) -> Sides:
    """(p x + q)/(x-a) + C = B/(k x - k a), which becomes linear; in a third its root r is excluded."""
    a, p, c, k = random.randint(-9, 9), random.randint(0, 3), _nonzero(random, 6), random.choice((1, 1, 2, 3))
    r = a if random.random() < 0.3 else random.randint(-9, 9)
    b = _nonzero(random, 12)
    left, right = [part_of((p, b - c * (r - a) - p * r), (1, -a))], [part_of((b * k,), (k, -k * a))]
    if p + c == 0:
        return NOTHING
    if random.random() < 0.6:
        return [*left, part_of((c,), (1,))], right, [Fraction(r)]
    return left, [*right, part_of((-c,), (1,))], [Fraction(r)]


def _two_bottoms(random: Random) -> Sides:
    """A/(x-a) + B/(x-b) = C, which becomes C(x-r)(x-s) = 0."""
    a, b, r, s = (random.randint(-9, 9) for _ in range(4))
    c = _nonzero(random, 4)
    if a == b or c * (a - r) * (a - s) % (b - a) or c * (b - r) * (b - s) % (a - b):
        return NOTHING
    tops = c * (a - r) * (a - s) // (b - a), c * (b - r) * (b - s) // (a - b)
    return (
        [part_of(tops[:1], (1, -a)), part_of(tops[1:], (1, -b))],
        [part_of((c,), (1,))],
        [Fraction(r), Fraction(s)],
    )


def _hidden_product(random: Random) -> Sides:
    """(x+n)/(x-a) + B/(x-b) = (M x + N)/((x-a)(x-b)), that denominator expanded."""
    return _with_product(
        random, (1, random.randint(-9, 9)), (_nonzero(random, 9),), (1, random.randint(-9, 9)), 9
    )


def _binomials(random: Random) -> Sides:
    """(m x + n)/(k x - a) + (p x + q)/(x-b) = (M x + N)/((k x - a)(x-b))."""
    m, p, k = random.randint(1, 4), random.choice((1, 2, -1, -1, -2, -3)), random.choice((1, 2, 2, 3))
    n, q, a = (random.randint(-6, 6) for _ in range(3))
    return _with_product(random, (m, n), (p, q), (k, -a), 6)


def _with_product(
    random: Random, top: tuple[int, ...], other: tuple[int, ...], bottom: tuple[int, ...], size: int
) -> Sides:
    """Two fractions, and a third so that two linear factors are left, in half of the cases one excluded."""
    second = (1, random.randint(-size, size))
    sum_of_tops = plus(times(top, second), times(other, bottom))
    lead = sum_of_tops[0] if len(sum_of_tops) == 3 else 0
    first: tuple[int, ...] = (random.choice((1, 1, 2, 3)), random.randint(-size, size))
    if random.random() < 0.5:
        first = random.choice((bottom, second))
    if not lead or lead % first[0] or gcd(*bottom) > 1 or bottom == second:
        return NOTHING
    target = times(first, (lead // first[0], random.randint(-size, size)))
    rest = minus(sum_of_tops, target)
    return (
        [part_of(top, bottom), part_of(other, second)],
        [part_of(rest, times(bottom, second))],
        rational_roots(target),
    )


Draw = Callable[[Random], Sides]
DRAW: dict[int, Draw] = {
    1: _proportion,
    2: _one_bottom,
    3: _two_bottoms,
    4: _hidden_product,
    5: _binomials,
}


def draw_sides(random: Random, level: int) -> Sides:
    """Both sides of an equation of a level; nothing cancels and no number is large."""
    while True:
        left, right, roots = DRAW[level](random)
        if left and right and all(map(_plain, (*left, *right))):
            return left, right, roots


def _plain(part: Part) -> bool:
    """Whether a fraction is neither zero nor large, and nothing but a number can be cancelled."""
    top, bottom = (as_integers(coefficients(each)) or (0,) for each in part[1:])
    return 0 < max(map(abs, top)) <= 48 and all(value(top, root) for root in rational_roots(bottom))


def _nonzero(random: Random, size: int) -> int:
    return random.choice((1, -1)) * random.randint(1, size)


def outline(equation: str) -> str:
    """All fractions on one side, up to order, a common factor and the sign of x."""
    _, left, right = read_relation(equation)
    fractions = [*parts(left), *(Part(-part.sign, part.top, part.bottom) for part in parts(right))]
    return min(_spelt(fractions, mirror) for mirror in (1, -1))


def _spelt(fractions: Sequence[Part], mirror: int) -> str:
    rows: dict[tuple[Fraction, ...], tuple[Fraction, ...]] = {}
    for part in fractions:
        top, bottom = (mirrored(coefficients(tree) or (), mirror) for tree in part[1:])
        below = tuple(c / bottom[0] for c in bottom)
        above = tuple(part.sign * c / bottom[0] for c in top)
        rows[below] = plus(rows.get(below, ()), above)
    ordered = sorted((below, above) for below, above in rows.items() if any(above))
    scale = ordered[0][1][0] if ordered else Fraction(1)
    return "; ".join(f"{_list(c / scale for c in above)}:{_list(below)}" for below, above in ordered)


def _list(numbers: Iterable[Fraction]) -> str:
    return ",".join(map(str, numbers))

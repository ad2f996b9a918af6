"""Sums of polynomials and square roots in x, and the steps that eliminate the roots of an equation.

    sqrt(2x+3)+1=x      sqrt(2x+3)=x-1      2x+3=(x-1)^2      2x+3=x^2-2x+1
    sqrt(x+6)+sqrt(x+1)=5      sqrt(x+6)=5-sqrt(x+1)      x+6=(5-sqrt(x+1))^2      x+6=x+26-10sqrt(x+1)

Squaring may add solutions and never loses any.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

from journey.algebra import Algebra, Relation, names_in, product, terms, total
from journey.exact.polynomials import plus
from journey.methods.coefficients import Coefficients
from journey.methods.quadratics import line
from journey.methods.univariate import (
    constant,
    polynomial_tree,
    root_of,
    scaled,
    small_coefficients,
)
from journey.step import Move


class Sum(NamedTuple):
    """A polynomial plus multiples of roots: 2x+1-3sqrt(x) is (2x+1, ((-3, x),))."""

    plain: Coefficients
    roots: tuple[tuple[Fraction, Algebra], ...]

    def scaled(self, number: Fraction) -> Sum:
        """The sum times a number."""
        return Sum(scaled(self.plain, number), tuple((number * k, u) for k, u in self.roots))

    def tree(self) -> Algebra:
        """The sum as an expression, the polynomial first."""
        signed = [part for part in terms(polynomial_tree(self.plain)) if part[1] != 0]
        for k, inside in self.roots:
            root = product((abs(k.numerator), ("sqrt", inside)))
            signed.append((1 if k > 0 else -1, root if k.denominator == 1 else ("/", root, k.denominator)))
        return total(signed)


def added(first: Sum, second: Sum) -> Sum:
    """The sum of two sums, with equal roots collected."""
    factors: dict[Algebra, Fraction] = {}
    for k, inside in (*first.roots, *second.roots):
        factors[inside] = factors.get(inside, Fraction(0)) + k
    return Sum(plus(first.plain, second.plain), tuple((k, inside) for inside, k in factors.items() if k))


@lru_cache(maxsize=16384)
def sum_of(tree: Algebra) -> Sum | None:
    """An expression as a `Sum`; None if it is none, or the square of more than a number and a root."""
    polynomial = small_coefficients(tree)
    if polynomial is not None:
        return Sum(polynomial, ())
    if not isinstance(tree, tuple):
        return None
    name, *inside = tree
    if name == "sqrt":
        return Sum((), ((Fraction(1), inside[0]),)) if small_coefficients(inside[0]) is not None else None
    parts = [sum_of(part) for part in inside]
    if parts[0] is None:
        return None
    if name == "neg":
        return parts[0].scaled(Fraction(-1))
    if name == "^" and inside[1] == 2:
        return _square(parts[0])
    if len(parts) < 2 or parts[1] is None:
        return None
    if name in ("+", "-"):
        return added(parts[0], parts[1].scaled(Fraction(1 if name == "+" else -1)))
    if name == "*" and (number := constant(inside[0])) is not None:
        return parts[1].scaled(number)
    if name == "/" and (number := constant(inside[1])):
        return parts[0].scaled(1 / number)
    return None


def _square(base: Sum) -> Sum | None:
    """(p + k sqrt(u))^2 with a number p."""
    if len(base.roots) != 1 or len(base.plain) > 1:
        return None
    k, inside = base.roots[0]
    p = base.plain[0] if base.plain else Fraction(0)
    plain = plus((p * p,) if p else (), scaled(small_coefficients(inside) or (), k * k))
    return Sum(plain, ((2 * p * k, inside),) if p else ())


def both_sums(relation: Relation) -> tuple[Sum, Sum] | None:
    """Both sides of an equation as sums; None if one is not."""
    if relation[0] != "=":
        return None
    left, right = sum_of(relation[1]), sum_of(relation[2])
    return None if left is None or right is None else (left, right)


def radicands(tree: Any) -> Iterator[Algebra]:
    """The radicands in an expression or a relation, from left to right."""
    if isinstance(tree, tuple):
        if tree[0] == "sqrt":
            yield tree[1]
        for part in tree[1:]:
            yield from radicands(part)


def has_brackets(tree: Any) -> bool:
    """Whether something outside the roots can be multiplied out."""
    if not isinstance(tree, tuple) or tree[0] == "sqrt":
        return False
    if tree[0] == "^":
        return bool(tree[1] != "x")
    if tree[0] == "*" and any(isinstance(part, tuple) and part[0] in ("+", "-", "neg") for part in tree[1:]):
        return True
    return any(map(has_brackets, tree[1:]))


def free(relation: Relation) -> Iterator[Move]:
    """The steps from an equation with roots towards one with fewer roots."""
    both = both_sums(relation)
    if both is None:
        return
    left, right = both
    if has_brackets(relation[1]) or has_brackets(relation[2]):
        yield line("expand", ("=", left.tree(), right.tree()))
        return
    if not left.plain and len(left.roots) == 1 and left.roots[0][0] > 0:
        yield from _freed(relation, left.roots[0], right)
        return
    if not right.plain and len(right.roots) == 1 and right.roots[0][0] > 0 and not left.roots:
        yield line("swap", ("=", relation[2], relation[1]))
        return
    alone = isolated(difference(left, right))
    if alone:
        yield line("isolate", alone)
    if len(left.roots) == 1 and len(left.plain) == 1 and not right.roots and len(right.plain) < 3:
        yield squared(relation)


def isolated(expression: Sum) -> Relation | None:
    """The equation `expression` = 0 with one root isolated on the left, its factor positive."""
    if not 0 < len(expression.roots) < 3:
        return None
    k, inside = next((part for part in expression.roots if part[0] > 0), expression.roots[0])
    rest = Sum(expression.plain, tuple(part for part in expression.roots if part[1] != inside))
    return ("=", Sum((), ((abs(k), inside),)).tree(), rest.scaled(Fraction(-1 if k > 0 else 1)).tree())


def _freed(relation: Relation, root: tuple[Fraction, Algebra], right: Sum) -> Iterator[Move]:
    """The steps from k sqrt(u) = right: divide by k if possible, square."""
    k = root[0]
    below = [*right.plain, *(factor for factor, _ in right.roots)]
    if k > 1 and k.denominator == 1 and all((each / k).denominator == 1 for each in below):
        left = ("sqrt", root[1])
        yield line("divide", ("=", left, right.scaled(1 / k).tree()), str(k))
        return
    if len(right.plain) < 3 and len(right.roots) < 2 and not (right.roots and len(right.plain) > 1):
        yield squared(relation)
    if not right.roots and len(right.plain) == 1 and right.plain[0] < 0:
        yield line("sign", ("none",))


def squared(relation: Relation) -> Move:
    """Squares both sides: a root becomes its radicand, a sum is put in brackets."""
    return line("square", ("=", *(square_tree(side) for side in relation[1:])))


def square_tree(side: Algebra) -> Algebra:
    """The square of a side."""
    side_sum = sum_of(side)
    if side_sum is not None and not side_sum.plain and len(side_sum.roots) == 1:
        k, inside = side_sum.roots[0]
        return product((k.numerator**2, inside)) if k.denominator == 1 else ("/", inside, k.denominator**2)
    if (number := constant(side)) is not None:
        return polynomial_tree((number * number,) if number else ())
    return ("^", side, 2)


def difference(left: Sum, right: Sum) -> Sum:
    """The difference of two sums."""
    return added(left, right.scaled(Fraction(-1)))


def careless_squares(relation: Relation) -> Iterator[tuple[str, Relation]]:
    """Mistakes in squaring both sides: name and result."""
    _, left, right = relation
    side_sum = sum_of(left)
    squares = square_tree(left), square_tree(right)
    each = tuple(_termwise(side) for side in (left, right))
    if each != squares:
        yield "termwise", ("=", *each)
    yield "half_squared", ("=", squares[0], right)
    if side_sum and len(side_sum.roots) == 1 and not side_sum.plain and side_sum.roots[0][0] != 1:
        k, inside = side_sum.roots[0]
        yield "half_squared", ("=", Sum(scaled(small_coefficients(inside) or (), k), ()).tree(), squares[1])
    if side_sum and len(side_sum.roots) == 1 and (root := _taken_apart(side_sum.roots[0][1])):
        yield "termwise", ("=", root, right)


def _termwise(side: Algebra) -> Algebra:
    """A sum squared term by term: (x+3)^2 as x^2+9, (5-sqrt(x))^2 as 25-x."""
    if len(terms(side)) < 2:
        return square_tree(side)
    squares = [(sign, sum_of(square_tree(part))) for sign, part in terms(side)]
    result = Sum((), ())
    for sign, part in squares:
        # A squared number loses its sign; a root mostly keeps the sign in front of it.
        kept = sign if part and "x" in [*names_in(part.tree())] else 1
        result = added(result, (part or result).scaled(Fraction(kept)))
    return result.tree()


def _taken_apart(inside: Algebra) -> Algebra | None:
    """sqrt(x^2+6x+16) as x+4, sqrt(4x+9) as 2x+3: roots of the first and last terms, the rest dropped."""
    polynomial = small_coefficients(inside) or ()
    if len(polynomial) < 2 or not polynomial[-1]:
        return None
    first, last = root_of(polynomial[0]), root_of(polynomial[-1])
    return None if first is None or last is None else polynomial_tree((first, last))


def careless_sums(word: str, relation: Relation) -> Iterator[tuple[str, Relation]]:
    """Mistakes in isolating a root or in expanding: name and result."""
    left, right = both_sums(relation) or (Sum((), ()), Sum((), ()))
    if word == "isolate":
        # Terms change sides but keep their signs.
        alone = isolated(difference(left, right))
        spoilt = isolated(added(Sum(scaled(left.plain, -1), left.roots), right.scaled(Fraction(-1))))
        if alone and spoilt and spoilt != alone:
            yield "sign_lost", spoilt
        return
    for name, slip in (("termwise", _termwise), ("first_term_only", _first_only)):
        changed = tuple(_bracketless(side, slip) for side in relation[1:])
        if None not in changed and changed != (left.tree(), right.tree()):
            yield name, ("=", *changed)


def _bracketless(side: Any, slip: Callable[[Algebra], Algebra]) -> Algebra | None:
    """A side expanded with a slip; None if the slip does not apply."""
    side_sum = sum_of(side)
    if isinstance(side, tuple) and side[0] == "^" and slip is _termwise:
        return slip(side[1])
    if isinstance(side, tuple) and side[0] == "*" and slip is _first_only:
        return slip(side)
    return side_sum.tree() if side_sum else None


def _first_only(side: Any) -> Algebra:
    """k(p+q) as k p+q."""
    (sign, first), *rest = terms(side[2])
    result = sum_of(total([(sign, ("*", side[1], first)), *rest]))
    return result.tree() if result else side

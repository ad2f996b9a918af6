"""Tidying of expressions, as people do it in their heads: no expansion, no factoring, no identities.

    x^2*cos(3x)*3       3x^2*cos(3x)        numbers first, then names, brackets and functions
    x*5x^4+(x-0)        5x^5+x              powers of one base are merged, ones and zeros dropped
    x+(2x-1)/1          3x-1                like terms are collected

`parts` gives the underlying form: a sum of terms, each a number and factors with integer exponents, negative
in the denominator. The arguments of D(...) and I(...) are not changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import groupby

from journey.algebra import Algebra, product, read, total, write
from journey.errors import ParseError

Factors = tuple[tuple[Algebra, int], ...]
"""Bases with their exponents."""
Term = tuple[Fraction, Factors]

MAX_NUMBER = 10**12
"""Powers of numbers beyond this are not computed."""


@lru_cache(maxsize=8192)
def tidy(tree: Algebra) -> Algebra:
    """The tidy form of an expression.

    >>> write(tidy(read("x^2*cos(3x)*3-(x-x)/2")))
    '3x^2*cos(3x)'
    """
    return built(parts(tree))


def tidy_text(tree: Algebra) -> str | None:
    """The tidy expression as text; None if it is beyond the limits of `journey.algebra.read`."""
    try:
        text = write(tidy(tree))
        read(text)
    except ParseError:
        return None
    return text


@lru_cache(maxsize=8192)
def parts(tree: Algebra) -> tuple[Term, ...]:
    """The terms of an expression; none for 0.

    >>> parts(read("2x/3-sin(x)^2/x"))[1]
    (Fraction(-1, 1), (('x', -1), (('sin', 'x'), 2)))
    """
    if isinstance(tree, int):
        return ((Fraction(tree), ()),) if tree else ()
    if isinstance(tree, str) or tree[0] in ("D", "I"):
        return ((Fraction(1), ((tree, 1),)),)
    if len(tree) == 2:
        name, inside = tree
        if name == "neg":
            return tuple((-number, factors) for number, factors in parts(inside))
        return ((Fraction(1), (((name, tidy(inside)), 1),)),)
    operator, left, right = tree
    if operator in ("+", "-"):
        sign = 1 if operator == "+" else -1
        return _collected([*parts(left), *((sign * number, factors) for number, factors in parts(right))])
    if operator in ("*", "/"):
        first, second = _one(parts(left)), _one(parts(right))
        if operator == "/" and not second[0]:
            return ((Fraction(1), ((tree, 1),)),)
        return _flat(_times(first, second if operator == "*" else _power(second, -1)))
    if operator == "^" and isinstance(right, int):
        base = _one(parts(left))
        number = max(abs(base[0].numerator), base[0].denominator)
        if base[0] and number ** abs(right) < MAX_NUMBER:
            return _flat(_power(base, right))
    return ((Fraction(1), (((operator, tidy(left), right), 1),)),)


def built(terms: Sequence[Term]) -> Algebra:
    """The expression with these terms; the inverse of `parts`."""
    return total([(1 if number > 0 else -1, _term(abs(number), factors)) for number, factors in terms])


def inside(tree: Algebra, name: str) -> Iterator[Algebra]:
    """The arguments of the innermost D(...) or I(...) in an expression, from left to right.

    >>> [write(each) for each in inside(read("D(x)*3+D(D(x^2))"), "D")]
    ['x', 'x^2']
    """
    if isinstance(tree, tuple):
        within = [each for part in tree[1:] for each in inside(part, name)]
        yield from [tree[1]] if tree[0] == name and not within else within


def replaced(tree: Algebra, old: Algebra, new: Algebra) -> Algebra:
    """The expression with the first occurrence of `old` replaced."""
    return _replaced(tree, old, new)[0]


def _replaced(tree: Algebra, old: Algebra, new: Algebra) -> tuple[Algebra, bool]:
    if tree == old:
        return new, True
    if isinstance(tree, tuple):
        for place in range(1, len(tree)):
            part, done = _replaced(tree[place], old, new)
            if done:
                return (*tree[:place], part, *tree[place + 1 :]), True  # type: ignore[return-value]
    return tree, False


def _term(number: Fraction, factors: Factors) -> Algebra:
    above = [_raised(base, exponent) for base, exponent in factors if exponent > 0]
    below = [_raised(base, -exponent) for base, exponent in factors if exponent < 0]
    under = product((number.denominator, *below))
    over = product((number.numerator, *above))
    return over if under == 1 else ("/", over, under)


def _raised(base: Algebra, exponent: int) -> Algebra:
    return base if exponent == 1 else ("^", base, exponent)


def _one(terms: Sequence[Term]) -> Term:
    """A sum as a single term, in brackets if it has several."""
    if len(terms) == 1:
        return terms[0]
    return (Fraction(1), ((built(terms), 1),)) if terms else (Fraction(0), ())


def _flat(term: Term) -> tuple[Term, ...]:
    """The terms of a term: a bracket with the factor 1 or -1 is dissolved."""
    number, factors = term
    if not number:
        return ()
    if abs(number) == 1 and len(factors) == 1 and factors[0][1] == 1:
        base = factors[0][0]
        if isinstance(base, tuple) and base[0] in ("+", "-"):
            return tuple((number * each, inner) for each, inner in parts(base))
    return (term,)


def _times(first: Term, second: Term) -> Term:
    exponents: dict[Algebra, int] = {}
    for base, exponent in (*first[1], *second[1]):
        exponents[base] = exponents.get(base, 0) + exponent
    kept = [(base, exponent) for base, exponent in exponents.items() if exponent]
    # D(...) and I(...) keep their place, so that D(u)*v and u*D(v) look like the rule.
    runs = groupby(kept, lambda factor: isinstance(factor[0], tuple) and factor[0][0] in ("D", "I"))
    ordered = [factor for held, run in runs for factor in (run if held else sorted(run, key=_rank))]
    return first[0] * second[0], tuple(ordered)


def _rank(factor: tuple[Algebra, int]) -> int:
    base = factor[0]
    return 0 if isinstance(base, str) else 1 if len(base if isinstance(base, tuple) else ()) == 3 else 2


def _power(term: Term, exponent: int) -> Term:
    if not exponent:
        return Fraction(1), ()
    return term[0] ** exponent, tuple((base, each * exponent) for base, each in term[1])


def _collected(terms: Sequence[Term]) -> tuple[Term, ...]:
    numbers: dict[frozenset[tuple[Algebra, int]], tuple[Fraction, Factors]] = {}
    for number, factors in terms:
        like = frozenset(factors)
        before = numbers.get(like, (Fraction(0), factors))
        numbers[like] = (before[0] + number, before[1])
    return tuple(term for term in numbers.values() if term[0])

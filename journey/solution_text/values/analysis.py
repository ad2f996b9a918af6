r"""The exact value of sums, products, derivatives, integrals, limits and determinants.

    \sum_{k=1}^{6} k^2           91
    2 + 4 + \cdots + 20          110, by its first terms and its last
    \int_0^2 x \, dx             2
    \lim_{x \to 0} \sin x / x    1

`special` computes a tree of one of these kinds, with the values of its parts from `values.evaluate`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

from journey.exact.surds import ONE, Exact, Unsupported, exact
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.calculus import (
    ENDLESS,
    MAX_HOPITAL,
    antiderivative,
    contains,
    derivative,
    limit_of_quotient,
    number,
    put,
)
from journey.solution_text.values.matrices import determinant
from journey.solution_text.values.numeric import NoValue, numeric

MAX_TERMS = 400
"""Of a sum or product that is written out."""
MAX_NESTED = 20
"""Of one with another in it."""
BINDS = frozenset(["sum", "prod", "integral", "limit", "degree"])
"""These bind the letter that they name."""
SPECIAL = BINDS | {"deriv", "primitive", "dots", "dotsproduct", "det", "degree"}
Value = Callable[[Node], Exact]


def special(tree: Node, value: Value) -> Exact:
    """The value of a tree of one of these kinds, by a function that values others.

    Raises:
        Unsupported: these rules give none.
    """
    if tree.op in ("sum", "prod"):
        return _series(tree, value)
    if tree.op in ("dots", "dotsproduct"):
        return _progression(tree, value)
    if tree.op == "deriv":
        return value(derivative(tree.parts[0], tree.name))
    if tree.op == "integral":
        return _definite(tree, value)
    if tree.op == "limit":
        return _limit(tree, value)
    if tree.op == "det":
        return determinant(tree.parts[0], value)
    if tree.op == "degree":
        return exact(_degree(value(tree.parts[0]), tree.name))
    raise Unsupported("no number")


def _degree(polynomial: Exact, name: str) -> int:
    powers = [dict(mono).get(name, 0) for mono, _ in polynomial.over]
    if set(polynomial.under) != {ONE} or not powers or polynomial.unknowns() - {name}:
        raise Unsupported("the degree of no polynomial in one letter")
    return max(powers)


def _whole(value: Exact) -> int:
    plain = value.rational()
    if plain is None or plain.denominator != 1:
        raise Unsupported("a bound that is no whole number")
    return plain.numerator


def _series(tree: Node, value: Value) -> Exact:
    low, high, body = tree.parts
    first = _whole(value(low))
    if high == Node("letter", name=ENDLESS):
        return _geometric(tree, first, value)
    last = _whole(value(high))
    nested = sum(node.op in ("sum", "prod") for node in nodes(body))
    if last - first >= (MAX_NESTED if nested else MAX_TERMS) or nested > 1:
        raise Unsupported("a long sum")
    total = exact(0 if tree.op == "sum" else 1)
    for k in range(first, last + 1):
        term = value(put(body, tree.name, number(k)))
        total = total + term if tree.op == "sum" else total * term
    return total


def _geometric(tree: Node, first: int, value: Value) -> Exact:
    """A sum without end whose terms have a constant ratio under 1."""
    if tree.op != "sum":
        raise Unsupported("a product without end")
    body = tree.parts[2]
    exponents = [node for node in nodes(body) if node.op == "^" and contains(node.parts[1], tree.name)]
    outside = body
    for node in exponents:
        if not contains(node.parts[0], tree.name):
            outside = _replaced(outside, node, number(1))
    if contains(outside, tree.name) or not exponents:
        raise Unsupported("a sum without end")
    if any(_step(node.parts[1], tree.name, value) is None for node in exponents):
        raise Unsupported("a sum without end")
    if any(
        node.op in "+-" and contains(node, tree.name) and not _inside(node, exponents) for node in nodes(body)
    ):
        raise Unsupported("a sum without end")
    start, following = (value(put(body, tree.name, number(k))) for k in (first, first + 1))
    ratio = following / start
    plain = ratio.rational()
    if plain is None or abs(plain) >= 1:
        raise Unsupported("a sum without end")
    return start / (exact(1) - ratio)


def _inside(node: Node, exponents: list[Node]) -> bool:
    return any(node in set(nodes(power.parts[1])) for power in exponents)


def _step(exponent: Node, name: str, value: Value) -> Fraction | None:
    """By how much a linear exponent grows."""
    at = [value(put(exponent, name, number(k))).rational() for k in (0, 1, 2)]
    if at[0] is None or at[1] is None or at[2] is None or at[2] - at[1] != at[1] - at[0]:
        return None
    return at[1] - at[0]


def _replaced(tree: Node, old: Node, new: Node) -> Node:
    if tree == old:
        return new
    return tree._replace(parts=tuple(_replaced(part, old, new) for part in tree.parts))


def _progression(tree: Node, value: Value) -> Exact:
    """A sum or product with dots, from the terms shown before them and the last."""
    *shown, last = tree.parts
    if len(shown) < 2:
        raise Unsupported("too few terms before the dots")
    terms = [value(term) for term in shown]
    end = value(last)
    if tree.op == "dotsproduct":
        return _product_of_dots(terms, end)
    step = terms[1] - terms[0]
    arithmetic = all(b - a == step for a, b in pairwise(terms)) and bool(step.over)
    powers = _powers(shown, last, value)
    if powers is not None:
        return powers
    if arithmetic:
        count = (end - terms[0]) / step + exact(1)
        plain = count.rational()
        if plain is not None and plain.denominator == 1 and plain > len(shown):
            if len(shown) == 2 and _other_pattern(terms, end):
                raise Unsupported("two terms begin several sequences")
            return (terms[0] + end) * count * exact(Fraction(1, 2))
        if plain is None and step.rational() is not None:
            return (terms[0] + end) * count * exact(Fraction(1, 2))
    ratio = (terms[1] / terms[0]).rational()
    first, final = terms[0].rational(), end.rational()
    if ratio is None or first is None or final is None or ratio in (0, 1, -1):
        raise Unsupported("no progression that is known here")
    if any((b / a).rational() != ratio for a, b in pairwise(terms)):
        raise Unsupported("no progression that is known here")
    total, term = Fraction(0), first
    for _ in range(MAX_TERMS):
        total += term
        if term == final:
            return exact(total)
        term *= ratio
    raise Unsupported("the last term is not in the progression")


def _other_pattern(terms: list[Exact], end: Exact) -> bool:
    """Whether two first terms may also begin squares, powers or another sequence up to the last."""
    a, b, last = (term.rational() for term in (*terms, end))
    if a is None or b is None or last is None or not a:
        return True
    if b - a == 1 and a == 1 and last.denominator == 1:
        # 1 + 2 + ... is counting, unless it ends in a power of 2.
        return last.numerator & (last.numerator - 1) == 0 and last > 2
    ratio, term = b / a, b
    for _ in range(MAX_TERMS):
        if abs(term) >= abs(last) or ratio in (1, -1, 0):
            break
        term *= ratio
    squares = a == 1 and b == 4
    return term == last or squares


def _powers(shown: list[Node], last: Node, value: Value) -> Exact | None:
    """The sum of 1^2 + 2^2 + ... + n^2 and its like: powers of whole numbers that follow each other."""
    every = [*shown, last]
    if any(term.op != "^" for term in every) or len({term.parts[1] for term in every}) != 1:
        return None
    bases = [value(term.parts[0]).rational() for term in every]
    if any(base is None or base.denominator != 1 for base in bases):
        return None
    wholes = [base.numerator for base in bases if base is not None]
    step = wholes[1] - wholes[0]
    if step <= 0 or any(b - a != step for a, b in pairwise(wholes[:-1])):
        return None
    if (wholes[-1] - wholes[0]) % step or not 0 < (wholes[-1] - wholes[0]) // step < MAX_TERMS:
        return None
    total = exact(0)
    for base in range(wholes[0], wholes[-1] + 1, step):
        total = total + value(Node("^", (number(base), shown[0].parts[1])))
    return total


def _product_of_dots(terms: list[Exact], end: Exact) -> Exact:
    plain = [term.rational() for term in (*terms, end)]
    if any(one is None or one.denominator != 1 for one in plain):
        raise Unsupported("a product with dots")
    wholes = [one.numerator for one in plain if one is not None]
    step = wholes[1] - wholes[0]
    if abs(step) != 1 or any(b - a != step for a, b in pairwise(wholes[:-1])):
        raise Unsupported("a product with dots")
    if (wholes[-1] - wholes[-2]) * step <= 0 or abs(wholes[-1] - wholes[0]) > 200:
        raise Unsupported("a product with dots")
    product = 1
    for factor in range(wholes[0], wholes[-1] + step, step):
        product *= factor
    return exact(product)


def _definite(tree: Node, value: Value) -> Exact:
    low, high, body = tree.parts
    if any(part == Node("letter", name=ENDLESS) for part in (low, high)):
        raise Unsupported("an improper integral")
    primitive = antiderivative(body, tree.name)
    for node in nodes(primitive):
        # A pole between the bounds: what is inside of a logarithm or below changes its sign.
        inside = node.parts[0] if node.op in ("abs", "sqrt") else node.parts[1] if node.op == "/" else None
        negative = node.op == "^" and node.parts[1].op == "number" and node.parts[1].value < 0
        inside = node.parts[0] if negative else inside
        if inside is not None and contains(inside, tree.name):
            try:
                signs = [numeric(put(inside, tree.name, bound), {}) for bound in (low, high)]
            except NoValue as fault:
                raise Unsupported("bounds with letters") from fault
            if signs[0] * signs[1] <= 0:
                raise Unsupported("an improper integral")
    return value(put(primitive, tree.name, high)) - value(put(primitive, tree.name, low))


def _limit(tree: Node, value: Value) -> Exact:
    point, body = tree.parts
    name = tree.name
    if point == Node("letter", name=ENDLESS):
        above, below = body.parts if body.op == "/" else (body, number(1))
        return limit_of_quotient(value(above), value(below), name)
    for _ in range(MAX_HOPITAL):
        if body.op != "/":
            break
        above, below = body.parts
        over, under = (_numeric(value(put(part, name, point))) for part in (above, below))
        if under.over:
            return over / under
        if over.over:
            raise Unsupported("no finite limit")
        body = Node("/", (derivative(above, name), derivative(below, name)))
    if body.op == "/" or any(node.op in ("floor", "ceil", "/") for node in nodes(body)):
        raise Unsupported("a limit beyond the rules")
    return _numeric(value(put(body, name, point)))


def _numeric(worth: Exact) -> Exact:
    if worth.unknowns():
        raise Unsupported("a limit with letters")
    return worth


def induction(tree: Node, other: Node, value: Value) -> str | None:
    """The proof by induction that a sum up to a letter is an expression in it, or None."""
    low, high, body = tree.parts
    if tree.op != "sum" or high.op != "letter" or high.name == ENDLESS:
        return None
    n, first = high.name, _whole(value(low))
    here = value(other)
    before = value(put(other, n, Node("-", (high, number(1)))))
    step = value(put(body, tree.name, high))
    start = value(put(other, n, number(first))), value(put(body, tree.name, number(first)))
    if start[0] == start[1] and here - before == step:
        return f"by induction: it holds for {n} = {first}, and each term is the difference of two sums"
    return None

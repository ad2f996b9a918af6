"""Rewriting expressions as people do on paper: one rule at one node at a time.

    rewritten(read("(x^2-9)/(x+3)"))      factor: (x-3)(x+3)/(x+3)

Each rule yields its results for one node; `rewritten` tries every rule at every node. Every result equals the
expression wherever both are defined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import gcd
from typing import Any

from sympy.polys.domains import ZZ
from sympy.polys.factortools import dup_factor_list

from journey.algebra import Algebra, factors, polynomial_of, product, read, substitute, terms, total, write
from journey.families.simplify.identities import double, pythagoras, tangent
from journey.families.simplify.monomials import (
    Monomial,
    bases,
    content,
    has_root,
    holds_product,
    is_sum,
    monomials,
    powers_of,
    square_in,
    sum_of,
    term_of,
)


def expand(node: Any, above: str) -> Iterator[Algebra]:
    """Multiplies out a product or a power."""
    if isinstance(node, tuple) and node[0] in ("*", "^") and above != "*" and holds_product(node):
        polynomial = monomials(node)
        if polynomial is not None:
            yield sum_of(polynomial)


def collect(node: Any, above: str) -> Iterator[Algebra]:
    """Collects like terms of a sum, and multiplies the factors of a product."""
    if (
        isinstance(node, tuple)
        and node[0] in ("+", "-", "*")
        and above != node[0]
        and not holds_product(node)
    ):
        polynomial = monomials(node) if above not in ("+", "-") or node[0] == "*" else None
        if polynomial is not None:
            yield sum_of(polynomial)


def factor(node: Any, above: str) -> Iterator[Algebra]:
    """Factors a sum in a numerator or denominator."""
    if not is_sum(node) or above not in ("/", "*") or holds_product(node):
        return
    polynomial = monomials(node)
    if not polynomial:
        return
    shared = dict(next(iter(polynomial)))
    for key in polynomial:
        powers = dict(key)
        shared = {atom: min(n, powers.get(atom, 0)) for atom, n in shared.items() if atom in powers}
    out = gcd(*polynomial.values())
    left = {
        tuple((a, n - shared.get(a, 0)) for a, n in key if n > shared.get(a, 0)): c // out
        for key, c in polynomial.items()
    }
    parts = [term_of(tuple(shared.items()), out), *_split(left)]
    if len([part for part in parts if part != 1]) > 1:
        yield product(parts)


def _split(polynomial: dict[Monomial, int]) -> list[Algebra]:
    """The irreducible factors of a sum in one name or function."""
    atoms = {atom for key in polynomial for atom, _ in key}
    if len(atoms) != 1:
        return [sum_of(polynomial)]
    (atom,) = atoms
    top = max(dict(key).get(atom, 0) for key in polynomial)
    dense = [polynomial.get(((atom, n),) if n else (), 0) for n in range(top, -1, -1)]
    outside, parts = dup_factor_list([ZZ(c) for c in dense], ZZ)
    if outside == -1:
        return [sum_of(polynomial)]
    made: list[Algebra] = [] if outside == 1 else [int(outside)]
    for part, power in parts:
        tree = substitute(polynomial_of([int(c) for c in part], "x"), "x", read(atom))
        made.append(tree if power == 1 else ("^", tree, power))
    return made


def cancel(node: Any, above: str) -> Iterator[Algebra]:
    """Cancels all common factors of a quotient."""
    if not isinstance(node, tuple) or node[0] != "/":
        return
    top, bottom = bases(node[1]), bases(node[2])
    for base in list(top):
        if base in bottom and base != 1:
            top.remove(base)
            bottom.remove(base)
    numbers = [number for number in (top, bottom) for number in number if isinstance(number, int)]  # type: ignore[assignment]
    shared = gcd(content(product(top)), content(product(bottom))) if len(numbers) else 1
    if shared > 1:
        top, bottom = ([_less(product(side), shared)] for side in (top, bottom))
    if shared > 1 or len(top) < len(bases(node[1])):
        below = powers_of(bottom)
        yield powers_of(top) if below == 1 else ("/", powers_of(top), below)


def _less(tree: Any, by: int) -> Algebra:
    """A product or a sum, divided by a number that divides it."""
    if isinstance(tree, int):
        return tree // by
    if isinstance(tree, tuple) and tree[0] == "*":
        here = gcd(content(tree[1]), by)
        return product((_less(tree[1], here), _less(tree[2], by // here)))
    if isinstance(tree, tuple) and tree[0] in ("+", "-", "neg") and by > 1:
        return (tree[0], *(_less(part, by) for part in tree[1:]))
    return tree  # type: ignore[no-any-return]


def merge(node: Any, above: str) -> Iterator[Algebra]:
    """Writes a product or a quotient of quotients as one quotient."""
    if not isinstance(node, tuple) or node[0] not in ("*", "/") or (above == "*" and node[0] == "*"):
        return
    over: list[Algebra] = []
    under: list[Algebra] = []
    for tree, up, down in (
        ((node, over, under),) if node[0] == "*" else ((node[1], over, under), (node[2], under, over))
    ):
        for part in factors(tree):
            quotient = isinstance(part, tuple) and part[0] == "/"
            up.append(part[1] if quotient else part)  # type: ignore[index]
            down += [part[2]] if quotient else []  # type: ignore[index, misc]
    if under and ("/", product(over), product(under)) != node:
        yield ("/", product(over), product(under))


def common(node: Any, above: str) -> Iterator[Algebra]:
    """Brings the terms of a sum over their least common denominator."""
    if not is_sum(node) or above in ("+", "-"):
        return
    signed = [(sign, *_parts(tree)) for sign, tree in terms(node)]
    if all(below == [] for _, _, below in signed):
        return
    denominator: list[Algebra] = []
    for _, _, below in signed:
        for base in below:
            denominator += [base] * (sum(base == b for b in below) - sum(base == w for w in denominator))
    over = []
    for sign, top, below in signed:
        missing = list(denominator)
        for base in below:
            missing.remove(base)
        over.append((sign, product((top, *missing))))
    yield ("/", total(over), powers_of(denominator))


def _parts(tree: Any) -> tuple[Algebra, list[Algebra]]:
    if isinstance(tree, tuple) and tree[0] == "/":
        return tree[1], bases(tree[2])
    return tree, []


def root(node: Any, above: str) -> Iterator[Algebra]:
    """Takes the largest square out of the root of a number."""
    if isinstance(node, tuple) and node[0] == "sqrt" and (out := square_in(node[1])):
        inside = int(node[1]) // out**2
        yield out if inside == 1 else ("*", out, ("sqrt", inside))


def rationalise(node: Any, above: str) -> Iterator[Algebra]:
    """Multiplies numerator and denominator by the conjugate of the denominator, or by a root in it."""
    if not isinstance(node, tuple) or node[0] != "/" or not has_root(node[2]):
        return
    bottom = node[2]
    ways: list[Algebra] = [("-" if bottom[0] == "+" else "+", *bottom[1:])] if is_sum(bottom) else []  # type: ignore[list-item]
    for way in (*ways, bottom if is_sum(bottom) else next(p for p in factors(bottom) if has_root(p))):
        below = monomials(("*", bottom, way))
        if below:
            yield ("/", ("*", node[1], way), sum_of(below))


RULES: dict[str, Callable[[Algebra, str], Iterator[Algebra]]] = {
    "cancel": cancel,
    "collect": collect,
    "root": root,
    "pythagoras": pythagoras,
    "tangent": tangent,
    "merge": merge,
    "factor": factor,
    "common": common,
    "rationalise": rationalise,
    "double": double,
    "expand": expand,
}


def rewritten(tree: Any) -> Iterator[tuple[str, Algebra]]:
    """The results of applying one rule at one node, rule by rule, without repetition."""
    seen = {write(tree)}
    spots = list(places(tree))
    for word, rule in RULES.items():
        for node, above, put in spots:
            for new in rule(node, above):
                result = tidy(put(new))
                if (text := write(result)) not in seen:
                    seen.add(text)
                    yield word, result


def places(tree: Any, above: str = "") -> Iterator[tuple[Algebra, str, Callable[[Algebra], Algebra]]]:
    """Every node, the operator of its parent, and a function that replaces the node."""
    yield tree, above, lambda new: new
    if not isinstance(tree, tuple):
        return
    for at in range(1, len(tree)):
        for node, over, put in places(tree[at], tree[0]):
            yield node, over, _put_at(tree, at, put)


def _put_at(tree: Any, at: int, put: Callable[[Algebra], Algebra]) -> Callable[[Algebra], Algebra]:
    return lambda new: (*tree[:at], put(new), *tree[at + 1 :])


def tidy(tree: Any) -> Algebra:
    """The expression without factors 1, terms 0, quotients by 1 and double signs."""
    if not isinstance(tree, tuple):
        return tree  # type: ignore[no-any-return]
    parts: list[Any] = [tidy(part) for part in tree[1:]]
    name, a, b = tree[0], parts[0], parts[-1]
    if name in ("+", "-") and len(parts) == 2:
        return total([(sign, term) for sign, term in terms((name, a, b)) if term != 0])
    if name == "neg":
        return total([(-sign, term) for sign, term in terms(a)]) if not is_sum(a) else ("neg", a)
    if name == "*":
        return product((a, b))
    if (name == "/" and b == 1) or (name == "^" and b == 1):
        return a  # type: ignore[no-any-return]
    return 0 if name == "/" and a == 0 and b != 0 else (name, *parts)

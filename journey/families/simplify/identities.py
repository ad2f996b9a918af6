"""Rules for sines, cosines and tangents: Pythagoras, the double angle, sin/cos = tan.

Each rule yields its results for one node of an expression; nothing if it does not apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from journey.algebra import Algebra, polynomial_of, product, read, write
from journey.families.simplify.monomials import (
    Monomial,
    added,
    bases,
    holds_product,
    is_sum,
    joined,
    monomials,
    powers_of,
    sum_of,
    term_of,
)


def pythagoras(node: Any, above: str) -> Iterator[Algebra]:
    """sin^2 + cos^2 = 1, in a sum with two of the three terms."""
    terms = monomials(node) if is_sum(node) and above not in ("+", "-") and not holds_product(node) else None
    if terms is None:
        return
    for key, c in terms.items():
        for atom, power in key:
            if atom[:3] not in ("sin", "cos") or power < 2:
                continue
            other = ("cos" if atom[:3] == "sin" else "sin") + atom[3:]
            less = tuple((a, n - 2 * (a == atom)) for a, n in key if n - 2 * (a == atom))
            if joined(less, ((other, 2),))[0] in terms and atom[:3] == "sin":
                both = added({key: -c, joined(less, ((other, 2),))[0]: -c}, {less: c}, 1)
                yield sum_of(added(terms, both, 1))
            if terms.get(less, 0) * c < 0:
                yield sum_of(
                    added(terms, added({key: -c, less: c}, {joined(less, ((other, 2),))[0]: c}, -1), 1)
                )


def _inside(atom: str) -> Any:
    function: Any = read(atom)
    return function[1]


def angle(tree: Any) -> int:
    """The integer k of an angle k x, else 0."""
    if tree == "x":
        return 1
    is_multiple = isinstance(tree, tuple) and tree[0] == "*" and isinstance(tree[1], int) and tree[2] == "x"
    return int(tree[1]) if is_multiple else 0


def double(node: Any, above: str) -> Iterator[Algebra]:
    """The double angle: sin(2x) = 2sin(x)cos(x) in both directions, and cos(2x) in its three forms."""
    if not isinstance(node, tuple):
        return
    if node[0] in ("sin", "cos") and (k := angle(node[1])) and k % 2 == 0:
        sine, cosine = ((name, polynomial_of((k // 2, 0))) for name in ("sin", "cos"))
        if node[0] == "sin":
            yield ("*", ("*", 2, sine), cosine)
            return
        yield ("-", ("^", cosine, 2), ("^", sine, 2))
        yield ("-", ("*", 2, ("^", cosine, 2)), 1)
        yield ("-", 1, ("*", 2, ("^", sine, 2)))
    if is_sum(node) and above not in ("+", "-") and not holds_product(node):
        yield from _cosines(monomials(node) or {})
    if node[0] == "*" and above != "*" and not holds_product(node):
        for key, c in (monomials(node) or {}).items():
            powers = dict(key)
            for atom in powers:
                k, other = angle(_inside(atom)) if atom[:3] == "sin" else 0, "cos" + atom[3:]
                if k and c % 2 == 0 and other in powers:
                    less = tuple((a, n - (a in (atom, other))) for a, n in key if n - (a in (atom, other)))
                    yield product((c // 2, term_of(less, 1), ("sin", polynomial_of((2 * k, 0)))))


def _cosines(terms: dict[Monomial, int]) -> Iterator[Algebra]:
    """cos(2x) for cos^2 - sin^2, 2cos^2 - 1 or 1 - 2sin^2 in a sum."""
    for key, c in terms.items():
        atom, power = key[0] if len(key) == 1 else ("", 0)
        if power != 2 or atom[:3] not in ("sin", "cos") or not (k := angle(_inside(atom))):
            continue
        sign = 1 if atom[:3] == "cos" else -1
        double = {((write(("cos", polynomial_of((2 * k, 0)))), 1),): 1}
        other = ((("sin" if sign > 0 else "cos") + atom[3:], 2),)
        if terms.get(other) == -c and sign > 0:
            yield sum_of(added(added(terms, {key: c, other: -c}, -1), {next(iter(double)): c}, 1))
        if c % 2 == 0 and terms.get((), 0) * c < 0:
            yield sum_of(
                added(added(terms, {key: c}, -1), {(): c // 2, next(iter(double)): sign * c // 2}, 1)
            )


def tangent(node: Any, above: str) -> Iterator[Algebra]:
    """sin/cos = tan, in both directions."""
    if not isinstance(node, tuple):
        return
    if node[0] == "tan":
        yield ("/", ("sin", node[1]), ("cos", node[1]))
    if node[0] == "/":
        top, bottom = bases(node[1]), bases(node[2])
        for part in top:
            below = ("cos", part[1]) if isinstance(part, tuple) and part[0] == "sin" else None
            if below in bottom:
                top[top.index(part)] = ("tan", part[1])  # type: ignore[index]
                bottom.remove(below)
                yield powers_of(top) if not bottom else ("/", powers_of(top), powers_of(bottom))
                return

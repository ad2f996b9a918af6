"""Derivatives of expressions, rule by rule; nothing is simplified.

derivative(read("x^2*sin(x)"))      2x*sin(x)+x^2*cos(x)
derivative(read("I(x*exp(x))"))     x*exp(x), by the definition of an antiderivative
"""

from __future__ import annotations

from functools import lru_cache

from journey.algebra import Algebra, product
from journey.exact.surds import Unsupported

VARIABLE = "x"


@lru_cache(maxsize=4096)
def carried_out(tree: Algebra) -> Algebra:
    """The expression with every D(...) replaced by the derivative.

    >>> from journey.algebra import read, write
    >>> write(carried_out(read("3D(sin(2x))")))
    '3(cos(2x)*2)'
    """
    if not isinstance(tree, tuple):
        return tree
    if tree[0] == "D":
        return derivative(carried_out(tree[1]))
    return (tree[0], *map(carried_out, tree[1:]))  # type: ignore[return-value]


@lru_cache(maxsize=4096)
def derivative(tree: Algebra) -> Algebra:
    """The derivative with respect to x; that of I(f) is f.

    Raises:
        Unsupported: it contains a function without a rule, or x in an exponent other than that of exp.
    """
    if _constant(tree):
        return 0
    if isinstance(tree, str):
        return 1
    if isinstance(tree, int):
        return 0
    if tree[0] == "I":
        return carried_out(tree[1])
    if tree[0] == "D":
        return derivative(carried_out(tree))
    u = tree[1]
    du = derivative(u)
    if len(tree) == 2:
        return product((_outer(tree[0], u), du)) if tree[0] != "neg" else ("neg", du)
    operator, _, v = tree
    if operator in ("+", "-"):
        dv = derivative(v)
        return du if dv == 0 else (operator, du, dv)
    if operator == "*":
        return _sum(product((du, v)), product((u, derivative(v))))
    if operator == "/":
        if _constant(v):
            return ("/", du, v)
        return ("/", ("-", product((du, v)), product((u, derivative(v)))), ("^", v, 2))
    if operator == "^" and _constant(v):
        lower: Algebra = ("-", v, 1) if not isinstance(v, int) else v - 1
        power: Algebra = u if lower == 1 else ("^", u, lower)
        return product((v, power if lower != 0 else 1, du))
    raise Unsupported(f"no rule for the derivative of {operator}")


def _constant(tree: Algebra) -> bool:
    """Whether it does not depend on x; I(5), which is 5x, does."""
    if isinstance(tree, tuple):
        return tree[0] != "I" and all(map(_constant, tree[1:]))
    return tree != VARIABLE


def _sum(first: Algebra, second: Algebra) -> Algebra:
    return second if first == 0 else first if second == 0 else ("+", first, second)


def _outer(name: str, u: Algebra) -> Algebra:
    """The outer derivative of a function at `u`."""
    rules: dict[str, Algebra] = {
        "sin": ("cos", u),
        "cos": ("neg", ("sin", u)),
        "tan": ("/", 1, ("^", ("cos", u), 2)),
        "exp": ("exp", u),
        "log": ("/", 1, u),
        "sqrt": ("/", 1, ("*", 2, ("sqrt", u))),
        "abs": ("/", u, ("abs", u)),
    }
    if name not in rules:
        raise Unsupported(f"no rule for the derivative of {name}")
    return rules[name]

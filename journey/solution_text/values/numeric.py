"""The value of a tree in thirty digits, where it has no exact one: enough to refute, never to prove.

Two sides whose values differ by more than a millionth part differ; equal digits prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import mpmath

from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.calculus import put

DIGITS = 30
TOLERANCE = 1e-6
MAX_SUM = 300
MAX_SIZE = 1e30
"""Of a value that is computed with; beyond it, powers of powers take long."""
FUNCTIONS = {
    "sin": mpmath.sin,
    "cos": mpmath.cos,
    "tan": mpmath.tan,
    "cot": mpmath.cot,
    "sec": mpmath.sec,
    "csc": mpmath.csc,
    "ln": mpmath.log,
    "abs": abs,
}


class NoValue(ValueError):
    """There is no real value, or none that is computed here."""


def numeric(tree: Node, at: Mapping[str, Fraction]) -> float:
    """The real value with these values of letters, rounded; e and pi have their own.

    Raises:
        NoValue: a letter has no value, or the tree none.

    >>> from journey.solution_text.reading.trees import Node, nodes
    >>> round(numeric(Node("ln", (Node("letter", name="e"),)), {}), 9)
    1.0
    """
    with mpmath.workdps(DIGITS):
        try:
            return float(_valued(tree, at))
        except (ZeroDivisionError, OverflowError, TypeError, ValueError) as fault:
            raise NoValue from fault


def _valued(tree: Node, at: Mapping[str, Fraction]) -> mpmath.mpf:
    if tree.op == "number":
        return mpmath.mpf(tree.value.numerator) / tree.value.denominator
    if tree.op == "letter":
        if tree.name in at:
            return mpmath.mpf(at[tree.name].numerator) / at[tree.name].denominator
        if tree.name in ("e", "pi"):
            return mpmath.e if tree.name == "e" else mpmath.pi
        raise NoValue
    if tree.op in ("sum", "prod"):
        return _series(tree, at)
    return _real(_applied(tree.op, tree.name, [_valued(part, at) for part in tree.parts]))


def _real(worth: mpmath.mpf) -> mpmath.mpf:
    if isinstance(worth, mpmath.mpc) or not mpmath.isfinite(worth) or abs(worth) > MAX_SIZE:
        raise NoValue
    return worth


def _applied(op: str, name: str, parts: list[mpmath.mpf]) -> mpmath.mpf:
    a = parts[0]
    if len(parts) == 1:
        if op in FUNCTIONS:
            return FUNCTIONS[op](a * mpmath.pi / 180 if name == "degrees" else a)
        if op == "log":
            return mpmath.log(a, 10)
        if op in ("sqrt", "-", "percent"):
            return {"sqrt": mpmath.sqrt, "-": lambda x: -x, "percent": lambda x: x / 100}[op](a)
        raise NoValue
    b = parts[1]
    if op == "log":
        return mpmath.log(a) / mpmath.log(b)
    if op == "sqrt":
        return mpmath.root(a, int(b)) if a >= 0 and 2 <= b <= 20 and b == int(b) else _no()
    if op == "^":
        return a**b if a > 0 or b == int(b) else _no()
    if op in ("+", "mixed"):
        return a + b
    if op in ("-", "*", "/"):
        return {"-": a - b, "*": a * b}[op] if op != "/" else a / b
    raise NoValue


def _no() -> mpmath.mpf:
    raise NoValue


def _series(tree: Node, at: Mapping[str, Fraction]) -> mpmath.mpf:
    low, high, body = tree.parts
    first, last = _valued(low, at), _valued(high, at)
    nested = any(node.op in ("sum", "prod") for node in nodes(body))
    if first != int(first) or last != int(last) or last - first > MAX_SUM or nested:
        raise NoValue
    total = mpmath.mpf(0 if tree.op == "sum" else 1)
    for k in range(int(first), int(last) + 1):
        term = _valued(put(body, tree.name, Node("number", value=Fraction(k))), at)
        total = total + term if tree.op == "sum" else total * term
    return total


def differ(a: float, b: float) -> bool:
    """Whether two values are not the same number."""
    return abs(a - b) > TOLERANCE * max(abs(a), abs(b), 1.0)

"""Values in floating point with a bound of their error: enough to tell most signs, and cheap.

roughly(read("sqrt(x)-1"), "x", 2.0, 0.0)       (0.414..., 2e-15)
"""

from __future__ import annotations

from math import isfinite, sqrt

from journey.algebra import Algebra

STEP = 4e-16
"""More than the rounding error of one operation, relative to its result."""


def roughly(tree: Algebra, name: str, value: float, error: float) -> tuple[float, float] | None:
    """The value of an expression in one unknown, and a bound of its error.

    None where that does not tell enough, or where there is no value, or a function other than roots and bars.

    >>> from journey.algebra import read
    >>> value, error = roughly(read("sqrt(x)-1"), "x", 4.0, 0.0)
    >>> value == 1 and 0 < error < 1e-14
    True
    """
    if isinstance(tree, int):
        return (float(tree), abs(tree) * STEP)
    if isinstance(tree, str):
        return (value, error) if tree == name else None
    first = roughly(tree[1], name, value, error)
    if first is None:
        return None
    a, da = first
    operator = tree[0]
    if len(tree) == 2:
        if operator == "sqrt":
            return (sqrt(a), da / sqrt(a - da) + sqrt(a) * STEP) if a > 2 * da else None
        return (-a, da) if operator == "neg" else (abs(a), da) if operator == "abs" else None
    if operator == "^":
        return _power(a, da, tree[2])
    second = roughly(tree[2], name, value, error)
    if second is None:
        return None
    b, db = second
    if operator in ("+", "-"):
        found = a + b if operator == "+" else a - b
        bound = da + db
    elif operator == "*":
        found, bound = a * b, abs(a) * db + abs(b) * da + da * db
    elif operator == "/" and abs(b) > 2 * db:
        found = a / b
        bound = (da + abs(found) * db) / (abs(b) - db)
    else:
        return None
    # Twice over: the bound is itself computed in floating point.
    bound = 2 * (bound + abs(found) * STEP)
    return (found, bound) if isfinite(bound) else None


def _power(a: float, da: float, exponent: Algebra) -> tuple[float, float] | None:
    if not isinstance(exponent, int) or not 0 < exponent < 24 or abs(a) + da > 1e9:
        return None
    found, bound = 1.0, 0.0
    for _ in range(exponent):
        bound = 2 * (abs(found) * da + abs(a) * bound + da * bound)
        found *= a
        bound += abs(found) * STEP
    return found, bound

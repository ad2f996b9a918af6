"""Fast floating-point values with error bounds, which decide most signs.

float_value(read("sqrt(x)-1"), "x", 2.0, 0.0)       (0.414..., 2e-15)
"""

from __future__ import annotations

from math import isfinite, sqrt

from journey.algebra import Algebra

STEP = 4e-16
"""An upper bound of the relative rounding error of one operation."""


def float_value(tree: Algebra, name: str, value: float, error: float) -> tuple[float, float] | None:
    """The value of an expression in one unknown, and an upper bound of its error.

    None if the bound would be useless, if there is no value, or for functions other than sqrt and abs.

    >>> from journey.algebra import read
    >>> value, error = float_value(read("sqrt(x)-1"), "x", 4.0, 0.0)
    >>> value == 1 and 0 < error < 1e-14
    True
    """
    if isinstance(tree, int):
        return (float(tree), abs(tree) * STEP)
    if isinstance(tree, str):
        return (value, error) if tree == name else None
    first = float_value(tree[1], name, value, error)
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
    second = float_value(tree[2], name, value, error)
    if second is None:
        return None
    b, db = second
    if operator in ("+", "-"):
        result = a + b if operator == "+" else a - b
        bound = da + db
    elif operator == "*":
        result, bound = a * b, abs(a) * db + abs(b) * da + da * db
    elif operator == "/" and abs(b) > 2 * db:
        result = a / b
        bound = (da + abs(result) * db) / (abs(b) - db)
    else:
        return None
    # Doubled, because the bound itself is computed in floating point.
    bound = 2 * (bound + abs(result) * STEP)
    return (result, bound) if isfinite(bound) else None


def _power(a: float, da: float, exponent: Algebra) -> tuple[float, float] | None:
    if not isinstance(exponent, int) or not 0 < exponent < 24 or abs(a) + da > 1e9:
        return None
    result, bound = 1.0, 0.0
    for _ in range(exponent):
        bound = 2 * (abs(result) * da + abs(a) * bound + da * bound)
        result *= a
        bound += abs(result) * STEP
    return result, bound

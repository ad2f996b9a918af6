"""sympy's factor list, in any order and with any signs that cancel."""

from __future__ import annotations

import re
from typing import Any

from sympy import Poly, Symbol, expand, factor_list

X = Symbol("x")


def right(givens: dict[str, Any], answer: str) -> bool:
    factors = [_poly(text) for text in re.findall(r"\(([^)]*)\)", answer)]
    _, whole = factor_list(givens["a"] * X**2 + givens["b"] * X + givens["c"])
    true = sorted(str(Poly(f, X).as_expr()) for f, power in whole for _ in range(power))
    signs = 1
    for poly in factors:
        signs *= 1 if poly.LC() > 0 else -1
    message = sorted(str((poly if poly.LC() > 0 else -poly).as_expr()) for poly in factors)
    return message == true and signs > 0


def _poly(text: str) -> Poly:
    result = re.fullmatch(r"(-?\d*)x([+-]\d+)", text)
    assert result
    return Poly([int({"": "1", "-": "-1"}.get(result[1], result[1])), int(result[2])], X)


def near(givens: dict[str, Any], answer: str) -> list[str]:
    _, factors = factor_list(givens["a"] * X**2 + givens["b"] * X + givens["c"])
    linear = [
        f"({expand(f)})".replace("*", "").replace(" ", "") for f, power in factors for _ in range(power)
    ]
    swapped = answer.translate(str.maketrans("+-", "-+"))
    return ["".join(linear), "".join(reversed(linear)), swapped, linear[0] * 2, linear[1] * 2]

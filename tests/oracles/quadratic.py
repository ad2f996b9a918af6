"""sympy's solveset over the reals, and its own simplification of the difference of two numbers."""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import FiniteSet, S, Symbol, simplify, solveset, sympify

X = Symbol("x", real=True)


@cache
def _solutions(equation: str) -> list[Any]:
    left, right = (_read(side) for side in equation.split("="))
    found = solveset(left - right, X, S.Reals)
    assert isinstance(found, FiniteSet) or found is S.EmptySet
    return list(found)


def _read(text: str) -> Any:
    """A side or a number; both are the suite's own."""
    import re

    stars = re.sub(r"(?<=[\dx)])(?=[x(s])", "*", text.replace("^", "**"))
    return sympify(stars, locals={"x": X}, rational=True)


def right(givens: dict[str, Any], answer: str) -> bool:
    true = _solutions(givens["equation"])
    if answer == "no solution":
        return not true
    said: list[Any] = []
    for part in answer.split(","):
        said += [_read(part.replace("+-", sign)) for sign in "+-"] if "+-" in part else [_read(part)]
    return len(said) == len(true) and all(any(simplify(one - each) == 0 for each in said) for one in true)


def near(givens: dict[str, Any], answer: str) -> list[str]:
    if answer == "no solution":
        return ["no solution", "0", "1,2"]
    parts = answer.split(",")
    first = parts[0]
    return [
        ",".join(reversed(parts)),
        first,
        ",".join([*parts, "77"]),
        "no solution",
        ",".join(f"-({part})" for part in parts),
        ",".join(f"({part})*2/2" for part in parts),
        ",".join([first, *(f"{part}+1" for part in parts[1:])]),
        ",".join(f"sqrt(({part})^2)" for part in parts if "sqrt" not in part) or first,
        f"({'+'.join(parts)})/2+-({parts[-1]}-({first}))/2" if len(parts) == 2 else first,
    ]

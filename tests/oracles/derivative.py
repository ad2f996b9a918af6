"""mpmath's numerical derivative at points where the function is smooth, to 25 digits."""

from __future__ import annotations

import re
from typing import Any

import mpmath

from journey.algebra import Algebra, names_in, read
from journey.errors import MoveError

POINTS = ("0.7310585", "1.2857142", "2.1180339")


def value(tree: Algebra, x: Any) -> Any:
    """The value of an expression in x, node by node."""
    if isinstance(tree, int):
        return mpmath.mpf(tree)
    if isinstance(tree, str):
        return x
    parts = [value(part, x) for part in tree[1:]]
    operations: dict[str, Any] = {
        "+": lambda a, b: a + b,
        "-": lambda a, b: a - b,
        "*": lambda a, b: a * b,
        "/": lambda a, b: a / b,
        "^": lambda a, b: a**b,
        "neg": lambda a: -a,
        "abs": abs,
    }
    return (operations.get(tree[0]) or getattr(mpmath, tree[0]))(*parts)


def slope(tree: Algebra, x: Any) -> Any:
    """The derivative at a point, from values beside it."""
    return mpmath.diff(lambda at: value(tree, at), x)


def expression(answer: str) -> Algebra | None:
    """An answer in x alone with nothing left to carry out."""
    try:
        tree = read(answer)
    except MoveError:
        return None
    return None if re.search("[DI]", answer) or set(names_in(tree)) - {"x"} else tree


def close(one: Any, other: Any) -> bool:
    return bool(abs(one - other) <= mpmath.mpf(10) ** -12 * (1 + abs(one)))


def right(givens: dict[str, Any], answer: str) -> bool:
    text = expression(answer)
    f = read(givens["f"])
    with mpmath.workdps(40):
        return text is not None and all(
            close(slope(f, mpmath.mpf(at)), value(text, mpmath.mpf(at))) for at in POINTS
        )


def near(givens: dict[str, Any], answer: str) -> list[str]:
    """Signs and numbers changed, terms dropped or added, the function itself; and the same in other words."""
    same = [f"({answer})", f"x+{answer}-x" if answer[0] != "-" else f"x{answer}-x", f"2({answer})/2"]
    same += [answer.replace("exp(", "1exp("), f" {answer} "]
    changed = [
        answer.translate(str.maketrans("+-", "-+")),
        answer.replace("2", "3"),
        answer.replace("cos", "sin"),
    ]
    return [
        *same,
        *changed,
        f"{answer}+1",
        f"-({answer})",
        givens["f"],
        f"D({givens['f']})",
        f"{answer}*x",
        "0",
    ]

"""Equal in 60 digits at every point where both have a value, and no longer than what was asked for."""

from __future__ import annotations

import re
from typing import Any

from journey.algebra import names_in, read, write
from journey.errors import MoveError
from tests.oracles.algebra import equal


def right(givens: dict[str, Any], answer: str) -> bool:
    try:
        first, message = read(givens["expression"]), read(answer)
    except MoveError:
        return False
    # Numbers, letters and functions, counted in the text; a root in a denominator makes it longer.
    counted = len(re.findall(r"sqrt|sin|cos|tan|[0-9]+|x", answer)) + 4 * bool(re.search("/.*sqrt", answer))
    names = sorted({*names_in(first), *names_in(message)})
    return counted <= givens["size"] and equal(first, message, names) is True


def near(givens: dict[str, Any], answer: str) -> list[str]:
    tree = read(answer)
    result = [f"-({answer})", f"({answer})", write(("+", tree, 1)), givens["expression"], "0", "x"]
    result += [answer.replace("+", "-"), answer.replace("-", "+"), answer.replace("2", "3", 1)]
    if isinstance(tree, tuple) and len(tree) == 3 and tree[0] in "+*/":
        result += [write((tree[0], tree[2], tree[1]))]
    return result

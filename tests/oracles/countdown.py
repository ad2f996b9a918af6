"""sympy's value of the expression, and a count of its numbers."""

from __future__ import annotations

import re
from typing import Any

from sympy import sympify

LEVELS = [1, 2]


def right(givens: dict[str, Any], answer: str) -> bool:
    numbers = sorted(map(int, re.findall(r"\d+", answer)))
    # The answers judged here are the suite's own.
    return numbers == sorted(givens["numbers"]) and sympify(answer) == givens["target"]


def near(givens: dict[str, Any], answer: str) -> list[str]:
    swapped = [answer.translate(str.maketrans(*pair)) for pair in ("+-", "-+", "*+")]
    first, *rest = map(str, givens["numbers"])
    return [*swapped, f"({answer})+{first}-{first}", "+".join([first, *rest]), "*".join([first, *rest])]

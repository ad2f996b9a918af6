"""Solves the problems another way than the family does: by Python's own sum."""

from __future__ import annotations

from typing import Any

LEVELS = [1, 2, 3, 4]
"""The levels that the tests explore by the hundred: leave out those with large graphs."""


def right(givens: dict[str, Any], answer: str) -> bool:
    """Whether an answer is right."""
    return bool(int(answer) == sum(givens["numbers"]))


def near(givens: dict[str, Any], answer: str) -> list[str]:
    """Answers near a right one, on which the family's `grade` and `right` must agree."""
    return [str(number) for number in range(max(0, int(answer) - 20), int(answer) + 21)]

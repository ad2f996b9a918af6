"""Both sides, and every pair in a box around the answer."""

from __future__ import annotations

from typing import Any

LEVELS = [1, 2, 3]


def right(givens: dict[str, Any], answer: str) -> bool:
    x, y = map(int, answer.split(","))
    return min(x, y) >= 0 and givens["a"] * x + givens["b"] * y == givens["c"]


def near(givens: dict[str, Any], answer: str) -> list[str]:
    x, y = map(int, answer.split(","))
    box = [f"{x + i},{y + j}" for i in (-1, 0, 1) for j in (-1, 0, 1) if min(x + i, y + j) >= 0]
    every = [
        f"{i},{j}"
        for i in range(givens["c"] // givens["a"] + 1)
        for j in range(givens["c"] // givens["b"] + 1)
        if givens["a"] * i + givens["b"] * j == givens["c"]
    ]
    return box + every

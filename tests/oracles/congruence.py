"""Every congruence, one after another, with Python's own remainder."""

from __future__ import annotations

from math import lcm
from typing import Any


def right(givens: dict[str, Any], answer: str) -> bool:
    return all((a * int(answer) - b) % m == 0 for a, b, m in givens["congruences"])


def near(givens: dict[str, Any], answer: str) -> list[str]:
    period = lcm(*(m for _, _, m in givens["congruences"]))
    shifts = (1, -1, 2, period, -7 * period, *(m for _, _, m in givens["congruences"]))
    return [str(int(answer) + shift) for shift in shifts]

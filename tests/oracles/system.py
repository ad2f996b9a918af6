"""sympy's solver for linear systems."""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Rational, linsolve, symbols

from tests.oracles.reading import expression

LEVELS = [1, 2, 3]

NAMES = symbols("x y z")


@cache
def _solution(equations: tuple[str, ...]) -> dict[str, Any]:
    sides = [[expression(side, *NAMES) for side in text.split("=")] for text in equations]
    names = NAMES[: len(equations)]
    (values,) = linsolve([left - right for left, right in sides], *names)
    return dict(zip(map(str, names), values, strict=True))


def right(givens: dict[str, Any], answer: str) -> bool:
    pairs = [part.strip().split("=") for part in answer.split(",")]
    message = {name: Rational(number) for name, number in pairs}
    return len(pairs) == len(message) and message == _solution(tuple(givens["equations"]))


def near(givens: dict[str, Any], answer: str) -> list[str]:
    parts = [part.split("=") for part in answer.split(",")]
    lists = [parts[::-1], [*parts, parts[0]], parts[1:], [[n, str(-int(v))] for n, v in parts]]
    for at, (name, number) in enumerate(parts):
        lists += [[*parts[:at], [name, str(int(number) + by)], *parts[at + 1 :]] for by in (-1, 1, 2)]
    lists.append([[name, f"{2 * int(number)}/2"] for name, number in parts])
    names = [name for name, _ in parts]
    lists.append([[name, number] for name, (_, number) in zip(names[1:] + names[:1], parts, strict=True)])
    return [",".join("=".join(part) for part in each) for each in lists if each]

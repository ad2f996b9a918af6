"""The problem families: one file each, a module that fits the protocol `Family`.

To add one, copy the nearest file and write its functions. Nothing else needs to know: every module in this
folder is a family.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from functools import lru_cache
from random import Random
from typing import Any, Protocol, cast

from journey.check import Claim
from journey.errors import unknown_name
from journey.step import Evidence, Move, Verdict

State = Any
"""A family's own immutable value for a situation in the search; only its family looks inside."""

READ = ("prose",)
"""The families whose problems are read from files."""
NAMES = tuple(sorted({module.name for module in pkgutil.iter_modules(__path__)} - {*READ}))
"""The families that sample problems."""


class Family(Protocol):
    """What a family knows. A module with these functions is a family."""

    NAME: str
    SUMMARY: str
    """What is asked and where the wrong turns come from, in a line."""
    ALLOWED_VERDICTS: tuple[Verdict, ...]
    """Verdicts of steps that, besides the valid ones, may stay on the way to an answer: ADDS where candidates
    are tried in the problem before the goal, UNKNOWN where most steps cannot be decided, as in prose."""

    def sample(self, random: Random, level: int) -> tuple[dict[str, Any], str]:
        """Canonical givens of a solvable problem at `level` (1 to 5), and one right answer to it."""
        ...

    def split_key(self, givens: dict[str, Any]) -> str:
        """What decides the split: problems of equal split keys are never in two splits."""
        ...

    def statement(self, givens: dict[str, Any]) -> str:
        """The problem in words."""
        ...

    def prompt(self, givens: dict[str, Any]) -> str:
        """The problem as one terse line."""
        ...

    def start(self, givens: dict[str, Any]) -> State:
        """Where every search begins."""
        ...

    def key(self, state: State) -> str:
        """Canonical text of a state: equal states have equal keys and merge."""
        ...

    def moves(self, state: State) -> Iterator[Move]:
        """Every legal move, true results only, in the order a systematic solver tries them.

        Raises MoveError where the family does not know them, as with prose.
        """
        ...

    def mistakes(self, state: State, move: Move | None) -> Iterator[tuple[str, Move]]:
        """The mistakes people make in place of `move`, or (None) where nothing legal is left, by name."""
        ...

    def claims(self, state: State, move: Move) -> Sequence[Claim]:
        """What the move asserts, for the checker. Raises MoveError if it cannot be said in this state."""
        ...

    def apply(self, state: State, move: Move) -> State:
        """The state after the move, its result taken at its word."""
        ...

    def solved(self, state: State) -> bool:
        """Whether the goal is reached."""
        ...

    def heuristic(self, state: State) -> float:
        """How far the goal seems, 0 where it is within a step; a strategy may order states by it."""
        ...

    def dead_end_evidence(self, state: State) -> Evidence:
        """Why no goal lies below a hopeless state, in words."""
        ...

    def answer(self, givens: dict[str, Any], path: Sequence[Move]) -> str:
        """The final answer that a path of valid moves to a goal gives."""
        ...

    def grade(self, givens: dict[str, Any], answer: str) -> str | None:
        """None if the answer is right, else why not. Never compares strings."""
        ...

    def verification_line(self, givens: dict[str, Any], answer: str) -> str:
        """The problem with an answer put into it, true if that is right; "" where it cannot be put in."""
        ...

    def write(self, state: State, move: Move) -> str:
        """The move as one terse line."""
        ...

    def read(self, state: State, line: str) -> Move:
        """The move that a terse line says. Raises MoveError where it says none."""
        ...


@lru_cache
def get(name: str) -> Family:
    """The family of this name; an unknown one is an `InputError` that names the nearest."""
    if name not in (*NAMES, *READ):
        raise unknown_name("family", name, (*NAMES, *READ))
    return cast(Family, importlib.import_module(f"journey.families.{name}"))


def catalogue() -> list[dict[str, Any]]:
    """Every family with its summary and a sample problem."""
    from journey.problem import draw

    rows = []
    for name in NAMES:
        family = get(name)
        problem = draw(family, 0, "train", 0, [1, 2])
        rows.append(
            {"name": name, "summary": family.SUMMARY, "sample": problem.statement, "answer": problem.answer}
        )
    for name in READ:
        rows.append({"name": name, "summary": get(name).SUMMARY, "sample": "read from files", "answer": None})
    return rows

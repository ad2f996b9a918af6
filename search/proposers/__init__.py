"""Where next steps come from. A proposer says what it would do; it never judges."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from journey.families import State
from journey.problem import Problem
from journey.step import Move


@dataclass(frozen=True, slots=True)
class Asked:
    """A state for which a search wants proposals."""

    problem: Problem
    state: State
    moves: tuple[Move, ...]
    """The steps so far, from the start to the state."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move somebody would make."""

    move: Move
    mistake: str | None = None
    """The misconception behind it, where the proposer made it on purpose."""
    logprob: float | None = None
    """Natural logarithm of its probability, where the source knows it."""
    label: int | None = None
    """What people said of the step: 1 right, -1 wrong, 0 neither; None if nobody did."""


class Proposer(Protocol):
    """What a source of next steps does."""

    name: str
    complete: bool
    """Whether it yields every legal move, so that running out of proposals proves a dead end."""
    recorded: bool
    """Whether it only repeats attempts made beforehand: a search follows them all to their ends."""

    def propose(self, asked: Sequence[Asked]) -> Sequence[Iterable[Proposal]]:
        """For each state, candidate next moves in the order they are to be tried.

        A source that pays by the call sees all states that are waiting at once; one that computes may yield
        lazily.
        """
        ...

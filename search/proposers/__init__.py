"""Where next steps come from. A proposer says what it would do; it never judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from journey.families import State
from journey.problem import Problem
from journey.step import Move


@dataclass(frozen=True, slots=True)
class Proposal:
    """A move somebody would make."""

    move: Move
    mistake: str | None = None
    """The misconception behind it, where the proposer made it on purpose."""
    logprob: float | None = None


class Proposer(Protocol):
    """What a source of next steps does."""

    name: str

    def propose(self, problem: Problem, state: State) -> Iterator[Proposal]:
        """Candidate next moves in one state, lazily, in the order they are to be tried."""
        ...

    def complete(self) -> bool:
        """Whether `propose` yields every legal move, so that running out of proposals proves a dead end."""
        ...

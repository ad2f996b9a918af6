"""Proposers: the sources of next steps. A proposer suggests moves; the checker judges them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from journey.families import State
from journey.problem import Problem
from journey.step import Move


@dataclass(frozen=True, slots=True)
class ProposalRequest:
    """A request for the next moves from one state."""

    problem: Problem
    state: State
    moves: tuple[Move, ...]
    """The moves from the start to the state."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A suggested move."""

    move: Move
    mistake: str | None = None
    """The misconception behind it, if the proposer made the mistake on purpose."""
    logprob: float | None = None
    """Natural logarithm of its probability, if the source knows it."""
    label: int | None = None
    """A human label of the step: 1 right, -1 wrong, 0 neutral; None if unlabelled."""


class Proposer(Protocol):
    """The interface of a source of next steps."""

    name: str
    complete: bool
    """Whether it proposes every legal move, so that running out of proposals proves a dead end."""
    recorded: bool
    """Whether it only replays finished attempts; a search then follows them all to their ends."""

    def propose(self, requests: Sequence[ProposalRequest]) -> Sequence[Iterable[Proposal]]:
        """Returns candidate next moves for each state, in the order in which to try them.

        All waiting states arrive in one call, so a model can batch them. The moves may be computed lazily.
        """
        ...

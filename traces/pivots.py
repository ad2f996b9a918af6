"""The records of pivotal searches (`train.pipeline.pivotal`), and their counts.

A line of RUN/pivots/*.jsonl holds the search in one solution of a model: the places over which its success
rate changed, the rates there, and the preference pairs that they make.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from traces.pairs import Pair

Ids = tuple[int, ...]
"""Tokens."""


class Rate(NamedTuple):
    """A success rate: the completions that were right, and all that were sampled."""

    right: int
    sampled: int

    @property
    def share(self) -> float:
        """The rate."""
        return self.right / self.sampled


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a model's solution: a pivot, or a random position as its control."""

    prefix: Ids
    """The tokens of the solution before it."""
    unit: Ids
    """The step or token that the solution has there."""
    before: Rate
    after: Rate
    other: Ids | None
    """The step or token that makes a pair with it; None if every completion began with `unit`."""
    other_rate: Rate | None
    """The completions of `prefix` that began with `other`."""
    is_pivot: bool
    fresh_before: Rate | None = None
    fresh_after: Rate | None = None

    @property
    def change(self) -> float:
        """The change of the success rate."""
        return self.after.share - self.before.share

    def survives(self, threshold: float) -> bool:
        """Whether fresh completions show a change in the same direction that reaches the threshold."""
        if self.fresh_before is None or self.fresh_after is None:
            return False
        fresh = self.fresh_after.share - self.fresh_before.share
        return abs(fresh) >= threshold and (fresh > 0) == (self.change > 0)


@dataclass(frozen=True, slots=True)
class PivotSearch:
    """The result for one problem, a line of the file of pivots."""

    id: str
    rate: float
    """The model's success rate on the problem."""
    searched: bool
    """Whether that rate is one of those that are searched."""
    threshold: float
    """The least change of the success rate over a pivot."""
    units: int
    """Steps or tokens of its solution."""
    rollouts: int
    """Completions that were sampled for the search, without those that estimate pivots again."""
    flops: int
    """Floating-point operations of everything that was generated for it (`train.models.flops`)."""
    positions: list[Position] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    schema_version: int = 1


@dataclass(frozen=True, slots=True)
class PivotCounts:
    """The results of one file of searches."""

    problems: int
    """Problems that were asked."""
    searched: int
    """Those with a searched solution: the model solves them neither too often nor too rarely."""
    rollouts: int
    """Completions sampled for the search."""
    pivots: int
    survived: int
    """Pivots that changed by the threshold again, in the same direction, in fresh completions."""
    pairs: dict[str, int]
    """Pairs by kind."""


def count_pivots(rows: Iterable[PivotSearch]) -> PivotCounts:
    """Counts the results of searches."""
    problems = searched = rollouts = pivots = survived = 0
    pairs: dict[str, int] = {}
    for row in rows:
        problems += 1
        searched += row.searched
        rollouts += row.rollouts
        pivotal = [position for position in row.positions if position.is_pivot]
        pivots += len(pivotal)
        survived += sum(position.survives(row.threshold) for position in pivotal)
        for pair in row.pairs:
            pairs[pair.kind] = pairs.get(pair.kind, 0) + 1
    return PivotCounts(problems, searched, rollouts, pivots, survived, dict(sorted(pairs.items())))

"""Solutions recorded by somebody else, several a problem, merged into one graph.

In each state the next steps of all attempts that came there are proposed, each once: what they share is
in the graph once, and where they part it branches, right and wrong. A line that says no step of the
family ends its attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log
from pathlib import Path
from typing import NamedTuple

from journey import families
from journey.errors import MoveError
from journey.families import State
from journey.problem import Problem
from journey.records import Record, Sample, read_records
from journey.step import Move
from search.proposers import Asked, Proposal


class Taken(NamedTuple):
    """A step that an attempt took."""

    state: State
    """In which it was taken."""
    move: Move
    label: int | None = None
    """What people said of it, if they did."""


class Attempts:
    """The steps of many attempts at a problem, by the state they were taken in."""

    def __init__(self, problem: Problem, steps: Iterable[Taken]) -> None:
        self.family = families.get(problem.family)
        self.steps: dict[str, list[Taken]] = {}
        for step in steps:
            self.steps.setdefault(self.family.key(step.state), []).append(step)

    def next(self, state: State) -> list[Proposal]:
        """The steps taken in a state, each once, with the share of the attempts that took it."""
        found: dict[Move, list[Taken]] = {}
        here = self.steps.get(self.family.key(state), [])
        for step in here:
            found.setdefault(step.move, []).append(step)
        return [
            Proposal(
                move,
                logprob=log(len(those) / len(here)),
                label=next((step.label for step in those if step.label is not None), None),
            )
            for move, those in found.items()
        ]


class Replay:
    """Proposes what the attempts in `records` do.

    A proposal's log-probability is that of the share of the attempts in a state that go on so.
    """

    name = "replay"
    complete = False
    recorded = True

    def __init__(self, records: Iterable[Record]) -> None:
        self.samples: dict[str, list[Sample]] = {}
        for record in records:
            self.samples.setdefault(record.problem.id, []).extend(record.samples)
        self.attempts: dict[str, Attempts] = {}
        """At each problem that was asked about."""

    @classmethod
    def from_file(cls, path: Path) -> Replay:
        """The attempts in a JSONL file (`journey.records`)."""
        return cls(read_records(path))

    def propose(self, asked: Sequence[Asked]) -> list[Iterator[Proposal]]:
        """The next steps of the attempts that came to each state."""
        return [iter(self._attempts(each.problem).next(each.state)) for each in asked]

    def _attempts(self, problem: Problem) -> Attempts:
        if problem.id not in self.attempts:
            samples = self.samples.get(problem.id, [])
            self.attempts[problem.id] = Attempts(problem, (t for s in samples for t in _taken(problem, s)))
        return self.attempts[problem.id]


def _taken(problem: Problem, sample: Sample) -> Iterator[Taken]:
    """The steps of one attempt, as far as they can be read."""
    family = families.get(problem.family)
    state = family.start(problem.givens)
    for line, label in zip(sample.steps, sample.labels or [None] * len(sample.steps), strict=True):
        try:
            move = family.read(state, line)
            family.claims(state, move)
            after = family.apply(state, move)
        except MoveError:
            return
        yield Taken(state, move, label)
        state = after

"""Replays recorded solutions, several per problem, and merges them into one graph.

In each state it proposes the next steps of all attempts that reached the state, each step once. Shared steps
appear once in the graph, and the graph branches where attempts differ. A line that is not a step of the
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
from journey.runs.records import Attempt, Record, read_records
from journey.step import Move
from search.proposers import Proposal, ProposalRequest


class RecordedStep(NamedTuple):
    """A step of an attempt."""

    state: State
    """The state before the step."""
    move: Move
    label: int | None = None
    """Its human label: 1, 0 or -1; None if unlabelled."""


class Attempts:
    """The steps of many attempts at a problem, grouped by the state before them."""

    def __init__(self, problem: Problem, steps: Iterable[RecordedStep]) -> None:
        self.family = families.get(problem.family)
        self.steps: dict[str, list[RecordedStep]] = {}
        for step in steps:
            self.steps.setdefault(self.family.key(step.state), []).append(step)

    def proposals(self, state: State) -> list[Proposal]:
        """The steps taken from a state, each once, with the log of the share of attempts that took it."""
        by_move: dict[Move, list[RecordedStep]] = {}
        steps = self.steps.get(self.family.key(state), [])
        for step in steps:
            by_move.setdefault(step.move, []).append(step)
        return [
            Proposal(
                move,
                logprob=log(len(same) / len(steps)),
                label=next((step.label for step in same if step.label is not None), None),
            )
            for move, same in by_move.items()
        ]


class Replay:
    """Proposes the steps of the attempts in `records`.

    The log-probability of a step is the logarithm of the share of the attempts in its state that took it.
    """

    name = "replay"
    complete = False
    recorded = True

    def __init__(self, records: Iterable[Record]) -> None:
        self.samples: dict[str, list[Attempt]] = {}
        for record in records:
            self.samples.setdefault(record.problem.id, []).extend(record.samples)
        self.attempts: dict[str, Attempts] = {}
        """By problem id, for the problems seen so far."""

    @classmethod
    def from_file(cls, path: Path) -> Replay:
        """Reads the attempts from a JSONL file (`journey.runs.records`)."""
        return cls(read_records(path))

    def propose(self, requests: Sequence[ProposalRequest]) -> list[Iterator[Proposal]]:
        """Returns the next steps of the attempts that reached each state."""
        return [iter(self._attempts(request.problem).proposals(request.state)) for request in requests]

    def _attempts(self, problem: Problem) -> Attempts:
        if problem.id not in self.attempts:
            samples = self.samples.get(problem.id, [])
            self.attempts[problem.id] = Attempts(
                problem, (step for sample in samples for step in _read_steps(problem, sample))
            )
        return self.attempts[problem.id]


def _read_steps(problem: Problem, sample: Attempt) -> Iterator[RecordedStep]:
    """The steps of one attempt, up to the first line that is not a step."""
    family = families.get(problem.family)
    state = family.start(problem.givens)
    for line, label in zip(sample.steps, sample.labels or [None] * len(sample.steps), strict=True):
        try:
            move = family.read(state, line)
            family.claims(state, move)
            after = family.apply(state, move)
        except MoveError:
            return
        yield RecordedStep(state, move, label)
        state = after

"""Solutions recorded by somebody else, several a problem, merged into one graph.

In each state the next steps of all attempts that came this way are proposed, each once: common beginnings
are shared, and where attempts part the graph branches, right and wrong. A line that says no step of the
family ends its attempt.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import log
from pathlib import Path

from journey import families
from journey.errors import MoveError
from journey.problem import Problem
from journey.records import Record, read_records
from journey.step import Move
from search.proposers import Asked, Proposal


class Replay:
    """Proposes what the attempts in `records` do.

    A proposal's log-probability is that of the share of the attempts in a state that go on so.
    """

    name = "replay"
    complete = False

    def __init__(self, records: Iterable[Record]) -> None:
        self.samples: dict[str, list[tuple[str, ...]]] = {}
        for record in records:
            self.samples.setdefault(record.problem.id, []).extend(record.samples)
        self.attempts: dict[str, list[tuple[Move, ...]]] = {}
        """Of each problem that was asked about: the ways its attempts went."""

    @classmethod
    def from_file(cls, path: Path) -> Replay:
        """The attempts in a JSONL file (`journey.records`)."""
        return cls(read_records(path))

    def propose(self, asked: Sequence[Asked]) -> list[Iterator[Proposal]]:
        """The next steps of the attempts that led to each state."""
        return [iter(self._next(each)) for each in asked]

    def _next(self, asked: Asked) -> list[Proposal]:
        problem, so_far = asked.problem, asked.moves
        if problem.id not in self.attempts:
            samples = self.samples.get(problem.id, [])
            self.attempts[problem.id] = [_moves(problem, sample) for sample in samples]
        return next_steps(self.attempts[problem.id], so_far)


def next_steps(ways: Iterable[tuple[Move, ...]], so_far: tuple[Move, ...]) -> list[Proposal]:
    """What comes after `so_far` on the ways that begin with it, with the share of them that go on so."""
    at = len(so_far)
    following = [way[at] for way in ways if len(way) > at and way[:at] == so_far]
    return [
        Proposal(move, logprob=log(following.count(move) / len(following)))
        for move in dict.fromkeys(following)
    ]


def _moves(problem: Problem, sample: Sequence[str]) -> tuple[Move, ...]:
    family = families.get(problem.family)
    state = family.start(problem.givens)
    moves: list[Move] = []
    for line in sample:
        try:
            move = family.read(state, line)
            family.claims(state, move)
            state = family.apply(state, move)
        except MoveError:
            break
        moves.append(move)
    return tuple(moves)

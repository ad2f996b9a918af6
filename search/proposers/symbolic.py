"""The family's own moves, mixed with the mistakes people make.

Before each legal move, with probability `mistakes`, comes one mistake that people make in its place. Where no
legal move is left, a mistake is proposed with the same probability. The draws depend on the seed and the
state alone, not on the strategy or the order of exploration.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from journey import families
from journey.step import Move
from search.proposers import Proposal, ProposalRequest


class Symbolic:
    """Proposes every legal move of the family, and mistakes at a given rate."""

    name = "symbolic"
    complete = True
    recorded = False

    def __init__(self, mistakes: float, seed: int) -> None:
        self.mistakes = mistakes
        self.seed = seed

    def propose(self, requests: Sequence[ProposalRequest]) -> list[Iterator[Proposal]]:
        """Returns the proposals for each state, computed lazily."""
        return [self._moves(request) for request in requests]

    def _moves(self, request: ProposalRequest) -> Iterator[Proposal]:
        problem, state = request.problem, request.state
        family = families.get(problem.family)
        random = Random(f"{self.seed}:{problem.id}:{family.key(state)}") if self.mistakes else None

        def maybe_mistake(move: Move | None) -> Iterator[Proposal]:
            if (
                random
                and random.random() < self.mistakes
                and (mistakes := list(family.mistakes(state, move)))
            ):
                name, wrong = random.choice(mistakes)
                yield Proposal(wrong, mistake=name)

        no_moves = True
        for move in family.moves(state):
            no_moves = False
            yield from maybe_mistake(move)
            yield Proposal(move)
        if no_moves and not family.solved(state):
            yield from maybe_mistake(None)

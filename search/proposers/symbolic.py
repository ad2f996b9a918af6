"""The family's own moves, mixed with the mistakes people make.

Before each legal move, with probability `mistakes`, comes one mistake that people make in its place; where
nothing legal is left, with the same probability, a step that someone who did not notice would take. Drawn
from the seed and the state, so it depends neither on the strategy nor on the order of exploration.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from journey import families
from journey.step import Move
from search.proposers import Asked, Proposal


class Symbolic:
    """Proposes every legal move of the family, and mistakes at a given rate."""

    name = "symbolic"
    complete = True
    recorded = False

    def __init__(self, mistakes: float, seed: int) -> None:
        self.mistakes = mistakes
        self.seed = seed

    def propose(self, asked: Sequence[Asked]) -> list[Iterator[Proposal]]:
        """The proposals for each state, lazily."""
        return [self._moves(each) for each in asked]

    def _moves(self, asked: Asked) -> Iterator[Proposal]:
        problem, state = asked.problem, asked.state
        family = families.get(problem.family)
        random = Random(f"{self.seed}:{problem.id}:{family.key(state)}") if self.mistakes else None

        def mistaken(move: Move | None) -> Iterator[Proposal]:
            if random and random.random() < self.mistakes and (known := list(family.mistakes(state, move))):
                name, wrong = random.choice(known)
                yield Proposal(wrong, mistake=name)

        stuck = True
        for move in family.moves(state):
            stuck = False
            yield from mistaken(move)
            yield Proposal(move)
        if stuck and not family.solved(state):
            yield from mistaken(None)

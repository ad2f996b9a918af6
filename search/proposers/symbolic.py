"""The family's own moves, mixed with the mistakes people make.

Before each legal move, with probability `mistakes`, comes one mistake that people make in its place. Where no
legal move is left, a mistake is proposed with the same probability. The draws depend on the seed and the
state alone, not on the strategy or the order of exploration.

By default every legal move is tried in the family's order. A practised solver tries fewer:

- With `lookahead` n, a state from which every line of play ends within n moves is decided at a glance.
- With `prune`, a state out of reach is not entered if it is hopeless, and entered last if it is not.
  Of the moves from one state to another, only the first is tried.

Neither leaves out a state that leads to a goal. So where the proposals run out without a goal, the state is
still proved to be a dead end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from journey import families
from journey.check import hopeless
from journey.families import Family, State
from journey.step import Move
from search.proposers import Proposal, ProposalRequest


class Symbolic:
    """Proposes every legal move of the family, and mistakes at a given rate."""

    name = "symbolic"
    complete = True
    recorded = False

    def __init__(self, mistakes: float, seed: int, lookahead: int = 0, prune: bool = False) -> None:
        self.mistakes = mistakes
        self.seed = seed
        self.lookahead = lookahead
        self.prune = prune

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
        for move in self._worth_trying(family, state):
            no_moves = False
            yield from maybe_mistake(move)
            yield Proposal(move)
        if no_moves and not family.solved(state):
            yield from maybe_mistake(None)

    def _worth_trying(self, family: Family, state: State) -> Iterator[Move]:
        """The legal moves without those left out, in the order to try them."""
        decided = outlook(family, state, self.lookahead) if self.lookahead else None
        if decided is False:
            return
        late: list[Move] = []
        targets: set[str] = set()
        for move in family.moves(state):
            target = family.apply(state, move)
            if decided and outlook(family, target, self.lookahead - 1) is False:
                continue
            if self.prune:
                if family.key(target) in targets:
                    continue
                targets.add(family.key(target))
            if not self.prune or not family.out_of_reach(target):
                yield move
            elif hopeless(family, target) is not True:
                late.append(move)
        yield from late


def outlook(family: Family, state: State, moves: int) -> bool | None:
    """Whether a goal can be reached, if every line of play from `state` ends within `moves` moves; else None.

    >>> family = families.get("countdown")
    >>> starts = [family.start({"numbers": left, "target": 23}) for left in ([7, 30], [7, 31], [1, 2, 3])]
    >>> [outlook(family, start, 1) for start in starts]
    [True, False, None]
    """
    if family.solved(state):
        return True
    legal = family.moves(state)
    if not moves:
        return False if next(legal, None) is None else None
    below = [outlook(family, family.apply(state, move), moves - 1) for move in legal]
    return None if None in below else True in below

"""Search strategies: which open state to expand next. `search.explore` does the rest.

| strategy | expands | source |
|---|---|---|
| depth | the state reached last | Tarjan, "Depth-first search and linear graph algorithms" (1972) |
| breadth | the state reached first | Moore, "The shortest path through a maze" (1959) |
| best | the state nearest to the goal by the family's heuristic | Pearl, "Heuristics" (1984), section 2.3 |
| beam | the best states of each depth | Lowerre, "The HARPY speech recognition system" (1976) |
| mcts | the state that PUCT selects | Rosin, "Multi-armed bandits with episode context" (2011) |
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from math import exp, sqrt

from journey.errors import unknown_name

WIDTH = 8
"""Number of states a beam keeps at each depth."""
EXPLORATION = 1.4
"""The exploration constant c of PUCT."""


class Strategy:
    """The open states of a search, in the strategy's order."""

    uses_rollouts = False
    """Whether the strategy values a state by a rollout when its proposals run out."""

    def push(self, key: str, heuristic: float) -> None:
        """Adds an open state with its heuristicd distance to a goal."""
        raise NotImplementedError

    def next(self) -> str | None:
        """Returns the state to draw the next proposal from; None if no state is open."""
        raise NotImplementedError

    def close(self, key: str, value: float) -> None:
        """Removes the state that `next` returned; `value` is the result of the rollout from it."""
        raise NotImplementedError

    def add_step(self, source: str, target: str, is_sound: bool, logprob: float | None) -> None:
        """Records a checked step of the graph."""

    def statistics(self) -> dict[str, tuple[int, float]]:
        """Visits and value by state, for strategies that keep their own."""
        return {}


class Depth(Strategy):
    """Last in, first out (Tarjan 1972)."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def push(self, key: str, heuristic: float) -> None:
        self.open.append(key)

    def next(self) -> str | None:
        return self.open[-1] if self.open else None

    def close(self, key: str, value: float) -> None:
        self.open.pop()


class Breadth(Strategy):
    """First in, first out. With unit costs the first solution is a shortest one (Moore 1959)."""

    def __init__(self) -> None:
        self.open: deque[str] = deque()

    def push(self, key: str, heuristic: float) -> None:
        self.open.append(key)

    def next(self) -> str | None:
        return self.open[0] if self.open else None

    def close(self, key: str, value: float) -> None:
        self.open.popleft()


class Best(Strategy):
    """Greedy best-first search (Pearl 1984): the least heuristic first, ties in order of arrival."""

    def __init__(self) -> None:
        self.open: list[tuple[float, int, str]] = []
        self.counter = 0

    def push(self, key: str, heuristic: float) -> None:
        heapq.heappush(self.open, (heuristic, self.counter, key))
        self.counter += 1

    def next(self) -> str | None:
        return self.open[0][2] if self.open else None

    def close(self, key: str, value: float) -> None:
        heapq.heappop(self.open)


class Beam(Strategy):
    """Beam search (Lowerre 1976): keeps the best `WIDTH` states of each layer, abandons the others."""

    def __init__(self, width: int = WIDTH) -> None:
        self.width = width
        self.layer: deque[str] = deque()
        self.next_layer: list[tuple[float, int, str]] = []
        self.counter = 0

    def push(self, key: str, heuristic: float) -> None:
        self.next_layer.append((heuristic, self.counter, key))
        self.counter += 1

    def next(self) -> str | None:
        if not self.layer:
            self.layer.extend(key for _, _, key in sorted(self.next_layer)[: self.width])
            self.next_layer.clear()
        return self.layer[0] if self.layer else None

    def close(self, key: str, value: float) -> None:
        self.layer.popleft()


class Mcts(Strategy):
    """Monte Carlo tree search on the graph, by PUCT (Rosin 2011; AlphaZero, Silver et al. 2017).

    Selection follows the child with the greatest Q + c P sqrt(N) / (1 + n) down to a state that is not
    expanded. Expansion checks all proposals at that state. One rollout values the state, and the value is
    backed up along the path. Wrong steps are not followed, and a state whose children are all done is not
    selected again.
    """

    uses_rollouts = True

    def __init__(self) -> None:
        self.children: dict[str, list[tuple[str, float]]] = {}
        self.open: set[str] = set()
        self.done: set[str] = set()
        self.visits: dict[str, int] = {}
        self.total: dict[str, float] = {}
        self.root: str | None = None
        self.path: list[str] = []

    def push(self, key: str, heuristic: float) -> None:
        self.root = self.root or key
        self.open.add(key)

    def next(self) -> str | None:
        if self.path:
            return self.path[-1]
        if self.root is None:
            return None
        while self.root not in self.done:
            path = [self.root]
            while path[-1] not in self.open:
                child = self._select(path[-1])
                if child is None:
                    self.done.add(path[-1])
                    break
                path.append(child)
            else:
                self.path = path
                return path[-1]
        # No sound path from the root leads to a state after a mistake: such states come last, in order.
        return min(self.open, default=None)

    def _select(self, key: str) -> str | None:
        open_children = [
            (child, prior) for child, prior in self.children.get(key, ()) if child not in self.done
        ]
        if not open_children:
            return None
        prior_sum = sum(prior for _, prior in open_children)
        exploration_scale = sqrt(self.visits.get(key, 0) + 1)

        def puct(pair: tuple[str, float]) -> float:
            child, prior = pair
            visits = self.visits.get(child, 0)
            mean = self.total[child] / visits if visits else 0.0
            return mean + EXPLORATION * prior / prior_sum * exploration_scale / (1 + visits)

        return max(open_children, key=puct)[0]

    def add_step(self, source: str, target: str, is_sound: bool, logprob: float | None) -> None:
        if is_sound:
            prior = 1.0 if logprob is None else exp(logprob)
            self.children.setdefault(source, []).append((target, prior))

    def close(self, key: str, value: float) -> None:
        self.open.discard(key)
        for visited in self.path or [key]:
            self.visits[visited] = self.visits.get(visited, 0) + 1
            self.total[visited] = self.total.get(visited, 0.0) + value
        self.path = []

    def statistics(self) -> dict[str, tuple[int, float]]:
        return {key: (visits, self.total[key] / visits) for key, visits in self.visits.items()}


STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "depth": Depth,
    "breadth": Breadth,
    "best": Best,
    "beam": Beam,
    "mcts": Mcts,
}


def make(name: str) -> Strategy:
    """Returns a new strategy by name.

    Raises:
        InputError: the name is unknown; the message lists the names and suggests the nearest.
    """
    if name not in STRATEGIES:
        raise unknown_name("strategy", name, STRATEGIES)
    return STRATEGIES[name]()

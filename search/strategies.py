"""Which open state the search goes on from. A strategy orders states; the loop in `explore` does the rest.

| strategy | goes on from | source |
|---|---|---|
| depth | the state found last | Tarjan, "Depth-first search and linear graph algorithms" (1972) |
| breadth | the state found first | Moore, "The shortest path through a maze" (1959) |
| best | the state nearest to the goal by the family's heuristic | Pearl, "Heuristics" (1984), section 2.3 |
| beam | the best few of each depth | Lowerre, "The HARPY speech recognition system" (1976) |
| mcts | where PUCT leads | Rosin, "Multi-armed bandits with episode context" (2011); Silver et al. (2017) |
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from math import exp, sqrt

from journey.errors import unknown_name

WIDTH = 8
"""States that a beam keeps of each depth."""
EXPLORATION = 1.4
"""PUCT's constant: how much an untried state is worth beside a tried one."""


class Strategy:
    """The open states of a search, in the strategy's order."""

    rolls_out = False
    """It values each state that has no more proposals by how a random way on from there ends."""

    def push(self, key: str, heuristic: float) -> None:
        """A state was found."""
        raise NotImplementedError

    def next(self) -> str | None:
        """The state to draw the next proposal from; None when no state is open."""
        raise NotImplementedError

    def close(self, key: str, value: float) -> None:
        """The state that `next` gave has no more proposals; `value` is how a rollout from there ended."""
        raise NotImplementedError

    def stepped(self, source: str, target: str, good: bool, logprob: float | None) -> None:
        """A step was checked and added; `good` if it may stay on the way to an answer."""

    def learned(self) -> dict[str, tuple[int, float]]:
        """Visits and value of the states that the strategy judges by itself."""
        return {}


class Depth(Strategy):
    """Last found, first explored (Tarjan 1972)."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def push(self, key: str, heuristic: float) -> None:
        self.open.append(key)

    def next(self) -> str | None:
        return self.open[-1] if self.open else None

    def close(self, key: str, value: float) -> None:
        self.open.pop()


class Breadth(Strategy):
    """First found, first explored; with unit costs the first solution is a shortest one (Moore 1959)."""

    def __init__(self) -> None:
        self.open: deque[str] = deque()

    def push(self, key: str, heuristic: float) -> None:
        self.open.append(key)

    def next(self) -> str | None:
        return self.open[0] if self.open else None

    def close(self, key: str, value: float) -> None:
        self.open.popleft()


class Best(Strategy):
    """Least heuristic first, the earliest found among equals: greedy best-first search (Pearl 1984)."""

    def __init__(self) -> None:
        self.open: list[tuple[float, int, str]] = []
        self.found = 0

    def push(self, key: str, heuristic: float) -> None:
        heapq.heappush(self.open, (heuristic, self.found, key))
        self.found += 1

    def next(self) -> str | None:
        return self.open[0][2] if self.open else None

    def close(self, key: str, value: float) -> None:
        heapq.heappop(self.open)


class Beam(Strategy):
    """Layer by layer, only the best `WIDTH` of each (Lowerre 1976). What is cut is abandoned."""

    def __init__(self, width: int = WIDTH) -> None:
        self.width = width
        self.layer: deque[str] = deque()
        self.coming: list[tuple[float, int, str]] = []
        self.found = 0

    def push(self, key: str, heuristic: float) -> None:
        self.coming.append((heuristic, self.found, key))
        self.found += 1

    def next(self) -> str | None:
        if not self.layer:
            self.layer.extend(key for _, _, key in sorted(self.coming)[: self.width])
            self.coming.clear()
        return self.layer[0] if self.layer else None

    def close(self, key: str, value: float) -> None:
        self.layer.popleft()


class Mcts(Strategy):
    """Monte Carlo tree search on the graph, by PUCT (Rosin 2011; AlphaZero, Silver et al. 2017).

    From the root, the child with the greatest Q + c P sqrt(N) / (1 + n) is followed to a state that was
    not expanded yet. All its proposals are checked, the state is valued by one rollout, and the value
    goes up the way that led there. Wrong steps lead nowhere; a state whose children are all done is not
    visited again.
    """

    rolls_out = True

    def __init__(self) -> None:
        self.children: dict[str, list[tuple[str, float]]] = {}
        self.open: set[str] = set()
        self.done: set[str] = set()
        self.visits: dict[str, int] = {}
        self.total: dict[str, float] = {}
        self.root: str | None = None
        self.way: list[str] = []

    def push(self, key: str, heuristic: float) -> None:
        self.root = self.root or key
        self.open.add(key)

    def next(self) -> str | None:
        if self.way:
            return self.way[-1]
        if self.root is None:
            return None
        while self.root not in self.done:
            way = [self.root]
            while way[-1] not in self.open:
                child = self._chosen(way[-1])
                if child is None:
                    self.done.add(way[-1])
                    break
                way.append(child)
            else:
                self.way = way
                return way[-1]
        # States beyond a wrong step hang on no way from the root: they come last, in order.
        return min(self.open, default=None)

    def _chosen(self, key: str) -> str | None:
        living = [(child, prior) for child, prior in self.children.get(key, ()) if child not in self.done]
        if not living:
            return None
        whole = sum(prior for _, prior in living)
        above = sqrt(self.visits.get(key, 0) + 1)

        def worth(pair: tuple[str, float]) -> float:
            child, prior = pair
            visits = self.visits.get(child, 0)
            mean = self.total[child] / visits if visits else 0.0
            return mean + EXPLORATION * prior / whole * above / (1 + visits)

        return max(living, key=worth)[0]

    def stepped(self, source: str, target: str, good: bool, logprob: float | None) -> None:
        if good:
            prior = 1.0 if logprob is None else exp(logprob)
            self.children.setdefault(source, []).append((target, prior))

    def close(self, key: str, value: float) -> None:
        self.open.discard(key)
        for passed in self.way or [key]:
            self.visits[passed] = self.visits.get(passed, 0) + 1
            self.total[passed] = self.total.get(passed, 0.0) + value
        self.way = []

    def learned(self) -> dict[str, tuple[int, float]]:
        return {key: (visits, self.total[key] / visits) for key, visits in self.visits.items()}


STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "depth": Depth,
    "breadth": Breadth,
    "best": Best,
    "beam": Beam,
    "mcts": Mcts,
}


def make(name: str) -> Strategy:
    """A fresh strategy by name; an unknown one is an InputError that names the nearest."""
    if name not in STRATEGIES:
        raise unknown_name("strategy", name, STRATEGIES)
    return STRATEGIES[name]()

"""Which open state the search goes on from. A strategy orders states; the loop in `explore` does the rest.

| strategy | goes on from | source |
|---|---|---|
| depth | the state found last | Tarjan, "Depth-first search and linear graph algorithms" (1972) |
| breadth | the state found first | Moore, "The shortest path through a maze" (1959) |
| best | the state nearest to the goal by the family's estimate | Pearl, "Heuristics" (1984), section 2.3 |
"""

from __future__ import annotations

import heapq
from collections import deque
from typing import Protocol

from journey.errors import unknown_name


class Strategy(Protocol):
    """The open states of a search, in the strategy's order."""

    def push(self, key: str, estimate: float) -> None:
        """A state was found."""
        ...

    def next(self) -> str | None:
        """The state to draw the next proposal from; None when no state is open."""
        ...

    def close(self, key: str) -> None:
        """The state that `next` gave has no more proposals."""
        ...


class Depth:
    """Last found, first explored."""

    def __init__(self) -> None:
        self.open: list[str] = []

    def push(self, key: str, estimate: float) -> None:
        self.open.append(key)

    def next(self) -> str | None:
        return self.open[-1] if self.open else None

    def close(self, key: str) -> None:
        self.open.pop()


class Breadth:
    """First found, first explored. With unit costs the first solution found is a shortest one."""

    def __init__(self) -> None:
        self.open: deque[str] = deque()

    def push(self, key: str, estimate: float) -> None:
        self.open.append(key)

    def next(self) -> str | None:
        return self.open[0] if self.open else None

    def close(self, key: str) -> None:
        self.open.popleft()


class Best:
    """Least estimate first, the earliest found among equals (greedy best-first search)."""

    def __init__(self) -> None:
        self.open: list[tuple[float, int, str]] = []
        self.found = 0

    def push(self, key: str, estimate: float) -> None:
        heapq.heappush(self.open, (estimate, self.found, key))
        self.found += 1

    def next(self) -> str | None:
        return self.open[0][2] if self.open else None

    def close(self, key: str) -> None:
        heapq.heappop(self.open)


STRATEGIES: dict[str, type[Depth] | type[Breadth] | type[Best]] = {
    "depth": Depth,
    "breadth": Breadth,
    "best": Best,
}


def make(name: str) -> Strategy:
    """A fresh strategy by name; an unknown one is an InputError that names the nearest."""
    if name not in STRATEGIES:
        raise unknown_name("strategy", name, STRATEGIES)
    return STRATEGIES[name]()

"""A trace: a walk over one solution graph, as typed events.

    take 93-30=63, notice (leaves 63, 100, and no operation makes 23), back to the start,
    take 100-93=7, take 30-7=23, conclude 30-(100-93)

A trace holds no text. `Walk` replays one: it knows the state a reader stands in, the way there, and the
proof that a notice must give; the renderer, the parser, the walks and the audit all stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from journey import families
from journey.check import check_move, sound
from journey.errors import MoveError
from journey.families import State
from journey.problem import Problem
from journey.step import Evidence, Finding, Move


@dataclass(frozen=True, slots=True)
class Take:
    """Go on by a move, true or not."""

    move: Move


@dataclass(frozen=True, slots=True)
class Notice:
    """See that the way taken is wrong or hopeless, by the evidence that proves it."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Back:
    """Leave, for a state visited before."""

    to: str
    """The state's key."""


@dataclass(frozen=True, slots=True)
class Conclude:
    """Give the final answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Verify:
    """Put the answer into the problem."""

    said: str
    """The problem with the answer in it (`Family.verification_line`)."""


@dataclass(frozen=True, slots=True)
class Filler:
    """Words that carry nothing, where a journey would have a wrong turn."""

    length: int
    """In numbers, words and signs (`traces.text.length`)."""


Event = Take | Notice | Back | Conclude | Verify | Filler


@dataclass(frozen=True, slots=True)
class Trace:
    """A walk over the graph of one problem. Two traces are equal if their problem and events are."""

    problem: Problem
    events: tuple[Event, ...]
    kind: str = field(default="", compare=False)
    """A key of `traces.walks.KINDS`."""
    knobs: dict[str, Any] = field(default_factory=dict, compare=False)
    """The settings of the walk that made it."""


class Stop(NamedTuple):
    """A state on the way, and the move that led to it (None at the start)."""

    key: str
    state: State
    move: Move | None
    number: int
    """Of the step that led here, counting the steps of the whole walk from 1; 0 at the start."""


class Walk:
    """A reader's place in a trace: the way from the start to here, and every state visited."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.family = families.get(problem.family)
        start = self.family.start(problem.givens)
        self.path = [Stop(self.family.key(start), start, None, 0)]
        self.taken = 0
        self.visited: dict[str, list[Stop]] = {self.path[0].key: self.path}

    def copy(self) -> Walk:
        """Another reader in the same place."""
        twin = Walk(self.problem)
        twin.path, twin.visited, twin.taken = self.path, dict(self.visited), self.taken
        return twin

    @property
    def here(self) -> Stop:
        """Where the reader stands."""
        return self.path[-1]

    def take(self, move: Move) -> None:
        """Goes on by a move, its result taken at its word."""
        state = self.family.apply(self.here.state, move)
        self.taken += 1
        self.path = [*self.path, Stop(self.family.key(state), state, move, self.taken)]
        self.visited[self.here.key] = self.path

    def back(self, to: str) -> None:
        """Goes to a state visited before: on the present way if it lies there, else by the way last taken.

        Raises:
            MoveError: the state was never visited.
        """
        depth = self.depth_of(to)
        if depth is not None:
            self.path = self.path[: depth + 1]
        elif to in self.visited:
            self.path = self.visited[to]
        else:
            raise MoveError(f"{to!r} was never visited")

    def depth_of(self, key: str) -> int | None:
        """How many steps from the start the state lies on the present way; None if it does not."""
        return next((depth for depth, stop in enumerate(self.path) if stop.key == key), None)

    def finding(self, depth: int) -> Finding:
        """The verdict on the step that led to the state at `depth` (1 or more), checked anew."""
        move = self.path[depth].move
        if move is None:
            raise MoveError("no step leads to the start")
        return check_move(self.family, self.path[depth - 1].state, move)

    def proof(self, depth: int) -> Evidence:
        """Why the state at `depth` must be left: the step to it is wrong, or nothing lies below it."""
        if depth >= 1:
            verdict, evidence = self.finding(depth)
            if not sound(self.family, verdict) and evidence is not None:
                return evidence
        return self.family.dead_end_evidence(self.path[depth].state)

    def moves(self) -> list[Move]:
        """The moves on the present way."""
        return [stop.move for stop in self.path if stop.move is not None]

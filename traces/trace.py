"""A trace: a walk over one solution graph, as typed events.

    take 93-30=63, notice (leaves 63, 100, and no operation makes 23), back to the start,
    take 100-93=7, take 30-7=23, conclude 30-(100-93)

A trace holds no text. `Walk` replays it: it holds the current state, the path to it, and the proof that a
notice must give. The renderer, the parser, the walks and the audit all use it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from journey import families
from journey.check import check_move, sound
from journey.errors import MoveError
from journey.families import State
from journey.problem import Problem
from journey.step import Evidence, Finding, Move


@dataclass(frozen=True, slots=True)
class Take:
    """Take a step by a move, right or wrong."""

    move: Move


@dataclass(frozen=True, slots=True)
class Notice:
    """Notice that the path is wrong or hopeless, with the evidence that proves it."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Back:
    """Go back to a state visited before."""

    to: str
    """The state's key."""


@dataclass(frozen=True, slots=True)
class Erase:
    """Erase the dead end that was just left from the context (`traces.erasing`)."""


@dataclass(frozen=True, slots=True)
class Conclude:
    """Give the final answer."""

    answer: str


@dataclass(frozen=True, slots=True)
class Verify:
    """Put the answer into the problem."""

    text: str
    """The problem with the answer in it (`Family.verification_line`)."""


@dataclass(frozen=True, slots=True)
class Filler:
    """Words without content, in the place of a wrong turn."""

    length: int
    """Length in numbers, words and signs (`traces.text.length`)."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Say how the problem is going to be solved, on the first line: a key of `MODES`."""

    name: str


MODES = {"fast": "the solution alone", "slow": "the search"}


@dataclass(frozen=True, slots=True)
class Quote:
    """A line copied from elsewhere, which says nothing about this walk (`traces.controls`)."""

    text: str


Event = Take | Notice | Back | Erase | Conclude | Verify | Filler | Mode | Quote


@dataclass(frozen=True, slots=True)
class Trace:
    """A walk over the graph of one problem. Traces are equal if their problems and events are equal."""

    problem: Problem
    events: tuple[Event, ...]
    kind: str = field(default="", compare=False)
    """A key of `traces.walks.WALKS`."""


class Stop(NamedTuple):
    """A state on the path, and the move that led to it (None at the start)."""

    key: str
    state: State
    move: Move | None
    number: int
    """The number of the step that led here, counting all steps of the walk from 1; 0 at the start."""


class Walk:
    """A position in a trace: the path from the start to the current state, and every state visited."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.family = families.get(problem.family)
        start = self.family.start(problem.givens)
        self.path = [Stop(self.family.key(start), start, None, 0)]
        self.steps_taken = 0
        self.visited: dict[str, list[Stop]] = {self.path[0].key: self.path}

    def copy(self) -> Walk:
        """An independent copy at the same position."""
        twin = Walk(self.problem)
        twin.path, twin.visited, twin.steps_taken = self.path, dict(self.visited), self.steps_taken
        return twin

    @property
    def here(self) -> Stop:
        """The current state."""
        return self.path[-1]

    def take(self, move: Move) -> None:
        """Takes a move; its stated result is not checked."""
        state = self.family.apply(self.here.state, move)
        self.steps_taken += 1
        self.path = [*self.path, Stop(self.family.key(state), state, move, self.steps_taken)]
        self.visited[self.here.key] = self.path

    def back(self, to: str) -> None:
        """Goes back to a visited state: along the current path if it is on it, else to its latest path.

        Raises:
            MoveError: the state was not visited.
        """
        depth = self.depth_of(to)
        if depth is not None:
            self.path = self.path[: depth + 1]
        elif to in self.visited:
            self.path = self.visited[to]
        else:
            raise MoveError(f"{to!r} was never visited")

    def depth_of(self, key: str) -> int | None:
        """Index of the state on the current path, 0 for the start; None if it is not on the path."""
        return next((depth for depth, stop in enumerate(self.path) if stop.key == key), None)

    def finding(self, depth: int) -> Finding:
        """Checks the step that led to the state at `depth` (1 or more) and returns its verdict."""
        move = self.path[depth].move
        if move is None:
            raise MoveError("no step leads to the start")
        return check_move(self.family, self.path[depth - 1].state, move)

    def proof(self, depth: int) -> Evidence:
        """Why the state at `depth` must be left: the step to it is wrong, or it is a dead end."""
        if depth >= 1:
            verdict, evidence = self.finding(depth)
            if not sound(self.family, verdict) and evidence is not None:
                return evidence
        return self.family.dead_end_evidence(self.path[depth].state)

    def moves(self) -> list[Move]:
        """The moves on the current path."""
        return [stop.move for stop in self.path if stop.move is not None]


@dataclass(frozen=True, slots=True)
class TrainingText:
    """One training text."""

    id: str
    """Of its problem."""
    prompt: str
    completion: str
    unsound: tuple[int, ...] = ()
    """Lines of the completion, from 0, that stay out of the loss."""
    problem: Problem | None = None
    """Its problem, for a model that reads pictures of problems; None for a text of a file."""

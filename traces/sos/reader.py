"""Stream of Search's rows (Gandhi et al. 2024), read by grammar and audited by the checker.

A row is a countdown problem and two texts about it, the search and its optimal path:

    Current State: 23:[30, 93, 100], Operations: []
    Exploring Operation: 93-30=63, Resulting Numbers: [63, 100]
    Generated Node #0,0: 23:[63, 100] Operation: 93-30=63        #2: [63, 100] from Operation: .. (optimal)
    Moving to Node #0,0
    Current State: 23:[63, 100], Operations: ['93-30=63']
    ...
    37,23 unequal: No Solution                                    or 23,23 equal: Goal Reached

Each line is matched and typed, each step made a move of the family `countdown`, whose operands are places,
and checked; nothing is evaluated. A reader believes what a line says of the numbers left, so a fault is told
once, where it is made. The published generator takes operands away *by value* in its optimal paths: of two
equal numbers both go, and the path ends too early or uses what is not there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from journey import families
from journey.check import check_move
from journey.errors import MoveError
from journey.families.countdown import Numbers
from journey.step import Verdict

FAMILY = families.get("countdown")
MAX_LINE = 2_000
"""Characters in a line; a longer one is not read."""
NUMBERS = r"\[((?:-?\d{1,18}(?:, -?\d{1,18})*)?)\]"
OPERATION = r"(-?\d{1,18}[-+*/]-?\d{1,18}=-?\d{1,18})"
CURRENT = re.compile(rf"Current State: (\d{{1,18}}):{NUMBERS}, Operations: \[((?:'[^']*'(?:, '[^']*')*)?)\]")
EXPLORE = re.compile(rf"Exploring Operation: {OPERATION}, Resulting Numbers: {NUMBERS}")
GENERATED = re.compile(rf"Generated Node #(\d+(?:,\d+)*): (\d{{1,18}}):{NUMBERS} Operation: {OPERATION}")
OPTIMAL = re.compile(rf"Generated Node #(\d+): {NUMBERS} from Operation: {OPERATION}")
MOVING = re.compile(r"Moving to Node #(\d+(?:,\d+)*)")
END = re.compile(r"(-?\d{1,18}),(-?\d{1,18}) (equal: Goal Reached|unequal: No Solution)")
GIVEN_UP = re.compile(r"No solution found\.")

FAULTS = {
    "arithmetic": "the sum is wrong",
    "missing": "a number is used that is not there",
    "numbers": "the numbers left are not those that the step leaves",
    "state": "a state or node does not follow from what was said",
    "goal": "the goal is said to be reached where it is not, or not where it is",
    "solution": "the solution does not solve the problem",
    "rating": "the rating is not that of the search",
    "unparsed": "the line says nothing",
}


class Fault(NamedTuple):
    """What is the matter with a row, and where."""

    text: str
    """The column."""
    line: int
    """Of that column's text, from 1; 0 for the whole."""
    kind: str
    """A key of `FAULTS`."""
    said: str


class Node(NamedTuple):
    """A node of a search, as the text says it."""

    id: str
    left: tuple[int, ...]
    """The numbers left, ascending."""
    operations: tuple[str, ...]
    """The way here."""


class Reader:
    """Reads one text of a row: where it stands, the nodes it knows, and the faults it found."""

    def __init__(self, column: str, nums: Sequence[int], target: int) -> None:
        self.column, self.nums, self.target = column, nums, target
        self.here = Node("0", tuple(sorted(nums)), ())
        self.nodes: dict[str, list[Node]] = {"0": [self.here]}
        self.next = [self.here]
        """What a line `Current State` may show now; nothing if the text has lost its way."""
        self.explored: Node | None = None
        self.children: Counter[str] = Counter()
        self.line = self.steps = 0
        self.reached = False
        self.faults: list[Fault] = []

    def read(self, text: str) -> Reader:
        """Reads the text to its end."""
        for self.line, line in enumerate(text.strip().split("\n"), 1):
            for pattern, act in self._grammar():
                if len(line) <= MAX_LINE and (found := pattern.fullmatch(line)):
                    act(*found.groups())
                    break
            else:
                self.fault("unparsed", repr(line[:60]))
        return self

    def fault(self, kind: str, said: str) -> None:
        """Notes a fault of the line in hand."""
        self.faults.append(Fault(self.column, self.line, kind, said))

    def _grammar(self) -> tuple[tuple[re.Pattern[str], Callable[..., None]], ...]:
        return (
            (EXPLORE, self._explore),
            (GENERATED, self._generate),
            (MOVING, self._move),
            (CURRENT, self._current),
            (END, self._end),
            (OPTIMAL, self._generate_optimal),
            (GIVEN_UP, lambda: None),
        )

    def _explore(self, operation: str, numbers: str) -> None:
        self.steps += 1
        state = Numbers(self.target, self.here.left)
        move = FAMILY.read(state, operation)
        verdict, evidence = check_move(FAMILY, state, move)
        said, due = read_numbers(numbers), FAMILY.apply(state, move).left
        if verdict is not Verdict.VALID and evidence is not None:
            self.fault("missing" if evidence.kind == "missing" else "arithmetic", str(evidence))
        elif said != due:
            self.fault("numbers", f"{operation} leaves {_list(due)}, not {_list(said)}")
        self.explored = Node("", said, (*self.here.operations, operation))

    def _generate(self, id: str, target: str, numbers: str, operation: str) -> None:
        node = self._generated(id, numbers, operation)
        if int(target) != self.target:
            self.fault("state", f"the target is {self.target}, not {target}")
        elif id.rpartition(",")[0] != self.here.id:
            self.fault("state", f"node {id} is no child of node {self.here.id}")
        elif node != self.nodes.setdefault(id, [node])[0]:
            self.fault("state", f"there is a node {id} already")
        self.children[self.here.id] += 1

    def _generate_optimal(self, id: str, numbers: str, operation: str) -> None:
        self._generated(id, numbers, operation)

    def _generated(self, id: str, numbers: str, operation: str) -> Node:
        node = Node(id, read_numbers(numbers), (*self.here.operations, operation))
        if self.explored is None or self.explored[1:] != node[1:]:
            self.fault("state", f"node {id} is not what was explored just before")
        self.next = [node]
        return node

    def _move(self, id: str) -> None:
        self.next = self.nodes.get(id, [])
        if self.next:
            self.here = self.next[0]
        else:
            self.fault("state", f"there is no node {id}")

    def _current(self, target: str, numbers: str, operations: str) -> None:
        said = read_numbers(numbers), tuple(re.findall(r"'([^']*)'", operations))
        found = next((node for node in self.next if node[1:] == said), None)
        if int(target) != self.target:
            self.fault("state", f"the target is {self.target}, not {target}")
        elif self.next and found is None:
            due = self.next[0]
            self.fault("state", f"here are {_list(due.left)} by {list(due.operations)}")
        self.here = found or Node(self.next[0].id if self.next else "?", *said)

    def _end(self, number: str, target: str, words: str) -> None:
        at, equal = self.explored, words.startswith("equal")
        if at is None or at.left != (int(number),):
            self.fault("goal", f"{number} is not all that is left")
        elif int(target) != self.target or (int(number) == self.target) != equal:
            self.fault("goal", f"{number} is {'not ' if equal else ''}{self.target}")
        elif not equal:
            # A search by beams goes on from such leaves; it numbers them as the next child.
            id = f"{self.here.id},{self.children[self.here.id]}"
            self.nodes.setdefault(id, []).append(at._replace(id=id))
        elif not solves(self.nums, self.target, at.operations):
            self.fault("goal", f"{', '.join(at.operations)} does not make {self.target}")
        else:
            self.reached = True


def read_numbers(text: str) -> tuple[int, ...]:
    """Numbers from a list's inside, ascending.

    >>> read_numbers("63, 5")
    (5, 63)
    """
    return tuple(sorted(int(number) for number in text.split(", "))) if text else ()


def solves(nums: Sequence[int], target: int, operations: Sequence[str]) -> bool:
    """Whether these operations, one after another, make the target of all the numbers."""
    state = FAMILY.start({"numbers": list(nums), "target": target})
    try:
        for operation in operations:
            move = FAMILY.read(state, operation)
            if check_move(FAMILY, state, move).verdict is not Verdict.VALID:
                return False
            state = FAMILY.apply(state, move)
    except MoveError:
        return False
    return FAMILY.solved(state)


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers)) or "nothing"

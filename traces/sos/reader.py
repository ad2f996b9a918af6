"""Parses Stream of Search rows (Gandhi et al. 2024) by a grammar and checks their steps.

A row is a countdown problem and two texts about it, the search and its optimal path:

    Current State: 23:[30, 93, 100], Operations: []
    Exploring Operation: 93-30=63, Resulting Numbers: [63, 100]
    Generated Node #0,0: 23:[63, 100] Operation: 93-30=63        #2: [63, 100] from Operation: .. (optimal)
    Moving to Node #0,0
    Current State: 23:[63, 100], Operations: ['93-30=63']
    ...
    37,23 unequal: No Solution                                    or 23,23 equal: Goal Reached

Each line is matched and parsed. Each step becomes a move of the family `countdown`, whose operands are
positions, and is checked; nothing is evaluated. The reader continues with the numbers that a line states, so
a fault is reported once, where it occurs. The published generator removes operands *by value* in its optimal
paths: of two equal numbers both disappear, and the path ends too early or uses a missing number.
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
    "missing": "a number is used that does not exist",
    "numbers": "the stated numbers are not those that the step leaves",
    "state": "a state or node does not follow from the lines before",
    "goal": "the text is wrong about whether the goal is reached",
    "solution": "the solution does not solve the problem",
    "rating": "the rating is not that of the search",
    "unparsed": "the line cannot be parsed",
}


class Fault(NamedTuple):
    """A fault of a row and its place."""

    text: str
    """The column."""
    line: int
    """The line in that column's text, from 1; 0 for the full column."""
    kind: str
    """A key of `FAULTS`."""
    message: str


class Node(NamedTuple):
    """A node of a search, as the text states it."""

    id: str
    left: tuple[int, ...]
    """The remaining numbers, ascending."""
    operations: tuple[str, ...]
    """The operations from the start to the node."""


class Reader:
    """Reads one text of a row; keeps the current node, the nodes so far and the faults."""

    def __init__(self, column: str, nums: Sequence[int], target: int) -> None:
        self.column, self.nums, self.target = column, nums, target
        self.here = Node("0", tuple(sorted(nums)), ())
        self.nodes: dict[str, list[Node]] = {"0": [self.here]}
        self.expected_nodes = [self.here]
        """The nodes that a line `Current State` may show now; empty after a fault in the node ids."""
        self.last_explored: Node | None = None
        self.children: Counter[str] = Counter()
        self.line = self.steps = 0
        self.reached = False
        self.faults: list[Fault] = []

    def read(self, text: str) -> Reader:
        """Reads the full text and returns the reader."""
        for self.line, line in enumerate(text.strip().split("\n"), 1):
            for pattern, handle in self._grammar():
                if len(line) <= MAX_LINE and (match := pattern.fullmatch(line)):
                    handle(*match.groups())
                    break
            else:
                self.fault("unparsed", repr(line[:60]))
        return self

    def fault(self, kind: str, message: str) -> None:
        """Records a fault of the current line."""
        self.faults.append(Fault(self.column, self.line, kind, message))

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
        stated, expected = read_numbers(numbers), FAMILY.apply(state, move).left
        if verdict is not Verdict.VALID and evidence is not None:
            self.fault("missing" if evidence.kind == "missing" else "arithmetic", str(evidence))
        elif stated != expected:
            self.fault("numbers", f"{operation} leaves {_list(expected)}, not {_list(stated)}")
        self.last_explored = Node("", stated, (*self.here.operations, operation))

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
        if self.last_explored is None or self.last_explored[1:] != node[1:]:
            self.fault("state", f"node {id} is not what was explored just before")
        self.expected_nodes = [node]
        return node

    def _move(self, id: str) -> None:
        self.expected_nodes = self.nodes.get(id, [])
        if self.expected_nodes:
            self.here = self.expected_nodes[0]
        else:
            self.fault("state", f"there is no node {id}")

    def _current(self, target: str, numbers: str, operations: str) -> None:
        stated = read_numbers(numbers), tuple(re.findall(r"'([^']*)'", operations))
        match = next((node for node in self.expected_nodes if node[1:] == stated), None)
        if int(target) != self.target:
            self.fault("state", f"the target is {self.target}, not {target}")
        elif self.expected_nodes and match is None:
            expected = self.expected_nodes[0]
            self.fault("state", f"here are {_list(expected.left)} by {list(expected.operations)}")
        self.here = match or Node(self.expected_nodes[0].id if self.expected_nodes else "?", *stated)

    def _end(self, number: str, target: str, verdict: str) -> None:
        node, equal = self.last_explored, verdict.startswith("equal")
        if node is None or node.left != (int(number),):
            self.fault("goal", f"{number} is not all that is left")
        elif int(target) != self.target or (int(number) == self.target) != equal:
            self.fault("goal", f"{number} is {'not ' if equal else ''}{self.target}")
        elif not equal:
            # A beam search continues from such leaves and numbers them as the next child.
            id = f"{self.here.id},{self.children[self.here.id]}"
            self.nodes.setdefault(id, []).append(node._replace(id=id))
        elif not solves(self.nums, self.target, node.operations):
            self.fault("goal", f"{', '.join(node.operations)} does not make {self.target}")
        else:
            self.reached = True


def read_numbers(text: str) -> tuple[int, ...]:
    """Parses the inside of a list of numbers; returns them in ascending order.

    >>> read_numbers("63, 5")
    (5, 63)
    """
    return tuple(sorted(int(number) for number in text.split(", "))) if text else ()


def solves(nums: Sequence[int], target: int, operations: Sequence[str]) -> bool:
    """Whether these operations in order make the target and use every number."""
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

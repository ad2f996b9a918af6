"""The solution graph of one problem: states, steps and verdicts on a networkx multigraph.

Equal states merge, so a graph is a DAG and not a tree; the search leaves out steps that would close a cycle.
Edges are keyed by `order`, the moment the step was explored, so a graph records the search that made it.
On disk a graph is one line of networkx node-link JSON, which any tool that reads node-link opens.

    graph.solution()        the shortest path of sound steps to a goal
    graph.steps_from(key)   the steps explored from a state, in order
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any

import networkx as nx

from journey import families
from journey.check import sound
from journey.problem import Problem
from journey.runs.store import SCHEMA_VERSION, current, validator
from journey.step import Step


@dataclass(frozen=True, slots=True)
class State:
    """A node: a state of the search."""

    key: str
    """Canonical text, the node's name in the graph."""
    solved: bool = False
    """The goal is reached."""
    expanded: bool = False
    """Every legal move was explored."""
    hopeless: bool = False
    """No goal can be reached, proved by trying every legal move. Not the same as abandoned."""
    visits: int = 0
    """How often the search reached this state."""
    value: float | None = None
    """The heuristic the strategy used, lower is nearer to a goal; None if it used none."""


STATE_ATTRIBUTES = [field.name for field in fields(State) if field.name != "key"]
STEP_ATTRIBUTES = [field.name for field in fields(Step) if field.name not in ("source", "target", "order")]
OPTIONAL = ("mistake", "logprob", "label", "share")
"""Attributes that most steps lack; files omit them when they are None."""


class SolutionGraph:
    """The states and steps that a search explored for one problem."""

    def __init__(self, problem: Problem, root: str) -> None:
        self.problem = problem
        self.root = root
        self.graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()

    def __contains__(self, key: str) -> bool:
        return key in self.graph

    def __len__(self) -> int:
        return int(self.graph.number_of_nodes())

    def add_state(self, state: State) -> None:
        """Adds a state, or replaces its attributes."""
        self.graph.add_node(state.key, **{name: getattr(state, name) for name in STATE_ATTRIBUTES})

    def add_step(self, step: Step) -> None:
        """Adds a step between two states; it must not close a cycle."""
        attributes = {name: getattr(step, name) for name in STEP_ATTRIBUTES}
        self.graph.add_edge(step.source, step.target, key=step.order, **attributes)

    def state(self, key: str) -> State:
        """The state with this key."""
        return State(key=key, **self.graph.nodes[key])

    def states(self) -> Iterator[State]:
        """Every state, in the order of discovery."""
        return (self.state(key) for key in self.graph)

    def steps(self) -> list[Step]:
        """Every step, in the order of exploration."""
        edges = self.graph.edges(keys=True, data=True)
        return sorted((Step(u, v, order, **data) for u, v, order, data in edges), key=lambda step: step.order)

    def steps_from(self, key: str) -> list[Step]:
        """The steps from one state, in the order of exploration."""
        edges = self.graph.out_edges(key, keys=True, data=True)
        return sorted((Step(u, v, order, **data) for u, v, order, data in edges), key=lambda step: step.order)

    def sound(self, step: Step) -> bool:
        """Whether a solution may contain this step (`journey.check.sound`)."""
        return sound(families.get(self.problem.family), step.verdict)

    def valid(self) -> nx.MultiDiGraph[str]:
        """A view of the graph with only the sound steps."""
        edges: Any = self.graph.adj
        family = families.get(self.problem.family)

        def holds(source: str, target: str, order: int) -> bool:
            return sound(family, edges[source][target][order]["verdict"])

        view: nx.MultiDiGraph[str] = nx.subgraph_view(self.graph, filter_edge=holds)
        return view

    def solution(self) -> list[Step] | None:
        """A shortest path of sound steps from the root to a goal; None if there is none.

        Among equally short paths the first discovered is returned. If the root is a goal, the path is empty.
        """
        paths = nx.single_source_shortest_path(self.valid(), self.root)
        goals = [path for key, path in paths.items() if self.graph.nodes[key]["solved"]]
        if not goals:
            return None
        path = min(goals, key=len)
        return [self._first_sound(u, v) for u, v in pairwise(path)]

    def _first_sound(self, source: str, target: str) -> Step:
        between = (step for step in self.steps_from(source) if step.target == target)
        return next(step for step in between if self.sound(step))

    def to_record(self) -> dict[str, Any]:
        """The graph as node-link JSON, with its problem."""
        data = nx.node_link_data(self.graph, edges="edges")
        for edge in data["edges"]:
            for name in OPTIONAL:
                if edge[name] is None:
                    del edge[name]
        return {"schema_version": SCHEMA_VERSION, "problem": self.problem, "root": self.root, **data}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> SolutionGraph:
        """The graph in a record.

        Raises:
            ValueError: the record does not fit the schema; the message says where.
        """
        record = current(record)
        graph = cls(validator(Problem)(record["problem"]), record["root"])
        nodes = [
            {"key" if name == "id" else name: value for name, value in row.items()} for row in record["nodes"]
        ]
        for state in validator(list[State])(nodes):
            graph.add_state(state)
        edges = [
            {"order" if name == "key" else name: value for name, value in row.items()}
            for row in record["edges"]
        ]
        for step in validator(list[Step])(edges):
            graph.add_step(step)
        return graph

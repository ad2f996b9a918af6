"""Solution graphs as GraphML files, one per graph, for networkx and Gephi.

GraphML has booleans, integers, floats and strings, but no null. An unknown string is ""; other unknown
attributes are omitted. The ids of nodes are their keys. The ids of edges are their order of exploration, so
parallel steps stay apart.

    networkx.read_graphml("DIR/bc42bfcc758d4c17.graphml")
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import networkx as nx

from journey import families
from journey.errors import MoveError
from journey.graph import SolutionGraph, State
from journey.runs.graphs import find_graph
from journey.runs.index import open_index
from journey.runs.store import Run, replace
from journey.step import Step
from traces.export.files import graphs_of

Scalar = bool | int | float | str

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML file may hold (XML 1.0, section 2.2)."""


def write_graphs(run: Run, folder: Path, id: str | None = None) -> Mapping[str, int]:
    """Writes one file per graph, or only that of the problem with this id or prefix; returns the count.

    Raises:
        InputError: the run holds no graphs, or the id matches no graph or several.
    """
    graphs = graphs_of(run)
    if id is not None:
        with open_index(run.path) as index:
            graphs = iter([find_graph(index, id)])
    counts = Counter[str]()
    for graph in graphs:
        text = BytesIO()
        nx.write_graphml(plain(graph), text)
        replace(folder / f"{graph.problem.id}.graphml", text.getvalue())
        counts["*.graphml"] += 1
    return counts


def plain(graph: SolutionGraph) -> nx.MultiDiGraph[str]:
    """The graph with attributes that GraphML can hold; `on_path` marks the shortest solution."""
    path = graph.solution() or []
    solution = {step.order for step in path}
    on_path = {graph.root} if graph.solution() is not None else set()
    on_path |= {step.target for step in path}
    problem = graph.problem
    result: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        problem=problem.id,
        family=problem.family,
        statement=_xml(problem.statement),
        answer=_xml(problem.answer or ""),
        split=problem.split,
        licence=_xml(problem.licence),
        root=_xml(graph.root),
    )
    for state in graph.states():
        result.add_node(_xml(state.key), **_node(state), on_path=state.key in on_path)
    lines = _lines(graph)
    for step in graph.steps():
        result.add_edge(
            _xml(step.source),
            _xml(step.target),
            key=step.order,
            **_edge(graph, step, lines[step.order]),
            on_path=step.order in solution,
        )
    return result


def _node(state: State) -> dict[str, Scalar]:
    attributes: dict[str, Scalar] = {
        "label": _xml(state.key),
        "solved": state.solved,
        "expanded": state.expanded,
        "hopeless": state.hopeless,
        "visits": state.visits,
    }
    return attributes if state.value is None else {**attributes, "value": float(state.value)}


def _edge(graph: SolutionGraph, step: Step, line: str) -> dict[str, Scalar]:
    attributes: dict[str, Scalar] = {
        "label": _xml(line),
        "order": step.order,
        "operation": _xml(step.move.operation),
        "operands": _xml(", ".join(str(operand.value) for operand in step.move.operands)),
        "places": ", ".join("-" if operand.at is None else str(operand.at) for operand in step.move.operands),
        "result": _xml(str(step.move.result)),
        "verdict": step.verdict.value,
        "sound": graph.sound(step),
        "evidence": "" if step.evidence is None else _xml(str(step.evidence)),
        "proposer": _xml(step.proposer),
        "mistake": step.mistake or "",
    }
    optional = {"logprob": step.logprob, "people": step.label, "share": step.share}
    return {**attributes, **{name: value for name, value in optional.items() if value is not None}}


def _lines(graph: SolutionGraph) -> dict[int, str]:
    """The line of each step, by its order. States are recomputed from the start."""
    family = families.get(graph.problem.family)
    states = {graph.root: family.start(graph.problem.givens)}
    lines: dict[int, str] = {}
    for key in nx.topological_sort(graph.graph):
        for step in graph.steps_from(key):
            try:
                lines[step.order] = family.write(states[key], step.move)
                states.setdefault(step.target, family.apply(states[key], step.move))
            except (MoveError, KeyError):
                # A move that cannot be applied in its state has no line of its own.
                lines[step.order] = f"{step.move.operation} {step.move.result}"
    return lines


def _xml(text: str) -> str:
    """Escapes the characters that XML cannot hold."""
    return NOT_XML.sub(lambda match: f"\\x{ord(match[0]):02x}", text)

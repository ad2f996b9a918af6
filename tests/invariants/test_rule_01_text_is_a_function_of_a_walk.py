"""Rule 1: search builds graphs; text is a pure function of a walk. No text is written while searching."""

from __future__ import annotations

import json

from journey.graph import SolutionGraph
from journey.runs.store import encode
from tests.conftest import graph_of
from traces import walks
from traces.text import render


def test_a_stored_graph_gives_the_same_text_as_a_fresh_one(family: str) -> None:
    for index in range(10):
        graph = graph_of(family, index)
        stored = SolutionGraph.from_record(json.loads(encode(graph.to_record())))
        for kind in walks.WALKS:
            fresh, again = (
                walks.walk(kind, each, walks.WalkSettings(), graph_of(family, index + 1))
                for each in (graph, stored)
            )
            assert fresh == again
            assert fresh is None or render(fresh) == render(again) == render(fresh)  # type: ignore[arg-type]


def test_a_graph_holds_no_lines_of_text(family: str) -> None:
    """What a line says is stored as operation, operands and result; the words are the renderer's."""
    graph = graph_of(family, 0)
    trace = walks.walk("shortcut", graph, walks.WalkSettings())
    assert trace is not None
    stored = encode([step.move for step in graph.steps()]).decode()
    for line in render(trace).split("\n")[:-1]:
        if "=" in line or ":" in line:
            assert line not in stored

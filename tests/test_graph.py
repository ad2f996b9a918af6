"""The solution graph, beside networkx's own answers."""

from __future__ import annotations

import json

import networkx as nx
import pytest

from journey import families
from journey.check import hopeless
from journey.errors import InputError
from journey.graph import SolutionGraph, State
from journey.runs.graphs import find_graph, read_graphs
from journey.runs.index import open_index
from journey.runs.store import encode, write_lines
from journey.step import Evidence, Move, Step, Verdict
from tests.conftest import graph_of, problem_of, states_of


def small() -> SolutionGraph:
    """a -> b -> goal; a -> c, a dead end; a -> goal, by a wrong step."""
    graph = SolutionGraph(problem_of("countdown", 0), "a")
    for key in "abc":
        graph.add_state(State(key))
    graph.add_state(State("goal", solved=True))
    for order, (source, target, verdict) in enumerate(
        [
            ("a", "c", Verdict.VALID),
            ("a", "goal", Verdict.WRONG),
            ("a", "b", Verdict.VALID),
            ("b", "goal", Verdict.VALID),
        ]
    ):
        evidence = None if verdict is Verdict.VALID else Evidence("unverified", ("no",))
        graph.add_step(Step(source, target, order, Move("m", (), order), verdict, evidence, "test"))
    return graph


def test_a_solution_takes_no_wrong_step() -> None:
    path = small().solution()
    assert path is not None
    assert [step.target for step in path] == ["b", "goal"]


def test_only_an_exhausted_state_is_hopeless(family: str) -> None:
    """A graph has no cycles, so it lacks the steps back to an earlier state: the family gives those."""
    known = families.get(family)
    for index in range(10):
        graph = graph_of(family, index)
        for key, inner in states_of(graph).items():
            state = graph.state(key)
            below = {step.target for step in graph.steps_from(key) if graph.sound(step)}
            if state.expanded:
                below |= {known.key(known.apply(inner, move)) for move in known.moves(inner)}
            exhausted = state.expanded and not state.solved
            exhausted = exhausted and all(graph.state(each).hopeless for each in below)
            assert state.hopeless == exhausted, "abandoned is not hopeless"


def test_hopeless_agrees_with_an_exhaustive_search(family: str) -> None:
    known = families.get(family)
    marked = 0
    for index in range(25):
        graph = graph_of(family, index)
        states = states_of(graph)
        for state in graph.states():
            if state.hopeless:
                assert hopeless(known, states[state.key]) is True, state
                marked += 1
    if family in ("congruence", "countdown", "diophantine", "factoring", "quadratic", "roots", "simplify"):
        assert marked > 20
    if family in ("story", "linear", "derivative"):
        assert marked == 0, "whatever is done there, the goal can still be reached"


def test_graphs_are_acyclic_and_solutions_shortest(family: str) -> None:
    for index in range(25):
        graph = graph_of(family, index)
        assert nx.is_directed_acyclic_graph(graph.graph)
        path = graph.solution()
        assert path is not None
        goals = [state.key for state in graph.states() if state.solved]
        lengths = nx.single_source_shortest_path_length(graph.valid(), graph.root)
        assert len(path) == min(lengths[goal] for goal in goals if goal in lengths)


def test_a_graph_survives_its_file(family: str) -> None:
    graph = graph_of(family, 1)
    again = SolutionGraph.from_record(json.loads(encode(graph.to_record())))
    assert again.problem == graph.problem
    assert again.steps() == graph.steps()
    assert list(again.states()) == list(graph.states())
    assert encode(again.to_record()) == encode(graph.to_record())


def test_a_record_is_node_link_json(family: str) -> None:
    record = json.loads(encode(graph_of(family, 1).to_record()))
    plain = nx.node_link_graph({key: value for key, value in record.items()}, edges="edges")
    assert plain.is_multigraph()
    assert plain.number_of_edges() == len(graph_of(family, 1).steps())


def test_graphs_are_read_in_order_and_found_by_id(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = tmp_path_factory.mktemp("run")
    folder = run / "graphs"
    graphs = [graph_of("diophantine", index) for index in range(6)]
    write_lines(folder / "part-00000.jsonl", [graph.to_record() for graph in graphs[:4]])
    write_lines(folder / "part-00001.jsonl", [graph.to_record() for graph in graphs[4:]])
    assert [graph.problem.id for graph in read_graphs(folder)] == [graph.problem.id for graph in graphs]
    with open_index(run) as index:
        assert find_graph(index, graphs[5].problem.id[:10]).problem == graphs[5].problem
        with pytest.raises(InputError, match="no problems"):
            find_graph(index, "zzzz")
        with pytest.raises(InputError, match="6 problems"):
            find_graph(index, "")

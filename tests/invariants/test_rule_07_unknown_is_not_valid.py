"""Rule 7: unknown is not valid, and unscored is not wrong."""

from __future__ import annotations

from dataclasses import replace

from journey.graph import SolutionGraph, State
from journey.step import Move, Step, Verdict
from tests.conftest import graph_of, problem_of
from traces import walks


def test_no_solution_passes_through_an_unknown_step() -> None:
    graph = SolutionGraph(problem_of("countdown", 0), "a")
    graph.add_state(State("a", expanded=True))
    graph.add_state(State("goal", solved=True))
    graph.add_step(Step("a", "goal", 0, Move("m", (), 0), Verdict.UNKNOWN, None, "test"))
    assert graph.solution() is None


def test_an_unknown_step_makes_no_pair_and_no_shortcut(family: str) -> None:
    from traces.pairs import step_pair

    for index in range(10):
        graph = graph_of(family, index)
        trace = walks.walk("shortcut", graph, walks.WalkSettings())
        assert trace is not None
        doubted = SolutionGraph(graph.problem, graph.root)
        for state in graph.states():
            doubted.add_state(state)
        for step in graph.steps():
            wrong = not graph.sound(step)
            doubted.add_step(replace(step, verdict=Verdict.UNKNOWN) if wrong else step)
        assert step_pair(doubted, trace, 0) is None

"""The loop and its strategies, beside networkx's answers where it has them."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest

from journey import families
from journey.check import sound
from journey.errors import InputError
from journey.graph import SolutionGraph, read_graphs
from journey.store import encode
from search.explore import Budget, explore
from search.fleet import Search, explore_all
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES, make
from tests.conftest import graph_of, problem_of

EVERYTHING = 1_000_000


def test_breadth_finds_a_shortest_solution(family: str) -> None:
    for index in range(10):
        path = graph_of(family, index, "breadth").solution()
        whole = graph_of(family, index, "depth", mistakes=0.0, solutions=EVERYTHING, steps=EVERYTHING)
        shortest = whole.solution()
        assert path is not None
        assert shortest is not None
        assert len(path) == len(shortest)


def test_every_strategy_exhausts_the_same_graph(family: str) -> None:
    for index in range(6):
        graphs = [
            graph_of(family, index, name, mistakes=0.3, solutions=EVERYTHING, steps=EVERYTHING)
            for name in STRATEGIES
        ]
        steps = [{(s.source, s.target, s.move, s.verdict) for s in graph.steps()} for graph in graphs]
        hopeless = [{state.key for state in graph.states() if state.hopeless} for graph in graphs]
        assert steps[0] == steps[1] == steps[2]
        assert hopeless[0] == hopeless[1] == hopeless[2]


def test_a_search_is_reproducible_and_its_orders_count_up(family: str) -> None:
    for name in STRATEGIES:
        one, other = (
            explore(problem_of(family, 3), Symbolic(0.4, 0), name, Budget(steps=300)) for _ in range(2)
        )
        assert encode(one.to_record()) == encode(other.to_record())
        assert [step.order for step in one.steps()] == list(range(len(one.steps())))


def test_budgets_hold(family: str) -> None:
    graph = explore(problem_of(family, 2), Symbolic(0.0, 0), "breadth", Budget(steps=3, solutions=EVERYTHING))
    assert len(graph.steps()) <= 3
    assert not graph.state(graph.root).hopeless, "out of budget is not hopeless"


def test_depth_first_goes_down_and_best_first_goes_by_estimate() -> None:
    depth, best = make("depth"), make("best")
    for strategy in (depth, best):
        for key, estimate in (("a", 5.0), ("b", 1.0), ("c", 3.0)):
            strategy.push(key, estimate)
    assert depth.next() == "c"
    assert best.next() == "b"
    best.close("b")
    assert best.next() == "c"
    with pytest.raises(InputError, match="did you mean 'depth'"):
        make("dept")


def test_a_goal_reached_by_a_wrong_step_is_no_solution(family: str) -> None:
    for index in range(30):
        graph = graph_of(family, index, mistakes=1.0)
        path = graph.solution()
        assert path is not None
        known = families.get(family)
        assert all(sound(known, step.verdict) for step in path)
        moves = [step.move for step in path]
        assert known.grade(graph.problem.givens, known.answer(graph.problem.givens, moves)) is None


def test_what_lies_beyond_a_wrong_step_stays_within_the_budget(family: str) -> None:
    for astray in (0, 1, 2):
        for index in range(8):
            problem = problem_of(family, index)
            graph = explore(problem, Symbolic(0.5, 0), "depth", Budget(astray=astray))
            sound = set(nx.descendants(graph.valid(), graph.root)) | {graph.root}
            for state in graph.states():
                if state.key in sound or not graph.steps_from(state.key):
                    continue
                routes = nx.all_simple_paths(graph.graph, graph.root, state.key)
                nearest = min(_beyond(graph, route) for route in routes)
                assert nearest <= astray, "explored too far beyond a wrong step"


def _beyond(graph: SolutionGraph, route: list[str]) -> int:
    for at, (source, target) in enumerate(pairwise(route)):
        if not any(graph.sound(s) for s in graph.steps_from(source) if s.target == target):
            return len(route) - 1 - at
    return 0


def test_the_fleet_writes_the_same_files_with_any_number_of_workers(tmp_path: Path) -> None:
    problems = [problem_of("diophantine", index) for index in range(260)]
    search = Search("depth", Budget(), 0.3, 0)
    heard: list[int] = []
    explore_all(problems, search, tmp_path / "one", 1, heard.append)
    explore_all(problems, search, tmp_path / "two", 2, heard.append)
    for part in ("part-00000.jsonl", "part-00001.jsonl"):
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()
    assert sum(heard) == 520
    assert [graph.problem.id for graph in read_graphs(tmp_path / "two")] == [
        problem.id for problem in problems
    ]


def test_the_fleet_goes_on_after_a_kill_at_any_byte(tmp_path: Path) -> None:
    problems = [problem_of("countdown", index) for index in range(12)]
    search = Search("depth", Budget(), 0.3, 0)
    explore_all(problems, search, tmp_path, 1, lambda done: None)
    part = tmp_path / "part-00000.jsonl"
    whole = part.read_bytes()
    for cut in range(0, len(whole), len(whole) // 25):
        part.write_bytes(whole[:cut])
        explore_all(problems, search, tmp_path, 1, lambda done: None)
        assert part.read_bytes() == whole

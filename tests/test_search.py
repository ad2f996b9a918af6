"""The loop and its strategies, beside networkx's answers where it has them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest

from journey import families
from journey.check import hopeless, sound
from journey.errors import InputError
from journey.graph import SolutionGraph
from journey.runs.graphs import read_graphs
from journey.runs.store import encode
from journey.step import Move
from search.explore import Budget, explore
from search.fleet import Fleet, Search, explore_all
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES, make
from tests.conftest import Journey, graph_of, problem_of

EVERYTHING = 1_000_000


def test_breadth_finds_a_shortest_solution(family: str) -> None:
    for index in range(10):
        path = graph_of(family, index, "breadth").solution()
        full_graph = graph_of(family, index, "depth", mistakes=0.0, solutions=EVERYTHING, steps=EVERYTHING)
        shortest = full_graph.solution()
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
        names = list(STRATEGIES)
        for name, edges, dead_ends in zip(names, steps, hopeless, strict=True):
            if name == "beam":
                # A beam cuts, so it may see less; what it proves hopeless is.
                assert edges <= steps[0]
                assert dead_ends <= hopeless[0]
            else:
                assert edges == steps[0], name
                assert dead_ends == hopeless[0], name


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
        for key, heuristic in (("a", 5.0), ("b", 1.0), ("c", 3.0)):
            strategy.push(key, heuristic)
    assert depth.next() == "c"
    assert best.next() == "b"
    best.close("b", 0.0)
    assert best.next() == "c"
    with pytest.raises(InputError, match="did you mean 'depth'"):
        make("dept")


def test_monte_carlo_follows_wins_and_the_proposer() -> None:
    def visited(values: dict[str, float], logprobs: dict[str, float | None]) -> dict[str, int]:
        """Of a root with two children that have ten each, how often each child was visited."""
        guide = make("mcts")
        guide.push("root", 0.0)
        for _ in range(15):
            key = guide.next()
            assert key is not None
            if key == "root":
                children = ["a", "b"]
            else:
                children = [f"{key}{number}" for number in range(10)] if len(key) == 1 else []
            for child in children:
                guide.push(child, 0.0)
                guide.add_step(key, child, is_sound=True, logprob=logprobs.get(child))
            guide.close(key, values.get(key[0], 0.5))
        learned = guide.statistics()
        assert learned["root"][0] == 15
        for child in "ab":
            assert learned[child][1] == pytest.approx(values.get(child, 0.5))
        return {child: learned[child][0] for child in "ab"}

    by_value = visited({"a": 0.0, "b": 1.0}, {})
    assert by_value["b"] > 2 * by_value["a"]
    by_prior = visited({}, {"a": -0.1, "b": -3.0})
    assert by_prior["a"] > 2 * by_prior["b"]


def test_what_monte_carlo_learned_is_on_the_graph(family: str) -> None:
    for index in range(6):
        graph = graph_of(family, index, "mcts", mistakes=0.3, solutions=EVERYTHING, steps=EVERYTHING)
        reached = {graph.root, *nx.descendants(graph.valid(), graph.root)}
        spent = [s for s in graph.states() if s.expanded and s.key in reached]
        root = graph.state(graph.root)
        # Each state that is reached by sound steps was valued by one rollout, which counts on its way.
        assert root.visits == len(spent)
        assert all(state.value is not None and 0 <= state.value <= 1 for state in spent)
        assert all(state.value == 0 for state in spent if state.hopeless)


def test_a_goal_reached_by_a_wrong_step_is_no_solution(family: str) -> None:
    for index in range(30):
        graph = graph_of(family, index, mistakes=1.0)
        path = graph.solution()
        assert path is not None
        rules = families.get(family)
        assert all(sound(rules, step.verdict) for step in path)
        moves = [step.move for step in path]
        assert rules.grade(graph.problem.givens, rules.answer(graph.problem.givens, moves)) is None


def test_what_lies_beyond_a_wrong_step_stays_within_the_budget(family: str) -> None:
    for steps_after_mistake in (0, 1, 2):
        for index in range(8):
            problem = problem_of(family, index)
            graph = explore(
                problem, Symbolic(0.5, 0), "depth", Budget(steps_after_mistake=steps_after_mistake)
            )
            sound = set(nx.descendants(graph.valid(), graph.root)) | {graph.root}
            for state in graph.states():
                if state.key in sound or not graph.steps_from(state.key):
                    continue
                routes = nx.all_simple_paths(graph.graph, graph.root, state.key)
                nearest = min(_beyond(graph, route) for route in routes)
                assert nearest <= steps_after_mistake, "explored too far beyond a wrong step"


def test_a_state_whose_moves_lead_back_is_not_hopeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """From `aside` the only way leads back to the start, and from there to the goal."""
    problem = problem_of("diophantine", 0)
    ways = {"in": ("aside", "end", "goal"), "aside": ("in",), "end": (), "goal": ()}
    maze = replace(
        families.get("diophantine"),
        start=lambda givens: "in",
        key=str,
        heuristic=lambda state: 0.0,
        moves=lambda state: (Move("go", (), where) for where in ways[state]),
        claims=lambda state, move: (),
        apply=lambda state, move: move.result,
        solved=lambda state: bool(state == "goal"),
    )
    monkeypatch.setattr(families, "get", lambda name: maze)
    for name in STRATEGIES:
        graph = explore(problem, Symbolic(0.0, 0), name, Budget(solutions=EVERYTHING))
        assert {state.key for state in graph.states() if state.hopeless} == {"end"}
        assert {key for key in ways if hopeless(maze, key)} == {"end"}


def _beyond(graph: SolutionGraph, route: list[str]) -> int:
    for at, (source, target) in enumerate(pairwise(route)):
        if not any(graph.sound(s) for s in graph.steps_from(source) if s.target == target):
            return len(route) - 1 - at
    return 0


def test_any_number_of_workers_writes_the_same_files(tmp_path: Path) -> None:
    problems = [problem_of("diophantine", index) for index in range(260)]
    search = Search("depth", Budget(), 0.3, 0)
    progress: list[int] = []
    explore_all(problems, search, tmp_path / "one", Fleet(workers=1), progress.append)
    explore_all(problems, search, tmp_path / "two", Fleet(workers=2), progress.append)
    for part in ("part-00000.jsonl", "part-00001.jsonl"):
        assert (tmp_path / "one" / part).read_bytes() == (tmp_path / "two" / part).read_bytes()
    assert sum(progress) == 520
    assert [graph.problem.id for graph in read_graphs(tmp_path / "two")] == [
        problem.id for problem in problems
    ]


def test_workers_that_used_the_sandbox_end(journey: Journey, tmp_path: Path) -> None:
    """They have child processes of their own, which must end before they are waited for."""
    words = ("--family", "derivative", "--count", 300, "--workers", 2, "--out", tmp_path / "run")
    assert journey("generate", *words).returncode == 0


def test_the_fleet_goes_on_after_a_kill_at_any_byte(tmp_path: Path) -> None:
    problems = [problem_of("countdown", index) for index in range(12)]
    search = Search("depth", Budget(), 0.3, 0)
    explore_all(problems, search, tmp_path, Fleet(), lambda done: None)
    part = tmp_path / "part-00000.jsonl"
    content = part.read_bytes()
    for cut in range(0, len(content), len(content) // 25):
        part.write_bytes(content[:cut])
        explore_all(problems, search, tmp_path, Fleet(), lambda done: None)
        assert part.read_bytes() == content

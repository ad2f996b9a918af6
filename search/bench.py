"""Benchmarks the search strategies on each family and level, and the speed of the fleet."""

from __future__ import annotations

import cProfile
import pstats
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journey import families
from journey.equivalence import clear_caches
from journey.problem import Problem, draw_distinct
from journey.runs.graphs import read_graphs
from journey.runs.store import BenchResult, clock
from search.explore import Budget, explore
from search.fleet import PART_SIZE, Fleet, Search, explore_all
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES

PROBLEMS = 40
LEVELS = (1, 2, 3)
BUDGET = Budget(steps=300)
SPEED_PROBLEMS = 150
"""Problems for timing countdown, the fastest family, which Stream of Search's generator also covers."""
MISTAKES = 0.2
FLEET_PARTS = 12
"""Part files the fleet writes while it is timed."""
FLEET_WORKERS = (1, 2)


@dataclass(slots=True)
class Cost:
    """The total cost of a strategy and what it achieved."""

    steps: int = 0
    seconds: float = 0.0
    solved: int = 0
    cheapest: int = 0
    """Number of (family, level) cases in which no strategy took fewer steps per solution."""

    @property
    def each(self) -> float:
        """Checked steps per solved problem."""
        return self.steps / max(1, self.solved)


def bench_search() -> BenchResult:
    """Measures solved share, states, steps and speed by family, level and strategy.

    Every strategy gets the same problems, the same mistakes and the same step budget, and starts with empty
    caches. Only steps in the graph count as steps: the rollouts of `mcts` count in its time.
    """
    rows: list[tuple[Any, ...]] = []
    costs = {name: Cost() for name in STRATEGIES}
    for name in families.NAMES:
        for level in LEVELS:
            problems = list(draw_distinct(families.get(name), 0, "train", PROBLEMS, (level,)))
            steps_per_solution: dict[str, float] = {}
            for strategy, cost in costs.items():
                _explore(problems[:2], strategy)
                clear_caches()
                elapsed = clock()
                solved, states, steps = _explore(problems, strategy)
                seconds = elapsed()
                steps_per_solution[strategy] = steps / solved if solved else float("inf")
                cells = (
                    100 * solved / PROBLEMS,
                    states / PROBLEMS,
                    steps_per_solution[strategy],
                    steps / seconds,
                )
                rows.append((name, level, strategy, *cells))
                cost.steps += steps
                cost.seconds += seconds
                cost.solved += solved
            for strategy, steps_needed in steps_per_solution.items():
                costs[strategy].cheapest += steps_needed == min(steps_per_solution.values())
    columns = ("family", "level", "strategy", "solved, %", "states", "steps a solution", "verified steps/s")
    figures = {f"steps a solution, {name}": cost.each for name, cost in costs.items()}
    return BenchResult(columns, rows, {**figures, **_countdown(), **_fleet()}, (_cheapest(costs),))


def _cheapest(costs: Mapping[str, Cost]) -> str:
    """The sentence about which strategy costs least per solved problem."""
    cases = len(families.NAMES) * len(LEVELS)
    total = cases * PROBLEMS
    name, best = min(costs.items(), key=lambda pair: pair[1].each)
    rest = ", ".join(f"{other} {cost.each:.1f}" for other, cost in costs.items() if other != name)
    quickest, fastest = min(costs.items(), key=lambda pair: pair[1].seconds / max(1, pair[1].solved))
    return (
        f"{name} costs least per solved problem: {best.each:.1f} checked steps ({rest}); it "
        f"solved {best.solved / total:.1%} of {total:,} and was cheapest, or as cheap, on "
        f"{best.cheapest} of {cases} families and levels. In time {quickest} costs least: "
        f"{1000 * fastest.seconds / max(1, fastest.solved):.2f} ms."
    )


def _explore(problems: Sequence[Problem], strategy: str) -> tuple[int, int, int]:
    proposer = Symbolic(MISTAKES, seed=0)
    graphs = [explore(problem, proposer, strategy, BUDGET) for problem in problems]
    solved = sum(graph.solution() is not None for graph in graphs)
    return solved, sum(map(len, graphs)), sum(graph.graph.number_of_edges() for graph in graphs)


def _countdown() -> dict[str, float]:
    """Verified countdown steps per second (best of three rounds) and the share of time by package."""
    problems = list(draw_distinct(families.get("countdown"), 0, "train", SPEED_PROBLEMS, (1, 2)))

    def run_once() -> int:
        proposer = Symbolic(MISTAKES, seed=0)
        return sum(explore(each, proposer, "depth", Budget()).graph.number_of_edges() for each in problems)

    speeds = []
    for _ in range(3):
        elapsed = clock()
        speeds.append(run_once() / elapsed())
    profile = cProfile.Profile()
    profile.runcall(run_once)
    shares = _shares(profile, ("sympy", "networkx", "journey", "search"))
    return {
        "countdown, depth-first: verified steps/s": max(speeds),
        **{f"countdown: share of the time in {name}, %": 100 * share for name, share in shares.items()},
    }


def _shares(profile: cProfile.Profile, packages: Sequence[str]) -> dict[str, float]:
    rows = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    times = [(place[0], own) for place, (_, _, own, _, _) in rows]
    total = max(1e-9, sum(own for _, own in times))
    return {
        package: sum(own for place, own in times if f"/{package}/" in place) / total for package in packages
    }


def _fleet() -> dict[str, float]:
    """Graphs and verified steps written per second, by number of local workers: best of two rounds."""
    problems = list(draw_distinct(families.get("countdown"), 0, "train", FLEET_PARTS * PART_SIZE, LEVELS))
    figures: dict[str, float] = {}
    for workers in FLEET_WORKERS:
        graphs, steps = max(_round(problems, workers) for _ in range(2))
        label = f"countdown through the fleet, {workers} worker{'s' if workers > 1 else ''}"
        figures |= {f"{label}: graphs/s": graphs, f"{label}: verified steps/s": steps}
    return figures


def _round(problems: Sequence[Problem], workers: int) -> tuple[float, float]:
    """Graphs and steps per second, timed after each worker has finished its first part."""
    search = Search("depth", Budget(), MISTAKES, 0)
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        elapsed = clock()
        explore_all(problems, search, Path(folder), Fleet(workers=workers), lambda _: times.append(elapsed()))
        steps = sum(graph.graph.number_of_edges() for graph in read_graphs(Path(folder)))
    speed = (len(times) - workers) * PART_SIZE / (times[-1] - times[workers - 1])
    return speed, speed * steps / len(problems)

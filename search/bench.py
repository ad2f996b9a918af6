"""What each strategy costs on each family and level, and how fast the fleet is."""

from __future__ import annotations

import cProfile
import pstats
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journey import families
from journey.equivalence import forget
from journey.graph import read_graphs
from journey.problem import Problem, draw_distinct
from journey.store import Figures, clock
from search.explore import Budget, explore
from search.fleet import PART, Fleet, Search, explore_all
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES

PROBLEMS = 40
LEVELS = (1, 2, 3)
BUDGET = Budget(steps=300)
SPEED_PROBLEMS = 150
"""For the speed of the fastest family, as Stream of Search's generator is timed."""
MISTAKES = 0.2
FLEET_PARTS = 12
"""Part files that the fleet makes while it is timed."""
FLEET_WORKERS = (1, 2)


@dataclass(slots=True)
class Cost:
    """What a strategy spent in all, and for what."""

    steps: int = 0
    seconds: float = 0.0
    solved: int = 0
    cheapest: int = 0
    """On how many families and levels no strategy took fewer steps a solution."""

    @property
    def each(self) -> float:
        """Checked steps a solved problem."""
        return self.steps / max(1, self.solved)


def bench_search() -> Figures:
    """Per family, level and strategy: solved share, states, steps and speed; what a solved problem costs.

    Every strategy gets the same problems, the same mistakes and the same budget of steps, and starts with
    empty caches. A step counts if it is in the graph: the rollouts of `mcts` cost time alone.
    """
    rows: list[tuple[Any, ...]] = []
    costs = {name: Cost() for name in STRATEGIES}
    for name in families.NAMES:
        for level in LEVELS:
            problems = list(draw_distinct(families.get(name), 0, "train", PROBLEMS, (level,)))
            prices: dict[str, float] = {}
            for strategy, cost in costs.items():
                _explore(problems[:2], strategy)
                forget()
                watch = clock()
                solved, states, steps = _explore(problems, strategy)
                seconds = watch()
                prices[strategy] = steps / solved if solved else float("inf")
                shown = (100 * solved / PROBLEMS, states / PROBLEMS, prices[strategy], steps / seconds)
                rows.append((name, level, strategy, *shown))
                cost.steps += steps
                cost.seconds += seconds
                cost.solved += solved
            for strategy, price in prices.items():
                costs[strategy].cheapest += price == min(prices.values())
    columns = ("family", "level", "strategy", "solved, %", "states", "steps a solution", "verified steps/s")
    found = {f"steps a solution, {name}": cost.each for name, cost in costs.items()}
    return Figures(columns, rows, {**found, **_countdown(), **_fleet()}, (_cheapest(costs),))


def _cheapest(costs: Mapping[str, Cost]) -> str:
    """Which strategy costs least per solved problem."""
    places = len(families.NAMES) * len(LEVELS)
    asked = places * PROBLEMS
    name, least = min(costs.items(), key=lambda pair: pair[1].each)
    others = ", ".join(f"{other} {cost.each:.1f}" for other, cost in costs.items() if other != name)
    quickest, quick = min(costs.items(), key=lambda pair: pair[1].seconds / max(1, pair[1].solved))
    return (
        f"{name} costs least per solved problem: {least.each:.1f} checked steps ({others}); it solved "
        f"{least.solved / asked:.1%} of {asked:,} and was cheapest, or as cheap, on {least.cheapest} of "
        f"{places} families and levels. In time {quickest} costs least: "
        f"{1000 * quick.seconds / max(1, quick.solved):.2f} ms."
    )


def _explore(problems: Sequence[Problem], strategy: str) -> tuple[int, int, int]:
    proposer = Symbolic(MISTAKES, seed=0)
    graphs = [explore(problem, proposer, strategy, BUDGET) for problem in problems]
    solved = sum(graph.solution() is not None for graph in graphs)
    return solved, sum(map(len, graphs)), sum(graph.graph.number_of_edges() for graph in graphs)


def _countdown() -> dict[str, float]:
    """Verified Countdown steps a second, the best of three rounds, and where the time goes."""
    problems = list(draw_distinct(families.get("countdown"), 0, "train", SPEED_PROBLEMS, (1, 2)))

    def round_() -> int:
        proposer = Symbolic(MISTAKES, seed=0)
        return sum(explore(each, proposer, "depth", Budget()).graph.number_of_edges() for each in problems)

    speeds = []
    for _ in range(3):
        seconds = clock()
        speeds.append(round_() / seconds())
    profile = cProfile.Profile()
    profile.runcall(round_)
    shares = _shares(profile, ("sympy", "networkx", "journey", "search"))
    return {
        "countdown, depth-first: verified steps/s": max(speeds),
        **{f"countdown: share of the time in {name}, %": 100 * share for name, share in shares.items()},
    }


def _shares(profile: cProfile.Profile, packages: Sequence[str]) -> dict[str, float]:
    rows = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    times = [(place[0], own) for place, (_, _, own, _, _) in rows]
    whole = max(1e-9, sum(own for _, own in times))
    return {
        package: sum(own for place, own in times if f"/{package}/" in place) / whole for package in packages
    }


def _fleet() -> dict[str, float]:
    """Graphs and verified steps a second that reach the disk, by local processes: the best of two rounds."""
    problems = list(draw_distinct(families.get("countdown"), 0, "train", FLEET_PARTS * PART, LEVELS))
    found: dict[str, float] = {}
    for workers in FLEET_WORKERS:
        graphs, steps = max(_round(problems, workers) for _ in range(2))
        label = f"countdown through the fleet, {workers} worker{'s' if workers > 1 else ''}"
        found |= {f"{label}: graphs/s": graphs, f"{label}: verified steps/s": steps}
    return found


def _round(problems: Sequence[Problem], workers: int) -> tuple[float, float]:
    """Graphs and steps a second, from when as many parts are done as there are workers: after their start."""
    search = Search("depth", Budget(), MISTAKES, 0)
    times: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        seconds = clock()
        explore_all(problems, search, Path(folder), Fleet(workers=workers), lambda _: times.append(seconds()))
        steps = sum(graph.graph.number_of_edges() for graph in read_graphs(Path(folder)))
    speed = (len(times) - workers) * PART / (times[-1] - times[workers - 1])
    return speed, speed * steps / len(problems)

"""What each strategy costs on each family and level, on one core."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Sequence
from typing import Any

from journey import families
from journey.problem import Problem, draw_distinct
from journey.store import Figures, clock
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES

PROBLEMS = 40
LEVELS = (1, 2, 3)
BUDGET = Budget(steps=300)
SPEED_PROBLEMS = 150
"""For the speed of the fastest family, as Stream of Search's generator is timed."""
MISTAKES = 0.2


def bench_search() -> Figures:
    """Per family, level and strategy: solved share, states, steps and speed; what a solved problem costs.

    Every strategy gets the same problems, the same mistakes and the same budget of steps.
    """
    rows: list[tuple[Any, ...]] = []
    cost: dict[str, list[float]] = {name: [0.0, 0.0] for name in STRATEGIES}
    for name in families.NAMES:
        for level in LEVELS:
            problems = list(draw_distinct(families.get(name), 0, "train", PROBLEMS, (level,)))
            for strategy in STRATEGIES:
                _explore(problems[:2], strategy)
                seconds = clock()
                solved, states, steps = _explore(problems, strategy)
                speed = steps / seconds()
                each = steps / solved if solved else float("inf")
                rows.append((name, level, strategy, 100 * solved / PROBLEMS, states / PROBLEMS, each, speed))
                cost[strategy][0] += steps
                cost[strategy][1] += solved
    columns = ("family", "level", "strategy", "solved, %", "states", "steps a solution", "verified steps/s")
    found = {f"steps a solution, {name}": steps / max(1, solved) for name, (steps, solved) in cost.items()}
    return Figures(columns, rows, {**found, **_countdown()})


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

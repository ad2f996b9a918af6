"""How many verified steps a second the search makes on one core, and how much of that time is sympy's."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Sequence

from journey import families
from journey.problem import Problem, draw_distinct
from journey.store import clock
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic

PROBLEMS = 150
LEVELS = (1, 2)


def bench_search() -> dict[str, float]:
    """Verified steps a second by family, depth-first with mistakes; the share of the profile in sympy."""
    figures: dict[str, float] = {}
    for name in families.NAMES:
        problems = list(draw_distinct(families.get(name), 0, "train", PROBLEMS, LEVELS))
        _explore(problems[:10])
        seconds = clock()
        steps = _explore(problems)
        figures[f"{name}: verified steps a second"] = steps / seconds()
        profile = cProfile.Profile()
        profile.runcall(_explore, problems)
        figures[f"{name}: share of time in sympy, %"] = 100 * _share(profile, "sympy")
    return figures


def _explore(problems: Sequence[Problem]) -> int:
    proposer = Symbolic(mistakes=0.2, seed=0)
    return sum(explore(problem, proposer, "depth", Budget()).graph.number_of_edges() for problem in problems)


def _share(profile: cProfile.Profile, package: str) -> float:
    rows = pstats.Stats(profile).stats.items()  # type: ignore[attr-defined]
    times = [(f"/{package}/" in place[0], own) for place, (_, _, own, _, _) in rows]
    return float(sum(own for inside, own in times if inside) / max(1e-9, sum(own for _, own in times)))

"""Made-up maps for tests: cells of every verdict, and runs of families that were never trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from train.analysis.map_cells import judge_cell
from train.analysis.map_regression import conclusion, judge_map_claims, regress
from train.analysis.map_schema import (
    Cell,
    CellArm,
    CellDifference,
    CellEffort,
    EqualCost,
    FamilyRun,
    LearningMap,
    Missing,
)
from train.analysis.results_schema import TeacherFigures

CLAIM = "the difference grows with the search needed"


def difference(delta: float, half: float = 0.04) -> CellDifference:
    """A difference with an interval of this half width."""
    return CellDifference(delta=delta, ci95=(delta - half, delta + half), n=300, clusters=40, seeds=3)


def arm(solved: float, tokens: float, trace_tokens: float) -> CellArm:
    return CellArm(
        pass_1=solved,
        ci95=(max(0, solved - 0.05), min(1, solved + 0.05)),
        by_seed=[solved] * 3,
        mean_new_tokens=tokens,
        unfinished=0.0,
        trace_tokens=trace_tokens,
        train_tokens=1_500_000,
        converged=True,
        why="converged: 3 seeds agree",
    )


def equal_cost(delta: float, half: float = 0.04, enough: bool = True) -> EqualCost:
    return EqualCost(
        samples=4,
        tokens=60.0,
        journey_tokens=50.0,
        enough=enough,
        solved=0.5,
        ci95=(0.45, 0.55),
        difference=difference(delta, half),
    )


def cell(
    family: str,
    level: int,
    delta: float,
    *,
    majority: float | None = None,
    checker: float | None = None,
    states: float = 8.0,
    ripe: bool = True,
    half: float = 0.04,
    **effort: float,
) -> Cell:
    """A cell with these differences: greedy, and against the shortcut's choice at equal cost."""
    costs = {
        "majority": equal_cost(delta if majority is None else majority, half),
        "checker": equal_cost(delta if checker is None else checker, half),
    }
    verdict: tuple[Any, str] = ("not ripe", "journey still gained 6 points over its last 33 % of training")
    if ripe:
        verdict = judge_cell(difference(delta, half), costs)  # type: ignore[arg-type]
    shortcut = min(0.95, max(0.05, 0.5 - delta / 2))
    measured = {
        **{"off_path": max(0.0, states - 4), "branching": 1 + states / 8, "dead_ends": states / 3},
        **{"longest_run": states / 4, "to_proof": states / 10, "teacher_steps": 1.3 * states},
        **effort,
    }
    return Cell(
        family=family,
        level=level,
        difference=difference(delta, half),
        shortcut=arm(shortcut, 15, 16),
        journey=arm(shortcut + delta, 50, 6 * states),
        equal_cost=costs,  # type: ignore[arg-type]
        effort=CellEffort(n=300, unsolved=0, states=states, **measured),
        teacher=TeacherFigures(solved=1.0, within_budget=0.99, mean_new_tokens=50),
        ripe=ripe,
        verdict=verdict[0],
        why=verdict[1],
    )


def map_of(cells: Sequence[Cell], missing: Sequence[str] = ()) -> LearningMap:
    """The map of these cells, put together as `train.analysis.learning_map` does."""
    regression = regress(cells)
    return LearningMap(
        families=[
            FamilyRun(
                family=name,
                folder=name,
                seeds=[0, 1, 2],
                converged={"shortcut": True, "journey": None},
                solved={"shortcut": 0.5, "journey": 0.6},
                registered="before training",
                claims=[CLAIM],
                settings={},
            )
            for name in dict.fromkeys(each.family for each in cells)
        ],
        missing=[Missing(family=name, why="not run") for name in missing],
        cells=list(cells),
        regression=regression,
        sentence=conclusion(regression),
        claims=judge_map_claims({CLAIM: "before training"}, cells),
        notes=[],
    )


def every_kind(families: Sequence[str], slope: float = 0.08, seed: int = 0) -> list[Cell]:
    """Five levels of each family, whose difference gains `slope` with each doubling of the states.

    Every tenth cell is not ripe, and what the checker chooses is better than the greedy shortcut.
    """
    rng = np.random.default_rng(seed)
    cells = []
    for number, family in enumerate(families):
        base, shift = 1 + 0.35 * number, rng.normal(0, 0.02)
        for level in range(1, 6):
            doublings = base + 0.45 * level + rng.normal(0, 0.1)
            delta = float(np.clip(slope * (doublings - 3) + shift + rng.normal(0, 0.01), -0.5, 0.8))
            cells.append(
                cell(
                    family,
                    level,
                    delta,
                    checker=delta - 0.15 * (number % 3),
                    states=float(2**doublings),
                    ripe=(5 * number + level) % 10 != 0,
                    half=0.03 + 0.05 * (level == 3),
                )
            )
    return cells


def as_family(run: Path, folder: Path, family: str, **manifest: Any) -> Path:
    """A copy of a run whose manifest calls its problems those of another family."""
    shutil.copytree(run, folder)
    path = folder / "manifest.json"
    record = json.loads(path.read_text())
    record["settings"]["problems"]["families"] = {family: 1.0}
    path.write_text(json.dumps({**record, **manifest}))
    return folder

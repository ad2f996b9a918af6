"""The figures of one arm after one stage, of all training seeds together.

Means of shares and costs are the means of the seeds' own. Intervals are computed from the result of every
seed on every problem, by one function for one seed and several (`train.statistics.resampling`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from journey.problem import Problem
from train.analysis.evaluations import Evaluations, read_planted
from train.evaluation import recovery
from train.evaluation.decoding.planted import summarize
from train.evaluation.metrics_schema import PlantedFigures, read_metrics
from train.recipe.metrics import MODES, OWN
from train.recipe.settings import FULL
from train.statistics.closed_form import interquartile_mean
from train.statistics.resampling import Values, share_interval


def pool_seeds(evaluations: Evaluations, problems: Sequence[Problem], style: str = "terse") -> dict[str, Any]:
    """The metrics.json files of all seeds as one, by the fields of `StageFigures`.

    Args:
        evaluations: of one arm and stage.
        problems: the held-out ones, and those of the other sets.
        style: of the outputs.
    """
    levels = {problem.id: problem.level for problem in problems}
    metrics = [read_metrics(folder) for folder in evaluations.folders.values()]
    by_seed = [each.pass_1 for each in metrics]
    pooled: dict[str, Any] = means([each.model_dump(by_alias=False) for each in metrics])
    _set_intervals(pooled, *evaluations.values("pass@1"), evaluations, levels)
    pooled |= {"seeds": list(evaluations.folders), "by_seed": by_seed}
    if len(by_seed) > 1:
        pooled["iqm"] = float(interquartile_mean(np.array(by_seed)))
    for title, part in pooled.get("sets", {}).items():
        _set_intervals(part, *evaluations.values(f"pass@1 in {title}"), evaluations, levels)
        part["by_seed"] = [each.sets[title].pass_1 for each in metrics if each.sets]
    for name, part in pooled.get("precision", {}).items():
        metric = "pass@1" if name == FULL else f"pass@1 in {name}"
        _set_intervals(part, *evaluations.values(metric), evaluations, levels)
    for method, by_n in pooled.get("methods", {}).items():
        for n, part in by_n.items():
            metric = method if method in MODES else f"{method}@{n}"
            _set_intervals(part, *evaluations.values(metric), evaluations, levels)
    pooled["recovery"] = recovery.figures(evaluations.error_counts(problems, style), problems)
    for key, set_name in (("planted", None), ("planted_own", OWN)):
        if key in pooled:
            pooled[key] = planted_figures(evaluations, set_name)
    return pooled


def means(records: Sequence[Any]) -> Any:
    """One record whose numbers are the means of those of the given ones. Whole numbers are the same in all.

    Keys that not all have are left out.

    >>> means([{"n": 4, "solved": 0.25}, {"n": 4, "solved": 0.75, "iqm": 0.7}])
    {'n': 4, 'solved': 0.5}
    >>> means([{"share": None}, {"share": 0.5}, {"share": 0.7}]), means([{"share": None}] * 2)
    ({'share': 0.6}, {'share': None})
    """
    first = records[0]
    if isinstance(first, dict):
        shared = [key for key in first if all(key in each for each in records)]
        return {key: means([each[key] for each in records]) for key in shared}
    # A share of nothing is None: one seed may have made no error at all.
    values = [each for each in records if each is not None]
    return fmean(values) if values and isinstance(values[0], float) else first


def _set_intervals(
    figures: dict[str, Any],
    ids: list[str],
    correct: Values,
    evaluations: Evaluations,
    levels: Mapping[str, int | None],
) -> None:
    """Sets the interval of a share, and of the same share at each level."""
    clusters = evaluations.clusters_of(ids)
    figures.update(share_interval(correct, clusters).record())
    for level, part in figures.get("levels", {}).items():
        places = [place for place, id in enumerate(ids) if str(levels.get(id)) == level]
        if places:
            at_level = share_interval(correct[:, places], [clusters[place] for place in places])
            part.update(at_level.record())


def planted_figures(evaluations: Evaluations, set_name: str | None = None) -> PlantedFigures:
    """What all seeds' models do with planted errors; they were given the same ones."""
    by_seed = [read_planted(folder, set_name) for folder in evaluations.folders.values()]
    return summarize(by_seed, evaluations.clusters)

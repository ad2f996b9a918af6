"""The figures of one arm after one stage, of all its seeds together.

Means of shares and costs are the means of the seeds' own. Intervals are computed from what every seed's model
did on every problem (`statistics.resampling.share_interval`), by one function for one seed and for several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from journey.problem import Problem
from journey.runs.store import read_json, read_lines, reader
from train.analysis.outcomes import Outcomes
from train.evaluation import recovery
from train.evaluation.decoding.planted import Planted, summary
from train.statistics.closed_form import interquartile_mean
from train.statistics.resampling import Values, share_interval

INTERVAL = "ci95"


def figures(outcomes: Outcomes, problems: Sequence[Problem], style: str = "terse") -> dict[str, Any]:
    """What metrics.json of each seed says, as one.

    Args:
        outcomes: of one arm and stage.
        problems: the held-out ones, and those of the sets.
        style: that outputs are written in.
    """
    levels = {problem.id: problem.level for problem in problems}
    by_seed = [read_json(folder / "metrics.json") for folder in outcomes.folders.values()]
    together: dict[str, Any] = means(by_seed)
    _add_intervals(together, *outcomes.values("pass@1"), outcomes, levels)
    together["seeds"] = list(outcomes.folders)
    together["by_seed"] = [each["pass@1"] for each in by_seed]
    if len(by_seed) > 1:
        together["iqm"] = float(interquartile_mean(np.array(together["by_seed"])))
    for title, found in together.get("sets", {}).items():
        _add_intervals(found, *outcomes.values(f"pass@1 in {title}"), outcomes, levels)
        found["by_seed"] = [each["sets"][title]["pass@1"] for each in by_seed]
    for method, by_n in together.get("methods", {}).items():
        for n, found in by_n.items():
            _add_intervals(found, *outcomes.values(f"{method}@{n}"), outcomes, levels)
    together["recovery"] = recovery.figures(outcomes.errors(problems, style), problems)
    if "planted" in together:
        together["planted"] = planted(outcomes)
    return together


def means(several: Sequence[Any]) -> Any:
    """The same figures, each number the mean of its own, without intervals; counts are the same in all.

    >>> means([{"n": 4, "pass@1": 0.25, "ci95": [0.1, 0.6]}, {"n": 4, "pass@1": 0.75, "ci95": [0.3, 0.9]}])
    {'n': 4, 'pass@1': 0.5}
    >>> means([{"share": None}, {"share": 0.5}, {"share": 0.7}]), means([{"share": None}] * 2)
    ({'share': 0.6}, {'share': None})
    """
    first = several[0]
    if isinstance(first, dict):
        shared = [key for key in first if key != INTERVAL and all(key in each for each in several)]
        return {key: means([each[key] for each in several]) for key in shared}
    # A share of nothing is null: one seed may have made no error at all.
    known = [each for each in several if each is not None]
    return fmean(known) if known and isinstance(known[0], float) else first


def _add_intervals(
    found: dict[str, Any],
    ids: list[str],
    right: Values,
    outcomes: Outcomes,
    levels: Mapping[str, int | None],
) -> None:
    """The interval of a share, and of that at each level."""
    clusters = outcomes.clusters_of(ids)
    found.update(share_interval(right, clusters).record())
    for level, part in found.get("levels", {}).items():
        here = [place for place, id in enumerate(ids) if str(levels.get(id)) == level]
        if here:
            part.update(share_interval(right[:, here], [clusters[place] for place in here]).record())


def planted(outcomes: Outcomes) -> dict[str, Any]:
    """What became of planted errors: every seed's model went on from the same plants."""
    rows = [
        list(read_lines(folder / "planted.jsonl", reader(Planted))) for folder in outcomes.folders.values()
    ]
    return summary(rows, outcomes.clusters)

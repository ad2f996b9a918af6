"""The figures of one arm after one stage, of all its seeds together.

Means of shares and costs are the means of the seeds' own. An interval is no such thing: it is made anew from
what every seed's model did on every problem, over seeds and problems (`train.stats.interval_over_seeds`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journey.store import read_json, read_lines
from train.outcomes import Outcomes
from train.recovery import pooled
from train.stats import interval_over_seeds, ratio_over_seeds

INTERVAL = "ci95"


def figures(outcomes: Outcomes, levels: Mapping[str, int | None]) -> dict[str, Any]:
    """What metrics.json of each seed says, as one.

    Args:
        outcomes: of one arm and stage.
        levels: of the problems by id, those of the sets among them.
    """
    by_seed = [read_json(folder / "metrics.json") for folder in outcomes.folders.values()]
    # Counts of errors are added up over seeds; their shares are no means.
    after = [each.pop("recovery", None) for each in by_seed]
    together: dict[str, Any] = {"recovery": pooled(after)} if all(after) else {}
    together["seeds"] = list(outcomes.folders)
    if len(by_seed) == 1:
        return {**by_seed[0], **together}
    together = {**means(by_seed), **together, "by_seed": [each["pass@1"] for each in by_seed]}
    _add_intervals(together, *outcomes.values("pass@1"), levels)
    for title, found in together.get("sets", {}).items():
        _add_intervals(found, *outcomes.values(f"pass@1 in {title}"), levels)
        found["by_seed"] = [each["sets"][title]["pass@1"] for each in by_seed]
    for method, by_n in together.get("methods", {}).items():
        for n, found in by_n.items():
            _add_intervals(found, *outcomes.values(f"{method}@{n}"), levels)
    if together.get("planted", {}).get("n"):
        together["planted"] = planted(outcomes)
    return together


def means(several: Sequence[Any]) -> Any:
    """The same figures, each number the mean of its own, without intervals; counts are the same in all.

    >>> means([{"n": 4, "pass@1": 0.25, "ci95": [0.1, 0.6]}, {"n": 4, "pass@1": 0.75, "ci95": [0.3, 0.9]}])
    {'n': 4, 'pass@1': 0.5}
    """
    first = several[0]
    if isinstance(first, dict):
        shared = [key for key in first if key != INTERVAL and all(key in each for each in several)]
        return {key: means([each[key] for each in several]) for key in shared}
    return fmean(several) if isinstance(first, float) else first


def _add_intervals(
    found: dict[str, Any], ids: list[str], right: NDArray[np.float64], levels: Mapping[str, int | None]
) -> None:
    """The interval of a share, and of that at each level."""
    found[INTERVAL] = interval_over_seeds(right)
    for level, part in found.get("levels", {}).items():
        here = [place for place, id in enumerate(ids) if str(levels.get(id)) == level]
        if here:
            part[INTERVAL] = interval_over_seeds(right[:, here])


def planted(outcomes: Outcomes) -> dict[str, Any]:
    """`train.decoding.planted.summary` over seeds: every seed's model went on from the same plants."""
    rows = [
        {row["id"]: row for row in read_lines(folder / "planted.jsonl", dict)}
        for folder in outcomes.folders.values()
    ]
    ids = list(rows[0])
    noticed, solved, tokens = (
        np.array([[float(row[id][name]) for id in ids] for row in rows])
        for name in ("noticed", "correct", "tokens")
    )
    both, among = noticed * solved, int(noticed.sum())

    def share(values: NDArray[np.float64]) -> dict[str, Any]:
        return {"share": float(values.mean()), "n": len(ids), INTERVAL: interval_over_seeds(values)}

    return {
        "n": len(ids),
        "noticed": share(noticed),
        "solved": share(solved),
        "solved_if_noticed": {
            "share": float(both.sum()) / among if among else None,
            "n": among,
            INTERVAL: ratio_over_seeds(both, noticed),
        },
        "tokens": float(tokens.mean()),
    }

"""What the models of a run made of the held-out problems, one row a training seed: figures pooled over seeds.

Outcomes("journey", "sft").values("pass@1")     ->  an array of shape (seeds, problems)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journey.errors import InputError
from journey.problem import Problem
from journey.store import read_json, read_lines, reader
from train.measure import Sample
from train.recovery import pooled, recovery
from train.stats import interval_over_seeds, pass_at_k

GREEDY: dict[str, Callable[[Sample], float]] = {
    "pass@1": lambda sample: float(sample.correct),
    "tokens": lambda sample: float(sample.tokens),
    "unfinished": lambda sample: float(not sample.finished),
}
"""Metrics of one greedy output."""


def read_samples(folder: Path) -> list[Sample]:
    """The outputs that one model gave."""
    return list(read_lines(folder / "samples.jsonl", reader(Sample)))


@dataclass(frozen=True)
class Outcomes:
    """The outputs of one arm after one stage, of every seed."""

    arm: str
    stage: str
    folders: Mapping[int, Path]
    """Where they are, by training seed."""

    @cached_property
    def samples(self) -> list[list[Sample]]:
        """By seed."""
        return [read_samples(folder) for folder in self.folders.values()]

    @cached_property
    def problems(self) -> list[str]:
        """The ids of the problems, in the order of every array."""
        return [sample.id for sample in self.samples[0] if sample.sample == 0]

    def values(self, metric: str) -> NDArray[np.float64]:
        """A metric by seed and problem. For `pass@K` with K above 1 only of the problems that were sampled.

        Raises:
            InputError: too few samples were drawn for it.
        """
        if measure := GREEDY.get(metric):
            greedy = [{s.id: measure(s) for s in samples if s.sample == 0} for samples in self.samples]
            return np.array([[row[id] for id in self.problems] for row in greedy])
        k = int(metric.removeprefix("pass@"))
        rows = []
        for samples in self.samples:
            drawn: dict[str, list[bool]] = {}
            for sample in samples:
                if sample.sample:
                    drawn.setdefault(sample.id, []).append(sample.correct)
            if not drawn or min(map(len, drawn.values())) < k:
                fewest = min(map(len, drawn.values()), default=0)
                raise InputError(
                    f"{metric} of {self.arm} needs {k} samples a problem, and {fewest} were drawn: "
                    f"raise evaluation.samples.{self.arm}"
                )
            rows.append([pass_at_k(len(d), sum(d), k) for id in self.problems if (d := drawn.get(id))])
        return np.array(rows)

    def recovered(self, problems: Sequence[Problem], style: str) -> dict[str, Any]:
        """What the models do after an error (`train.recovery`), from their outputs."""
        return pooled([recovery(problems, samples, style) for samples in self.samples])

    def figures(self, levels: Mapping[str, int | None]) -> dict[str, Any]:
        """The metrics of the evaluations; with several seeds their means, with intervals over both.

        Args:
            levels: of the problems, by id.
        """
        by_seed = [read_json(folder / "metrics.json") for folder in self.folders.values()]
        # Counts of errors are added up over seeds; their shares are no means.
        after = [figures.pop("recovery", None) for figures in by_seed]
        counted = {"recovery": pooled(after)} if all(after) else {}
        if len(by_seed) == 1:
            return {**by_seed[0], **counted, "seeds": list(self.folders)}
        right = self.values("pass@1")
        together: dict[str, Any] = {**_means(by_seed), **counted}
        together |= {"ci95": interval_over_seeds(right), "seeds": list(self.folders)}
        together["by_seed"] = [figures["pass@1"] for figures in by_seed]
        for level, figures in together["levels"].items():
            here = [place for place, id in enumerate(self.problems) if str(levels[id]) == level]
            figures["ci95"] = interval_over_seeds(right[:, here])
        return together


def _means(figures: Sequence[Any]) -> Any:
    """The same figures, each number the mean of its own; counts and words are the same in all."""
    if isinstance(figures[0], dict):
        return {key: _means([each[key] for each in figures]) for key in figures[0]}
    return fmean(figures) if isinstance(figures[0], float) else figures[0]

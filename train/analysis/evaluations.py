"""The evaluations of one arm after one stage: a metric's value for each training seed and problem.

Evaluations("journey", "sft", folders).values("pass@1")     ->  ids, and an array of shape (seeds, ids)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import read_lines, reader
from train.analysis.learning_curves import capped_tokens
from train.evaluation.curves import CURVE_FILE, Curve, read_curve
from train.evaluation.decoding.answers import Answer
from train.evaluation.decoding.planted import Planted
from train.evaluation.recovery import Counts, count_outputs
from train.evaluation.scoring import Sample
from train.recipe.metrics import MODES, PLANTED, Metric, parse_metric
from train.recipe.settings import FULL
from train.statistics.closed_form import pass_at_k

ERRORS = "recovery.jsonl"
"""The counts of each greedy output (`train.evaluation.recovery`)."""
GREEDY: dict[str, Callable[[Sample], float]] = {
    "pass@1": lambda sample: float(sample.correct),
    "tokens": lambda sample: float(sample.tokens),
    "context": lambda sample: float(sample.longest_context),
    "unfinished": lambda sample: float(not sample.finished),
    "clean": lambda sample: float(bool(sample.clean)),
    "verified": lambda sample: float(sample.correct and bool(sample.clean)),
    "misread": lambda sample: float(bool(sample.misread)),
}
"""Metrics of one greedy output."""
AFTER_ERROR: dict[str, Callable[[Planted], float]] = {
    "noticed": lambda output: float(output.noticed),
    "recovered": lambda output: float(output.noticed and output.correct),
    "right_after_error": lambda output: float(output.correct),
}
"""Metrics of the continuation of a planted error."""
AUDITED = ("clean", "verified")
"""Those that need an audit of its lines."""


def read_samples(folder: Path, set_name: str | None = None) -> list[Sample]:
    """The outputs of one model on the held-out problems, on another set, or rounded to a precision."""
    name = "samples.jsonl" if set_name is None else f"set-{set_name}.jsonl"
    return list(read_lines(folder / name, reader(Sample)))


def read_planted(folder: Path, set_name: str | None = None) -> list[Planted]:
    """How one model continued the planted errors, or those that a model wrote itself."""
    name = "planted.jsonl" if set_name is None else f"planted-{set_name}.jsonl"
    return list(read_lines(folder / name, reader(Planted)))


def _forgotten(file: Path) -> dict[str, float]:
    """The mean rise of the loss by problem: a trace that erases is several texts."""
    changes: dict[str, list[float]] = {}
    for row in read_lines(file, dict):
        changes.setdefault(row["id"], []).append(float(row["change"]))
    return {id: fmean(each) for id, each in changes.items()}


@dataclass(frozen=True)
class Evaluations:
    """The evaluations of one arm after one stage, of all training seeds."""

    arm: str
    stage: str
    folders: Mapping[int, Path]
    """The evaluation's folder, by training seed."""
    clusters: Mapping[str, str] = field(default_factory=dict)
    """By problem id (`train.statistics.clusters`)."""
    models: Mapping[int, Path] = field(default_factory=dict)
    """The model's folder, by training seed."""

    @cached_property
    def curves(self) -> dict[int, Curve]:
        """The learning curves of the stage, by seed; without the seeds that have none."""
        curves = {seed: read_curve(folder / CURVE_FILE) for seed, folder in self.models.items()}
        return {seed: curve for seed, curve in curves.items() if curve is not None}

    @cached_property
    def samples(self) -> list[list[Sample]]:
        """The outputs on the held-out problems, by seed."""
        return [read_samples(folder) for folder in self.folders.values()]

    @cached_property
    def answers(self) -> list[list[Answer]]:
        """The answers of the methods of decoding, by seed; empty where there is no such file."""
        files = [folder / "answers.jsonl" for folder in self.folders.values()]
        return [list(read_lines(file, reader(Answer))) if file.exists() else [] for file in files]

    def values(self, metric: str) -> tuple[list[str], NDArray[np.float64]]:
        """The ids of the problems that a metric was measured on, and its values by seed and problem.

        `tokens_to` has one value for each seed. Its id is the name of the curve's file.

        Raises:
            InputError: the metric was not measured.
        """
        parsed = parse_metric(metric)
        if parsed.share is not None:
            if not self.curves:
                raise InputError(f"{metric} of {self.arm} needs a learning curve: start a new run")
            return [CURVE_FILE], capped_tokens(list(self.curves.values()), parsed.share)
        by_seed = self._by_seed(parsed)
        ids = [id for id in by_seed[0] if all(id in values for values in by_seed)]
        if not ids:
            remedy = "start a new run"
            if parsed.name in PLANTED:
                remedy = "raise search.samples" if parsed.set else "raise search.mistakes"
            raise InputError(f"{metric} of {self.arm} was measured on no problem: {remedy}")
        return ids, np.array([[values[id] for id in ids] for values in by_seed])

    def _by_seed(self, metric: Metric) -> list[dict[str, float]]:
        """The value of each problem, by seed."""
        if (greedy := metric.greedy) is not None:
            measure = GREEDY[greedy]
            by_seed = self.samples
            if metric.set is not None:
                by_seed = [read_samples(folder, metric.set) for folder in self.folders.values()]
            outputs = [[s for s in samples if s.sample == 0] for samples in by_seed]
            if greedy in AUDITED and any(s.clean is None for each in outputs for s in each):
                raise InputError(f"{greedy} of {self.arm} was not measured: start a new run")
            if greedy == "misread" and any(s.misread is None for each in outputs for s in each):
                raise InputError(f"{self.arm} is given problems as text, so {greedy} is not measured")
            if greedy == "context" and not all(s.contexts for each in outputs for s in each):
                raise InputError(f"{greedy} of {self.arm} was not measured: start a new run")
            return [{s.id: measure(s) for s in each} for each in outputs]
        if metric.name == "pass":
            return [self._pass_at(samples, metric.number or 1) for samples in self.samples]
        if metric.number is not None or metric.name in MODES:
            method = (metric.name, metric.number or 1)
            return [
                {a.id: float(a.correct) for a in row if (a.method, a.n) == method} for row in self.answers
            ]
        if metric.name == "lost":
            whole, rounded = (
                self._by_seed(parse_metric(f"pass@1{tail}")) for tail in ("", f" in {metric.set}")
            )
            return [
                {id: before[id] - after[id] for id in after}
                for before, after in zip(whole, rounded, strict=True)
            ]
        if metric.name in PLANTED:
            outputs_by_seed = [read_planted(folder, metric.set) for folder in self.folders.values()]
            return [{o.id: AFTER_ERROR[metric.name](o) for o in outputs} for outputs in outputs_by_seed]
        if metric.name == "degradation":
            return [
                {row["id"]: float(row[str(metric.set)] - row[FULL]) for row in read_lines(file, dict)}
                for file in (folder / "losses.jsonl" for folder in self.folders.values())
            ]
        return [_forgotten(folder / "forgotten.jsonl") for folder in self.folders.values()]

    def _pass_at(self, samples: Sequence[Sample], k: int) -> dict[str, float]:
        """pass@k of each problem that was sampled."""
        by_problem: dict[str, list[bool]] = {}
        for sample in samples:
            if sample.sample:
                by_problem.setdefault(sample.id, []).append(sample.correct)
        fewest = min(map(len, by_problem.values()), default=0)
        if fewest < k:
            raise InputError(
                f"pass@{k} of {self.arm} needs {k} samples a problem, and {fewest} were drawn: "
                f"raise evaluation.samples.{self.arm}"
            )
        return {id: pass_at_k(len(correct), sum(correct), k) for id, correct in by_problem.items()}

    def clusters_of(self, ids: Iterable[str]) -> list[str]:
        """The cluster of each id; an id that is not of a problem of the run is a cluster of its own."""
        return [self.clusters.get(id, id) for id in ids]

    def error_counts(self, problems: Sequence[Problem], style: str) -> list[Counts]:
        """The counts of each output (`evaluation.recovery`), by seed: from the file, or from the outputs."""
        files = [folder / ERRORS for folder in self.folders.values()]
        return [
            {row["id"]: row["counts"] for row in read_lines(file, dict)}
            if file.exists()
            else count_outputs(problems, samples, style)
            for file, samples in zip(files, self.samples, strict=True)
        ]

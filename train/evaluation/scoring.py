"""What a model's outputs are worth. Needs no model, so a report is written without importing torch.

An output that did not end by itself is unfinished, and wrong (DESIGN rule 10). The answer is the last line,
if it concludes; the family grades it through sympy, never by comparing strings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from journey import families
from journey.problem import Problem
from traces.text import answer_in
from train.recipe.metrics import SAMPLE_COUNTS
from train.statistics.closed_form import pass_at_k
from train.statistics.clusters import clusters_of
from train.statistics.resampling import share_interval


@dataclass(frozen=True, slots=True)
class Sample:
    """One output for one problem."""

    id: str
    sample: int
    """0 for the greedy output, else which of the sampled ones."""
    text: str
    tokens: int
    """Tokens generated, the end of sequence included."""
    finished: bool
    correct: bool
    reason: str | None
    """Why it is not correct."""


def grade(problem: Problem, text: str, finished: bool, style: str = "terse") -> tuple[bool, str | None]:
    """Whether an output solves the problem, and if not why."""
    if not finished:
        return False, "unfinished: the token cap was reached"
    last = text.rstrip("\n").rpartition("\n")[2]
    said = answer_in(problem, last, style)
    if said is None:
        return False, f"no conclusion: it ends with {last[:40]!r}"
    reason = families.get(problem.family).grade(problem.givens, said)
    return reason is None, reason


def measure(problems: Sequence[Problem], samples: Sequence[Sample]) -> dict[str, Any]:
    """The figures of one model: greedy pass@1, and pass@k where it was sampled; each by level too.

    Intervals are over clusters of problems (`train.statistics.resampling.share_interval`).
    """
    clusters = clusters_of(problems)
    greedy = {sample.id: sample for sample in samples if sample.sample == 0}
    drawn: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.sample:
            drawn.setdefault(sample.id, []).append(sample)
    figures: dict[str, Any] = {
        **_greedy([greedy[problem.id] for problem in problems], clusters),
        "levels": {
            str(level): _greedy(
                [greedy[problem.id] for problem in problems if problem.level == level], clusters
            )
            for level in sorted({problem.level for problem in problems if problem.level is not None})
        },
    }
    if drawn:
        figures["sampled"] = _sampled(list(drawn.values()))
        for level, found in figures["levels"].items():
            here = [drawn[problem.id] for problem in problems
                    if str(problem.level) == level and problem.id in drawn]  # fmt: skip
            if here:
                found["sampled"] = _sampled(here)
    return figures


def _greedy(outputs: Sequence[Sample], clusters: Mapping[str, str]) -> dict[str, Any]:
    n = len(outputs)
    right = np.array([[float(output.correct) for output in outputs]])
    return {
        "pass@1": float(right.mean()),
        **share_interval(right, [clusters[output.id] for output in outputs]).record(),
        "mean_new_tokens": sum(output.tokens for output in outputs) / n,
        "unfinished": sum(not output.finished for output in outputs) / n,
    }


def _sampled(groups: Sequence[Sequence[Sample]]) -> dict[str, Any]:
    """pass@k, for as many samples as every one of some problems has."""
    every = [sample for group in groups for sample in group]
    most = min(map(len, groups))
    shares = {
        str(k): sum(pass_at_k(len(group), sum(s.correct for s in group), k) for group in groups) / len(groups)
        for k in SAMPLE_COUNTS
        if k <= most
    }
    return {
        "n": len(groups),
        "samples": most,
        "mean_new_tokens": sum(sample.tokens for sample in every) / len(every),
        "pass@k": shares,
    }

"""What a model's outputs are worth. Needs no model, so a report is written without importing torch.

An output that did not end by itself is unfinished, and wrong (DESIGN rule 10). The answer is the last line,
if it concludes; the family grades it through sympy, never by comparing strings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from journey import families
from journey.problem import Problem
from traces.text import answer_in
from train.stats import pass_at_k, wilson


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
    """The figures of one model: greedy pass@1 with intervals, by level too; pass@k where it was sampled."""
    greedy = {sample.id: sample for sample in samples if sample.sample == 0}
    outputs = [greedy[problem.id] for problem in problems]
    right = sum(output.correct for output in outputs)
    levels: dict[str, Any] = {}
    for level in sorted({problem.level for problem in problems if problem.level is not None}):
        here = [greedy[problem.id].correct for problem in problems if problem.level == level]
        levels[str(level)] = {
            "n": len(here),
            "pass@1": sum(here) / len(here),
            "ci95": wilson(sum(here), len(here)),
        }
    figures: dict[str, Any] = {
        "n": len(outputs),
        "pass@1": right / len(outputs),
        "ci95": wilson(right, len(outputs)),
        "mean_new_tokens": sum(output.tokens for output in outputs) / len(outputs),
        "unfinished": sum(not output.finished for output in outputs) / len(outputs),
        "levels": levels,
    }
    by_problem: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.sample:
            by_problem.setdefault(sample.id, []).append(sample)
    if by_problem:
        drawn = [sample for group in by_problem.values() for sample in group]
        n = min(map(len, by_problem.values()))
        ks = [k for k in (1, 2, 4, 8, 16, 32, 64) if k <= n]
        figures["sampled"] = {
            "n": len(by_problem),
            "samples": n,
            "mean_new_tokens": sum(sample.tokens for sample in drawn) / len(drawn),
            "pass@k": {
                str(k): sum(
                    pass_at_k(len(group), sum(s.correct for s in group), k) for group in by_problem.values()
                )
                / len(by_problem)
                for k in ks
            },
        }
    return figures

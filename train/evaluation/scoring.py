"""Grades a model's outputs and measures accuracy. Needs no model, so a report is written without torch.

An output that did not end by itself is unfinished, and wrong (DESIGN rule 10). The answer is that of the last
line if it concludes in the style of the traces. Otherwise prose is read as `journey grade` reads it: the last
box, else the last stated answer. So models that learned no traces are graded too. Terse outputs are only of
models that learned them, and must conclude. The family grades the answer through sympy, never by comparing
strings. Rewards, votes and every accuracy read answers through this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from journey import families
from journey.problem import Problem
from journey.solution_text.answers.final import final_answer
from traces.audit import audit
from traces.text import answer_in
from train.evaluation.metrics_schema import Accuracy, LevelAccuracy, Reading, SampledAccuracy
from train.recipe.metrics import SAMPLE_COUNTS
from train.statistics.closed_form import pass_at_k
from train.statistics.clusters import clusters_of
from train.statistics.resampling import share_interval

UNFINISHED, UNREAD = "unfinished", "no conclusion"
"""The beginnings of `Sample.reason` for outputs that are not graded."""
Outcome = Literal["right", "wrong", "unread", "unfinished"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One output for one problem."""

    id: str
    sample: int
    """0 for the greedy output, else the number of the sampled one."""
    text: str
    tokens: int
    """Tokens generated, the end of sequence included."""
    finished: bool
    correct: bool
    reason: str | None
    """The reason if it is not correct."""
    clean: bool | None = None
    """Whether every line is proved (`is_clean`); None if the output was not audited."""
    contexts: tuple[tuple[int, int], ...] = ()
    """Tokens read and tokens generated, for each context: several if the output erases lines."""
    given: str | None = None
    """The prompt as the model reads it from a picture, before `text`; None if it got the prompt as text."""
    misread: bool | None = None
    """Whether `given` is another prompt than that of its problem; None if it got the prompt as text."""

    @property
    def longest_context(self) -> int:
        """Tokens of its longest context, the prompt included."""
        return max((read + generated for read, generated in self.contexts), default=0)


def grade(problem: Problem, text: str, finished: bool, style: str = "terse") -> tuple[bool, str | None]:
    """Whether an output solves the problem, and the reason if not."""
    if not finished:
        return False, f"{UNFINISHED}: the token cap was reached"
    answer = read_answer(problem, text, style)
    if answer is None:
        return False, no_conclusion(problem, text, style)
    reason = families.get(problem.family).grade(problem.givens, answer)
    return reason is None, reason


def is_clean(problem: Problem, text: str, style: str = "terse") -> bool:
    """Whether every line of an output is proved: right, or noticed as wrong with its proof and left.

    A line that cannot be read, a notice without proof and a step that the checker cannot decide are not
    proved. The answer itself is not asked about: an output that is clean and right is *verified*, as in
    "VerifiedCorrect" of 2512.07783.
    """
    report = audit(problem, text.rstrip("\n"), style)
    return not (report.unflagged or report.unparsed or report.false_notices or report.false_verifications)


def no_conclusion(problem: Problem, text: str, style: str = "terse") -> str | None:
    """The reason if the last line of an output does not conclude in a style; None if it does."""
    last = _last_line(text)
    return f"{UNREAD}: it ends with {last[:40]!r}" if answer_in(problem, last, style) is None else None


def read_answer(problem: Problem, text: str, style: str = "terse") -> str | None:
    """The answer that an output states, in the family's notation; None if it states none."""
    answer = answer_in(problem, _last_line(text), style)
    if answer is not None or style != "prose" or (stated := final_answer(text)) is None:
        return answer
    if problem.family in families.READ:
        return stated
    # The style turns a box into the family's notation.
    return answer_in(problem, rf"The answer is $\boxed{{{' '.join(stated.split())}}}$.", style)


def outcome(sample: Sample) -> Outcome:
    """What became of an output."""
    if not sample.finished:
        return "unfinished"
    if sample.correct:
        return "right"
    return "unread" if (sample.reason or "").startswith(UNREAD) else "wrong"


def _last_line(text: str) -> str:
    return text.rstrip("\n").rpartition("\n")[2]


def measure(problems: Sequence[Problem], samples: Sequence[Sample]) -> Accuracy:
    """The accuracy of one model: pass@1 of its greedy outputs, and pass@k if it was sampled; by level too.

    Intervals are over clusters of problems (`train.statistics.resampling.share_interval`).
    """
    clusters = clusters_of(problems)
    greedy = {sample.id: sample for sample in samples if sample.sample == 0}
    sampled: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.sample:
            sampled.setdefault(sample.id, []).append(sample)
    levels = {}
    for level in sorted({problem.level for problem in problems if problem.level is not None}):
        ids = [problem.id for problem in problems if problem.level == level]
        levels[str(level)] = LevelAccuracy(
            **_greedy([greedy[id] for id in ids], clusters),
            sampled=_sampled([sampled[id] for id in ids if id in sampled]),
        )
    return Accuracy(
        **_greedy([greedy[problem.id] for problem in problems], clusters),
        levels=levels,
        sampled=_sampled(list(sampled.values())),
    )


def _greedy(outputs: Sequence[Sample], clusters: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `GreedyAccuracy`."""
    n = len(outputs)
    clean = [output.clean for output in outputs]
    contexts = [output.longest_context for output in outputs]
    right = sum(output.correct and bool(output.clean) for output in outputs)
    correct = np.array([[float(output.correct) for output in outputs]])
    return {
        "pass_1": float(correct.mean()),
        **share_interval(correct, [clusters[output.id] for output in outputs]).record(),
        "mean_new_tokens": sum(output.tokens for output in outputs) / n,
        "unfinished": sum(not output.finished for output in outputs) / n,
        **({"clean": sum(map(bool, clean)) / n, "verified": right / n} if None not in clean else {}),
        **({"longest_context": sum(contexts) / n} if all(contexts) else {}),
        **_read(outputs),
    }


def _read(outputs: Sequence[Sample]) -> dict[str, Any]:
    """The fields of `GreedyAccuracy` about reading; none if a problem was not read from a picture."""
    if any(output.misread is None for output in outputs):
        return {}
    groups = [
        [output.correct for output in outputs if output.misread is misread] for misread in (True, False)
    ]
    misread, read = (sum(group) / len(group) if group else None for group in groups)
    return {
        "reading": Reading(
            misread=len(groups[0]) / len(outputs), right_if_read=read, right_if_misread=misread
        )
    }


def _sampled(by_problem: Sequence[Sequence[Sample]]) -> SampledAccuracy | None:
    """pass@k for each k up to the number of samples that every problem has; None without samples."""
    if not by_problem:
        return None
    samples = [sample for group in by_problem for sample in group]
    fewest = min(map(len, by_problem))
    return SampledAccuracy(
        n=len(by_problem),
        samples=fewest,
        mean_new_tokens=sum(sample.tokens for sample in samples) / len(samples),
        pass_k={
            str(k): sum(pass_at_k(len(group), sum(s.correct for s in group), k) for group in by_problem)
            / len(by_problem)
            for k in SAMPLE_COUNTS
            if k <= fewest
        },
    )

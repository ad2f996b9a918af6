"""One answer out of several samples: by majority, or the best by the checker.

The n samples of a problem are the first n that were drawn, so an answer for n = 4 knows those for n = 2. An
output that did not finish or does not conclude has no vote and is not chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from journey.problem import Problem
from traces.audit import Audit, audit
from traces.text import answer_in
from train.evaluation.decoding.answers import Answer, verified
from train.evaluation.scoring import Sample
from train.recipe.metrics import SAMPLE_COUNTS


def selected(problems: Sequence[Problem], samples: Sequence[Sample], style: str = "terse") -> list[Answer]:
    """The answers of `majority` and `best_of_n`, for as many samples as there are of each problem."""
    by_problem: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.sample:
            by_problem.setdefault(sample.id, []).append(sample)
    most = min(map(len, by_problem.values()), default=0)
    asked = [problem for problem in problems if problem.id in by_problem]
    found = []
    for n in (count for count in SAMPLE_COUNTS if count <= most):
        for problem in asked:
            drawn = sorted(by_problem[problem.id], key=lambda sample: sample.sample)[:n]
            spent = sum(sample.tokens for sample in drawn)
            for method in (majority, best_of_n):
                chosen = method(problem, drawn, style)
                text, right = (chosen.text, chosen.correct) if chosen else ("", False)
                found.append(Answer(problem.id, method.__name__, n, text, spent, right))
    return found


def majority(problem: Problem, samples: Sequence[Sample], style: str = "terse") -> Sample | None:
    """The first sample with the commonest answer (self-consistency, Wang et al. 2022, section 2).

    Answers are the same if they are written the same, spaces aside; of equally common ones the first wins.
    """
    votes = _votes(problem, samples, style)
    said = {sample.sample: _said(problem, sample, style) for sample in samples}
    if not votes:
        return None
    winner = max(votes, key=lambda answer: votes[answer])
    return next(sample for sample in samples if said[sample.sample] == winner)


def best_of_n(problem: Problem, samples: Sequence[Sample], style: str = "terse") -> Sample | None:
    """The sample that the checker likes best (best of n with a verifier: Cobbe et al. 2021, section 4.2).

    First those whose answer proves right from the problem alone (`verified`), then those whose audit finds
    no fault on the way (no wrong step unnoticed, no line unread, no false notice or verification), then the
    commoner answer, then the earlier one. The given answer plays no part. Where every answer can be verified
    this picks a right one if there is one: its accuracy is then the coverage, pass@n.
    """
    votes = _votes(problem, samples, style)

    def rank(sample: Sample) -> tuple[bool, bool, int]:
        said = _said(problem, sample, style)
        if said is None:
            return (False, False, 0)
        clean = not _faults_on_the_way(audit(problem, sample.text, style))
        return (verified(problem, said) is True, clean, votes[said])

    concluded = [sample for sample in samples if _said(problem, sample, style) is not None]
    return max(concluded, key=rank, default=None)


def _said(problem: Problem, sample: Sample, style: str) -> str | None:
    if not sample.finished:
        return None
    said = answer_in(problem, sample.text.rstrip("\n").rpartition("\n")[2], style)
    return None if said is None else "".join(said.split())


def _votes(problem: Problem, samples: Sequence[Sample], style: str) -> Counter[str]:
    said = (_said(problem, sample, style) for sample in samples)
    return Counter(answer for answer in said if answer is not None)


def _faults_on_the_way(report: Audit) -> bool:
    """Whether anything but the conclusion is the matter; judging that may take the given answer."""
    return any(line.says != "conclude" for line in report.faults)

"""Selects one answer out of several samples: by majority vote, or the best by the checker.

The n samples of a problem are its first n, so those for n = 2 are among those for n = 4. An output that is
unfinished or states no answer has no vote and is not chosen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from journey.problem import Problem
from traces.audit import Audit, audit
from train.evaluation.decoding.answers import Answer, verified
from train.evaluation.scoring import Sample, read_answer
from train.recipe.metrics import SAMPLE_COUNTS


def select_answers(
    problems: Sequence[Problem], samples: Sequence[Sample], style: str = "terse"
) -> list[Answer]:
    """The answers of `majority` and `best_of_n`, for as many samples as there are of each problem."""
    by_problem: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.sample:
            by_problem.setdefault(sample.id, []).append(sample)
    most = min(map(len, by_problem.values()), default=0)
    sampled = [problem for problem in problems if problem.id in by_problem]
    answers = []
    clean: dict[str, dict[str, bool]] = {problem.id: {} for problem in sampled}
    for n in (count for count in SAMPLE_COUNTS if count <= most):
        for problem in sampled:
            first = sorted(by_problem[problem.id], key=lambda sample: sample.sample)[:n]
            cost = sum(sample.tokens for sample in first)
            choices = {
                "majority": majority(problem, first, style),
                "best_of_n": best_of_n(problem, first, style, clean[problem.id]),
            }
            for method, chosen in choices.items():
                text, correct = (chosen.text, chosen.correct) if chosen else ("", False)
                answers.append(Answer(problem.id, method, n, text, cost, correct))
    return answers


def majority(problem: Problem, samples: Sequence[Sample], style: str = "terse") -> Sample | None:
    """The first sample with the most common answer (self-consistency, Wang et al. 2022, section 2).

    Answers are the same if their texts are, apart from spaces. Of equally common ones the first wins.
    """
    votes = _votes(problem, samples, style)
    answers = {sample.sample: _answer(problem, sample, style) for sample in samples}
    if not votes:
        return None
    winner = max(votes, key=lambda answer: votes[answer])
    return next(sample for sample in samples if answers[sample.sample] == winner)


def best_of_n(
    problem: Problem, samples: Sequence[Sample], style: str = "terse", clean: dict[str, bool] | None = None
) -> Sample | None:
    """The sample that the checker ranks first (best of n with a verifier: Cobbe et al. 2021, section 4.2).

    Samples whose answer the problem alone verifies (`verified`) come first. Next come those whose audit finds
    no fault in the steps: no wrong step unnoticed, no line unreadable, no false notice or verification. Then
    the more common answer wins, then the earlier sample. The reference answer plays no part. If every answer
    can be verified, this picks a right one if there is one; its accuracy is then pass@n.

    Args:
        problem: the problem.
        samples: outputs about it.
        style: of the outputs.
        clean: whether the audit of a text finds no fault, for texts audited before; others are added.
    """
    known = {} if clean is None else clean
    votes = _votes(problem, samples, style)

    def rank(sample: Sample) -> tuple[bool, bool, int]:
        answer = _answer(problem, sample, style)
        if answer is None:
            return (False, False, 0)
        if sample.text not in known:
            known[sample.text] = not _has_faulty_steps(audit(problem, sample.text, style))
        return (verified(problem, answer) is True, known[sample.text], votes[answer])

    concluded = [sample for sample in samples if _answer(problem, sample, style) is not None]
    return max(concluded, key=rank, default=None)


def _answer(problem: Problem, sample: Sample, style: str) -> str | None:
    """The answer of a finished sample, without spaces; None if it states none."""
    if not sample.finished:
        return None
    answer = read_answer(problem, sample.text, style)
    return None if answer is None else "".join(answer.split())


def _votes(problem: Problem, samples: Sequence[Sample], style: str) -> Counter[str]:
    answers = (_answer(problem, sample, style) for sample in samples)
    return Counter(answer for answer in answers if answer is not None)


def _has_faulty_steps(report: Audit) -> bool:
    """Whether anything but the conclusion is at fault. Judging that one may take the reference answer."""
    return any(line.says != "conclude" for line in report.faults)

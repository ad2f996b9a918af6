"""What a model does after an error: whether it notices, whether it then gets it right (DESIGN 8).

Each greedy output is audited against its problem (`traces.audit`), so what counts as an error, as noticed
and as right is proved and not taken from the model's words. An *error* is a step that is refuted and may
not stay; a dead end is none. What became of an output's first error is one of four fates:

    noticed   left before the conclusion, with words that prove why
    left      left too, but nothing that was said proves why
    answered  still on the way when the output concludes: it reaches the answer
    open      still on the way when the output ends without a conclusion

Intervals are over training seeds and clusters of problems (`train.statistics.resampling`): errors within one
output are not independent, and neither are outputs for problems of one structure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from journey.problem import Problem
from journey.step import Verdict
from traces.audit import Audit, AuditedLine, audit
from train.evaluation.scoring import Sample
from train.statistics.clusters import clusters_of
from train.statistics.resampling import share_interval

FATES = ("noticed", "left", "answered", "open")
SHARES = {
    # name: (what is counted, among what)
    "error": ("error", "outputs"),
    "noticed": ("noticed", "error"),
    "left": ("left", "error"),
    "answered": ("answered", "error"),
    "right_noticed": ("noticed and right", "noticed"),
    "right_left": ("left and right", "left"),
    "false_alarms": ("false alarms", "notices"),
    "unproved": ("unproved", "due"),
    "unreadable": ("unreadable", "outputs"),
}
"""The shares that are told, of the counts of `count_output`: P(error); of outputs with an error, those whose
first one is noticed, left without a proof, or reaches the answer; P(right | noticed), P(right | left without
a proof); of all notices, those of what is neither wrong nor hopeless; of the others, those whose words do not
prove it; outputs with a line that says nothing."""


Counts = Mapping[str, Mapping[str, int]]
"""By problem, what was counted of a model's output."""


def recovery(problems: Sequence[Problem], samples: Iterable[Sample], style: str = "terse") -> dict[str, Any]:
    """The figures of one model's greedy outputs, in all and by level (`figures`)."""
    return figures([count_outputs(problems, samples, style)], problems)


def count_outputs(problems: Iterable[Problem], samples: Iterable[Sample], style: str = "terse") -> Counts:
    """What is counted of the greedy output for each problem; several for one are added up."""
    known = {problem.id: problem for problem in problems}
    counts: dict[str, Counter[str]] = {}
    for sample in samples:
        if sample.sample == 0 and sample.id in known:
            report = audit(known[sample.id], sample.text, style)
            counts.setdefault(sample.id, Counter()).update(count_output(report, sample.correct))
    return counts


def figures(by_seed: Sequence[Counts], problems: Iterable[Problem]) -> dict[str, Any]:
    """What models do after an error, those of all training seeds together.

    Args:
        by_seed: what was counted of each model.
        problems: all that were asked.

    Returns:
        `SHARES`, each as {"count", "share", "ci95", "n", "clusters", "seeds"}, the share null where n is 0;
        "fates", the counts of first errors; "counts", all that was counted; "levels", the same for each
        level.
    """
    known = {problem.id: problem for problem in problems if any(problem.id in counts for counts in by_seed)}
    clusters = clusters_of(known.values())
    levels: dict[int, list[str]] = {}
    for problem in known.values():
        if problem.level is not None:
            levels.setdefault(problem.level, []).append(problem.id)
    return {
        **_figures(by_seed, list(known), clusters),
        "levels": {str(level): _figures(by_seed, levels[level], clusters) for level in sorted(levels)},
    }


def count_output(report: Audit, correct: bool) -> Counter[str]:
    """What one audited output adds to the counts.

    Undecided steps are counted apart: what is not proved wrong is no error (DESIGN rule 7).
    """
    errors = [line for line in report.wrong_steps if line.verdict is not Verdict.UNKNOWN]
    notices = [line for line in report.lines if line.says == "notice"]
    counts = Counter(
        {
            "outputs": 1,
            "steps": len(report.steps),
            "errors": len(errors),
            "errors noticed": sum(line.flagged for line in errors),
            "errors answered": sum(not line.left for line in errors) if report.concludes else 0,
            "undecided": len(report.wrong_steps) - len(errors),
            "notices": len(notices),
            "false alarms": sum(line.due is False for line in notices),
            "due": sum(line.due is True for line in notices),
            "unproved": sum(line.due is True and not line.right for line in notices),
            "unreadable": int(bool(report.unparsed)),
        }
    )
    if errors:
        what = fate(errors[0], report.concludes)
        counts.update(["error", what, *([f"{what} and right"] if correct else [])])
    return counts


def fate(error: AuditedLine, concludes: bool) -> str:
    """What became of an error: one of `FATES`."""
    if not error.left:
        return "answered" if concludes else "open"
    return "noticed" if error.flagged else "left"


def _figures(by_seed: Sequence[Counts], ids: Sequence[str], clusters: Mapping[str, str]) -> dict[str, Any]:
    total: Counter[str] = Counter()
    for counts in by_seed:
        for id in ids:
            total.update(counts.get(id, {}))
    of = [clusters[id] for id in ids]

    def share(part: str, whole: str) -> dict[str, Any]:
        counted, among = (
            np.array([[float(counts.get(id, {}).get(name, 0)) for id in ids] for counts in by_seed])
            for name in (part, whole)
        )
        value = total[part] / total[whole] if total[whole] else None
        return {"count": total[part], "share": value, **share_interval(counted, of, among).record()}

    shares = {name: share(part, whole) for name, (part, whole) in SHARES.items()}
    fates = {name: total[name] for name in FATES}
    return {**shares, "fates": fates, "counts": {name: int(total[name]) for name in sorted(total)}}

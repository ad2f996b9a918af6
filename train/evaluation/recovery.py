"""What a model does after an error: whether it notices it, and whether it then solves the problem (DESIGN 8).

Each greedy output is audited against its problem (`traces.audit`). So an error, a notice and a right answer
are proved and not taken from the model's words. An *error* is a step that is refuted and may not stay; a dead
end is no error. The first error of an output has one of four fates:

    noticed   the model leaves it before the conclusion, with words that prove why
    left      the model leaves it, but its words do not prove why
    answered  the conclusion still rests on it: it reaches the answer
    open      the output still rests on it and ends without a conclusion

Intervals are over training seeds and clusters of problems (`train.statistics.resampling`): errors within one
output are not independent, and neither are outputs for problems of one structure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_args

import numpy as np

from journey.problem import Problem
from journey.step import Verdict
from traces.audit import Audit, AuditedLine, audit
from train.evaluation.metrics_schema import Fate, Recovery, RecoveryFigures, RecoveryShare
from train.evaluation.scoring import Sample
from train.statistics.clusters import clusters_of
from train.statistics.resampling import share_interval

FATES: tuple[Fate, ...] = get_args(Fate)
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
"""The shares of the results, as ratios of the counts of `count_output`:

- error: outputs with an error;
- noticed, left, answered: the fate of the first error;
- right_noticed, right_left: those of them that end right;
- false_alarms: notices of what is neither wrong nor hopeless;
- unproved: other notices whose words do not prove it;
- unreadable: outputs with a line that cannot be read.
"""


Counts = Mapping[str, Mapping[str, int]]
"""The counts of a model's outputs, by problem."""


def recovery(problems: Sequence[Problem], samples: Iterable[Sample], style: str = "terse") -> Recovery:
    """The figures of one model's greedy outputs, in all and by level (`figures`)."""
    return figures([count_outputs(problems, samples, style)], problems)


def count_outputs(problems: Iterable[Problem], samples: Iterable[Sample], style: str = "terse") -> Counts:
    """The counts of the greedy output for each problem; several outputs for one problem are added up."""
    by_id = {problem.id: problem for problem in problems}
    counts: dict[str, Counter[str]] = {}
    for sample in samples:
        if sample.sample == 0 and sample.id in by_id:
            report = audit(by_id[sample.id], sample.text, style)
            counts.setdefault(sample.id, Counter()).update(count_output(report, sample.correct))
    return counts


def figures(by_seed: Sequence[Counts], problems: Iterable[Problem]) -> Recovery:
    """What the models of all training seeds do after an error.

    Args:
        by_seed: the counts of each model.
        problems: those without counts are ignored.
    """
    counted = [problem for problem in problems if any(problem.id in counts for counts in by_seed)]
    clusters = clusters_of(counted)
    levels: dict[int, list[str]] = {}
    for problem in counted:
        if problem.level is not None:
            levels.setdefault(problem.level, []).append(problem.id)
    by_level = {
        str(level): RecoveryFigures(**_figures(by_seed, levels[level], clusters)) for level in sorted(levels)
    }
    return Recovery(**_figures(by_seed, [problem.id for problem in counted], clusters), levels=by_level)


def count_output(report: Audit, correct: bool) -> Counter[str]:
    """The counts of one audited output.

    Undecided steps are counted separately: what is not proved wrong is no error (DESIGN rule 7).
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
        name = fate(errors[0], report.concludes)
        counts.update(["error", name, *([f"{name} and right"] if correct else [])])
    return counts


def fate(error: AuditedLine, concludes: bool) -> Fate:
    """The fate of an error."""
    if not error.left:
        return "answered" if concludes else "open"
    return "noticed" if error.flagged else "left"


def _figures(by_seed: Sequence[Counts], ids: Sequence[str], clusters: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `RecoveryFigures`, over these problems."""
    total: Counter[str] = Counter()
    for counts in by_seed:
        for id in ids:
            total.update(counts.get(id, {}))
    of = [clusters[id] for id in ids]

    def share(part: str, whole: str) -> RecoveryShare:
        counted, among = (
            np.array([[float(counts.get(id, {}).get(name, 0)) for id in ids] for counts in by_seed])
            for name in (part, whole)
        )
        value = total[part] / total[whole] if total[whole] else None
        interval = share_interval(counted, of, among).record()
        return RecoveryShare(count=total[part], share=value, **interval)

    shares = {name: share(part, whole) for name, (part, whole) in SHARES.items()}
    fates = {name: total[name] for name in FATES}
    return {**shares, "fates": fates, "counts": {name: int(total[name]) for name in sorted(total)}}

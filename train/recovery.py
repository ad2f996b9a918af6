"""What a model does after an error: whether it notices, whether it then gets it right (DESIGN 8).

Each greedy output is audited against its problem (`traces.audit`), so what counts as an error, as noticed
and as right is proved and not taken from the model's words. An *error* is a step that is refuted and may
not stay; a dead end is none. What became of an output's first error is one of four fates:

    noticed   left before the conclusion, with words that prove why
    left      left too, but nothing that was said proves why
    answered  still on the way when the output concludes: it reaches the answer
    open      still on the way when the output ends without a conclusion

The unit is the output, so that Wilson intervals hold: errors within one output are not independent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from journey.problem import Problem
from journey.step import Verdict
from traces.audit import Audit, AuditedLine, audit
from train.measure import Sample
from train.stats import wilson

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


def recovery(problems: Iterable[Problem], samples: Iterable[Sample], style: str = "terse") -> dict[str, Any]:
    """The figures of one model's greedy outputs, in all and by level.

    Returns:
        `SHARES`, each as {"count", "n", "share", "ci95"}, the share null where n is 0; "fates", the counts of
        first errors; "counts", all that was counted; "levels", the same for each level.
    """
    known = {problem.id: problem for problem in problems}
    counts: Counter[str] = Counter()
    levels: dict[str, Counter[str]] = {}
    for sample in samples:
        if sample.sample or sample.id not in known:
            continue
        problem = known[sample.id]
        found = count_output(audit(problem, sample.text, style), sample.correct)
        counts.update(found)
        if problem.level is not None:
            levels.setdefault(str(problem.level), Counter()).update(found)
    return {
        **_figures(counts),
        "levels": {level: _figures(levels[level]) for level in sorted(levels, key=int)},
    }


def pooled(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The figures of several models taken together, as of one arm trained from several seeds."""
    levels = sorted({level for part in parts for level in part["levels"]}, key=int)

    def added(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        total: Counter[str] = Counter()
        for figures in found:
            total.update(figures["counts"])
        return _figures(total)

    by_level = {
        level: added(part["levels"][level] for part in parts if level in part["levels"]) for level in levels
    }
    return {**added(parts), "levels": by_level}


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


def _figures(counts: Mapping[str, int]) -> dict[str, Any]:
    shares = {
        name: _share(counts.get(part, 0), counts.get(whole, 0)) for name, (part, whole) in SHARES.items()
    }
    fates = {name: counts.get(name, 0) for name in FATES}
    return {**shares, "fates": fates, "counts": {name: int(counts[name]) for name in sorted(counts)}}


def _share(count: int, n: int) -> dict[str, Any]:
    return {"count": count, "n": n, "share": count / n if n else None, "ci95": wilson(count, n)}

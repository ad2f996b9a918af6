"""Audits files and run folders and adds up the results, for `journey audit`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import readable_lines, reader, unreadable_sentence, validator
from journey.step import Verdict
from traces.audit import Audit, audit
from traces.pairs import Pair, proved
from traces.walks import UNPROVED


@dataclass(slots=True)
class AuditTotals:
    """The totals of many audits."""

    traces: int = 0
    steps: int = 0
    wrong_steps: int = 0
    unknown: int = 0
    """Undecided steps; they may stay only if the family allows it."""
    unflagged: int = 0
    conclusions_wrong: int = 0
    unparsed: int = 0
    false_notices: int = 0
    false_verifications: int = 0
    pairs: int = 0
    pairs_unproved: int = 0
    """Pairs whose chosen side has a fault or whose rejected side has none (`traces.pairs.proved`)."""
    unreadable: list[str] = field(default_factory=list)
    """File, line and reason of each line that holds no record."""

    def add(self, report: Audit) -> None:
        """Adds one audit."""
        self.traces += 1
        self.steps += len(report.steps)
        self.wrong_steps += len(report.wrong_steps)
        self.unknown += sum(line.verdict is Verdict.UNKNOWN for line in report.steps)
        self.unflagged += len(report.unflagged)
        self.conclusions_wrong += not report.solved
        self.unparsed += len(report.unparsed)
        self.false_notices += len(report.false_notices)
        self.false_verifications += len(report.false_verifications)

    @property
    def summary(self) -> str:
        """The faults and the undecided steps, in a sentence.

        >>> AuditTotals(traces=2, steps=9, unknown=4).summary
        '4 of 9 steps could not be decided; no wrong step among the other 5 goes unflagged.'
        """
        decided = self.steps - self.unknown
        goes = f"{self.unflagged:,} wrong among the other {decided:,} go" if self.unflagged else ""
        faults = goes or f"no wrong step among the other {decided:,} goes"
        sentence = f"{self.unknown:,} of {self.steps:,} steps could not be decided; {faults} unflagged."
        return " ".join([sentence, *unreadable_sentence(self.unreadable)])

    @property
    def clean(self) -> bool:
        """Whether no audit found a fault."""
        return not (
            self.unflagged
            or self.conclusions_wrong
            or self.unparsed
            or self.false_notices
            or self.false_verifications
            or self.pairs_unproved
            or self.unreadable
        )


def audit_all(texts: Iterable[tuple[Problem, str, str]]) -> AuditTotals:
    """Audits many (problem, text, style) triples."""
    totals = AuditTotals()
    for problem, text, style in texts:
        totals.add(audit(problem, text, style))
    return totals


def audit_path(path: Path) -> AuditTotals:
    """Audits a traces file, or all traces and pairs of a run folder.

    A row of a traces file needs `problem` and `completion`, and `style` unless it is terse. In a folder, the
    controls with notices that deliberately prove nothing are skipped (`traces.walks.UNPROVED`), and so are
    spoilt corpora and pairs that claim no proof (`traces.pivots`). A line that holds no record is counted and
    the others are audited.

    Raises:
        InputError: the folder holds no traces, or a file cannot be read.
    """
    if path.is_dir():
        trace_files = sorted((path / "traces").glob("*.jsonl"))
        files = [file for file in trace_files if file.stem.split(",")[0] not in UNPROVED]
        if not files:
            raise InputError(f"{path} holds no traces. Make some with `journey generate --out {path}`")
    else:
        files = [path]
    problem = validator(Problem)

    def audited(row: dict[str, Any]) -> Audit:
        return audit(problem(row["problem"]), str(row["completion"]), str(row.get("style", "terse")))

    totals = AuditTotals()
    for file in files:
        for report in readable_lines(file, audited, totals.unreadable):
            totals.add(report)
    for file in sorted((path / "pairs").glob("*.jsonl")) if path.is_dir() else []:
        for pair in readable_lines(file, reader(Pair), totals.unreadable):
            totals.pairs += 1
            totals.pairs_unproved += not proved(pair)
    return totals

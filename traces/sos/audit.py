"""Audits files of Stream of Search rows: counts the clean rows and the faults of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import comb, prod
from pathlib import Path
from typing import Any

from journey.errors import InputError
from journey.runs.arrays import CHUNK, each_item, is_array
from journey.runs.store import readable_lines, unreadable_sentence, validator
from traces.sos.reader import FAULTS, Fault, Reader, solves

MAX_NUMBERS = 12
"""Maximum number of numbers in a problem; Stream of Search has no larger rows."""

WRONG_STEPS = ("arithmetic", "missing", "numbers")


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a row that are read. The last three are optional; other columns are ignored."""

    nums: list[int]
    target: int
    search_path: str
    solution: list[str] | None = None
    rating: float | None = None
    optimal_path: str | None = None


def rating_of(explored: int, numbers: int, reached: bool) -> float:
    """The rating of a search: the share of the largest tree that it did not visit; 0 if it failed.

    >>> rating_of(5, 3, reached=True)
    0.875
    """
    largest = prod(4 * comb(left, 2) for left in range(2, numbers + 1))
    return max(0.0, 1 - (explored + 1) / largest) if reached else 0.0


@dataclass(slots=True)
class RowAudit:
    """The result of auditing one row."""

    steps: int
    reached: bool
    """Whether the search reaches the goal by right steps."""
    faults: list[Fault] = field(default_factory=list)


def audit_row(row: Row) -> RowAudit:
    """Audits both texts of a row, its solution and its rating. Never raises: faults are data."""
    search = Reader("search_path", row.nums, row.target).read(row.search_path)
    report = RowAudit(search.steps, search.reached, search.faults)
    if row.rating is not None:
        explored = row.search_path.count("Exploring Operation")
        expected = rating_of(explored, len(row.nums), search.reached)
        if abs(row.rating - expected) > 1e-6:
            report.faults.append(Fault("rating", 0, "rating", f"{expected:.4f}, not {row.rating:.4f}"))
    if row.solution is not None and not solves(row.nums, row.target, row.solution):
        message = f"{', '.join(row.solution)[:80]} does not make {row.target}"
        report.faults.append(Fault("solution", 0, "solution", message))
    if row.optimal_path is not None:
        optimal = Reader("optimal_path", row.nums, row.target).read(row.optimal_path)
        report.steps += optimal.steps
        report.faults += optimal.faults
        if not optimal.reached and all(fault.kind != "goal" for fault in optimal.faults):
            report.faults.append(Fault("optimal_path", 0, "goal", "the path does not reach the goal"))
    return report


@dataclass(slots=True)
class SearchTotals:
    """The totals of many audits."""

    traces: int = 0
    clean_rows: int = 0
    """Rows without a fault."""
    clean_share: float = 0.0
    steps: int = 0
    wrong_steps: int = 0
    unflagged: int = 0
    """Steps and states that do not follow. The format cannot mark a step as wrong, so all are unflagged."""
    conclusions_wrong: int = 0
    """Rows with a wrong goal, solution or rating."""
    unparsed: int = 0
    unsolved: int = 0
    """Rows whose search gives up, which is not a fault."""
    faults: dict[str, int] = field(default_factory=dict)
    """Rows with each kind of fault."""
    first_faults: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """File, line and reason of each line that holds no row."""

    @property
    def summary(self) -> str:
        """The result in a sentence; every step of a search is decided."""
        counts = (
            f"0 of {self.steps:,} steps could not be decided; {self.unflagged:,} are wrong and unflagged."
        )
        return " ".join([counts, *unreadable_sentence(self.unreadable)])

    @property
    def clean(self) -> bool:
        """Whether no row has a fault and every line holds a row."""
        return self.clean_rows == self.traces and not self.unreadable

    def add(self, report: RowAudit) -> None:
        """Adds one row."""
        self.traces += 1
        self.clean_rows += not report.faults
        self.clean_share = round(self.clean_rows / self.traces, 4)
        self.steps += report.steps
        self.unsolved += not report.reached
        counts = Counter(fault.kind for fault in report.faults)
        wrong = sum(counts[kind] for kind in WRONG_STEPS)
        self.wrong_steps += wrong
        self.unflagged += wrong + counts["state"]
        self.conclusions_wrong += any(counts[kind] for kind in ("goal", "solution", "rating"))
        self.unparsed += counts["unparsed"]
        for kind in counts:
            self.faults[kind] = self.faults.get(kind, 0) + 1
        if report.faults and len(self.first_faults) < 10:
            first = report.faults[0]
            where = f"row {self.traces}, {first.text}" + (f" line {first.line}" if first.line else "")
            self.first_faults.append(f"{where}: {FAULTS[first.kind]}: {first.message}")


def is_search_file(path: Path) -> bool:
    """Whether a file holds Stream of Search rows: a JSON array, or JSONL with `search_path`."""
    if not path.is_file():
        return False
    with open(path, "rb") as file:
        first = file.readline(CHUNK).lstrip()
    return first[:1] == b"[" or (first[:1] == b"{" and b'"search_path"' in first)


def audit_searches(path: Path) -> SearchTotals:
    """Audits a file of rows, one at a time. A line that holds no row is counted and the others are audited.

    Raises:
        InputError: the file holds no rows, or it is a JSON array that cannot be read to its end.
    """
    totals = SearchTotals()
    for row in read_searches(path, totals.unreadable):
        totals.add(audit_row(row))
    if not (totals.traces or totals.unreadable):
        raise InputError(f"{path} holds no rows")
    return totals


def read_searches(path: Path, unreadable: list[str]) -> Iterator[Row]:
    """Reads the rows of a JSON array or a JSONL file.

    Args:
        path: the file.
        unreadable: the number and the reason of each row that is none of Stream of Search's are added here.

    Raises:
        InputError: the file cannot be read, or it is a JSON array that cannot be read to its end.
    """
    validate = validator(Row)

    def read(data: Any) -> Row:
        row = validate(data)
        if not 0 < len(row.nums) <= MAX_NUMBERS:
            raise ValueError(f"{len(row.nums)} numbers")
        return row

    if not is_array(path):
        yield from readable_lines(path, read, unreadable)
        return
    for item in each_item(path, read, "none of Stream of Search's"):
        if isinstance(item, InputError):
            unreadable.append(str(item))
        else:
            yield item

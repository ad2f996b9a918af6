"""Reads the problems, training texts and pairs of a run folder."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

from journey.problem import Problem
from journey.runs.store import Run, read_lines, reader, validator
from traces import curate
from traces.audit import audit
from traces.pairs import Pair
from traces.trace import TrainingText


def read_problems(run: Run, split: str) -> list[Problem]:
    """The problems of one split."""
    return list(read_lines(run.path / "problems" / f"{split}.jsonl", reader(Problem)))


def read_texts(
    run: Run, kind: str, split: str, audited: bool = False, problems: Container[str] | None = None
) -> list[TrainingText]:
    """The training texts of one kind and split, without what curation dropped.

    Args:
        run: the run folder.
        kind: the kind of trace.
        split: the split of the problems.
        audited: whether each text says which of its lines take a step that may not stay.
        problems: only texts about these problems, by id; None for all.
    """
    path = run.path / "traces" / f"{kind}.jsonl"
    rows: Iterator[dict[str, Any]] = read_lines(path, dict)
    dropped = curate.dropped_ids(run.path)
    return [
        TrainingText(row["id"], row["prompt"], row["completion"], _unsound(row) if audited else ())
        for row in rows
        if row["split"] == split and row["id"] not in dropped and (problems is None or row["id"] in problems)
    ]


def _unsound(row: dict[str, Any]) -> tuple[int, ...]:
    problem = validator(Problem)(row["problem"])
    lines = audit(problem, row["completion"], row["style"]).lines
    return tuple(number for number, line in enumerate(lines) if line.says == "take" and not line.sound)


def read_pairs(run: Run, kind: str) -> Iterator[Pair]:
    """The pairs of one kind, without those of problems that curation dropped."""
    dropped = curate.dropped_ids(run.path)
    pairs = read_lines(run.path / "pairs" / f"{kind}.jsonl", reader(Pair))
    return (pair for pair in pairs if pair.id not in dropped)

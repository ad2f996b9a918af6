"""Reads the problems, training texts and pairs of a run folder."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from journey.problem import Problem
from journey.runs.store import Run, read_lines, reader, validator
from traces import curate
from traces.audit import audit
from traces.corpus import CorpusRow
from traces.erasing import split_text
from traces.pairs import Pair
from traces.trace import TrainingText


def read_problems(run: Run, split: str) -> list[Problem]:
    """The problems of one split."""
    return list(read_lines(run.path / "problems" / f"{split}.jsonl", reader(Problem)))


class TextSource(NamedTuple):
    """Where the training texts of an arm are in a run folder, and which of them are kept."""

    kind: str
    """The name of the file."""
    folder: str = "traces"
    """`traces`, or `corpora` for spoilt ones (`traces.corpus`)."""
    curation: str = curate.FILE
    """The file with the dropped rows."""

    @property
    def file(self) -> str:
        """The file, relative to the run folder."""
        return f"{self.folder}/{self.kind}.jsonl"


def read_texts(
    run: Run,
    source: str | TextSource,
    split: str,
    audited: bool = False,
    problems: Container[str] | None = None,
    curated: bool = True,
) -> list[TrainingText]:
    """The training texts of one source and split, without what curation dropped.

    A trace is one text, or one for each context that it is written in (`training_texts`).

    Args:
        run: the run folder.
        source: where the texts are; a kind of trace is short for its file of traces.
        split: the split of the problems.
        audited: whether each text says which of its lines take a step that may not stay.
        problems: only texts about these problems, by id; None for all.
        curated: False also reads what curation dropped.
    """
    source = TextSource(source) if isinstance(source, str) else source
    rows: Iterator[dict[str, Any]] = read_lines(run.path / source.file, dict)
    dropped = curate.dropped_ids(run.path, source.curation) if curated else set()
    return [
        text
        for row in rows
        if row["split"] == split and row["id"] not in dropped and (problems is None or row["id"] in problems)
        for text in training_texts(row, audited)
    ]


def read_rows(run: Run, corpus: str) -> Iterator[CorpusRow]:
    """The rows of a spoilt corpus."""
    return read_lines(run.path / "corpora" / f"{corpus}.jsonl", reader(CorpusRow))


def training_texts(row: dict[str, Any], audited: bool = False) -> Iterator[TrainingText]:
    """The training texts of a row of a trace file, in order.

    A text without erasing lines is its own training text. Otherwise each part follows the lines that remain
    in the context, as in decoding (`traces.erasing`). Each part ends an output, so each is learned with an
    end of sequence.
    """
    problem, style = validator(Problem)(row["problem"]), row.get("style", "terse")
    unsound: set[int] = set()
    if audited:
        lines = audit(problem, row["completion"], style).lines
        unsound = {number for number, line in enumerate(lines) if line.says == "take" and not line.sound}
    for part in split_text(problem, row["completion"], style):
        context = "".join(f"{line}\n" for line in part.context)
        here = (number - part.first for number in sorted(unsound))
        masked = tuple(number for number in here if 0 <= number < len(part.lines))
        yield TrainingText(row["id"], row["prompt"] + context, "\n".join(part.lines), masked, problem)


def read_pairs(run: Run, kind: str) -> Iterator[Pair]:
    """The pairs of one kind, without those of problems that curation dropped."""
    dropped = curate.dropped_ids(run.path)
    pairs = read_lines(run.path / "pairs" / f"{kind}.jsonl", reader(Pair))
    return (pair for pair in pairs if pair.id not in dropped)

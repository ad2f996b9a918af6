"""An index of a run folder: the offset of each graph, trace and sample, so that no file is read to its end.

`RUN/index.sqlite` is derived from the run's files and may be deleted at any time. `journey.runs.index_file`
says how it follows the files. If the run folder is not writable, the index is kept in the temporary folder.

    with open_index(run, print) as index:
        index.graph("5f0c")                     the record of the only graph whose id starts like this
        index.trace("journey", id)              the record of a trace index.problems(Query(text="84"), 50)
        the first 50 problems of a query, see `journey.runs.problem_list`
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from journey.errors import InputError, JourneyError
from journey.runs.index_file import (
    connect,
    discard,
    read_batch,
    stale_files,
    temporary,
    transaction,
    writable,
)
from journey.runs.index_rows import Facts
from journey.runs.problem_list import ProblemList, Query
from journey.runs.store import INDEX, clock

T = TypeVar("T")

SLOW = 1.0
"""Seconds of indexing after which a message says why it takes long."""


@dataclass(frozen=True, slots=True)
class Location:
    """The location of a record."""

    file: str
    """Relative to the run folder."""
    offset: int
    length: int
    """In bytes, newline included."""


@dataclass(frozen=True, slots=True)
class ProblemRow:
    """A problem as it is listed."""

    facts: Facts
    greedy: dict[str, bool]
    """Whether the greedy output of each model (ARM-STAGE) is right."""


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One output of a model for a problem; `Index.read` gives its text."""

    model: str
    """ARM-STAGE."""
    sample: int
    """0 for the greedy output, else the number of the sampled one."""
    correct: bool
    place: Location


@dataclass(frozen=True, slots=True)
class InvalidLine:
    """A line that is not a valid record."""

    file: str
    """Relative to the run folder."""
    line: int
    """Counted from 1; 0 if the file cannot be read."""
    fault: str


class Index:
    """The index of one run folder. Any thread may use it, but only one at a time."""

    def __init__(self, run: Path) -> None:
        """Opens the index as it is; `refresh` brings it up to date.

        Raises:
            JourneyError: no index can be written, not even in the temporary folder.
        """
        self.run = run
        self.frozen = False
        """While true, the lists of problems stay the same although files grow. Other lookups see the new
        lines."""
        self._open()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes the SQLite file."""
        self._connection.close()

    def refresh(self, on_progress: Callable[[int], None] = lambda rows: None) -> None:
        """Reads what was added or replaced; `on_progress` receives the number of lines read so far."""
        if not self._in_place() or (not self._writes and stale_files(self._connection, self.run)):
            self.close()
            self._open()
        self._with_rebuild(lambda: self._read_on(on_progress))

    def graph(self, prefix: str) -> dict[str, Any]:
        """The record of the graph whose problem has this id, or of the only one whose id starts with it.

        Raises:
            InputError: there is no such graph, or more than one.
        """
        ids = self._all("SELECT id FROM problems WHERE id = ?", prefix) or self._all(
            "SELECT id FROM problems WHERE id >= ? AND id < ?", prefix, prefix + chr(0x10FFFF)
        )
        sql = "SELECT path, offset, length FROM problems JOIN files USING (file) WHERE id = ?"
        record = self._record(sql, ids[0]) if len(ids) == 1 else None
        if record is None:
            count = len(ids) if len(ids) > 1 else "no"
            raise InputError(f"{count} problems of {self.run} have an id that begins with {prefix!r}")
        return record

    def trace(self, kind: str, id: str) -> dict[str, Any] | None:
        """The record of a problem's trace of this kind; None if there is none."""
        sql = (
            "SELECT path, offset, length FROM traces JOIN files USING (file) "
            "WHERE id = ? AND path = ? ORDER BY offset DESC LIMIT 1"
        )
        return self._record(sql, (id, f"traces/{kind}.jsonl"))

    def kinds(self, id: str) -> list[str]:
        """The kinds of trace that a problem has."""
        rows = self._all("SELECT DISTINCT path FROM traces JOIN files USING (file) WHERE id = ?", id)
        return sorted(Path(path).stem for (path,) in rows)

    def samples(self, id: str) -> list[SampleRow]:
        """The models' outputs for a problem, sorted by model, the greedy output first."""
        sql = (
            "SELECT path, sample, correct, offset, length FROM samples JOIN files USING (file) "
            "WHERE id = ? ORDER BY path, sample, offset"
        )
        return [
            SampleRow(model_of(path), sample, bool(correct), Location(path, offset, length))
            for path, sample, correct, offset, length in self._all(sql, id)
        ]

    def read(self, place: Location) -> dict[str, Any]:
        """The record at a location.

        Raises:
            JourneyError: the file was replaced since the last `refresh`.
        """
        path = self.run / place.file
        try:
            with open(path, "rb") as file:
                file.seek(max(0, place.offset - 1))
                before = file.read(1) if place.offset else b"\n"
                line = file.read(place.length)
            if before == b"\n" and line.endswith(b"\n") and isinstance(record := json.loads(line), dict):
                return record
            why = "another line is there"
        except (OSError, ValueError) as fault:
            why = str(fault)
        raise JourneyError(f"{path} was replaced ({why}): refresh the index")

    def problems(self, query: Query | None = None, limit: int = 50, offset: int = 0) -> list[ProblemRow]:
        """One page of the problems that match the query, in its order."""
        listing = self._listing()
        sql = f"SELECT {', '.join(Facts._fields)} FROM problems WHERE number = ?"
        return [
            ProblemRow(Facts(*row), dict(listing.kind(at).greedy))
            for at in listing.find(query or Query())[offset : offset + limit]
            for row in self._all(sql, listing.numbers[at])
        ]

    def count(self, query: Query | None = None) -> int:
        """How many problems match the query."""
        return len(self._listing().find(query or Query()))

    def counts(self, field: str, query: Query | None = None) -> dict[Any, int]:
        """How many of the matching problems have each value of `field`: family, level or split."""
        return self._listing().counts(field, query or Query())

    def version(self) -> tuple[int, int]:
        """The version of the lists: they do not change while it stays the same."""
        listing = self._listing()
        return self._edition, len(listing)

    def models(self) -> list[str]:
        """ARM-STAGE of each evaluated model: the names that `Query.greedy` accepts."""
        return self._listing().models

    def broken(self, limit: int = 1000) -> list[InvalidLine]:
        """The lines that are not valid records, sorted by file and line."""
        sql = "SELECT path, line, fault FROM broken JOIN files USING (file) ORDER BY path, line LIMIT ?"
        return [InvalidLine(*row) for row in self._all(sql, limit)]

    def _open(self) -> None:
        if not self.run.is_dir():
            raise InputError(f"{self.run} is not a folder")
        self._list, self._edition = ProblemList(), -1
        own = self.run / INDEX
        try:
            self._connect(own, writable(self.run) and (not own.exists() or writable(own)))
        except (OSError, sqlite3.OperationalError) as fault:
            try:
                self._connect(temporary(self.run), True)
            except (OSError, sqlite3.OperationalError) as further:
                raise JourneyError(f"no index of {self.run} can be made: {fault}; {further}") from further

    def _connect(self, path: Path, writes: bool) -> None:
        self._connection = connect(path, writes)
        self.path, self._writes, self._inode = path, writes, path.stat().st_ino
        if not writes and stale_files(self._connection, self.run):
            self.close()
            raise OSError(f"{path} is out of date and cannot be written to")

    def _in_place(self) -> bool:
        """Whether the open file still has its name: an index may be deleted at any time."""
        return self.path.exists() and self.path.stat().st_ino == self._inode

    def _read_on(self, on_progress: Callable[[int], None]) -> None:
        rows = 0
        # Checked without the lock first: an up-to-date index is not written to.
        while stale_files(self._connection, self.run):
            with transaction(self._connection):
                rows += read_batch(self._connection, self.run)
            on_progress(rows)

    def _with_rebuild(self, work: Callable[[], T]) -> T:
        """Does the work; if the SQLite file is damaged, rebuilds it and tries again."""
        try:
            return work()
        except sqlite3.OperationalError as fault:
            raise JourneyError(f"the index {self.path} cannot be used: {fault}") from fault
        except sqlite3.DatabaseError:
            self.close()
            if self._writes:
                discard(self.path)
            self._open()
            self._read_on(lambda rows: None)
            return work()

    def _all(self, sql: str, *values: Any) -> list[Any]:
        return self._with_rebuild(lambda: self._connection.execute(sql, values).fetchall())

    def _record(self, sql: str, values: tuple[str, ...]) -> dict[str, Any] | None:
        """The record at the location that `sql` returns for an id; refreshes if the file was replaced."""
        for _ in range(3):
            if not (places := self._all(sql, *values)):
                return None
            # Anything else at that location means that the file changed after it was indexed.
            with suppress(JourneyError, AttributeError):
                record = self.read(Location(*places[0]))
                if record.get("problem", record).get("id") == values[0]:
                    return record
            self.refresh()
        raise JourneyError(f"the files of {self.run} change while {values[0]} is read. Try again")

    def _listing(self) -> ProblemList:
        return self._with_rebuild(self._listed)

    def _listed(self) -> ProblemList:
        if self.frozen and self._edition >= 0:
            return self._list
        ask = self._connection.execute
        ((edition, last),) = ask("SELECT number, (SELECT max(number) FROM problems) FROM edition").fetchall()
        if edition != self._edition:
            paths = ask("SELECT path FROM files WHERE path LIKE 'evals/%'").fetchall()
            greedy = ask("SELECT id, path, correct FROM samples JOIN files USING (file) WHERE sample = 0")
            self._list = ProblemList(
                [model_of(path) for (path,) in paths],
                ((id, model_of(path), bool(correct)) for id, path, correct in greedy),
            )
            self._edition = edition
        newest = self._list.numbers[-1] if len(self._list) else 0
        if last and last > newest:
            sql = f"SELECT number, {', '.join(Facts._fields)} FROM problems WHERE number > ? ORDER BY number"
            for number, *facts in ask(sql, (newest,)):
                self._list.add(number, facts)
        return self._list


def open_index(run: Path, notify: Callable[[str], None] = lambda text: None) -> Index:
    """The index of a run folder, up to date. If it takes long, `notify` is called with the reason."""
    index = Index(run)
    seconds, notified = clock(), False

    def on_progress(lines: int) -> None:
        nonlocal notified
        if not notified and seconds() > SLOW:
            notify(f"indexing {run}: the first time takes a while, afterwards only new lines are read")
            notified = True

    try:
        index.refresh(on_progress)
    except BaseException:
        index.close()
        raise
    return index


def model_of(path: str) -> str:
    """The model (ARM-STAGE) of a file of samples.

    >>> model_of("evals/journey-sft/samples.jsonl")
    'journey-sft'
    """
    return path.split("/")[1]

"""The SQLite file of an index: its tables, its location, and how it follows the run's files.

For each file the index stores a stamp (inode, size, time) and the offset up to which it was read. If a file
only grew, reading continues at that offset. If it changed otherwise, the file is read again from the start.
An incomplete last line is left for later. Each batch is one transaction, so a kill loses at most one batch,
and two processes take turns.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from journey.runs.index_rows import (
    Facts,
    Reading,
    facts_of_graph,
    facts_of_sample,
    facts_of_trace,
    read_facts,
)

VERSION = 1
"""The version of the tables. An index of another version is rebuilt."""
BATCH = 4000
"""Lines per transaction: what a kill can lose, and what another process waits for."""
TAIL = 64
"""Bytes compared before the offset where reading continues. If they differ, the file did not only grow."""
PATIENCE = 60.0
"""Seconds to wait for another process that is writing to the index."""

TABLES = """
CREATE TABLE files (file INTEGER PRIMARY KEY, path TEXT UNIQUE, inode INTEGER, stamp TEXT,
                    done INTEGER, lines INTEGER, tail BLOB);
CREATE TABLE problems (number INTEGER PRIMARY KEY, file INTEGER, offset INTEGER, length INTEGER, id TEXT,
                       family TEXT, level INTEGER, split TEXT, statement TEXT, states INTEGER, steps INTEGER,
                       wrong INTEGER, unknown INTEGER, mistakes INTEGER);
CREATE INDEX problems_by_id ON problems (id);
CREATE INDEX problems_by_file ON problems (file);
CREATE TABLE traces (id TEXT, file INTEGER, offset INTEGER, length INTEGER,
                     PRIMARY KEY (id, file, offset)) WITHOUT ROWID;
CREATE TABLE samples (id TEXT, file INTEGER, offset INTEGER, length INTEGER, sample INTEGER, correct INTEGER,
                      PRIMARY KEY (id, file, offset)) WITHOUT ROWID;
CREATE TABLE broken (file INTEGER, line INTEGER, fault TEXT, PRIMARY KEY (file, line)) WITHOUT ROWID;
CREATE TABLE edition (number INTEGER);
INSERT INTO edition VALUES (0);
"""
"""`edition` counts the changes after which the list in memory must be rebuilt: deleted rows, new samples."""

FOLDERS: dict[str, tuple[str, Callable[[bytes], tuple[Any, ...]], str]] = {
    "graphs": ("part-*.jsonl", facts_of_graph, "problems"),
    "traces": ("*.jsonl", facts_of_trace, "traces"),
    "evals": ("*/samples.jsonl", facts_of_sample, "samples"),
}
"""By folder of the run: the pattern of its files, the function that reads a line, and the table."""
INSERT = {
    "problems": f"INSERT INTO problems (file, offset, length, {', '.join(Facts._fields)}) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "traces": "INSERT INTO traces (file, offset, length, id) VALUES (?, ?, ?, ?)",
    "samples": "INSERT INTO samples (file, offset, length, id, sample, correct) VALUES (?, ?, ?, ?, ?, ?)",
}
NOTE = (
    "INSERT INTO files (path, inode, stamp, done, lines, tail) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (path) DO UPDATE SET inode = excluded.inode, stamp = excluded.stamp, "
    "done = excluded.done, lines = excluded.lines, tail = excluded.tail"
)


def writable(path: Path) -> bool:
    """Whether this process may write there."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def temporary(run: Path) -> Path:
    """The path of the index for a run folder that is not writable: in a private folder of this user.

    Raises:
        OSError: another user owns that folder.
    """
    folder = Path(tempfile.gettempdir()) / f"journey-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.geteuid() or status.st_mode & 0o077 or folder.is_symlink():
        raise PermissionError(f"{folder} is not this user's alone")
    return folder / f"{hashlib.blake2b(os.fsencode(run.resolve()), digest_size=8).hexdigest()}.sqlite"


def discard(path: Path) -> None:
    """Removes an index. The journal goes first, or SQLite would replay it into the next index."""
    path.with_name(path.name + "-journal").unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def connect(path: Path, writes: bool) -> sqlite3.Connection:
    """Opens an index, or creates an empty one if there is none of this version.

    Raises:
        sqlite3.OperationalError: it cannot be opened, or it has another version and is read-only.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={'rwc' if writes else 'ro'}",
        uri=True,
        timeout=PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        if _version(connection) != VERSION:
            if not writes:
                raise sqlite3.OperationalError(f"{path} is of another version")
            with transaction(connection):
                # Another process may have created them meanwhile.
                if _version(connection) != VERSION:
                    _make_tables(connection)
    except sqlite3.OperationalError:
        connection.close()
        raise
    except sqlite3.DatabaseError as fault:
        connection.close()
        if not writes:
            raise sqlite3.OperationalError(str(fault)) from fault
        discard(path)
        return connect(path, writes)
    return connection


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _make_tables(connection: sqlite3.Connection) -> None:
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
        connection.execute(f'DROP TABLE "{name}"')
    for statement in TABLES.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commits everything that the block writes, or nothing. Other processes wait."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def stamp(path: Path) -> str:
    """A text that changes whenever the file does; the error message if the file cannot be accessed."""
    try:
        return _stamp(path.stat())
    except OSError as fault:
        return str(fault.strerror)


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_mode & 0o444:o}"


def stale_files(connection: sqlite3.Connection, run: Path) -> list[str]:
    """The files that changed since they were indexed, deleted ones included."""
    stamps = dict(connection.execute("SELECT path, stamp FROM files").fetchall())
    stale = []
    for name, (pattern, _, _) in FOLDERS.items():
        folder = run / name
        for path in sorted(folder.glob(pattern)):
            file = f"{name}/{str(path)[len(str(folder)) + 1 :]}"
            if stamps.pop(file, None) != stamp(path):
                stale.append(file)
    return [*stale, *stamps]


def read_batch(connection: sqlite3.Connection, run: Path) -> int:
    """Indexes at most `BATCH` new lines; returns how many."""
    lines = 0
    for name in stale_files(connection, run):
        if lines < BATCH:
            lines += _read_file(connection, run, name, BATCH - lines)
    return lines


def _read_file(connection: sqlite3.Connection, run: Path, name: str, most: int) -> int:
    """Indexes at most `most` new lines of one file; returns how many."""
    _, facts_of, table = FOLDERS[name.partition("/")[0]]
    sql = "SELECT inode, done, lines, tail FROM files WHERE path = ?"
    inode, start, before, tail = connection.execute(sql, (name,)).fetchone() or (-1, 0, 0, b"")
    try:
        with open(run / name, "rb") as file:
            status = os.fstat(file.fileno())
            if inode != status.st_ino or status.st_size <= start or _end(file, start) != tail:
                forget(connection, name)
                start = before = 0
            # Not beyond the size in the stamp: later lines belong to the next batch.
            reading = read_facts(file, start, status.st_size, most, facts_of)
            ended = reading.lines < most or reading.end == status.st_size
            seen = _stamp(status) if ended else "incomplete"
            tail = _end(file, reading.end)
        entry = (name, status.st_ino, seen, reading.end, before + reading.lines, tail)
    except OSError as fault:
        forget(connection, name)
        if not os.path.lexists(run / name):
            return 0
        reading = Reading(0, 0, [], [(0, f"cannot be read: {fault.strerror}")])
        entry = (name, 0, stamp(run / name), 0, 0, b"")
    connection.execute(NOTE, entry)
    ((file_number,),) = connection.execute("SELECT file FROM files WHERE path = ?", (name,)).fetchall()
    connection.executemany(INSERT[table], ((file_number, *row) for row in reading.rows))
    connection.executemany(
        "INSERT INTO broken VALUES (?, ?, ?)",
        ((file_number, before + line, fault) for line, fault in reading.broken),
    )
    if table == "samples":
        connection.execute("UPDATE edition SET number = number + 1")
    return reading.lines


def _end(file: BinaryIO, at: int) -> bytes:
    """The last bytes before an offset."""
    file.seek(max(0, at - TAIL))
    return file.read(min(at, TAIL))


def forget(connection: sqlite3.Connection, name: str) -> None:
    """Removes everything that was read from a file."""
    table = FOLDERS[name.partition("/")[0]][2]
    for (file,) in connection.execute("SELECT file FROM files WHERE path = ?", (name,)).fetchall():
        for each in (table, "broken", "files"):
            connection.execute(f"DELETE FROM {each} WHERE file = ?", (file,))
        if table != "traces":
            connection.execute("UPDATE edition SET number = number + 1")

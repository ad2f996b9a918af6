"""The file `index.sqlite` beside a run's files: its tables, where it lies, and how it keeps up with them.

Of each file it keeps a stamp (inode, size, time) and how far it was read. A file whose stamp differs is read
on from there if it only grew, and anew if not; a last line without its end is left for later. Each batch is
one transaction, so a kill loses the batch in hand, and two processes take turns.
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

from journey.facts import Facts, Reading, facts_of_graph, facts_of_sample, facts_of_trace, read_facts

VERSION = 1
"""Of the tables; an index of another version is made anew."""
BATCH = 4000
"""Rows a transaction: what a kill loses, and what another process waits for."""
TAIL = 64
"""Bytes before the place where reading goes on; if they differ, the file was not merely appended to."""
PATIENCE = 60.0
"""Seconds to wait for another process that writes to the index."""

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
"""`edition` counts what the catalogue cannot merely add: rows that went away, and outputs of models."""

ROOMS: dict[str, tuple[str, Callable[[bytes], tuple[Any, ...]], str]] = {
    "graphs": ("part-*.jsonl", facts_of_graph, "problems"),
    "traces": ("*.jsonl", facts_of_trace, "traces"),
    "evals": ("*/samples.jsonl", facts_of_sample, "samples"),
}
"""By the folder of the run: which files are indexed, what is kept of their lines, and the table for it."""
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
    """Where the index of a folder lies that cannot be written to: in a folder of this user alone.

    Raises:
        OSError: somebody else made that folder.
    """
    folder = Path(tempfile.gettempdir()) / f"journey-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.geteuid() or found.st_mode & 0o077 or folder.is_symlink():
        raise PermissionError(f"{folder} is not this user's alone")
    return folder / f"{hashlib.blake2b(os.fsencode(run.resolve()), digest_size=8).hexdigest()}.sqlite"


def discard(path: Path) -> None:
    """Removes an index, its journal first: that would be played back into the next one."""
    path.with_name(path.name + "-journal").unlink(missing_ok=True)
    path.unlink(missing_ok=True)


def connect(path: Path, writes: bool) -> sqlite3.Connection:
    """Opens an index, or makes an empty one where there is none of this version.

    Raises:
        sqlite3.OperationalError: it cannot be opened, or is of another version and may not be written to.
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
                # Another process may have been faster.
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
    """All of what the block writes, or nothing; other processes wait with theirs."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def stamp(path: Path) -> str:
    """What tells whether a file is still the one that was read; in words if it cannot be looked at."""
    try:
        return _stamp(path.stat())
    except OSError as fault:
        return str(fault.strerror)


def _stamp(found: os.stat_result) -> str:
    return f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_mode & 0o444:o}"


def owed(connection: sqlite3.Connection, run: Path) -> list[str]:
    """The files that the index lags behind, those among them that are gone."""
    known = dict(connection.execute("SELECT path, stamp FROM files").fetchall())
    lagging = []
    for room, (pattern, _, _) in ROOMS.items():
        folder = run / room
        for path in sorted(folder.glob(pattern)):
            name = f"{room}/{str(path)[len(str(folder)) + 1 :]}"
            if known.pop(name, None) != stamp(path):
                lagging.append(name)
    return [*lagging, *known]


def read_batch(connection: sqlite3.Connection, run: Path) -> int:
    """Reads on where the index lags behind, at most `BATCH` lines; returns how many."""
    lines = 0
    for name in owed(connection, run):
        if lines < BATCH:
            lines += _read_file(connection, run, name, BATCH - lines)
    return lines


def _read_file(connection: sqlite3.Connection, run: Path, name: str, most: int) -> int:
    """Reads on in one file, at most so many lines; returns how many."""
    _, facts_of, table = ROOMS[name.partition("/")[0]]
    sql = "SELECT inode, done, lines, tail FROM files WHERE path = ?"
    inode, start, before, tail = connection.execute(sql, (name,)).fetchone() or (-1, 0, 0, b"")
    try:
        with open(run / name, "rb") as file:
            found = os.fstat(file.fileno())
            if inode != found.st_ino or found.st_size <= start or _end(file, start) != tail:
                forget(connection, name)
                start = before = 0
            # No further than the stamp says: what is written from now on is owed.
            reading = read_facts(file, start, found.st_size, most, facts_of)
            ended = reading.lines < most or reading.end == found.st_size
            seen = _stamp(found) if ended else "more is owed"
            tail = _end(file, reading.end)
        known = (name, found.st_ino, seen, reading.end, before + reading.lines, tail)
    except OSError as fault:
        forget(connection, name)
        if not os.path.lexists(run / name):
            return 0
        reading = Reading(0, 0, [], [(0, f"cannot be read: {fault.strerror}")])
        known = (name, 0, stamp(run / name), 0, 0, b"")
    connection.execute(NOTE, known)
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
    """The last bytes before a place."""
    file.seek(max(0, at - TAIL))
    return file.read(min(at, TAIL))


def forget(connection: sqlite3.Connection, name: str) -> None:
    """Removes what was read from a file."""
    table = ROOMS[name.partition("/")[0]][2]
    for (file,) in connection.execute("SELECT file FROM files WHERE path = ?", (name,)).fetchall():
        for each in (table, "broken", "files"):
            connection.execute(f"DELETE FROM {each} WHERE file = ?", (file,))
        if table != "traces":
            connection.execute("UPDATE edition SET number = number + 1")

"""The run folder: append, replace by rename, resume, completion marks.

A kill at any moment loses at most the item in progress. The files of the resumed run equal those of an
uninterrupted one byte for byte (DESIGN rule 11). Three rules guarantee this:

- A file is *replaced* entirely, by rename, or *appended* one line at a time.
- An incomplete last line is cut off, and its item is computed again.
- The completion mark of a stage is written to `manifest.json` last.

    run = Run(path)
    run.claim(settings, facts)      takes the folder; refuses other settings and names the keys that differ
    if not run.done("graphs"):
        ...                         write the files of the stage with `appending` or `write_lines`
        run.mark("graphs")
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from journey.errors import InputError, JourneyError

T = TypeVar("T")

SCHEMA_VERSION = 1
"""The version of every record. Files of another version are refused."""
PARTIAL = ".partial"
"""The suffix of a file that is being written. A kill leaves it behind; the next write overwrites it."""

LOCK, CLAIM_LOCK = ".lock", ".claim"
"""Lock files of a run folder. A claim takes a moment and has its own: the other is held for a whole run."""
INDEX = "index.sqlite"
"""The index that `journey.runs.index` makes of a run's files. No stage reads it."""


def encode(record: Any) -> bytes:
    """A record as one line of JSON, without the newline. It may hold dataclasses, enums and tuples."""
    from pydantic_core import to_json

    return to_json(record)


def record(item: Any) -> dict[str, Any]:
    """A slotted dataclass as a record of this schema version."""
    return {"schema_version": SCHEMA_VERSION, **{name: getattr(item, name) for name in item.__slots__}}


def reader(kind: type[T]) -> Callable[[Any], T]:
    """A function that converts a record to a `kind`. It raises ValueError if the record is invalid."""
    validate = validator(kind)

    def read(data: Any) -> T:
        return validate(current(data))

    return read


def validator(kind: type[T]) -> Callable[[Any], T]:
    """A function that converts plain data to a `kind`. It raises ValueError if the data is invalid."""
    validate: Callable[[Any], T] = _adapter(cast(Hashable, kind)).validate_python
    return validate


def current(data: Any) -> dict[str, Any]:
    """A record without its schema version.

    Raises:
        ValueError: it is not an object, or it has another schema version.
    """
    if not isinstance(data, dict):
        raise ValueError(f"not an object: {str(data)[:60]}")
    if data.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"schema version {data.get('schema_version')}, not {SCHEMA_VERSION}: generate it again"
        )
    return {key: value for key, value in data.items() if key != "schema_version"}


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


@contextmanager
def replacing(path: Path) -> Iterator[Callable[[Any], None]]:
    """Writes a new file and then renames it over the old one, so readers see either, never a part.

    Yields a function that adds one record, or bytes unchanged. If the block raises, nothing is replaced.

    Raises:
        JourneyError: the file cannot be written.
    """
    partial = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "wb") as file:

            def add(record: Any) -> None:
                line = record if isinstance(record, bytes) else encode(record) + b"\n"
                # Caught here: outside this block the error could be taken for that of another open file.
                try:
                    file.write(line)
                except OSError as fault:
                    raise cannot_write(path, fault) from fault

            yield add
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    finally:
        # On a read-only file system even this fails, and the fault above is the one to report.
        with suppress(OSError):
            partial.unlink()


def cannot_write(path: Path, fault: OSError) -> JourneyError:
    """The error for a full disk or a forbidden place."""
    why = fault.strerror or str(fault)
    return JourneyError(
        f"cannot write {path}: {why}. No finished work is lost: fix that, then run the command again"
    )


def replace(path: Path, content: bytes | str) -> None:
    """Replaces the content of a file."""
    with replacing(path) as add:
        add(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, record: Any) -> None:
    """Replaces the content of a file with a record as indented JSON."""
    replace(path, json.dumps(json.loads(encode(record)), indent=1, ensure_ascii=False) + "\n")


def write_lines(path: Path, records: Iterable[Any]) -> int:
    """Replaces the content of a file with records, one per line; returns how many."""
    count = 0
    with replacing(path) as add:
        for record in records:
            add(record)
            count += 1
    return count


def read_json(path: Path) -> Any:
    """The JSON value in a file.

    Raises:
        InputError: the file cannot be read, or it is not JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror}") from fault
    except ValueError as fault:
        raise InputError(f"{path} is not JSON: {fault}") from fault


def read_lines(path: Path, read: Callable[[Any], T]) -> Iterator[T]:
    """The records of a file, one per line. The path `-` is standard input.

    Raises:
        InputError: the file cannot be read, or a record is invalid; the message names file and line.
    """
    for item in each_line(path, read):
        if isinstance(item, InputError):
            raise item
        yield item


def each_line(path: Path, read: Callable[[Any], T]) -> Iterator[T | InputError]:
    """As `read_lines`, but a line that does not fit is its error, and the rest follow.

    Raises:
        InputError: the file cannot be read.
    """
    with ExitStack() as stack:
        try:
            file = sys.stdin.buffer if path == Path("-") else stack.enter_context(open(path, "rb"))
        except OSError as fault:
            raise InputError(f"cannot read {path}: {fault.strerror}") from fault
        for number, line in enumerate(file, 1):
            try:
                yield read(json.loads(line))
            except InputError as fault:
                yield InputError(f"{path}:{number}: {fault}")
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as fault:
                # A JSON fault names a line of its own, which is always the first.
                if isinstance(fault, json.JSONDecodeError):
                    fault = ValueError(f"{fault.msg} at column {fault.colno}")
                reason = " ".join(str(fault).split())[:300]
                yield InputError(
                    f"{path}:{number} does not hold a record: {reason}. Remove that line, or regenerate it"
                )


def readable_lines(path: Path, read: Callable[[Any], T], unreadable: list[str]) -> Iterator[T]:
    """As `read_lines`, but a line that does not fit is left out, and its error added to `unreadable`.

    Raises:
        InputError: the file cannot be read.
    """
    for item in each_line(path, read):
        if isinstance(item, InputError):
            unreadable.append(str(item))
        else:
            yield item


def unreadable_sentence(unreadable: Sequence[str]) -> Iterator[str]:
    """A sentence on the lines that cannot be read, which names the first; nothing if there are none."""
    if unreadable:
        lines = "1 line is" if len(unreadable) == 1 else f"{len(unreadable):,} lines are"
        yield f"{lines} unreadable and left out: {unreadable[0]}."


@contextmanager
def appending(path: Path) -> Iterator[tuple[int, Callable[[Any], None]]]:
    """Opens a file for appending; yields the number of complete lines and a function that adds a record.

    An incomplete last line, left by a kill or a full disk, is cut off first. Waits while another process,
    such as a worker of a killed run, still appends.

    Raises:
        JourneyError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            lines, size = _complete_lines(file)
            file.truncate(size)

            def add(record: Any) -> None:
                line = encode(record) + b"\n"
                try:
                    file.write(line)
                    file.flush()
                except OSError as fault:
                    raise cannot_write(path, fault) from fault

            yield lines, add
            # A completion mark may follow, and a network file system reports a full disk only now.
            os.fsync(file.fileno())
    except OSError as fault:
        raise cannot_write(path, fault) from fault


def _complete_lines(file: BinaryIO) -> tuple[int, int]:
    """The number of complete lines in a file, and their size in bytes."""
    file.seek(0)
    lines = size = 0
    for line in file:
        if line.endswith(b"\n"):
            size += len(line)
            lines += 1
    return lines, size


def count_lines(path: Path) -> int:
    """The number of complete lines in a file; 0 if there is no such file."""
    if not path.exists():
        return 0
    with open(path, "rb") as file:
        return _complete_lines(file)[0]


def differing_keys(old: Any, new: Any, prefix: str = "") -> list[str]:
    """The dotted keys whose values differ between two settings.

    >>> differing_keys({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}})
    ['b.c']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted(set(old) | set(new))
        pairs = ((f"{prefix}{key}.", old.get(key), new.get(key)) for key in keys)
        return [different for name, a, b in pairs for different in differing_keys(a, b, name)]
    return [] if old == new else [prefix.rstrip(".")]


class Run:
    """A run folder with its manifest and completion marks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = {}
        self._read()

    def _read(self) -> None:
        if (self.path / "manifest.json").exists():
            self.manifest = read_json(self.path / "manifest.json")

    @classmethod
    def existing(cls, path: Path) -> Run:
        """The run folder at this path.

        Raises:
            InputError: there is no manifest.
        """
        if not (path / "manifest.json").exists():
            raise InputError(
                f"{path} is not a run folder: it has no manifest.json. "
                f"Make one with `journey run --out {path}`"
            )
        return cls(path)

    def claim(self, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Starts a run with these settings in the folder, or resumes it.

        Raises:
            InputError: the folder was made with other settings, holds files of something else, or is a file.
        """
        if self.path.exists() and not self.path.is_dir():
            raise InputError(f"{self.path} is a file, and a run needs a folder. Use another --out")
        if "settings" not in self.manifest:
            allowed = {LOCK, CLAIM_LOCK, "manifest.json" + PARTIAL, "answers", INDEX, f"{INDEX}-journal"}
            names = {item.name for item in self.path.iterdir()} if self.path.exists() else set()
            if not (names <= allowed or (self.path / "manifest.json").exists()):
                raise InputError(f"{self.path} holds files that are not a run's. Use another --out")
            # Shards that start together take turns; they all use the manifest that the first one writes.
            with self.lock(CLAIM_LOCK, wait=True):
                if "settings" not in self.manifest:
                    entries = {"schema_version": 1, "settings": settings, **facts}
                    self.manifest = {**entries, "state": "running", "stages": {}}
                    self.save()
                    return
        if keys := differing_keys(self.manifest["settings"], json.loads(encode(settings))):
            raise InputError(
                f"{self.path} was made by another recipe: {', '.join(keys)} differ. "
                "Use another --out, or the settings it was made with, or redo what differs with `--update`"
            )

    def save(self) -> None:
        """Writes the manifest."""
        write_json(self.path / "manifest.json", self.manifest)

    def done(self, stage: str) -> bool:
        """Whether the stage has its completion mark."""
        return stage in self.manifest.get("stages", {})

    def mark(self, stage: str, **facts: Any) -> None:
        """Writes the completion mark of a stage, with facts such as its cost and the number of rows."""
        self.manifest.setdefault("stages", {})[stage] = facts
        self.save()

    @contextmanager
    def lock(self, name: str = LOCK, wait: bool = False) -> Iterator[None]:
        """Holds a lock of the folder, then reads the manifest again.

        Raises:
            JourneyError: another process holds the lock, unless `wait`; or the folder cannot be written.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            number = os.open(self.path / name, os.O_WRONLY | os.O_CREAT, 0o666)
        except OSError as fault:
            raise cannot_write(self.path, fault) from fault
        with open(number, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise JourneyError(
                    f"another process is writing to {self.path}. Wait until it ends, or use another folder"
                ) from None
            self._read()
            yield


@dataclass(frozen=True, slots=True)
class BenchResult:
    """The result of a benchmark: a table, and its summary in numbers and in sentences."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    values: dict[str, float]
    notes: tuple[str, ...] = ()


def clock() -> Callable[[], float]:
    """A stopwatch: a function that returns the seconds since this call.

    >>> clock()() >= 0
    True
    """
    start = time.perf_counter()
    return lambda: time.perf_counter() - start

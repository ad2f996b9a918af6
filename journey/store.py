"""The run folder: append, replace by rename, resume, completion marks.

A kill at any moment loses at most the item in hand, and the resumed run's files equal an uninterrupted
one's byte for byte (DESIGN rule 11). Three habits give that: a file is either *replaced* whole, by
rename, or *appended* a line at a time, and then a torn last line is owed again; and a stage's mark is
written to `manifest.json` last.

    run = Run.open(path, recipe)       refuses a folder made by another recipe, and names the keys that
    differ with run.stage("graphs") as todo:  todo is False if the stage's mark is there; the mark is
    written on leaving
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

from journey.errors import InputError, JourneyError

T = TypeVar("T")

SCHEMA_VERSION = 1
"""Of every record; a file of another version is refused."""
PARTIAL = ".partial"
"""How the name of a file ends that is not whole yet. A kill leaves it behind; it is written over."""

INDEX = "index.sqlite"
"""The sidecar in a run folder that `journey.index` makes of its files; no stage reads it."""


def encode(record: Any) -> bytes:
    """A record as one line of JSON, without the newline. Dataclasses, enums and tuples are understood."""
    from pydantic_core import to_json

    return to_json(record)


def record(item: Any) -> dict[str, Any]:
    """A slotted dataclass as a record of this schema version."""
    return {"schema_version": SCHEMA_VERSION, **{name: getattr(item, name) for name in item.__slots__}}


def reader(kind: type[T]) -> Callable[[Any], T]:
    """A function that makes a `kind` of a record, or raises ValueError saying what does not fit."""
    validate = validator(kind)

    def read(data: Any) -> T:
        return validate(current(data))

    return read


def validator(kind: type[T]) -> Callable[[Any], T]:
    """A function that makes a `kind` of plain data, or raises ValueError saying what does not fit."""
    validate: Callable[[Any], T] = _adapter(cast(Hashable, kind)).validate_python
    return validate


def current(data: Any) -> dict[str, Any]:
    """A record without its schema version, which must be this one."""
    if not isinstance(data, dict):
        raise ValueError(f"not an object: {str(data)[:60]}")
    if data.get("schema_version") != SCHEMA_VERSION:
        raise ValueError(
            f"schema version {data.get('schema_version')}, not {SCHEMA_VERSION}: generate it anew"
        )
    return {key: value for key, value in data.items() if key != "schema_version"}


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


@contextmanager
def replacing(path: Path) -> Iterator[Callable[[Any], None]]:
    """Writes a whole file: beside its place first, then by rename, so a reader sees the old or the new.

    Gives a function that adds one record, or bytes as they are. Nothing is replaced if the block raises.
    """
    beside = path.with_name(path.name + PARTIAL)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "wb") as file:

            def add(record: Any) -> None:
                line = record if isinstance(record, bytes) else encode(record) + b"\n"
                # Told here: beyond this block the fault would be taken for that of another file in hand.
                try:
                    file.write(line)
                except OSError as fault:
                    raise cannot_write(path, fault) from fault

            yield add
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as fault:
        raise cannot_write(path, fault) from fault
    finally:
        beside.unlink(missing_ok=True)


def cannot_write(path: Path, fault: OSError) -> JourneyError:
    """The error for a full disk or a forbidden place."""
    why = fault.strerror or str(fault)
    return JourneyError(
        f"cannot write {path}: {why}. Nothing whole is lost: mend that, then run the command again"
    )


def replace(path: Path, content: bytes | str) -> None:
    """Replaces a file by this content."""
    with replacing(path) as add:
        add(content.encode() if isinstance(content, str) else content)


def write_json(path: Path, record: Any) -> None:
    """Replaces a file by a record as indented JSON."""
    replace(path, json.dumps(json.loads(encode(record)), indent=1, ensure_ascii=False) + "\n")


def write_lines(path: Path, records: Iterable[Any]) -> int:
    """Replaces a file by records, one a line; returns how many."""
    count = 0
    with replacing(path) as add:
        for record in records:
            add(record)
            count += 1
    return count


def read_json(path: Path) -> Any:
    """The JSON in a file, or an InputError that says what is the matter with it."""
    try:
        return json.loads(path.read_bytes())
    except OSError as fault:
        raise InputError(f"cannot read {path}: {fault.strerror}") from fault
    except ValueError as fault:
        raise InputError(f"{path} is not JSON: {fault}") from fault


def read_lines(path: Path, read: Callable[[Any], T]) -> Iterator[T]:
    """The records of a file, one a line; one that does not fit is an InputError naming file and line.

    The path `-` is standard input.
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
            except (ValueError, KeyError, TypeError, RecursionError) as fault:
                # A JSON fault names a line of its own, which is always the first.
                if isinstance(fault, json.JSONDecodeError):
                    fault = ValueError(f"{fault.msg} at column {fault.colno}")
                reason = " ".join(str(fault).split())[:300]
                yield InputError(
                    f"{path}:{number} does not hold a record: {reason}. Remove that line, or make it anew"
                )


@contextmanager
def appending(path: Path) -> Iterator[tuple[int, Callable[[Any], None]]]:
    """Opens a file for appending records: how many whole lines it holds, and a function that adds one.

    A torn last line, left by a kill or a full disk, is cut off first: its item is owed again. Waits while
    another process, such as the orphan of a killed run, still appends.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            lines, whole = _whole_lines(file)
            file.truncate(whole)

            def add(record: Any) -> None:
                line = encode(record) + b"\n"
                try:
                    file.write(line)
                    file.flush()
                except OSError as fault:
                    raise cannot_write(path, fault) from fault

            yield lines, add
            # A mark may follow; and a file system on a network tells of a full disk only now.
            os.fsync(file.fileno())
    except OSError as fault:
        raise cannot_write(path, fault) from fault


def _whole_lines(file: BinaryIO) -> tuple[int, int]:
    """How many whole lines a file holds, and their bytes."""
    file.seek(0)
    lines = whole = 0
    for line in file:
        if line.endswith(b"\n"):
            whole += len(line)
            lines += 1
    return lines, whole


def count_lines(path: Path) -> int:
    """How many whole lines a file holds; 0 if it is not there."""
    if not path.exists():
        return 0
    with open(path, "rb") as file:
        return _whole_lines(file)[0]


def differing_keys(old: Any, new: Any, prefix: str = "") -> list[str]:
    """The dotted keys in which two settings differ.

    >>> differing_keys({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}})
    ['b.c']
    """
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        keys = sorted(set(old) | set(new))
        return [
            found for key in keys for found in differing_keys(old.get(key), new.get(key), f"{prefix}{key}.")
        ]
    return [] if old == new else [prefix.rstrip(".")]


class Run:
    """A run folder: its paths, its manifest and its marks."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.manifest: dict[str, Any] = {}
        self._read()

    def _read(self) -> None:
        if (self.path / "manifest.json").exists():
            self.manifest = read_json(self.path / "manifest.json")

    @classmethod
    def existing(cls, path: Path) -> Run:
        """A run folder that must be there."""
        if not (path / "manifest.json").exists():
            raise InputError(
                f"{path} is not a run folder: it has no manifest.json. "
                f"Make one with `journey run --out {path}`"
            )
        return cls(path)

    def claim(self, settings: Mapping[str, Any], facts: Mapping[str, Any]) -> None:
        """Takes the folder for these settings, new or resumed.

        Raises:
            InputError: the folder was made with other settings, or holds files that no run made.
        """
        if "settings" not in self.manifest:
            begun = {".lock", "manifest.json" + PARTIAL, "answers", INDEX, f"{INDEX}-journal"}
            found = {item.name for item in self.path.iterdir()} if self.path.exists() else set()
            if not (found <= begun or (self.path / "manifest.json").exists()):
                raise InputError(f"{self.path} holds files that are not a run's. Use another --out")
            # Shards that start together take turns, and the first one's manifest is that of all.
            with self.lock(wait=True):
                if "settings" not in self.manifest:
                    made = {"schema_version": 1, "settings": settings, **facts}
                    self.manifest = {**made, "state": "running", "stages": {}}
                    self.save()
                    return
        if keys := differing_keys(self.manifest["settings"], json.loads(encode(settings))):
            raise InputError(
                f"{self.path} was made by another recipe: {', '.join(keys)} differ. "
                "Use another --out, or the settings it was made with, or redo what differs with "
                "`journey run RECIPE --update`"
            )

    def save(self) -> None:
        """Writes the manifest."""
        write_json(self.path / "manifest.json", self.manifest)

    def done(self, stage: str) -> bool:
        """Whether the stage's completion mark is there."""
        return stage in self.manifest.get("stages", {})

    def mark(self, stage: str, **facts: Any) -> None:
        """Writes a stage's completion mark, with what it cost and made."""
        self.manifest.setdefault("stages", {})[stage] = facts
        self.save()

    @contextmanager
    def lock(self, wait: bool = False) -> Iterator[None]:
        """Keeps a second process from writing to the folder at the same time; it fails, or waits its turn.

        What another process wrote to the manifest before is read.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            number = os.open(self.path / ".lock", os.O_WRONLY | os.O_CREAT, 0o666)
        except OSError as fault:
            raise cannot_write(self.path, fault) from fault
        with open(number, "w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise JourneyError(
                    f"another process is writing to {self.path}. Wait for it, or use another --out"
                ) from None
            self._read()
            yield


@dataclass(frozen=True, slots=True)
class Figures:
    """What a benchmark found: a table, and what it comes to in numbers and in sentences."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    found: dict[str, float]
    said: tuple[str, ...] = ()


def clock() -> Callable[[], float]:
    """A stopwatch: seconds since it was made.

    >>> clock()() >= 0
    True
    """
    begun = time.perf_counter()
    return lambda: time.perf_counter() - begun

"""What every format needs: a folder that is whole or not there, and a run's rows, one at a time."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from journey.errors import InputError
from journey.graph import SolutionGraph, read_graphs
from journey.store import Run, cannot_write, read_lines, replacing

SPLITS = {"train": "train", "validation": "validation", "heldout": "test"}
"""What the splits are called elsewhere; `datasets` and TRL look for `test`."""


@contextmanager
def whole_folder(out: Path) -> Iterator[Path]:
    """A folder to write to that takes its place at `out` at the block's end; nothing is left if it raises.

    Raises:
        InputError: something is at `out` already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} holds files already. Use another --out")
    place = out.resolve()
    beside = place.with_name(f".{place.name}.partial")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        yield beside
        os.replace(beside, place)
    except OSError as fault:
        raise cannot_write(out, fault) from fault
    finally:
        shutil.rmtree(beside, ignore_errors=True)


class LineFiles:
    """JSONL files in one folder, each opened when its first row comes; `counts` says how many each has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: Counter[str] = Counter()
        self._open: dict[str, Callable[[Any], None]] = {}
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._files.__exit__(kind, fault, trace)

    def add(self, name: str, row: dict[str, Any]) -> None:
        """Adds a row to a file, named by its path in the folder."""
        if name not in self._open:
            self._open[name] = self._files.enter_context(replacing(self.folder / name))
        self._open[name](row)
        self.counts[name] += 1


def trace_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Every trace of a run, kind after kind.

    Raises:
        InputError: there are none.
    """
    yield from _rows(run, "traces")


def pair_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Every preference pair of a run; there may be none."""
    yield from _rows(run, "pairs", needed=False)


def graphs_of(run: Run) -> Iterator[SolutionGraph]:
    """Every graph of a run.

    Raises:
        InputError: there are none.
    """
    found = False
    for graph in read_graphs(run.path / "graphs"):
        found = True
        yield graph
    if not found:
        raise _none(run, "graphs")


def _rows(run: Run, what: str, needed: bool = True) -> Iterator[dict[str, Any]]:
    found = not needed
    for file in sorted((run.path / what).glob("*.jsonl")):
        for row in read_lines(file, dict):
            found = True
            yield row
    if not found:
        raise _none(run, what)


def _none(run: Run, what: str) -> InputError:
    return InputError(
        f"{run.path} holds no {what}. Make some with `journey generate --family countdown --out {run.path}`"
    )

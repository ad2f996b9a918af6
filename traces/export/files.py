"""Shared by all formats: an output folder that appears when complete, and a run's rows one at a time."""

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
from journey.graph import SolutionGraph
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, cannot_write, read_lines, replacing

SPLITS = {"train": "train", "validation": "validation", "heldout": "test"}
"""The names of the splits in exports; `datasets` and TRL look for `test`."""


@contextmanager
def atomic_folder(out: Path) -> Iterator[Path]:
    """Yields a folder to write to; it becomes `out` at the end of the block, or is removed on an error.

    Raises:
        InputError: `out` holds files already.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} holds files already. Use another --out")
    target = out.resolve()
    partial = target.with_name(f".{target.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        os.replace(partial, target)
    except OSError as fault:
        raise cannot_write(out, fault) from fault
    finally:
        shutil.rmtree(partial, ignore_errors=True)


class LineFiles:
    """JSONL files in one folder, each opened at its first row; `counts` has the rows of each file."""

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
        """Adds a row to a file; `name` is its path in the folder."""
        if name not in self._open:
            self._open[name] = self._files.enter_context(replacing(self.folder / name))
        self._open[name](row)
        self.counts[name] += 1


def trace_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yields every trace of a run, kind after kind.

    Raises:
        InputError: the run has no traces.
    """
    yield from _rows(run, "traces")


def pair_rows(run: Run) -> Iterator[dict[str, Any]]:
    """Yields every preference pair of a run; a run may have none."""
    yield from _rows(run, "pairs", required=False)


def graphs_of(run: Run) -> Iterator[SolutionGraph]:
    """Yields every graph of a run.

    Raises:
        InputError: the run has no graphs.
    """
    any_graph = False
    for graph in read_graphs(run.path / "graphs"):
        any_graph = True
        yield graph
    if not any_graph:
        raise _no_data(run, "graphs")


def _rows(run: Run, folder: str, required: bool = True) -> Iterator[dict[str, Any]]:
    any_row = not required
    for file in sorted((run.path / folder).glob("*.jsonl")):
        for row in read_lines(file, dict):
            any_row = True
            yield row
    if not any_row:
        raise _no_data(run, folder)


def _no_data(run: Run, folder: str) -> InputError:
    return InputError(
        f"{run.path} holds no {folder}. Make some with `journey generate --family countdown --out {run.path}`"
    )

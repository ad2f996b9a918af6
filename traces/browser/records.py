"""Reads the records of one problem from a run's files; a broken record becomes a `Broken`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from journey.errors import JourneyError
from journey.runs.index import Index, SampleRow


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read."""

    fault: str


Record = dict[str, Any] | Broken


@dataclass(frozen=True, slots=True)
class Records:
    """The records of one problem."""

    id: str
    graph: Record
    traces: dict[str, Record]
    """Traces by kind."""
    outputs: list[tuple[SampleRow, Record]]
    """The models' outputs, by model, the greedy output first."""


def read_records(index: Index, id: str) -> Records:
    """Reads all records of a problem without checking them."""
    kinds = _read(lambda: index.kinds(id))
    samples = _read(lambda: index.samples(id))
    traces = {kind: _read(partial(index.trace, kind, id)) for kind in _rows_or_none(kinds)}
    return Records(
        id,
        _read(lambda: index.graph(id)),
        {kind: record for kind, record in traces.items() if record is not None},
        [(row, _read(partial(index.read, row.place))) for row in _rows_or_none(samples)],
    )


def _rows_or_none(rows: list[Any] | Broken) -> list[Any]:
    return [] if isinstance(rows, Broken) else rows


def _read(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (JourneyError, RecursionError) as fault:
        return Broken(str(fault))

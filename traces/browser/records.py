"""What the files of a run hold of one problem, each record or what is the matter with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from journey.errors import JourneyError
from journey.index import Index, SampleRow


@dataclass(frozen=True, slots=True)
class Broken:
    """A record that cannot be read."""

    fault: str


Record = dict[str, Any] | Broken


@dataclass(frozen=True, slots=True)
class Records:
    """Of one problem, as they lie in the files."""

    id: str
    graph: Record
    traces: dict[str, Record]
    """By kind."""
    outputs: list[tuple[SampleRow, Record]]
    """What the models said: by model, the greedy output first."""


def read_records(index: Index, id: str) -> Records:
    """Reads them all; nothing is checked yet."""
    kinds = _tried(lambda: index.kinds(id))
    samples = _tried(lambda: index.samples(id))
    traces = {kind: _tried(partial(index.trace, kind, id)) for kind in _found(kinds)}
    return Records(
        id,
        _tried(lambda: index.graph(id)),
        {kind: record for kind, record in traces.items() if record is not None},
        [(row, _tried(partial(index.read, row.place))) for row in _found(samples)],
    )


def _found(rows: list[Any] | Broken) -> list[Any]:
    return [] if isinstance(rows, Broken) else rows


def _tried(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except (JourneyError, RecursionError) as fault:
        return Broken(str(fault))

"""The solution graphs in a run folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from journey.errors import InputError
from journey.graph import SolutionGraph
from journey.runs.index import Index
from journey.runs.store import read_lines, readable_lines


def read_graphs(folder: Path, unreadable: list[str] | None = None) -> Iterator[SolutionGraph]:
    """Every graph in the part files of a run, in the order of the problems.

    Args:
        folder: the folder of the part files.
        unreadable: the errors of lines that hold no graph are added here; None raises the first.

    Raises:
        InputError: a line holds no graph, and `unreadable` is None.
    """
    for path in sorted(folder.glob("part-*.jsonl")):
        if unreadable is None:
            yield from read_lines(path, SolutionGraph.from_record)
        else:
            yield from readable_lines(path, SolutionGraph.from_record, unreadable)


def find_graph(index: Index, id: str) -> SolutionGraph:
    """The graph of the problem with this id, or of the only problem whose id starts with it.

    Raises:
        InputError: there is no such graph, or more than one, or its record does not fit the schema.
    """
    record = index.graph(id)
    try:
        return SolutionGraph.from_record(record)
    except (ValueError, LookupError, TypeError, AttributeError) as fault:
        message = " ".join(str(fault).split())[:300]
        raise InputError(
            f"the graph of {record['problem']['id']} in {index.run} does not fit: {message}"
        ) from fault

"""Bar charts of distributions in a terminal, several columns side by side.

    lines   journey              stream
    3-4        95 ███████████       95 ███████████
    5-8        40 ████▋             12 █▍

Each bar has its number, so nothing depends on colour. Three columns fit into 80 characters; further columns
go below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from rich.bar import Bar
from rich.table import Table
from rich.text import Text

SIDE_BY_SIDE = 3
WIDTH = {1: 40, 2: 22, 3: 12}
"""Width of a bar in characters, by the number of columns side by side."""


def binned(columns: Mapping[str, Iterable[int]]) -> dict[str, dict[str, int]]:
    """Counts lengths in ranges between powers of two, the same ranges in each column.

    >>> binned({"a": [1, 2, 7, 8], "b": []})
    {'a': {'1': 1, '2': 1, '3-4': 0, '5-8': 2}, 'b': {'1': 0, '2': 0, '3-4': 0, '5-8': 0}}
    """
    counts_by_column = {
        name: Counter((length - 1).bit_length() for length in lengths) for name, lengths in columns.items()
    }
    powers = {power for counts in counts_by_column.values() for power in counts}
    ranges = range(min(powers), max(powers) + 1) if powers else ()
    return {
        name: {_range(power): counts[power] for power in ranges} for name, counts in counts_by_column.items()
    }


def _range(power: int) -> str:
    low, high = (1 << power) // 2 + 1, 1 << power
    return f"{low}-{high}" if low < high else str(high)


def charts(title: str, columns: Mapping[str, Mapping[str, int]]) -> Iterator[Table]:
    """Tables with a bar per value, each column to its own scale. All columns need the same values."""
    names = iter(columns)
    while group := list(islice(names, SIDE_BY_SIDE)):
        width = WIDTH[len(group)]
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
        table.add_column(title, no_wrap=True)
        for name in group:
            table.add_column(Text(name, overflow="ellipsis"), justify="right", no_wrap=True)
            table.add_column(width=width, no_wrap=True)
        for row in columns[group[0]]:
            table.add_row(row, *(cell for name in group for cell in _cells(columns[name], row, width)))
        yield table


def _cells(counts: Mapping[str, int], row: str, width: int) -> tuple[str, Bar]:
    return f"{counts[row]:,}", Bar(max(1, *counts.values()), 0, counts[row], width=width)

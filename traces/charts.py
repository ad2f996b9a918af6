"""Distributions drawn in a terminal: a row a value, a bar a count, for several columns side by side.

    lines   journey              stream
    3-4        95 ███████████       95 ███████████
    5-8        40 ████▋             12 █▍

Bars say what their numbers say, so nothing depends on colour. Three columns fit 80 characters; more go
below.
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
"""Characters of a bar, by how many stand side by side."""


def binned(columns: Mapping[str, Iterable[int]]) -> dict[str, dict[str, int]]:
    """How many lengths fall between one power of two and the next, the same ranges in each column.

    >>> binned({"a": [1, 2, 7, 8], "b": []})
    {'a': {'1': 1, '2': 1, '3-4': 0, '5-8': 2}, 'b': {'1': 0, '2': 0, '3-4': 0, '5-8': 0}}
    """
    found = {
        name: Counter((length - 1).bit_length() for length in lengths) for name, lengths in columns.items()
    }
    powers = {power for counts in found.values() for power in counts}
    ranges = range(min(powers), max(powers) + 1) if powers else ()
    return {name: {_range(power): counts[power] for power in ranges} for name, counts in found.items()}


def _range(power: int) -> str:
    low, high = (1 << power) // 2 + 1, 1 << power
    return f"{low}-{high}" if low < high else str(high)


def charts(title: str, columns: Mapping[str, Mapping[str, int]]) -> Iterator[Table]:
    """Counts by value, each column to its own scale; all columns have the same values in the same order."""
    names = iter(columns)
    while together := list(islice(names, SIDE_BY_SIDE)):
        width = WIDTH[len(together)]
        table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False, header_style="bold")
        table.add_column(title, no_wrap=True)
        for name in together:
            table.add_column(Text(name, overflow="ellipsis"), justify="right", no_wrap=True)
            table.add_column(width=width, no_wrap=True)
        for row in columns[together[0]]:
            table.add_row(row, *(cell for name in together for cell in _cells(columns[name], row, width)))
        yield table


def _cells(counts: Mapping[str, int], row: str, width: int) -> tuple[str, Bar]:
    return f"{counts[row]:,}", Bar(max(1, *counts.values()), 0, counts[row], width=width)

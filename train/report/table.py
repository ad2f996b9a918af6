"""A table of words, and how figures are said in words: shares, differences, intervals, counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text

from traces.summary import two_columns

ANY_WIDTH = 10_000
PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
NONE = "\u2013"
"""Where there is no figure."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words under their columns, and how to read them."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""
    words: int = 1
    """How many columns at the left hold words and not figures."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Its title, and its rows as a table if that is not too wide; else each row as a list."""
        yield Text(f"\n{self.title}", style="bold underline")
        grid = self.grid()
        if Measurement.get(console, options.update_width(ANY_WIDTH), grid).maximum <= options.max_width:
            yield grid
        else:
            for row in self.rows:
                yield Text(" ".join(row[: self.words]), style="bold")
                yield two_columns(
                    (f"  {column}", escape(cell))
                    for column, cell in list(zip(self.columns, row, strict=True))[self.words :]
                )
        if self.note:
            yield Text(self.note, style="dim")

    def grid(self) -> Grid:
        """As rich prints a table."""
        grid = Grid(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="bold")
        for place, column in enumerate(self.columns):
            grid.add_column(
                column, justify="left" if place < self.words else "right", no_wrap=place >= self.words
            )
        for row in self.rows:
            grid.add_row(*map(Text, row))
        return grid


def share(value: float | None) -> str:
    """A share in percent.

    >>> share(0.4813), share(None)
    ('48.1 %', '–')
    """
    return NONE if value is None else f"{100 * value:.1f} %"


def points(value: float | None) -> str:
    """A difference of shares, in points, with its sign."""
    return NONE if value is None else f"{100 * value:+.1f}"


def between(interval: Any, signed: bool = False) -> str:
    """An interval of shares or of their differences, in percent or points.

    >>> between([0.25, 0.5]), between([-0.1, 0.2], signed=True)
    ('25.0 to 50.0', '-10.0 to +20.0')
    """
    if interval is None:
        return NONE
    return " to ".join(f"{100 * bound:{'+' if signed else ''}.1f}" for bound in interval)


def size(found: Mapping[str, Any]) -> str:
    """How many problems an estimate rests on, and in how many clusters where that are fewer.

    >>> size({"n": 1000, "clusters": 7}), size({"n": 60, "clusters": 60})
    ('1,000 (7 clusters)', '60')
    """
    clusters = found.get("clusters")
    few = clusters is not None and clusters < found["n"]
    return f"{found['n']:,} ({clusters:,} clusters)" if few else count(found.get("n"))


def operations(value: float | None) -> str:
    """Floating-point operations with a prefix of SI.

    >>> operations(16_240_000_000_000), operations(950.0), operations(None)
    ('16.2 T', '950', '–')
    """
    if value is None:
        return NONE
    power = min(len(PREFIXES) - 1, max(0, (len(str(int(value))) - 1) // 3))
    return f"{value / 1000**power:.3g} {PREFIXES[power]}".rstrip()


def count(value: Any) -> str:
    """A whole number, or how many there are in a list."""
    if value is None:
        return NONE
    return f"{len(value) if isinstance(value, (list, tuple)) else value:,}"

"""A table of texts, and how figures are written: shares, differences, intervals, counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.table import Table as Grid
from rich.text import Text

from traces.summary import two_columns
from train.recipe.stages import Kind

ANY_WIDTH = 10_000
PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z", "Y")
STAGE_KINDS: tuple[str, ...] = get_args(Kind)
ACRONYMS = ("sft", "dpo", "grpo", "rloo")
"""The kinds of stage that are written in capitals."""
NOT_CONVERGED_MARK = "\u2020"
"""After the figure of an arm that has not converged (`train.analysis.convergence`)."""
NONE = "\u2013"
"""The cell without a figure."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of texts under their columns, and a note on how to read them."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""
    words: int = 1
    """The number of columns at the left that hold words. The others hold figures."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The title, and the rows as a table if it is not too wide, else each row as a list."""
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
        """The table as rich prints it."""
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


def interval(bounds: tuple[float, float] | None, signed: bool = False) -> str:
    """An interval of shares or of their differences, in percent or points.

    >>> interval((0.25, 0.5)), interval((-0.1, 0.2), signed=True)
    ('25.0 to 50.0', '-10.0 to +20.0')
    """
    if bounds is None:
        return NONE
    return " to ".join(f"{100 * bound:{'+' if signed else ''}.1f}" for bound in bounds)


def size(n: int, clusters: int) -> str:
    """The number of problems that an estimate rests on, with that of their clusters if it is smaller.

    >>> size(1000, clusters=7), size(60, clusters=60)
    ('1,000 (7 clusters)', '60')
    """
    return f"{n:,} ({clusters:,} clusters)" if clusters < n else f"{n:,}"


def operations(value: float | None) -> str:
    """Floating-point operations with an SI prefix.

    >>> operations(16_240_000_000_000), operations(950.0), operations(None)
    ('16.2 T', '950', '–')
    """
    if value is None:
        return NONE
    power = min(len(PREFIXES) - 1, max(0, (len(str(int(value))) - 1) // 3))
    return f"{value / 1000**power:.3g} {PREFIXES[power]}".rstrip()


def count(value: int | None) -> str:
    """A whole number."""
    return NONE if value is None else f"{value:,}"


def plural(number: int, noun: str) -> str:
    """A number with its noun.

    >>> plural(1, "seed"), plural(1200, "problem")
    ('1 seed', '1,200 problems')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def stage_label(stage: str) -> str:
    """A stage as it is shown. The kinds of stage are acronyms; other names stay as they are.

    >>> stage_label("dpo"), stage_label("tuned")
    ('DPO', 'tuned')
    """
    return stage.upper() if stage in ACRONYMS else stage

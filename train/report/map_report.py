"""The report of a map: map.html, one file that opens without a network, map.md, the plots and the table.

map.csv and map.parquet hold the same rows, one for each cell (`train.report.map_tables.flat_row`). They and
the report show what map.json holds.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from journey.runs.store import replace
from train.analysis.map_schema import JudgedMapClaim, LearningMap
from train.report import render
from train.report.map_tables import flat_row, grid, map_tables, missing, verdict_counts

PAGE = "map.html"


def write_map_report(folder: Path, learning_map: LearningMap) -> Path:
    """Writes the report's files into the folder of a map; returns the path of map.html."""
    # Imported here: the plots need matplotlib, and who prints a table should not wait for it.
    from train.report.canvas import ink
    from train.report.map_plots import heat_map, scatter

    with ink():
        drawn = [heat_map(learning_map), scatter(learning_map)] if learning_map.cells else []
    plots = [plot for plot in drawn if plot is not None]
    for plot in plots:
        replace(folder / f"{plot.name}.svg", plot.svg)
    rows = [flat_row(cell) for cell in learning_map.cells]
    replace(folder / "map.csv", as_csv(rows))
    replace(folder / "map.parquet", as_parquet(rows))
    content = {
        "map": learning_map,
        "counts": verdict_counts(learning_map),
        "claims": [claim_sentence(claim) for claim in learning_map.claims],
        "plots": plots,
        "tables": {table.name: table for table in map_tables(learning_map)},
    }
    for name in ("map.md", PAGE):
        replace(folder / name, render(name, content))
    return folder / PAGE


def format_map(learning_map: LearningMap) -> Iterator[RenderableType]:
    """The map as a terminal shows it: families by levels, what is missing, and what follows."""
    for make in (grid, missing):
        if (table := make(learning_map)) is not None:
            yield table
    yield Text(f"\n{verdict_counts(learning_map)}")
    yield Text(learning_map.sentence)
    yield from (Text(claim_sentence(claim)) for claim in learning_map.claims)
    yield from map(Text, learning_map.notes)


def claim_sentence(claim: JudgedMapClaim) -> str:
    """A claim with its verdict and what it rests on."""
    if claim.correlation is None:
        reason = "not measured: too few families are ripe, or too few of them differ"
        return f"{claim.verdict}: {claim.claim} ({reason}; registered {claim.registered})"
    low, high = claim.ci95
    interval = f"95 % interval {low:+.2f} to {high:+.2f}, p = {claim.p_holm:.2g}"
    basis = f"{claim.n} ripe cells of {claim.families} families; registered {claim.registered}"
    return f"{claim.verdict}: {claim.claim} (rank correlation {claim.correlation:+.2f}, {interval}, {basis})"


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV with a header; None is an empty field."""
    text = io.StringIO()
    columns = list(dict.fromkeys(key for row in rows for key in row))
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def as_parquet(rows: list[dict[str, Any]]) -> bytes:
    """Rows as a Parquet file."""
    import pyarrow as pa
    from pyarrow import parquet

    columns = list(dict.fromkeys(key for row in rows for key in row))
    table = pa.Table.from_pydict({key: [row.get(key) for row in rows] for key in columns})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()

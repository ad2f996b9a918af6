"""The results of run folders for the browser: tables, sentences, and a bar for each evaluated model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from journey.errors import InputError
from train.analysis.results_schema import RESULTS_FILE, Results, read_results
from train.evaluation.metrics_schema import METRICS_FILE, ModelMetrics, read_metrics
from train.report.summary import format_results

COLOURS = ("green", "blue", "magenta", "yellow")
"""The colour of each run."""
WIDE = 90
"""Columns of a terminal that has room for long bars."""


def format_runs(runs: Mapping[str, Path], width: int) -> Iterator[RenderableType]:
    """The results of some run folders, by name, as far as they have come.

    A file that cannot be read is reported in place; the rest is shown.
    """
    results: dict[str, Results] = {}
    missing: list[RenderableType] = []
    for name, run in runs.items():
        if not (run / RESULTS_FILE).exists():
            missing += [Text(f"{name} has no {RESULTS_FILE} yet", style="italic"), ""]
            continue
        try:
            results[name] = read_results(run)
        except InputError as fault:
            missing += [Text(str(fault), style="red"), ""]
    if results:
        yield from (*format_results(results), "")
    yield from missing
    models: dict[str, dict[str, ModelMetrics]] = {}
    for name, run in runs.items():
        try:
            models[name] = evaluated_models(run)
        except InputError as fault:
            yield from (Text(str(fault), style="red"), "")
    if any(models.values()):
        yield bars(models, 40 if width >= WIDE else 24)
    else:
        yield Text("no model has been evaluated yet", style="dim")


def evaluated_models(run: Path) -> dict[str, ModelMetrics]:
    """The metrics of each model of a run that is evaluated, by ARM-STAGE."""
    folders = (path.parent for path in sorted(run.glob(f"evals/*/{METRICS_FILE}")))
    return {folder.name: read_metrics(folder) for folder in folders}


def bars(runs: Mapping[str, Mapping[str, ModelMetrics]], width: int = 40) -> RenderableType:
    """A bar chart of accuracy by model, with one bar for each run, and with figures and intervals."""
    grid = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(width=width, no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    for model in sorted({model for models in runs.values() for model in models}):
        for number, (name, models) in enumerate(runs.items()):
            if (metrics := models.get(model)) is None:
                continue
            low, high = (100 * bound for bound in metrics.ci95)
            label = Text(model if len(runs) == 1 else f"{model}, {name}")
            bar = Bar(1, 0, metrics.pass_1, width=width, color=COLOURS[number % len(COLOURS)])
            grid.add_row(label, bar, f"{metrics.pass_1:.1%}", f"{low:.1f} to {high:.1f}, n = {metrics.n:,}")
    return Group(Text("Accuracy (pass@1, 95 % interval)", style="bold"), "", grid)

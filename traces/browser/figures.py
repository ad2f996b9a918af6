"""The figures of a run: results.json, or the models evaluated so far."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from journey.errors import InputError
from journey.runs.store import read_json

COLOURS = ("green", "blue", "magenta", "yellow")
"""The colour of each run."""


def results_of(run: Path) -> dict[str, Any] | None:
    """Reads results.json; None if the run has none yet.

    Raises:
        InputError: the file does not hold results.
    """
    path = run / "results.json"
    if not path.exists():
        return None
    results = read_json(path)
    if not isinstance(results, dict) or not isinstance(results.get("arms"), dict):
        raise InputError(f"{path} does not hold results. Rebuild it with `journey report {run}`")
    return results


def accuracies(run: Path) -> dict[str, dict[str, Any]]:
    """pass@1, its interval and the number of problems of each evaluated model, by ARM-STAGE."""
    results = {}
    for path in sorted(run.glob("evals/*/metrics.json")):
        figures = read_json(path)
        if isinstance(figures, dict) and {"pass@1", "ci95", "n"} <= set(figures):
            results[path.parent.name] = figures
    return results


def bars(runs: Mapping[str, Mapping[str, Mapping[str, Any]]], width: int = 40) -> RenderableType:
    """A bar chart of accuracy by model, one bar per run, with numbers and intervals."""
    grid = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(width=width, no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    several = len(runs) > 1
    for model in sorted({model for models in runs.values() for model in models}):
        for number, (name, models) in enumerate(runs.items()):
            if model not in models:
                continue
            share = models[model]["pass@1"]
            low, high = (100 * bound for bound in models[model]["ci95"])
            label = Text(model if not several else f"{model}, {name}")
            bar = Bar(1, 0, share, width=width, color=COLOURS[number % len(COLOURS)])
            grid.add_row(label, bar, f"{share:.1%}", f"{low:.1f} to {high:.1f}, n = {models[model]['n']:,}")
    return Group(Text("Accuracy (pass@1, 95 % interval)", style="bold"), "", grid)


def siblings(run: Path) -> list[Path]:
    """The other run folders with results in the same parent folder."""
    folder = run.resolve()
    return [path.parent for path in sorted(folder.parent.glob("*/results.json")) if path.parent != folder]

"""The figures of a run as the browser shows them: results.json, or the models evaluated so far."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.bar import Bar
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from journey.errors import InputError
from journey.store import read_json

COLOURS = ("green", "blue", "magenta", "yellow")
"""By run."""


def results_of(run: Path) -> dict[str, Any] | None:
    """What results.json holds; None if the run has not come so far.

    Raises:
        InputError: it holds something else.
    """
    path = run / "results.json"
    if not path.exists():
        return None
    results = read_json(path)
    if not isinstance(results, dict) or not isinstance(results.get("arms"), dict):
        raise InputError(f"{path} does not hold results. Make it anew with `journey report {run}`")
    return results


def accuracies(run: Path) -> dict[str, dict[str, Any]]:
    """pass@1, its interval and the number of problems by ARM-STAGE, of each model evaluated so far."""
    found = {}
    for path in sorted(run.glob("evals/*/metrics.json")):
        figures = read_json(path)
        if isinstance(figures, dict) and {"pass@1", "ci95", "n"} <= set(figures):
            found[path.parent.name] = figures
    return found


def bars(runs: Mapping[str, Mapping[str, Mapping[str, Any]]], width: int = 40) -> RenderableType:
    """Accuracy by model, a bar a run; numbers and intervals say all that the bars say."""
    grid = Table(box=None, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), show_header=False)
    grid.add_column(no_wrap=True)
    grid.add_column(width=width, no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    many = len(runs) > 1
    for model in sorted({model for models in runs.values() for model in models}):
        for number, (name, models) in enumerate(runs.items()):
            if model not in models:
                continue
            share = models[model]["pass@1"]
            low, high = (100 * bound for bound in models[model]["ci95"])
            said = Text(model if not many else f"{model}, {name}")
            bar = Bar(1, 0, share, width=width, color=COLOURS[number % len(COLOURS)])
            grid.add_row(said, bar, f"{share:.1%}", f"{low:.1f} to {high:.1f}, n = {models[model]['n']:,}")
    return Group(Text("Accuracy (pass@1, 95 % interval)", style="bold"), "", grid)


def siblings(run: Path) -> list[Path]:
    """The run folders beside this one that hold results."""
    here = run.resolve()
    return [path.parent for path in sorted(here.parent.glob("*/results.json")) if path.parent != here]

"""`journey bench`: the speed of each part, compared with the standard way of doing the same in one run."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from journey.errors import unknown_name
from journey.runs.machine import cores
from journey.runs.store import BenchResult
from search.bench import bench_search
from search.bench_check import bench_check


def bench_bases() -> BenchResult:
    """Tokens a second and cache of dense, sparse and grouped-query bases (`train.bench.bases`)."""
    from train.bench import bases

    return bases.bench_bases()


def bench_train() -> BenchResult:
    """Tokens a second of the SFT stage and of bare PyTorch loops (`train.bench.training`)."""
    from train.bench import training as bench_sft

    return bench_sft.bench_train()


def bench_generate() -> BenchResult:
    """Tokens a second of our generator and of transformers' ways (`train.bench.generation`)."""
    from train.bench import generation as bench

    return bench.bench_generate()


BENCHMARKERS: dict[str, Callable[[], BenchResult]] = {
    "bases": bench_bases,
    "check": bench_check,
    "generate": bench_generate,
    "search": bench_search,
    "train": bench_train,
}


def benchmarks(name: str | None) -> list[str]:
    """The benchmarks of this name; all of them for None."""
    if name is not None and name not in BENCHMARKERS:
        raise unknown_name("benchmark", name, BENCHMARKERS)
    return [name] if name else list(BENCHMARKERS)


def run_bench(name: str) -> BenchResult:
    """The figures of one benchmark."""
    return BENCHMARKERS[name]()


def busy_sentence() -> Iterator[str]:
    """A warning if other programs keep the processors busy: speeds are measured by the clock."""
    load = os.getloadavg()[0]
    if load > cores() / 2:
        yield (
            f"Other programs use the processors (load {load:.1f} on {cores()} cores): "
            "the speeds will be too low, and comparisons uncertain"
        )


def table_of(title: str, figures: BenchResult) -> RenderableType:
    """A benchmark for people: its table, and below it what that comes to."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in figures.columns:
        numbers = all(isinstance(row[figures.columns.index(name)], float | int) for row in figures.rows)
        table.add_column(name, justify="right" if numbers else "left", no_wrap=not numbers)
    for row in figures.rows:
        table.add_row(*(f"{cell:,.1f}" if isinstance(cell, float) else str(cell) for cell in row))
    values = (f"{name}: {value:,.2f}" for name, value in figures.values.items())
    return Group(table, *values, *figures.notes, "")


SCALES = {"solved, %": "linear", "states": "log", "verified steps/s": "log", "steps a solution": "log"}
"""The columns of `search` that are drawn, and how."""


def draw_search(figures: BenchResult, path: Path) -> None:
    """A panel a figure, a line a family and level, a mark a strategy."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    from train.report.canvas import COLOURS, MARKERS

    mpl.use("Agg")
    columns = {name: figures.columns.index(name) for name in SCALES}
    lines = list(dict.fromkeys((row[0], row[1]) for row in figures.rows))
    names = list(dict.fromkeys(name for name, _ in lines))
    strategies = list(dict.fromkeys(row[2] for row in figures.rows))
    # A gap between families.
    place = {line: number + names.index(line[0]) for number, line in enumerate(lines)}
    figure = Figure(figsize=(11, 0.17 * (len(lines) + len(names)) + 1.2), layout="constrained")
    panels = figure.subplots(1, len(SCALES), sharey=True, width_ratios=(2, 3, 3, 3))
    for axes, (title, column) in zip(panels, columns.items(), strict=True):
        for number, strategy in enumerate(strategies):
            rows = [row for row in figures.rows if row[2] == strategy and math.isfinite(row[column])]
            axes.plot(
                [row[column] for row in rows],
                [place[row[0], row[1]] + 0.16 * (number - (len(strategies) - 1) / 2) for row in rows],
                MARKERS[number % len(MARKERS)],
                color=COLOURS[number % len(COLOURS)],
                markersize=3.5,
                markeredgewidth=0,
                label=strategy,
            )
        axes.set_xscale(SCALES[title])
        if SCALES[title] == "log":
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            axes.set_xlim(-4, 104)
        axes.set_title(title, fontsize=10)
        axes.grid(axis="x", alpha=0.3)
        axes.tick_params(axis="x", labelsize=8)
        axes.tick_params(axis="y", labelsize=8, length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        for band, name in enumerate(names):
            if band % 2 == 0:
                mine = [place[line] for line in lines if line[0] == name]
                axes.axhspan(min(mine) - 0.9, max(mine) + 0.9, color="#f1f1f1", zorder=0, linewidth=0)
    panels[0].set_yticks(
        list(place.values()), [f"{name}  {level}" if level == 1 else str(level) for name, level in lines]
    )
    panels[0].set_ylim(max(place.values()) + 1, -1)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, frameon=False, markerscale=2, ncols=len(strategies), loc="outside upper center"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)

"""The plot of the scaling law: what rounding adds to the loss, against training tokens."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter

from train.analysis.law_schema import LawFigures
from train.analysis.results_schema import Results
from train.analysis.scaling_law import law_at
from train.report.canvas import (
    COLOURS,
    GREY,
    INK,
    MARKERS,
    PAPER,
    SMALL,
    WIDTH,
    Plot,
    finish,
    legend,
    legend_height,
)

PANEL = 2.3
"""Inches of the height of a panel."""


def law(results: Results) -> Plot | None:
    """Every measured model, the law's lines, and what it predicted: a panel for each precision.

    None without a law, or if rounding raised no loss.
    """
    figures = results.law
    if figures is None or not any(point.degradation > 0 for point in figures.measured):
        return None
    precisions = list(dict.fromkeys(point.precision for point in figures.measured))
    sizes = sorted({point.weights for point in figures.measured})
    labels = [f"{size / 1000:,.0f} k weights" for size in sizes]
    labels += ["predicted"] if figures.predictions else []
    figure = Figure(
        figsize=(WIDTH, PANEL * len(precisions) + 0.3 + legend_height(labels)), layout="constrained"
    )
    grid = figure.subplots(len(precisions), 1, sharex=True, squeeze=False)
    texts = []
    for axes, precision in zip(grid.flat, precisions, strict=True):
        for at, size in enumerate(sizes):
            texts.append(_draw_size(axes, figures, precision, size, at, precision == precisions[0]))
        _draw_predictions(axes, figures, precision, precision == precisions[0])
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(precision, fontsize=SMALL, loc="left")
        axes.grid(True, color=GREY, alpha=0.25)
        axes.tick_params(labelsize=SMALL, colors=INK)
        axes.set_ylabel("nats per token", fontsize=SMALL)
    last = grid.flat[-1]
    last.xaxis.set_major_formatter(EngFormatter(sep="\N{NO-BREAK SPACE}"))
    last.xaxis.set_minor_formatter("")
    last.set_xlabel("training tokens")
    legend(figure, labels)
    alt = f"Charts of the loss that rounding adds by training tokens. {'; '.join(filter(None, texts))}."
    note = (
        "Filled: constant learning rate. Hollow: decayed. Lines: the law, dashed for decayed. Up: rounding "
        "costs more."
    )
    return finish(figure, "law", "The loss that rounding adds", alt, note)


def _draw_size(axes: Any, figures: LawFigures, precision: str, size: int, at: int, first: bool) -> str:
    """Draws the models of one size and the law for them; returns their mean degradation in words."""
    points = [each for each in figures.measured if (each.precision, each.weights) == (precision, size)]
    colour = COLOURS[at % len(COLOURS)]
    look: dict[str, Any] = {"color": colour, "markersize": 4, "linestyle": "none"}
    marker = MARKERS[at % len(MARKERS)]
    for decayed in (False, True):
        chosen = [each for each in points if each.decayed == decayed and each.degradation > 0]
        if not chosen:
            continue
        tokens = [each.tokens for each in chosen]
        face = PAPER if decayed else colour
        axes.plot(tokens, [each.degradation for each in chosen], marker, markerfacecolor=face, **look)
        if figures.fitted is not None:
            line = np.geomspace(min(tokens), max(tokens), 20)
            heights = [law_at(figures.fitted, precision, size, each, decayed) for each in line]
            axes.plot(line, heights, color=colour, linewidth=1, linestyle="--" if decayed else "-")
    if first:
        axes.plot([], [], marker, label=f"{size / 1000:,.0f} k weights", **look)
    values = ", ".join(f"{each.degradation:.3g}" for each in points)
    return f"{precision}, {size:,} weights: {values}" if values else ""


def _draw_predictions(axes: Any, figures: LawFigures, precision: str, first: bool) -> None:
    for number, each in enumerate(p for p in figures.predictions if p.precision == precision):
        low, high = each.ci95
        axes.errorbar(each.tokens, each.predicted, yerr=[[each.predicted - low], [high - each.predicted]],
                      fmt="_", color=INK, capsize=3, linewidth=1,
                      label="predicted" if first and not number else None)  # fmt: skip

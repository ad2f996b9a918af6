"""The plot of accuracy and verified outputs by arm, in each set of problems."""

from __future__ import annotations

from matplotlib.figure import Figure

from train.analysis.results_schema import Results, StageFigures
from train.evaluation.metrics_schema import GreedyAccuracy
from train.report.canvas import (
    GREY,
    INK,
    PAPER,
    SMALL,
    WIDTH,
    Plot,
    finish,
    in_percent,
    legend,
    legend_height,
    looks,
)

COLUMNS = 2
MARKS = {"right": "right", "verified": "right, and every line proved"}
ROW = 0.16
"""Inches of a row of a panel."""


def verified(results: Results) -> Plot | None:
    """How much is right and how much of it for the right reasons: a panel a set, a row an arm.

    None if no set but the held-out problems was audited: the table says the same with less ink.
    """
    by_set = audited(results)
    if len(by_set) < 2:
        return None
    arms = list(dict.fromkeys(arm for parts in by_set.values() for arm in parts))
    look = looks(list(results.arms))
    rows = -(-len(by_set) // COLUMNS)
    height = rows * (0.45 + ROW * len(arms)) + 0.25 + legend_height(list(MARKS.values()))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    grid = figure.subplots(rows, COLUMNS, sharex=True, sharey=True, squeeze=False)
    for axes in grid.flat[len(by_set) :]:
        axes.set_visible(False)
    texts = []
    for axes, (name, parts) in zip(grid.flat, by_set.items(), strict=False):
        n = next(iter(parts.values())).n
        axes.set_title(f"{name}, n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{n:,}", fontsize=SMALL, loc="left")
        for place, arm in enumerate(arms):
            if arm not in parts:
                continue
            right, proved = parts[arm].pass_1, parts[arm].verified or 0.0
            colour, first = look[arm].colour, name == next(iter(by_set)) and place == 0
            labels = [MARKS["right"], MARKS["verified"]] if first else [None, None]
            axes.plot([proved, right], [place, place], color=colour, linewidth=1.2, alpha=0.6)
            axes.plot(right, place, "o", markersize=6, color=PAPER, markeredgecolor=colour, label=labels[0])
            axes.plot(proved, place, "o", markersize=3, color=colour, label=labels[1])
            texts.append(f"{name}, {arm}: {right:.1%}, verified {proved:.1%}")
        axes.set_yticks(range(len(arms)), arms, fontsize=SMALL)
        axes.set_ylim(len(arms) - 0.5, -0.5)
        axes.set_xlim(-0.04, 1.04)
        axes.set_xticks([0, 0.5, 1])
        axes.grid(True, axis="x", color=GREY, alpha=0.25)
        axes.tick_params(axis="both", length=0, labelsize=SMALL, colors=INK)
        axes.spines["left"].set_visible(False)
        in_percent(axes, "x")
        # The panel below may be missing, and its ticks with it.
        axes.xaxis.set_tick_params(labelbottom=True)
    legend(figure, list(MARKS.values()))
    alt = f"Dot chart of problems solved and of outputs that are also proved. {'; '.join(texts)}."
    note = "Large dot: right. Small dot: right, with every line proved. Between: right for the wrong reasons."
    return finish(figure, "verified", "Right, and right for the right reasons", alt, note)


def audited(results: Results) -> dict[str, dict[str, StageFigures | GreedyAccuracy]]:
    """By set of problems and arm: the accuracy of the stage that is compared, where outputs were audited."""
    by_set: dict[str, dict[str, StageFigures | GreedyAccuracy]] = {}
    for arm, figures in results.compared_figures().items():
        parts: dict[str, StageFigures | GreedyAccuracy] = {"held out": figures, **(figures.sets or {})}
        for name, part in parts.items():
            if part.verified is not None:
                by_set.setdefault(name, {})[arm] = part
    return by_set

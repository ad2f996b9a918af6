"""The plots of what the models do: accuracy by arm and by level, and the first errors of their outputs."""

from __future__ import annotations

from typing import Any

from train.analysis.results_schema import Results
from train.report.canvas import (
    GREY,
    HATCHES,
    INK,
    PAPER,
    SMALL,
    Plot,
    bars_height,
    blank,
    finish,
    horizontal,
    in_percent,
    legend,
    legend_height,
    looks,
)
from train.report.error_tables import FATES
from train.report.formatting import stage_label

NO_ERROR = "no error"
LOOKS = {
    # fate of the first error: (colour, hatch)
    NO_ERROR: ("#B9C4CC", ""),
    "noticed": ("#009E73", ""),
    "left": ("#56B4E9", "///"),
    "answered": ("#D55E00", "xxx"),
    "open": ("#7A7A7A", "..."),
}


def accuracy(results: Results) -> Plot:
    """pass@1 by arm and stage, with 95 % intervals and the teacher's ceiling."""
    rows = list(results.distinct_rows())
    look = looks(list(results.arms))
    figure, axes = blank(bars_height(len(rows)))
    texts = []
    for place, (arm, stage, figures) in enumerate(rows):
        low, high = figures.ci95
        solved = figures.pass_1
        hatch = HATCHES[list(results.arms[arm]).index(stage) % len(HATCHES)]
        axes.barh(place, solved, color=look[arm].colour, height=0.62, hatch=hatch, edgecolor=PAPER)
        error = [[max(0.0, solved - low)], [max(0.0, high - solved)]]
        axes.errorbar(solved, place, xerr=error, color=INK, capsize=3, linewidth=1.1)
        seeds = figures.by_seed if len(figures.by_seed) > 1 else []
        # Apart from each other, and off the line of the interval.
        at = [place + 0.2 - 0.4 * number / max(1, len(seeds) - 1) for number in range(len(seeds))]
        axes.plot(seeds, at, "o", markersize=3.4, color=PAPER, markeredgecolor=INK, markeredgewidth=0.9)
        _label_bar(axes, max(high, *seeds) if seeds else high, place, f"{solved:.1%}")
        texts.append(f"{arm} {stage_label(stage)} {solved:.1%}")
    several = any(len(row.figures.by_seed) > 1 for row in rows)
    ceiling = results.teacher.within_budget
    axes.axvline(ceiling, color=GREY, linestyle="--", linewidth=1.2)
    axes.annotate(
        f"teacher {ceiling:.1%}",
        (ceiling, -0.6),
        ha="right" if ceiling > 0.5 else "left",
        va="bottom",
        fontsize=SMALL,
        annotation_clip=False,
    )
    horizontal(axes, [f"{row.arm} {stage_label(row.stage)}" for row in rows])
    axes.set_xlim(0, 1.2)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    in_percent(axes, "x")
    axes.set_xlabel("solved, greedy")
    alt = f"Bar chart of problems solved: {', '.join(texts)}; teacher's ceiling {ceiling:.1%}."
    note = "Bars: pass@1. Lines: 95 % intervals." + (" Dots: seeds." if several else "")
    return finish(figure, "accuracy", "Problems solved, by arm", alt, note)


def _label_bar(axes: Any, x: float, y: float, text: str) -> None:
    # On paper, so that no line runs through the figures.
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}
    axes.annotate(
        text, (x, y), va="center", xytext=(6, 0), textcoords="offset points", fontsize=SMALL, bbox=paper
    )


def levels(results: Results) -> Plot | None:
    """pass@1 by level, with intervals, the arms side by side."""
    names = results.level_names()
    if not names:
        return None
    arms = results.compared_figures()
    figure, axes = blank(2.5 + legend_height(list(arms)))
    look = looks(list(results.arms))
    pitch = min(0.16, 0.75 / max(1, len(arms)))
    texts = []
    for place, (arm, figures) in enumerate(arms.items()):
        cells = [(at, figures.levels[name]) for at, name in enumerate(names) if name in figures.levels]
        x = [at + (place - (len(arms) - 1) / 2) * pitch for at, _ in cells]
        y = [cell.pass_1 for _, cell in cells]
        low = [max(0.0, cell.pass_1 - cell.ci95[0]) for _, cell in cells]
        high = [max(0.0, cell.ci95[1] - cell.pass_1) for _, cell in cells]
        colour, marker = look[arm].colour, look[arm].marker
        axes.plot(x, y, linestyle=look[arm].line, color=colour, alpha=0.35, linewidth=1)
        axes.errorbar(x, y, yerr=[low, high], fmt=marker, color=colour, capsize=2, linewidth=1.1, label=arm)
        parts = (f"level {names[at]} {cell.pass_1:.1%}" for at, cell in cells)
        texts.append(f"{arm}: {', '.join(parts)}")
    first = next(iter(arms.values())).levels
    heads = [f"level {name}" + (f"\nn = {first[name].n:,}" if name in first else "") for name in names]
    axes.set_xticks(range(len(names)), heads)
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(-0.03, 1.05)
    axes.grid(True, axis="y")
    in_percent(axes, "y")
    axes.set_ylabel("solved, greedy")
    legend(figure, list(arms))
    alt = f"Chart of pass@1 with intervals. {'; '.join(texts)}."
    return finish(figure, "levels", "Accuracy by level", alt)


def recovery(results: Results) -> Plot:
    """The share of outputs without an error, and the fate of the first error of the others."""
    rows = list(results.distinct_rows())
    labels = [FATES.get(fate, fate) for fate in LOOKS]
    figure, axes = blank(bars_height(len(rows), labels))
    texts = []
    for place, (arm, stage, figures) in enumerate(rows):
        error, fates = figures.recovery.error, figures.recovery.fates
        counts = {NO_ERROR: error.n - error.count} | {str(fate): n for fate, n in fates.items()}
        shares = {fate: counts[fate] / max(1, error.n) for fate in LOOKS}
        left = 0.0
        for fate, (colour, hatch) in LOOKS.items():
            label: dict[str, Any] = {"label": FATES.get(fate, fate)} if place == 0 else {}
            look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": PAPER, "linewidth": 0.6}
            axes.barh(place, shares[fate], left=left, height=0.62, **look, **label)
            left += shares[fate]
        parts = (f"{FATES.get(fate, fate)} {share:.1%}" for fate, share in shares.items())
        texts.append(f"{arm} {stage_label(stage)}: {', '.join(parts)}")
    horizontal(axes, [f"{row.arm} {stage_label(row.stage)}" for row in rows])
    axes.set_xlim(0, 1.02)
    in_percent(axes, "x")
    axes.set_xlabel("greedy outputs, by their first error")
    legend(figure, labels)
    alt = f"Stacked bar chart of outputs by their first error. {'; '.join(texts)}."
    return finish(figure, "recovery", "After an error", alt)

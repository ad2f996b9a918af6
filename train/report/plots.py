"""The plots of what the models do: accuracy by arm and by level, and what follows an error."""

from __future__ import annotations

from typing import Any

from train.analysis.reading import label, level_names, own_stages, primary
from train.report.canvas import (
    GREY,
    HATCHES,
    INK,
    PAPER,
    Plot,
    blank,
    finish,
    horizontal,
    in_percent,
    legend,
    looks,
    rows_high,
)
from train.report.tables import FATES

NO_ERROR = "no error"
LOOKS = {
    # what became of the output: (colour, hatch)
    NO_ERROR: ("#B9C4CC", ""),
    "noticed": ("#009E73", ""),
    "left": ("#56B4E9", "///"),
    "answered": ("#D55E00", "xxx"),
    "open": ("#7A7A7A", "..."),
}


def accuracy(results: dict[str, Any]) -> Plot:
    """pass@1 by arm and stage, with 95 % intervals and the teacher's ceiling."""
    rows = list(own_stages(results))
    colours = looks(list(results["arms"]))
    figure, axes = blank(rows_high(len(rows)))
    said = []
    for place, (arm, stage, found) in enumerate(rows):
        low, high = found["ci95"]
        solved = found["pass@1"]
        later = list(results["arms"][arm]).index(stage)
        hatch = HATCHES[later % len(HATCHES)]
        axes.barh(place, solved, color=colours[arm].colour, height=0.62, hatch=hatch, edgecolor=PAPER)
        spread = [[max(0.0, solved - low)], [max(0.0, high - solved)]]
        axes.errorbar(solved, place, xerr=spread, color=INK, capsize=3, linewidth=1.1)
        single = found.get("by_seed", [])
        # Apart from each other and off the line of the interval.
        at = [place + 0.2 - 0.4 * number / max(1, len(single) - 1) for number in range(len(single))]
        axes.plot(single, at, "o", markersize=3.4, color=PAPER, markeredgecolor=INK, markeredgewidth=0.9)
        _beside(axes, max(high, *single) if single else high, place, f"{solved:.1%}")
        said.append(f"{arm} {label(stage)} {solved:.1%}")
    several = any(found.get("by_seed") for _, _, found in rows)
    ceiling = results["teacher"]["within_budget"]
    axes.axvline(ceiling, color=GREY, linestyle="--", linewidth=1.2)
    axes.annotate(
        f"teacher {ceiling:.1%}",
        (ceiling, -0.6),
        ha="right" if ceiling > 0.5 else "left",
        va="bottom",
        fontsize=8.5,
        annotation_clip=False,
    )
    horizontal(axes, [f"{arm} {label(stage)}" for arm, stage, _ in rows])
    axes.set_xlim(0, 1.14)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    in_percent(axes, "x")
    axes.set_xlabel("solved, greedy")
    alt = f"Bar chart of problems solved: {', '.join(said)}; teacher's ceiling {ceiling:.1%}."
    note = "Bars: pass@1. Lines: 95 % intervals." + (" Dots: seeds." if several else "")
    return finish(figure, "accuracy", "Problems solved, by arm", alt, note)


def _beside(axes: Any, x: float, y: float, text: str) -> None:
    # On paper of its own, so that no line runs through the figures.
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.8}
    axes.annotate(
        text, (x, y), va="center", xytext=(6, 0), textcoords="offset points", fontsize=8.5, bbox=paper
    )


def levels(results: dict[str, Any]) -> Plot | None:
    """pass@1 by level, with intervals, each arm in its own place beside the others."""
    names = level_names(results)
    if not names:
        return None
    arms = primary(results)
    columns = 3 if len(arms) > 2 else 2
    figure, axes = blank(2.6 + 0.2 * -(-len(arms) // columns))
    look = looks(list(results["arms"]))
    pitch = min(0.16, 0.75 / max(1, len(arms)))
    said = []
    for place, (arm, found) in enumerate(arms.items()):
        cells = [(at, found["levels"][name]) for at, name in enumerate(names) if name in found["levels"]]
        x = [at + (place - (len(arms) - 1) / 2) * pitch for at, _ in cells]
        y = [cell["pass@1"] for _, cell in cells]
        low = [max(0.0, cell["pass@1"] - cell["ci95"][0]) for _, cell in cells]
        high = [max(0.0, cell["ci95"][1] - cell["pass@1"]) for _, cell in cells]
        colour, mark = look[arm].colour, look[arm].mark
        axes.plot(x, y, linestyle=look[arm].line, color=colour, alpha=0.35, linewidth=1)
        axes.errorbar(x, y, yerr=[low, high], fmt=mark, color=colour, capsize=2, linewidth=1.1, label=arm)
        pieces = (f"level {names[at]} {cell['pass@1']:.1%}" for at, cell in cells)
        said.append(f"{arm}: {', '.join(pieces)}")
    first = next(iter(arms.values()))["levels"]
    axes.set_xticks(range(len(names)), [_named(name, first.get(name)) for name in names])
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(-0.03, 1.05)
    axes.grid(True, axis="y")
    in_percent(axes, "y")
    axes.set_ylabel("solved, greedy")
    legend(figure, columns)
    return finish(
        figure, "levels", "Accuracy by level", f"Chart of pass@1 with intervals. {'; '.join(said)}."
    )


def _named(level: str, cell: dict[str, Any] | None) -> str:
    return f"level {level}\nn = {cell['n']:,}" if cell else f"level {level}"


def recovery(results: dict[str, Any]) -> Plot | None:
    """The share of outputs without an error, and what became of the first error of the others."""
    rows = [row for row in own_stages(results) if "recovery" in row[2]]
    if not rows:
        return None
    figure, axes = blank(rows_high(len(rows), 3))
    said = []
    for place, (arm, stage, found) in enumerate(rows):
        outputs = found["recovery"]["error"]["n"]
        counts = {NO_ERROR: outputs - found["recovery"]["error"]["count"], **found["recovery"]["fates"]}
        shares = {fate: counts[fate] / max(1, outputs) for fate in LOOKS}
        left = 0.0
        for fate, (colour, hatch) in LOOKS.items():
            shown: dict[str, Any] = {"label": FATES.get(fate, fate)} if place == 0 else {}
            look: dict[str, Any] = {"color": colour, "hatch": hatch, "edgecolor": PAPER, "linewidth": 0.6}
            axes.barh(place, shares[fate], left=left, height=0.62, **look, **shown)
            left += shares[fate]
        parts = (f"{FATES.get(fate, fate)} {share:.1%}" for fate, share in shares.items())
        said.append(f"{arm} {label(stage)}: {', '.join(parts)}")
    horizontal(axes, [f"{arm} {label(stage)}" for arm, stage, _ in rows])
    axes.set_xlim(0, 1.02)
    in_percent(axes, "x")
    axes.set_xlabel("greedy outputs, by what became of their first error")
    legend(figure, 3)
    alt = f"Stacked bar chart of outputs by their first error. {'; '.join(said)}."
    return finish(figure, "recovery", "After an error", alt)

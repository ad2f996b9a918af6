"""The plots of what later stages change: gain against forgetting, and accuracy from round to round."""

from __future__ import annotations

from matplotlib.figure import Figure

from train.analysis.results_schema import Results, StageFigures
from train.recipe.recipe import OWN_HELDOUT
from train.report.canvas import (
    COLOURS,
    GREY,
    INK,
    LINES,
    MARKERS,
    SMALL,
    WIDTH,
    Plot,
    finish,
    in_percent,
    legend,
    legend_height,
)

PANEL = 2.0
"""Inches of the height of a panel."""


def forgetting(results: Results) -> Plot | None:
    """Accuracy in each other set against the loss added on the first stage's texts; a point an arm.

    None unless two arms have a later stage and forgetting was measured on their own held-out texts.
    """
    points = {}
    for arm, figures in results.compared_figures().items():
        change = (figures.forgotten or {}).get(OWN_HELDOUT)
        if change is not None and figures.sets:
            points[arm] = (change.after - change.before, figures.sets)
    if len(points) < 2:
        return None
    names = list(dict.fromkeys(name for _, sets in points.values() for name in sets))
    height = PANEL * len(names) + 0.2 + legend_height(list(points))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    grid = figure.subplots(len(names), 1, sharex=True, squeeze=False)
    texts = []
    for axes, name in zip(grid.flat, names, strict=True):
        for at, (arm, (lost, sets)) in enumerate(points.items()):
            if name not in sets:
                continue
            low, high = sets[name].ci95
            right = sets[name].pass_1
            axes.errorbar(
                lost,
                right,
                yerr=[[max(0.0, right - low)], [max(0.0, high - right)]],
                # More arms than colours: the marker changes with each turn of the colours.
                fmt=MARKERS[(at + at // len(COLOURS)) % len(MARKERS)],
                color=COLOURS[at % len(COLOURS)],
                capsize=2,
                linewidth=1,
                label=arm if name == names[0] else None,
            )
            texts.append(f"{name}, {arm}: {right:.1%} at {lost:+.3f} nats")
        axes.set_title(name, fontsize=SMALL, loc="left")
        axes.set_ylim(-0.03, 1.05)
        axes.grid(True, color=GREY, alpha=0.25)
        axes.tick_params(labelsize=SMALL, colors=INK)
        in_percent(axes, "y")
    grid.flat[-1].set_xlabel("loss added on the first stage's held-out texts (nats a token)")
    legend(figure, list(points))
    alt = f"Charts of accuracy against forgetting. {'; '.join(texts)}."
    note = "Left: forgets little. Top: solves much. Lines: 95 % intervals. Arms of one stage have no point."
    return finish(figure, "forgetting", "Gain and forgetting", alt, note)


def rounds(results: Results) -> Plot | None:
    """Accuracy of one output and of the best of several, and how often outputs go back, after each stage.

    None unless a stage sampled outputs for its own training.
    """
    if all(row.figures.generated_tokens is None for row in results.rows()):
        return None
    arms = {arm: list(by_stage.values()) for arm, by_stage in results.arms.items()}
    most = max(
        (int(k) for stages in arms.values() for each in stages if each.sampled for k in each.sampled.pass_k),
        default=0,
    )
    panels = {"solved by the greedy output": _solved, "notices per greedy output": _notices}
    if most > 1:
        panels[f"solved by one of {most} samples"] = lambda figures: _solved_by_one_of(figures, most)
    height = PANEL * len(panels) + 0.3 + legend_height(list(arms))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
    texts = []
    for axes, (title, read) in zip(grid.flat, panels.items(), strict=True):
        for at, (arm, stages) in enumerate(arms.items()):
            values = [
                (number, value) for number, each in enumerate(stages) if (value := read(each)) is not None
            ]
            if not values:
                continue
            x, y = zip(*values, strict=True)
            turn = at + at // len(COLOURS)
            look = {"color": COLOURS[at % len(COLOURS)], "marker": MARKERS[turn % len(MARKERS)]}
            label = arm if title == next(iter(panels)) else None
            axes.plot(
                x, y, **look, linestyle=LINES[turn % len(LINES)], markersize=4, linewidth=1.2, label=label
            )
            texts.append(f"{title}, {arm}: {', '.join(f'{value:.3g}' for value in y)}")
        axes.set_title(title, fontsize=SMALL, loc="left")
        axes.set_ylim(bottom=-0.03)
        axes.grid(True, color=GREY, alpha=0.25)
        axes.tick_params(labelsize=SMALL, colors=INK)
    longest = max(map(len, arms.values()))
    grid.flat[-1].set_xticks(range(longest), ["SFT", *(f"stage {at}" for at in range(1, longest))])
    legend(figure, list(arms))
    alt = f"Charts by training stage. {'; '.join(texts)}."
    note = "A notice says that a step is wrong or leads nowhere, which is how an output goes back."
    return finish(figure, "rounds", "From round to round", alt, note)


def _solved(figures: StageFigures) -> float | None:
    return figures.pass_1


def _solved_by_one_of(figures: StageFigures, k: int) -> float | None:
    return figures.sampled.pass_k.get(str(k)) if figures.sampled else None


def _notices(figures: StageFigures) -> float | None:
    """Notices in greedy outputs, per output."""
    counts = figures.recovery.counts
    return counts.get("notices", 0) / max(1, counts.get("outputs", 0))

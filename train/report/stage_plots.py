"""The plots of what later stages change: gain against forgetting, and accuracy from round to round."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from train.analysis.results_schema import Results, StageFigures
from train.recipe.recipe import OWN_HELDOUT
from train.report.canvas import (
    GREY,
    INK,
    SMALL,
    WIDTH,
    Plot,
    finish,
    in_percent,
    legend,
    legend_height,
    looks,
)

PANEL = 2.0
"""Inches of the height of a panel."""
FORGOTTEN = 1.0
"""Nats a token: a model that added more has forgotten all, and the others would share a tenth of the axis."""


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
    look = looks(list(results.arms))
    figure, panels = _panels(names, list(points))
    texts = []
    for axes, name in zip(panels, names, strict=True):
        for arm, (lost, sets) in points.items():
            if name not in sets:
                continue
            low, high = sets[name].ci95
            right = sets[name].pass_1
            axes.errorbar(
                lost,
                right,
                yerr=[[max(0.0, right - low)], [max(0.0, high - right)]],
                fmt=look[arm].marker,
                color=look[arm].colour,
                capsize=2,
                linewidth=1,
                label=arm if name == names[0] else None,
            )
            texts.append(f"{name}, {arm}: {right:.1%} at {lost:+.3f} nats")
        axes.set_ylim(-0.03, 1.05)
        in_percent(axes, "y")
        if max(abs(lost) for lost, _ in points.values()) > FORGOTTEN:
            axes.set_xscale("symlog", linthresh=0.1, linscale=0.5)
            axes.set_xticks([-0.1, 0, 0.1, 1, 10], ["-0.1", "0", "0.1", "1", "10"])
    panels[-1].set_xlabel("loss added on earlier texts (nats a token)")
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
    read_by_title = {"solved by the greedy output": _solved, "notices per greedy output": _notices}
    if most > 1:
        read_by_title[f"solved by one of {most} samples"] = lambda figures: _solved_by_one_of(figures, most)
    look = looks(list(arms))
    figure, panels = _panels(list(read_by_title), list(arms))
    texts = []
    for axes, (title, read) in zip(panels, read_by_title.items(), strict=True):
        for arm, stages in arms.items():
            values = [
                (number, value) for number, each in enumerate(stages) if (value := read(each)) is not None
            ]
            if not values:
                continue
            x, y = zip(*values, strict=True)
            axes.plot(
                x,
                y,
                color=look[arm].colour,
                marker=look[arm].marker,
                linestyle=look[arm].line,
                markersize=4,
                linewidth=1.2,
                label=arm if title == next(iter(read_by_title)) else None,
            )
            texts.append(f"{title}, {arm}: {', '.join(f'{value:.3g}' for value in y)}")
        axes.set_ylim(bottom=-0.03)
    longest = max(map(len, arms.values()))
    panels[-1].set_xticks(range(longest), ["SFT", *(f"stage {at}" for at in range(1, longest))])
    legend(figure, list(arms))
    alt = f"Charts by training stage. {'; '.join(texts)}."
    note = "A notice says that a step is wrong or leads nowhere, which is how an output goes back."
    return finish(figure, "rounds", "From round to round", alt, note)


def _panels(titles: Sequence[str], labels: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """A figure with a panel for each title, one below the other, and room for a legend of these labels."""
    height = PANEL * len(titles) + 0.3 + legend_height(labels)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = list(figure.subplots(len(titles), 1, sharex=True, squeeze=False).flat)
    for axes, title in zip(panels, titles, strict=True):
        axes.set_title(title, fontsize=SMALL, loc="left")
        axes.grid(True, color=GREY, alpha=0.25)
        axes.tick_params(labelsize=SMALL, colors=INK)
    return figure, panels


def _solved(figures: StageFigures) -> float | None:
    return figures.pass_1


def _solved_by_one_of(figures: StageFigures, k: int) -> float | None:
    return figures.sampled.pass_k.get(str(k)) if figures.sampled else None


def _notices(figures: StageFigures) -> float | None:
    """Notices in greedy outputs, per output."""
    counts = figures.recovery.counts
    return counts.get("notices", 0) / max(1, counts.get("outputs", 0))

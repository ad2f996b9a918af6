"""The plots of accuracy against generated tokens: every way to spend them, in all and by level.

The colour of a point is its arm and its marker the method, so the best choice within a budget is the highest
point to the left of it. Arms are drawn within the budget that all of them can spend.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from train.analysis.results_schema import Results, TeacherFigures
from train.report.canvas import (
    FONT,
    GREY,
    INK,
    PAPER,
    SMALL,
    WIDTH,
    Look,
    Plot,
    finish,
    in_percent,
    legend,
    legend_height,
    looks,
)
from train.report.token_costs import (
    COVERAGE,
    GREEDY,
    CostPoint,
    common_budget,
    cost_points,
    unit,
    within_budget,
)

METHODS: dict[str, tuple[str, str, Any]] = {
    # method: (label of the legend with the selector, marker, line)
    COVERAGE: ("pass@k (perfect selector)", ".", "-"),
    "majority": ("majority vote", "v", ":"),
    "best_of_n": ("best of n (checker)", "s", "--"),
    "beam": ("beam search (checker)", "^", "-."),
    "tree": ("tree search (checker)", "D", (0, (5, 1))),
    "budget_forcing": ("budget forcing", "X", (0, (1, 1))),
    "fast": ("asked for the solution alone", "<", ""),
    "slow": ("asked for the search", ">", ""),
}
PANEL = 1.75
"""The height of a level's panel, in inches."""


def tokens(results: Results) -> Plot:
    """The share solved against generated tokens: greedy outputs and every method, and the teacher."""
    every = cost_points(results)
    budget = common_budget(every)
    points = within_budget(every, budget)
    handles = _legend_handles(results, points)
    labels = [str(handle.get_label()) for handle in handles]
    figure = Figure(figsize=(WIDTH, 2.6 + legend_height(labels)), layout="constrained")
    axes = figure.add_subplot()
    look = looks(list(results.arms))
    texts = _draw(axes, points, look)
    _draw_teacher(axes, results.teacher)
    teacher = results.teacher
    texts.append(f"the teacher {teacher.within_budget:.1%} at {teacher.mean_new_tokens:.0f} tokens")
    for arm in look:
        ks = [point for point in points if point.arm == arm and point.method == COVERAGE]
        for point in [*ks[:1], *ks[1:][-1:]]:
            below = 5 if list(look).index(arm) % 2 or point.solved < 0.1 else -11
            axes.annotate(
                f"k={point.number}",
                (point.cost, point.solved),
                xytext=(3, below),
                textcoords="offset points",
                fontsize=SMALL,
            )
    axes.set_xlabel(f"{_axis_label(results)} (log scale)")
    axes.set_ylabel("solved")
    legend(figure, labels, handles=handles)
    notes = []
    if any(point.method == COVERAGE for point in points):
        notes.append("pass@k costs the tokens of all k samples.")
    if len(points) < len(every):
        notes.append(f"All arms are drawn within the same budget, {budget:.0f} {unit(results)}.")
    title = "Accuracy against generated tokens"
    return finish(figure, "tokens", title, f"Line chart: {'; '.join(texts)}.", " ".join(notes))


def by_level(results: Results) -> Plot | None:
    """The same for each level, in a panel of its own."""
    names = results.level_names()
    every = {name: cost_points(results, name) for name in names}
    if len(names) < 2 or not any(point.method != GREEDY for points in every.values() for point in points):
        return None
    by_name = {name: within_budget(points, common_budget(points)) for name, points in every.items()}
    handles = _legend_handles(results, [point for points in by_name.values() for point in points])
    rows = -(-len(names) // 2)
    labels = [str(handle.get_label()) for handle in handles]
    height = PANEL * rows + 0.35 + legend_height(labels)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).flatten()
    look = looks(list(results.arms))
    texts = []
    for axes, name in zip(panels, names, strict=False):
        parts = _draw(axes, by_name[name], look)
        if teacher := results.teacher.levels.get(name):
            _draw_teacher(axes, teacher)
        axes.set_title(f"level {name}", fontsize=FONT)
        texts.append(f"level {name}: {'; '.join(parts)}")
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    for axes in panels[max(0, len(names) - 2) : len(names)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("tokens (log scale)")
    for axes in panels[::2]:
        axes.set_ylabel("solved")
    legend(figure, labels, handles=handles)
    title = "Accuracy against generated tokens, by level"
    note = "Within each panel all arms have the same budget."
    return finish(figure, "tokens-levels", title, f"Line charts. {'. '.join(texts)}.", note)


def _axis_label(results: Results) -> str:
    return unit(results).replace("tokens a problem", "tokens generated for a problem")


def _draw(axes: Axes, points: Sequence[CostPoint], look: dict[str, Look]) -> list[str]:
    """Draws points, those of one arm and method as a line; returns their description."""
    texts = []
    for arm, method in dict.fromkeys((point.arm, point.method) for point in points):
        line = sorted(
            (point for point in points if (point.arm, point.method) == (arm, method)),
            key=lambda point: point.cost,
        )
        costs, shares, colour = [p.cost for p in line], [p.solved for p in line], look[arm].colour
        if method == GREEDY:
            axes.plot(costs, shares, look[arm].marker, color=colour, markersize=8, zorder=4)
        else:
            _, marker, dashes = METHODS[method]
            style = {"color": colour, "linestyle": dashes, "linewidth": 1.1, "markersize": 4.5}
            axes.plot(costs, shares, marker=marker, markerfacecolor=PAPER, markeredgewidth=1.1, **style)
        texts.append(f"{arm} {line[-1].label} {shares[-1]:.1%} at {costs[-1]:.0f} tokens")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_ylim(-0.03, 1.05)
    in_percent(axes, "y")
    axes.grid(True)
    return texts


def _draw_teacher(axes: Axes, teacher: TeacherFigures) -> None:
    place = teacher.mean_new_tokens, teacher.within_budget
    axes.plot(*place, "*", color=GREY, markersize=12, zorder=3)


def _legend_handles(results: Results, points: Sequence[CostPoint]) -> list[Line2D]:
    """Arms by their colour and greedy marker, methods by theirs, and the teacher."""
    look = looks(list(results.arms))
    plain: dict[str, Any] = {"linestyle": "", "markersize": 8}
    handles = [
        Line2D([], [], color=look[arm].colour, marker=look[arm].marker, label=f"{arm}, greedy", **plain)
        for arm in results.compared_stages()
    ]
    methods = {point.method for point in points}
    handles += [
        Line2D([], [], color=INK, marker=marker, linestyle=dashes, linewidth=1.1, markersize=4.5, label=label,
               markerfacecolor=PAPER)
        for method, (label, marker, dashes) in METHODS.items()
        if method in methods
    ]  # fmt: skip
    return [*handles, Line2D([], [], color=GREY, marker="*", label="teacher", linestyle="", markersize=12)]

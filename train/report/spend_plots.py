"""The plots of accuracy against generated tokens: every way to spend them, in all and by level.

An arm is a colour and a method a mark, so that the best choice at a budget is the highest point left of it.
"""

from __future__ import annotations

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from train.analysis.reading import level_names, primary
from train.report import token_costs as spent
from train.report.canvas import GREY, INK, PAPER, WIDTH, Look, Plot, finish, in_percent, legend, looks
from train.report.token_costs import COVERAGE, GREEDY, Mark

METHODS: dict[str, tuple[str, str, Any]] = {
    # method: (words of the legend, mark, line)
    COVERAGE: ("pass@k", ".", "-"),
    "majority": ("majority", "v", ":"),
    "best_of_n": ("best of n", "s", "--"),
    "beam": ("beam", "^", "-."),
    "tree": ("tree", "D", (0, (5, 1))),
    "budget_forcing": ("budget forcing", "X", (0, (1, 1))),
}
PANEL = 1.75
"""Inches that a level's panel is high."""


def tokens(results: dict[str, Any]) -> Plot:
    """Share solved against generated tokens: greedy outputs and every method, beside the teacher."""
    found = spent.marks(results)
    shown = _legend(results, found)
    columns = 3 if len(shown) > 6 else 2
    figure = Figure(figsize=(WIDTH, 2.9 + 0.2 * -(-len(shown) // columns)), layout="constrained")
    axes = figure.add_subplot()
    look = looks(list(results["arms"]))
    said = _draw(axes, found, look)
    teacher = results["teacher"]
    _ceiling(axes, teacher)
    said.append(f"the teacher {teacher['within_budget']:.1%} at {teacher['mean_new_tokens']:.0f} tokens")
    for arm in look:
        ks = [mark for mark in found if mark.arm == arm and mark.method == COVERAGE]
        for mark in [*ks[:1], *ks[1:][-1:]]:
            below = 5 if list(look).index(arm) % 2 or mark.solved < 0.1 else -10
            axes.annotate(
                f"k={mark.allowed}",
                (mark.cost, mark.solved),
                xytext=(3, below),
                textcoords="offset points",
                fontsize=7.5,
            )
    axes.set_xlabel(f"{_unit(results)} (log scale)")
    axes.set_ylabel("solved")
    legend(figure, columns, handles=shown)
    note = "pass@k takes k = 1, 2, 4, ... samples and a perfect selector, at the cost of all k."
    if any(mark.method not in (GREEDY, COVERAGE) for mark in found):
        note += " Best of n lets the checker choose; a majority needs none."
    title = "Accuracy against generated tokens"
    return finish(figure, "tokens", title, f"Line chart: {'; '.join(said)}.", note)


def by_level(results: dict[str, Any]) -> Plot | None:
    """The same for each level in a panel of its own."""
    names = level_names(results)
    found = {name: spent.marks(results, name) for name in names}
    if len(names) < 2 or not any(mark.method != GREEDY for each in found.values() for mark in each):
        return None
    shown = _legend(results, [mark for each in found.values() for mark in each])
    columns = 3 if len(shown) > 6 else 2
    rows = -(-len(names) // 2)
    height = PANEL * rows + 0.35 + 0.2 * -(-len(shown) // columns)
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = figure.subplots(rows, 2, sharex=True, sharey=True, squeeze=False).flatten()
    look = looks(list(results["arms"]))
    said = []
    for axes, name in zip(panels, names, strict=False):
        pieces = _draw(axes, found[name], look)
        if teacher := results["teacher"].get("levels", {}).get(name):
            _ceiling(axes, teacher)
        axes.set_title(f"level {name}", fontsize=9.5)
        said.append(f"level {name}: {'; '.join(pieces)}")
    for axes in panels[len(names) :]:
        axes.set_visible(False)
    for axes in panels[max(0, len(names) - 2) : len(names)]:
        axes.tick_params(labelbottom=True)
        axes.set_xlabel("tokens (log scale)")
    for axes in panels[::2]:
        axes.set_ylabel("solved")
    legend(figure, columns, handles=shown)
    title = "The same by difficulty"
    return finish(figure, "tokens-levels", title, f"Line charts. {'. '.join(said)}.")


def _unit(results: dict[str, Any]) -> str:
    return spent.unit(results).replace("tokens a problem", "tokens generated for a problem")


def _draw(axes: Axes, found: list[Mark], look: dict[str, Look]) -> list[str]:
    """Draws marks, those of one arm and method as a line; returns what they say in words."""
    said = []
    for arm, method in dict.fromkeys((mark.arm, mark.method) for mark in found):
        line = sorted(
            (mark for mark in found if (mark.arm, mark.method) == (arm, method)), key=lambda mark: mark.cost
        )
        costs, shares, colour = [m.cost for m in line], [m.solved for m in line], look[arm].colour
        if method == GREEDY:
            axes.plot(costs, shares, look[arm].mark, color=colour, markersize=8, zorder=4)
        else:
            _, mark, dashes = METHODS[method]
            style = {"color": colour, "linestyle": dashes, "linewidth": 1.1, "markersize": 4.5}
            axes.plot(costs, shares, marker=mark, markerfacecolor=PAPER, markeredgewidth=1.1, **style)
        said.append(f"{arm} {line[-1].label} {shares[-1]:.1%} at {costs[-1]:.0f} tokens")
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_ylim(-0.03, 1.05)
    in_percent(axes, "y")
    axes.grid(True)
    return said


def _ceiling(axes: Axes, teacher: dict[str, Any]) -> None:
    place = teacher["mean_new_tokens"], teacher["within_budget"]
    axes.plot(*place, "*", color=GREY, markersize=12, zorder=3)


def _legend(results: dict[str, Any], found: list[Mark]) -> list[Line2D]:
    """Arms by their colour and greedy mark, methods by theirs, and the teacher."""
    look = looks(list(results["arms"]))
    plain: dict[str, Any] = {"linestyle": "", "markersize": 8}
    handles = [
        Line2D([], [], color=look[arm].colour, marker=look[arm].mark, label=f"{arm}, greedy", **plain)
        for arm in primary(results)
    ]
    there = {mark.method for mark in found}
    handles += [
        Line2D([], [], color=INK, marker=mark, linestyle=dashes, linewidth=1.1, markersize=4.5, label=words,
               markerfacecolor=PAPER)
        for method, (words, mark, dashes) in METHODS.items()
        if method in there
    ]  # fmt: skip
    return [*handles, Line2D([], [], color=GREY, marker="*", label="teacher", linestyle="", markersize=12)]

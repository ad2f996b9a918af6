"""The plot of learning curves: accuracy against training tokens, a line for every seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import EngFormatter

from train.analysis.reading import compared
from train.report.canvas import GREY, PAPER, Plot, blank, finish, in_percent, legend, looks
from train.report.curve_tables import amount_of

GOALS = (0.5, 0.9)
"""Shares that a line across the plot marks."""
SEED: dict[str, Any] = {"linewidth": 0.9, "alpha": 0.55}
"""The line of one seed of several."""


def curve(results: dict[str, Any]) -> Plot | None:
    """Validation problems solved against training tokens seen, each seed of each arm.

    In the stage that arms are compared on if that has a curve, else in the first.
    """
    shown: dict[str, dict[str, Any]] = {}
    for arm, stage in compared(results).items():
        stages = results["arms"][arm]
        for each in (next(iter(stages)), stage):
            if "curve" in stages[each] and "same_as" not in stages[each]:
                shown[arm] = stages[each]
    if not shown:
        return None
    columns = 3 if len(shown) > 2 else 2
    figure, axes = blank(3.0 + 0.2 * -(-len(shown) // columns))
    look = looks(list(results["arms"]))
    several, words = False, []
    for goal in GOALS:
        axes.axhline(goal, color=GREY, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    for arm, figures in shown.items():
        seeds = list(figures["curve"].values())
        style: dict[str, Any] = {"color": look[arm].colour, "linestyle": look[arm].line}
        several = several or len(seeds) > 1
        for points in seeds:
            x, y = zip(*points, strict=True)
            one = {**style, "linewidth": 1.8} if len(seeds) == 1 else SEED | {"color": look[arm].colour}
            axes.plot(x, y, **one, zorder=3)
            axes.plot(x[-1], y[-1], look[arm].mark, color=look[arm].colour, markersize=4.5,
                      markeredgecolor=PAPER, markeredgewidth=0.6, zorder=5, clip_on=False)  # fmt: skip
        if len(seeds) > 1:
            # Each seed has points of its own, a batch beside those of the others.
            places = np.array(seeds[0])[:, 0]
            lines = [np.interp(places, *np.array(points).T) for points in seeds]
            axes.plot(places, np.mean(lines, axis=0), **style, linewidth=2.0, zorder=4)
        axes.plot([], [], marker=look[arm].mark, markersize=4.5, linewidth=1.8, label=arm, **style)
        words.append(_in_words(arm, figures))
    axes.set_ylim(-0.02, 1.03)
    axes.set_xlim(left=0)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 0.9, 1])
    in_percent(axes, "y")
    axes.xaxis.set_major_formatter(EngFormatter(sep="\N{NO-BREAK SPACE}"))
    axes.locator_params(axis="x", nbins=5)
    axes.grid(True, axis="x")
    axes.set_xlabel("training tokens seen")
    axes.set_ylabel("validation problems solved")
    legend(figure, columns)
    alt = f"Line chart of validation problems solved by training tokens seen. {'; '.join(words)}."
    note = "A line that still rises at its end is no result yet."
    if several:
        note = f"Thin lines: seeds. Thick lines: their mean. {note}"
    return finish(figure, "curve", "Accuracy against training tokens", alt, note)


def _in_words(arm: str, figures: dict[str, Any]) -> str:
    """What a plot shows of an arm.

    >>> figures = {"curve": {"0": [[0, 0.0], [900, 0.5]], "1": [[0, 0.1], [900, 0.75]]}, "converged": False}
    >>> _in_words("journey", figures)
    'journey, 2 seeds: 50.0 % to 75.0 % after 900 tokens, not converged'
    """
    seeds = list(figures["curve"].values())
    last = sorted(points[-1][1] for points in seeds)
    solved = f"{100 * last[0]:.1f} %" + (f" to {100 * last[-1]:.1f} %" if len(last) > 1 else "")
    known = figures.get("converged")
    ripe = "" if known is None else ", converged" if known else ", not converged"
    count = f"{len(seeds)} seed{'s' if len(seeds) > 1 else ''}"
    return f"{arm}, {count}: {solved} after {amount_of(seeds[0][-1][0])} tokens{ripe}"

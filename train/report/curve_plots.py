"""The plot of learning curves: accuracy against training tokens, a line for every seed."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.ticker import EngFormatter

from train.analysis.results_schema import Results, StageFigures
from train.report.canvas import GREY, PAPER, Plot, blank, finish, in_percent, legend, legend_height, looks
from train.report.curve_tables import token_amount
from train.report.formatting import plural

GOALS = (0.5, 0.9)
"""Shares that a horizontal line marks."""
SEED: dict[str, Any] = {"linewidth": 0.9, "alpha": 0.55}
"""The style of one seed of several."""


Points = list[tuple[int, float]]
"""Of a curve: training tokens seen, and the share solved."""


def curve(results: Results) -> Plot | None:
    """Validation problems solved against training tokens seen, for each seed of each arm.

    It shows the stage that arms are compared on if that has a curve, else the first stage.
    """
    look = looks(list(results.arms))
    curves: dict[str, tuple[StageFigures, list[Points]]] = {}
    for arm, compared in results.compared_stages().items():
        stages = results.arms[arm]
        for figures in (next(iter(stages.values())), stages[compared]):
            if figures.curve is not None and figures.same_as is None:
                curves[arm] = figures, list(figures.curve.values())
    if not curves:
        return None
    figure, axes = blank(2.8 + legend_height(list(curves)))
    texts = []
    for goal in GOALS:
        axes.axhline(goal, color=GREY, linewidth=0.8, linestyle=(0, (2, 3)), zorder=1)
    for arm, (figures, seeds) in curves.items():
        style: dict[str, Any] = {"color": look[arm].colour, "linestyle": look[arm].line}
        for points in seeds:
            x, y = zip(*points, strict=True)
            one = {**style, "linewidth": 1.8} if len(seeds) == 1 else SEED | {"color": look[arm].colour}
            axes.plot(x, y, **one, zorder=3)
            axes.plot(x[-1], y[-1], look[arm].marker, color=look[arm].colour, markersize=4.5,
                      markeredgecolor=PAPER, markeredgewidth=0.6, zorder=5, clip_on=False)  # fmt: skip
        if len(seeds) > 1:
            # The points of two seeds can lie a batch apart.
            places = np.array(seeds[0])[:, 0]
            lines = [np.interp(places, *np.array(points).T) for points in seeds]
            axes.plot(places, np.mean(lines, axis=0), **style, linewidth=2.0, zorder=4)
        axes.plot([], [], marker=look[arm].marker, markersize=4.5, linewidth=1.8, label=arm, **style)
        texts.append(describe(arm, seeds, figures.converged))
    axes.set_ylim(-0.02, 1.03)
    axes.set_xlim(left=0)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 0.9, 1])
    in_percent(axes, "y")
    axes.xaxis.set_major_formatter(EngFormatter(sep="\N{NO-BREAK SPACE}"))
    axes.locator_params(axis="x", nbins=5)
    axes.grid(True, axis="x")
    axes.set_xlabel("training tokens seen")
    axes.set_ylabel("validation problems solved")
    legend(figure, list(curves))
    alt = f"Line chart of validation problems solved by training tokens seen. {'; '.join(texts)}."
    note = "An arm whose line still rises at its end has not converged."
    if any(len(seeds) > 1 for _, seeds in curves.values()):
        note = f"Thin lines: seeds. Thick lines: their mean. {note}"
    return finish(figure, "curve", "Accuracy against training tokens", alt, note)


def describe(arm: str, seeds: list[Points], converged: bool | None) -> str:
    """The description of an arm's curves.

    >>> describe("journey", [[(0, 0.0), (900, 0.5)], [(0, 0.1), (900, 0.75)]], converged=False)
    'journey, 2 seeds: 50.0 % to 75.0 % after 900 tokens, not converged'
    """
    last = sorted(points[-1][1] for points in seeds)
    solved = f"{100 * last[0]:.1f} %" + (f" to {100 * last[-1]:.1f} %" if len(last) > 1 else "")
    verdict = "" if converged is None else ", converged" if converged else ", not converged"
    return (
        f"{arm}, {plural(len(seeds), 'seed')}: {solved} after {token_amount(seeds[0][-1][0])} tokens{verdict}"
    )

"""The plots of the training data: loss by tokens, lengths of texts, examples kept and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from train.analysis.results_schema import Results
from train.report.canvas import (
    GREY,
    INK,
    PAPER,
    SMALL,
    Plot,
    bars_height,
    blank,
    finish,
    horizontal,
    legend,
    legend_height,
    looks,
)

DRAWN = 200
"""Points of a loss curve. Each is the mean of the steps that it stands for."""
QUANTILES = (5, 25, 50, 75, 95)


def losses(rows: Sequence[Mapping[str, Any]], results: Results) -> Plot | None:
    """Loss against training tokens seen, of each arm's first seed.

    It shows the stage that arms are compared on if that counts tokens, else the first stage.
    """
    curves: dict[str, list[Mapping[str, Any]]] = {}
    for arm, stage in results.compared_stages().items():
        stages = results.arms[arm]
        for each in (next(iter(stages)), stage):
            of_arm = [row for row in rows if (row["arm"], row["stage"]) == (arm, each)]
            curve = [row for row in of_arm if "tokens" in row and row.get("seed") == of_arm[0].get("seed")]
            if curve and stages[each].same_as is None:
                curves[arm] = curve
    if not curves:
        return None
    figure, axes = blank(2.5 + legend_height(list(curves)))
    look = looks(list(results.arms))
    texts = []
    for arm, curve in curves.items():
        seen = _thinned([row["tokens"] for row in curve])
        loss = _thinned([row["loss"] for row in curve])
        axes.plot(seen, loss, color=look[arm].colour, linestyle=look[arm].line, linewidth=1.3, label=arm)
        texts.append(f"{arm} from {loss[0]:.2f} to {loss[-1]:.3f}")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(EngFormatter(sep="\N{NO-BREAK SPACE}"))
    axes.grid(True, which="both")
    axes.set_xlabel("training tokens seen")
    axes.set_ylabel("nats per completion token")
    legend(figure, list(curves))
    alt = f"Line chart of training loss: {'; '.join(texts)}."
    note = "The losses of arms that are trained on different texts cannot be compared."
    return finish(figure, "loss", "Training loss by tokens", alt, note)


def _thinned(values: Sequence[float]) -> list[float]:
    parts = np.array_split(np.asarray(values, dtype=float), min(DRAWN, len(values)))
    return [float(part.mean()) for part in parts]


def quantiles(lengths: Sequence[int]) -> dict[str, float]:
    """The number of lengths and their quantiles."""
    values = np.percentile(np.asarray(lengths), QUANTILES)
    return {"n": len(lengths), **{f"p{q}": float(v) for q, v in zip(QUANTILES, values, strict=True)}}


def lengths(spreads: Mapping[str, Mapping[str, Mapping[str, float]]], cap: int) -> Plot | None:
    """Lengths in tokens of the training texts and of the greedy outputs, by arm."""
    rows = [(arm, text, values) for arm, by in spreads.items() for text, values in by.items()]
    if not rows:
        return None
    figure, axes = blank(bars_height(len(rows)))
    look = looks(list(spreads))
    for place, (arm, text, values) in enumerate(rows):
        low, first, middle, third, high = (values[f"p{q}"] for q in QUANTILES)
        axes.plot([low, high], [place, place], color=INK, linewidth=1)
        hatch = "" if text == "trained on" else "///"
        axes.barh(
            place,
            max(third - first, 0.02 * third),
            left=first,
            height=0.55,
            color=look[arm].colour,
            hatch=hatch,
            edgecolor=PAPER,
        )
        axes.plot([middle, middle], [place - 0.32, place + 0.32], color=INK, linewidth=1.8)
    axes.axvline(cap, color=GREY, linestyle="--", linewidth=1.2)
    axes.annotate("cap", (cap, -0.6), ha="center", va="bottom", fontsize=SMALL, annotation_clip=False)
    horizontal(axes, [f"{arm}, {text}" for arm, text, _ in rows])
    axes.set_xlim(0, 1.05 * max(cap, *(values["p95"] for _, _, values in rows)))
    axes.set_xlabel("tokens")
    texts = (f"{arm} {text} median {values['p50']:.0f}" for arm, text, values in rows)
    alt = f"Box chart of lengths in tokens: {'; '.join(texts)}; cap {cap}."
    note = "Thick line: median. Box: the middle half. Thin line: 5 % to 95 %."
    return finish(figure, "lengths", "Lengths of texts and outputs", alt, note)


def counts(results: Results) -> Plot | None:
    """Training examples kept, truncated and dropped, by arm."""
    by_arm = {arm: counts.model_dump() for arm, counts in results.counts.items()}
    if not by_arm:
        return None
    parts = {"kept": ("#0072B2", ""), "truncated": ("#E69F00", "///"), "dropped": ("#D55E00", "xxx")}
    figure, axes = blank(bars_height(len(by_arm), list(parts)))
    for place, by in enumerate(by_arm.values()):
        left = 0
        for part, (colour, hatch) in parts.items():
            label: dict[str, Any] = {"label": part} if place == 0 else {}
            axes.barh(
                place, by[part], left=left, color=colour, hatch=hatch, height=0.6, edgecolor=PAPER, **label
            )
            left += by[part]
        text = f"{by['kept']:,} kept" + (f", {by['dropped']:,} dropped" if by["dropped"] else "")
        axes.annotate(
            text,
            (0, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=SMALL,
            color="white",
        )
    horizontal(axes, list(by_arm))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("training problems")
    legend(figure, list(parts))
    texts = (f"{arm} {by['kept']:,}, {by['truncated']:,}, {by['dropped']:,}" for arm, by in by_arm.items())
    alt = f"Stacked bar chart of training examples kept, truncated and dropped: {'; '.join(texts)}."
    return finish(figure, "counts", "Training examples kept and dropped", alt)

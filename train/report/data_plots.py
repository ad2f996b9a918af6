"""The plots of what the models were given: loss by tokens, lengths of texts, examples kept and dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

from train.analysis.reading import compared
from train.report.canvas import GREY, INK, PAPER, Plot, blank, finish, horizontal, legend, looks, rows_high

DRAWN = 200
"""Points of a loss curve; each is the mean of those it stands for."""
QUANTILES = (5, 25, 50, 75, 95)


def losses(rows: Sequence[Mapping[str, Any]], results: dict[str, Any]) -> Plot | None:
    """Loss against training tokens seen, of each arm's first seed.

    In the stage that arms are compared on if that counts tokens, else in the first.
    """
    curves: dict[str, list[Mapping[str, Any]]] = {}
    for arm, stage in compared(results).items():
        stages = results["arms"][arm]
        for each in (next(iter(stages)), stage):
            of_arm = [row for row in rows if (row["arm"], row["stage"]) == (arm, each)]
            told = [row for row in of_arm if "tokens" in row and row.get("seed") == of_arm[0].get("seed")]
            if told and "same_as" not in stages[each]:
                curves[arm] = told
    if not curves:
        return None
    columns = 3 if len(curves) > 2 else 2
    figure, axes = blank(2.6 + 0.2 * -(-len(curves) // columns))
    look = looks(list(results["arms"]))
    said = []
    for arm, curve in curves.items():
        seen = _thinned([row["tokens"] for row in curve])
        loss = _thinned([row["loss"] for row in curve])
        axes.plot(seen, loss, color=look[arm].colour, linestyle=look[arm].line, linewidth=1.3, label=arm)
        said.append(f"{arm} from {loss[0]:.2f} to {loss[-1]:.3f}")
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(EngFormatter(sep="\N{NO-BREAK SPACE}"))
    axes.grid(True, which="both")
    axes.set_xlabel("training tokens seen")
    axes.set_ylabel("loss a completion token, nats")
    legend(figure, columns)
    alt = f"Line chart of training loss: {'; '.join(said)}."
    note = "Arms that are trained on different texts have different losses to reach."
    return finish(figure, "loss", "Training loss by tokens", alt, note)


def _thinned(values: Sequence[float]) -> list[float]:
    parts = np.array_split(np.asarray(values, dtype=float), min(DRAWN, len(values)))
    return [float(part.mean()) for part in parts]


def spread_of(lengths: Sequence[int]) -> dict[str, float]:
    """The quantiles of lengths that are drawn and told, and how many there are."""
    found = np.percentile(np.asarray(lengths), QUANTILES)
    return {"n": len(lengths), **{f"p{q}": float(v) for q, v in zip(QUANTILES, found, strict=True)}}


def lengths(spreads: Mapping[str, Mapping[str, Mapping[str, float]]], cap: int) -> Plot | None:
    """Lengths in tokens of the training texts and of the greedy outputs, by arm."""
    rows = [(arm, what, found) for arm, by in spreads.items() for what, found in by.items()]
    if not rows:
        return None
    figure, axes = blank(rows_high(len(rows)))
    look = looks(list(spreads))
    for place, (arm, what, found) in enumerate(rows):
        low, first, middle, third, high = (found[f"p{q}"] for q in QUANTILES)
        axes.plot([low, high], [place, place], color=INK, linewidth=1)
        hatch = "" if what == "trained on" else "///"
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
    axes.annotate("cap", (cap, -0.6), ha="center", va="bottom", fontsize=8.5, annotation_clip=False)
    horizontal(axes, [f"{arm}, {what}" for arm, what, _ in rows])
    axes.set_xlim(0, 1.05 * max(cap, *(found["p95"] for _, _, found in rows)))
    axes.set_xlabel("tokens")
    said = (f"{arm} {what} median {found['p50']:.0f}" for arm, what, found in rows)
    alt = f"Box chart of lengths in tokens: {'; '.join(said)}; cap {cap}."
    note = "Thick line: median. Box: the middle half. Thin line: 5 % to 95 %."
    return finish(figure, "lengths", "Lengths of texts and outputs", alt, note)


def counts(results: dict[str, Any]) -> Plot | None:
    """Training examples kept, truncated and dropped, by arm."""
    found = results["counts"]
    if not found:
        return None
    figure, axes = blank(rows_high(len(found), 1))
    parts = {"kept": ("#0072B2", ""), "truncated": ("#E69F00", "///"), "dropped": ("#D55E00", "xxx")}
    for place, by in enumerate(found.values()):
        left = 0
        for part, (colour, hatch) in parts.items():
            shown: dict[str, Any] = {"label": part} if place == 0 else {}
            axes.barh(
                place, by[part], left=left, color=colour, hatch=hatch, height=0.6, edgecolor=PAPER, **shown
            )
            left += by[part]
        text = f"{by['kept']:,} kept" + (f", {by['dropped']:,} dropped" if by["dropped"] else "")
        axes.annotate(
            text,
            (0, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color="white",
        )
    horizontal(axes, list(found))
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel("training problems")
    legend(figure, 3)
    said = (f"{arm} {by['kept']:,}, {by['truncated']:,}, {by['dropped']:,}" for arm, by in found.items())
    alt = f"Stacked bar chart of training examples kept, truncated and dropped: {'; '.join(said)}."
    return finish(figure, "counts", "Training examples kept and dropped", alt)

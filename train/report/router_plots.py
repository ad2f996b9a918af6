"""The plot of the load of a sparse model's experts."""

from __future__ import annotations

from matplotlib.figure import Figure

from train.analysis.results_schema import Results
from train.evaluation.metrics_schema import RouterLayer
from train.report.canvas import GREY, INK, SMALL, WIDTH, Plot, finish, looks

FULL = 4
"""Times an even share at which a square fills its cell."""
ROW, TITLE = 0.17, 0.5
"""Inches of a row of a panel, and of what is around its rows."""


def router(results: Results) -> Plot | None:
    """The load of each expert by layer, family and kind of line, of the stage that arms are compared on."""
    arms = {arm: each.router for arm, each in results.compared_figures().items() if each.router}
    if not arms:
        return None
    look = looks(list(results.arms))
    names = {arm: list(_loads(next(iter(layers.values())))) for arm, layers in arms.items()}
    heights = [TITLE + ROW * len(names[arm]) for arm in arms]
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained")
    parts = figure.subfigures(len(arms), 1, height_ratios=heights, squeeze=False)[:, 0]
    texts = []
    for part, (arm, layers) in zip(parts, arms.items(), strict=True):
        panels = part.subplots(1, len(layers), sharey=True, squeeze=False)[0]
        for axes, (layer, each) in zip(panels, layers.items(), strict=True):
            loads = _loads(each)
            for row, name in enumerate(names[arm]):
                load = loads.get(name, [])
                for expert, value in enumerate(load):
                    side = min(1.0, value * len(load) / FULL) ** 0.5
                    axes.bar(expert, side, width=side, bottom=row - side / 2, color=look[arm].colour)
                if load:
                    most = max(range(len(load)), key=load.__getitem__)
                    texts.append(f"{arm} layer {layer}, {name}: expert {most + 1} {load[most]:.0%}")
            axes.set_title(f"{arm}, layer {layer}", fontsize=SMALL, loc="left")
            axes.set_xlim(-0.6, len(each.load) - 0.4)
            axes.set_ylim(len(names[arm]) - 0.4, -0.6)
            axes.set_xticks([0, len(each.load) - 1], ["1", str(len(each.load))])
            axes.set_yticks(range(len(names[arm])), names[arm])
            axes.tick_params(axis="both", length=0, labelsize=SMALL, colors=INK)
            axes.axhline(0.5, color=GREY, linewidth=0.6)
            axes.spines[["left", "bottom"]].set_visible(False)
    alt = f"Load of each expert. The expert with the most: {'; '.join(texts)}."
    note = (
        "A column is an expert, and a mark's area its share of the tokens: a quarter of a cell is an even "
        "share. The first seed's model, on its own outputs."
    )
    return finish(figure, "router", "Where the routers send tokens", alt, note)


def _loads(layer: RouterLayer) -> dict[str, list[float]]:
    """The load of all tokens, then by family, then by kind of line."""
    families = layer.families if len(layer.families) > 1 else {}
    return {"all": layer.load, **families, **layer.lines}

"""The plots of a map, wide enough for a slide: the heat map, and the difference against the search needed.

A verdict is a colour and a shape, so that no reader needs to tell colours apart. The heat map runs from blue
to orange, which colour-blind readers tell apart (Okabe and Ito). Cells keep their colours on a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from train.analysis.map_regression import ripe_cells
from train.analysis.map_schema import Cell, CellVerdict, LearningMap
from train.recipe.map_claims import MEASURES
from train.report.canvas import GREY, INK, Plot, finish
from train.report.formatting import plural
from train.report.map_tables import SIGNS

SLIDE = (12.0, 6.75)
"""Inches, 16 to 9."""
ROW = 0.36
"""Inches of a family in the heat map."""
TEXT = 13
"""Points, of axes and names."""
IN_CELLS = 11.5
"""Points, in the cells and of annotations."""
DARK, LIGHT = "#101112", "#fefefe"
"""Text on a cell. These are not ink and paper, which a dark page exchanges."""
UNRIPE, HATCH = "#ececec", "#a9a9a9"
SHADES = LinearSegmentedColormap.from_list("difference", ["#0072B2", "#f7f7f7", "#E69F00"], N=101)
LOOKS: dict[CellVerdict, tuple[str, str]] = {
    # verdict: (marker, colour)
    "pays": ("o", "#009E73"),
    "pays only without a checker": ("D", "#0072B2"),
    "does not pay": ("s", "#D55E00"),
    "undecided": ("^", "#CC79A7"),
    "not ripe": ("x", GREY),
}


def family_order(cells: Iterable[Cell]) -> list[str]:
    """The families, largest mean difference of the ripe cells first; those without ripe cells last."""
    ripe: dict[str, list[float]] = {}
    for cell in cells:
        ripe.setdefault(cell.family, []).extend([cell.difference.delta] if cell.ripe else [])
    return sorted(ripe, key=lambda name: (not ripe[name], -fmean(ripe[name] or [0.0]), name))


def heat_map(learning_map: LearningMap) -> Plot:
    """Families by levels: the difference with its interval, hatched where a cell is not ripe."""
    families, levels = family_order(learning_map.cells), learning_map.levels()
    ripe = [abs(cell.difference.delta) for cell in learning_map.cells if cell.ripe]
    largest = max([0.1, *ripe])
    figure = Figure(figsize=(SLIDE[0], max(3.0, 1.4 + ROW * len(families))), layout="constrained")
    axes = figure.add_subplot()
    shade = Normalize(-largest, largest)
    for cell in learning_map.cells:
        _draw_cell(axes, cell, levels.index(cell.level), families.index(cell.family), shade)
    axes.set_xlim(-0.5, len(levels) - 0.5)
    axes.set_ylim(len(families) - 0.5, -0.5)
    axes.set_xticks(range(len(levels)), [f"level {level}" for level in levels], fontsize=TEXT)
    axes.set_yticks(range(len(families)), families, fontsize=TEXT)
    axes.tick_params(length=0)
    axes.xaxis.tick_top()
    axes.spines[:].set_visible(False)
    bar = figure.colorbar(
        _mappable(shade),
        ax=axes,
        fraction=0.025,
        pad=0.015,
        format=FuncFormatter(lambda share, _: f"{100 * share:g}"),
    )
    bar.set_label("journey minus shortcut, points", fontsize=TEXT)
    bar.ax.tick_params(labelsize=IN_CELLS)
    bar.outline.set_visible(False)
    if bar.solids is not None:
        # As shapes: a picture within the SVG would be a link.
        bar.solids.set(rasterized=False, edgecolor="face")
    handles: list[Any] = [
        Line2D([], [], linestyle="", marker=f"${sign}$", color=INK, markersize=9, label=verdict)
        for verdict, sign in SIGNS.items()
        if sign and verdict in {cell.verdict for cell in learning_map.cells}
    ]
    if any(not cell.ripe for cell in learning_map.cells):
        handles.append(
            Rectangle((0, 0), 1, 1, facecolor=UNRIPE, edgecolor=HATCH, hatch="///", label="not ripe")
        )
    _legend(figure, handles)
    texts = [f"{cell.family} {cell.level}: {_points(cell)}, {cell.verdict}" for cell in learning_map.cells]
    return finish(
        figure,
        "map-heat",
        "Where learning the search pays",
        f"Heat map of families by levels. {'; '.join(texts)}.",
        f"Journey minus shortcut in points, with the 95 % interval. {_basis(learning_map.cells)}",
    )


def _draw_cell(axes: Axes, cell: Cell, x: int, y: int, shade: Normalize) -> None:
    low, high = cell.difference.ci95
    colour = SHADES(shade(cell.difference.delta)) if cell.ripe else UNRIPE
    look: dict[str, Any] = {} if cell.ripe else {"hatch": "///", "linewidth": 0}
    with mpl.rc_context({"hatch.color": HATCH}):
        axes.add_patch(Rectangle((x - 0.485, y - 0.46), 0.97, 0.92, facecolor=colour, **look))
    text = f"{SIGNS[cell.verdict]} {_points(cell)} ({_whole(low)} to {_whole(high)})".strip()
    plate = {} if cell.ripe else {"bbox": {"facecolor": UNRIPE, "edgecolor": "none", "pad": 1.5}}
    axes.text(x, y, text, ha="center", va="center", fontsize=IN_CELLS, color=_readable(colour), **plate)


def _readable(colour: Any) -> str:
    """The colour of text on a cell (relative luminance, WCAG 2)."""
    if isinstance(colour, str):
        return DARK
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3]]
    return (
        DARK
        if sum(w * part for w, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True)) > 0.18
        else LIGHT
    )


def _mappable(shade: Normalize) -> Any:
    from matplotlib.cm import ScalarMappable

    return ScalarMappable(shade, SHADES)


def scatter(learning_map: LearningMap) -> Plot | None:
    """The difference of every cell against the search that it needs, with the line that was fitted."""
    cells = [cell for cell in learning_map.cells if cell.effort is not None]
    if not cells:
        return None
    figure = Figure(figsize=SLIDE, layout="constrained")
    axes = figure.add_subplot()
    axes.axhline(0, color=GREY, linewidth=1)
    by_family = {name: [cell for cell in cells if cell.family == name] for name in family_order(cells)}
    for own in by_family.values():
        line = sorted(own, key=lambda cell: cell.level)
        axes.plot(*_places(line), color=GREY, linewidth=0.9, alpha=0.55, zorder=1)
    for verdict, (marker, colour) in LOOKS.items():
        own = [cell for cell in cells if cell.verdict == verdict]
        if not own:
            continue
        x, y = _places(own)
        low = [place - 100 * cell.difference.ci95[0] for place, cell in zip(y, own, strict=True)]
        high = [100 * cell.difference.ci95[1] - place for place, cell in zip(y, own, strict=True)]
        errors = [[max(0.0, each) for each in side] for side in (low, high)]
        axes.errorbar(x, y, yerr=errors, fmt="none", ecolor=colour, elinewidth=1, alpha=0.35, zorder=2)
        axes.plot(x, y, marker, color=colour, markersize=8, markeredgewidth=1.6, label=verdict, zorder=3)
    slope = _draw_fit(axes, learning_map)
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(LogLocator(base=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.tick_params(labelsize=IN_CELLS)
    axes.grid(True, axis="y")
    axes.set_xlabel("states that a systematic search reaches before the goal (log scale)", fontsize=TEXT)
    axes.set_ylabel("journey minus shortcut, points", fontsize=TEXT)
    _name_families(axes, by_family)
    _legend(figure, axes.get_legend_handles_labels()[0])
    texts = [f"{cell.family} {cell.level}: {x:.1f} states, {_points(cell)}" for cell, x in zip(
        cells, _places(cells)[0], strict=True)]  # fmt: skip
    return finish(
        figure,
        "map-scatter",
        "The difference against the search that a problem needs",
        f"Scatter plot. {'; '.join(texts)}.",
        f"A point is a family and level; lines join the levels of a family.{slope} {_basis(cells)}",
    )


def _places(cells: Sequence[Cell]) -> tuple[list[float], list[float]]:
    x = [cell.effort.states for cell in cells if cell.effort is not None]
    return x, [100 * cell.difference.delta for cell in cells if cell.effort is not None]


def _draw_fit(axes: Axes, learning_map: LearningMap) -> str:
    """Draws the line of the regression on the search needed alone; returns a sentence on it."""
    regression = learning_map.regression
    slope = next(
        (each for each in (regression.alone if regression else ()) if each.measure == "states"), None
    )
    if slope is None:
        return ""
    ripe = ripe_cells(learning_map.cells)
    scaled = [MEASURES["states"].scaled(cell.measures()["states"]) for cell in ripe]
    middle = fmean(cell.difference.delta for cell in ripe)
    ends = (min(scaled), max(scaled))
    heights = [100 * (middle + slope.slope * (end - fmean(scaled))) for end in ends]
    axes.plot(
        [2**end for end in ends],
        heights,
        color=INK,
        linewidth=1.8,
        linestyle="--",
        label="fitted line",
        zorder=2,
    )
    low, high = (100 * bound for bound in slope.ci95)
    return (
        f" The line gains {100 * slope.slope:+.1f} points ({low:+.1f} to {high:+.1f}) with each doubling, "
        f"from {slope.n} ripe cells of {slope.families} families."
    )


def _name_families(axes: Axes, by_family: Mapping[str, Sequence[Cell]]) -> None:
    """Writes the families in the right margin, each joined to its hardest level, without overlaps."""
    ends = {name: max(own, key=lambda cell: cell.level) for name, own in by_family.items()}
    bottom, top = axes.get_ylim()
    names = sorted(ends, key=lambda name: ends[name].difference.delta)
    # The share of the height that a line of text takes in the constrained layout of a slide.
    step = min(0.062, 1 / max(1, len(names)))
    places: list[float] = []
    for name in names:
        share = (100 * ends[name].difference.delta - bottom) / (top - bottom)
        places.append(max(share, places[-1] + step) if places else max(0.0, share))
    over = max(0.0, places[-1] - 1) if places else 0.0
    for at in range(len(places) - 1, -1, -1):
        limit = 1 - (len(places) - 1 - at) * step
        places[at] = min(places[at], limit) if over else places[at]
    for name, place in zip(names, places, strict=True):
        cell = ends[name]
        axes.annotate(
            name,
            _place(cell),
            xytext=(1.015, place),
            textcoords="axes fraction",
            fontsize=IN_CELLS,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "linestyle": ":",
                "color": GREY,
                "linewidth": 0.6,
                "alpha": 0.6,
                "shrinkB": 4,
            },
        )


def _place(cell: Cell) -> tuple[float, float]:
    x, y = _places([cell])
    return x[0], y[0]


def _legend(figure: Figure, handles: Sequence[Any]) -> None:
    if handles:
        figure.legend(
            handles=handles,
            loc="outside lower center",
            ncols=len(handles),
            fontsize=IN_CELLS,
            columnspacing=1.6,
        )


def _points(cell: Cell) -> str:
    return f"{100 * cell.difference.delta:+.1f}".replace("-", "\u2212")


def _whole(share: float) -> str:
    """A share in whole points, with a minus sign where it is one."""
    return f"{round(100 * share)}".replace("-", "\u2212")


def _basis(cells: Sequence[Cell]) -> str:
    """How many problems and seeds the cells rest on."""
    if not cells:
        return ""

    def spread(numbers: set[int], noun: str) -> str:
        most = plural(max(numbers), noun)
        return most if len(numbers) == 1 else f"{min(numbers):,} to {most}"

    problems = spread({cell.difference.n for cell in cells}, "problem")
    seeds = spread({cell.difference.seeds for cell in cells}, "training seed")
    return f"A cell has {problems} and {seeds}."

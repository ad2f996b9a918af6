"""What all plots share: size, colours, the look of an arm, and how a figure becomes SVG text.

A plot is drawn once, in ink on paper. On the page ink becomes the text colour and paper the background, so
the plot reads well in light and dark. The file in plots/ keeps both colours.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

INK = "#1c1d1e"
PAPER = "#fdfefe"
GREY = "#8a8a8a"
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8B6BD1", "#A0764B", "#7F8C00"]
"""In the order of the arms. Okabe and Ito's palette suits colour-blind readers; three more follow."""
MARKERS = ["o", "s", "^", "D", "v", "P", "X", "p", "<"]
LINES: list[Any] = [
    "-",
    "--",
    ":",
    "-.",
    (0, (5, 1)),
    (0, (3, 1, 1, 1)),
    (0, (1, 1)),
    (0, (8, 3)),
    (0, (4, 2, 1, 2)),
]
HATCHES = ["", "///", "...", "xxx", "\\\\\\"]
"""Of an arm's first stage, its second and so on."""
WIDTH = 3.7
"""Inches. A telephone of 390 pixels shows the plot at about its own size, so its text stays readable."""
FONT = 9.5
"""Points, for axes and their labels."""
SMALL = 8.5
"""Points, for legends and annotations."""
LETTER = 0.0073 * SMALL
"""Inches of a letter of a legend, on average."""
HANDLE = 0.62
"""Inches of a legend's handle with the space around it."""
LEGEND_LINE = 0.2
"""Inches of a line of a legend."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot with its title and its description."""

    name: str
    title: str
    alt: str
    svg: str
    """In ink on paper."""
    note: str = ""

    @property
    def inline(self) -> str:
        """The SVG for a page, in the page's colours and as wide as its place."""
        svg = self.svg.replace(INK, "currentColor").replace(PAPER, "var(--paper)")
        return re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg, count=1)


@dataclass(frozen=True, slots=True)
class Look:
    """The colour, marker and line of an arm."""

    colour: str
    marker: str
    line: Any


def looks(arms: Sequence[str]) -> dict[str, Look]:
    """A look for each arm. With each turn of the colours, markers and lines move on by one."""
    turns = ((arm, at, at + at // len(COLOURS)) for at, arm in enumerate(arms))
    return {
        arm: Look(COLOURS[at % len(COLOURS)], MARKERS[turn % len(MARKERS)], LINES[turn % len(LINES)])
        for arm, at, turn in turns
    }


@contextmanager
def ink() -> Iterator[None]:
    """The settings that all plots are drawn with."""
    mpl.use("Agg")
    settings: dict[Any, Any] = {
        "svg.fonttype": "path",
        "svg.hashsalt": "journey",
        "font.size": FONT,
        "hatch.color": PAPER,
        "hatch.linewidth": 0.8,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": PAPER,
        "axes.facecolor": PAPER,
        **dict.fromkeys(
            ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK
        ),
        "legend.frameon": False,
        "legend.fontsize": SMALL,
        "grid.color": GREY,
        "grid.alpha": 0.25,
    }
    with mpl.rc_context(settings):
        yield


def blank(height: float) -> tuple[Figure, Axes]:
    """A figure of this height in inches, with one pair of axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def bars_height(bars: int, labels: Sequence[str] = ()) -> float:
    """The height in inches of a plot with horizontal bars and a legend of these labels."""
    return 0.75 + 0.3 * bars + legend_height(labels)


def horizontal(axes: Axes, labels: Sequence[str]) -> None:
    """Labels horizontal bars at 0, 1, ... from the top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def in_percent(axes: Axes, axis: str) -> None:
    """Shows the shares along an axis in percent."""
    getattr(axes, f"{axis}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))


def legend_columns(labels: Sequence[str]) -> int:
    """The number of columns that a legend of these labels has room for.

    >>> legend_columns(["shortcut", "journey"]), legend_columns(["best of n (checker)"] * 4)
    (2, 2)
    """
    widest = max(map(len, labels), default=0)
    return max(1, min(len(labels), int(WIDTH / (HANDLE + LETTER * widest))))


def legend_height(labels: Sequence[str]) -> float:
    """The height in inches of a legend of these labels."""
    return LEGEND_LINE * -(-len(labels) // legend_columns(labels)) if labels else 0.0


def legend(figure: Figure, labels: Sequence[str], **more: Any) -> None:
    """Adds a legend of these labels below the axes. It takes no room from the axes."""
    columns = legend_columns(labels)
    figure.legend(loc="outside lower center", ncols=columns, columnspacing=1.4, handlelength=2.4, **more)


def finish(figure: Figure, name: str, title: str, alt: str, note: str = "") -> Plot:
    """The figure as SVG text. Its ids begin with its name, so that plots can share a page."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
    )
    svg = buffer.getvalue()
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg[svg.index("<svg") :])
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # Indentation is a tenth of the file.
    svg = re.sub(r"\n\s*", "\n", svg)
    return Plot(
        name, title, alt, svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1), note
    )

"""What every plot has in common: its size, its ink, the looks of an arm, and how a figure becomes SVG text.

A picture is drawn once, in ink on paper. On the page ink becomes the page's text colour and paper its
background, so it reads in light and dark alike; the file in plots/ keeps both.
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
"""Okabe and Ito's palette, told apart by colour-blind readers, and three more. In the order of the arms."""
MARKS = ["o", "s", "^", "D", "v", "P", "X", "p", "<"]
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
WIDTH = 4.7
"""Inches. A telephone shows a picture of this width with letters that can be read."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture and the words that stand for it."""

    name: str
    title: str
    alt: str
    svg: str
    """With ink and paper of its own."""
    note: str = ""

    @property
    def inline(self) -> str:
        """For a page, in the page's own colours (`--paper`) and as wide as it is given room."""
        svg = self.svg.replace(INK, "currentColor").replace(PAPER, "var(--paper)")
        return re.sub(r'<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", svg, count=1)


@dataclass(frozen=True, slots=True)
class Look:
    """How an arm is drawn."""

    colour: str
    mark: str
    line: Any


def looks(arms: Sequence[str]) -> dict[str, Look]:
    """A look for each arm, of its own up to nine."""
    return {
        arm: Look(COLOURS[at % len(COLOURS)], MARKS[at % len(MARKS)], LINES[at % len(LINES)])
        for at, arm in enumerate(arms)
    }


@contextmanager
def ink() -> Iterator[None]:
    """The settings that every picture is drawn under."""
    mpl.use("Agg")
    settings: dict[Any, Any] = {
        "svg.fonttype": "path",
        "svg.hashsalt": "journey",
        "font.size": 9.5,
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
        "legend.fontsize": 8.5,
        "grid.color": GREY,
        "grid.alpha": 0.25,
    }
    with mpl.rc_context(settings):
        yield


def blank(height: float) -> tuple[Figure, Axes]:
    """A figure of so many inches with one pair of axes."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def rows_high(rows: int, legend: int = 0) -> float:
    """The height in inches of a picture with so many horizontal bars and legend lines."""
    return 0.75 + 0.3 * rows + 0.2 * legend


def horizontal(axes: Axes, labels: Sequence[str]) -> None:
    """Labels for horizontal bars at 0, 1, ... from the top."""
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.5, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def in_percent(axes: Axes, axis: str) -> None:
    """Says shares in percent along an axis."""
    getattr(axes, f"{axis}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))


def legend(figure: Figure, columns: int, **more: Any) -> None:
    """A legend below the axes, of all that has a label; it takes no room from the plot."""
    figure.legend(loc="outside lower center", ncols=columns, columnspacing=1.4, handlelength=2.4, **more)


def finish(figure: Figure, name: str, title: str, alt: str, note: str = "") -> Plot:
    """The figure as SVG text whose names are its own, so that it can share a page with others."""
    buffer = io.StringIO()
    figure.savefig(
        buffer, format="svg", metadata={"Date": None, "Creator": None, "Type": None, "Format": None}
    )
    svg = buffer.getvalue()
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg[svg.index("<svg") :])
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    # What has no other use than to be numbered is left out: it is a tenth of the file.
    svg = re.sub(r"\n\s*", "\n", svg)
    return Plot(
        name, title, alt, svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1), note
    )

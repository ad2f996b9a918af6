"""The report's plots, as SVG text that carries its own fonts' shapes. Figures in, pictures out."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
import networkx as nx
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from journey.graph import SolutionGraph
from journey.store import Run, read_lines
from train.recipe import Recipe

COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
"""Okabe and Ito's palette: told apart by colour-blind readers. In the order of the recipe's arms."""
GREY = "#8a8a8a"
MARKS = ["o", "s", "^", "D", "v", "P"]
MAX_STATES = 40
"""States of a graph that are drawn; a larger graph shows its first ones."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A picture and the words that stand for it."""

    name: str
    title: str
    alt: str
    svg: str


def draw_all(run: Run, recipe: Recipe, results: dict[str, Any], graph: SolutionGraph | None) -> list[Plot]:
    """Every plot that the run has figures for."""
    mpl.use("Agg")
    settings: dict[Any, Any] = {
        "svg.fonttype": "path",
        "svg.hashsalt": "journey",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.facecolor": "white",
    }
    with mpl.rc_context(settings):
        drawn = [accuracy(results), tokens(results), levels(results)]
        loss = losses(run, recipe, results)
        if loss:
            drawn.append(loss)
        if graph is not None:
            drawn.append(solution_graph(graph))
    return drawn


def _figure(width: float = 6.4, height: float = 3.8) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def _finish(figure: Figure, name: str, title: str, alt: str) -> Plot:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    svg = buffer.getvalue()
    # Names inside a picture must be its own, or one picture on a page takes another's shapes.
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg[svg.index("<svg") :])
    return Plot(name, title, alt, svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1))


def _share(axes: Axes, axis: str = "y") -> None:
    from matplotlib.ticker import PercentFormatter

    getattr(axes, f"{axis}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))


def _arm_colours(results: dict[str, Any]) -> dict[str, str]:
    return {arm: COLOURS[place % len(COLOURS)] for place, arm in enumerate(results["arms"])}


def accuracy(results: dict[str, Any]) -> Plot:
    """pass@1 by arm and stage, with 95 % intervals and the teacher's ceiling."""
    figure, axes = _figure()
    colours = _arm_colours(results)
    labels: list[str] = []
    said: list[str] = []
    for arm, stages in results["arms"].items():
        for stage, figures in stages.items():
            place = len(labels)
            low, high = figures["ci95"]
            share = figures["pass@1"]
            hatch = None if stage == "sft" else "///"
            axes.bar(place, share, color=colours[arm], width=0.65, hatch=hatch, edgecolor="white")
            spread = [[max(0.0, share - low)], [max(0.0, high - share)]]
            axes.errorbar(place, share, yerr=spread, color="black", capsize=4, linewidth=1.2)
            axes.annotate(
                f"{share:.1%}",
                (place, high),
                ha="center",
                va="bottom",
                xytext=(0, 3),
                textcoords="offset points",
            )
            labels.append(f"{arm}\n{stage.upper()}")
            said.append(f"{arm} {stage} {share:.1%}")
    ceiling = results["teacher"]["within_budget"]
    axes.axhline(ceiling, color=GREY, linestyle="--", linewidth=1)
    axes.annotate(
        f"teacher {ceiling:.1%}",
        (len(labels) - 0.5, ceiling),
        ha="right",
        va="bottom",
        color="#555",
        xytext=(0, 2),
        textcoords="offset points",
    )
    axes.set_xticks(range(len(labels)), labels)
    axes.set_ylim(0, 1.12)
    _share(axes)
    axes.set_ylabel("solved, greedy")
    alt = f"Bar chart of problems solved: {', '.join(said)}; teacher's ceiling {ceiling:.1%}."
    return _finish(figure, "accuracy", "Problems solved, by arm", alt)


def tokens(results: dict[str, Any]) -> Plot:
    """Share solved against generated tokens: greedy points, and pass@k at the tokens that k samples cost."""
    figure, axes = _figure()
    colours = _arm_colours(results)
    said = []
    for place, (arm, stages) in enumerate(results["arms"].items()):
        figures = stages["sft"]
        spent = figures["mean_new_tokens"]
        axes.plot(
            spent,
            figures["pass@1"],
            MARKS[place % len(MARKS)],
            color=colours[arm],
            markersize=9,
            label=f"{arm}, greedy",
        )
        said.append(f"{arm} greedy {figures['pass@1']:.1%} at {spent:.0f} tokens")
        if sampled := figures.get("sampled"):
            ks = [int(k) for k in sampled["pass@k"]]
            costs = [k * sampled["mean_new_tokens"] for k in ks]
            shares = list(sampled["pass@k"].values())
            axes.plot(
                costs,
                shares,
                ".-",
                color=colours[arm],
                alpha=0.75,
                linewidth=1.3,
                label=f"{arm}, best of k samples (perfect selector)",
            )
            for k, cost, share in zip(ks, costs, shares, strict=True):
                axes.annotate(
                    f"k={k}", (cost, share), xytext=(3, -11), textcoords="offset points", fontsize=7.5
                )
            said.append(f"{arm} pass@{ks[-1]} {shares[-1]:.1%} at {costs[-1]:.0f} tokens")
    teacher = results["teacher"]
    axes.plot(
        teacher["mean_new_tokens"], teacher["within_budget"], "*", color=GREY, markersize=12, label="teacher"
    )
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:.0f}")
    axes.set_ylim(0, 1.05)
    _share(axes)
    axes.set_xlabel("tokens generated a problem")
    axes.set_ylabel("solved")
    axes.legend(frameon=False, fontsize=8, loc="lower right")
    return _finish(figure, "tokens", "Accuracy against generated tokens", f"Line chart: {'; '.join(said)}.")


def levels(results: dict[str, Any]) -> Plot:
    """pass@1 by level, with intervals."""
    figure, axes = _figure()
    colours = _arm_colours(results)
    said = []
    arms = list(results["arms"])
    width = 0.8 / len(arms)
    names = sorted(
        {level for stages in results["arms"].values() for level in stages["sft"]["levels"]}, key=int
    )
    for place, arm in enumerate(arms):
        by_level = results["arms"][arm]["sft"]["levels"]
        shares = [by_level[level]["pass@1"] for level in names]
        low = [
            max(0.0, share - by_level[level]["ci95"][0]) for share, level in zip(shares, names, strict=True)
        ]
        high = [
            max(0.0, by_level[level]["ci95"][1] - share) for share, level in zip(shares, names, strict=True)
        ]
        at = [index + (place - (len(arms) - 1) / 2) * width for index in range(len(names))]
        axes.bar(at, shares, width=width * 0.92, color=colours[arm], label=arm)
        axes.errorbar(at, shares, yerr=[low, high], fmt="none", color="black", capsize=3, linewidth=1)
        pieces = (f"level {level} {share:.1%}" for level, share in zip(names, shares, strict=True))
        said.append(f"{arm}: {', '.join(pieces)}")
    counts = [results["arms"][arms[0]]["sft"]["levels"][level]["n"] for level in names]
    axes.set_xticks(
        range(len(names)), [f"level {name}\nn = {n:,}" for name, n in zip(names, counts, strict=True)]
    )
    axes.set_ylim(0, 1.05)
    _share(axes)
    axes.set_ylabel("solved, greedy, after SFT")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, 1.12), ncols=len(arms))
    return _finish(figure, "levels", "Accuracy by level", f"Bar chart. {'; '.join(said)}.")


def losses(run: Run, recipe: Recipe, results: dict[str, Any]) -> Plot | None:
    """SFT loss against training tokens seen."""
    path = run.path / "metrics.jsonl"
    if not path.exists():
        return None
    rows = [row for row in read_lines(path, dict) if row["stage"] == "sft"]
    figure, axes = _figure()
    colours = _arm_colours(results)
    said = []
    for place, arm in enumerate(results["arms"]):
        curve = [row for row in rows if row["arm"] == arm]
        if not curve:
            continue
        seen = [row["tokens"] / 1e6 for row in curve]
        loss = [row["loss"] for row in curve]
        axes.plot(seen, loss, color=colours[arm], linestyle=["-", "--", ":", "-."][place % 4], label=arm)
        said.append(f"{arm} from {loss[0]:.2f} to {loss[-1]:.3f}")
    if not said:
        return None
    axes.set_yscale("log")
    axes.set_xlabel("training tokens seen, millions")
    axes.set_ylabel("loss a completion token, nats")
    axes.legend(frameon=False)
    return _finish(
        figure, "loss", "Training loss by tokens", f"Line chart of training loss: {'; '.join(said)}."
    )


def solution_graph(graph: SolutionGraph) -> Plot:
    """The graph from left to right: the solution path thick, wrong steps dashed, hopeless states crossed."""
    shown = list(graph.graph)[:MAX_STATES]
    path = graph.solution() or []
    on_path = {graph.root, *(step.target for step in path)}
    shown += [key for key in on_path if key not in shown]
    drawn = graph.graph.subgraph(shown)
    depth = nx.single_source_shortest_path_length(drawn, graph.root)
    columns: dict[int, list[str]] = {}
    for key in shown:
        if key in depth:
            columns.setdefault(depth[key], []).append(key)
    tallest = max(map(len, columns.values()))
    place = {
        key: (float(column), -(row + 0.5) * tallest / len(keys))
        for column, keys in columns.items()
        for row, key in enumerate(keys)
    }
    figure, axes = _figure(2.6 * len(columns) + 0.6, max(2.2, 0.42 * tallest + 0.6))
    chosen = {(step.source, step.order) for step in path}
    for step in graph.steps():
        if step.source not in place or step.target not in place:
            continue
        thick = (step.source, step.order) in chosen
        wrong = not graph.sound(step)
        arrow = {
            "arrowstyle": "-|>",
            "color": "#009E73" if thick else "#D55E00" if wrong else GREY,
            "linewidth": 2.4 if thick else 1.1,
            "linestyle": "--" if wrong else "-",
            "shrinkA": 30,
            "shrinkB": 30,
        }
        axes.annotate("", place[step.target], place[step.source], arrowprops=arrow)
    wrong_states = {step.target for step in graph.steps() if not graph.sound(step)}
    for key, (x, y) in place.items():
        state = graph.state(key)
        good = key in on_path
        sign = (
            "\N{CHECK MARK} "
            if good
            else "\N{MULTIPLICATION X} "
            if key in wrong_states or state.hopeless
            else ""
        )
        edge = "#009E73" if good else "#D55E00" if key in wrong_states else GREY
        box = {
            "boxstyle": "round,pad=0.35",
            "facecolor": "white",
            "edgecolor": edge,
            "linewidth": 1.6 if good else 1,
        }
        axes.text(x, y, sign + key.replace("$", ""), ha="center", va="center", fontsize=8, bbox=box)
    axes.set_xlim(-0.55, len(columns) - 0.45)
    axes.set_ylim(-tallest - 0.1, 0.1)
    axes.axis("off")
    more = len(graph) - len(place)
    steps = graph.steps()
    mistaken = sum(step.evidence is not None for step in steps)
    alt = (
        f"Solution graph of: {graph.problem.statement} {len(graph)} states, {len(steps)} steps, {mistaken} "
        f"of them wrong; the solution has {len(path)} steps."
        + (f" {more} states are not drawn." if more else "")
    )
    return _finish(figure, "graph", "The solution graph", alt)

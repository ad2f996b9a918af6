"""The report of a run: report.html, one file that opens without a network, report.md, and plots/.

The report computes nothing: it shows what results.json, the samples and the loss curves hold, and audits the
outputs of one example problem line by line.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from journey.graph import SolutionGraph, find_graph
from journey.index import fresh
from journey.store import Run, replace
from traces.audit import AuditedLine, audit
from traces.text import prompt
from train.measure import Sample
from train.outcomes import read_samples
from train.recipe import Recipe
from train.report import plots
from train.results import answers

TEMPLATES = Environment(
    loader=PackageLoader("train", "report"),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write_report(run: Run, recipe: Recipe, results: dict[str, Any]) -> Path:
    """Writes the report's files; returns the path of report.html."""
    example = choose_example(run, recipe, results)
    drawn = plots.draw_all(run, recipe, results, example.graph if example else None)
    for plot in drawn:
        replace(run.path / "plots" / f"{plot.name}.svg", plot.svg)
    content = {
        "recipe": recipe,
        "results": results,
        "answers": answers(results),
        "plots": {plot.name: plot for plot in drawn},
        "example": example,
        "machine": run.manifest["machine"],
        "stages": run.manifest["stages"],
    }
    replace(run.path / "report.md", TEMPLATES.get_template("template.md").render(content))
    replace(run.path / "report.html", TEMPLATES.get_template("template.html").render(content))
    return run.path / "report.html"


class Example:
    """One held-out problem: its graph, its two traces, and what the models said about it, audited."""

    def __init__(
        self, graph: SolutionGraph, texts: dict[str, str], outputs: dict[str, Sample], style: str
    ) -> None:
        self.graph = graph
        self.problem = graph.problem
        self.prompt = prompt(graph.problem, style).strip()
        self.traces = {kind: marked(graph, text, style) for kind, text in texts.items()}
        self.outputs = {
            arm: {"sample": sample, "lines": marked(graph, sample.text, style)}
            for arm, sample in outputs.items()
        }


def marked(graph: SolutionGraph, text: str, style: str) -> list[tuple[AuditedLine, str]]:
    """Each line of a text with the sign that the report puts before it."""
    return [(line, sign(line)) for line in audit(graph.problem, text, style).lines]


def sign(line: AuditedLine) -> str:
    """A sign for what the audit found, readable without colour.

    >>> sign(AuditedLine("?", "unparsed"))
    'unreadable'
    """
    if line.says == "take":
        return str(line.verdict) if line.sound else f"{line.verdict}{'' if line.flagged else ', not noticed'}"
    if line.says == "notice":
        return "noticed" if line.right else "false alarm"
    if line.says == "conclude":
        return "right" if line.right else "wrong answer"
    return "back" if line.says == "back" else "unreadable"


def choose_example(run: Run, recipe: Recipe, results: dict[str, Any]) -> Example | None:
    """A held-out problem of middling size that the first compared arm solves and the second does not."""
    compared = recipe.comparisons()
    wanted = compared[0] if compared else (recipe.arms[0].name, recipe.arms[-1].name)
    stage = recipe.stage_names()[0]
    if any(stage not in results["arms"].get(arm, {}) for arm in wanted):
        return None
    greedy = {
        arm: {s.id: s for s in read_samples(run.path / "evals" / f"{arm}-{stage}") if s.sample == 0}
        for arm in wanted
    }
    first, second = (greedy[arm] for arm in wanted)
    differing = [id for id in first if first[id].correct and not second[id].correct] or list(first)
    with fresh(run.path) as index:

        def text(kind: str, id: str) -> str:
            return str((index.trace(kind, id) or {}).get("completion", ""))

        def middling(id: str) -> tuple[int, str]:
            return abs(text("journey", id).count("\n") - 10), id

        chosen = min(differing, key=middling)
        texts = {kind: found for kind in ("shortcut", "journey") if (found := text(kind, chosen))}
        graph = find_graph(index, chosen)
    outputs = {arm: greedy[arm][chosen] for arm in reversed(wanted)}
    return Example(graph, texts, outputs, recipe.traces.style)

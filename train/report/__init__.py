"""The report of a run: report.html, one file that opens without a network, report.md, and plots/.

The report shows what results.json holds and computes none of it (`tables`, `plots`). It audits the outputs
for five problems (`examples`) and measures the lengths of texts for one plot (`content`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from journey.runs.store import Run, replace
from train.analysis.results_schema import Results

if TYPE_CHECKING:
    from traces.masked_text import TrainingExample
    from train.recipe.recipe import Recipe


def write_report(run: Run, recipe: Recipe, results: Results, example: TrainingExample | None) -> Path:
    """Writes the report's files; returns the path of report.html.

    Args:
        run: the run folder.
        recipe: its recipe.
        results: its results.
        example: the texts about one problem that the arms train on, if there are any.
    """
    # Imported here: the plots need matplotlib, and who prints a table should not wait for it.
    from train.report.content import gather_content

    content = gather_content(run, recipe, results, example)
    for plot in content["plots"].values():
        replace(run.path / "plots" / f"{plot.name}.svg", plot.svg)
    for name in ("report.md", "report.html"):
        replace(run.path / name, render(name, content))
    return run.path / "report.html"


def render(name: str, content: dict[str, Any]) -> str:
    """The text of report.html or report.md."""
    templates = Environment(
        loader=PackageLoader("train", "report/templates"),
        autoescape=lambda file: file is not None and file.endswith((".html", ".css")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template(name).render(content)

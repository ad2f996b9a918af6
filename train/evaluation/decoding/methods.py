"""All that a recipe's `evaluation.methods` asks of a model, beyond one greedy output and samples.

Writes answers.jsonl (`decoding.answers.Answer`) and planted.jsonl (`decoding.planted.Planted`) beside
samples.jsonl.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, record, write_lines
from train.evaluation.decoding import planted
from train.evaluation.decoding.answers import Answer, summary
from train.evaluation.decoding.forcing import forced
from train.evaluation.decoding.search import METHODS, Limits, searched
from train.evaluation.decoding.selection import selected
from train.evaluation.decoding.writer import Writer
from train.evaluation.scoring import Sample
from train.recipe.recipe import Recipe, Replica
from train.statistics.clusters import clusters_of


def spend(
    run: Run,
    recipe: Recipe,
    replica: Replica,
    writer: Writer,
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    folder: Path,
    on_progress: Callable[[int], None],
) -> dict[str, Any]:
    """What metrics.json says beside `measure`: `methods`, and `planted` where the recipe asks for it.

    `on_progress` is called with how many more answers there are.
    """
    answers = answered(writer, problems, samples, recipe, replica.seed, on_progress)
    write_lines(folder / "answers.jsonl", map(record, answers))
    figures: dict[str, Any] = {"methods": summary(problems, answers)}
    methods = recipe.evaluation.methods
    if methods.planted:
        kind, walk_settings = recipe.variants()[replica.arm.variant]
        asked = {problem.id for problem in problems[: methods.problems]}
        graphs = [graph for graph in read_graphs(run.path / "graphs") if graph.problem.id in asked]
        plants = planted.plants(graphs, kind, walk_settings, recipe.traces.style, recipe.seed)
        cap = recipe.evaluation.max_new_tokens
        outputs = planted.gone_on(writer, plants, cap, recipe.traces.style, on_progress)
        write_lines(folder / "planted.jsonl", map(record, outputs))
        figures["planted"] = planted.summary([outputs], clusters_of(problems))
    return figures


def answered(
    writer: Writer,
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    recipe: Recipe,
    seed: int,
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """The answers of every method, those chosen from `samples` with them."""
    settings = recipe.evaluation
    methods, style = settings.methods, recipe.traces.style
    found = selected(problems, samples, style)
    asked = problems[: methods.problems]
    if asked and methods.budgets:
        limits = Limits(methods.width, methods.branch, settings.max_new_tokens)
        sampling: dict[str, Any] = {"temperature": settings.temperature, "seed": seed, "style": style}
        for method in METHODS:
            found += searched(
                method, writer, asked, methods.budgets, limits, **sampling, on_progress=on_progress
            )
    for minimum in methods.minimum if asked else ():
        found += forced(writer, asked, minimum, settings.max_new_tokens, style=style, on_progress=on_progress)
    return found

"""Runs the methods of decoding of a recipe (`evaluation.methods`), beyond greedy outputs and samples.

Writes answers.jsonl (`decoding.answers.Answer`) and planted.jsonl (`decoding.planted.Planted`) next to
samples.jsonl.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, record, write_lines
from traces.walks import WITH_MODES
from train.evaluation.decoding import planted
from train.evaluation.decoding.answers import Answer, summarize
from train.evaluation.decoding.forcing import force_budget
from train.evaluation.decoding.generators import Generator
from train.evaluation.decoding.modes import answer_in_mode
from train.evaluation.decoding.search import METHODS, Limits, search_answers
from train.evaluation.decoding.selection import select_answers
from train.evaluation.scoring import Sample
from train.recipe.recipe import Recipe, Replica
from train.statistics.clusters import clusters_of


def run_methods(
    run: Run,
    recipe: Recipe,
    replica: Replica,
    generator: Generator,
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    folder: Path,
    on_progress: Callable[[int], None],
    own_graphs: Sequence[SolutionGraph] = (),
) -> dict[str, Any]:
    """The figures of the methods, and of planted errors if the recipe has them, by fields of the metrics.

    Args:
        run: the run folder.
        recipe: its recipe.
        replica: whose model it is.
        generator: the model.
        problems: those evaluated.
        samples: the model's outputs for them.
        folder: where answers.jsonl and planted.jsonl are written.
        on_progress: called with the number of outputs that were finished since its last call.
        own_graphs: graphs with the mistakes of `methods.planted_from`, whose name is the steps' proposer.
    """
    answers = generate_answers(
        generator=generator,
        problems=problems,
        samples=samples,
        recipe=recipe,
        replica=replica,
        on_progress=on_progress,
    )
    write_lines(folder / "answers.jsonl", map(record, answers))
    figures: dict[str, Any] = {"methods": summarize(problems, answers)}
    methods, style = recipe.evaluation.methods, recipe.traces.style
    if not methods.planted:
        return figures
    ids = {problem.id for problem in problems[: methods.problems]}
    graphs = [graph for graph in read_graphs(run.path / "graphs") if graph.problem.id in ids]
    kind, walk_settings = recipe.variants()[replica.arm.variant]
    for key, planted_graphs, proposer in (
        ("planted", graphs, None),
        ("planted_own", own_graphs, methods.planted_from),
    ):
        if planted_graphs or key == "planted":
            plants = planted.make_plants(planted_graphs, kind, walk_settings, style, recipe.seed, proposer)
            cap = recipe.evaluation.max_new_tokens
            outputs = planted.continue_plants(generator, plants, cap, style, on_progress)
            write_lines(folder / f"{key.replace('_', '-')}.jsonl", map(record, outputs))
            figures[key] = planted.summarize([outputs], clusters_of(problems))
    return figures


def generate_answers(
    generator: Generator,
    problems: Sequence[Problem],
    samples: Sequence[Sample],
    recipe: Recipe,
    replica: Replica,
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """The answers of every method, including those selected from `samples`.

    Only models of `mixed` traces are asked in modes: the others never learned the line that gives one.
    """
    settings = recipe.evaluation
    methods, style = settings.methods, recipe.traces.style
    answers = select_answers(problems, samples, style)
    few = problems[: methods.problems]
    if few and methods.budgets:
        limits = Limits(methods.width, methods.branch, settings.max_new_tokens)
        sampling: dict[str, Any] = {"temperature": settings.temperature, "seed": replica.seed, "style": style}
        for method in METHODS:
            answers += search_answers(
                method, generator, few, methods.budgets, limits, **sampling, on_progress=on_progress
            )
    for minimum in methods.minimum if few else ():
        answers += force_budget(
            generator, few, minimum, settings.max_new_tokens, style=style, on_progress=on_progress
        )
    for mode in methods.modes if few and replica.arm.traces in WITH_MODES else ():
        answers += answer_in_mode(
            generator, few, mode, settings.max_new_tokens, style=style, on_progress=on_progress
        )
    return answers

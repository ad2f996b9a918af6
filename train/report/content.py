"""The content of the report's templates: sentences, tables, plots, problems, and how to reproduce the run."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from journey.errors import InputError
from journey.runs.store import Run, read_lines
from traces.curate import read_corpora, read_counts
from traces.masked_text import CLOSE, OPEN, TrainingExample
from traces.run_files import read_texts
from train.analysis.results_schema import Results
from train.evaluation.scoring import Sample
from train.recipe.load import load_recipe, shipped
from train.recipe.recipe import Recipe
from train.report import (
    claims,
    cost_plots,
    curve_plots,
    data_plots,
    plots,
    precision_plots,
    router_plots,
    set_plots,
    stage_plots,
    tables,
)
from train.report.canvas import Plot, ink
from train.report.examples import choose_examples, read_greedy
from train.report.summary import comparisons

MEASURED = 2_000
"""The number of training texts whose lengths are measured, evenly spaced among all of an arm."""
TEXTS_SHOWN = 6
"""Texts of the training example that are shown at once; the others are folded."""


def gather_content(
    run: Run, recipe: Recipe, results: Results, example: TrainingExample | None
) -> dict[str, Any]:
    """Everything that the report shows, by its name in the templates."""
    greedy = read_greedy(run, results)
    curated = [tables.curation(read_counts(run.path)), tables.corpora(read_corpora(run.path))]
    every_table = [*tables.tables(results), tables.arms(recipe), *curated]
    return {
        "recipe": recipe,
        "results": results,
        "comparisons": comparisons(results),
        "tables": {each.name: each for each in every_table if each is not None},
        "claims": results.claims,
        "claim_summary": claims.summary(results) if results.claims else "",
        "claim_format": claims,
        "plots": {plot.name: plot for plot in draw_all(run, recipe, results, greedy)},
        "problems": choose_examples(run, recipe, greedy),
        "training_example": example,
        "texts_shown": TEXTS_SHOWN,
        "open": OPEN,
        "close": CLOSE,
        "command": command(recipe),
        "yaml": yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, width=90),
        "machine": {"gpus": [], **run.manifest["machine"]},
        "precision": precision(recipe),
        "seeds": seeds(recipe),
    }


def draw_all(
    run: Run, recipe: Recipe, results: Results, greedy: Mapping[str, Mapping[str, Sample]]
) -> list[Plot]:
    """Every plot that the run has data for, in the order of the report."""
    log = run.path / "metrics.jsonl"
    rows = list(read_lines(log, dict)) if log.exists() else []
    lengths = measure_lengths(run, recipe, results, greedy)
    with ink():
        every_plot = [
            plots.accuracy(results),
            curve_plots.curve(results),
            cost_plots.tokens(results),
            cost_plots.by_level(results),
            plots.recovery(results),
            plots.levels(results),
            set_plots.verified(results),
            router_plots.router(results),
            stage_plots.forgetting(results),
            stage_plots.rounds(results),
            precision_plots.law(results),
            data_plots.losses(rows, results),
            data_plots.lengths(lengths, recipe.evaluation.max_new_tokens),
            data_plots.counts(results),
        ]
    return [plot for plot in every_plot if plot is not None]


def measure_lengths(
    run: Run, recipe: Recipe, results: Results, greedy: Mapping[str, Mapping[str, Sample]]
) -> dict[str, dict[str, dict[str, float]]]:
    """Quantiles of lengths in tokens by arm: of its training texts, and of its greedy outputs."""
    from transformers import AutoTokenizer

    by_arm: dict[str, dict[str, dict[str, float]]] = {}
    for name in results.arms:
        lengths = by_arm[name] = {}
        arm = recipe.arm(name)
        texts = read_texts(run, recipe.texts(arm), "train")
        some = [text.completion for text in texts[:: max(1, len(texts) // MEASURED)]]
        if some:
            base = recipe.replicas([arm])[0].base
            tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / base)
            # The end of sequence is a token that is learned too.
            lengths["trained on"] = data_plots.quantiles(
                [len(ids) + 1 for ids in tokenizer(some)["input_ids"]]
            )
        if outputs := [sample.tokens for sample in greedy.get(name, {}).values()]:
            lengths["wrote"] = data_plots.quantiles(outputs)
    return by_arm


def precision(recipe: Recipe) -> str:
    """The precision of training, or those of all stages if they differ, and that of evaluation.

    >>> precision(load_recipe("laptop"))
    'bfloat16 with float32 copies in training, float32 in evaluation'
    """
    kinds = {recipe.for_arm(arm, stage).training.precision for arm in recipe.arms for stage in arm.stages}
    words = {"bfloat16": "bfloat16 with float32 copies"}
    return (
        f"{' and '.join(words.get(kind, kind) for kind in sorted(kinds))} in training, float32 in evaluation"
    )


def seeds(recipe: Recipe) -> str:
    """The random seeds of the run.

    >>> seeds(load_recipe("laptop"))
    'problems: 0; training: 0, 1, 2'
    """
    return f"problems: {recipe.seed}; training: {', '.join(map(str, recipe.seeds))}"


def command(recipe: Recipe) -> str:
    """The command that runs this recipe again; from recipe.yaml if it is none of ours."""
    words = ["journey", "run", recipe.name]
    seed = f"seed={recipe.seed}"
    for quick in ([], ["--quick"]):
        try:
            if recipe.name in shipped() and load_recipe(recipe.name, [seed], bool(quick)) == recipe:
                return shlex.join([*words, *quick, "--seed", str(recipe.seed)])
        except InputError:
            continue
    return "journey run recipe.yaml"

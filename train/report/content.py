"""What the templates of the report are given: sentences, tables, plots, problems, and how to run it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from journey.errors import InputError
from journey.runs.store import Run, read_lines
from traces.curate import read_counts
from traces.run_files import read_texts
from train.evaluation.scoring import Sample
from train.recipe.load import load_recipe, shipped
from train.recipe.recipe import Recipe
from train.report import claim_sentences as judgements
from train.report import curve_plots, data_plots, plots, spend_plots, tables
from train.report import token_costs as spent
from train.report.canvas import Plot, ink
from train.report.examples import examples, read_greedy
from train.report.summary import answers

MEASURED = 2_000
"""Training texts of an arm whose lengths are drawn, evenly spaced among all."""


def gather_content(run: Run, recipe: Recipe, results: dict[str, Any]) -> dict[str, Any]:
    """Everything that the report shows, by the names that the templates use."""
    greedy = read_greedy(run, results)
    made = [*tables.tables(results), tables.arms(recipe), tables.curation(read_counts(run.path))]
    return {
        "recipe": recipe,
        "results": results,
        # The claims have a place of their own.
        "answers": answers(results, claims=False),
        "tables": {each.name: each for each in made if each is not None},
        "claims": results["claims"],
        "claimed": judgements.summary(results) if results["claims"] else "",
        "judged": judgements,
        "best": spent.told(results),
        "plots": {plot.name: plot for plot in draw_all(run, recipe, results, greedy)},
        "chosen": examples(run, recipe, greedy),
        "command": command(recipe),
        "yaml": yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, width=90),
        "machine": {"gpus": [], **run.manifest["machine"]},
        "precision": precision(recipe),
        "seeds": seeds(recipe),
    }


def draw_all(
    run: Run, recipe: Recipe, results: dict[str, Any], greedy: Mapping[str, Mapping[str, Sample]]
) -> list[Plot]:
    """Every plot that the run has figures for, in the order of the report."""
    log = run.path / "metrics.jsonl"
    rows = list(read_lines(log, dict)) if log.exists() else []
    spreads = measured(run, recipe, results, greedy)
    with ink():
        drawn = [
            plots.accuracy(results),
            curve_plots.curve(results),
            spend_plots.tokens(results),
            spend_plots.by_level(results),
            plots.recovery(results),
            plots.levels(results),
            data_plots.losses(rows, results),
            data_plots.lengths(spreads, recipe.evaluation.max_new_tokens),
            data_plots.counts(results),
        ]
    return [plot for plot in drawn if plot is not None]


def measured(
    run: Run, recipe: Recipe, results: dict[str, Any], greedy: Mapping[str, Mapping[str, Sample]]
) -> dict[str, dict[str, dict[str, float]]]:
    """How long the texts are that each arm was trained on, and those that it wrote, in tokens."""
    from transformers import AutoTokenizer

    spreads: dict[str, dict[str, dict[str, float]]] = {}
    for arm in results["arms"]:
        by = spreads[arm] = {}
        chosen = recipe.arm(arm)
        texts = read_texts(run, chosen.variant, "train")
        some = [text.completion for text in texts[:: max(1, len(texts) // MEASURED)]]
        if some:
            base = recipe.replicas([chosen])[0].base
            tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / base)
            # The end of sequence is a token that is learned too.
            by["trained on"] = data_plots.spread_of([len(ids) + 1 for ids in tokenizer(some)["input_ids"]])
        if wrote := [sample.tokens for sample in greedy.get(arm, {}).values()]:
            by["wrote"] = data_plots.spread_of(wrote)
    return spreads


def precision(recipe: Recipe) -> str:
    """What models are computed in: of arms and stages that differ, each.

    >>> precision(load_recipe("laptop"))
    'bfloat16 with float32 copies in training, float32 in evaluation'
    """
    kinds = {recipe.for_arm(arm, stage).training.precision for arm in recipe.arms for stage in arm.stages}
    words = {"bfloat16": "bfloat16 with float32 copies", "float32": "float32"}
    return f"{' and '.join(words[kind] for kind in sorted(kinds))} in training, float32 in evaluation"


def seeds(recipe: Recipe) -> str:
    """What everything was drawn from.

    >>> seeds(load_recipe("laptop"))
    '0 for the problems, 0, 1, 2 for training'
    """
    return f"{recipe.seed} for the problems, {', '.join(map(str, recipe.seeds))} for training"


def command(recipe: Recipe) -> str:
    """The words that run this recipe again; one that does not ship is read from the run's recipe.yaml."""
    words = ["journey", "run", recipe.name]
    seed = f"seed={recipe.seed}"
    for quick in ([], ["--quick"]):
        try:
            if recipe.name in shipped() and load_recipe(recipe.name, [seed], bool(quick)) == recipe:
                return shlex.join([*words, *quick, "--seed", str(recipe.seed)])
        except InputError:
            continue
    return "journey run recipe.yaml"

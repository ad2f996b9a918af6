"""Rule 4: same problems, graphs, renderer, base and token budget; a problem that one arm drops, all drop."""

from __future__ import annotations

import json
from pathlib import Path

from journey.runs.store import Run, read_json
from train.recipe.load import load_recipe, recipe_of


def test_arms_see_the_same_number_of_tokens_within_one_per_cent() -> None:
    """From the batches themselves, at the size of the shipped recipe."""
    from random import Random

    from train.models.token_rows import token_batches

    recipe = load_recipe("laptop")
    budget = recipe.training
    rng = Random(0)
    for longest in (14, 60, 200):
        lengths = [rng.randint(12, longest) for _ in range(recipe.problems.train)]
        batches = token_batches(lengths, budget.batch_tokens, budget.tokens, recipe.seed)
        seen = sum(lengths[row] for batch in batches for row in batch)
        assert abs(seen - budget.tokens) < 0.01 * budget.tokens


def test_arms_of_a_run_share_problems_base_and_counts(quick_run: Path) -> None:
    results = read_json(quick_run / "results.json")
    counts = list(results["counts"].values())
    assert counts[0] == counts[1]
    kept = {}
    for kind in ("shortcut", "journey"):
        rows = [
            json.loads(line) for line in (quick_run / "traces" / f"{kind}.jsonl").read_text().splitlines()
        ]
        kept[kind] = [row["id"] for row in rows]
    assert kept["shortcut"] == kept["journey"]
    tokens = [results["arms"][arm]["sft"]["train_tokens"] for arm in ("shortcut", "journey")]
    batch = recipe_of(Run(quick_run)).training.batch_tokens
    assert abs(tokens[0] - tokens[1]) < batch


def test_arms_answer_the_same_held_out_problems(quick_run: Path) -> None:
    asked = []
    for folder in sorted((quick_run / "evals").iterdir()):
        rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
        asked.append({row["id"] for row in rows if row["sample"] == 0})
    assert len(asked) == 4
    assert all(ids == asked[0] for ids in asked)


def test_what_is_too_long_in_one_arm_is_trained_on_in_none(quick_run: Path) -> None:
    from transformers import AutoTokenizer

    from train.pipeline.stage_data import read_data, stage_problems

    run = Run(quick_run)
    recipe = recipe_of(run)
    small = recipe.model_copy(update={"base": recipe.base.model_copy(update={"context": 40})})
    tokenizer = AutoTokenizer.from_pretrained(quick_run / "models" / "base")
    stage = recipe.arms[0].stages[0]
    problems = stage_problems(run, stage)
    kept = {
        replica.name: [text.row for text in read_data(run, small, replica, stage, tokenizer, problems).texts]
        for replica in small.replicas()
    }
    assert len(kept["shortcut"]) == len(kept["journey"]) < len(problems)
    assert max(len(row["input_ids"]) for row in kept["journey"]) <= 40
    asked = [
        [[i for i, label in zip(row["input_ids"], row["labels"], strict=True) if label < 0] for row in rows]
        for rows in kept.values()
    ]
    assert asked[0] == asked[1], "the same problems in the same order"


def test_a_mixture_sees_the_same_number_of_tokens_as_one_source() -> None:
    """Replay is taken out of the stage's own budget, whatever its share (Ibrahim et al. 2024)."""
    from random import Random

    from train.pipeline.mixtures import mixed_batches

    recipe = load_recipe("continue")
    rng = Random(0)
    new, old = ([rng.randint(20, longest) for _ in range(3_000)] for longest in (160, 60))
    seen = {}
    for share in (0.0, 0.01, 0.05, 0.5):
        lengths, shares = ([new, old], [1 - share, share]) if share else ([new], [1.0])
        flat = [length for source in lengths for length in source]
        batches = mixed_batches(lengths, shares, recipe.training.batch_tokens, 600_000, recipe.seed)
        seen[share] = sum(flat[row] for batch in batches for row in batch)
    assert max(seen.values()) - min(seen.values()) < recipe.training.batch_tokens


def test_arms_train_on_and_sample_equally_many_tokens_in_all_their_stages() -> None:
    """However many rounds an arm has. `strong_short` shows what the second stage's tokens alone teach."""
    totals = {
        name: {
            arm.name: round(sum(stage.budget for stage in arm.stages if stage.supervised), 9)
            for arm in load_recipe(name).arms
        }
        for name in ("rounds", "continue")
    }
    assert totals["continue"].pop("strong_short") == 0.6
    assert set(totals["rounds"].values()) == {2.0} and set(totals["continue"].values()) == {1.6}
    sampled = [
        round(sum(stage.generated or 0 for stage in arm.stages if stage.samples_outputs), 9)
        for arm in load_recipe("rounds").arms
        if any(stage.samples_outputs for stage in arm.stages)
    ]
    assert set(sampled) == {0.64} and len(sampled) == 9

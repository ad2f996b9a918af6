"""Recipes of several arms, stages and seeds: where they come from, what an arm may set, what is redone."""

from __future__ import annotations

import json
import shutil
import threading
from pathlib import Path

import pytest

from journey.errors import InputError
from journey.runs.store import Run
from train.pipeline.experiment import open_run
from train.recipe.dependencies import stages
from train.recipe.load import load_recipe, recipe_of

OWN = """
from: laptop
name: own
claims: [small.sft > journey.sft on pass@1]
arms:
  - {name: journey, traces: journey}
  - {name: small, traces: journey, set: {base.size: 3M, traces.wrong_turns: 2}, stages: [sft]}
training: {seeds: [3, 4]}
evaluation: {samples: {small: 2}}
"""


def own(folder: Path, *changes: str, text: str = OWN) -> Path:
    (folder / "own.yaml").write_text(text)
    return folder / "own.yaml"


def marks(path: Path, *changes: str) -> dict[str, str]:
    return {stage.mark: stage.digest for stage in stages(load_recipe(str(path), changes))}


def test_a_recipe_comes_from_another_with_its_own_keys_over_it(tmp_path: Path) -> None:
    recipe, laptop = load_recipe(str(own(tmp_path))), load_recipe("laptop")
    assert recipe.problems == laptop.problems
    assert recipe.training.tokens == laptop.training.tokens
    assert recipe.evaluation.samples == {"small": 2}, "a map of free names is said whole"
    assert [replica.name for replica in recipe.replicas()] == ["journey", "journey@4", "small", "small@4"]
    assert [r.base for r in recipe.replicas()] == ["base", "base@4", "base-small", "base-small@4"]
    assert recipe.for_arm(recipe.arm("small")).base.sizes.hidden == 256
    assert recipe.comparisons() == [("small", "journey")]
    assert sorted(recipe.variants()) == ["journey", "journey,wrong_turns=2", "shortcut", "stream"]
    assert recipe.variants()["journey,wrong_turns=2"][1].wrong_turns == 2


def test_recipes_that_come_from_each_other_are_reported(tmp_path: Path) -> None:
    one, two = tmp_path / "one.yaml", tmp_path / "two.yaml"
    one.write_text(f"from: {two}")
    two.write_text(f"from: {one}")
    with pytest.raises(InputError, match="extend each other"):
        load_recipe(str(one))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("base.size: 3M", "problems.train: 5", "problems.train is the same for all arms"),
        ("base.size: 3M", "traces.style: prose", "traces.style is the same for all arms"),
        ("base.size: 3M", "base.sise: 3M", "no base key 'sise': did you mean 'size'?"),
        ("base.size: 3M", "base.context: -1", "arm small: base.context: input should be greater than 0"),
        ("stages: [sft]", "stages: [dpo]", "dpo of small needs pairs"),
        (
            "traces.wrong_turns: 2}, stages: [sft]",
            "pairs.count: 0}, stages: [{kind: dpo, pairs: [step]}]",
            "no pairs",
        ),
        ("stages: [sft]", "stages: [sft, sft]", "two stages of small have the same name"),
        ("stages: [sft]", "stages: [ppo]", "stages.0.kind: input should be 'sft'"),
        ("stages: [sft]", "stages: [{kind: sft, pair: [step]}]", "did you mean 'pairs'"),
        ("small.sft >", "small.dpo >", "no stage of small 'dpo'"),
        ("small.sft >", "smal.sft >", "no arm 'smal'"),
        ("seeds: [3, 4]", "seeds: [3, 3]", "lists a seed twice"),
    ],
)
def test_what_an_arm_may_not_say_is_reported(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        load_recipe(str(own(tmp_path, text=OWN.replace(old, new))))


TRAINED = {"sft-journey", "sft-shortcut", "dpo-journey", "dpo-shortcut"}


@pytest.mark.parametrize(
    ("change", "redone"),
    [
        ("dpo.beta=0.3", {"dpo-journey", "dpo-shortcut"}),
        ("evaluation.samples={shortcut: 16, journey: 2}", set()),
        ("sft.weight_decay=0", TRAINED),
        ("sft.learning_rate=1e-4", {"sft-shortcut", "dpo-shortcut"}),
        ("search.mistakes=0.5", {"graphs", "traces", "curation", "base", *TRAINED}),
        ("search.workers=7", set()),
        ("grpo.beta=0.3", set()),
        ("adapter.kind=lora", TRAINED),
    ],
)
def test_a_change_redoes_what_depends_on_it(change: str, redone: set[str]) -> None:
    before = {stage.mark: stage.digest for stage in stages(load_recipe("laptop", ["training.seeds=[0]"]))}
    after = {
        stage.mark: stage.digest for stage in stages(load_recipe("laptop", ["training.seeds=[0]", change]))
    }
    differing = {mark for mark in before if before[mark] != after[mark]}
    assert {mark for mark in differing if not mark.startswith("eval-")} == redone
    if change.startswith("evaluation"):
        assert differing == {"eval-journey-sft", "eval-journey-dpo"}


def test_every_kind_of_stage_is_planned(tmp_path: Path) -> None:
    stages = "stages: [sft, {kind: dpo, pairs: [step]}, grpo, rloo]"
    path = own(tmp_path, text=OWN.replace("stages: [sft]", stages))
    assert {"sft-small", "dpo-small", "grpo-small@4", "rloo-small@4"} <= set(marks(path))
    assert load_recipe(str(path)).stage_names() == ["sft", "dpo", "grpo", "rloo"]


def test_another_stage_of_one_arm_leaves_the_other_arm_alone(tmp_path: Path) -> None:
    before = marks(own(tmp_path))
    changed = OWN.replace("stages: [sft]", "stages: [{kind: sft, settings: {learning_rate: 1.0e-4}}]")
    after = marks(own(tmp_path, text=changed))
    differing = {mark for mark in before if before[mark] != after.get(mark)}
    assert differing == {"sft-small", "sft-small@4", "eval-small-sft", "eval-small@4-sft"}
    more = marks(own(tmp_path, text=OWN.replace("[3, 4]", "[3, 4, 5]")))
    assert all(more[mark] == digest for mark, digest in before.items()), "another seed only adds"


def test_a_run_whose_recipe_is_not_written_yet_does_not_wait(tmp_path: Path) -> None:
    """Of two commands that start together, the second may look before the first has written the recipe."""
    recipe = load_recipe("laptop", quick=True)
    run = open_run(tmp_path, recipe)
    (tmp_path / "recipe.yaml").unlink()
    with run.lock():
        other = threading.Thread(target=open_run, args=(tmp_path, recipe), daemon=True)
        other.start()
        other.join(20)
        assert not other.is_alive()
    assert (tmp_path / "recipe.yaml").exists()


def test_an_update_keeps_what_did_not_change(quick_run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(quick_run, tmp_path / "run")
    old = recipe_of(Run(folder))
    new = load_recipe("laptop", ["dpo.beta=0.5"], quick=True)
    assert new.dpo != old.dpo
    with pytest.raises(InputError, match=r"dpo\.beta differ.*--update"):
        open_run(folder, new)
    weights = (folder / "models" / "journey" / "sft" / "model.safetensors").read_bytes()
    run = open_run(folder, new, update=True)
    gone = {"dpo-shortcut", "dpo-journey", "eval-shortcut-dpo", "eval-journey-dpo"}
    assert set(Run(quick_run).manifest["stages"]) - set(run.manifest["stages"]) == gone
    assert not (folder / "models" / "journey" / "dpo").exists()
    assert not (folder / "evals" / "journey-dpo").exists()
    assert (folder / "models" / "journey" / "sft" / "model.safetensors").read_bytes() == weights
    assert json.loads((folder / "manifest.json").read_text())["settings"]["dpo"]["beta"] == 0.5
    assert recipe_of(Run(folder)) == new
    assert "beta: 0.5" in (folder / "recipe.yaml").read_text()

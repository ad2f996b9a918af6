"""Grids of settings that are tried on validation problems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from journey.errors import InputError
from journey.runs.store import read_lines
from train.console import Console
from train.evaluation.problem_sets import draw_set
from train.pipeline.experiment import tune
from train.recipe.load import load_recipe
from train.recipe.tuning import as_yaml, best, read_trials, trial_recipe, tuning_results, value_of

GRID = "{key: sft.learning_rate, values: [0.001, 0.004], seed: 9}"


def with_grid(*grids: str, changes: tuple[str, ...] = ()) -> Any:
    return load_recipe("laptop", [f"tuning=[{', '.join(grids or (GRID,))}]", *changes])


def test_every_arm_tries_every_value_on_validation_problems() -> None:
    recipe = with_grid()
    trials = trial_recipe(recipe, recipe.tuning[0])
    assert [arm.name for arm in trials.arms] == ["shortcut_0", "shortcut_1", "journey_0", "journey_1"]
    assert [value_of(trials, arm, "sft.learning_rate") for arm in trials.arms] == [0.001, 0.004] * 2
    assert [arm.traces for arm in trials.arms] == ["shortcut", "shortcut", "journey", "journey"]
    assert trials.evaluation.split == "validation"
    assert trials.seeds == [9]
    assert trials.problems == recipe.problems


def test_a_trial_ends_with_the_stage_that_the_key_is_about() -> None:
    recipe = with_grid(GRID, "{key: dpo.learning_rate, values: [1.0e-5, 2.0e-5], arms: [journey], seed: 9}")
    sft, dpo = (trial_recipe(recipe, grid) for grid in recipe.tuning)
    assert {tuple(stage.kind for stage in arm.stages) for arm in sft.arms} == {("sft",)}
    assert {tuple(stage.kind for stage in arm.stages) for arm in dpo.arms} == {("sft", "dpo")}
    assert [arm.name for arm in dpo.arms] == ["journey_0", "journey_1"]


def test_trials_go_back_into_the_recipe() -> None:
    recipe = with_grid()
    solved = {"shortcut_0": 0.5, "shortcut_1": 0.4, "journey_0": 0.8, "journey_1": 0.9}
    grid = read_trials(recipe, recipe.tuning[0], {(arm, "sft"): share for arm, share in solved.items()})
    assert best(grid) == {"shortcut": 0.001, "journey": 0.004}
    again = load_recipe("laptop", [f"tuning={yaml.safe_load(as_yaml([grid]))['tuning']}"])
    assert again.tuning == [grid]
    (output,) = tuning_results(again)
    assert output["best"] == {"shortcut": 0.001, "journey": 0.004}
    assert output["trials"] == {"shortcut": [0.5, 0.4], "journey": [0.8, 0.9]}
    rates = {arm.name: again.for_arm(arm).sft["learning_rate"] for arm in again.arms}
    assert output["used"] == rates


def test_a_set_may_decide_and_comes_from_the_validation_split() -> None:
    grid = "{key: sft.learning_rate, values: [1, 2], set: new, seed: 9}"
    sets = "evaluation.sets={new: {count: 5, levels: [1]}, old: {count: 5, levels: [2]}}"
    recipe = with_grid(grid, changes=(sets,))
    trials = trial_recipe(recipe, recipe.tuning[0])
    assert list(trials.evaluation.sets) == ["new"]
    problem_set = trials.evaluation.sets["new"]
    assert {problem.split for problem in draw_set(trials, problem_set)} == {"validation"}
    assert {problem.split for problem in draw_set(recipe, problem_set)} == {"heldout"}
    shares = {"shortcut_0": 0.5, "shortcut_1": 0.4, "journey_0": 0.8, "journey_1": 0.9}
    solved = {(name, "sft"): share for name, share in shares.items()}
    assert best(read_trials(recipe, recipe.tuning[0], solved)) == {"shortcut": 1, "journey": 2}


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ("{key: problems.train, values: [1, 2], seed: 9}", "problems.train is the same for all arms"),
        ("{key: sft.learning_rate, values: [1, 2], arms: [jurney], seed: 9}", "journey"),
        ("{key: sft.learning_rate, values: [1, 2], seed: 9, trials: {journey: [0.5]}}", "1 trials for 2"),
        ("{key: sft.learning_rate, values: [1, 2], seed: 5}", "its seed 5 is one of training.seeds"),
        ("{key: sft.learning_rate, values: [1], seed: 9}", "at least 2"),
        ("{key: sft.learning_rate, values: [1, 2], set: newer, seed: 9}", "no set 'newer'"),
    ],
)
def test_a_grid_that_cannot_be_is_refused(grid: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        with_grid(grid, changes=("training.seeds=[4,5]",))


def test_a_recipe_without_a_grid_shows_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="tuning: "):
        tune("laptop", tmp_path, ["tuning=[]"], True, Console(quiet=True))


def test_trials_are_trained_and_asked_the_validation_problems(tmp_path: Path) -> None:
    size = "{hidden: 16, layers: 1, heads: 2, kv_heads: 1, intermediate: 16}"
    changes = [f"base.size={size}", f"tuning=[{GRID}]"]
    (grid,) = tune("laptop", tmp_path, changes, True, Console(quiet=True))
    assert set(grid.trials) == {"shortcut", "journey"}
    (run,) = tmp_path.iterdir()
    validation = {row["id"] for row in read_lines(run / "problems" / "validation.jsonl", dict)}
    asked = {row["id"] for row in read_lines(run / "evals" / "journey_1-sft" / "samples.jsonl", dict)}
    assert asked == validation

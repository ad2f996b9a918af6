"""Pre-registration: what was claimed before training, and what was changed in sight of results."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from journey.runs.store import Run, write_json
from train.pipeline.experiment import open_run
from train.recipe import registration
from train.recipe.load import load_recipe
from train.recipe.recipe import Recipe
from train.recipe.registration import AFTER, BEFORE, read, register

TWO = ["claims=[journey.sft > shortcut.sft on pass@1, journey.sft > shortcut.sft on tokens]"]
ONE = ["claims=[journey.sft > shortcut.sft on pass@1]"]
OTHER = ["claims=[journey.sft > shortcut.sft on pass@1, journey.sft < shortcut.sft on unfinished]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run folder whose data are made."""
    run = open_run(tmp_path / "run", load_recipe("laptop", TWO))
    for stage in ("problems", "graphs", "traces", "curation", "base"):
        run.mark(stage)
    return run


def train(run: Run, name: str = "journey/sft") -> None:
    """As a stage of training leaves its model, before its mark is written."""
    write_json(run.path / "models" / name / "training.json", {"steps": 1})


def update(run: Run, changes: list[str]) -> tuple[Run, Recipe]:
    recipe = load_recipe("laptop", changes)
    return open_run(run.path, recipe, update=True), recipe


def test_claims_are_written_down_with_their_digest(run: Run) -> None:
    recipe = load_recipe("laptop", TWO)
    assert register(run, recipe)
    stored = json.loads((run.path / "claims.json").read_text())
    assert stored["schema_version"] == 1
    assert stored["claims"] == recipe.claims
    text = '["journey.sft > shortcut.sft on pass@1","journey.sft > shortcut.sft on tokens"]'
    assert stored["claims_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert stored["stages"] == ["problems", "graphs", "traces", "curation", "base"]
    assert (stored["trained"], stored["history"]) == ([], [])


def test_what_is_registered_stays_as_it_is(run: Run) -> None:
    register(run, load_recipe("laptop", TWO))
    before = (run.path / "claims.json").read_bytes()
    train(run)
    run.mark("sft-journey")
    assert not register(run, load_recipe("laptop", TWO))
    assert not register(run, load_recipe("laptop", [*TWO, "search.workers=7", "training.side_by_side=false"]))
    assert (run.path / "claims.json").read_bytes() == before


def test_a_claim_that_is_added_in_sight_of_a_model_is_known(run: Run) -> None:
    register(run, load_recipe("laptop", TWO))
    first = read(run.path)
    train(run)
    run.mark("sft-journey")
    run, recipe = update(run, OTHER)
    assert not register(run, recipe), "the update did"
    result = read(run.path)
    assert result is not None
    assert first is not None
    assert result.trained == ["journey/sft"]
    assert "sft-journey" in result.stages
    assert [each.claims for each in result.history] == [first.claims]
    assert result.history[0].claims_sha256 == first.claims_sha256
    assert [result.when(claim) for claim in recipe.claims] == [BEFORE, AFTER]
    assert result.withdrawn == ["journey.sft > shortcut.sft on tokens"]
    assert result.recipe_changes == 0


def test_claims_may_change_until_something_is_trained(run: Run) -> None:
    register(run, load_recipe("laptop", TWO))
    run, recipe = update(run, OTHER)
    result = read(run.path)
    assert result is not None
    assert len(result.history) == 1
    assert [result.when(claim) for claim in recipe.claims] == [BEFORE, BEFORE]
    assert result.withdrawn == []


def test_a_changed_recipe_is_recorded_after_models_are_deleted(run: Run) -> None:
    register(run, load_recipe("laptop", TWO))
    train(run)
    run.mark("sft-journey")
    run, recipe = update(run, [*TWO, "training.tokens=1000000"])
    assert not run.done("sft-journey")
    assert not (run.path / "models/journey/sft").exists()
    register(run, recipe)
    result = read(run.path)
    assert result is not None
    assert result.recipe_changes == 1
    assert [result.when(claim) for claim in recipe.claims] == [BEFORE, BEFORE]
    # The models are gone, but they were there.
    run, recipe = update(run, [*OTHER, "training.tokens=1000000"])
    again = read(run.path)
    assert again is not None
    assert again.trained == []
    assert (again.recipe_changes, len(again.history)) == (1, 2)
    assert [again.when(claim) for claim in recipe.claims] == [BEFORE, AFTER]
    assert again.withdrawn == ["journey.sft > shortcut.sft on tokens"]


def test_an_unregistered_trained_run_is_registered_late(run: Run) -> None:
    train(run)
    run, recipe = update(run, [*ONE, "training.tokens=1000000"])
    register(run, recipe)
    result = read(run.path)
    assert result is not None
    assert [result.when(claim) for claim in recipe.claims] == [AFTER]
    assert registration.trained(run.path) == []

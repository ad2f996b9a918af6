"""What arms have in common is done once; a stage may be of some families, and set keys of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError
from journey.runs.store import Run, read_json, record, write_json, write_lines
from tests.conftest import problem_of
from train.console import Console
from train.evaluation.metrics_schema import ModelMetrics
from train.evaluation.recovery import recovery
from train.evaluation.scoring import Sample, measure
from train.pipeline import experiment, replica_jobs
from train.pipeline.processes import Job
from train.pipeline.stage_data import stage_problems
from train.recipe import dependencies
from train.recipe.load import load_recipe
from train.recipe.recipe import Recipe
from train.recipe.stages import Stage

QUIET = Console(quiet=True)
FIRST = "sft-answers"


@pytest.fixture
def recipe() -> Recipe:
    return load_recipe("preferences", ["training.seeds=[0, 1]"])


def test_what_begins_alike_is_alike_up_to_where_it_parts(recipe: Recipe) -> None:
    like = dependencies.first_equal_stages(recipe)
    assert {like[f"sft-{arm.name}"] for arm in recipe.arms} == {FIRST}
    assert like["sft-steps@1"] == "sft-answers@1", "another seed is another model"
    assert {like[f"tuned-{arm.name}"] for arm in recipe.arms} == {f"tuned-{arm.name}" for arm in recipe.arms}
    adapters = dependencies.first_equal_stages(load_recipe("adapters"))
    assert adapters["first-dora"] == "first-full"
    assert adapters["second-dora"] == "second-dora", "what a stage sets makes another model of it"
    sampled = load_recipe("preferences", ["evaluation.samples={steps: 4}", "evaluation.sampled_problems=9"])
    assert dependencies.first_equal_stages(sampled)["sft-steps"] == FIRST
    assert dependencies.first_equal_stages(sampled)["eval-steps-sft"] == "eval-steps-sft", (
        "it is asked for more"
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run folder with the bases of two seeds."""
    for base in ("base", "base@1"):
        write_json(tmp_path / "models" / base / "config.json", {})
    return Run(tmp_path)


PROBLEM = problem_of("diophantine", 0, "heldout")
SAMPLE = Sample(PROBLEM.id, 0, "", 9, True, False, None)
METRICS = ModelMetrics(**dict(measure([PROBLEM], [SAMPLE])), recovery=recovery([PROBLEM], [SAMPLE], "terse"))


def stub(asked: list[str], file: str, where: Callable[[str, str], Path]) -> Any:
    """Takes the place of `run_jobs`: notes whose job it was, and leaves what that would."""

    def run_jobs(jobs: Sequence[Job], *_: Any) -> None:
        for job in jobs:
            asked.append(job.name)
            _, name, stage = job.arguments
            training = {"steps": 1, "train_tokens": 9, "by": name}
            write_json(where(name, stage) / file, training if file == "training.json" else METRICS.to_json())
            write_json(where(name, stage) / "config.json", {})
            write_lines(where(name, stage) / "log.jsonl", [])

    return run_jobs


def test_a_model_that_arms_share_is_trained_and_measured_once(
    recipe: Recipe, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = run.path / "models"
    asked: list[str] = []
    monkeypatch.setattr(
        replica_jobs, "run_jobs", stub(asked, "training.json", lambda *of: models.joinpath(*of))
    )
    experiment.train(run, recipe, "sft", recipe.replicas(), QUIET)
    assert asked == ["answers", "answers@1"]
    assert read_json(models / "rewards@1" / "sft" / "training.json")["by"] == "answers@1"
    assert all(run.done(f"sft-{replica.name}") for replica in recipe.replicas())
    assert run.manifest["stages"]["sft-steps"]["seconds"] == 0

    measured: list[str] = []
    place = run.path / "evals"
    monkeypatch.setattr(
        replica_jobs, "run_jobs", stub(measured, "metrics.json", lambda *of: place / "-".join(of))
    )
    experiment.evaluate(run, recipe, QUIET)
    assert measured == ["answers", "answers@1"]
    assert (place / "recoveries@1-sft" / "metrics.json").exists()


def test_a_model_whose_mark_a_kill_took_is_not_trained_again(
    recipe: Recipe, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = run.path / "models"
    write_json(models / "answers" / "sft" / "training.json", {"steps": 1, "train_tokens": 9})
    write_lines(models / "answers" / "sft" / "log.jsonl", [])
    asked: list[str] = []
    monkeypatch.setattr(
        replica_jobs, "run_jobs", stub(asked, "training.json", lambda *of: models.joinpath(*of))
    )
    experiment.train(run, recipe, "sft", recipe.replicas(), QUIET)
    assert asked == ["answers@1"]
    assert run.done("sft-answers")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ("data: {families: [countdown]}", "first of journey: no family of the recipe 'countdown'"),
        (
            "set: {base.size: 3M}",
            "sets base.size. A stage can only set keys of adapter, training, pairs",
        ),
        ("set: {training.seeds: [1]}", "first of journey sets training.seeds"),
        ("set: {adapter.rank: 0}", "first of journey: adapter.rank: input should be greater than 0"),
    ],
)
def test_what_a_stage_may_not_say_is_reported(change: str, text: str) -> None:
    stages = f"arms=[{{name: journey, traces: journey, stages: [{{kind: sft, name: first, {change}}}]}}]"
    with pytest.raises(InputError, match=text):
        load_recipe("laptop", [stages, "claims=[]", "evaluation.samples={}"])


def test_a_stage_is_trained_on_the_problems_of_its_families(tmp_path: Path) -> None:
    problems = [problem_of(family, index) for family in ("diophantine", "factoring") for index in range(3)]
    write_lines(tmp_path / "problems" / "train.jsonl", map(record, problems))
    run = Run(tmp_path)
    of_one = stage_problems(run, Stage.model_validate({"kind": "sft", "data": {"families": ["factoring"]}}))
    assert list(of_one) == [problem.id for problem in problems[3:]]
    assert len(stage_problems(run, Stage(kind="sft", name="sft"))) == 6


def test_a_stage_sets_keys_of_its_own() -> None:
    recipe = load_recipe("adapters")
    arm = recipe.arm("lora")
    assert recipe.for_arm(arm, arm.stage("first")).adapter.kind == "full"
    assert recipe.for_arm(arm, arm.stage("second")).adapter.kind == "lora"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["adapters", "noticing", "preferences", "rewards", "test-time"])
def test_a_shipped_recipe_runs_to_its_report(name: str, tmp_path: Path) -> None:
    run, resolved = experiment.resolve(name, tmp_path / "run", ["training.seeds=[0]"], quick=True)
    results = experiment.run_stages(run, resolved, QUIET)
    assert len(results.claims) == len(resolved.claims)
    assert (tmp_path / "run" / "report.html").exists()

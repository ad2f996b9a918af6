"""The pipeline of a model's own mistakes: they are collected, learned by later arms, and planted."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError, JourneyError
from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, read_lines
from tests.characters import END, CharacterModel
from traces.audit import audit
from traces.run_files import read_problems, read_texts
from traces.text import prompt
from train.console import Console
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.planted import make_plants
from train.pipeline import data, experiment, mistakes
from train.pipeline.eval_job import evaluate_replica
from train.recipe.recipe import Recipe
from train.recipe.stages import Arm


class Slips(CharacterModel):
    """A model whose first step has a slip in every output: y = 0 leaves one more than it does."""

    def __init__(self, folder: Path, *settings: object) -> None:
        self.folder = folder

    def generate(
        self, jobs: Sequence[Job], *, on_progress: Callable[[int], None] = print, **named: object
    ) -> list[Output]:
        texts = []
        for job in jobs:
            left, _, total = self.decode(job.ids).strip().partition("=")
            texts.append(f"y=0:{left.partition('x')[0]}x={int(total) + 1}\n=1,1")
        return [Output([*map(ord, text), END], [], True) for text in texts]


QUIET = Console(quiet=True)
TINY = ["problems.train=30", "problems.heldout=8", "problems.validation=4", "search.workers=1"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with data and a base, and the mark of a trained `none`."""
    folder = tmp_path_factory.mktemp("noticing") / "run"
    run, recipe = experiment.resolve("noticing", folder, TINY, quick=True)
    data.generate(run, recipe, QUIET)
    experiment.make_bases(run, recipe, recipe.replicas(), QUIET)
    model = folder / "models" / "none" / "sft"
    model.mkdir(parents=True)
    (model / "training.json").write_text("{}")
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Recipe]:
    """A copy of it, whose models all slip and whose jobs run in this process."""
    from train.evaluation.decoding import generators
    from train.recipe.load import recipe_of

    def here(jobs: Sequence[Any], *_: object) -> None:
        for job in jobs:
            job.call(*job.arguments, on_progress=lambda *progress: None)

    monkeypatch.setattr(generators, "CheckpointGenerator", Slips)
    monkeypatch.setattr(mistakes, "run_jobs", here)
    monkeypatch.setattr(mistakes, "PART_SIZE", 25)
    monkeypatch.setattr(mistakes, "BATCH", 10)
    run = Run(Path(shutil.copytree(made, tmp_path / "run")))
    return run, recipe_of(run)


def parts(run: Run) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (run.path / "mistakes" / "none").iterdir()}


def test_later_traces_hold_the_mistakes_of_the_model(copied: tuple[Run, Recipe]) -> None:
    run, recipe = copied
    own = recipe.arm("own")
    assert not (run.path / "traces" / f"{own.variant}.jsonl").exists()
    mistakes.collect_mistakes(run, recipe, "none", QUIET)
    mistakes.make_later_traces(run, recipe, own, "none", QUIET)
    asked = [row.id for row in mistakes.read_mistakes(run, "none")]
    assert len(asked) == 38 and len(parts(run)) == 2
    ids = {
        arm: [text.id for text in read_texts(run, recipe.arm(arm).variant, "train")]
        for arm in ("none", "own")
    }
    assert ids["none"] == ids["own"], "rule 4"
    rows = list(read_lines(run.path / "traces" / f"{own.variant}.jsonl", dict))
    slips = 0
    for row in rows:
        one = graph_problem(run, row["id"])
        report = audit(one, row["completion"])
        assert not report.faults
        if row["split"] == "train":
            wrong = [line.text for line in report.wrong_steps]
            assert wrong in ([], [f"y=0:{one.givens['a']}x={one.givens['c'] + 1}"])
            slips += len(wrong)
    facts = run.manifest["stages"][f"traces-{own.variant}"]
    assert facts["mistaken"] == slips > 20


def graph_problem(run: Run, id: str) -> Problem:
    return next(graph.problem for graph in read_graphs(run.path / "graphs") if graph.problem.id == id)


def test_a_killed_collection_ends_with_the_same_bytes(copied: tuple[Run, Recipe]) -> None:
    run, recipe = copied
    mistakes.collect_mistakes(run, recipe, "none", QUIET)
    whole = parts(run)
    for kept in (0, 1, 700, len(whole["part-00000.jsonl"]) - 1):
        del run.manifest["stages"]["mistakes-none"]
        (run.path / "mistakes" / "none" / "part-00000.jsonl").write_bytes(whole["part-00000.jsonl"][:kept])
        (run.path / "mistakes" / "none" / "part-00001.jsonl").unlink()
        mistakes.collect_mistakes(run, recipe, "none", QUIET)
        assert parts(run) == whole


def test_a_mistake_that_does_not_fit_is_left_out(copied: tuple[Run, Recipe]) -> None:
    from transformers import AutoTokenizer

    from train.pipeline.stage_data import read_data

    run, recipe = copied
    none, own = recipe.arm("none"), recipe.arm("own")
    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / "base")
    first = read_data(run, recipe, recipe.replica("none"), none.stages[0], tokenizer).texts
    longest = max(len(text.row["input_ids"]) for text in first)
    base = recipe.base.model_copy(update={"context": longest})
    tight = recipe.model_copy(update={"base": base})
    mistakes.collect_mistakes(run, tight, "none", QUIET)
    mistakes.make_later_traces(run, tight, own, "none", QUIET)
    assert run.manifest["stages"][f"traces-{own.variant}"]["too long"] >= 1
    later = read_data(run, tight, recipe.replica("own"), own.stages[0], tokenizer).texts
    again = read_data(run, tight, recipe.replica("none"), none.stages[0], tokenizer).texts
    assert [text.id for text in later] == [text.id for text in again]
    assert max(len(text.row["input_ids"]) for text in later) <= longest


def test_mistakes_need_a_trained_model(copied: tuple[Run, Recipe]) -> None:
    run, recipe = copied
    (run.path / "models" / "none" / "sft" / "training.json").unlink()
    with pytest.raises(InputError, match=r"journey train sft --run .* --arm none"):
        mistakes.collect_mistakes(run, recipe, "none", QUIET)


def test_every_arm_continues_the_same_own_mistakes(copied: tuple[Run, Recipe]) -> None:
    run, recipe = copied
    mistakes.collect_mistakes(run, recipe, "none", QUIET)
    asked = [problem.id for problem in read_problems(run, "heldout")]
    graphs = list(mistakes.graphs_with_mistakes(run, "none", asked))
    assert [graph.problem.id for graph in graphs] == asked
    by_arm = {
        arm.name: make_plants(graphs, *recipe.variants()[arm.variant], proposer="none") for arm in recipe.arms
    }
    assert len(by_arm["none"]) >= 6
    assert all(plants == by_arm["none"] for plants in by_arm.values())
    assert all(plant.before == "" and prompt(plant.problem) for plant in by_arm["own"])


def with_arms(recipe: Recipe, *arms: Arm, context: int | None = None) -> Recipe:
    base = recipe.base if context is None else recipe.base.model_copy(update={"context": context})
    return recipe.model_copy(update={"arms": list(arms), "base": base})


@pytest.mark.parametrize(
    "changes",
    [
        {"traces.mistakes": 0.5, "traces.dead_ends": 0.5},
        {"traces.mistaken": 0.5, "traces.wrong_turns": 1},
    ],
)
def test_journeys_with_a_mistake_are_counted_not_changed_ones(
    changes: dict[str, float], copied: tuple[Run, Recipe]
) -> None:
    run, recipe = copied
    mistakes.collect_mistakes(run, recipe, "none", QUIET)
    own = Arm(name="own", traces="journey", set={"traces.mistakes_from": "none", **changes})
    changed = with_arms(recipe, recipe.arm("none"), own)
    mistakes.make_later_traces(run, changed, own, "none", QUIET)
    rows = list(read_lines(run.path / "traces" / f"{own.variant}.jsonl", dict))
    holds = [
        bool(audit(graph_problem(run, row["id"]), row["completion"]).wrong_steps)
        for row in rows
        if row["split"] == "train"
    ]
    assert run.manifest["stages"][f"traces-{own.variant}"]["mistaken"] == sum(holds)
    assert 0 < sum(holds) < len(holds)


def test_a_later_arm_drops_no_problem_that_others_keep(copied: tuple[Run, Recipe]) -> None:
    from transformers import AutoTokenizer

    from train.models.token_rows import encode

    run, recipe = copied
    mistakes.collect_mistakes(run, recipe, "none", QUIET)
    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / "base")
    longest = max(len(row["input_ids"]) for row in encode(tokenizer, read_texts(run, "shortcut", "train")))
    short, own = Arm(name="none", traces="shortcut"), recipe.arm("own")
    with pytest.raises(JourneyError, match="traces of own do not fit the context even without mistakes"):
        mistakes.make_later_traces(run, with_arms(recipe, short, own, context=longest), own, "none", QUIET)
    assert not (run.path / "traces" / f"{own.variant}.jsonl").exists()
    # A context that fits no trace of any arm drops the same problems from all of them.
    mistakes.make_later_traces(run, with_arms(recipe, short, own, context=4), own, "none", QUIET)


def test_no_model_is_evaluated_without_the_planted_mistakes(
    copied: tuple[Run, Recipe], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, recipe = copied
    missing = r"plants the mistakes of none, which are not collected yet"
    with pytest.raises(InputError, match=missing):
        evaluate_replica(run.path, "none", "sft", lambda *progress: None)
    with pytest.raises(InputError, match=missing):
        experiment.evaluate(run, recipe, QUIET)
    evaluated: list[str] = []

    def fails(*_: object) -> None:
        raise JourneyError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(experiment, "train", lambda *_: None)
        patched.setattr(experiment, "evaluate", lambda *_: evaluated.append("all"))
        patched.setattr(experiment, "conclude", lambda *_: None)
        patched.setattr(experiment, "collect_mistakes", fails)
        with pytest.raises(JourneyError, match=r"^the disk is full$"):
            experiment.run_stages(run, recipe, QUIET)
        assert evaluated == []
        assert Run(run.path).manifest["failed"] == ["the disk is full"]
        patched.setattr(experiment, "collect_mistakes", mistakes.collect_mistakes)
        experiment.run_stages(run, recipe, QUIET)
        assert evaluated == ["all"], "resumed once the mistakes are there"

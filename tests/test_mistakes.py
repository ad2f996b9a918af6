"""A model's own mistakes: read from its outputs, proved, put into graphs, walked, planted and learned."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, read_lines
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from tests.conftest import graph_of
from tests.test_decoding import END, problem
from traces.audit import Audit, audit
from traces.mistakes import find_mistakes, with_mistakes
from traces.run_files import read_problems, read_texts
from traces.text import STYLES, parse, prompt, render
from traces.trace import Trace
from traces.walks import WalkSettings, walk
from train.console import Console
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.planted import make_plants
from train.pipeline import data, experiment, mistakes
from train.recipe.dependencies import stages
from train.recipe.load import load_recipe
from train.recipe.recipe import Recipe

OUTPUT = "y=0:7x=173\n!5<\nnonsense\ny=1:7x=151\nx=22\n=22,1"
"""After y = 0 a slip: 173 - 12 = 161. And x = 22 does not follow from 7x = 151."""
OWN = WalkSettings(mistaken=1.0, mistakes_from="model")


def searched(one: Problem, mistakes: float = 0.0) -> SolutionGraph:
    return explore(one, Symbolic(mistakes, 0), "depth", Budget(steps=300))


def journeys_of(family: str, index: int) -> tuple[SolutionGraph, Trace]:
    """The graph of a search without mistakes, and a journey about the problem that has many."""
    trace = walk("journey", graph_of(family, index, mistakes=1.0), WalkSettings())
    assert trace is not None
    return graph_of(family, index, mistakes=0.0), trace


def wrong_lines(report: Audit) -> list[str]:
    return [line.text for line in report.wrong_steps]


def test_refuted_steps_are_found_with_their_proofs() -> None:
    slip, division = find_mistakes(problem(), [OUTPUT, "y=2:7x=149", OUTPUT])
    assert (slip.source, slip.target) == ("7x+12y=173", "y=1, 7x=151")
    assert str(slip.evidence) == "173 - 12*1 = 161, not 151"
    assert slip.tried == ("y=0, 7x=173",)
    assert (slip.count, slip.solved) == (2, False)
    assert (division.source, division.count, division.solved) == ("y=1, 7x=151", 2, True)
    assert find_mistakes(problem(), ["y=0:7x=173\n!5<\ny=1:7x=161\nx=23\n=23,1", "", "?"]) == []


def test_a_mistake_comes_where_the_model_made_it() -> None:
    graph = searched(problem())
    before = graph.to_record()
    more = with_mistakes(graph, find_mistakes(problem(), [OUTPUT]), "model")
    assert graph.to_record() == before
    assert [step.target for step in more.steps_from(more.root)] == [
        "y=0, 7x=173",
        "y=1, 7x=151",
        "y=1, 7x=161",
    ]
    assert [step.order for step in more.steps()] == list(range(len(graph.steps()) + 1))
    assert {step.proposer for step in more.steps()} == {"symbolic", "model"}
    assert [s.target for s in more.solution() or []] == [s.target for s in graph.solution() or []]
    assert SolutionGraph.from_record(more.to_record()).to_record() == more.to_record()
    trace = walk("journey", more, OWN)
    assert trace is not None
    assert render(trace) == "y=0:7x=173\n!5<\ny=1:7x=151\n!161<\ny=1:7x=161\nx=23\n=23,1"


def test_mistakes_from_nowhere_and_in_circles_are_left_out() -> None:
    graph = searched(problem())
    elsewhere = find_mistakes(problem(), ["y=9:7x=65\nx=9"])
    circle = find_mistakes(problem(), ["x=3"])
    assert elsewhere and circle
    assert with_mistakes(graph, [*elsewhere, *circle], "model").to_record() == graph.to_record()


@pytest.mark.parametrize("style", STYLES)
def test_own_mistakes_become_audited_journeys(family: str, style: str) -> None:
    taught = 0
    for index in range(6):
        graph, written = journeys_of(family, index)
        own = find_mistakes(graph.problem, [render(written, style, index)], style)
        more = with_mistakes(graph, own, "model")
        trace = walk("journey", more, OWN)
        assert trace is not None
        text = render(trace, style, index)
        assert parse(graph.problem, text, style) == trace
        report = audit(graph.problem, text, style)
        assert report.solved and not report.faults
        assert len(report.wrong_steps) <= 1
        taught += len(report.wrong_steps)
    assert taught >= 3


def test_only_the_chosen_proposer_s_mistakes_are_walked(family: str) -> None:
    for index in range(6):
        synthetic = graph_of(family, index, mistakes=1.0)
        none = walk("journey", synthetic, WalkSettings(mistakes_from="model"))
        assert none is not None
        assert not audit(none.problem, render(none)).wrong_steps


@pytest.mark.parametrize("family", ["countdown", "diophantine", "linear"])
def test_a_share_of_the_journeys_has_one_mistake(family: str) -> None:
    mistaken: dict[float, set[int]] = {}
    for share in (0.0, 0.1, 0.33, 1.0):
        mistaken[share] = set()
        for index in range(24):
            trace = walk("journey", graph_of(family, index), WalkSettings(mistaken=share, mistakes=0.02))
            assert trace is not None
            count = len(audit(trace.problem, render(trace)).wrong_steps)
            assert count <= 1
            mistaken[share] |= {index} if count else set()
    assert not mistaken[0.0]
    assert mistaken[0.1] <= mistaken[0.33] <= mistaken[1.0]
    assert len(mistaken[1.0]) > 12
    assert 0 < len(mistaken[0.33]) / len(mistaken[1.0]) < 0.7


def test_a_plant_stands_where_the_step_was_explored() -> None:
    graph = searched(problem())
    more = with_mistakes(graph, find_mistakes(problem(), ["y=0:7x=172", OUTPUT]), "model")
    plants = {
        plant.wrong: plant.before
        for seed in range(30)
        for plant in make_plants([more], "journey", WalkSettings(), seed=seed, proposer="model")
    }
    assert plants == {"y=0:7x=172": "", "y=1:7x=151": "y=0:7x=173\n!5<\n"}
    assert make_plants([more], "journey", WalkSettings(), proposer="nobody") == []
    shortcut = make_plants([more], "shortcut", WalkSettings(), proposer="model")
    assert [plant.before for plant in shortcut] == [""]


def test_the_lines_before_a_plant_hold_no_mistake() -> None:
    graphs = [graph_of("diophantine", index, mistakes=1.0) for index in range(12)]
    for plant in make_plants(graphs, "journey", WalkSettings(mistakes=1.0, mistaken=1.0)):
        assert wrong_lines(audit(plant.problem, plant.before + plant.wrong)) == [plant.wrong]


ARMS = "arms=[{name: none, traces: journey}, {name: own, traces: %s, set: {traces.mistakes_from: %s}%s}]"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["traces.mistakes_from=none"], "set traces.mistakes_from in the arms"),
        ([ARMS % ("shuffled", "none", "")], "no kind of trace with traces.mistakes_from 'shuffled'"),
        ([ARMS % ("journey", "nine", "")], "no arm 'nine': did you mean 'none'"),
        ([ARMS % ("journey", "own", "")], "own cannot give its mistakes"),
        (
            [ARMS % ("journey", "none", ", stages: [sft, {kind: dpo, pairs: [step]}]")],
            "dpo of own: traces.mistakes_from makes no pairs",
        ),
        (
            ["evaluation.methods={problems: 9, planted_from: none}", ARMS % ("journey", "none", "")],
            "methods.planted_from needs methods.planted",
        ),
    ],
)
def test_what_cannot_give_mistakes_is_refused(changes: list[str], message: str) -> None:
    settings = ["claims=[]", "compare=[]", *changes]
    with pytest.raises(InputError, match=message.replace("?", r"\?")):
        load_recipe("noticing", settings)


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        ("own > none on noticed in harder", "noticed is measured in own only"),
        ("own > none on recovered in own", None),
        ("own > none on right_after_error", None),
        ("own > none on pass@1 in own", "set evaluation.sets.own"),
    ],
)
def test_claims_name_the_plants_of_a_model(claim: str, message: str | None) -> None:
    if message is None:
        assert load_recipe("noticing", [f"claims=[{claim}]"]).claims == [claim]
        return
    with pytest.raises(InputError, match=message):
        load_recipe("noticing", [f"claims=[{claim}]"])


def differing(*changes: str) -> set[str]:
    seeds = "training.seeds=[0]"
    before = {stage.mark: stage.digest for stage in stages(load_recipe("noticing", [seeds]))}
    after = {stage.mark: stage.digest for stage in stages(load_recipe("noticing", [seeds, *changes]))}
    return {mark for mark in before if before[mark] != after.get(mark)}


def arms(none: str = "", own: str = "1.0") -> str:
    return (
        f"arms=[{{name: none, traces: journey, set: {{traces.mistaken: 0.0{none}}}}}, "
        "{name: tenth, traces: journey, set: {traces.mistaken: 0.1}}, "
        "{name: third, traces: journey, set: {traces.mistaken: 0.33}}, "
        f"{{name: own, traces: journey, set: {{traces.mistakes_from: none, traces.mistaken: {own}}}}}]"
    )


def test_an_update_repeats_what_a_source_s_change_affects() -> None:
    assert differing(arms()) == set()
    variant = "journey,mistaken=1.0,mistakes_from=none"
    learner = {"sft-own", "eval-own-sft"}
    # The variant has another name then, so its traces are another stage.
    assert differing(arms(own="0.5")) == {f"traces-{variant}", *learner}
    source = {"sft-none", "mistakes-none", f"traces-{variant}", *learner, "eval-none-sft"}
    evaluated = {"eval-tenth-sft", "eval-third-sft"}
    assert differing(arms(none=", sft.learning_rate: 0.001")) == source | evaluated
    without = [
        "claims=[]",
        "compare=[]",
        "evaluation.methods.planted_from=null",
        "arms=[{name: none, traces: journey, set: {traces.mistaken: 0.0}}, "
        "{name: tenth, traces: journey, set: {traces.mistaken: 0.1}}, "
        "{name: third, traces: journey, set: {traces.mistaken: 0.33}}]",
    ]
    assert differing(*without) == {
        "mistakes-none",
        f"traces-{variant}",
        *learner,
        *evaluated,
        "eval-none-sft",
    }


class Slips:
    """A model whose first step has a slip in every output: y = 0 leaves one more than it does."""

    def __init__(self, folder: Path, *settings: object) -> None:
        self.folder = folder

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(map(ord, text))

    encode_prompt = encode

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(token) for token in ids if token != END)

    def ended(self, output: Output) -> bool:
        return output.ids[-1] == END

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

    from train.pipeline.train_job import stage_problems, training_rows

    run, recipe = copied
    none, own = recipe.arm("none"), recipe.arm("own")
    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / "base")
    problems = stage_problems(run, none.stages[0])
    first = training_rows(run, recipe, recipe.replica("none"), none.stages[0], tokenizer, problems)
    longest = max(len(row["input_ids"]) for rows in first.values() for row in rows)
    base = recipe.base.model_copy(update={"context": longest})
    tight = recipe.model_copy(update={"base": base})
    mistakes.collect_mistakes(run, tight, "none", QUIET)
    mistakes.make_later_traces(run, tight, own, "none", QUIET)
    assert run.manifest["stages"][f"traces-{own.variant}"]["too long"] >= 1
    later = training_rows(run, tight, recipe.replica("own"), own.stages[0], tokenizer, problems)
    again = training_rows(run, tight, recipe.replica("none"), none.stages[0], tokenizer, problems)
    assert list(later) == list(again)
    assert max(len(row["input_ids"]) for rows in later.values() for row in rows) <= longest


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

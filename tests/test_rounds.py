"""Rounds: a model's own outputs, those that the checker accepts, pairs of them, and averages of weights."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from journey.errors import JourneyError
from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, read_lines, reader, write_json, write_lines
from tests.characters import END, CharacterModel
from tests.test_mixtures import QUIET, SMALL
from traces.audit_files import audit_path
from traces.pairs import Pair, proved
from traces.run_files import read_problems
from traces.text import prompt, render
from traces.walks import WalkSettings, walk
from train.evaluation.decoding.batching import Job, Output
from train.models.token_rows import IGNORED
from train.pipeline import data, experiment, on_policy, train_job
from train.pipeline.on_policy import SampledOutput, chosen_outputs
from train.pipeline.stage_data import read_data
from train.pipeline.token_masks import masked_texts
from train.recipe import dependencies
from train.recipe.load import load_recipe
from train.recipe.recipe import Recipe
from train.recipe.settings import Adapter
from train.trainers.stage import StageSpec

ROUND = "{kind: rejection, name: round1, samples: 3, data: {from: outputs, families: [diophantine]}%s}"


def recipe_with(more: str = "", *others: str) -> Recipe:
    stages = ", ".join(["sft", ROUND % more, *others])
    return load_recipe("laptop", [*SMALL, f"arms=[{{name: x, traces: shortcut, stages: [{stages}]}}]"])


class Scripted(CharacterModel):
    """A model whose second output is the journey, and whose third the shortcut; the first is wrong.

    Every fourth problem has wrong outputs alone, and its third one does not end.
    """

    answers: dict[str, tuple[str, ...]]
    calls: list[str]
    seeds: set[int]

    def __init__(self, folder: Path, *settings: object) -> None:
        self.folder = folder

    def generate(self, jobs: Sequence[Job], *, seed: int, **named: object) -> list[Output]:
        outputs = []
        self.seeds.add(seed)
        for job in jobs:
            self.calls.append(job.name)
            id, _, copy = job.name.partition(":")
            text = self.answers[id][int(copy) - 1]
            outputs.append(Output([*map(ord, text), *([END] if text else [65])], [], True))
        return outputs


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with data and a base that counts as the trained model of `sft`."""
    run = experiment.open_run(tmp_path_factory.mktemp("rounds") / "run", recipe_with())
    data.generate(run, recipe_with(), QUIET)
    experiment.make_bases(run, recipe_with(), recipe_with().replicas(), QUIET)
    return run.path


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch, made: Path, tmp_path: Path) -> Callable[..., Any]:
    """Samples the outputs of round1, or of another stage, into a run folder with the data of `made`."""
    from train.evaluation.decoding import generators
    from train.models import flops
    from train.trainers import dpo, sft

    class Cost:
        def answer(self, prompt: int, generated: int) -> float:
            return prompt + generated

        def training(self, lengths: Iterable[int]) -> float:
            return sum(lengths)

        def forward(self, length: int) -> float:
            return length

    Scripted.answers, Scripted.calls, Scripted.seeds = {}, [], set()
    for number, graph in enumerate(read_graphs(made / "graphs")):
        wrong = "=1,1"
        shortcut, journey = (
            render(trace) for kind in ("shortcut", "journey") if (trace := walk(kind, graph, WalkSettings()))
        )
        right = (wrong, journey, shortcut) if number % 4 else (wrong, wrong, "")
        Scripted.answers[graph.problem.id] = right
    monkeypatch.setattr(generators, "CheckpointGenerator", Scripted)
    for module in (flops, sft, dpo):
        monkeypatch.setattr(module, "cost_of", lambda folder: Cost())
    monkeypatch.setattr(on_policy, "BATCH", 7)
    for name in ("problems", "traces", "graphs", "curation.json", "manifest.json"):
        (tmp_path / name).symlink_to(made / name)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "base").symlink_to(made / "models" / "base")

    def sample(recipe: Recipe, name: str = "round1") -> tuple[dict[str, Any], Path]:
        run, replica = Run(tmp_path), recipe.replicas()[0]
        stage = replica.arm.stage(name)
        spec = StageSpec(
            tmp_path / "models" / "x" / "sft", tmp_path / "models" / "x" / name, 0, Adapter(), {}
        )
        problems = asked(run, recipe, name)
        facts = on_policy.sample_outputs(run, recipe, replica, stage, spec, problems)
        return facts, on_policy.outputs_file(run, replica, stage)

    return sample


def asked(run: Run, recipe: Recipe, name: str = "round1") -> list[Problem]:
    replica = recipe.replicas()[0]
    return train_job.asked_problems(run, recipe, replica, replica.arm.stage(name))


def test_every_output_is_recorded_with_its_verdict_and_its_model(scripted: Any, tmp_path: Path) -> None:
    facts, path = scripted(recipe_with())
    rows = list(read_lines(path, reader(SampledOutput)))
    problems = asked(Run(tmp_path), recipe_with())
    assert {problem.family for problem in problems} == {"diophantine"}
    order = [row.id for row in rows if row.sample == 1]
    assert [row.id for row in rows] == 3 * order, "the first outputs first"
    assert set(order) == {problem.id for problem in problems}
    assert {row.model for row in rows} == {"models/x/sft"}
    solvable = [problem.id for problem in problems if Scripted.answers[problem.id][1] != "=1,1"]
    assert {row.id for row in rows if row.correct} == set(solvable)
    assert facts["outputs"] == len(rows) == 3 * len(problems)
    assert (facts["solved"], facts["accepted"]) == (len(solvable), 2 * len(solvable))
    assert facts["generated_tokens"] == sum(row.tokens for row in rows)


def test_the_checker_chooses_and_the_control_does_not(scripted: Any, tmp_path: Path) -> None:
    _, path = scripted(recipe_with())
    ids = [problem.id for problem in asked(Run(tmp_path), recipe_with())]
    by_choice = {
        choose: chosen_outputs(path, recipe_with(f", choose: {choose}").arms[0].stages[1], 0, ids)
        for choose in ("shortest", "all", "random")
    }
    solvable = [id for id in ids if Scripted.answers[id][1] != "=1,1"]
    assert [row.id for row in by_choice["shortest"]] == solvable
    assert all(row.text == min(Scripted.answers[row.id][1:], key=len) for row in by_choice["shortest"])
    for id in solvable:
        different = {row.text for row in by_choice["all"] if row.id == id}
        assert different == set(Scripted.answers[id][1:])
    assert [row.id for row in by_choice["random"]] == ids
    assert all(row.finished for row in by_choice["random"])
    assert 0 < sum(not row.correct for row in by_choice["random"]) < len(ids)
    backwards = chosen_outputs(path, recipe_with(", choose: random").arms[0].stages[1], 0, ids[::-1])
    assert backwards[::-1] == by_choice["random"], "rule 8"


def test_right_outputs_become_the_training_texts(scripted: Any, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    scripted(recipe_with())
    recipe = recipe_with()
    replica = recipe.replicas()[0]
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "models" / "base")
    result = read_data(Run(tmp_path), recipe, replica, replica.arm.stage("round1"), tokenizer)
    of = {problem.id: problem for problem in read_problems(Run(tmp_path), "train")}
    for text in result.texts:
        shortest = min(Scripted.answers[text.id][1:], key=len)
        assert tokenizer.decode(text.row["input_ids"][:-1]) == prompt(of[text.id]) + shortest
        learned = [label for label in text.row["labels"] if label != IGNORED]
        assert tokenizer.decode(learned) == shortest + tokenizer.eos_token, "rule 13"
        assert text.file == "models/x/round1/outputs.jsonl" and text.sample in (2, 3)


def test_a_right_answer_with_a_wrong_step_is_accepted_only_if_asked_for(scripted: Any, made: Path) -> None:
    for problem in read_problems(Run(made), "train"):
        if problem.family == "diophantine":
            answer = Scripted.answers[problem.id][2].rpartition("\n")[2] or "=1,1"
            slip = f"y=0:{problem.givens['a']}x={problem.givens['c'] + 1}"
            Scripted.answers[problem.id] = ("=1,1", f"{slip}\n{answer}", "=1,1")
    with pytest.raises(JourneyError, match="with every line proved, none"):
        scripted(recipe_with())
    facts, path = scripted(recipe_with(", accept: right"))
    rows = [row for row in read_lines(path, reader(SampledOutput)) if row.correct]
    assert facts["accepted"] == len(rows) > 0
    assert not any(row.clean for row in rows)


@pytest.mark.parametrize("stop", [1, 100, 2_000])
def test_a_killed_sampling_ends_with_the_same_bytes(scripted: Any, stop: int) -> None:
    _, path = scripted(recipe_with())
    undisturbed = path.read_bytes()
    path.write_bytes(undisturbed[:stop])
    Scripted.calls.clear()
    facts, _ = scripted(recipe_with())
    assert path.read_bytes() == undisturbed
    assert len(Scripted.calls) <= facts["outputs"] - undisturbed[:stop].count(b"\n") + 7
    Scripted.calls.clear()
    scripted(recipe_with())
    assert not Scripted.calls, "what is complete is not sampled again"


def test_a_limit_on_generated_tokens_ends_the_sampling(scripted: Any, tmp_path: Path) -> None:
    whole, path = scripted(recipe_with())
    path.unlink()
    limit = whole["generated_tokens"] // 2
    facts, path = scripted(recipe_with(f", generated: {limit / 6000}"))
    longest = max(row.tokens for row in read_lines(path, reader(SampledOutput)))
    assert limit <= facts["generated_tokens"] < limit + longest, "to within an output, whatever the batch"
    first = [row.sample for row in read_lines(path, reader(SampledOutput))]
    assert first == sorted(first), "all problems get an output before any gets its second"
    undisturbed = path.read_bytes()
    path.write_bytes(undisturbed[: len(undisturbed) // 2])
    scripted(recipe_with(f", generated: {limit / 6000}"))
    assert path.read_bytes() == undisturbed
    Scripted.calls.clear()
    scripted(recipe_with(f", generated: {limit / 6000}"))
    assert not Scripted.calls


def test_a_limit_leaves_out_other_problems_in_each_round(scripted: Any) -> None:
    Scripted.answers = {id: texts[1:] * 2 for id, texts in Scripted.answers.items()}
    later = ROUND.replace("round1", "round2") % ", generated: 0.05"
    recipe = recipe_with(", generated: 0.05", later)
    first, second = (
        [row.id for row in read_lines(scripted(recipe, name)[1], reader(SampledOutput))]
        for name in ("round1", "round2")
    )
    assert len(first) < 20 and len(second) < 20
    assert set(first) != set(second)
    assert len(Scripted.seeds) == 2, "rule 8: a round does not repeat the outputs of the one before"


def test_outputs_are_sampled_for_the_problems_of_their_source_alone(scripted: Any, tmp_path: Path) -> None:
    mixed = "[{from: outputs, families: [diophantine]}, {families: [derivative], share: 0.5}]"
    stage = f"{{kind: rejection, name: round1, data: {mixed}}}"
    recipe = load_recipe("laptop", [*SMALL, f"arms=[{{name: x, traces: shortcut, stages: [sft, {stage}]}}]"])
    assert {problem.family for problem in asked(Run(tmp_path), recipe)} == {"diophantine"}


def test_a_round_that_solves_nothing_says_so(scripted: Any) -> None:
    Scripted.answers = {id: ("=1,1",) * 3 for id in Scripted.answers}
    with pytest.raises(
        JourneyError,
        match=r"round1 of x ends here: models/x/sft solved.* none of \d+ problems in \d+ .*raise `samples`",
    ):
        scripted(recipe_with())


def test_pairs_prefer_a_right_output_to_a_wrong_one_of_the_same_model(scripted: Any, tmp_path: Path) -> None:
    recipe = recipe_with("", "{kind: dpo, name: tuned, pairs: [sampled], samples: 3}")
    scripted(recipe, "tuned")
    run, replica = Run(tmp_path), recipe.replicas()[0]
    stage = replica.arm.stage("tuned")
    problems = {problem.id: problem for problem in asked(run, recipe, "tuned")}
    count = on_policy.write_sampled_pairs(run, replica, stage, problems, "terse")
    solvable = [id for id in problems if Scripted.answers[id][1] != "=1,1"]
    pairs = list(read_lines(on_policy.pairs_file(run, replica, stage), reader(Pair)))
    assert count == len(pairs) == len(solvable)
    assert all(proved(pair) and pair.ends for pair in pairs)
    assert train_job.choose_pairs(run, recipe, replica, stage) == pairs
    backwards = dict(reversed(problems.items()))
    on_policy.write_sampled_pairs(run, replica, stage, backwards, "terse")
    assert train_job.choose_pairs(run, recipe, replica, stage) == pairs[::-1], "rule 8"


def test_an_output_that_was_cut_off_is_no_rejected_side(scripted: Any, tmp_path: Path) -> None:
    """What a cut-off output would have answered is unknown (rule 7), so it proves no preference."""
    Scripted.answers = {id: ("", *texts[1:]) for id, texts in Scripted.answers.items()}
    recipe = recipe_with("", "{kind: dpo, name: tuned, pairs: [sampled], samples: 3}")
    scripted(recipe, "tuned")
    run, replica = Run(tmp_path), recipe.replicas()[0]
    problems = {problem.id: problem for problem in asked(run, recipe, "tuned")}
    stage = replica.arm.stage("tuned")
    assert on_policy.write_sampled_pairs(run, replica, stage, problems, "terse") == 0


def test_stages_that_are_not_trained_have_no_masks_yet(scripted: Any, tmp_path: Path) -> None:
    recipe = recipe_with("", "{kind: dpo, name: tuned, pairs: [sampled], samples: 3}")
    ids = [problem.id for problem in asked(Run(tmp_path), recipe)]

    def shown() -> set[str]:
        return {text.stage for texts in masked_texts(tmp_path, ids, recipe).values() for text in texts}

    assert shown() == {"sft"}
    scripted(recipe)
    assert shown() == {"sft", "round1"}


def test_outputs_of_a_run_do_not_spoil_its_audit(scripted: Any, tmp_path: Path, made: Path) -> None:
    scripted(recipe_with())
    assert audit_path(tmp_path).summary == audit_path(made).summary


# --- what depends on what ---


def test_a_change_of_a_round_repeats_it_and_those_after_it() -> None:
    second = "{kind: rejection, name: round2}"
    plain, chosen, longer = (
        {each.mark: each.digest for each in dependencies.stages(recipe)}
        for recipe in (
            recipe_with("", second),
            recipe_with("", "{kind: rejection, name: round2, choose: all}"),
            recipe_with(", samples: 4".replace("samples", "generated"), second),
        )
    )

    def changed(other: dict[str, str]) -> set[str]:
        return {mark for mark in plain if plain[mark] != other[mark]}

    last = {"round2-x", "eval-x-round2"}
    assert changed(chosen) == last
    assert changed(longer) == last | {"round1-x", "eval-x-round1"}
    limit = load_recipe("rounds", ["evaluation.max_new_tokens=99"])
    old = {each.mark: each.digest for each in dependencies.stages(load_recipe("rounds"))}
    new = {each.mark: each.digest for each in dependencies.stages(limit)}
    assert old["half1-journey_2"] != new["half1-journey_2"], "a longer output is another text"


def test_an_update_keeps_the_rounds_before_the_change(tmp_path: Path) -> None:
    second = "{kind: rejection, name: round2}"
    old, new = recipe_with("", second), recipe_with("", "{kind: rejection, name: round2, choose: all}")
    run = experiment.open_run(tmp_path / "run", old)
    for name in ("round1", "round2"):
        write_lines(run.path / "models" / "x" / name / "outputs.jsonl", [])
        run.mark(f"{name}-x")
    assert dependencies.update(run, old, new) == ["round2-x"]
    assert (run.path / "models" / "x" / "round1" / "outputs.jsonl").exists()
    assert not (run.path / "models" / "x" / "round2").exists()


def test_arms_that_begin_with_the_same_round_share_it() -> None:
    like = dependencies.first_equal_stages(load_recipe("rounds", ["training.seeds=[0]"]))
    assert like["half1-shortcut_mean"] == "half1-shortcut_2"
    assert like["last-shortcut_mean"] == "last-shortcut_mean"
    assert like["half1-shortcut_random"] == "half1-shortcut_random"


def test_rounds_train_from_outputs_to_pairs_and_averages(scripted: Any, tmp_path: Path) -> None:
    """The stages themselves, one after the other, on outputs of the scripted model."""
    import shutil

    from transformers import AutoModelForCausalLM

    tuned = "{kind: dpo, name: tuned, pairs: [sampled], samples: 3, average: {branches: 2}}"
    mixed, average = "[{}, {from: round1, share: 0.25}]", "{branches: 2, stages: [tuned]}"
    last = f"{{kind: continue, name: last, data: {mixed}, average: {average}}}"
    nll = ["dpo.loss_type=[sigmoid, sft]", "dpo.loss_weights=[1.0, 0.2]", "pairs.count=8", "pairs.batch=2"]
    stages = ", ".join(["sft", ROUND % "", tuned, last])
    arms = f"arms=[{{name: x, traces: shortcut, stages: [{stages}]}}]"
    recipe = load_recipe("laptop", [*SMALL, *nll, arms, "training.tokens=1500", "evaluation.curve.points=0"])
    models = tmp_path / "models" / "x"
    shutil.copytree((tmp_path / "models" / "base").resolve(), models / "sft")
    (tmp_path / "manifest.json").unlink()
    write_json(tmp_path / "manifest.json", {"settings": recipe.model_dump(mode="json"), "stages": {}})

    def train(name: str) -> dict[str, Any]:
        train_job.train_replica(tmp_path, "x", name, lambda *progress: None)
        return dict(json.loads((models / name / "training.json").read_text()))

    facts = train("round1")
    assert facts["accepted"] == 2 * facts["solved"] > 0
    assert facts["data"][0]["source"] == "outputs of diophantine"
    assert 1_500 <= facts["train_tokens"] < 2_100
    rows = list(read_lines(models / "round1" / "data.jsonl", dict))
    assert {row["file"] for row in rows} == {"models/x/round1/outputs.jsonl"}
    pairs = train("tuned")
    assert pairs["reference"] == "round1", "rule 12: the start of the round"
    assert pairs["pairs"] == 8 and pairs["averaged"] == ["branch 0", "branch 1"]
    log = list(read_lines(models / "tuned" / "log.jsonl", dict))
    assert log[0]["loss"] > 0.7, "more than -log(1/2): the term of the chosen side is in it"
    averaged = train("last")
    shares = [source["share"] for source in averaged["data"]]
    assert shares == pytest.approx([0.75, 0.25], abs=0.1), "to within a text of each branch"
    assert 1_500 <= averaged["train_tokens"] < 2_100, "rule 4: branches share the budget"
    before, after, trained = (
        AutoModelForCausalLM.from_pretrained(models / name).state_dict()
        for name in ("tuned", "last", "round1")
    )
    assert any(bool((before[name] != after[name]).any()) for name in before)
    assert before.keys() == trained.keys()

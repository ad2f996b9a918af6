"""A stage's data: sources mixed by share of tokens, replay, files, and where each text came from."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.errors import InputError, JourneyError
from journey.runs.store import Run, read_lines
from traces.run_files import read_problems
from traces.summary import summarize
from traces.text import prompt
from train.console import Console
from train.models.token_rows import token_batches
from train.pipeline import data, experiment
from train.pipeline.mixtures import mixed_batches, tally
from train.pipeline.stage_data import FILE, mix, read_data, stage_problems
from train.recipe import dependencies
from train.recipe.load import load_recipe
from train.recipe.recipe import Recipe
from train.recipe.stages import Stage

QUIET = Console(quiet=True)
SMALL = [
    *("problems.train=60", "problems.validation=4", "problems.heldout=6", "search.workers=1"),
    *("claims=[]", "evaluation.samples={}", "training.seeds=[0]", "training.tokens=6000"),
    "problems.families={diophantine: 1.0, derivative: 1.0}",
    "problems.levels=[1, 2]",
    "base.context=400",
]
OLD = "{families: [diophantine], levels: [1]}"


def arm(data: str, name: str = "mixed") -> str:
    """An arm that continues with this data after a stage on diophantine equations of level 1."""
    first = f"{{kind: sft, name: first, data: {OLD}}}"
    second = f"{{kind: continue, name: second, data: {data}}}"
    return f"{{name: {name}, traces: journey, stages: [{first}, {second}]}}"


def recipe_with(*arms: str) -> Recipe:
    return load_recipe("laptop", [*SMALL, f"arms=[{', '.join(arms)}]"])


# --- the batches ---


@given(
    some.lists(some.lists(some.integers(5, 80), min_size=1, max_size=30), min_size=2, max_size=3),
    some.integers(1, 99),
    some.integers(2_000, 20_000),
    some.integers(0, 3),
)
def test_shares_hold_to_within_a_text_for_each_further_source(
    lengths: list[list[int]], percent: int, total: int, seed: int
) -> None:
    rest = (1 - percent / 100) / (len(lengths) - 1)
    shares = [percent / 100, *[rest] * (len(lengths) - 1)]
    batches = mixed_batches(lengths, shares, 200, total, seed)
    flat = [length for source in lengths for length in source]
    seen = sum(flat[row] for batch in batches for row in batch)
    assert total <= seen < total + max(flat), "rule 4: the shares change nothing about the budget"
    assert all(sum(flat[row] for row in batch) <= 200 for batch in batches)
    for share, each in zip(shares, tally(lengths, batches)[0], strict=True):
        assert abs(each.tokens - share * seen) <= (len(lengths) - 1) * max(flat)


def test_shares_hold_from_the_beginning_and_not_only_in_the_end() -> None:
    random = Random(0)
    lengths = [[random.randint(20, 60) for _ in range(2_000)], [random.randint(40, 90) for _ in range(30)]]
    batches = mixed_batches(lengths, [0.9, 0.1], 512, 300_000, 0)
    for part in (batches[:64], batches[200:264]):
        assert tally(lengths, part)[0][1].share == pytest.approx(0.1, abs=0.02)


def test_texts_of_a_small_source_are_seen_equally_often() -> None:
    _, seen = tally([[10] * 100, [10] * 7], mixed_batches([[10] * 100, [10] * 7], [0.5, 0.5], 50, 3_000, 1))
    assert max(seen[100:]) - min(seen[100:]) <= 1


def test_one_source_has_the_batches_that_it_always_had() -> None:
    lengths = [Random(0).randint(5, 99) for _ in range(50)]
    assert mixed_batches([lengths], [1.0], 200, 9_000, 3) == token_batches(lengths, 200, 9_000, 3)


# --- the texts ---


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with data and a base."""
    folder = tmp_path_factory.mktemp("mixtures")
    recipe = recipe_with(
        arm("[{families: [derivative]}, {from: first, share: 0.25}, {from: shortcut, share: 0.1}]")
    )
    run = experiment.open_run(folder / "run", recipe)
    data.generate(run, recipe, QUIET)
    experiment.make_bases(run, recipe, recipe.replicas(), QUIET)
    return run.path


def texts_of(path: Path, recipe: Recipe, stage: str = "second", among: Any = None) -> Any:
    from transformers import AutoTokenizer

    run, replica = Run(path), recipe.replicas()[0]
    tokenizer = AutoTokenizer.from_pretrained(path / "models" / "base")
    return read_data(run, recipe, replica, replica.arm.stage(stage), tokenizer, among)


def test_prompts_are_problems_without_a_solution(made: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(made / "models" / "base")
    stage = Stage.model_validate({"kind": "sft", "data": {"from": "prompts", "families": ["derivative"]}})
    recipe = recipe_with(arm("traces"))
    reader = recipe.arms[0].model_copy(update={"stages": [stage]})
    recipe = recipe.model_copy(update={"arms": [reader]})
    result = read_data(Run(made), recipe, recipe.replicas()[0], stage, tokenizer)
    of = {problem.id: problem for problem in read_problems(Run(made), "train")}
    assert len(result.texts) > 20
    for text in result.texts:
        assert of[text.id].family == "derivative"
        assert tokenizer.decode(text.row["input_ids"]) == prompt(of[text.id]) + "<eos>"


def test_a_stage_mixes_new_problems_replay_and_another_kind_of_trace(made: Path, tmp_path: Path) -> None:
    recipe = recipe_with(
        arm("[{families: [derivative]}, {from: first, share: 0.25}, {from: shortcut, share: 0.1}]")
    )
    result = texts_of(made, recipe)
    assert [part.words for part in result.parts] == [
        "traces of derivative",
        "first: traces of diophantine at levels 1",
        "shortcut",
    ]
    assert [part.share for part in result.parts] == pytest.approx([0.65, 0.25, 0.1])
    of = {problem.id: problem for problem in read_problems(Run(made), "train")}
    new, old, others = ([of[text.id] for text in part.texts] for part in result.parts)
    assert {problem.family for problem in new} == {"derivative"}
    assert {(problem.family, problem.level) for problem in old} == {("diophantine", 1)}
    assert len(others) == len({problem.id for problem in others}) == 60
    stage = recipe.arms[0].stage("second")
    batches, facts = mix(stage, result, 512, 20_000, 0, tmp_path)
    rows = list(read_lines(tmp_path / FILE, dict))
    assert [row["id"] for row in rows] == [text.id for text in result.texts]
    assert {(row["source"], row["file"]) for row in rows} == {
        ("traces of derivative", "traces/journey.jsonl"),
        ("first: traces of diophantine at levels 1", "traces/journey.jsonl"),
        ("shortcut", "traces/shortcut.jsonl"),
    }
    assert sum(row["seen"] for row in rows) == sum(map(len, batches))
    for source in facts["data"]:
        own = [row for row in rows if row["source"] == source["source"]]
        assert source["tokens"] == sum(row["tokens"] * row["seen"] for row in own)
    assert [source["share"] for source in facts["data"]] == pytest.approx([0.65, 0.25, 0.1], abs=0.02)


def test_replay_of_a_mixture_keeps_its_shares(made: Path) -> None:
    recipe = recipe_with(
        "{name: mixed, traces: journey, stages: [{kind: sft, name: first, data: [{families: [diophantine]}, "
        "{from: shortcut, share: 0.2}]}, {kind: continue, name: second, data: [{from: first, share: 0.5, "
        "families: [derivative]}, {from: first}]}]}"
    )
    parts = texts_of(made, recipe).parts
    assert [part.share for part in parts] == pytest.approx([0.5, 0.4, 0.1]), (
        "the first takes derivatives, of which only the shortcuts have any"
    )


def test_a_part_of_the_problems_is_disjoint_from_the_rest(made: Path) -> None:
    run = Run(made)
    parts = [Stage.model_validate({"kind": "sft", "data": {"part": part}}) for part in ([0, 0.3], [0.3, 1])]
    first, rest = (set(stage_problems(run, stage)) for stage in parts)
    assert (len(first), len(rest)) == (18, 42) and not first & rest
    assert len(stage_problems(run, parts[0], "heldout")) == 6, "evaluation asks all of them"


def test_texts_of_a_file_are_mixed_in(made: Path, tmp_path: Path) -> None:
    file = tmp_path / "facts.jsonl"
    lines = [{"prompt": "7x+12y=173\n", "completion": "=5,11"}, {"prompt": "x\n", "completion": "9" * 999}]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    recipe = recipe_with(arm(f"[{{families: [derivative]}}, {{from: {file}, share: 0.5}}]"))
    result = texts_of(made, recipe)
    assert [text.id for text in result.parts[1].texts] == [f"{file}:1"]
    assert result.too_long == 1
    file.write_text('{"prompt": "x"}\n')
    with pytest.raises(InputError, match=r"facts\.jsonl:1 does not hold a record"):
        texts_of(made, recipe)
    with pytest.raises(InputError, match="in data of a stage does not exist"):
        recipe_with(arm("[{from: nowhere.jsonl}]"))


def test_a_stage_without_texts_says_which_source_has_none(made: Path) -> None:
    recipe = recipe_with(
        arm("[{families: [diophantine], levels: [2]}, {from: first, share: 0.5, levels: [2]}]")
    )
    with pytest.raises(JourneyError, match="second of mixed has no texts from first at levels 2"):
        texts_of(made, recipe)


def test_stats_show_the_mixture(made: Path) -> None:
    folder = made / "models" / "replaying" / "second"
    folder.mkdir(parents=True)
    source = {"source": "first", "share": 0.05, "tokens": 300, "texts": 20, "epochs": 0.5}
    (folder / "training.json").write_text(json.dumps({"data": [source]}))
    assert [each.source for each in summarize(made).training["replaying/second"]] == ["first"]


# --- what a recipe may say ---


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("{from: frist}", "second of mixed: no source of data 'frist': did you mean 'first'"),
        ("{from: first, shares: 1}", r"no arms\.0\.stages\.1\.data\.0 key 'shares': did you mean 'share'"),
        ("[{from: first}, {}]", "2 sources have no share"),
        ("[{share: 0.5}, {from: first, share: 0.4}]", r"add up to 0\.9\. They must add up to 1"),
        ("[{}, {from: first, share: 1.0}]", "less than 1, so that the source without a share gets some"),
        ("{levels: [3]}", r"no problems of level 3, only of \[1, 2\]"),
        ("{families: [countdown]}", "no family of the recipe 'countdown'"),
        ("{part: [0.5, 0.5]}", r"part \[0\.5, 0\.5\] is an empty range"),
        ("outputs", "second of mixed samples no outputs: set `kind: rejection`"),
        ("{from: f.jsonl, levels: [1]}", "texts of the file f.jsonl have no problems to choose from"),
    ],
)
def test_data_that_does_not_fit_is_refused(data: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        recipe_with(arm(data))


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ("[sft, {kind: sft, name: more}]", "more of x starts from sft: set `kind: continue`"),
        ("[{kind: continue}]", "continue of x has no stage to continue: set `kind: sft`"),
        ("[sft, {kind: grpo, data: [{}, {from: sft, share: 0.1}]}]", "takes problems, not a mixture"),
        ("[{kind: sft, name: traces}]", "'traces' names training texts"),
        ("[sft, {kind: rejection, data: traces}]", "trains on none of its outputs: add `from: outputs`"),
        ("[{kind: sft, choose: all}]", "sft of x sets `choose`, which needs `kind: rejection`"),
        ("[sft, {kind: dpo, pairs: [step], generated: 9}]", "sets `generated`, which needs"),
        ("[sft, {kind: dpo, pairs: [sampeld]}]", "no kind of pair 'sampeld': did you mean 'sampled'"),
        ("[sft, {kind: continue, average: {stages: [stf]}}]", "no earlier stage 'stf': did you mean 'sft'"),
        ("[sft, {kind: rejection, chose: all}]", "did you mean 'choose'"),
        ("[sft, {kind: rejection, choose: shortst}]", "did you mean 'shortest'"),
        ("[sft, {kind: rejection, average: {branch: 2}}]", "did you mean 'branches'"),
    ],
)
def test_a_stage_that_does_not_fit_is_refused(stages: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        recipe_with(f"{{name: x, traces: journey, stages: {stages}}}")


def test_stages_are_trained_in_an_order_that_suits_every_arm() -> None:
    more, tuned = "{kind: continue, name: c}", "{kind: dpo, name: b, pairs: [step]}"
    short, long, turned = (
        f"{{name: {name}, traces: journey, stages: [{', '.join(stages)}]}}"
        for name, *stages in (
            ("short", "sft", more),
            ("long", "sft", tuned, more),
            ("turned", "sft", more, tuned),
        )
    )
    assert recipe_with(short, long).stage_names() == ["sft", "b", "c"]
    with pytest.raises(InputError, match="which another arm has in another order"):
        recipe_with(long, turned)


def test_another_share_repeats_the_stage_and_not_the_one_before() -> None:
    plain, changed = (
        {
            each.mark: each.digest
            for each in dependencies.stages(recipe_with(arm(f"[{{}}, {{from: first, share: {s}}}]")))
        }
        for s in (0.05, 0.5)
    )
    assert {mark for mark in plain if plain[mark] != changed[mark]} == {"second-mixed", "eval-mixed-second"}
    kinds = recipe_with(arm("[{}, {from: shortcut, share: 0.5}]"))
    assert kinds.first_variants == ["journey", "shortcut"], "a problem without either is dropped"


def test_the_budget_of_a_stage_is_a_multiple_of_the_recipes() -> None:
    recipe = recipe_with("{name: x, traces: journey, stages: [sft, {kind: continue, budget: 0.5}]}")
    [one] = recipe.arms
    assert [recipe.for_arm(one, stage).training.tokens for stage in one.stages] == [6_000, 3_000]

"""Rows, base, statistics, measures, workers and the two trainers, on models made on the spot."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from journey.errors import InputError, JourneyError
from tests.conftest import graph_of, problem_of, training
from traces.pairs import step_pair
from traces.text import prompt, render
from traces.trace import TrainingText
from traces.walks import WalkSettings, journey
from train.console import Console
from train.evaluation.scoring import Sample, grade, measure
from train.models.token_rows import IGNORED, encode, encode_pairs, problems_that_fit, token_batches
from train.pipeline.processes import Job, run_jobs
from train.recipe.load import load_recipe, shipped
from train.recipe.settings import Adapter
from train.statistics.closed_form import pass_at_k, wilson

SMALL = load_recipe(
    "laptop", ["base.size={hidden: 16, layers: 1, heads: 2, kv_heads: 1, intermediate: 16}"]
).base


def texts(count: int = 30) -> list[TrainingText]:
    result = []
    for index in range(count):
        graph = graph_of("diophantine", index)
        trace = journey(graph, WalkSettings(mistakes=0.2))
        assert trace is not None
        result.append(TrainingText(graph.problem.id, prompt(graph.problem), render(trace)))
    return result


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from train.models.base import save_base

    path = tmp_path_factory.mktemp("base") / "base"
    save_base(path, [text.prompt + text.completion for text in texts()], SMALL, seed=0)
    return path


# --- the tokenizer and the base ---


@given(some.text(alphabet="0123456789=+-*/()<>!@:,%\n^", max_size=60))
def test_text_comes_back_from_tokens(text: str) -> None:
    tokenizer = _tokenizer()
    assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


def _tokenizer(made: list[Any] = []) -> Any:  # noqa: B006 (made once for all of hypothesis' examples)
    from train.models.base import build_tokenizer

    if not made:
        made.append(build_tokenizer(["7x+12y=173\ny=0:7x=173\n!5<\nx=23\n=23,1"], numbers=199))
    return made[0]


@pytest.mark.parametrize(
    ("limit", "whole", "spelled"), [(9, "9", "10"), (199, "199", "200"), (999, "20", "1000")]
)
def test_a_number_is_one_token_up_to_the_limit(limit: int, whole: str, spelled: str) -> None:
    from train.models.base import build_tokenizer

    tokenizer = build_tokenizer(["a=1"], limit)
    assert len(tokenizer(whole)["input_ids"]) == 1
    assert tokenizer.convert_ids_to_tokens(tokenizer(spelled)["input_ids"]) == list(spelled)
    assert tokenizer.unk_token_id not in tokenizer(spelled + whole + "-")["input_ids"]


@given(some.integers(9, 99_999), some.integers(0, 200_000))
def test_the_number_pattern_is_exact(limit: int, number: int) -> None:
    import re

    from train.models.base import number_pattern

    assert bool(re.fullmatch(number_pattern(limit), str(number))) == (number <= limit)


def test_the_base_is_a_plain_folder_and_depends_on_its_seed(base: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.models.base import save_base

    tokenizer = AutoTokenizer.from_pretrained(base)
    text = "7x+12y=173\ny=0:7x=173"
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text
    assert tokenizer.eos_token == "<eos>"
    first = AutoModelForCausalLM.from_pretrained(base).state_dict()
    for seed, same in ((0, True), (1, False)):
        save_base(tmp_path / str(seed), [t.prompt + t.completion for t in texts()], SMALL, seed)
        again = AutoModelForCausalLM.from_pretrained(tmp_path / str(seed)).state_dict()
        assert all(bool((first[name] == again[name]).all()) for name in first) == same


# --- rows and batches ---


def test_rows_that_no_arm_may_keep_are_dropped_from_all() -> None:
    def rows(*lengths: int) -> dict[str, Any]:
        return {str(at): [{"input_ids": [0] * length, "labels": []}] for at, length in enumerate(lengths)}

    short, long = rows(5, 5, 5), rows(9, 11, 10)
    assert problems_that_fit({"shortcut": short, "journey": long}, context=10) == {"0", "2"}
    assert problems_that_fit({"shortcut": {"0": short["0"]}, "journey": long}, context=99) == {"0"}


@given(
    some.lists(some.integers(1, 60), min_size=1, max_size=80),
    some.integers(60, 300),
    some.integers(100, 5_000),
)
def test_batches_hold_their_tokens(lengths: list[int], size: int, total: int) -> None:
    batches = token_batches(lengths, size, total, seed=0)
    sums = [sum(lengths[row] for row in batch) for batch in batches]
    assert all(0 < held <= size for held in sums)
    assert total <= sum(sums) < total + size
    counts = [sum(batch.count(row) for batch in batches) for row in range(len(lengths))]
    assert max(counts) - min(counts) <= 1, "every row is seen as often as the others, to within an epoch"
    assert batches == token_batches(lengths, size, total, seed=0)


def test_batches_are_hardly_padded() -> None:
    lengths = [Random(0).randint(10, 150) for _ in range(2_000)]
    padded = sum(len(b) * max(lengths[r] for r in b) for b in token_batches(lengths, 512, 200_000, 0))
    assert padded < 1.05 * 200_000


def test_pairs_end_without_an_end_of_sequence(base: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    result = []
    for index in range(20):
        graph = graph_of("diophantine", index)
        trace = journey(graph, WalkSettings())
        assert trace is not None
        result.append(step_pair(graph, trace, 0))
    chosen = [pair for pair in result if pair is not None]
    rows = encode_pairs(tokenizer, chosen, context=256)
    assert len(rows) == len(chosen) > 5
    for row, pair in zip(rows, chosen, strict=True):
        assert tokenizer.decode(row["prompt_ids"]) == pair.prompt
        assert tokenizer.decode(row["chosen_ids"]) == pair.chosen
        assert tokenizer.eos_token_id not in row["chosen_ids"] + row["rejected_ids"]
    assert encode_pairs(tokenizer, chosen, context=3) == []


# --- statistics, beside scipy and counting ---


@given(some.integers(1, 500), some.data())
def test_wilson_agrees_with_scipy(n: int, data: Any) -> None:
    k = data.draw(some.integers(0, n))
    known = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson(k, n) == pytest.approx((known.low, known.high), abs=1e-9)
    assert wilson(0, 0) == (0.0, 1.0)


@given(some.integers(1, 12), some.data())
def test_pass_at_k_agrees_with_counting(n: int, data: Any) -> None:
    from itertools import combinations

    correct, k = data.draw(some.integers(0, n)), data.draw(some.integers(1, n))
    outcomes = [True] * correct + [False] * (n - correct)
    chosen = list(combinations(outcomes, k))
    assert pass_at_k(n, correct, k) == pytest.approx(sum(map(any, chosen)) / len(chosen))


# --- measuring ---


def test_only_a_finished_and_concluded_and_right_output_counts() -> None:
    problem = problem_of("diophantine", 0)
    right = f"y=0:1\n={problem.answer}"
    assert grade(problem, right, finished=True) == (True, None)
    assert grade(problem, right, finished=False)[1] == "unfinished: the token cap was reached"
    assert "no conclusion" in str(grade(problem, "y=0:1", finished=True)[1])
    assert grade(problem, "=1000,1000", finished=True)[0] is False
    assert grade(problem, "", finished=True)[0] is False


def test_measures_count_unfinished_outputs_as_wrong() -> None:
    problems = [problem_of("diophantine", index) for index in range(4)]
    right = [True, False, True, False]
    greedy = [
        Sample(problem.id, 0, "", 10, finished, finished, None)
        for problem, finished in zip(problems, right, strict=True)
    ]
    drawn = [Sample(problems[0].id, n, "", 6, True, n == 1, None) for n in (1, 2, 3, 4)]
    figures = measure(problems, greedy + drawn)
    assert figures.pass_1 == 0.5
    assert figures.unfinished == 0.5
    assert figures.sampled is not None
    assert figures.sampled.pass_k == {"1": 0.25, "2": 0.5, "4": 1.0}
    assert sum(level.n for level in figures.levels.values()) == 4


# --- recipes ---


def test_shipped_recipes_are_whole_and_short() -> None:
    from importlib import resources

    assert "laptop" in shipped()
    for name in shipped():
        assert load_recipe(name).name == name
        load_recipe(name, quick=True)
        text = (resources.files("train") / "recipes" / f"{name}.yaml").read_text()
        assert text.count("\n") < 80


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("training.token=5", "no training key 'token': did you mean 'tokens'?"),
        ("serch.steps=5", "no recipe key 'serch': did you mean 'search'?"),
        ("training.optimizer=moun", r"training\.optimizer: .*\(got 'moun'\): did you mean 'muon'\?"),
        ("training.tokens=-5", r"training\.tokens: input should be greater than 0"),
        ("training.tokens=many", r"training\.tokens: input should be a valid integer.*'many'"),
        ("problems.families={contdown: 1}", "no family 'contdown': did you mean 'countdown'?"),
        ("search.strategy=deep", "no strategy 'deep'"),
        ("compare=[[journey, nobody]]", "no arm 'nobody'"),
        ("training.tokens", "takes KEY=VALUE"),
        ("seed.x=1", "seed is a value, not a section"),
    ],
)
def test_a_fault_in_a_recipe_is_reported_with_the_remedy(change: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("laptop", [change])


def test_an_unknown_recipe_or_a_broken_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'laptop'"):
        load_recipe("labtop")
    with pytest.raises(InputError, match="cannot read the recipe"):
        load_recipe(str(tmp_path / "none.yaml"))
    (tmp_path / "bad.yaml").write_text("a: [1")
    with pytest.raises(InputError, match="is not valid YAML"):
        load_recipe(str(tmp_path / "bad.yaml"))
    (tmp_path / "list.yaml").write_text("- 1")
    with pytest.raises(InputError, match="contains no settings"):
        load_recipe(str(tmp_path / "list.yaml"))


# --- workers ---


def succeeds(path: Path, on_progress: Any) -> None:
    on_progress(1, 1, "")
    path.write_text("done")


def fails(path: Path, on_progress: Any) -> None:
    raise JourneyError("the loss is nan")


def dies(path: Path, on_progress: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_job_that_fails_or_dies_takes_nothing_with_it(tmp_path: Path) -> None:
    jobs = [Job("good", succeeds, (tmp_path / "good",)), Job("bad", fails, (tmp_path,))]
    with pytest.raises(JourneyError, match="sft bad failed: the loss is nan"):
        run_jobs(jobs, True, Console(quiet=True), "sft")
    assert (tmp_path / "good").read_text() == "done"
    with pytest.raises(JourneyError, match="dead failed: its process ended with exit code -9"):
        run_jobs([Job("dead", dies, (tmp_path,))], False, Console(quiet=True), "sft")


# --- the trainers ---


def _sft(
    base: Path,
    out: Path,
    tokens: int = 4_000,
    precision: str = "float32",
    optimizer: str = "adamw",
    **config: Any,
) -> None:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft
    from train.trainers.stage import StageSpec

    rows = encode(AutoTokenizer.from_pretrained(base), texts())
    spec = StageSpec(base, out, 0, Adapter(), {"learning_rate": 1e-2, **config})
    train_sft(spec, rows, training(tokens, precision=precision, optimizer=optimizer))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_sft_learns_and_leaves_a_model_that_loads(
    base: Path, tmp_path: Path, precision: str, optimizer: str
) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _sft(base, tmp_path / "sft", tokens=12_000, precision=precision, optimizer=optimizer)
    log = [json.loads(line) for line in (tmp_path / "sft" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["loss"] < 0.7 * log[0]["loss"]
    assert log[-1]["tokens"] >= 12_000 - 256
    facts = json.loads((tmp_path / "sft" / "training.json").read_text())
    assert 12_000 <= facts["train_tokens"] < 12_256
    AutoModelForCausalLM.from_pretrained(tmp_path / "sft")
    AutoTokenizer.from_pretrained(tmp_path / "sft")
    assert not (tmp_path / "sft.partial").exists()


def test_the_first_loss_is_the_cross_entropy_of_the_completion(base: Path, tmp_path: Path) -> None:
    """Beside a loop that shares no code: the same base, the same first batch, the loss by hand."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    _sft(base, tmp_path / "sft", tokens=200, warmup_steps=0)
    first = json.loads((tmp_path / "sft" / "log.jsonl").read_text().splitlines()[0])["loss"]
    tokenizer = AutoTokenizer.from_pretrained(base)
    rows = encode(tokenizer, texts())
    batch = token_batches([len(row["input_ids"]) for row in rows], 256, 200, 0)[0]
    model = AutoModelForCausalLM.from_pretrained(base)
    total, count = 0.0, 0
    with torch.no_grad():
        for row in batch:
            ids, labels = rows[row]["input_ids"], rows[row]["labels"]
            scores = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
            for place, label in enumerate(labels):
                if label != IGNORED:
                    total -= float(scores[place - 1, label])
                    count += 1
    assert first == pytest.approx(total / count, rel=1e-3)


def test_batches_that_are_accumulated_are_one_step(base: Path, tmp_path: Path) -> None:
    _sft(base, tmp_path / "one", tokens=2_000)
    _sft(base, tmp_path / "two", tokens=2_000, gradient_accumulation_steps=2)
    one, two = (json.loads((tmp_path / name / "training.json").read_text()) for name in ("one", "two"))
    assert two["steps"] == -(-one["steps"] // 2)
    assert two["train_tokens"] == one["train_tokens"]
    log = [json.loads(line) for line in (tmp_path / "two" / "log.jsonl").read_text().splitlines()]
    assert [log[-1]["step"], log[-1]["tokens"]] == [two["steps"], two["train_tokens"]]


def test_a_loss_that_is_no_number_stops_with_the_remedy(base: Path, tmp_path: Path) -> None:
    with pytest.raises(JourneyError, match=r"the loss is nan at step .*lower `learning_rate`"):
        _sft(base, tmp_path / "sft", learning_rate=1e30, max_grad_norm=0.0)
    assert not (tmp_path / "sft").exists()


@pytest.mark.parametrize(
    ("precision", "optimizer"),
    [("float32", "adamw"), ("bfloat16", "adamw"), ("float32", "muon"), ("bfloat16", "muon")],
)
def test_sft_goes_on_from_its_last_whole_checkpoint(
    base: Path, tmp_path: Path, precision: str, optimizer: str
) -> None:
    """Interrupted, and later checkpoints cut short: the weights end up the same as without."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.trainers.sft import train_sft
    from train.trainers.stage import StageSpec

    rows = encode(AutoTokenizer.from_pretrained(base), texts())

    def train(out: Path, on_progress: Any) -> None:
        budget = training(8_000, precision=precision, optimizer=optimizer)
        train_sft(StageSpec(base, out, 0, Adapter(), {"learning_rate": 1e-2}, on_progress), rows, budget)

    def interrupting(done: int, total: int, note: str) -> None:
        if done == total // 2:
            os.kill(os.getpid(), signal.SIGUSR1)

    train(tmp_path / "whole", lambda *_: None)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "cut", interrupting)
    checkpoints = tmp_path / "cut.partial" / "checkpoints"
    assert list(checkpoints.iterdir())
    (checkpoints / "checkpoint-9999").mkdir()
    (checkpoints / "checkpoint-9999" / "trainer_state.json").write_text("{}")
    older, newer, _ = sorted(int(path.name.partition("-")[2]) for path in checkpoints.glob("checkpoint-*"))
    with open(checkpoints / f"checkpoint-{newer}" / "model.safetensors", "r+b") as file:
        file.truncate(1_000)
    steps: list[int] = []
    train(tmp_path / "cut", lambda done, total, note: steps.append(done))
    assert steps[:2] == [older, older + 1], "it went on from the last whole one"
    one, other = (
        AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("whole", "cut")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert {weight.dtype for weight in one.values()} == {torch.float32}

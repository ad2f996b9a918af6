"""Learning curves: where their points are, and that measuring them changes nothing in what is trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.errors import InputError
from journey.runs.store import Run, record, write_lines
from tests import standins
from tests.conftest import graph_of, problem_of, training
from tests.test_train import SMALL, texts
from traces.text import prompt, render
from traces.trace import TrainingText
from traces.walks import WalkSettings, journey
from train.console import Progress
from train.evaluation.curves import CURVE_FILE
from train.evaluation.decoding.generators import CheckpointGenerator
from train.evaluation.inference import generate_outputs
from train.models.token_rows import encode, question
from train.pipeline.train_job import make_curve_plan
from train.recipe import dependencies
from train.recipe.load import load_recipe
from train.recipe.settings import Adapter
from train.recipe.stages import Stage
from train.trainers import curve_callback as curves
from train.trainers.curve_callback import CurvePlan, point_steps, random_states_kept, spread_evenly
from train.trainers.stage import StageSpec

PLAN = CurvePlan([problem_of("diophantine", index, "validation") for index in range(6)], 4, 12, slots=4)
FULL = Adapter()
LORA = Adapter(kind="lora", rank=4, alpha=8, dropout=0.2)
KINDS = [("float32", FULL), ("bfloat16", FULL), ("float32", LORA), ("bfloat16", LORA)]
IDS = ["float32", "bfloat16", "lora", "lora in bfloat16"]


class Killed(BaseException):
    """What no handler catches."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from train.models.base import save_base

    path = tmp_path_factory.mktemp("base") / "base"
    save_base(path, [text.prompt + text.completion for text in texts()], SMALL, seed=0)
    return path


def train(
    base: Path,
    out: Path,
    plan: CurvePlan | None,
    kind: tuple[str, Adapter] = KINDS[0],
    on_progress: Progress = lambda *_: None,
    **config: Any,
) -> None:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft

    precision, adapter = kind
    rows = encode(AutoTokenizer.from_pretrained(base), texts())
    settings = {"learning_rate": 1e-2, **config}
    spec = StageSpec(base, out, 3, adapter, settings, on_progress)
    train_sft(spec, rows, training(5_000, precision=precision), curve=plan)


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / CURVE_FILE).read_text().splitlines()]


def content(out: Path) -> dict[str, bytes]:
    return {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()}


# --- where the points are ---


@given(some.lists(some.integers(1, 999), min_size=1, max_size=300), some.integers(1, 20))
def test_curve_points_are_even_and_end_with_the_model(sizes: list[int], points: int) -> None:
    seen = [sum(sizes[: at + 1]) for at in range(len(sizes))]
    steps = point_steps(seen, points)
    assert steps[0] == 0 and steps[-1] == len(seen)
    assert steps == sorted(set(steps))
    assert len(steps) <= 1 + points
    for number in range(1, points + 1):
        # The first step whose tokens come to the share, found by looking at each.
        assert next(at for at, tokens in enumerate(seen, 1) if tokens * points >= seen[-1] * number) in steps


def test_problems_are_spread_over_their_file() -> None:
    problems = [problem_of("diophantine", index) for index in range(10)]
    assert [problems.index(each) for each in spread_evenly(problems, 4)] == [0, 2, 5, 7]
    assert spread_evenly(problems, 99) == problems
    assert spread_evenly([], 5) == []


# --- what is measured ---


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_the_last_point_is_the_model_that_is_saved(
    kind: tuple[str, Adapter], base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outputs, word for word, are those of the folder when it is loaded: float32 and adapters and all."""
    asked: list[list[str]] = []

    def noting(generator: Any, *words: Any, **settings: Any) -> Any:
        assert {str(weight.dtype) for weight in generator.model.parameters()} == {"torch.float32"}
        samples = generate_outputs(generator, *words, **settings)
        asked.append([sample.text for sample in samples])
        return samples

    monkeypatch.setattr(curves, "generate_outputs", noting)
    out = tmp_path / "sft"
    train(base, out, PLAN, kind)
    rows, facts = rows_of(out), json.loads((out / "training.json").read_text())
    assert [row["step"] for row in rows][:: len(rows) - 1] == [0, facts["steps"]]
    assert [row["tokens"] for row in rows][:: len(rows) - 1] == [0, facts["train_tokens"]]
    assert [row["tokens"] / facts["train_tokens"] for row in rows] == pytest.approx(
        [0, 0.25, 0.5, 0.75, 1], abs=0.06
    )
    assert all(row["n"] == len(PLAN.problems) for row in rows)
    assert set(rows[0]) == {"step", "tokens", "n", "pass@1", "mean_new_tokens", "unfinished"}
    for place, folder in ((0, base), (-1, out)):
        again = generate_outputs(
            CheckpointGenerator(folder, 4), PLAN.problems, max_new_tokens=PLAN.max_new_tokens
        )
        # Training in bfloat16 begins with the base's weights rounded.
        if place or kind[0] == "float32":
            assert asked[place] == [sample.text for sample in again]
            assert rows[place]["mean_new_tokens"] == sum(sample.tokens for sample in again) / len(again)
    assert asked[0] != asked[-1]


@pytest.mark.parametrize("adapter", [FULL, LORA], ids=["full", "lora"])
def test_an_instruct_model_is_asked_in_its_chat(
    adapter: Adapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft

    taught = []
    for index in range(6):
        graph = graph_of("diophantine", index)
        trace = journey(graph, WalkSettings())
        assert trace is not None
        taught.append(TrainingText(graph.problem.id, prompt(graph.problem, "prose"), render(trace, "prose")))
    start = standins.make(tmp_path / "qwen", [text.prompt + text.completion for text in taught])
    tokenizer = AutoTokenizer.from_pretrained(start)
    seen: list[str] = []

    def noting(generator: Any, problems: Any, **settings: Any) -> Any:
        seen.extend(
            generator.decode(generator.encode_prompt(prompt(problem, "prose"))) for problem in problems
        )
        assert settings["style"] == "prose"
        return generate_outputs(generator, problems, **settings)

    monkeypatch.setattr(curves, "generate_outputs", noting)
    plan = CurvePlan(PLAN.problems[:2], 1, 5, slots=2, style="prose", chat="plain")
    out, rows = tmp_path / "sft", encode(tokenizer, taught, "plain")
    config = {"gradient_checkpointing": True}
    budget = training(900, batch_tokens=512, precision="bfloat16")
    train_sft(StageSpec(start, out, 0, adapter, config), rows, budget, curve=plan)
    expected = [question(tokenizer, prompt(problem, "prose"), "plain") for problem in plan.problems]
    ends = tokenizer.eos_token
    assert seen == 2 * [text.replace(ends, "") for text in expected]
    assert len(rows_of(out)) == 2


# --- what is left as it was ---


@pytest.mark.parametrize("kind", KINDS, ids=IDS)
def test_a_curve_does_not_change_the_training(kind: tuple[str, Adapter], base: Path, tmp_path: Path) -> None:
    result = []
    for asked in (PLAN, None):
        # In one place: TRL's settings, which are saved, name it.
        train(base, tmp_path / "sft", asked, kind)
        result.append(content(tmp_path / "sft"))
    measured, plain = result
    facts = json.loads(measured.pop("training.json"))
    assert facts.pop("curve_seconds") > 0
    assert facts == json.loads(plain.pop("training.json"))
    assert measured.pop(CURVE_FILE).count(b"\n") == 5
    assert measured == plain


def test_random_numbers_go_on_where_they_were() -> None:
    import random

    import numpy as np
    import torch

    def drawn() -> tuple[float, float, float]:
        return random.random(), float(np.random.random()), float(torch.rand(1))

    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    expected = [drawn() for _ in range(2)]
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    result = [drawn()]
    with pytest.raises(Killed), random_states_kept():
        drawn()
        raise Killed
    assert [*result, drawn()] == expected


# --- kills ---


@pytest.mark.parametrize("kind", [KINDS[1], KINDS[2]], ids=["bfloat16", "lora"])
def test_a_curve_survives_kills_and_ends_the_same(
    kind: tuple[str, Adapter], base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between points, in the middle of one, and with a torn row: no point is measured twice."""
    out = tmp_path / "sft"
    train(base, out, PLAN, kind)
    undisturbed, last = content(out), rows_of(out)[-1]["step"]
    shutil.rmtree(out)
    measured: list[str] = []

    def killing(wanted: Callable[[int, str], bool]) -> Progress:
        def on_progress(step: int, total: int, note: str) -> None:
            if note == f"curve {len(PLAN.problems)} of {len(PLAN.problems)}":
                measured.append(f"{step}")
            if wanted(step, note):
                raise Killed

        return on_progress

    for wanted in (
        lambda step, note: step == 0 and "curve" in note,
        lambda step, note: step == last // 3,
        lambda step, note: step > last // 3 and "curve 2" in note,
        lambda step, note: step == last - 1,
        lambda step, note: step == last and "curve 2" in note,
    ):
        with pytest.raises(Killed):
            train(base, out, PLAN, kind, killing(wanted))
        before = tmp_path / "sft.partial" / CURVE_FILE
        if before.exists():
            with open(before, "ab") as file:
                file.write(b'{"step":3,"tok')
    train(base, out, PLAN, kind, killing(lambda step, note: False))
    assert sorted(set(measured), key=measured.index) == measured, "a point was measured twice"
    resumed = content(out)
    for files in (undisturbed, resumed):
        files.pop("training.json")
    assert resumed == undisturbed


# --- where it is said ---


def test_a_sharded_model_is_refused_before_it_is_trained(
    base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.trainers.sft import TokenBatchTrainer

    monkeypatch.setattr(TokenBatchTrainer, "is_fsdp_enabled", True, raising=False)
    callback = curves.CurveCallback(PLAN, StageSpec(base, tmp_path / "sft", 0, FULL, {}))
    trainer: Any = object.__new__(TokenBatchTrainer)
    with pytest.raises(InputError, match=r"set `evaluation\.curve\.points: 0`"):
        callback.attach(trainer, [1], {})


def test_a_curve_asks_validation_problems_of_its_families(tmp_path: Path) -> None:
    for split in ("train", "validation", "heldout"):
        problems = [
            problem_of(family, index, split) for family in ("diophantine", "factoring") for index in range(4)
        ]
        write_lines(tmp_path / "problems" / f"{split}.jsonl", map(record, problems))
    run, stage = Run(tmp_path), Stage.model_validate({"kind": "sft", "data": {"families": ["factoring"]}})
    recipe = load_recipe("laptop", ["evaluation.curve={points: 3, problems: 2}"])
    result = make_curve_plan(run, recipe, stage)
    assert result is not None
    assert [problem.id for problem in result.problems] == [
        problem_of("factoring", index, "validation").id for index in (0, 2)
    ]
    assert (result.points, result.max_new_tokens) == (3, recipe.evaluation.max_new_tokens)
    assert make_curve_plan(run, load_recipe("laptop", ["evaluation.curve.points=0"]), stage) is None
    write_lines(tmp_path / "problems" / "validation.jsonl", [])
    assert make_curve_plan(run, recipe, stage) is None


def test_another_curve_is_another_training() -> None:
    def marks(*changes: str) -> dict[str, str]:
        return {each.mark: each.digest for each in dependencies.stages(load_recipe("laptop", changes))}

    plain, longer = marks(), marks("evaluation.curve.points=13")
    assert {mark for mark in plain if plain[mark] != longer[mark]} == {
        mark for mark in plain if mark.startswith(("sft-", "dpo-", "eval-"))
    }
    off = marks("evaluation.curve.points=0")
    assert off == marks("evaluation.curve={points: 0, problems: 7}"), "nothing is measured, whatever on"
    assert load_recipe("gsm8k").evaluation.curve.points == 0

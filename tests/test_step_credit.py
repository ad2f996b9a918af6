"""Credit to steps: advantages by hand, and the tensor that TRL's loss uses."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from trl import GRPOTrainer

from journey import families
from journey.errors import InputError, JourneyError
from journey.problem import make_problem
from tests.conftest import graph_of
from traces.text import prompt, render
from traces.walks import WalkSettings, walk
from train.models.base import save_base
from train.recipe.load import load_recipe
from train.recipe.settings import Adapter
from train.trainers.reinforce import train_reinforce
from train.trainers.stage import StageSpec
from train.trainers.step_credit import StepCreditTrainer, lines_of_tokens, path_of, step_advantages

PROBLEM = make_problem(families.get("diophantine"), {"a": 7, "b": 12, "c": 173})
SEARCHED = "y=0:7x=173\n!5<\ny=1:7x=161\nx=23\n=23,1"
DIRECT = "y=1:7x=161\nx=23\n=23,1"
SLIPPED = "y=1:7x=161\nx=24\n=24,1"
LUCKY = "y=2:7x=150\n!3<\ny=1:7x=161\nx=23\n=23,1"
"""Right, but not proved: 173 - 12*2 is 149, and the notice says something else."""


def advantages(outputs: dict[str, float], finished: bool = True) -> list[list[float]]:
    """The advantages of the outputs of one group, with their returns."""
    return step_advantages([path_of(PROBLEM, text, finished) for text in outputs], list(outputs.values()))


def test_advantages_of_a_group_are_those_by_hand() -> None:
    searched, direct, slipped, wrong = advantages(
        {SEARCHED: 1, DIRECT: 1, SLIPPED: 0, "y=1:7x=151\nx=21\n=21,1": 0}
    )
    # The group's mean is 1/2. Three outputs pass through y=1, 7x=161, and two of them end right.
    assert searched == pytest.approx([1 / 2, 0, 2 / 3 - 1, 1 / 3, 0, 0])
    assert direct == pytest.approx([2 / 3 - 1 / 2, 1 / 3, 0, 0])
    assert slipped == pytest.approx([2 / 3 - 1 / 2, -2 / 3, 0, 0])
    assert wrong == pytest.approx([-1 / 2, 0, 0, 0])


def test_a_state_reached_in_two_ways_shares_its_returns() -> None:
    countdown = families.get("countdown")
    problem = make_problem(countdown, {"numbers": [30, 100, 93], "target": 23})
    orders = ["100-93=7\n30-7=23\n=30-(100-93)", "100-93=7\n30+7=37\n=30+(100-93)"]
    one, other = (path_of(problem, text, True) for text in orders)
    assert one[:2] == other[:2]
    back = path_of(problem, "93-30=63\n!<\n" + orders[0], True)
    assert back[3:] == one[1:], "the state after a return is the one reached without it"
    values = step_advantages([one, back], [1, 0])
    assert values[1] == [-0.5, 0, 0.5, 0, 0, 0]


def test_a_state_after_a_return_is_not_the_state_before() -> None:
    path = path_of(PROBLEM, SEARCHED, True)
    assert len(set(path)) == len(path)
    again = "y=0:7x=173\n!5<\ny=0:7x=173\n!5<\n=2,2"
    given_up = "y=0:7x=173\n!5<\n=1,1"
    # Both pass through the first return, and the one that comes by twice counts once.
    assert step_advantages([path_of(PROBLEM, text, True) for text in (again, given_up)], [1, 0]) == [
        [0, 0, 0, 0, 0.5, 0],
        [0, 0, -0.5, 0],
    ]


def test_unreadable_lines_after_a_state_are_one_node() -> None:
    one, two, right = advantages({"y=one\n=23,1": 1, "oops\n=1,1": 0, DIRECT: 1})
    assert one == pytest.approx([1 / 2 - 2 / 3, 1 / 2, 0])
    assert two == pytest.approx([1 / 2 - 2 / 3, -1 / 2, 0])
    assert right == pytest.approx([1 / 3, 0, 0, 0])


def test_a_line_that_may_be_cut_off_is_not_read() -> None:
    whole, cut = path_of(PROBLEM, DIRECT, True), path_of(PROBLEM, "y=1:7x=161\nx=2", False)
    assert cut[:2] == whole[:2]
    assert cut[2].endswith("line cut off")
    assert len(cut) == 3, "an unfinished output has no end"
    assert path_of(PROBLEM, "y=1:7x=161\nx=23\n", False) == whole[:3], "its line is complete"
    paths = [whole, cut, path_of(PROBLEM, "y=1:7x=161\nx=", False)]
    assert step_advantages(paths, [1, 0, 0])[1] == pytest.approx([0, -1 / 3])
    assert path_of(PROBLEM, "", False) == whole[:1]
    assert path_of(PROBLEM, "", True) == [whole[0], f"{whole[0]}\nend of output"]


def test_an_output_that_stops_too_early_loses_by_its_end() -> None:
    early, direct = advantages({"y=1:7x=161\nx=23": 0, DIRECT: 1})
    assert early == [0, 0, -0.5]
    assert direct == [0, 0, 0.5, 0]


def test_equal_events_are_equal_nodes_in_any_words() -> None:
    trace = walk("journey", graph_of("diophantine", 2), WalkSettings(mistakes=1.0))
    assert trace is not None
    texts = {render(trace, "prose", seed) for seed in range(5)}
    assert len(texts) > 1
    paths = [path_of(trace.problem, text, True, "prose") for text in texts]
    assert all(path == paths[0] for path in paths)
    assert not any("line not read" in node for node in paths[0])


NODES = st.lists(st.sampled_from("abcde"), max_size=5)


@given(st.lists(st.tuples(NODES, st.floats(0, 2)), min_size=1, max_size=8))
def test_advantages_add_up_to_that_of_the_output(group: list[tuple[list[str], float]]) -> None:
    returns = [value for _, value in group]
    paths = [["start", *nodes, f"end of {at}"] for at, (nodes, _) in enumerate(group)]
    mean = sum(returns) / len(returns)
    for lines, value in zip(step_advantages(paths, returns), returns, strict=True):
        assert sum(lines) == pytest.approx(value - mean, abs=1e-9)


def test_tokens_are_part_of_their_lines() -> None:
    texts = ["x=", "23.\n", "a", "", "\n\n", "b"]
    assert lines_of_tokens(texts, [False] * 6) == [0, 0, 1, 1, 1, 3]
    assert lines_of_tokens(["a", "\n", ""], [False, False, True]) == [0, 0, 1], "the end is a line"
    assert lines_of_tokens(["a", ""], [False, True]) == [0, 1]
    assert lines_of_tokens(["", ""], [False, True]) == [0, 0], "special tokens open no line"


OUTPUTS = {SEARCHED: 2.0, DIRECT: 2.0, SLIPPED: 0.0, LUCKY: 1.0}
"""Outputs with the sum of the rewards `answer` and `verified`."""


class Seen:
    """What one update of TRL computed for scripted outputs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, credit: str) -> None:
        from transformers import AutoTokenizer

        base = load_recipe(
            "laptop", ["base.size={hidden: 16, layers: 1, heads: 2, kv_heads: 2, intermediate: 16}"]
        ).base
        save_base(folder / "base", [prompt(PROBLEM) + text for text in OUTPUTS], base, seed=0)
        self.tokenizer = AutoTokenizer.from_pretrained(folder / "base")
        eos = self.tokenizer.eos_token_id
        ids = [[*self.tokenizer(text, add_special_tokens=False)["input_ids"], eos] for text in OUTPUTS]
        score, compute = GRPOTrainer._generate_and_score_completions, GRPOTrainer._compute_loss
        self.trl: dict[str, float] = {}
        self.batch: dict[str, torch.Tensor] = {}

        def watch_score(trainer: Any, inputs: Any) -> Any:
            batch = score(trainer, inputs)
            self.trl = dict(zip(OUTPUTS, batch["advantages"].tolist(), strict=True))
            return batch

        def watch_loss(trainer: Any, model: Any, inputs: Any) -> Any:
            self.batch, self.trainer = inputs, type(trainer)
            loss = compute(trainer, model, inputs)
            self.loss = float(loss.detach())
            return loss

        monkeypatch.setattr(GRPOTrainer, "_generate_single_turn", lambda *_: (ids, None))
        monkeypatch.setattr(GRPOTrainer, "_generate_and_score_completions", watch_score)
        monkeypatch.setattr(GRPOTrainer, "_compute_loss", watch_loss)
        options = {"max_steps": 1, "num_generations": 4, "per_device_train_batch_size": 4}
        spec = StageSpec(folder / "base", folder / "out", 0, Adapter(), options)
        train_reinforce(spec, "grpo", [PROBLEM], ["answer", "verified"], max_new_tokens=60, credit=credit)
        self.facts = json.loads((folder / "out" / "training.json").read_text())

    def rows(self) -> dict[str, tuple[list[int], torch.Tensor]]:
        """Token ids and advantages of each output in the batch that the loss got, without padding."""
        batch = self.batch
        columns = zip(batch["completion_ids"], batch["completion_mask"], batch["advantages"], strict=True)
        rows_by_text = {}
        for ids, mask, row in columns:
            kept = ids[mask.bool()].tolist()
            rows_by_text[str(self.tokenizer.decode(kept, skip_special_tokens=True))] = (kept, row)
        return rows_by_text


def test_the_loss_gets_the_advantages_of_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(tmp_path, monkeypatch, "steps")
    assert seen.facts["credit"] == "steps"
    unit = float(torch.tensor(list(OUTPUTS.values())).std()) + 1e-4
    by_hand = dict(zip(OUTPUTS, advantages(OUTPUTS), strict=True))
    rows = seen.rows()
    assert set(rows) == set(OUTPUTS)
    for text, (ids, row) in rows.items():
        expected = []
        line = 0
        for token in ids[:-1]:
            expected.append(by_hand[text][line])
            line += seen.tokenizer.decode([token]) == "\n"
        expected.append(by_hand[text][-1])
        assert row[: len(ids)].tolist() == pytest.approx([value / unit for value in expected], abs=1e-6)
        assert not row[len(ids) :].any(), "padding has no advantage"
    # No other output ends as this one does, so its lines share out what TRL gives the whole of it.
    assert sum(by_hand[SLIPPED]) / unit == pytest.approx(seen.trl[SLIPPED], abs=1e-6)
    weight, mask = seen.batch["advantages"], seen.batch["completion_mask"]
    assert weight.shape == mask.shape
    # The probabilities have not changed since sampling, so the ratios are 1 and the loss is the plain mean.
    assert seen.loss == pytest.approx(-float((weight * mask).sum() / mask.sum()), abs=1e-5)


def test_credit_to_answers_is_trls_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Seen(tmp_path, monkeypatch, "answer")
    returns = torch.tensor(list(OUTPUTS.values()))
    expected = (returns - returns.mean()) / (returns.std() + 1e-4)
    assert seen.trainer is GRPOTrainer
    assert seen.batch["advantages"].shape == (4,)
    assert {text: float(row) for text, (_, row) in seen.rows().items()} == seen.trl
    assert list(seen.trl.values()) == pytest.approx(expected.tolist())


ALL = (11 / 12) ** 0.5
"""The standard deviation of 1, 0, 0 and 2."""


@pytest.mark.parametrize(
    ("scale", "units"),
    [
        ("none", (1, 1)),
        ("group", (0.5**0.5 + 1e-4, 2**0.5 + 1e-4)),
        ("batch", ((11 / 12) ** 0.5 + 1e-4,) * 2),
    ],
)
def test_advantages_are_scaled_as_trl_scales_them(scale: str, units: tuple[float, float]) -> None:
    trainer = StepCreditTrainer.__new__(StepCreditTrainer)
    trainer.model = torch.nn.Module()
    trainer.num_generations, trainer.scale_rewards = 2, scale
    # Two groups, of which both have a node "a": groups do not share states.
    trainer.paths = [["one", "a"], ["one", "b"], ["two", "a"], ["two", "c", "d"]]
    trainer.returns = torch.tensor([1.0, 0.0, 0.0, 2.0])
    one, two = units
    expected = [[0.5 / one], [-0.5 / one], [-1 / two], [1 / two, 0]]
    for row, by_hand in zip(trainer._line_advantages(), expected, strict=True):
        assert row == pytest.approx(by_hand)


def test_a_group_may_be_spread_over_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, here = [["start", "a"], ["start", "b"]], [["start", "a", "c"], ["start", "d"]]
    batch = {"completion_ids": torch.zeros(2, 3), "advantages": torch.zeros(2)}
    monkeypatch.setattr(GRPOTrainer, "_generate_and_score_completions", lambda *_: dict(batch))
    monkeypatch.setattr("train.trainers.step_credit.gather_object", lambda paths: elsewhere + paths)
    trainer = StepCreditTrainer.__new__(StepCreditTrainer)
    trainer.model, trainer.accelerator = torch.nn.Module(), SimpleNamespace(process_index=1)
    trainer.num_generations, trainer.scale_rewards = 4, "none"
    trainer.paths, trainer.token_lines = here, [[0, 1, 1], [0, 1]]
    trainer.returns = torch.tensor([1.0, 0.0, 0.0, 1.0])
    # The state "a" has the returns 1, of the other process, and 0. The last token is part of no line.
    advantages = trainer._generate_and_score_completions([])["advantages"]
    assert advantages.tolist() == [[0, -0.5, -0.5], [0.5, 0, 0]]


def test_a_tokenizer_with_other_newlines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GRPOTrainer, "_calculate_rewards", lambda *_: torch.ones(1, 1))
    trainer = StepCreditTrainer.__new__(StepCreditTrainer)
    trainer.texts, trainer.reward_weights = {}, torch.ones(1)
    trainer.processing_class = SimpleNamespace(eos_token_id=9, decode=lambda *_, **__: " ")
    with pytest.raises(JourneyError, match="use `credit: answer`"):
        trainer._calculate_rewards([{"id": "one"}], ["p"], ["a\nb"], [[1, 2]])


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ("{kind: rloo, credit: steps}", "rloo of a has `credit: steps`, which needs `kind: grpo`"),
        (
            "{kind: grpo, credit: steps, settings: {importance_sampling_level: sequence}}",
            "does not go with `importance_sampling_level: sequence`",
        ),
        ("{kind: grpo, credit: step}", "credit: .*did you mean 'steps'"),
    ],
)
def test_what_cannot_give_credit_to_steps_is_refused(stage: str, message: str) -> None:
    arms = f"arms=[{{name: a, traces: journey, stages: [sft, {stage}]}}]"
    with pytest.raises(InputError, match=message):
        load_recipe("laptop", [arms, "claims=[]", "compare=[]", "evaluation.samples={}"])

"""What a recipe says to TRL: refused before anything runs, and taken whole by what trains."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError
from tests.conftest import Journey, graph_of
from train.pipeline.trl_configs import check_job
from train.recipe.load import load_recipe, shipped


def ignore(*progress: Any) -> None:
    """Ignores progress."""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("dpo.betta=1", r"dpo of shortcut: no DPOConfig key 'betta': did you mean 'beta'\?$"),
        ("sft.learning_rate=high", r"SFTConfig learning_rate cannot be 'high': .* valid number"),
        (
            "sft.lr_scheduler_type=cosin",
            r"shortcut: no SFTConfig lr_scheduler_type 'cosin': did you mean 'cosine'\? Known: .*linear",
        ),
        ("sft.optim=adamw_troch", r"no SFTConfig optim 'adamw_troch': did you mean 'adamw_torch'\?"),
        ("dpo.lr_scheduler_type=linaer", r"no DPOConfig lr_scheduler_type 'linaer': did you mean 'linear'\?"),
        ("sft.max_steps=4", "max_steps cannot be set in a recipe: set `training.tokens`"),
        ("dpo.seed=4", "seed cannot be set in a recipe: set `training.seeds`"),
        ("sft.bf16=maybe", "SFTConfig bf16 cannot be 'maybe'"),
    ],
)
def test_what_trl_does_not_take_is_reported(change: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_job(load_recipe("laptop", [change]), on_progress=ignore)


@pytest.mark.parametrize("name", shipped())
def test_shipped_recipes_are_taken(name: str) -> None:
    check_job(load_recipe(name), on_progress=ignore)


@pytest.mark.parametrize(
    "change",
    ["sft.learning_rate=1e-3", "dpo.loss_type=ipo", "dpo.loss_type=[sigmoid, sft]", "sft.report_to=[none]"],
)
def test_what_trl_takes_a_recipe_may_say(change: str) -> None:
    check_job(load_recipe("laptop", [change]), on_progress=ignore)


def test_a_key_of_a_stage_is_reported_with_its_arm() -> None:
    arms = "arms=[{name: few, traces: journey, stages: [{kind: grpo, settings: {num_generation: 4}}]}]"
    changes = [arms, "compare=[]", "claims=[]", "evaluation.samples={}"]
    with pytest.raises(InputError, match="grpo of few: no GRPOConfig key 'num_generation'"):
        check_job(load_recipe("laptop", changes), on_progress=ignore)


def test_a_wrong_key_costs_no_run_folder(journey: Journey, tmp_path: Path) -> None:
    out = tmp_path / "run"
    done = journey("run", "--quick", "--set", "dpo.betta=1", "--out", out)
    assert done.returncode == 2
    assert "did you mean 'beta'" in done.stderr
    assert not out.exists(), "so that the same command with the key mended is not refused"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from traces.text import prompt, render
    from traces.walks import WalkSettings, journey
    from train.models.base import save_base

    folder = tmp_path_factory.mktemp("tiny") / "base"
    sizes = load_recipe(
        "laptop", ["base.size={hidden: 16, layers: 1, heads: 2, kv_heads: 2, intermediate: 16}"]
    ).base
    texts = []
    for index in range(12):
        graph = graph_of("diophantine", index, mistakes=1.0)
        trace = journey(graph, WalkSettings(mistakes=1.0))
        assert trace is not None
        texts.append(prompt(graph.problem) + render(trace))
    save_base(folder, texts, sizes, seed=0)
    return folder


@pytest.mark.parametrize("loss", ["ipo", "sigmoid_norm", "hinge", ["sigmoid", "sft"]])
def test_other_losses_of_trl_train(tiny: Path, tmp_path: Path, loss: str | list[str]) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from traces.pairs import PAIRS
    from traces.walks import WalkSettings, journey
    from train.models.token_rows import encode_pairs
    from train.recipe.settings import Adapter
    from train.trainers.dpo import train_dpo
    from train.trainers.stage import StageSpec

    pairs = []
    for index in range(12):
        graph = graph_of("diophantine", index, mistakes=1.0)
        trace = journey(graph, WalkSettings(mistakes=1.0))
        assert trace is not None
        pair = PAIRS["step"](graph, trace, 0, "terse")
        pairs += [pair] if pair else []
    rows = encode_pairs(AutoTokenizer.from_pretrained(tiny), pairs, 256)
    assert len(rows) >= 4
    config = {"loss_type": loss, "learning_rate": 1e-2, "beta": 0.1}
    train_dpo(StageSpec(tiny, tmp_path / "dpo", 0, Adapter(), config), rows, batch=4)
    before, after = (
        AutoModelForCausalLM.from_pretrained(folder).state_dict() for folder in (tiny, tmp_path / "dpo")
    )
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert all(weight.isfinite().all() for weight in after.values())


def test_a_launchers_mixed_precision_holds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from train.recipe.settings import Adapter
    from train.trainers.stage import StageSpec, trl_arguments

    monkeypatch.delenv("ACCELERATE_MIXED_PRECISION", raising=False)
    spec = StageSpec(tmp_path, tmp_path / "sft", 0, Adapter(), {})
    assert trl_arguments(spec, 1)["bf16"] is False
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert trl_arguments(spec, 1)["bf16"] is True
    assert trl_arguments(replace(spec, options={"bf16": False}), 1)["bf16"] is False, (
        "unless the recipe says otherwise"
    )

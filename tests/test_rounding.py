"""Weights in low precision: every matrix is rounded, to the nearest level, and what is left as it was."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError, JourneyError
from tests.conftest import training
from train.recipe.load import load_recipe
from train.recipe.settings import Adapter

SMALL = load_recipe(
    "laptop", ["base.size={hidden: 16, layers: 2, heads: 2, kv_heads: 2, intermediate: 24}"]
).base
pytest.importorskip("torchao", reason="torchao is not installed: pip install 'journey-learning[quantize]'")

TEXTS = ["1+2=3", "12+7=19\n", "3*4=12 and 12+1=13"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from train.models.base import save_base

    path = tmp_path_factory.mktemp("base") / "base"
    save_base(path, TEXTS, SMALL, seed=0)
    return path


def load(folder: Path) -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def test_every_matrix_is_rounded_and_nothing_else(folder: Path) -> None:
    from train.models.rounding import count_weights, round_weights

    model = load(folder)
    before = copy.deepcopy(model.state_dict())
    result = round_weights(model, "int3")
    matrices = 2 * (4 * 16 * 16 + 3 * 16 * 24)
    assert (result.weights, count_weights(folder)) == (matrices, matrices)
    assert matrices * 0.98 < result.changed <= matrices
    same = {name for name, weight in model.state_dict().items() if weight.equal(before[name])}
    assert {name for name in before if "proj" not in name} == same
    assert {"model.embed_tokens.weight", "model.norm.weight"} <= same


@pytest.mark.parametrize(("bits", "levels"), [(2, 4), (3, 8), (4, 16)])
def test_each_channel_has_the_levels_of_its_bits(folder: Path, bits: int, levels: int) -> None:
    from train.models.rounding import matrices, round_weights

    model = load(folder)
    before = {name: weight.detach().clone() for name, weight in matrices(model)}
    round_weights(model, f"int{bits}")
    for name, weight in matrices(model):
        for old, row in zip(before[name], weight.detach(), strict=True):
            scale = old.abs().max() / ((levels - 1) / 2)
            assert len(set(row.tolist())) <= levels
            places = row / scale
            assert places.round().sub(places).abs().max() < 1e-4, "a level is a whole number of steps"
            inside = (old / scale).clamp(-levels / 2, levels / 2 - 1)
            assert (inside - places).abs().max() <= 0.5 + 1e-4, "the nearest level"


def test_fewer_bits_are_further_from_the_weights(folder: Path) -> None:
    from train.models.rounding import matrices, round_weights

    whole = {name: weight.detach().clone() for name, weight in matrices(load(folder))}
    errors = []
    for precision in ("bfloat16", "int8", "int6", "int4", "int3", "int2"):
        model = load(folder)
        round_weights(model, precision)
        errors.append(sum(float((weight - whole[name]).pow(2).sum()) for name, weight in matrices(model)))
    assert errors == sorted(errors) and errors[0] > 0


def test_rounding_that_changes_nothing_is_an_error(folder: Path) -> None:
    from train.models.rounding import round_weights

    model = load(folder)
    round_weights(model, "bfloat16")
    with pytest.raises(JourneyError, match=r"bfloat16 changes none of the 256 weights of model\.layers\.0"):
        round_weights(model, "bfloat16")


def test_training_computes_with_the_weights_that_evaluation_rounds(folder: Path) -> None:
    import torch

    from train.models.rounding import round_weights, train_rounded

    rounded, trained = load(folder), load(folder)
    keys = list(trained.state_dict())
    round_weights(rounded, "int4")
    train_rounded(trained, "int4")
    ids = torch.arange(4, 24)[None]
    assert torch.allclose(rounded(ids).logits, trained(ids).logits, atol=1e-6)
    assert not torch.allclose(load(folder)(ids).logits, trained(ids).logits, atol=1e-3)
    assert list(trained.state_dict()) == keys
    trained(ids).logits.sum().backward()
    assert trained.model.layers[0].mlp.up_proj.weight.grad.abs().sum() > 0, "gradients pass straight through"


def test_a_matrix_outside_of_linear_layers_is_not_trained_unrounded(folder: Path) -> None:
    import torch

    from train.models.rounding import round_weights, train_rounded

    model = load(folder)
    model.model.layers[0].experts = torch.nn.ParameterDict({"up": torch.rand(2, 3, 4)})
    before = model.model.layers[0].experts["up"].detach().clone()
    round_weights(model, "int3")
    stack = model.model.layers[0].experts["up"]
    assert not any(each.equal(old) for each, old in zip(stack, before, strict=True))
    with pytest.raises(
        InputError, match=r"rounds linear layers, but model\.layers\.0\.experts\.up is in none"
    ):
        train_rounded(model, "int3")


def test_rounded_training_leaves_a_plain_unrounded_model(folder: Path, tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from traces.trace import TrainingText
    from train.models.rounding import matrices
    from train.models.token_rows import encode
    from train.trainers.sft import train_sft
    from train.trainers.stage import StageSpec

    texts = [TrainingText(str(at), text[:2], text[2:].strip()) for at, text in enumerate(TEXTS)]
    rows = encode(AutoTokenizer.from_pretrained(folder), texts)
    spec = StageSpec(folder, tmp_path / "sft", 0, Adapter(), {"learning_rate": 1e-2})
    train_sft(spec, rows, training(300, batch_tokens=32, precision="int2", optimizer="muon"))
    saved = load(tmp_path / "sft")
    assert list(saved.state_dict()) == list(load(folder).state_dict())
    assert any(len(set(weight[0].tolist())) > 4 for _, weight in matrices(saved))
    log = [json.loads(line) for line in (tmp_path / "sft" / "log.jsonl").read_text().splitlines()]
    assert log[-1]["loss"] < log[0]["loss"]


def test_a_precision_that_cannot_be_had_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    from train.pipeline import trl_configs

    monkeypatch.setattr(trl_configs, "find_spec", lambda name: None)
    trl_configs.check_precisions(load_recipe("laptop", ["evaluation.precision=[bfloat16]"]))
    for change in ("evaluation.precision=[float32, int4]", "training.precision=int4"):
        with pytest.raises(
            InputError, match=r"int4 needs torchao: pip install 'journey-learning\[quantize\]'"
        ):
            trl_configs.check_precisions(load_recipe("laptop", [change]))


def test_adapters_are_not_trained_rounded() -> None:
    with pytest.raises(InputError, match=r"training\.precision int4 needs `adapter\.kind: full`"):
        load_recipe("laptop", ["training.precision=int4", "adapter.kind=lora"])

"""Sparse bases: the same as a dense one where they must be, trained, adapted, measured and reported."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from journey.errors import InputError
from tests.conftest import graph_of, training
from tests.made_up import results, stage
from tests.test_train import texts
from traces.text import prompt, render
from traces.walks import WalkSettings, journey
from train.evaluation.metrics_schema import RouterLayer
from train.evaluation.routing import measure_routing
from train.evaluation.scoring import Sample
from train.models.adapters import peft_config
from train.models.base import build_model, build_tokenizer, save_base
from train.models.sizes import size_of
from train.models.token_rows import encode
from train.recipe.load import load_recipe
from train.recipe.settings import Adapter, Base
from train.report import base_tables, router_plots, token_costs
from train.report.canvas import ink
from train.trainers.optimizers import master_optimizer
from train.trainers.stage import StageSpec

WIDTH, HEADS, INTERMEDIATE = 32, 4, 48


def base_of(count: int = 0, active: int = 0) -> Base:
    sizes = {"hidden": WIDTH, "layers": 2, "heads": HEADS, "kv_heads": 2, "intermediate": INTERMEDIATE}
    experts = {"count": count, "active": active} if count else None
    return Base.model_validate({"size": sizes, "context": 256, "numbers": 199, "experts": experts})


@pytest.fixture(scope="module")
def sparse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sparse") / "base"
    save_base(path, [text.prompt + text.completion for text in texts()], base_of(4, 2), seed=0)
    return path


def sft(start: Path, out: Path, adapter: Adapter, **options: Any) -> dict[str, Any]:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft

    rows = encode(AutoTokenizer.from_pretrained(start), texts())
    settings = {"learning_rate": 1e-2, "logging_steps": 1, **options}
    muon = training(6_000, optimizer="muon" if adapter.kind == "full" else "adamw")
    train_sft(StageSpec(start, out, 0, adapter, settings), rows, muon)
    return dict(json.loads((out / "training.json").read_text()))


def log_of(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


# --- a base is a base ---


def test_one_expert_is_the_dense_model_and_muon_trains_it_alike() -> None:
    """Its gate and its input are one parameter, and Muon must not make one matrix of them."""
    tokenizer = build_tokenizer(["7x+12y=173"], 20)
    dense, one = build_model(tokenizer, base_of(), 0), build_model(tokenizer, base_of(1, 1), 0)
    weights = dense.state_dict()
    for name, weight in one.state_dict().items():
        if name.endswith("gate_up_proj"):
            layer = name.removesuffix("experts.gate_up_proj")
            parts = [weights[f"{layer}{part}_proj.weight"] for part in ("gate", "up")]
            weight.copy_(torch.cat(parts)[None])
        elif name.endswith("experts.down_proj"):
            weight.copy_(weights[name.replace("experts.down_proj", "down_proj.weight")][None])
        elif "mlp.gate" not in name:
            weight.copy_(weights[name])
    ids = torch.randint(3, len(tokenizer), (4, 20), generator=torch.Generator().manual_seed(0))
    before = dense(input_ids=ids).logits.detach()
    assert torch.allclose(before, one(input_ids=ids).logits, atol=1e-5)
    for model in (dense, one):
        decayed = [name for name, weight in model.named_parameters() if weight.ndim > 1]
        optimizer = master_optimizer(model, decayed, True, 0.1, lr=1e-2)
        for _ in range(4):
            model(input_ids=ids, labels=ids).loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    after, other = dense(input_ids=ids).logits, one(input_ids=ids).logits
    # The iteration is in bfloat16, where a stack is multiplied in another order than a matrix.
    assert (after - other).norm() < 0.03 * (after - before).norm()


def test_each_expert_gets_an_orthogonal_update_of_its_own() -> None:
    model = build_model(build_tokenizer(["7x+12y=173"], 20), base_of(4, 2), 0)
    weights = [layer.mlp.experts.gate_up_proj for layer in model.model.layers]
    before = weights[0].detach().clone()
    optimizer = master_optimizer(model, [], True, 0.0, lr=1.0)
    torch.manual_seed(0)
    for weight in weights:
        weight.grad = torch.randn_like(weight) * torch.tensor([1.0, 1e-3, 10.0, 0.1])[:, None, None]
    optimizer.step()
    update = (weights[0].detach() - before).unflatten(1, (2, INTERMEDIATE))
    values = torch.linalg.svdvals(update) / (0.2 * INTERMEDIATE**0.5)
    assert values.shape == (4, 2, WIDTH)
    assert values.max() < 1.3
    assert values.median(dim=-1).values.min() > 0.6


def test_padding_and_packing_change_no_text(sparse: Path) -> None:
    """No expert has a limited capacity, so what else is in a batch cannot push a token out."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(sparse).eval()
    rows = [row["input_ids"] for row in encode(AutoTokenizer.from_pretrained(sparse), texts(3))]
    with torch.no_grad():
        alone = [model(input_ids=torch.tensor([row])).logits[0] for row in rows]
        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        padded = model(input_ids=ids, attention_mask=mask).logits
        joined = torch.tensor([[id for row in rows for id in row]])
        places = torch.tensor([[place for row in rows for place in range(len(row))]])
        packed = model(input_ids=joined, position_ids=places, use_cache=False).logits[0]
    for expected, row, part in zip(alone, padded, packed.split([len(row) for row in rows]), strict=True):
        assert torch.allclose(expected, row[: len(expected)], atol=1e-5)
        assert torch.allclose(expected, part, atol=1e-5)


def test_sizes_count_active_parameters_and_the_cache(sparse: Path, tmp_path: Path) -> None:
    expert, router = 3 * WIDTH * INTERMEDIATE, 4 * WIDTH
    save_base(tmp_path / "dense", [text.prompt + text.completion for text in texts()], base_of(), seed=0)
    dense, mixture = size_of(tmp_path / "dense"), size_of(sparse)
    assert dense.parameters == dense.active_parameters
    assert mixture.parameters == dense.parameters + 2 * (3 * expert + router)
    assert mixture.active_parameters == dense.parameters + 2 * (expert + router)
    # Two layers; a key and a value for each of two heads of eight numbers, of four bytes.
    assert dense.cache_bytes == mixture.cache_bytes == 2 * 2 * 2 * (WIDTH // HEADS) * 4


def test_the_recipe_compares_what_it_says(tmp_path: Path) -> None:
    from train.models.flops import cost_of

    recipe = load_recipe("experts")
    sizes, costs = {}, {}
    for arm in recipe.arms:
        sizes[arm.name] = save_base(tmp_path / arm.name, ["7x+12y=173"], recipe.for_arm(arm).base, seed=0)
        costs[arm.name] = cost_of(tmp_path / arm.name).training([60])
    router = 2 * 128
    assert sizes["grouped"].parameters == sizes["dense"].parameters
    assert sizes["grouped"].cache_bytes * 4 == sizes["dense"].cache_bytes
    for name, count in (("experts", 8), ("experts16", 16)):
        assert sizes[name].active_parameters == sizes["dense"].parameters + count * router
    assert sizes["experts"].parameters == sizes["large"].parameters + 8 * router
    assert costs["experts"] == pytest.approx(costs["dense"], rel=0.02)
    budget = recipe.arm("large_compute").stages[0].budget
    assert budget * costs["large_compute"] == pytest.approx(costs["experts"], rel=0.02)


@pytest.mark.parametrize(
    ("experts", "message"),
    [
        ({"count": 2, "active": 3}, "active is 3, but there are only 2 experts"),
        ({"count": 2, "activ": 1}, "did you mean 'active'"),
    ],
)
def test_experts_that_cannot_be_are_refused(experts: dict[str, int], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_recipe("laptop", [f"base.experts={json.dumps(experts)}"])


# --- training ---


def test_the_routers_loss_balances_the_experts_and_is_not_saved(sparse: Path, tmp_path: Path) -> None:
    from transformers import AutoConfig, AutoModelForCausalLM

    for name, weight in (("weak", 1e-6), ("strong", 10.0)):
        sft(sparse, tmp_path / name, Adapter(), router_aux_loss_coef=weight)
    weak, strong = (log_of(tmp_path / name)[-1]["aux_loss"] for name in ("weak", "strong"))
    # Two of four experts: 2 if every expert is chosen as often.
    assert 1.99 < strong < weak
    assert strong < 2.1
    assert AutoConfig.from_pretrained(tmp_path / "strong").output_router_logits is False
    model: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "strong")
    assert model.generate(torch.tensor([[5, 6, 7]]), max_new_tokens=4, min_new_tokens=4).shape == (1, 7)


def test_preferences_train_a_sparse_model(sparse: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    from train.trainers.dpo import train_dpo

    pairs = [{"prompt_ids": [5, 6], "chosen_ids": [7], "rejected_ids": [8]}] * 8
    options = {"learning_rate": 1e-2, "logging_steps": 1}
    train_dpo(StageSpec(sparse, tmp_path / "dpo", 0, Adapter(), options), pairs, batch=4)
    # At the start all sides are equal, so what is left is the router's loss.
    weight = AutoModelForCausalLM.from_pretrained(sparse).config.router_aux_loss_coef
    first = log_of(tmp_path / "dpo")[0]
    assert first["aux_loss"] >= 1.99
    assert first["loss"] == pytest.approx(0.6931 + weight * first["aux_loss"], abs=1e-3)
    assert AutoModelForCausalLM.from_pretrained(tmp_path / "dpo").config.output_router_logits is False


def test_lora_reaches_experts_and_not_the_router(sparse: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    adapter = Adapter(kind="lora", rank=4, alpha=8, apart=True)
    facts = sft(sparse, tmp_path / "sft", adapter)
    plain = AutoModelForCausalLM.from_pretrained(sparse)
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "sft")
    assert 0 < facts["trained_parameters"] < 0.6 * plain.num_parameters()
    before, after = plain.state_dict(), merged.state_dict()
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {name for name in before if ".experts." in name or "_proj.weight" in name} == changed
    apart = PeftModel.from_pretrained(plain, str(tmp_path / "sft" / "adapter")).eval()
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        assert torch.allclose(apart(input_ids=ids).logits, merged.eval()(input_ids=ids).logits, atol=1e-4)


def test_adapters_that_cannot_reach_experts_are_refused(sparse: Path) -> None:
    for settings in ({"kind": "dora"}, {"kind": "lora", "dropout": 0.1}):
        with pytest.raises(InputError, match=r"cannot adapt experts.*adapter.targets"):
            peft_config(Adapter.model_validate(settings), sparse)
    attention = peft_config(Adapter(kind="dora", targets=["q_proj", "v_proj"]), sparse)
    assert (attention.target_modules, attention.target_parameters) == ({"q_proj", "v_proj"}, None)
    down = peft_config(Adapter(kind="lora", targets=["q_proj", "down_proj"]), sparse)
    assert (down.target_modules, down.target_parameters) == ({"q_proj"}, ["experts.down_proj"])


# --- routers ---


class Scripted:
    """A model: its first router goes by the token, the second by the family, the third by the line."""

    def __init__(self, tokenizer: Any) -> None:
        self.config = SimpleNamespace(num_experts_per_tok=1, output_router_logits=False)
        self.device = torch.device("cpu")
        self.mod, self.notice, self.newline = tokenizer.convert_tokens_to_ids(["mod", "!", "\n"])

    def __call__(self, input_ids: torch.Tensor, **_: Any) -> Any:
        families = (input_ids == self.mod).any(1, keepdim=True).expand_as(input_ids).long()
        lines = torch.zeros_like(input_ids)
        for row, ids in enumerate(input_ids.tolist()):
            noticing = False
            for place, token in enumerate(ids):
                noticing = token == self.notice or (noticing and ids[place - 1] != self.newline)
                lines[row, place] = int(noticing)
        chosen = (input_ids % 3, families, 2 * lines)
        return SimpleNamespace(
            router_logits=tuple(torch.nn.functional.one_hot(each, 4).flatten(0, 1).float() for each in chosen)
        )


def test_what_a_router_follows_is_told_apart() -> None:
    outputs = []
    for name in ("diophantine", "congruence"):
        for index in range(12):
            graph = graph_of(name, index)
            trace = journey(graph, WalkSettings())
            assert trace is not None
            text = render(trace)
            outputs.append((graph.problem, Sample(graph.problem.id, 0, text, 9, True, True, None)))
    tokenizer = build_tokenizer([prompt(problem) + sample.text for problem, sample in outputs], 199)
    layers = measure_routing(Scripted(tokenizer), tokenizer, outputs)
    token, family, line = (layers[number] for number in "123")
    assert token.explained["token"].share == pytest.approx(1)
    assert token.explained["line beyond token"].share == pytest.approx(0)
    assert family.explained["family"].share == pytest.approx(1)
    beyond = family.explained["family beyond token"]
    assert beyond.share > (beyond.chance or 0) > 0
    assert line.explained["line"].share == pytest.approx(1)
    assert line.explained["line"].share > 2 * (line.explained["line"].chance or 0)
    assert line.lines["notice"] == [0, 0, 1, 0] and line.lines["step"] == [1, 0, 0, 0]
    assert family.families == {"diophantine": [1, 0, 0, 0], "congruence": [0, 1, 0, 0]}
    assert (token.dead, family.dead) == (1, 2)
    assert sum(token.load) == pytest.approx(1)
    assert 0.5 < token.balance < 0.8, "log 3 / log 4, if the three were chosen as often"


def test_the_report_shows_sizes_and_routers() -> None:
    explained = {name: {"share": 0.25, "chance": 0.125} for name in base_tables.EXPLAINED}
    layer = RouterLayer.model_validate(
        {"balance": 0.9, "dead": 1.0, "load": [0.5, 0.5, 0.0], "families": {"story": [0.5, 0.5, 0.0]},
         "lines": {"step": [1.0, 0.0, 0.0], "notice": [0.0, 1.0, 0.0]}, "explained": explained}
    )  # fmt: skip
    one = {"parameters": 100, "active_parameters": 100, "cache_bytes": 64}
    other = {
        "parameters": 300,
        "active_parameters": 120,
        "cache_bytes": 64,
        "router": dict.fromkeys("12", layer),
    }
    dense, sparse = ({"sft": stage(100, 40, 20.0, **size)} for size in (one, other))
    made = results({"dense": dense, "sparse": sparse})
    assert token_costs.weights(made) == {"dense": 1.0, "sparse": 1.2}
    sizes, routers = base_tables.sizes(made), base_tables.routers(made)
    assert sizes is not None and routers is not None
    assert [row[:4] for row in sizes.rows] == [("dense", "100", "100", "64"), ("sparse", "300", "120", "64")]
    assert [row[:5] for row in routers.rows] == [
        ("sparse", "SFT", number, "90.0 %", "1.0 of 3") for number in "12"
    ]
    alone = results({"dense": dense})
    with ink():
        plot, none = router_plots.router(made), router_plots.router(alone)
    assert plot is not None and "sparse layer 2, notice: expert 2 100%" in plot.alt
    assert none is None
    assert base_tables.sizes(alone) is None
    assert base_tables.routers(alone) is None

"""The optimizers beside PyTorch's own, on the same gradients."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from train.trainers.optimizers import MasterAdamW, master_optimizer, orthogonalized


def model_of(seed: int) -> Any:
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=40,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        tie_word_embeddings=True,
    )
    return LlamaForCausalLM(config)


def train(model: Any, optimizers: list[torch.optim.Optimizer], steps: int = 4) -> list[torch.Tensor]:
    for step in range(steps):
        torch.manual_seed(step)
        ids = torch.randint(0, 40, (4, 12))
        model(input_ids=ids, labels=ids).loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        for optimizer in optimizers:
            optimizer.zero_grad()
    return [weight.detach().float() for weight in model.parameters()]


def split(model: Any) -> tuple[list[nn.Parameter], list[nn.Parameter], list[nn.Parameter]]:
    """Matrices, the embedding, and norms."""
    named = list(model.named_parameters())
    matrices = [weight for name, weight in named if weight.ndim == 2 and "embed" not in name]
    embedding = [weight for name, weight in named if "embed" in name]
    return matrices, embedding, [weight for _, weight in named if weight.ndim == 1]


def decayed(model: Any) -> list[str]:
    return [name for name, weight in model.named_parameters() if weight.ndim == 2]


def test_muon_is_torchs_muon_with_adamw_on_the_rest() -> None:
    ours, theirs = model_of(0), model_of(0)
    mine = train(ours, [master_optimizer(ours, decayed(ours), True, 0.1, lr=1e-2, betas=(0.9, 0.98))])
    matrices, embedding, norms = split(theirs)
    muon = torch.optim.Muon(matrices, lr=1e-2, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    groups = [{"params": embedding, "weight_decay": 0.1}, {"params": norms, "weight_decay": 0.0}]
    expected = train(theirs, [muon, torch.optim.AdamW(groups, lr=1e-2, betas=(0.9, 0.98))])
    start = [weight.detach() for weight in model_of(0).parameters()]
    for one, other, before in zip(mine, expected, start, strict=True):
        # The iteration is in bfloat16, where a stack is multiplied in another order than a matrix.
        assert (one - other).norm() < 0.03 * (other - before).norm()


def test_adamw_is_torchs_adamw_in_float32() -> None:
    ours, theirs = model_of(1), model_of(1)
    mine = train(ours, [master_optimizer(ours, decayed(ours), False, 0.1, lr=1e-2)])
    matrices, embedding, norms = split(theirs)
    groups = [{"params": matrices + embedding, "weight_decay": 0.1}, {"params": norms, "weight_decay": 0.0}]
    expected = train(theirs, [torch.optim.AdamW(groups, lr=1e-2)])
    for one, other in zip(mine, expected, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_updates_too_small_for_bfloat16_add_up() -> None:
    weight = nn.Parameter(torch.ones(2, 2, dtype=torch.bfloat16))
    optimizer = MasterAdamW([{"params": [weight]}], lr=1e-4, weight_decay=0.0)
    for _ in range(100):
        weight.grad = torch.ones_like(weight)
        optimizer.step()
    assert weight.detach().float().mean() == pytest.approx(0.99, abs=0.004)


def test_embeddings_norms_and_frozen_weights_are_not_muons() -> None:
    model = model_of(2)
    frozen = model.model.layers[0].self_attn.q_proj.weight.requires_grad_(False)
    optimizer = master_optimizer(model, decayed(model), True, 0.1, lr=1e-2)
    stacks = dict(zip([id(master) for master in optimizer.masters], optimizer.stacks, strict=True))
    for group in optimizer.param_groups:
        for master in group["params"]:
            assert group["muon"] == (master.shape[1:] in {(32, 32), (48, 32), (32, 48)})
            assert all(weight is not frozen for weight in stacks[id(master)])


def test_a_saved_state_continues_as_if_never_saved() -> None:
    through, saved = model_of(3), model_of(3)
    straight = train(through, [master_optimizer(through, decayed(through), True, 0.1, lr=1e-2)], 4)
    first = master_optimizer(saved, decayed(saved), True, 0.1, lr=1e-2)
    train(saved, [first], 2)
    second = master_optimizer(saved, decayed(saved), True, 0.1, lr=1e-2)
    second.load_state_dict(first.state_dict())
    for step in (2, 3):
        torch.manual_seed(step)
        ids = torch.randint(0, 40, (4, 12))
        saved(input_ids=ids, labels=ids).loss.backward()
        second.step()
        second.zero_grad()
    assert all(torch.equal(a, b.detach()) for a, b in zip(straight, saved.parameters(), strict=True))


@pytest.mark.parametrize("shape", [(16, 48), (48, 16), (3, 20, 20)])
def test_orthogonalized_brings_singular_values_near_one(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalized(torch.randn(shape)))
    assert values.max() < 1.3
    assert values.median() > 0.6

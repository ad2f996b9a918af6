"""What training and answering cost, beside PyTorch's own count of what was really computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
    set_seed,
)

from train.models.flops import Cost, cost_of

SIZES: dict[str, Any] = {
    "vocab_size": 100,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "attn_implementation": "eager",
    "bos_token_id": None,
    "eos_token_id": None,
}
TOKENS_OF_A_LLAMA = 2 * (3 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 96) + 64 * 100)
"""Two operations for each weight of a matrix: queries and outputs, keys and values, the MLP; the head."""
PAIRS_OF_A_LLAMA = 3 * 2 * 2 * 64
"""Two operations for each of 64 numbers, of scores and of values, in each of 3 layers."""


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> tuple[LlamaForCausalLM, Path]:
    set_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SIZES))
    folder = tmp_path_factory.mktemp("llama")
    model.save_pretrained(folder)
    return model, folder


def test_a_llama_costs_what_its_sizes_say(llama: tuple[LlamaForCausalLM, Path]) -> None:
    result = cost_of(llama[1])
    assert result == Cost(0.0, TOKENS_OF_A_LLAMA, PAIRS_OF_A_LLAMA, 2 * 64 * 100)


def test_training_costs_what_pytorch_counts(llama: tuple[LlamaForCausalLM, Path]) -> None:
    model, folder = llama
    lengths = (12, 33)
    with FlopCounterMode(display=False) as counter:
        for length in lengths:
            ids = torch.arange(length)[None] % 100
            model(input_ids=ids, labels=ids, use_cache=False).loss.backward()
    assert cost_of(folder).training(lengths) == pytest.approx(counter.get_total_flops(), rel=0.01)


@pytest.mark.parametrize(("prompt", "generated"), [(7, 1), (10, 25)])
def test_an_answer_costs_what_pytorch_counts(
    llama: tuple[LlamaForCausalLM, Path], prompt: int, generated: int
) -> None:
    model: Any = llama[0]
    words = {"max_new_tokens": generated, "min_new_tokens": generated, "do_sample": False, "pad_token_id": 0}
    with FlopCounterMode(display=False) as counter:
        model.generate(torch.arange(prompt)[None], attention_mask=torch.ones(1, prompt).long(), **words)
    assert cost_of(llama[1]).answer(prompt, generated) == pytest.approx(counter.get_total_flops(), rel=0.01)


@pytest.mark.parametrize("length", [5, 40])
def test_other_architectures_are_counted_by_what_they_compute(tmp_path: Path, length: int) -> None:
    untrained: list[Any] = [
        Qwen3ForCausalLM(Qwen3Config(**SIZES, head_dim=32, tie_word_embeddings=True)),
        MixtralForCausalLM(MixtralConfig(**SIZES, num_local_experts=8, num_experts_per_tok=2)),
    ]
    for each in untrained:
        folder = tmp_path / type(each).__name__
        each.save_pretrained(folder)
        # One expert after the other, each with the tokens that are sent to it.
        words = {"attn_implementation": "eager", "experts_implementation": "eager"}
        model: Any = type(each).from_pretrained(folder, **words)
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(input_ids=torch.arange(length)[None] % 100, use_cache=False)
        assert cost_of(folder).forward(length) == pytest.approx(counter.get_total_flops(), rel=0.01), folder

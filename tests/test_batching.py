"""Continuous batching: the tokens of `model.generate`, whatever shares the batch, each output on its own."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
import torch
from transformers import (
    GenerationConfig,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
)

from train.evaluation.decoding.batching import ContinuousBatcher, Job

WORDS = 23
STOP = 3
SIZES: dict[str, Any] = {
    "vocab_size": WORDS,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "initializer_range": 0.4,
}


def made(kind: str) -> Any:
    """A model of random weights, large enough for outputs that differ and end at different places."""
    torch.manual_seed(1)
    model: Any
    if kind == "grouped queries":
        model = LlamaForCausalLM(LlamaConfig(**SIZES))
    elif kind == "experts":
        model = MixtralForCausalLM(MixtralConfig(**SIZES, num_local_experts=4, num_experts_per_tok=2))
    elif kind == "sliding window":
        model = MistralForCausalLM(MistralConfig(**SIZES, sliding_window=5))
    else:
        sizes: dict[str, Any] = {
            "vocab_size": WORDS,
            "n_embd": 32,
            "n_layer": 2,
            "n_head": 4,
            "n_positions": 46,
        }
        model = GPT2LMHeadModel(GPT2Config(**sizes, initializer_range=0.4))
    return model.eval()


def jobs(count: int = 40, cap: int = 30) -> list[Job]:
    random = Random(0)
    prompts = [
        tuple(random.randrange(4, WORDS) for _ in range(random.randint(1, 16))) for _ in range(count - 4)
    ]
    prompts += prompts[:4]
    return [Job(ids, f"job {at}", random.randint(1, cap)) for at, ids in enumerate(prompts)]


def plain(model: Any, job: Job) -> list[int]:
    """What `model.generate` writes, asked for this job alone."""
    ids = torch.tensor([job.ids])
    config = GenerationConfig(
        max_new_tokens=job.cap, do_sample=False, eos_token_id=STOP, pad_token_id=0, bos_token_id=1
    )
    result = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)
    return list(map(int, result[0, len(job.ids) :]))


@pytest.mark.parametrize("kind", ["grouped queries", "sliding window", "learned positions", "experts"])
def test_greedy_outputs_are_those_of_generate(kind: str) -> None:
    model = made(kind)
    asked = jobs()
    expected = [plain(model, job) for job in asked]
    lengths = {len(ids) for ids in expected}
    assert len(lengths) > 8
    assert any(ids[-1] == STOP for ids in expected)
    for slots in (1, 7, 64):
        outputs = ContinuousBatcher(model, slots).generate(asked, [STOP])
        assert [output.ids for output in outputs] == expected
        assert [output.stopped for output in outputs] == [ids[-1] == STOP for ids in expected]


def test_a_sample_depends_on_seed_name_and_prompt_only() -> None:
    model = made("grouped queries")
    asked = jobs()
    result = ContinuousBatcher(model, 64, temperature=1.0, seed=5).generate(asked, [STOP])
    backwards = ContinuousBatcher(model, 3, temperature=1.0, seed=5).generate(asked[::-1], [STOP])
    assert [output.ids for output in backwards[::-1]] == [output.ids for output in result]
    copies = [Job((7, 8, 9), name, 30) for name in ("a", "b", "a")]
    first, second, third = (
        output.ids for output in ContinuousBatcher(model, 2, 1.0, 5).generate(copies, [STOP])
    )
    assert first == third != second
    assert first != ContinuousBatcher(model, 2, 1.0, 6).generate(copies[:1], [STOP])[0].ids


def test_samples_are_drawn_with_the_models_probabilities() -> None:
    model = made("grouped queries")
    count, temperature = 4_000, 0.7
    asked = [Job((7, 8, 9), str(copy), 1) for copy in range(count)]
    outputs = ContinuousBatcher(model, 500, temperature).generate(asked, [STOP])
    with torch.inference_mode():
        logits = model(torch.tensor([[7, 8, 9]])).logits[0, -1]
    shares = (logits / temperature).softmax(-1)
    for token in range(WORDS):
        share = float(shares[token])
        drawn = sum(output.ids[0] == token for output in outputs)
        assert abs(drawn - count * share) <= 5 * (count * share * (1 - share)) ** 0.5 + 1
    logprobs = logits.log_softmax(-1)
    assert all(
        output.logprobs == [pytest.approx(float(logprobs[output.ids[0]]), abs=1e-4)] for output in outputs
    )


def test_log_probabilities_equal_those_of_one_pass() -> None:
    model = made("grouped queries")
    asked = jobs(12)
    for job, output in zip(asked, ContinuousBatcher(model, 5, 1.0).generate(asked, [STOP]), strict=True):
        with torch.inference_mode():
            logits = model(torch.tensor([[*job.ids, *output.ids]])).logits[0, len(job.ids) - 1 : -1]
        expected = logits.log_softmax(-1).gather(1, torch.tensor(output.ids)[:, None])[:, 0]
        assert output.logprobs == pytest.approx(expected.tolist(), abs=1e-4)


def test_continuing_a_prefix_equals_writing_it() -> None:
    model = made("grouped queries")
    job = Job((7, 8, 9), "", 25)
    whole = plain(model, job)
    assert len(whole) > 6
    rest = ContinuousBatcher(model, 2).generate([Job((*job.ids, *whole[:5]), "", 20)], [STOP])[0]
    assert rest.ids == whole[5:]


def test_a_banned_token_does_not_come_first_but_may_come_later() -> None:
    model = made("grouped queries")
    job = Job((7, 8, 9), "", 25)
    free = ContinuousBatcher(model, 2).generate([job], [])[0]
    kept = ContinuousBatcher(model, 2).generate([job._replace(banned=(free.ids[0],)), job], [])
    assert kept[0].ids[0] != free.ids[0]
    assert kept[1].ids == free.ids


def test_nothing_is_asked_and_a_job_without_room_is_refused() -> None:
    model = made("grouped queries")
    assert ContinuousBatcher(model).generate([], [STOP]) == []
    with pytest.raises(ValueError, match="a cap of 1 or more: 'none'"):
        ContinuousBatcher(model).generate([Job((7,), "none", 0)], [STOP])


def test_long_outputs_hold_up_nobody() -> None:
    """One output in eight is long: every slot but one long one's is refilled all the time."""
    model: Any = made("grouped queries")
    asked = [Job((7, at % 16 + 4), str(at), 40 if at % 8 == 0 else 4) for at in range(64)]
    passes = 0
    forward = model.forward

    def counted(*args: Any, **named: Any) -> Any:
        nonlocal passes
        passes += 1
        return forward(*args, **named)

    model.forward = counted
    result = ContinuousBatcher(model, 16).generate(asked, [])
    assert [len(output.ids) for output in result] == [job.cap for job in asked]
    # In batches of 16 each runs to 40: 160 passes.
    assert passes <= 80

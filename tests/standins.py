"""Stand-ins for instruct models: their architecture and chat template, tiny, untrained, made on the spot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.conftest import graph_of
from traces.text import render
from traces.walks import WalkSettings, walk

QWEN2 = (
    "{% if messages[0]['role'] != 'system' %}<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. "
    "You are a helpful assistant.<|im_end|>\n{% endif %}"
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""As Qwen2.5 asks: a system line of its own first."""
QWEN3 = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['role'] == 'assistant' %}"
    "{% set thought = m['content'].split('</think>')[0].split('<think>')[-1].strip('\n') "
    "if '</think>' in m['content'] else '' %}"
    "<think>\n{{ thought }}\n</think>\n\n{{ m['content'].split('</think>')[-1].lstrip('\n') }}"
    "{% else %}{{ m['content'] }}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
"""As Qwen3 asks: what is thought comes first in every last answer, also where it is nothing."""
SMOLLM2 = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
    "' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""As SmolLM2 asks: a system line of its own first, and a newline after each end."""
TEMPLATES = {"qwen2": QWEN2, "qwen3": QWEN3, "llama": SMOLLM2}
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def make(path: Path, texts: Iterable[str], architecture: str = "qwen2", vocabulary: int = 400) -> Path:
    """Saves a tiny model of an architecture, with a byte-level BPE of these texts and its chat template.

    `qwen2` and `qwen3` are Qwen's. `llama` is SmolLM2's: each digit is a token, and the token that ends an
    answer pads too.
    """
    from transformers import AutoConfig, AutoModelForCausalLM, GenerationConfig, set_seed

    tokenizer = byte_level_bpe(texts, vocabulary, digits=architecture == "llama")
    if architecture == "llama":
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.chat_template = TEMPLATES[architecture]
    sizes: dict[str, Any] = {
        "vocab_size": len(tokenizer),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "tie_word_embeddings": True,
        "max_position_embeddings": 2048,
    }
    set_seed(0)
    model: Any = AutoModelForCausalLM.from_config(AutoConfig.for_model(architecture, **sizes))
    if architecture != "llama":
        ends = [tokenizer.eos_token_id, tokenizer.pad_token_id]
        # As Qwen's own folders say it; what is greedy here must not be moved by it.
        model.generation_config = GenerationConfig(
            do_sample=True, temperature=0.7, top_p=0.8, top_k=20, repetition_penalty=1.05, eos_token_id=ends
        )
    model.save_pretrained(path)
    tokenizer.save_pretrained(path)
    return path


def byte_level_bpe(texts: Iterable[str], vocabulary: int, digits: bool) -> Any:
    """A byte-level BPE of these texts; with `digits`, each digit is a token, as in SmolLM2."""
    from tokenizers import ByteLevelBPETokenizer, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    bpe = ByteLevelBPETokenizer()
    if digits:
        split = [pre_tokenizers.Digits(individual_digits=True), bpe._tokenizer.pre_tokenizer]
        bpe._tokenizer.pre_tokenizer = pre_tokenizers.Sequence(split)
    bpe.train_from_iterator(texts, vocab_size=vocabulary, special_tokens=SPECIAL)
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe._tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>"
    )


def word_problems(path: Path, count: int) -> Path:
    """Writes word problems with a right and a wrong attempt at each, in GSM8K's schema and in MATH's in turn.

    Every fourth is of the test split.
    """
    rows = []
    for index in range(count):
        graph = graph_of("story", index)
        trace = walk("shortcut", graph, WalkSettings())
        assert trace is not None
        *steps, last = render(trace, "prose").split("\n")
        slip = re.sub(r"\d+(?=\D*$)", lambda result: str(int(result[0]) + 1), steps[-1])
        attempts = ["\n".join([*steps[:-1], step, last]) for step in (slip, steps[-1])]
        row: dict[str, Any] = {"samples": attempts, "split": "train" if index % 4 else "test"}
        if index % 2:
            row |= {"problem": graph.problem.statement, "solution": attempts[1], "level": "Level 2"}
        else:
            plain = "\n".join(steps).replace("$", "").replace(r"\cdot", "*")
            row |= {"question": graph.problem.statement, "answer": f"{plain}\n#### {graph.problem.answer}"}
        rows.append(row)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path

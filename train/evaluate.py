"""Asks a model problems: greedy for pass@1, sampled for pass@k, under one token cap for every arm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from journey.problem import Problem
from traces.text import prompt
from train.measure import Sample, grade


def ask(
    model_path: Path,
    problems: Sequence[Problem],
    *,
    max_new_tokens: int,
    batch: int,
    samples: int = 0,
    temperature: float = 1.0,
    seed: int = 0,
    style: str = "terse",
    hear: Callable[[int], None] = lambda done: None,
) -> Iterator[Sample]:
    """The model's outputs: one greedy output a problem if `samples` is 0, else `samples` sampled ones.

    Problems with prompts of like length share a batch, so there is next to no padding; results come in that
    order.
    """
    tokenizer = AutoTokenizer.from_pretrained(model_path)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    # transformers types `to` and `generate` by mixins that mypy cannot follow.
    model: Any = AutoModelForCausalLM.from_pretrained(model_path, dtype=torch.float32)
    model.to(device).eval()
    torch.manual_seed(seed)
    copies = max(1, samples)
    jobs = [(problem, copy) for problem in problems for copy in range(copies)]
    prompts = [prompt(problem, style) for problem, _ in jobs]
    order = sorted(range(len(jobs)), key=lambda job: len(prompts[job]))
    sampling: dict[str, Any] = {"do_sample": False}
    if samples:
        sampling = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    for at in range(0, len(order), batch):
        chosen = order[at : at + batch]
        encoded = tokenizer(
            [prompts[job] for job in chosen], return_tensors="pt", padding=True, add_special_tokens=False
        ).to(device)
        with torch.inference_mode():
            output = model.generate(
                input_ids=encoded["input_ids"],
                attention_mask=encoded["attention_mask"],
                max_new_tokens=max_new_tokens,
                pad_token_id=tokenizer.pad_token_id,
                eos_token_id=tokenizer.eos_token_id,
                **sampling,
            )
        for job, ids in zip(chosen, output[:, encoded["input_ids"].shape[1] :].tolist(), strict=True):
            problem, copy = jobs[job]
            finished = tokenizer.eos_token_id in ids
            kept = ids[: ids.index(tokenizer.eos_token_id)] if finished else ids
            text = str(tokenizer.decode(kept))
            correct, reason = grade(problem, text, finished, style)
            number = copy + 1 if samples else 0
            yield Sample(problem.id, number, text, len(kept) + finished, finished, correct, reason)
        hear(len(chosen))

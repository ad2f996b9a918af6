"""`journey bench generate`: tokens a second of our generator, of `model.generate` and of `generate_batch`.

The same prompts, the same model and the same number of outputs at a time. The model has random weights and
the laptop recipe's sizes; each output is as long as the journey of its problem: it has that cap, and nothing
else ends it. A batch of `model.generate` runs to its longest; tokens after the end of
an output do not count. It is given the prompts as they come, and sorted by length, so that outputs of like
length tend to share a batch.
"""

from __future__ import annotations

import copy
import logging
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, ContinuousBatchingConfig, GenerationConfig

from journey import families
from journey.problem import draw_distinct
from journey.runs.store import BenchResult, clock
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from traces.text import prompt, render
from traces.walks import WalkSettings, walk
from train.evaluation.decoding.batching import ContinuousBatcher, Job
from train.models.base import save_base
from train.recipe.load import load_recipe
from train.recipe.settings import Base

OUTPUTS = 1_000
"""Number of outputs: as many as the laptop recipe has held-out problems."""
PAGE = 16
"""Tokens a page of the cache of `generate_batch`; what it infers by itself does not fit so small a model."""
BATCH_TOKENS = 1_024
"""Tokens of a step of `generate_batch`."""
ROUNDS = 3
"""Number of measurements per method, in turn. Medians are compared."""


def bench_generate() -> BenchResult:
    """Tokens a second of each way, on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            model, jobs = model_and_jobs(Path(folder) / "base", load_recipe("laptop").base)
        return _compared(model, jobs, load_recipe("laptop").evaluation.batch)
    finally:
        torch.set_num_threads(threads)


def model_and_jobs(path: Path, base: Base) -> tuple[Any, list[Job]]:
    """The model of a base, saved at `path`, and the jobs of journeys of the laptop recipe's problems."""
    levels = load_recipe("laptop").problems.levels
    problems = draw_distinct(families.get("diophantine"), 0, "heldout", OUTPUTS, levels)
    texts = []
    for problem in problems:
        trace = walk(
            "journey", explore(problem, Symbolic(0.2, 0), "depth", Budget()), WalkSettings(mistakes=0.02)
        )
        if trace is not None:
            texts.append((prompt(problem), render(trace)))
    save_base(path, [part for text in texts for part in text], base, seed=0)
    tokenizer = AutoTokenizer.from_pretrained(path)

    def tokens(text: str) -> tuple[int, ...]:
        return tuple(tokenizer(text, add_special_tokens=False)["input_ids"])

    jobs = [Job(tokens(prompt_text), "", len(tokens(completion)) + 1) for prompt_text, completion in texts]
    return AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32).eval(), jobs


def _compared(model: Any, jobs: Sequence[Job], batch: int) -> BenchResult:
    logging.getLogger("transformers").setLevel(logging.ERROR)
    needed = sum(job.cap for job in jobs)
    other = copy.deepcopy(model)  # `generate_batch` changes its model's attention.
    by_length = sorted(range(len(jobs)), key=lambda at: len(jobs[at].ids))
    ways: dict[str, Callable[[], list[list[int]]]] = {
        "journey": lambda: [output.ids for output in ContinuousBatcher(model, batch).generate(jobs, [])],
        "model.generate": lambda: _plain(model, jobs, batch, list(range(len(jobs)))),
        "model.generate, sorted": lambda: _plain(model, jobs, batch, by_length),
        "generate_batch": lambda: _library(other, jobs, batch),
    }
    speeds: dict[str, list[float]] = {way: [] for way in ways}
    outputs: dict[str, list[list[int]]] = {}
    left_out: list[str] = []
    for _ in range(ROUNDS):
        for way in list(speeds):
            seconds = clock()
            try:
                outputs[way] = ways[way]()
            except CannotRun as fault:
                del speeds[way]
                left_out.append(f"{way} is left out: it cannot run with this model ({fault}).")
                continue
            speeds[way].append(needed / seconds())
    medians = {way: sorted(values)[ROUNDS // 2] for way, values in speeds.items()}
    lengths = sorted(job.cap for job in jobs)
    same = sum(
        ours == plain for ours, plain in zip(outputs["journey"], outputs["model.generate"], strict=True)
    )
    notes = (
        f"{len(jobs):,} outputs of {lengths[0]} to {lengths[-1]} tokens, {needed / len(jobs):.0f} in the "
        f"mean, {batch} at a time.",
        f"{same:,} of {len(jobs):,} outputs are those of model.generate token for token.",
        *left_out,
    )
    ratios = {
        f"times {way}": medians["journey"] / speed for way, speed in medians.items() if way != "journey"
    }
    return BenchResult(("on one thread", "tokens/s"), list(medians.items()), ratios, notes)


def _plain(model: Any, jobs: Sequence[Job], batch: int, order: Sequence[int]) -> list[list[int]]:
    outputs: list[list[int]] = [[] for _ in jobs]
    for first in range(0, len(order), batch):
        chosen = order[first : first + batch]
        width = max(len(jobs[at].ids) for at in chosen)
        padding = [width - len(jobs[at].ids) for at in chosen]
        ids = [[0] * space + list(jobs[at].ids) for at, space in zip(chosen, padding, strict=True)]
        seen = [[0] * space + [1] * (width - space) for space in padding]
        with torch.inference_mode():
            output = model.generate(
                input_ids=torch.tensor(ids),
                attention_mask=torch.tensor(seen),
                generation_config=_greedy(max(jobs[at].cap for at in chosen)),
            )
        for at, row in zip(chosen, output[:, width:].tolist(), strict=True):
            outputs[at] = row[: jobs[at].cap]
    return outputs


def _greedy(cap: int) -> GenerationConfig:
    # -1 is no token: nothing ends an output before its cap.
    return GenerationConfig(max_new_tokens=cap, do_sample=False, eos_token_id=-1, pad_token_id=0)


class CannotRun(Exception):
    """A way of generating does not run with this model."""


def _library(model: Any, jobs: Sequence[Job], batch: int) -> list[list[int]]:
    """The continuous batching of transformers, with a cache that holds a batch of the longest outputs.

    Raises:
        CannotRun: its thread ended before all outputs were there.
    """
    # It logs the traceback of its thread; the reason is part of our sentence.
    logging.getLogger("ContinuousBatchingLogger").setLevel(logging.CRITICAL)
    outputs: list[list[int]] = [[] for _ in jobs]
    longest = max(len(job.ids) + job.cap for job in jobs)
    settings = ContinuousBatchingConfig(
        max_requests_per_batch=batch,
        page_size=PAGE,
        num_blocks=batch * math.ceil(longest / PAGE),
        max_batch_tokens=BATCH_TOKENS,
        max_memory_percent=0.5,
    )
    opened = model.continuous_batching_context_manager(
        generation_config=_greedy(max(job.cap for job in jobs)),
        continuous_batching_config=settings,
        warmup=False,
    )
    with opened as manager:
        for at, job in enumerate(jobs):
            manager.add_request(list(job.ids), request_id=str(at), max_new_tokens=job.cap, eos_token_id=-1)
        left = len(jobs)
        while left:
            result = manager.get_result(timeout=1)
            if result is None and not manager.is_running():
                reason = manager.background_thread_status.fatal_error
                raise CannotRun(" ".join(str(reason).split())[:200])
            if result is not None and result.is_finished():
                outputs[int(result.request_id)] = result.generated_tokens
                left -= 1
    return outputs

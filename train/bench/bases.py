"""`journey bench bases`: how fast the bases of recipe `experts` generate, and what their caches take.

Each base answers the same prompts with outputs of the same lengths, those of the problems' journeys, in
batches of the recipe's size (`train.bench.generation`). A sparse base reads the weights of all its experts
for a batch, but computes a token with few of them. Grouped queries share keys and values, so their cache is
smaller.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import torch

from journey.runs.store import BenchResult, clock
from train.bench.generation import model_and_jobs
from train.evaluation.decoding.batching import ContinuousBatcher, Job
from train.models.sizes import Size, size_of
from train.recipe.load import load_recipe
from train.recipe.settings import Base

ROUNDS = 5
"""Number of measurements per base, in turn. Medians are compared."""


def bench_bases() -> BenchResult:
    """Tokens a second, parameters and cache of each base, on one thread."""
    recipe = load_recipe("experts")
    slots = recipe.evaluation.batch
    bases: dict[str, Base] = {}
    for arm in recipe.arms:
        if (base := recipe.for_arm(arm).base) not in bases.values():
            bases[arm.name] = base
    models: dict[str, tuple[Any, list[Job]]] = {}
    sizes: dict[str, Size] = {}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for name, base in bases.items():
                models[name] = model_and_jobs(Path(folder) / name, base)
                sizes[name] = size_of(Path(folder) / name)
        speeds: dict[str, list[float]] = {name: [] for name in models}
        for _ in range(ROUNDS):
            for name, (model, jobs) in models.items():
                seconds = clock()
                ContinuousBatcher(model, slots).generate(jobs, [])
                speeds[name].append(sum(job.cap for job in jobs) / seconds())
    finally:
        torch.set_num_threads(threads)
    medians = {name: sorted(values)[ROUNDS // 2] for name, values in speeds.items()}
    longest = max(len(job.ids) + job.cap for _, jobs in models.values() for job in jobs)
    first, *others = medians
    rows = [
        (name, speed, f"{size.parameters:,}", f"{size.active_parameters:,}", f"{size.cache_bytes:,}",
         slots * longest * size.cache_bytes / 2**20)
        for (name, speed), size in zip(medians.items(), sizes.values(), strict=True)
    ]  # fmt: skip
    columns = ("on one thread", "tokens/s", "parameters", "active", "cache bytes a token", "MiB of cache")
    return BenchResult(
        columns, rows, {f"{name} / {first}": medians[name] / medians[first] for name in others}
    )

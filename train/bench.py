"""`journey bench`: how fast the parts are, measured in one run beside the plain way of doing the same."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from journey import families
from journey.errors import unknown_name
from journey.problem import draw_distinct
from journey.store import clock
from search.bench import bench_check, bench_search
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from traces.text import prompt, render
from traces.walks import Knobs, walk
from train.recipe import Recipe, load
from train.rows import IGNORED, Row, Text, encode, token_batches

ROUNDS = 3
"""Times each way is measured, in turn; the medians are compared."""
TOKENS = 120_000
"""Training tokens a round."""


def bench_train() -> dict[str, float]:
    """Tokens a second of the SFT stage and of a bare PyTorch loop: same model, same batches, one thread."""
    import torch

    from train.base import save_base

    logging.getLogger("transformers").setLevel(logging.ERROR)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    recipe = load("laptop")
    texts = []
    for problem in draw_distinct(families.get("diophantine"), 0, "train", 1_000, recipe.problems.levels):
        trace = walk("journey", explore(problem, Symbolic(0.2, 0), "depth", Budget()), Knobs())
        if trace is not None:
            texts.append(Text(problem.id, prompt(problem), render(trace)))
    speeds: dict[str, list[float]] = {"ours": [], "bare": []}
    try:
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder) / "base"
            save_base(base, [text.prompt + text.completion for text in texts], recipe.base, seed=0)
            from transformers import AutoTokenizer

            rows = encode(AutoTokenizer.from_pretrained(base), texts)
            for number in range(ROUNDS):
                speeds["ours"].append(_ours(base, rows, recipe, number))
                speeds["bare"].append(_bare(base, rows, recipe, number))
    finally:
        torch.set_num_threads(threads)
    ours, bare = (sorted(speeds[name])[ROUNDS // 2] for name in ("ours", "bare"))
    return {
        "SFT stage, tokens a second on one thread": ours,
        "bare PyTorch loop, tokens a second on one thread": bare,
        "ratio": ours / bare,
    }


def _ours(base: Path, rows: Sequence[Row], recipe: Recipe, seed: int) -> float:
    """From the first step's end to the last's, so that neither way pays for its start."""
    from train.sft import train_sft

    times: list[float] = []
    seconds = clock()
    out = base.with_name(f"ours-{seed}")

    def hear(done: int, total: int, note: str) -> None:
        times.append(seconds())

    settings = recipe.training
    train_sft(base, rows, TOKENS, settings.batch_tokens, settings.precision, recipe.sft, seed, out, hear, {})
    _, counts = _batches(rows, settings.batch_tokens, seed)
    return sum(counts[1 : len(times)]) / (times[-1] - times[0])


def _bare(base: Path, rows: Sequence[Row], recipe: Recipe, seed: int) -> float:
    import torch
    from transformers import AutoModelForCausalLM

    from train.precision import MasterAdamW

    precision = getattr(torch, recipe.training.precision)
    model = AutoModelForCausalLM.from_pretrained(base, attn_implementation="eager", dtype=precision).train()
    optimizer = MasterAdamW(
        [{"params": list(model.parameters())}],
        lr=recipe.sft["learning_rate"],
        betas=(0.9, recipe.sft.get("adam_beta2", 0.999)),
        weight_decay=recipe.sft.get("weight_decay", 0.0),
        fused=True,
    )
    batches, counts = _batches(rows, recipe.training.batch_tokens, seed)
    times: list[float] = []
    seconds = clock()
    for batch in batches:
        longest = max(len(rows[row]["input_ids"]) for row in batch)

        def padded(name: str, fill: int, longest: int = longest, batch: list[int] = batch) -> torch.Tensor:
            return torch.tensor(
                [rows[row][name] + [fill] * (longest - len(rows[row][name])) for row in batch]
            )

        ids, labels = padded("input_ids", 0), padded("labels", IGNORED)
        logits = model(input_ids=ids, attention_mask=(ids != 0).long(), use_cache=False).logits
        scores, wanted = logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten()
        loss = torch.nn.functional.cross_entropy(scores, wanted, ignore_index=IGNORED)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        times.append(seconds())
    return sum(counts[1:]) / (times[-1] - times[0])


def _batches(rows: Sequence[Row], batch_tokens: int, seed: int) -> tuple[list[list[int]], list[int]]:
    lengths = [len(row["input_ids"]) for row in rows]
    batches = token_batches(lengths, batch_tokens, TOKENS, seed)
    return batches, [sum(lengths[row] for row in batch) for batch in batches]


BENCHMARKS: dict[str, Callable[[], dict[str, float]]] = {
    "check": bench_check,
    "search": bench_search,
    "train": bench_train,
}


def benchmarks(name: str | None) -> list[str]:
    """The benchmarks of this name; all of them for None."""
    if name is not None and name not in BENCHMARKS:
        raise unknown_name("benchmark", name, BENCHMARKS)
    return [name] if name else list(BENCHMARKS)


def run_bench(name: str) -> dict[str, float]:
    """The figures of one benchmark."""
    return BENCHMARKS[name]()

"""How fast supervised fine-tuning is on one thread, next to two bare loops and the limit of the machine.

All three take the same model, batches and optimizer. The plain loop is what most people write. The compiled
loop is the fastest we know: `torch.compile` with dynamic shapes, which fuses what lies between the matrix
products. The limit is the throughput of a large matrix product in the same precision.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from journey import families
from journey.problem import draw_distinct
from journey.runs.store import BenchResult, clock
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from traces.text import prompt, render
from traces.trace import TrainingText
from traces.walks import WalkSettings, walk
from train.models.base import save_base
from train.models.token_rows import IGNORED, Row, encode, token_batches
from train.recipe.load import load_recipe
from train.recipe.recipe import Recipe
from train.trainers.optimizers import master_optimizer
from train.trainers.sft import train_sft
from train.trainers.stage import StageSpec

ROUNDS = 10
"""Number of measurements per method, in alternating order. Medians are compared."""
TOKENS = 40_000
"""Training tokens per round. Rounds are short because the machine's speed drifts."""
PROBLEMS = 1_000
WARM = 12
"""Number of untimed warm-up batches, in which a compiled loop compiles."""
SIDE = 2_048
"""Size of the square matrices for measuring the machine's throughput."""

Loss = Callable[[Any, torch.Tensor, torch.Tensor], torch.Tensor]


def bench_train() -> BenchResult:
    """Tokens a second of the SFT stage and of two bare loops, and the share of the machine they use."""
    logging.getLogger("transformers").setLevel(logging.ERROR)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    recipe = load_recipe("laptop")
    try:
        with tempfile.TemporaryDirectory() as folder:
            base = Path(folder) / "base"
            rows = make_rows(recipe, base)
            ways: dict[str, Callable[[int], float]] = {
                "SFT stage": lambda number: _stage(base, rows, recipe, number),
                "plain PyTorch loop": BareLoop(base, recipe, batch_loss).measured(rows),
            }
            if shutil.which("g++") or shutil.which("c++"):
                compiled = torch.compile(batch_loss, dynamic=True)
                ways["compiled PyTorch loop"] = BareLoop(base, recipe, compiled).measured(rows)
            speeds: dict[str, list[float]] = {name: [] for name in ways}
            for number in range(ROUNDS):
                for name in list(ways)[:: 1 if number % 2 else -1]:
                    speeds[name].append(ways[name](number))
            flops = flops_per_token(base, rows, recipe)
    finally:
        torch.set_num_threads(threads)
    peak = matrix_throughput(getattr(torch, recipe.training.precision))
    medians = {name: median(values) for name, values in speeds.items()}
    stage = medians["SFT stage"]
    ratios = {f"SFT stage / {name}": stage / speed for name, speed in medians.items() if name != "SFT stage"}
    return BenchResult(
        ("on one thread", "tokens/s", "% of matrix throughput"),
        [(name, speed, 100 * speed * flops / peak) for name, speed in medians.items()],
        {**ratios, "million FLOPs a token": flops / 1e6, "measured GFLOP/s": peak / 1e9},
    )


def make_rows(recipe: Recipe, base: Path) -> list[Row]:
    """Journeys of the recipe's first training problems, encoded for a base that is saved at `base`."""
    from transformers import AutoTokenizer

    texts = []
    for problem in draw_distinct(families.get("diophantine"), 0, "train", PROBLEMS, recipe.problems.levels):
        trace = walk("journey", explore(problem, Symbolic(0.2, 0), "depth", Budget()), WalkSettings())
        if trace is not None:
            texts.append(TrainingText(problem.id, prompt(problem), render(trace)))
    save_base(base, [text.prompt + text.completion for text in texts], recipe.base, seed=0)
    return encode(AutoTokenizer.from_pretrained(base), texts)


def _stage(base: Path, rows: Sequence[Row], recipe: Recipe, seed: int) -> float:
    """Tokens per second from the end of the first step to the end of the last, without startup."""
    times: list[float] = []
    seconds = clock()
    training = recipe.training.model_copy(update={"tokens": TOKENS})
    # A round is a small part of a recipe's training, so it writes no checkpoint.
    options = {**recipe.sft, "save_steps": recipe.training.tokens}

    def on_progress(done: int, total: int, note: str) -> None:
        times.append(seconds())

    out = base.with_name(f"stage-{seed}")
    train_sft(
        StageSpec(
            start=base, out=out, seed=seed, adapter=recipe.adapter, options=options, on_progress=on_progress
        ),
        rows,
        training,
    )
    shutil.rmtree(out)
    counts = [sum(len(rows[row]["input_ids"]) for row in batch) for batch in _batches(rows, recipe, seed)]
    return sum(counts[1 : len(times)]) / (times[-1] - times[0])


def batch_loss(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of the labelled tokens; both arguments have the shape (texts, tokens)."""
    logits = model(input_ids=ids, attention_mask=(ids != 0).long(), use_cache=False).logits
    return torch.nn.functional.cross_entropy(
        logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten(), ignore_index=IGNORED
    )


class BareLoop:
    """A training loop without a trainer: forward, backward, clip, step."""

    def __init__(self, base: Path, recipe: Recipe, loss: Loss) -> None:
        from transformers import AutoModelForCausalLM

        precision = getattr(torch, recipe.training.precision)
        self.recipe, self.loss = recipe, loss
        self.model: Any = AutoModelForCausalLM.from_pretrained(
            base, attn_implementation="eager", dtype=precision
        ).train()
        self.optimizer = master_optimizer(
            self.model,
            [name for name, weight in self.model.named_parameters() if weight.ndim > 1],
            recipe.training.optimizer == "muon",
            recipe.sft.get("weight_decay", 0.0),
            lr=recipe.sft["learning_rate"],
            betas=(0.9, recipe.sft.get("adam_beta2", 0.999)),
        )

    def step(self, rows: Sequence[Row], batch: Sequence[int]) -> None:
        """One optimizer step."""
        self.loss(self.model, *_tensors(rows, batch)).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()

    def measured(self, rows: Sequence[Row]) -> Callable[[int], float]:
        """Its tokens a second on the batches of a seed; a first call warms up."""
        warm = iter([True])

        def speed(seed: int) -> float:
            batches = _batches(rows, self.recipe, seed)
            for batch in batches[:WARM] if next(warm, False) else []:
                self.step(rows, batch)
            seconds = clock()
            for batch in batches:
                self.step(rows, batch)
            return sum(len(rows[row]["input_ids"]) for batch in batches for row in batch) / seconds()

        return speed


def _tensors(rows: Sequence[Row], batch: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(len(rows[row]["input_ids"]) for row in batch)

    def padded(name: str, fill: int) -> torch.Tensor:
        return torch.tensor([rows[row][name] + [fill] * (longest - len(rows[row][name])) for row in batch])

    return padded("input_ids", 0), padded("labels", IGNORED)


def _batches(rows: Sequence[Row], recipe: Recipe, seed: int) -> list[list[int]]:
    lengths = [len(row["input_ids"]) for row in rows]
    return token_batches(lengths, recipe.training.batch_tokens, TOKENS, seed)


def flops_per_token(base: Path, rows: Sequence[Row], recipe: Recipe) -> float:
    """Floating-point operations of matrix products in a forward and a backward pass, a token.

    The optimizer's own are not counted.
    """
    loop = BareLoop(base, recipe, batch_loss)
    batch = _batches(rows, recipe, 0)[0]
    with FlopCounterMode(display=False) as counter:
        loop.loss(loop.model, *_tensors(rows, batch)).backward()  # type: ignore[no-untyped-call]
    return float(counter.get_total_flops()) / sum(len(rows[row]["input_ids"]) for row in batch)


def matrix_throughput(precision: torch.dtype) -> float:
    """Floating-point operations a second of a large matrix product on one thread: the best of five."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        square = torch.randn(SIDE, SIDE).to(precision)
        times = []
        for _ in range(5):
            seconds = clock()
            square @ square
            times.append(seconds())
        return float(2 * SIDE**3 / min(times))
    finally:
        torch.set_num_threads(threads)

"""`journey bench`: how fast the parts are, measured in one run beside the plain way of doing the same."""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from journey import families
from journey.errors import unknown_name
from journey.problem import draw_distinct
from journey.store import Figures, clock
from search.bench import bench_search
from search.checking import bench_check
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic
from traces.text import prompt, render
from traces.walks import Knobs, walk
from train.recipe import Recipe, load
from train.rows import IGNORED, Row, Text, encode, token_batches

ROUNDS = 10
"""Times each way is measured, by turns the first of a round; the medians are compared."""
TOKENS = 40_000
"""Training tokens a round: short, since a machine's speed drifts."""


def bench_train() -> Figures:
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
            ways = {"ours": _ours, "bare": _bare}
            for number in range(ROUNDS):
                for name in sorted(ways, reverse=number % 2 == 0):
                    speeds[name].append(ways[name](base, rows, recipe, number))
    finally:
        torch.set_num_threads(threads)
    ours, bare = (median(speeds[name]) for name in ways)
    speeds_of = [("SFT stage", ours), ("bare PyTorch loop", bare)]
    return Figures(("on one thread", "tokens/s"), speeds_of, {"ratio": ours / bare})


def _ours(base: Path, rows: Sequence[Row], recipe: Recipe, seed: int) -> float:
    """From the first step's end to the last's, so that neither way pays for its start."""
    from train.sft import train_sft

    times: list[float] = []
    seconds = clock()
    out = base.with_name(f"ours-{seed}")

    def hear(done: int, total: int, note: str) -> None:
        times.append(seconds())

    training = recipe.training.model_copy(update={"tokens": TOKENS})
    # A round is a small part of a recipe's training, and has its small part of the checkpoints: none.
    config = {**recipe.sft, "save_steps": recipe.training.tokens}
    train_sft(base, rows, training, config, recipe.adapter, seed, out, hear, {})
    _, counts = _batches(rows, training.batch_tokens, seed)
    return sum(counts[1 : len(times)]) / (times[-1] - times[0])


def _bare(base: Path, rows: Sequence[Row], recipe: Recipe, seed: int) -> float:
    import torch
    from transformers import AutoModelForCausalLM

    from train.optimizers import MasterAdamW

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


def bench_generate() -> Figures:
    """Tokens a second of our generator and of transformers' ways (`train.decoding.bench`)."""
    from train.decoding import bench

    return bench.bench_generate()


BENCHMARKS: dict[str, Callable[[], Figures]] = {
    "check": bench_check,
    "generate": bench_generate,
    "search": bench_search,
    "train": bench_train,
}


def benchmarks(name: str | None) -> list[str]:
    """The benchmarks of this name; all of them for None."""
    if name is not None and name not in BENCHMARKS:
        raise unknown_name("benchmark", name, BENCHMARKS)
    return [name] if name else list(BENCHMARKS)


def run_bench(name: str) -> Figures:
    """The figures of one benchmark."""
    return BENCHMARKS[name]()


def table_of(title: str, figures: Figures) -> RenderableType:
    """A benchmark for people: its table, and below it what that comes to."""
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for name in figures.columns:
        numbers = all(isinstance(row[figures.columns.index(name)], float | int) for row in figures.rows)
        table.add_column(name, justify="right" if numbers else "left", no_wrap=not numbers)
    for row in figures.rows:
        table.add_row(*(f"{cell:,.1f}" if isinstance(cell, float) else str(cell) for cell in row))
    found = (f"{name}: {value:,.2f}" for name, value in figures.found.items())
    return Group(table, *found, *figures.said, "")


SCALES = {"solved, %": "linear", "states": "log", "verified steps/s": "log", "steps a solution": "log"}
"""The columns of `search` that are drawn, and how."""


def draw_search(figures: Figures, path: Path) -> None:
    """A panel a figure, a line a family and level, a mark a strategy."""
    import matplotlib as mpl
    from matplotlib.figure import Figure
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    from train.report.canvas import COLOURS, MARKS

    mpl.use("Agg")
    columns = {name: figures.columns.index(name) for name in SCALES}
    lines = list(dict.fromkeys((row[0], row[1]) for row in figures.rows))
    names = list(dict.fromkeys(name for name, _ in lines))
    strategies = list(dict.fromkeys(row[2] for row in figures.rows))
    # A gap between families.
    place = {line: number + names.index(line[0]) for number, line in enumerate(lines)}
    figure = Figure(figsize=(11, 0.17 * (len(lines) + len(names)) + 1.2), layout="constrained")
    panels = figure.subplots(1, len(SCALES), sharey=True, width_ratios=(2, 3, 3, 3))
    for axes, (title, column) in zip(panels, columns.items(), strict=True):
        for number, strategy in enumerate(strategies):
            rows = [row for row in figures.rows if row[2] == strategy and math.isfinite(row[column])]
            axes.plot(
                [row[column] for row in rows],
                [place[row[0], row[1]] + 0.16 * (number - (len(strategies) - 1) / 2) for row in rows],
                MARKS[number % len(MARKS)],
                color=COLOURS[number % len(COLOURS)],
                markersize=3.5,
                markeredgewidth=0,
                label=strategy,
            )
        axes.set_xscale(SCALES[title])
        if SCALES[title] == "log":
            axes.xaxis.set_major_locator(LogLocator(subs=(1, 3)))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        else:
            axes.set_xlim(-4, 104)
        axes.set_title(title, fontsize=10)
        axes.grid(axis="x", alpha=0.3)
        axes.tick_params(axis="x", labelsize=8)
        axes.tick_params(axis="y", labelsize=8, length=0)
        axes.spines[["top", "right", "left"]].set_visible(False)
        for band, name in enumerate(names):
            if band % 2 == 0:
                mine = [place[line] for line in lines if line[0] == name]
                axes.axhspan(min(mine) - 0.9, max(mine) + 0.9, color="#f1f1f1", zorder=0, linewidth=0)
    panels[0].set_yticks(
        list(place.values()), [f"{name}  {level}" if level == 1 else str(level) for name, level in lines]
    )
    panels[0].set_ylim(max(place.values()) + 1, -1)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, frameon=False, markerscale=2, ncols=len(strategies), loc="outside upper center"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)

"""Which tokens of a problem's training texts carry loss, in each arm and stage.

The tokens and labels are those that the trainers get: the same functions make them. A test compares them with
the batches of the trainer. `journey show --tokens`, the browser and the report show them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from journey.errors import InputError
from journey.runs.store import Run
from traces.masked_text import MaskedText, Span, TrainingExample
from traces.run_files import read_problems
from train.models.token_rows import IGNORED, encode_pairs
from train.pipeline.stage_data import read_data
from train.pipeline.train_job import choose_pairs, made_files
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.stages import Stage

CANDIDATES = 50
"""Training problems among which the report's example is chosen."""
READABLE = 10
"""An example of about this many lines is easy to read."""


def choose_training_example(run: Run, recipe: Recipe) -> TrainingExample | None:
    """A training problem that most arms and stages train on; None without texts or base models.

    Of several, the one whose longest text has about `READABLE` lines, then the first.
    """
    candidates = {problem.id: problem for problem in read_problems(run, "train")[:CANDIDATES]}
    try:
        by_id = masked_texts(run.path, candidates, recipe)
    except InputError:
        return None

    def rank(id: str) -> tuple[int, int]:
        lines = max((text.text.count("\n") + 1 for text in by_id[id]), default=0)
        return -len({(text.arm, text.stage) for text in by_id[id]}), abs(lines - READABLE)

    chosen = min(candidates, key=rank, default=None)
    if chosen is None or not by_id[chosen]:
        return None
    stages = [stage.name for arm in recipe.arms for stage in arm.stages]
    order = {name: place for place, name in enumerate(dict.fromkeys(stages))}
    rewarded = [
        f"{arm.name} {stage.name}"
        for arm in recipe.arms
        for stage in arm.stages
        if stage.kind in ("grpo", "rloo")
    ]
    texts = sorted(by_id[chosen], key=lambda text: order[text.stage])
    return TrainingExample(candidates[chosen], texts, rewarded)


def masked_texts(
    path: Path, ids: Collection[str], recipe: Recipe | None = None
) -> dict[str, list[MaskedText]]:
    """By problem, the texts that the stages of a run train on, in the order of arms and stages.

    Arms share their texts over training seeds. Stages that learn from rewards have no texts.

    Args:
        path: a run folder.
        ids: of problems; one of another split than `train` has no texts.
        recipe: the recipe of the run; None to read it.

    Raises:
        InputError: the run has no base model yet, whose tokenizer makes the tokens.
    """
    from train.models.loading import load_processing

    run = Run(path)
    recipe = recipe or recipe_of(run)
    texts: dict[str, list[MaskedText]] = {id: [] for id in ids}
    for arm in recipe.arms:
        replica = recipe.replicas([arm])[0]
        base = path / "models" / replica.base
        if not (base / "config.json").exists():
            raise InputError(f"{path} has no base model yet. Run `journey run --out {path}` first")
        processing = load_processing(base)
        for stage in arm.stages:
            if not all(file.exists() for file in made_files(run, recipe, replica, stage)):
                break  # neither it nor a later stage has been trained yet
            read = {"sft": _supervised, "dpo": _pairs}.get(stage.block)
            for id, text in read(run, recipe, replica, stage, processing, ids) if read else ():
                texts[id].append(text)
    return texts


def _supervised(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, processing: Any, ids: Collection[str]
) -> Iterator[tuple[str, MaskedText]]:
    from train.models.loading import tokenizer_of

    for text in read_data(run, recipe, replica, stage, processing, ids).texts:
        spans = _spans(tokenizer_of(processing), text.row["input_ids"], text.row["labels"])
        yield text.id, MaskedText(replica.arm.name, stage.name, "text", spans)


def _pairs(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, tokenizer: Any, ids: Collection[str]
) -> Iterator[tuple[str, MaskedText]]:
    own = recipe.for_arm(replica.arm, stage)
    for pair in choose_pairs(run, own, replica, stage):
        if pair.id not in ids:
            continue
        for row in encode_pairs(tokenizer, [pair], own.base.context, own.base.chat):
            for role in ("chosen", "rejected"):
                prompt, completion = row["prompt_ids"], row[f"{role}_ids"]
                labels = [IGNORED] * len(prompt) + completion
                spans = _spans(tokenizer, prompt + completion, labels)
                yield pair.id, MaskedText(replica.arm.name, stage.name, role, spans)


def _spans(tokenizer: Any, input_ids: Sequence[int], labels: Sequence[int]) -> tuple[Span, ...]:
    spans = []
    pairs = zip(input_ids, labels, strict=True)
    for trained, group in groupby(pairs, key=lambda pair: pair[1] != IGNORED):
        ids = [token for token, _ in group]
        spans.append(Span(tokenizer.decode(ids), len(ids), trained))
    return tuple(spans)

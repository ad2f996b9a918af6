"""Which tokens of a problem's training texts carry loss, in each arm and stage (`journey show --tokens`).

The tokens and labels are those that the trainers get: the same functions make them. A test compares them with
the batches of the trainer.

    journey, sft: 24 of 31 tokens are trained on
    7x+12y=173
    ⟦y=1:7x=161
    x=23
    =23,1<eos>⟧
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.text import Text

from journey.errors import InputError, JourneyError
from journey.runs.store import Run
from train.models.token_rows import IGNORED, encode_pairs
from train.pipeline.train_job import choose_pairs, training_rows
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.settings import Stage

OPEN, CLOSE = "⟦", "⟧"
"""Around tokens that are trained on, so that nothing is lost without colours."""


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens in a row that all carry loss, or none of them."""

    text: str
    tokens: int
    trained: bool


@dataclass(frozen=True, slots=True)
class MaskedText:
    """One text that a stage trains on."""

    arm: str
    stage: str
    role: str
    """`text` in a supervised stage; `chosen` or `rejected` of a pair."""
    spans: tuple[Span, ...]


def masked_texts(path: Path, id: str) -> list[MaskedText]:
    """The texts about one problem that the stages of a run train on, in the order of arms and stages.

    Arms share their texts over training seeds. Stages that learn from rewards have no texts.

    Args:
        path: a run folder.
        id: of a problem; one of another split than `train` has no texts.

    Raises:
        InputError: the run has no base model yet, whose tokenizer makes the tokens.
    """
    from transformers import AutoTokenizer

    run = Run(path)
    recipe = recipe_of(run)
    texts: list[MaskedText] = []
    for arm in recipe.arms:
        replica = recipe.replicas([arm])[0]
        base = path / "models" / replica.base
        if not (base / "config.json").exists():
            raise InputError(f"{path} has no base model yet. Run `journey run --out {path}` first")
        tokenizer = AutoTokenizer.from_pretrained(base)
        for stage in arm.stages:
            if stage.kind == "sft":
                texts += _supervised(run, recipe, replica, stage, tokenizer, id)
            elif stage.kind == "dpo":
                texts += _pairs(run, recipe, replica, stage, tokenizer, id)
    return texts


def _supervised(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, tokenizer: Any, id: str
) -> Iterator[MaskedText]:
    try:
        rows = training_rows(run, recipe.for_arm(replica.arm, stage), replica, tokenizer, {id})
    except JourneyError:
        return  # this stage has no text about the problem
    for row in rows:
        yield MaskedText(replica.arm.name, stage.name, "text", _spans(tokenizer, **row))


def _pairs(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, tokenizer: Any, id: str
) -> Iterator[MaskedText]:
    own = recipe.for_arm(replica.arm, stage)
    pairs = [pair for pair in choose_pairs(run, own, replica, stage) if pair.id == id]
    for row in encode_pairs(tokenizer, pairs, own.base.context, own.base.chat):
        for role in ("chosen", "rejected"):
            prompt, completion = row["prompt_ids"], row[f"{role}_ids"]
            labels = [IGNORED] * len(prompt) + completion
            spans = _spans(tokenizer, prompt + completion, labels)
            yield MaskedText(replica.arm.name, stage.name, role, spans)


def _spans(tokenizer: Any, input_ids: Sequence[int], labels: Sequence[int]) -> tuple[Span, ...]:
    spans = []
    pairs = zip(input_ids, labels, strict=True)
    for trained, group in groupby(pairs, key=lambda pair: pair[1] != IGNORED):
        ids = [token for token, _ in group]
        spans.append(Span(tokenizer.decode(ids), len(ids), trained))
    return tuple(spans)


def render_masks(texts: Sequence[MaskedText]) -> Iterator[Text]:
    """Masked texts for a terminal: trained tokens in green and in brackets."""
    if not texts:
        yield Text("no stage trains on a text about this problem", style="dim")
    for text in texts:
        total = sum(span.tokens for span in text.spans)
        trained = sum(span.tokens for span in text.spans if span.trained)
        role = "" if text.role == "text" else f", {text.role}"
        title = f"{text.arm}, {text.stage}{role}: {trained} of {total} tokens are trained on"
        yield Text(title, style="bold underline")
        shown = Text()
        for span in text.spans:
            marks = (OPEN, CLOSE) if span.trained else ("", "")
            shown.append(marks[0] + span.text + marks[1], style="green" if span.trained else "dim")
        yield shown
        yield Text("")

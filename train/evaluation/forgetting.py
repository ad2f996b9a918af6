"""Forgetting: the loss on the data of an earlier training, before and after a later one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM

from journey.errors import InputError
from train.evaluation.metrics_schema import LossChange
from train.models.token_rows import IGNORED, Row


def forgotten(
    before: Path, after: Path, texts: Mapping[str, Sequence[Row]], batch: int = 16
) -> tuple[dict[str, LossChange], list[dict[str, Any]]]:
    """The loss of a model before and after training, in nats per token, by set of texts and by text.

    Returns:
        The change of each set; and a row {"id", "tokens", "change"} for each text, where `change` is the
        rise of its loss per token.

    Args:
        before: the model's folder before training.
        after: its folder after training.
        texts: by name, held-out texts of the earlier training; the loss is over the tokens with a label.
        batch: texts in a batch.
    """
    old, new = (losses(load(folder), texts, batch) for folder in (before, after))
    changes: dict[str, LossChange] = {}
    rows = []
    for name in texts:
        tokens = sum(count for _, count in old[name])
        old_loss, new_loss = (sum(loss for loss, _ in by_set[name]) for by_set in (old, new))
        share = 1 / max(1, tokens)
        changes[name] = LossChange(tokens=tokens, before=old_loss * share, after=new_loss * share)
        for number, ((was, count), (became, _)) in enumerate(zip(old[name], new[name], strict=True)):
            if count:
                rows.append({"id": f"{name}:{number}", "tokens": count, "change": (became - was) / count})
    return changes, rows


def rows_of_file(path: Path, tokenizer: Any, longest: int) -> list[Row]:
    """The texts of a file (`read_texts`), each cut after `longest` tokens; the first token has no loss."""
    rows: list[Row] = []
    for text in read_texts(path):
        ids = tokenizer(text)["input_ids"][:longest]
        rows.append({"input_ids": ids, "labels": [IGNORED, *ids[1:]]})
    return rows


def read_texts(path: Path) -> list[str]:
    """The texts of a file.

    Raises:
        InputError: it cannot be read, or holds none.
    """
    try:
        lines = [line for line in path.read_text().splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as fault:
        raise InputError(f"cannot read the texts in {path}: {fault}") from fault
    if path.suffix == ".jsonl":
        try:
            lines = [str(json.loads(line)["text"]) for line in lines]
        except (ValueError, KeyError, TypeError) as fault:
            raise InputError(f'{path} is not JSON with a "text" in each line: {fault!r}') from fault
    if not lines:
        raise InputError(f"{path} holds no text")
    return lines


def load(folder: Path) -> Any:
    """The model of a folder in float32, on the GPU if there is one."""
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    return model.to("cuda" if torch.cuda.is_available() else "cpu").eval()


def losses(
    model: Any, texts: Mapping[str, Sequence[Row]], batch: int = 16
) -> dict[str, list[tuple[float, int]]]:
    """By set: the summed cross-entropy of each text in nats, and its number of tokens."""
    by_set = {}
    for name, rows in texts.items():
        counts = [sum(label != IGNORED for label in row["labels"][1:]) for row in rows]
        order = sorted((at for at in range(len(rows)) if counts[at]), key=lambda at: len(rows[at]["labels"]))
        of_text = [(0.0, 0)] * len(rows)
        for first in range(0, len(order), batch):
            chosen = order[first : first + batch]
            for at, loss in zip(chosen, _losses(model, [rows[at] for at in chosen]), strict=True):
                of_text[at] = (loss, counts[at])
        by_set[name] = of_text
    return by_set


@torch.inference_mode()
def _losses(model: Any, rows: Sequence[Row]) -> list[float]:
    device = model.device
    width = max(len(row["input_ids"]) for row in rows)

    def padded(lists: Sequence[Sequence[int]], fill: int) -> torch.Tensor:
        return torch.tensor([[*each, *[fill] * (width - len(each))] for each in lists], device=device)

    ids = padded([row["input_ids"] for row in rows], 0)
    seen = padded([[1] * len(row["input_ids"]) for row in rows], 0)
    labels = padded([row["labels"] for row in rows], IGNORED)[:, 1:]
    logits = model(input_ids=ids, attention_mask=seen).logits[:, :-1].float()
    loss = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="none"
    )
    return [float(total) for total in loss.sum(dim=1)]

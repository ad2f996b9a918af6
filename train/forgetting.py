"""What training cost a model of what its base knew: the loss on the base's earlier data, before and after."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from journey.errors import InputError

IGNORED = -100
"""The label of a token that no loss is taken of."""


def forgotten(
    base: Path, model: Path, files: Sequence[str], longest: int, batch: int = 16
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The loss of the base and of the model, in nats a token, by file and by text.

    Returns:
        By file {"tokens", "before", "after"}; and of each text {"id", "tokens", "change"}, where `change` is
        what the loss a token rose by.

    Args:
        base: the folder that training began from.
        model: the folder that it left.
        files: held-out texts of the kind that the base was trained on before; a text a line, or its `text`
            where the line is JSON.
        longest: tokens of one text; what is longer is cut.
        batch: texts at a time.
    """
    texts = {file: read_texts(Path(file)) for file in files}
    before, after = (losses(folder, texts, longest, batch) for folder in (base, model))
    figures: dict[str, Any] = {}
    rows = []
    for file in files:
        tokens = sum(count for _, count in before[file])
        old_loss, new_loss = (sum(loss for loss, _ in found[file]) for found in (before, after))
        share = 1 / max(1, tokens)
        figures[file] = {"tokens": tokens, "before": old_loss * share, "after": new_loss * share}
        for number, ((old, count), (new, _)) in enumerate(zip(before[file], after[file], strict=True)):
            if count:
                rows.append({"id": f"{file}:{number}", "tokens": count, "change": (new - old) / count})
    return figures, rows


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


def losses(
    folder: Path, texts: dict[str, list[str]], longest: int, batch: int
) -> dict[str, list[tuple[float, int]]]:
    """By name, of each text the summed cross-entropy of a model, in nats, and over how many tokens.

    The first token of a text is given, so it counts for nothing.
    """
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).eval()
    found = {}
    for name, several in texts.items():
        rows = [tokenizer(text)["input_ids"][:longest] for text in several]
        order = sorted((at for at, row in enumerate(rows) if len(row) > 1), key=lambda at: len(rows[at]))
        of_text = [(0.0, 0)] * len(rows)
        for first in range(0, len(order), batch):
            here = order[first : first + batch]
            for at, loss in zip(here, _losses(model, [rows[at] for at in here], device), strict=True):
                of_text[at] = (loss, len(rows[at]) - 1)
        found[name] = of_text
    return found


@torch.inference_mode()
def _losses(model: Any, rows: Sequence[Sequence[int]], device: str) -> list[float]:
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device)
    seen = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    logits = model(input_ids=ids, attention_mask=seen).logits[:, :-1].float()
    labels = ids.masked_fill(seen == 0, IGNORED)[:, 1:]
    loss = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), labels, ignore_index=IGNORED, reduction="none"
    )
    return [float(total) for total in loss.sum(dim=1)]

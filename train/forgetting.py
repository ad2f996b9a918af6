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


def forgotten(base: Path, model: Path, files: Sequence[str], longest: int, batch: int = 16) -> dict[str, Any]:
    """By file, the loss of the base and of the model: {"tokens", "before", "after"}, in nats a token.

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
    return {
        file: {"tokens": before[file][1], "before": before[file][0], "after": after[file][0]}
        for file in files
    }


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
) -> dict[str, tuple[float, int]]:
    """By name, the mean cross-entropy of a model on some texts, in nats a token, and how many tokens.

    The first token of a text is given, so it counts for nothing.
    """
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.to(device).eval()
    found = {}
    for name, several in texts.items():
        rows = [tokenizer(text)["input_ids"][:longest] for text in several]
        rows = sorted((row for row in rows if len(row) > 1), key=len)
        total, count = 0.0, 0
        for at in range(0, len(rows), batch):
            loss, tokens = _loss(model, rows[at : at + batch], device)
            total, count = total + loss, count + tokens
        found[name] = (total / max(1, count), count)
    return found


@torch.inference_mode()
def _loss(model: Any, rows: Sequence[Sequence[int]], device: str) -> tuple[float, int]:
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=device)
    seen = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows], device=device)
    logits = model(input_ids=ids, attention_mask=seen).logits[:, :-1].float()
    labels = ids.masked_fill(seen == 0, IGNORED)[:, 1:]
    loss = torch.nn.functional.cross_entropy(
        logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED, reduction="sum"
    )
    return float(loss), int((labels != IGNORED).sum())

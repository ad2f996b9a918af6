"""Traces and pairs as token rows: what the trainers see, and what was kept, truncated or dropped on the way.

Nothing is ever truncated: a problem whose trace is too long for the model's context in *any* arm is dropped
from *all* (DESIGN rule 4). Loss covers the completion and its end-of-sequence token, and nothing else (rule
13).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from journey.errors import JourneyError
from traces.pairs import Pair

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that carries no loss (PyTorch's `ignore_index`)."""


@dataclass(frozen=True, slots=True)
class Text:
    """One training text."""

    id: str
    """Of its problem."""
    prompt: str
    completion: str


Row = dict[str, list[int]]


def encode(tokenizer: PreTrainedTokenizerBase, texts: Sequence[Text]) -> list[Row]:
    """`input_ids` and `labels` of each text: prompt, completion, end of sequence.

    Raises:
        JourneyError: a prompt's tokens are not a prefix of the whole text's, so the loss mask would be
        wrong.
    """
    if not texts:
        return []
    prompts = tokenizer([text.prompt for text in texts], add_special_tokens=False)["input_ids"]
    wholes = tokenizer([text.prompt + text.completion for text in texts], add_special_tokens=False)[
        "input_ids"
    ]
    rows = []
    for text, prompt, whole in zip(texts, prompts, wholes, strict=True):
        if whole[: len(prompt)] != prompt:
            raise JourneyError(
                f"the prompt of {text.id} does not end on a token boundary: {text.prompt[-20:]!r}"
            )
        ids = [*whole, tokenizer.eos_token_id]
        rows.append({"input_ids": ids, "labels": [IGNORED] * len(prompt) + ids[len(prompt) :]})
    return rows


def fitting(rows_by_arm: dict[str, dict[str, Row]], context: int) -> set[str]:
    """The problems that every arm has, with a text that fits the context."""
    sets = [
        {id for id, row in rows.items() if len(row["input_ids"]) <= context} for rows in rows_by_arm.values()
    ]
    return set.intersection(*sets) if sets else set()


def token_batches(lengths: Sequence[int], batch_tokens: int, total: int, seed: int) -> list[list[int]]:
    """Batches of row numbers, `batch_tokens` tokens each and `total` together, in as many epochs as it takes.

    An epoch shuffles the rows, sorts them by length with ties in shuffled order, cuts them into batches and
    shuffles those, so a batch holds texts of like length and almost no padding. Every arm gets the same
    number of tokens to within one batch, in the same number of optimizer steps to within the rounding of a
    batch.
    """
    random = Random(f"{seed}:batches")
    batches: list[list[int]] = []
    seen = 0
    while lengths:
        order = list(range(len(lengths)))
        random.shuffle(order)
        order.sort(key=lambda row: lengths[row])
        epoch: list[list[int]] = [[]]
        size = 0
        for row in order:
            if epoch[-1] and size + lengths[row] > batch_tokens:
                epoch.append([])
                size = 0
            epoch[-1].append(row)
            size += lengths[row]
        random.shuffle(epoch)
        for batch in epoch:
            batches.append(batch)
            seen += sum(lengths[row] for row in batch)
            if seen >= total:
                return batches
    return batches


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, pairs: Sequence[Pair], context: int
) -> list[dict[str, Any]]:
    """The token columns that TRL's DPO collator reads, for each pair that fits the context.

    No end-of-sequence token is added where a pair is about one line, and the text goes on after it.
    """
    rows = []
    end = [tokenizer.eos_token_id]
    for pair in pairs:
        prompt, chosen, rejected = tokenizer(
            [pair.prompt, pair.chosen, pair.rejected], add_special_tokens=False
        )["input_ids"]
        if pair.ends:
            chosen, rejected = chosen + end, rejected + end
        if len(prompt) + max(len(chosen), len(rejected)) <= context:
            rows.append({"prompt_ids": prompt, "chosen_ids": chosen, "rejected_ids": rejected})
    return rows

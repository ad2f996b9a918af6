"""Traces and pairs as token rows: what the trainers see, and what was kept, truncated or dropped on the way.

Nothing is ever truncated: a problem whose trace is too long for the model's context in *any* arm is dropped
from *all* (DESIGN rule 4). Loss covers the completion and its end-of-sequence token, and nothing else (rule
13).
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from journey.errors import JourneyError
from traces.chat import BEGIN, messages
from traces.pairs import Pair
from traces.text import prompt
from traces.trace import TrainingText

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that carries no loss (PyTorch's `ignore_index`)."""


Row = dict[str, list[int]]


def encode(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[TrainingText], chat: str | None = None
) -> list[Row]:
    """`input_ids` and `labels` of each text: prompt, completion, end of sequence.

    Args:
        tokenizer: of the model.
        texts: what it learns.
        chat: `plain` or `think` for an instruct model: through its chat template.

    Raises:
        JourneyError: a prompt's tokens are not a prefix of the whole text's, so the loss mask would be
        wrong.
    """
    if not texts:
        return []
    asked = [question(tokenizer, text.prompt, chat) for text in texts]
    told = [_whole(tokenizer, text, chat) for text in texts]
    prompts = tokenizer(asked, add_special_tokens=False)["input_ids"]
    encoded = tokenizer(told, add_special_tokens=False, return_offsets_mapping=True)
    rows = []
    places = zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
    for number, (text, begun, (whole, offsets)) in enumerate(zip(texts, prompts, places, strict=True)):
        if whole[: len(begun)] != begun:
            raise JourneyError(
                f"the prompt of {text.id} does not end on a token boundary: {text.prompt[-20:]!r}"
            )
        ids = _ended(whole, len(begun), tokenizer.eos_token_id)
        labels = [IGNORED] * len(begun) + ids[len(begun) :]
        for begin, end in _spans(told[number], len(asked[number]), text):
            for token, (first, last) in enumerate(offsets[: len(labels)]):
                if begin <= first and last <= end:
                    labels[token] = IGNORED
        rows.append({"input_ids": ids, "labels": labels})
    return rows


def question(tokenizer: PreTrainedTokenizerBase, asked: str, chat: str | None = None) -> str:
    """What a model is given of a problem: its prompt, or a chat that begins with it."""
    if chat is None:
        return asked
    begun = messages(asked, "")[:1]
    return str(tokenizer.apply_chat_template(begun, tokenize=False, add_generation_prompt=True))


def _whole(tokenizer: PreTrainedTokenizerBase, text: TrainingText, chat: str | None) -> str:
    if chat is None:
        return text.prompt + text.completion
    told = messages(text.prompt, text.completion, think=chat == "think")
    return str(tokenizer.apply_chat_template(told, tokenize=False))


def _spans(told: str, begin: int, text: TrainingText) -> list[tuple[int, int]]:
    """Where the unsound lines stand in the whole text, each with its newline."""
    found = []
    for number, line in enumerate(text.completion.split("\n")):
        begin = told.index(line, begin)
        if number in text.unsound:
            found.append((begin, begin + len(line) + 1))
        begin += len(line)
    return found


def _ended(ids: list[int], begin: int, end: int) -> list[int]:
    """The tokens up to the end of sequence, which a template may have put there, and more after it.

    >>> _ended([5, 6, 7], 1, 2), _ended([5, 6, 7, 2, 9], 1, 2)
    ([5, 6, 7, 2], [5, 6, 7, 2])
    """
    said = ids[begin:]
    return ids[: begin + said.index(end) + 1] if end in said else [*ids, end]


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
    tokenizer: PreTrainedTokenizerBase, pairs: Sequence[Pair], context: int, chat: str | None = None
) -> list[dict[str, Any]]:
    """The token columns that TRL's DPO collator reads, for each pair that fits the context.

    No end-of-sequence token is added where a pair is about one line, and the text goes on after it. In a
    chat the lines before stand as what the model has begun to answer.
    """
    rows = []
    end = [tokenizer.eos_token_id]
    for pair in pairs:
        begun = pair.prompt
        if chat is not None and pair.problem is not None:
            asked = prompt(pair.problem, pair.style)
            opening = BEGIN if chat == "think" else ""
            begun = question(tokenizer, asked, chat) + opening + pair.prompt.removeprefix(asked)
        before, chosen, rejected = tokenizer([begun, pair.chosen, pair.rejected], add_special_tokens=False)[
            "input_ids"
        ]
        if pair.ends:
            chosen, rejected = chosen + end, rejected + end
        if len(before) + max(len(chosen), len(rejected)) <= context:
            rows.append({"prompt_ids": before, "chosen_ids": chosen, "rejected_ids": rejected})
    return rows

"""Traces and pairs as token rows for the trainers.

Nothing is truncated. If a problem's trace exceeds the context in one arm, all arms drop the problem
(DESIGN rule 4). The loss covers only the completion and its end-of-sequence token (rule 13).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import TYPE_CHECKING, Any

from journey.errors import JourneyError
from journey.runs.store import encode as to_json
from traces.chat import BEGIN, messages
from traces.pairs import Pair
from traces.text import prompt as prompt_of
from traces.trace import TrainingText
from train.models.vision import PictureReader, as_picture, reads_pictures

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

IGNORED = -100
"""The label of a token that carries no loss (PyTorch's `ignore_index`)."""


Row = dict[str, Any]
"""`input_ids` and `labels`. For a model that reads pictures also what TRL's collator for pictures takes:
`prompt`, `completion`, and `images` with the problem as JSON, which is drawn when the row is used."""


def encode(processing: Any, texts: Sequence[TrainingText], chat: str | None = None) -> list[Row]:
    """`input_ids` and `labels` of each text: prompt, completion, end of sequence.

    Args:
        processing: the model's tokenizer, or the processor of a model that reads pictures.
        texts: the training texts.
        chat: `plain` or `think` to use the chat template of an instruct model.

    Raises:
        JourneyError: the tokens of a prompt are not a prefix of the tokens of its text, so the loss mask
            would be wrong.
    """
    if not texts:
        return []
    if reads_pictures(processing):
        return _encode_pictures(processing, texts)
    tokenizer = processing
    prompts = [question(tokenizer, text.prompt, chat) for text in texts]
    full_texts = [_full_text(tokenizer, text, chat) for text in texts]
    prompt_ids = tokenizer(prompts, add_special_tokens=False)["input_ids"]
    encoded = tokenizer(full_texts, add_special_tokens=False, return_offsets_mapping=True)
    rows = []
    tokens = zip(encoded["input_ids"], encoded["offset_mapping"], strict=True)
    for number, (text, prefix, (full, offsets)) in enumerate(zip(texts, prompt_ids, tokens, strict=True)):
        if full[: len(prefix)] != prefix:
            raise JourneyError(
                f"the prompt of {text.id} does not end at a token boundary: {text.prompt[-20:]!r}"
            )
        ids = _with_eos(full, len(prefix), tokenizer.eos_token_id)
        labels = [IGNORED] * len(prefix) + ids[len(prefix) :]
        for begin, end in _unsound_spans(full_texts[number], len(prompts[number]), text):
            for token, (first, last) in enumerate(offsets[: len(labels)]):
                if begin <= first and last <= end:
                    labels[token] = IGNORED
        rows.append({"input_ids": ids, "labels": labels})
    return rows


def _encode_pictures(processor: Any, texts: Sequence[TrainingText]) -> list[Row]:
    """The rows of texts with pictures as prompts (`train.models.vision`)."""
    tokenizer, before = processor.tokenizer, list(PictureReader(processor).prompt_ids)
    moved = list(map(as_picture, texts))
    written = tokenizer([text.completion for text in moved], add_special_tokens=False)["input_ids"]
    rows = []
    for text, completion in zip(moved, written, strict=True):
        if text.problem is None:
            raise JourneyError(f"{text.id} has no problem that could be drawn")
        ids = [*before, *completion, tokenizer.eos_token_id]
        rows.append(
            {
                "input_ids": ids,
                "labels": [IGNORED] * len(before) + ids[len(before) :],
                "prompt": text.prompt,
                "completion": text.completion + tokenizer.eos_token,
                "images": [to_json(text.problem).decode()],
            }
        )
    return rows


def text_tokens(row: Row) -> int:
    """The tokens of a row, without those that stand for a picture. So every arm has the same for a text."""
    return sum(label != IGNORED for label in row["labels"]) if "images" in row else len(row["input_ids"])


def question(tokenizer: PreTrainedTokenizerBase, prompt: str, chat: str | None = None) -> str:
    """The text that a model gets for a problem: its prompt, or the prompt in the chat template."""
    if chat is None:
        return prompt
    chat_messages = messages(prompt, "")[:1]
    return str(tokenizer.apply_chat_template(chat_messages, tokenize=False, add_generation_prompt=True))


def _full_text(tokenizer: PreTrainedTokenizerBase, text: TrainingText, chat: str | None) -> str:
    if chat is None:
        return text.prompt + text.completion
    chat_messages = messages(text.prompt, text.completion, think=chat == "think")
    return str(tokenizer.apply_chat_template(chat_messages, tokenize=False))


def _unsound_spans(full_text: str, begin: int, text: TrainingText) -> list[tuple[int, int]]:
    """The character spans of unsound lines in the full text, each with its newline."""
    spans = []
    for number, line in enumerate(text.completion.split("\n")):
        begin = full_text.index(line, begin)
        if number in text.unsound:
            spans.append((begin, begin + len(line) + 1))
        begin += len(line)
    return spans


def _with_eos(ids: list[int], begin: int, eos: int) -> list[int]:
    """The tokens up to the first end of sequence after `begin`, which is added if there is none.

    A chat template may end with this token, or add more after it.

    >>> _with_eos([5, 6, 7], 1, 2), _with_eos([5, 6, 7, 2, 9], 1, 2)
    ([5, 6, 7, 2], [5, 6, 7, 2])
    """
    completion = ids[begin:]
    return ids[: begin + completion.index(eos) + 1] if eos in completion else [*ids, eos]


def problems_that_fit(rows_by_variant: Mapping[str, Mapping[str, Sequence[Row]]], context: int) -> set[str]:
    """The ids of problems whose texts all fit the context in every variant of the traces."""
    sets = [
        {id for id, own in rows.items() if all(text_tokens(row) <= context for row in own)}
        for rows in rows_by_variant.values()
    ]
    return set.intersection(*sets) if sets else set()


def token_batches(lengths: Sequence[int], batch_tokens: int, total: int, seed: int) -> list[list[int]]:
    """Batches of row numbers of up to `batch_tokens` tokens each, over as many epochs as `total` tokens need.

    Each epoch shuffles the rows, sorts them by length with ties in shuffled order, cuts them into batches and
    shuffles the batches. So a batch holds texts of similar length, with little padding. All arms get the same
    number of tokens within one batch, in about the same number of optimizer steps.
    """
    random = Random(f"{seed}:batches")
    batches: list[list[int]] = []
    seen = 0
    while lengths:
        order = list(range(len(lengths)))
        random.shuffle(order)
        for batch in cut_batches(order, lengths, batch_tokens, random):
            batches.append(batch)
            seen += sum(lengths[row] for row in batch)
            if seen >= total:
                return batches
    return batches


def cut_batches(
    order: Sequence[int], lengths: Sequence[int], batch_tokens: int, random: Random
) -> list[list[int]]:
    """Cuts rows into batches of similar length with up to `batch_tokens` tokens each, in random order.

    Args:
        order: row numbers. Rows of equal length keep their order.
        lengths: the length of each row.
        batch_tokens: maximum number of tokens in a batch; a longer text is a batch of its own.
        random: shuffles the batches.
    """
    batches: list[list[int]] = []
    size = batch_tokens
    for row in sorted(order, key=lambda row: lengths[row]):
        if not batches or size + lengths[row] > batch_tokens:
            batches.append([])
            size = 0
        batches[-1].append(row)
        size += lengths[row]
    random.shuffle(batches)
    return batches


def encode_pairs(
    tokenizer: PreTrainedTokenizerBase, pairs: Sequence[Pair], context: int, chat: str | None = None
) -> list[dict[str, Any]]:
    """The token columns that TRL's DPO collator reads, for each pair that fits the context.

    Sides get an end-of-sequence token only if the text ends with them. In a chat, the lines before a pair are
    the beginning of the model's answer.
    """
    rows = []
    end = [tokenizer.eos_token_id]
    for pair in pairs:
        text_before = pair.prompt
        if chat is not None and pair.problem is not None:
            problem_prompt = prompt_of(pair.problem, pair.style)
            opening = question(tokenizer, problem_prompt, chat) + (BEGIN if chat == "think" else "")
            text_before = opening + pair.prompt.removeprefix(problem_prompt)
        texts = [text_before, pair.chosen, pair.rejected]
        ids = pair.ids or tokenizer(texts, add_special_tokens=False)["input_ids"]
        before, chosen, rejected = map(list, ids)
        if pair.ends:
            chosen, rejected = chosen + end, rejected + end
        if len(before) + max(len(chosen), len(rejected)) <= context:
            rows.append({"prompt_ids": before, "chosen_ids": chosen, "rejected_ids": rejected})
    return rows

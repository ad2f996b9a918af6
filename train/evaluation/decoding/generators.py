"""Generators of outputs for the methods of decoding: a model in memory, or one from a folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from journey.errors import InputError
from train.evaluation.decoding.batching import ContinuousBatcher, Job, Output
from train.models.loading import tokenizer_of
from train.models.token_rows import question
from train.models.vision import PictureReader, reads_pictures


class Generator(Protocol):
    """A language model with its tokenizer. The tests use a scripted one."""

    def encode(self, text: str) -> tuple[int, ...]:
        """The tokens of a text."""
        ...

    def encode_prompt(self, text: str) -> tuple[int, ...]:
        """The tokens of a prompt, as a chat if the model has one, or those of a picture if it reads one."""
        ...

    @property
    def reads_pictures(self) -> bool:
        """Whether prompts are pictures. An output then begins with the prompt that the model reads."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, without the end of sequence."""
        ...

    def ended(self, output: Output) -> bool:
        """Whether the output ends with the end of sequence."""
        ...

    def generate(
        self,
        jobs: Sequence[Job],
        *,
        temperature: float,
        seed: int,
        lines: bool = False,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Output]:
        """An output for each job, in their order: to the end of sequence, or only to that of a line.

        `on_progress` is called with the number of outputs that were finished since its last call.
        """
        ...


def check_template(folder: Path, tokenizer: Any, chat: str | None) -> None:
    """Checks that a tokenizer has a chat template if prompts are to be a chat.

    Raises:
        InputError: it has none.
    """
    if chat and not tokenizer.chat_template:
        raise InputError(f"{folder} has no chat template, so it cannot be asked in a chat")


class ModelGenerator:
    """A model in memory with its tokenizer, in the precision and on the device that it is in.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        processing: its tokenizer, or its processor if it reads pictures.
        slots: outputs generated at a time.
        chat: `plain` or `think` for an instruct model, which gets prompts in its chat template.
    """

    def __init__(self, model: Any, processing: Any, slots: int, chat: str | None = None) -> None:
        self.model, self.slots, self.chat = model, slots, chat
        tokenizer = self.tokenizer = tokenizer_of(processing)
        self.pictures = PictureReader(processing) if reads_pictures(processing) else None
        stops = model.generation_config.eos_token_id
        self.ends = {tokenizer.eos_token_id, *(stops if isinstance(stops, list) else [stops])} - {None}

    @cached_property
    def newlines(self) -> set[int]:
        """The tokens that contain a newline.

        This works for any vocabulary; `stop_strings` cannot read that of a word-level tokenizer.
        """
        words = self.tokenizer.batch_decode([[token] for token in range(len(self.tokenizer))])
        return {token for token, word in enumerate(words) if "\n" in word}

    def encode(self, text: str) -> tuple[int, ...]:
        """The tokens of a text."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    @property
    def reads_pictures(self) -> bool:
        """Whether prompts are pictures (`Generator.reads_pictures`)."""
        return self.pictures is not None

    def encode_prompt(self, text: str) -> tuple[int, ...]:
        """The tokens of a prompt, as a chat if the model has one, or those of a picture if it reads one."""
        if self.pictures is not None:
            return self.pictures.prompt_ids
        return self.encode(question(self.tokenizer, text, self.chat))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, without the end of sequence."""
        return str(self.tokenizer.decode([token for token in ids if token not in self.ends]))

    def ended(self, output: Output) -> bool:
        """Whether the output ends with the end of sequence."""
        return output.ids[-1] in self.ends

    def generate(
        self,
        jobs: Sequence[Job],
        *,
        temperature: float,
        seed: int,
        lines: bool = False,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Output]:
        """An output for each job (`Generator.generate`)."""
        pictures = self.pictures.inputs if self.pictures else None
        generator = ContinuousBatcher(self.model, self.slots, temperature, seed, pictures)
        return generator.generate(jobs, self.ends | self.newlines if lines else self.ends, on_progress)


class CheckpointGenerator(ModelGenerator):
    """The model of a Hugging Face folder, in float32, on the GPU if there is one.

    Args:
        folder: the model and its tokenizer.
        slots: outputs generated at a time.
        chat: `plain` or `think` for an instruct model, which gets prompts in its chat template.

    Raises:
        InputError: `chat` is given, but the tokenizer has no chat template.
    """

    def __init__(self, folder: Path, slots: int, chat: str | None = None) -> None:
        import torch

        from train.models.loading import load_model, load_processing

        processing = load_processing(folder)
        check_template(folder, tokenizer_of(processing), chat)
        model = load_model(folder, dtype=torch.float32)
        model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        super().__init__(model, processing, slots, chat)
        self.folder = folder

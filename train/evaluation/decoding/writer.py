"""What the methods of decoding ask of a model, and what answers: a model in memory, a checkpoint folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

from journey.errors import InputError
from train.evaluation.decoding.batching import Generator, Job, Output
from train.models.token_rows import question


class Writer(Protocol):
    """A language model with its tokenizer. The tests have a scripted one."""

    def encode(self, text: str) -> tuple[int, ...]:
        """A text as tokens."""
        ...

    def question(self, text: str) -> tuple[int, ...]:
        """A text that asks for an output as tokens, in a chat if the model is asked in one."""
        ...

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens as text; the end of sequence says nothing."""
        ...

    def ended(self, output: Output) -> bool:
        """Whether the output ends with the end of sequence."""
        ...

    def write(
        self,
        jobs: Sequence[Job],
        *,
        temperature: float,
        seed: int,
        lines: bool = False,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Output]:
        """An output for each job, in their order: to the end of sequence, or only to that of a line.

        `on_progress` is called with how many more are done.
        """
        ...


class ModelWriter:
    """A model in memory with its tokenizer, in the precision and on the device that it is in.

    Args:
        model: a causal language model of transformers, in evaluation mode.
        tokenizer: its own.
        slots: outputs written at a time.
        chat: `plain` or `think` for an instruct model, which is asked through its chat template.
    """

    def __init__(self, model: Any, tokenizer: Any, slots: int, chat: str | None = None) -> None:
        self.model, self.tokenizer, self.slots, self.chat = model, tokenizer, slots, chat
        stops = model.generation_config.eos_token_id
        self.ends = {tokenizer.eos_token_id, *(stops if isinstance(stops, list) else [stops])} - {None}

    @cached_property
    def newlines(self) -> set[int]:
        """The tokens that hold a newline.

        They can be found in any vocabulary; `stop_strings` cannot read that of a word-level tokenizer.
        """
        words = self.tokenizer.batch_decode([[token] for token in range(len(self.tokenizer))])
        return {token for token, word in enumerate(words) if "\n" in word}

    def encode(self, text: str) -> tuple[int, ...]:
        """A text as tokens."""
        return tuple(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def question(self, text: str) -> tuple[int, ...]:
        """A text that asks for an output, in a chat if the model is asked in one."""
        return self.encode(question(self.tokenizer, text, self.chat))

    def decode(self, ids: Sequence[int]) -> str:
        """Tokens as text; the end of sequence says nothing."""
        return str(self.tokenizer.decode([token for token in ids if token not in self.ends]))

    def ended(self, output: Output) -> bool:
        """Whether the output ends with the end of sequence."""
        return output.ids[-1] in self.ends

    def write(
        self,
        jobs: Sequence[Job],
        *,
        temperature: float,
        seed: int,
        lines: bool = False,
        on_progress: Callable[[int], None] = lambda done: None,
    ) -> list[Output]:
        """An output for each job (`Writer.write`)."""
        generator = Generator(self.model, self.slots, temperature, seed)
        return generator.write(jobs, self.ends | self.newlines if lines else self.ends, on_progress)


class Checkpoint(ModelWriter):
    """A Hugging Face folder, in float32: on the GPU if there is one.

    Args:
        folder: the model and its tokenizer.
        slots: outputs written at a time.
        chat: `plain` or `think` for an instruct model, which is asked through its chat template.

    Raises:
        InputError: there is no chat template, and `chat` asks for it.
    """

    def __init__(self, folder: Path, slots: int, chat: str | None = None) -> None:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        tokenizer: Any = AutoTokenizer.from_pretrained(folder)
        if chat and not tokenizer.chat_template:
            raise InputError(f"{folder} has no chat template: it cannot be asked in a chat")
        # transformers types `to` and `generate` by mixins that mypy cannot follow.
        model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        model = model.to("cuda" if torch.cuda.is_available() else "cpu").eval()
        super().__init__(model, tokenizer, slots, chat)
        self.folder = folder

"""A Hugging Face checkpoint as a proposer, batched over all waiting states.

Sampling uses the Gumbel-max trick (Gumbel 1954; Maddison et al. 2014): Gumbel noise is added to the logits
and the largest is taken. Each row has its own noise generator, seeded by the seed and the text. So the
proposals in a state do not depend on the rest of the batch (DESIGN rule 8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journey.errors import InputError
from search.proposers.sampling import (
    Completion,
    Prompt,
    QuestionWriter,
    SamplingProposer,
    StepReader,
    complete_lines,
)

if TYPE_CHECKING:
    import torch

MAX_NEW_TOKENS = 96
"""Token limit of one line."""
BATCH = 128
"""Texts continued in one batch."""


def check_folder(folder: Path) -> None:
    """Checks that a folder holds a model.

    Raises:
        InputError: the folder has no config.json.
    """
    if not (folder / "config.json").exists():
        raise InputError(f"{folder} is not a model folder: it has no config.json")


class Model(SamplingProposer):
    """Proposes the steps that a causal language model writes.

    Args:
        folder: a Hugging Face checkpoint with its tokenizer. If it has a chat template, prompts use it.
        samples: outputs sampled per state.
        temperature: sampling temperature; 0 is greedy decoding, with one output per state.
        seed: seeds the sampling.
        read: reads the steps of a complete output. None: the model writes next lines.
        max_new_tokens: token limit of a complete output.
        question: writes the question for a complete output; None uses the family's own prompt.

    Raises:
        InputError: the folder holds no model.
    """

    name = "model"

    def __init__(
        self,
        folder: Path,
        samples: int = 4,
        temperature: float = 1.0,
        seed: int = 0,
        read: StepReader | None = None,
        max_new_tokens: int = 256,
        question: QuestionWriter | None = None,
    ) -> None:
        super().__init__(read, question)
        check_folder(folder)
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils import logging

        logging.disable_progress_bar()
        self.samples, self.temperature, self.seed = samples, temperature, seed
        self.max_new_tokens = max_new_tokens
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), padding_side="left")
        if self.tokenizer.pad_token_id is None:
            self.tokenizer.pad_token = self.tokenizer.eos_token
        dtype = torch.bfloat16 if self.device == "cuda" else torch.float32
        # transformers types `to` and `generate` by mixins that mypy cannot follow.
        auto: Any = AutoModelForCausalLM
        self.model = auto.from_pretrained(folder, dtype=dtype).to(self.device).eval()
        # `stop_strings` cannot read the vocabulary of a word-level tokenizer. Decoding each token finds the
        # newline tokens of every tokenizer.
        tokens = self.tokenizer.batch_decode([[token] for token in range(len(self.tokenizer))])
        self.newlines = [token for token, text in enumerate(tokens) if "\n" in text]

    def generate(self, prompts: Sequence[Prompt]) -> list[list[Completion]]:
        """Returns `samples` outputs for each prompt."""
        copies = self.samples if self.temperature else 1
        texts = [self._text(each) for each in prompts]
        pending = [(index, copy) for index in range(len(prompts)) for copy in range(copies)]
        pending.sort(key=lambda item: (prompts[item[0]].to_end, len(texts[item[0]])))
        outputs: dict[tuple[int, int], Completion] = {}
        while pending:
            full = prompts[pending[0][0]].to_end
            batch = [item for item in pending[:BATCH] if prompts[item[0]].to_end == full]
            del pending[: len(batch)]
            seeded = [(texts[index], f"{self.seed}:{copy}:{texts[index]}") for index, copy in batch]
            outputs.update(zip(batch, self._generate(seeded, full), strict=True))
        return [[outputs[index, copy] for copy in range(copies)] for index in range(len(prompts))]

    def _text(self, prompt: Prompt) -> str:
        if not self.tokenizer.chat_template:
            return prompt.question + prompt.lines
        chat = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt.question}], tokenize=False, add_generation_prompt=True
        )
        return str(chat) + prompt.lines

    def _generate(self, seeded: Sequence[tuple[str, str]], full: bool) -> list[Completion]:
        """Continues each text; the string paired with it seeds its sampling."""
        import torch
        from transformers import LogitsProcessorList

        stop = self.tokenizer.eos_token_id
        encoded = self.tokenizer(
            [text for text, _ in seeded], return_tensors="pt", padding=True, add_special_tokens=False
        ).to(self.device)
        sampler = _GumbelSampler([seed for _, seed in seeded], self.temperature)
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=encoded["input_ids"],
                attention_mask=encoded["attention_mask"],
                max_new_tokens=self.max_new_tokens if full else MAX_NEW_TOKENS,
                do_sample=False,
                # The checkpoint's generation config may set a penalty; proposals follow the model's own
                # distribution.
                repetition_penalty=1.0,
                logits_processor=LogitsProcessorList([sampler]),
                eos_token_id=[stop] if full else [stop, *self.newlines],
                pad_token_id=self.tokenizer.pad_token_id,
            )
        new = output[:, encoded["input_ids"].shape[1] :]
        outputs: list[Completion] = []
        ends = {stop} if full else {stop, *self.newlines}
        for ids, logprobs in zip(new.tolist(), torch.stack(sampler.logprobs, dim=1).tolist(), strict=True):
            end = next((position for position, token in enumerate(ids) if token in ends), None)
            kept = len(ids) if end is None else end + 1
            text = str(self.tokenizer.decode(ids[:kept], skip_special_tokens=True))
            outputs.append((complete_lines(text) if end is None else text, sum(logprobs[:kept])))
        return outputs


class _GumbelSampler:
    """A logits processor that adds Gumbel noise per row: the argmax is then a sample from the softmax.

    It records the log-probability of the sampled token at each step, because keeping the logits of all steps
    can fill a GPU's memory.
    """

    def __init__(self, texts: Sequence[str], temperature: float) -> None:
        import numpy

        seeds = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
        self.rows = [numpy.random.Generator(numpy.random.Philox(key=int.from_bytes(s))) for s in seeds]
        self.temperature = temperature
        self.logprobs: list[torch.Tensor] = []
        """For each step, the log-probability of each row's token."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import numpy
        import torch

        scores = scores.float()
        noisy = scores
        if self.temperature:
            noise = numpy.stack([row.gumbel(size=scores.shape[1]) for row in self.rows])
            noisy = scores / self.temperature + torch.from_numpy(noise).to(scores.device, torch.float32)
        chosen = noisy.argmax(dim=-1, keepdim=True)
        self.logprobs.append(scores.log_softmax(-1).gather(1, chosen)[:, 0])
        return noisy

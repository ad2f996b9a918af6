"""A Hugging Face checkpoint as the source of next steps, batched over all states that wait at once.

The sampling is Gumbel's trick (Gumbel 1954; Maddison et al. 2014): noise from a generator of the text's
own, seeded by the seed and the text, is added to the logits, and the largest is taken. So what is proposed
in a state does not depend on what else is in the batch (DESIGN rule 8).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journey.errors import InputError
from search.proposers.sampling import Question, Read, Sampling, Wanted, Written, whole_lines

if TYPE_CHECKING:
    import torch

MAX_NEW_TOKENS = 96
"""Of one line."""
BATCH = 128
"""Texts that are gone on with at a time."""


def check_folder(folder: Path) -> None:
    """Refuses a folder that holds no model.

    Raises:
        InputError: it has no config.json.
    """
    if not (folder / "config.json").exists():
        raise InputError(f"{folder} is no model folder: it has no config.json")


class Model(Sampling):
    """Proposes what a causal language model would write next.

    Args:
        folder: a Hugging Face checkpoint with its tokenizer; one with a chat template is asked through it.
        samples: texts sampled in each state.
        temperature: of the sampling; 0 takes the likeliest text.
        seed: of the sampling.
        read: how a whole output is read.
        max_new_tokens: of a whole output.
        question: what is asked for one.

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
        read: Read | None = None,
        max_new_tokens: int = 256,
        question: Question | None = None,
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
        # `stop_strings` cannot read the vocabulary of a word-level tokenizer; the tokens that hold a
        # newline can be found in any.
        tokens = self.tokenizer.batch_decode([[token] for token in range(len(self.tokenizer))])
        self.newlines = [token for token, text in enumerate(tokens) if "\n" in text]

    def write(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        """What the model writes next, `samples` times for each."""
        copies = self.samples if self.temperature else 1
        texts = [self._text(each) for each in wanted]
        jobs = [(at, copy) for at in range(len(wanted)) for copy in range(copies)]
        jobs.sort(key=lambda job: (wanted[job[0]].whole, len(texts[job[0]])))
        found: dict[tuple[int, int], Written] = {}
        while jobs:
            whole = wanted[jobs[0][0]].whole
            chosen = [job for job in jobs[:BATCH] if wanted[job[0]].whole == whole]
            del jobs[: len(chosen)]
            named = [(texts[at], f"{self.seed}:{copy}:{texts[at]}") for at, copy in chosen]
            found.update(zip(chosen, self._continued(named, whole), strict=True))
        return [[found[at, copy] for copy in range(copies)] for at in range(len(wanted))]

    def _text(self, wanted: Wanted) -> str:
        if not self.tokenizer.chat_template:
            return wanted.question + wanted.lines
        asked = self.tokenizer.apply_chat_template(
            [{"role": "user", "content": wanted.question}], tokenize=False, add_generation_prompt=True
        )
        return str(asked) + wanted.lines

    def _continued(self, jobs: Sequence[tuple[str, str]], whole: bool) -> list[Written]:
        """What comes after each text; the name beside it seeds its sampling."""
        import torch
        from transformers import LogitsProcessorList

        stop = self.tokenizer.eos_token_id
        encoded = self.tokenizer(
            [text for text, _ in jobs], return_tensors="pt", padding=True, add_special_tokens=False
        ).to(self.device)
        choosing = _Choosing([name for _, name in jobs], self.temperature)
        with torch.inference_mode():
            output = self.model.generate(
                input_ids=encoded["input_ids"],
                attention_mask=encoded["attention_mask"],
                max_new_tokens=self.max_new_tokens if whole else MAX_NEW_TOKENS,
                do_sample=False,
                # A folder may ask for one; what is proposed is what the model thinks.
                repetition_penalty=1.0,
                logits_processor=LogitsProcessorList([choosing]),
                eos_token_id=[stop] if whole else [stop, *self.newlines],
                pad_token_id=self.tokenizer.pad_token_id,
            )
        new = output[:, encoded["input_ids"].shape[1] :]
        found: list[Written] = []
        ends = {stop} if whole else {stop, *self.newlines}
        for ids, chance in zip(new.tolist(), torch.stack(choosing.chances, dim=1).tolist(), strict=True):
            end = next((place for place, token in enumerate(ids) if token in ends), None)
            kept = len(ids) if end is None else end + 1
            text = str(self.tokenizer.decode(ids[:kept], skip_special_tokens=True))
            found.append((whole_lines(text) if end is None else text, sum(chance[:kept])))
        return found


class _Choosing:
    """Adds each row's own noise to its logits: the largest is then a sample from the softmax.

    It notes the chance of that one at once: the logits of all steps together can fill a GPU's memory.
    """

    def __init__(self, names: Sequence[str], temperature: float) -> None:
        import numpy

        seeds = [hashlib.blake2b(name.encode(), digest_size=16).digest() for name in names]
        self.rows = [numpy.random.Generator(numpy.random.Philox(key=int.from_bytes(s))) for s in seeds]
        self.temperature = temperature
        self.chances: list[torch.Tensor] = []
        """For each step, the log-probability of the token that each row took."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        import numpy
        import torch

        scores = scores.float()
        weighed = scores
        if self.temperature:
            noise = numpy.stack([row.gumbel(size=scores.shape[1]) for row in self.rows])
            weighed = scores / self.temperature + torch.from_numpy(noise).to(scores.device, torch.float32)
        taken = weighed.argmax(dim=-1, keepdim=True)
        self.chances.append(scores.log_softmax(-1).gather(1, taken)[:, 0])
        return weighed

"""How many floating-point operations training and answering cost, so that arms can be compared at equal cost.

What is counted are the multiplications and additions of matrix products, attention's over the whole square of
positions included, as PyTorch counts them on a model without weights: whatever the architecture, and of a
mixture of experts only those that a token is sent to. Of a length T they are a quadratic in T, so three
lengths tell all others. Padding, norms and the optimizer are not counted.

    training a text of length T         3 forward(T): the backward pass costs twice the forward one
    an answer of n tokens to a prompt   forward(prompt), then n - 1 tokens that each look at all before them
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LENGTHS = (8, 16, 24)
"""Positions at which a model is counted."""
BACKWARD = 2
"""Forward passes that a backward pass costs: a product has two operands, and each gets its gradient. With an
adapter most weights need none, which is not deducted: what is said of such a stage is up to half too much."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a model costs: operations of a forward pass."""

    fixed: float
    """Of any text; 0 for a plain transformer."""
    token: float
    """Of a position: all its matrix products but those of attention."""
    pair: float
    """Of a position that looks at another one."""
    head: float
    """Of `token`, what makes logits of the last hidden state; a prompt needs it once."""

    def forward(self, length: int) -> float:
        """A forward pass over a text, every position with its logits."""
        return self.fixed + self.token * length + self.pair * length**2

    def training(self, lengths: Iterable[int]) -> float:
        """A forward and a backward pass over each of these texts."""
        return (1 + BACKWARD) * sum(map(self.forward, lengths))

    def answer(self, prompt: int, generated: int) -> float:
        """Reading a prompt and writing an answer, with keys and values cached.

        Args:
            prompt: its tokens.
            generated: tokens of the answer, the end of sequence included.
        """
        read = self.forward(prompt) - self.head * (prompt - 1)
        steps = generated - 1
        looked_at = steps * prompt + steps * (steps + 1) // 2
        return read + steps * (self.fixed + self.token) + self.pair * looked_at


def cost_of(folder: Path) -> Cost:
    """The cost of the model in a Hugging Face folder: its configuration is read, and no weight."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode
    from transformers import AutoConfig, AutoModelForCausalLM

    # Weights without values are drawn all the same, and what is drawn after this must not depend on it.
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        model: Any = AutoModelForCausalLM.from_config(
            AutoConfig.from_pretrained(folder),
            dtype=torch.float32,
            # The counter knows neither the fused attention of a CPU nor grouped products.
            attn_implementation="eager",
            experts_implementation="batched_mm",
        ).eval()

    def forward(length: int, **words: Any) -> int:
        ids = torch.zeros((1, length), dtype=torch.long, device="meta")
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False, **words)
        return int(counter.get_total_flops())

    totals = [forward(length) for length in LENGTHS]
    fixed, token, pair = np.linalg.solve(np.vander(LENGTHS, 3, increasing=True), totals).round(3)
    head = 0.0
    if "logits_to_keep" in inspect.signature(model.forward).parameters:
        head = (totals[0] - forward(LENGTHS[0], logits_to_keep=1)) / (LENGTHS[0] - 1)
    return Cost(float(fixed), float(token), float(pair), head)

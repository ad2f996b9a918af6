"""Floating-point operations of training and generation, so that arms can be compared at equal cost.

PyTorch counts the multiplications and additions of matrix products on a model without weights, whatever the
architecture. The full square of attention is counted; of a mixture of experts, only the experts that a token
uses. The count is quadratic in the length T of a text, so three lengths determine all others. Padding, norms
and the optimizer are not counted.

    training on a text of length T      3 forward(T): a backward pass costs two forward passes
    an answer of n tokens to a prompt   forward(prompt), then n - 1 tokens that attend to all tokens before
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

LENGTHS = (8, 16, 24)
"""Text lengths at which operations are counted."""
BACKWARD = 2
"""Forward passes that a backward pass costs: a product has two operands, and each gets a gradient. With an
adapter most weights need no gradient. This is not deducted, so its count is up to half too high."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a model: operations of a forward pass."""

    fixed: float
    """Operations per text; 0 for a plain transformer."""
    token: float
    """Operations per position: all matrix products except attention."""
    pair: float
    """Operations per pair of positions, for attention."""
    head: float
    """The part of `token` that computes logits. A prompt needs it once."""
    picture: float = 0.0
    """Operations that a picture needs once, for a model that reads one with each prompt: to encode it and,
    for cross-attention, to compute its keys and values. Attention to them is in `token`."""

    def forward(self, length: int) -> float:
        """Operations of a forward pass over a text, with logits at every position."""
        return self.fixed + self.token * length + self.pair * length**2

    def training(self, lengths: Iterable[int]) -> float:
        """Operations of a forward and a backward pass over texts of these lengths, and their pictures."""
        return (1 + BACKWARD) * sum(self.picture + self.forward(length) for length in lengths)

    def answer(self, prompt: int, generated: int) -> float:
        """Operations to read a prompt and generate an answer, with cached keys and values.

        Args:
            prompt: tokens of the prompt.
            generated: tokens of the answer, including the end of sequence.
        """
        read = self.picture + self.forward(prompt) - self.head * (prompt - 1)
        steps = generated - 1
        attended = steps * prompt + steps * (steps + 1) // 2
        return read + steps * (self.fixed + self.token) + self.pair * attended


def cost_of(folder: Path) -> Cost:
    """The cost of the model in a Hugging Face folder. Only its configuration is read, not its weights."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from train.models.loading import load_processing, model_without_weights
    from train.models.vision import PictureReader

    model = model_without_weights(folder)
    reader = PictureReader(load_processing(folder)) if hasattr(model.config, "vision_config") else None
    # Features that become tokens are counted apart, as a model without weights cannot put them into a text.
    apart = hasattr(model, "get_image_features")

    def count(call: Callable[..., Any], **inputs: Any) -> int:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            call(**inputs)
        return int(counter.get_total_flops())

    def seen(length: int) -> dict[str, Any]:
        inputs = reader.blank(length) if reader else {}
        return {name: value.to("meta") for name, value in inputs.items()}

    def forward(length: int, **kwargs: Any) -> int:
        ids = torch.zeros((1, length), dtype=torch.long, device="meta")
        pictures = {} if apart else seen(length)
        mask = torch.ones_like(ids)
        return count(model, input_ids=ids, attention_mask=mask, use_cache=False, **pictures, **kwargs)

    totals = [forward(length) for length in LENGTHS]
    fixed, token, pair = np.linalg.solve(np.vander(LENGTHS, 3, increasing=True), totals).round(3)
    head = 0.0
    if "logits_to_keep" in inspect.signature(model.forward).parameters:
        head = (totals[0] - forward(LENGTHS[0], logits_to_keep=1)) / (LENGTHS[0] - 1)
    if reader is None:
        return Cost(float(fixed), float(token), float(pair), head)
    picture = count(model.get_image_features, **seen(1)) if apart else fixed
    return Cost(0.0, float(token), float(pair), head, float(picture))

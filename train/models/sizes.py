"""The size of a model, whatever it is made of: its parameters, those that a token uses, and its cache.

Of a mixture of experts a token uses the active experts alone. The cache of grouped-query attention is smaller
by the queries that share a key (Ainslie et al. 2023). Only a folder's configuration is read, not its weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CACHE_BYTES = 4
"""Bytes of a cached number: models generate in float32."""


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a model."""

    parameters: int
    """All parameters."""
    active_parameters: int
    """The parameters that compute a token: those of inactive experts are left out."""
    cache_bytes: int
    """Bytes of the keys and values that are cached for a token. Cross-attention caches those of a picture."""

    def __str__(self) -> str:
        """The parameters in words.

        >>> print(Size(1_350_000, 470_000, 2_048))
        1.35 M parameters (0.47 M active)
        """
        active = f" ({self.active_parameters / 1e6:.2f} M active)"
        sparse = self.active_parameters < self.parameters
        return f"{self.parameters / 1e6:.2f} M parameters{active if sparse else ''}"


def size_of(folder: Path) -> Size:
    """The size of the model in a Hugging Face folder."""
    import torch

    from train.models.loading import model_without_weights

    model = model_without_weights(folder)
    experts = sum(weight.numel() for _, weight in expert_parameters(model))
    total = int(model.num_parameters())
    unused = 1 - model.config.num_experts_per_tok / model.config.num_experts if experts else 0
    ids = torch.zeros((1, 1), dtype=torch.long, device="meta")
    with torch.no_grad():
        cache = model(input_ids=ids, use_cache=True).past_key_values
    numbers = sum(layer.keys.numel() + layer.values.numel() for layer in cache.layers if layer.is_initialized)
    return Size(total, total - round(experts * unused), CACHE_BYTES * numbers)


def expert_parameters(model: Any) -> Iterator[tuple[str, Any]]:
    """The names and parameters that hold all experts of a layer, of shape (experts, rows, columns)."""
    count = getattr(model.config, "num_experts", None)
    for name, weight in model.named_parameters():
        if ".experts." in name and weight.ndim == 3 and weight.shape[0] == count:
            yield name, weight

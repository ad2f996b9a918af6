"""Weights in low precision, on torchao: rounded after training, or during it.

A matrix is rounded to the nearest of 2^bits levels, symmetric about zero, with one scale for each output
channel. This is the round-to-nearest method that Kumar et al. compare in 2411.04330, figure 11. The rounded
values are written back as float32, so every machine computes with the same numbers and needs no kernel of its
own. What is no matrix is not rounded (norms, biases), and nor are the embeddings and the output layer.

    round_weights(model, "int4")      after training
    train_rounded(model, "int4")      in the forward pass of training; gradients pass straight through
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from journey.errors import InputError, JourneyError
from train.models.loading import model_without_weights


@dataclass(frozen=True, slots=True)
class Rounding:
    """What rounding did to a model."""

    weights: int
    """Weights that were rounded."""
    changed: int
    """Those that differ from before."""


def matrices(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """The weights that are rounded, by name: all matrices and stacks of matrices but the tables of tokens."""
    tables = {id(each.weight) for each in model.modules() if isinstance(each, nn.Embedding)}
    head: Any = getattr(model, "get_output_embeddings", lambda: None)()
    tables |= {id(head.weight)} if head is not None else set()
    for name, weight in model.named_parameters():
        if weight.ndim >= 2 and id(weight) not in tables:
            yield name, weight


def count_weights(folder: Path) -> int:
    """The weights of a model's folder that rounding would round. The weights themselves are not read."""
    return sum(weight.numel() for _, weight in matrices(model_without_weights(folder)))


@torch.no_grad()
def round_weights(model: nn.Module, precision: str) -> Rounding:
    """Rounds a model's matrices in place.

    Args:
        model: a model in float32.
        precision: bfloat16, or int2 to int8.

    Returns:
        How many weights were rounded. Every matrix is among them.

    Raises:
        JourneyError: a matrix is the same as before. Rounding that skips a matrix would look harmless.
    """
    weights = changed = 0
    for name, weight in matrices(model):
        rows = weight.detach().reshape(-1, weight.shape[-1])
        rounded = _rounded(rows, precision)
        different = int((rounded != rows).sum())
        if not different:
            raise JourneyError(f"{precision} changes none of the {rows.numel():,} weights of {name}")
        weight.copy_(rounded.reshape(weight.shape))
        weights, changed = weights + rows.numel(), changed + different
    return Rounding(weights, changed)


def _rounded(rows: torch.Tensor, precision: str) -> torch.Tensor:
    """Rows of weights, each with a scale of its own, rounded and again in float32."""
    if precision == "bfloat16":
        return rows.bfloat16().float()
    from torchao.quantization import IntxUnpackedToInt8Tensor

    quantized = IntxUnpackedToInt8Tensor.from_hp(rows, (1, rows.shape[1]), getattr(torch, precision))
    rounded: torch.Tensor = quantized.dequantize()
    return rounded


def train_rounded(model: nn.Module, precision: str) -> None:
    """Makes a model's layers round their matrices in each forward pass (quantization-aware training).

    The weights stay in float32, and a model that is saved has them unrounded.

    Raises:
        InputError: the model has matrices outside of linear layers, which torchao does not round in training.
    """
    from torchao.quantization import IntxWeightOnlyConfig, quantize_
    from torchao.quantization.qat import QATConfig

    known = {id(weight): name for name, weight in matrices(model)}
    config = QATConfig(IntxWeightOnlyConfig(getattr(torch, precision)), step="prepare")
    quantize_(model, config, lambda layer, _: isinstance(layer, nn.Linear) and id(layer.weight) in known)
    rounds = {
        id(layer.weight)
        for layer in model.modules()
        if getattr(layer, "weight_fake_quantizer", None) is not None
    }
    if missed := [name for place, name in known.items() if place not in rounds]:
        raise InputError(
            f"training.precision {precision} rounds linear layers, but {missed[0]} is in none: "
            "use `training.precision: bfloat16`"
        )

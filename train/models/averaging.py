"""The average of models' weights, for models that branch off one checkpoint.

Averages of models fine-tuned from one checkpoint often do better than each (Wortsman et al. 2022); Llama 3
averages its models in each stage of its post-training (2407.21783, section 4.1.5). Models from different
random weights have no useful average: their units correspond to nothing of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from journey.errors import JourneyError
from train.models.loading import load_model, load_processing
from train.models.saving import saving


def average_models(folders: Sequence[Path], out: Path) -> None:
    """Saves the average of these models in float32, with the tokenizer or processor of the first.

    Raises:
        JourneyError: the models differ in their weights' names or shapes, or `out` cannot be written.
    """
    first, *others = folders
    model: Any = load_model(first, dtype=torch.float32)
    weights = model.state_dict()
    sums = {name: weight.double() for name, weight in weights.items()}
    for folder in others:
        other: Any = load_model(folder, dtype=torch.float32)
        own = other.state_dict()
        shapes = [{name: weight.shape for name, weight in each.items()} for each in (weights, own)]
        if shapes[0] != shapes[1]:
            raise JourneyError(f"{first} and {folder} cannot be averaged: their weights have other shapes")
        for name, weight in own.items():
            sums[name] += weight.double()
    model.load_state_dict({name: (each / len(folders)).float() for name, each in sums.items()})
    with saving(out):
        model.save_pretrained(out)
        load_processing(first).save_pretrained(out)

"""Opens a model folder with the classes of transformers that fit what the model reads.

A model that reads text has a tokenizer. One that also reads pictures has a processor, which holds a tokenizer
and an image processor.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForImageTextToText,
    AutoProcessor,
    AutoTokenizer,
    PreTrainedConfig,
)

from train.models.vision import reads_pictures


def auto_class(config: PreTrainedConfig) -> Any:
    """The class that opens a model with this configuration."""
    return AutoModelForImageTextToText if hasattr(config, "vision_config") else AutoModelForCausalLM


def load_model(folder: Path | str, **settings: Any) -> Any:
    """The model of a folder. `settings` are those of `from_pretrained`."""
    return auto_class(AutoConfig.from_pretrained(folder)).from_pretrained(folder, **settings)


def model_without_weights(folder: Path) -> Any:
    """The model of a Hugging Face folder on PyTorch's meta device: shapes without numbers.

    It computes in the plain ways, which PyTorch can count: it counts neither the fused attention of a CPU nor
    the grouped products of experts.
    """
    config = AutoConfig.from_pretrained(folder)
    # Weights on the meta device consume random numbers too. Later draws must not depend on them.
    with torch.random.fork_rng(devices=[]), torch.device("meta"):
        model = auto_class(config).from_config(
            config, dtype=torch.float32, attn_implementation="eager", experts_implementation="batched_mm"
        )
    return model.eval()


def load_processing(folder: Path | str) -> Any:
    """The tokenizer of a folder, or the processor of a model that reads pictures."""
    pictures = hasattr(AutoConfig.from_pretrained(folder), "vision_config")
    return (AutoProcessor if pictures else AutoTokenizer).from_pretrained(folder)


def tokenizer_of(processing: Any) -> Any:
    """The tokenizer, or that of a processor."""
    return processing.tokenizer if reads_pictures(processing) else processing

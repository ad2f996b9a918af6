"""Low-rank adapters, on PEFT: what of a model is trained, and the whole model that comes of it.

LoRA adds a product of two thin matrices to each matrix of the base; DoRA also learns each column's magnitude
apart from its direction; QLoRA trains LoRA on a base in 4 bits. A stage that is done leaves the base with its
adapter merged into it, in the base's own precision, so that every folder in models/ is a plain checkpoint and
DPO's reference is the model before it (DESIGN rule 12).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, BitsAndBytesConfig

from journey.errors import InputError
from train.recipe.settings import Adapter

FOLDER = "adapter"
"""In a stage's folder, where the adapter lies apart."""
EAGER_UP_TO = 256
"""Hidden size up to which plain attention is faster than PyTorch's fused one at our lengths."""


def peft_config(adapter: Adapter) -> Any:
    """PEFT's configuration; None if the whole model is trained."""
    if adapter.kind == "full":
        return None
    from peft import LoraConfig

    return LoraConfig(
        task_type="CAUSAL_LM",
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=adapter.targets,
        use_dora=adapter.kind == "dora",
    )


def loading(start: Path, adapter: Adapter, precision: str) -> dict[str, Any]:
    """Keywords for `from_pretrained` of a model that is to be trained.

    Raises:
        InputError: QLoRA is asked for, and there is no GPU.
    """
    hidden = AutoConfig.from_pretrained(start).hidden_size
    words: dict[str, Any] = {
        "attn_implementation": "eager" if hidden <= EAGER_UP_TO else "sdpa",
        "dtype": precision,
    }
    if adapter.kind == "qlora":
        if not torch.cuda.is_available():
            raise InputError("adapter.kind qlora needs a GPU, and there is none: use `adapter.kind: lora`")
        words["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    return words


def merged(start: Path, folder: Path) -> Any:
    """The model at `start` with the adapter in `folder` added to its weights."""
    from peft import PeftModel

    model = AutoModelForCausalLM.from_pretrained(start, dtype=torch.float32)
    return PeftModel.from_pretrained(model, str(folder)).merge_and_unload()

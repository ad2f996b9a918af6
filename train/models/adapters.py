"""Low-rank adapters, on PEFT: which weights of a model are trained, and the merged model.

LoRA adds a product of two thin matrices to each matrix of the base. DoRA also learns the magnitude of each
column apart from its direction. QLoRA trains LoRA on a base in 4 bits. A finished stage saves the base with
its adapter merged, in float32. So every folder in models/ is a plain checkpoint, and DPO's
reference is the model of the stage before (DESIGN rule 12).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, BitsAndBytesConfig

from journey.errors import InputError
from train.models.loading import load_model, model_without_weights
from train.models.sizes import expert_parameters
from train.recipe.settings import Adapter

FOLDER = "adapter"
"""The folder of the adapter in a stage's folder."""
ALL_LINEAR = "all-linear"
EAGER_UP_TO = 256
"""Up to this hidden size, plain attention is faster than PyTorch's fused attention on short texts."""


def peft_config(adapter: Adapter, start: Path) -> Any:
    """The configuration of PEFT for the model at `start`; None if all weights are trained.

    The experts of a layer are one parameter and no linear layer, so PEFT needs their names. By itself it
    would adapt the router too, which decides which experts learn what.

    Raises:
        InputError: DoRA, or dropout, would adapt experts. PEFT can do neither.
    """
    if adapter.kind == "full":
        return None
    from peft import LoraConfig

    tables = embedding_names(start) if adapter.embeddings else []
    modules, experts = targets(start, adapter.targets)
    if experts and (adapter.kind == "dora" or adapter.dropout):
        setting = f"dropout: {adapter.dropout}" if adapter.dropout else f"kind: {adapter.kind}"
        raise InputError(
            f"`adapter.{setting}` cannot adapt experts. Use LoRA without dropout, or list other matrices in "
            "`adapter.targets`, such as [q_proj, v_proj]"
        )

    return LoraConfig(
        task_type="CAUSAL_LM",
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=adapter.dropout,
        target_modules=modules,
        target_parameters=experts or None,
        use_dora=adapter.kind == "dora",
        modules_to_save=tables or None,
        ensure_weight_tying=bool(tables),
    )


def targets(start: Path, names: str | list[str]) -> tuple[str | list[str], list[str]]:
    """The layers and the experts to adapt in a model: names as PEFT takes them, of modules and of parameters.

    A list may name parameters of experts, such as `gate_up_proj`. Of a sparse model `all-linear` is resolved
    here, to its linear layers and its experts.
    """
    model = model_without_weights(start)
    own = dict.fromkeys(f"experts.{name.rpartition('.')[2]}" for name, _ in expert_parameters(model))
    if isinstance(names, list):
        experts = [name for name in own if name in names or name.removeprefix("experts.") in names]
        return [name for name in names if f"experts.{name.removeprefix('experts.')}" not in own], experts
    if not own or names != ALL_LINEAR:
        return names, []
    head = model.get_output_embeddings()
    linear = (
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, torch.nn.Linear) and module is not head
    )
    return list(dict.fromkeys(linear)), list(own)


def embedding_names(start: Path) -> list[str]:
    """The names of a model's token embeddings, and of its output layer unless the two are tied."""
    model = model_without_weights(start)
    tables = [model.get_input_embeddings()]
    if not model.config.tie_word_embeddings:
        tables.append(model.get_output_embeddings())
    return [
        name.rpartition(".")[2] for name, module in model.named_modules() if any(module is t for t in tables)
    ]


def loading_kwargs(start: Path, adapter: Adapter, precision: str) -> dict[str, Any]:
    """Keyword arguments of `from_pretrained` for a model to train in `training.precision`.

    Raises:
        InputError: the adapter is QLoRA, and there is no GPU.
    """
    hidden = AutoConfig.from_pretrained(start).get_text_config().hidden_size
    kwargs: dict[str, Any] = {
        "attn_implementation": "eager" if hidden <= EAGER_UP_TO else "sdpa",
        "dtype": "bfloat16" if precision == "bfloat16" else "float32",
    }
    if adapter.kind == "qlora":
        if not torch.cuda.is_available():
            raise InputError("adapter.kind qlora needs a GPU. Without one, use `adapter.kind: lora`")
        kwargs["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
        )
    return kwargs


def merge_adapter(start: Path, folder: Path) -> Any:
    """The model at `start` with the adapter in `folder` merged into its weights."""
    from peft import PeftModel

    model = load_model(start, dtype=torch.float32)
    return PeftModel.from_pretrained(model, str(folder)).merge_and_unload()

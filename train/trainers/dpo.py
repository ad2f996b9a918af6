"""Direct preference optimization on TRL's DPOTrainer.

The reference is the saved SFT model, passed as a path and checked. A trainer that is given a model in memory
silently takes the weights on disk, those before SFT, as its reference (DESIGN rule 12). Pairs are tokenized
beforehand: TRL would end each side with an end-of-sequence token, and so teach the model to stop after one
step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from datasets import Dataset
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer

from journey.errors import JourneyError
from train.models.adapters import loading_kwargs, peft_config
from train.models.flops import cost_of
from train.trainers.stage import StageCallback, StageSpec, make_config, train_and_save, trl_arguments

SIDES = ("chosen", "rejected")


class StepPairTrainer(DPOTrainer):
    """DPOTrainer over tokenized pairs."""

    def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
        return dataset


def make_dpo_config(spec: StageSpec, steps: int, batch: int, **kwargs: Any) -> DPOConfig:
    """The configuration of TRL for a stage (`train.trainers.stage.trl_arguments`)."""
    arguments = trl_arguments(spec, steps, {"per_device_train_batch_size": batch})
    return cast(DPOConfig, make_config(DPOConfig, arguments | kwargs))


def train_dpo(
    spec: StageSpec,
    pairs: Sequence[dict[str, Any]],
    batch: int,
    problems: int | None = None,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Trains a model for one epoch on preference pairs; leaves a Hugging Face folder at `spec.out`.

    Args:
        spec: the stage. Its start model is also the reference.
        pairs: tokenized pairs (`train.models.token_rows.encode_pairs`).
        batch: number of pairs per step.
        problems: number of distinct problems in the pairs, for training.json.
        facts: further facts for training.json. Their `generate_flops` are added to those of training.

    Raises:
        JourneyError: TRL took another model as the reference.
    """
    spec.work.mkdir(parents=True, exist_ok=True)
    steps = max(1, len(pairs) // batch)
    callback = StageCallback(spec.on_progress)
    cost = cost_of(spec.start)
    kwargs = loading_kwargs(spec.start, spec.adapter, "float32")
    trainer = StepPairTrainer(
        model=str(spec.start),
        args=make_dpo_config(spec, steps, batch, model_init_kwargs=kwargs),
        train_dataset=Dataset.from_list(list(pairs)),
        processing_class=AutoTokenizer.from_pretrained(spec.start),
        callbacks=[callback],
        peft_config=peft_config(spec.adapter, spec.start),
    )
    # With an adapter, TRL uses the model without its adapter as the reference and loads no second model.
    reference = (trainer.ref_model or trainer.model.get_base_model()).config._name_or_path
    if reference != str(spec.start):
        raise JourneyError(f"DPO's reference is {reference!r} instead of the start model {str(spec.start)!r}")
    lengths = [len(pair["prompt_ids"]) + len(pair[f"{side}_ids"]) for pair in pairs for side in SIDES]
    # The model learns from both sides and the reference reads both. An incomplete last batch is left out.
    share = min(1.0, steps * batch / len(pairs))
    flops = share * (cost.training(lengths) + sum(map(cost.forward, lengths)))
    facts = facts or {}
    all_facts = {
        **facts,
        "steps": steps,
        "pairs": len(pairs),
        "reference": spec.start.name,
        "problems": problems,
        "train_flops": round(flops + facts.get("generate_flops", 0)),
    }
    train_and_save(trainer, callback, spec, all_facts)

"""Direct preference optimization, thin on TRL's DPOTrainer.

The reference is the saved SFT model: its path is passed and the reference's path is checked, because a
trainer that is given a model in memory takes the weights on disk *before* SFT as its reference, in silence
(DESIGN rule 12). Pairs come tokenized, since TRL would end each side with an end-of-sequence token and so
teach the model to stop after one step.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from datasets import Dataset
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer

from journey.errors import JourneyError
from train.console import Progress
from train.models.adapters import loading, peft_config
from train.models.flops import cost_of
from train.recipe.settings import Adapter
from train.trainers.stage import Watch, configured, finish, settings

SIDES = ("chosen", "rejected")


class StepPairTrainer(DPOTrainer):
    """DPOTrainer over pairs that are tokenized already."""

    def _prepare_dataset(self, dataset: Any, *args: Any, **settings: Any) -> Any:
        return dataset


def config_of(
    batch: int, config: dict[str, Any], work: Path, steps: int, seed: int, **words: Any
) -> DPOConfig:
    """TRL's configuration of a stage (`train.trainers.stage.settings`)."""
    said = settings({"per_device_train_batch_size": batch, **config}, work, steps, seed)
    return cast(DPOConfig, configured(DPOConfig, said | words))


def train_dpo(
    sft: Path,
    pairs: Sequence[dict[str, Any]],
    batch: int,
    config: dict[str, Any],
    adapter: Adapter,
    seed: int,
    out: Path,
    on_progress: Progress,
    problems: int | None = None,
) -> None:
    """Trains the model saved at `sft` on tokenized pairs, once; leaves a Hugging Face folder at `out`.

    `problems` is how many different ones the pairs are of, for training.json.
    """
    work = out.with_name(out.name + ".partial")
    work.mkdir(parents=True, exist_ok=True)
    steps = max(1, len(pairs) // batch)
    watch = Watch(on_progress)
    cost = cost_of(sft)
    trainer = StepPairTrainer(
        model=str(sft),
        args=config_of(batch, config, work, steps, seed, model_init_kwargs=loading(sft, adapter, "float32")),
        train_dataset=Dataset.from_list(list(pairs)),
        processing_class=AutoTokenizer.from_pretrained(sft),
        callbacks=[watch],
        peft_config=peft_config(adapter),
    )
    # With an adapter TRL takes the model without it as the reference, and holds no second one.
    reference = (trainer.ref_model or trainer.model.get_base_model()).config._name_or_path
    if reference != str(sft):
        raise JourneyError(f"DPO's reference is {reference!r}, not the SFT model {str(sft)!r}")
    texts = [len(pair["prompt_ids"]) + len(pair[f"{side}_ids"]) for pair in pairs for side in SIDES]
    # Both sides are learned from, and read by the reference. What does not fill a batch is left out.
    seen = min(1.0, steps * batch / len(pairs))
    facts = {
        "steps": steps,
        "pairs": len(pairs),
        "reference": sft.name,
        "problems": problems,
        "train_flops": round(seen * (cost.training(texts) + sum(map(cost.forward, texts)))),
    }
    finish(trainer, watch, work, out, facts, start=sft, adapter=adapter)

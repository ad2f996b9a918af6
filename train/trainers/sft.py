"""Supervised fine-tuning, thin on TRL's SFTTrainer.

Three things differ from the stock trainer. The optimizer may be Muon, and weights may be bfloat16 with
float32 copies (see `optimizers`). Batches hold a number of *tokens*, so that both arms see the same number of
tokens in the same number of steps, with next to no padding. And the loss is plain cross-entropy: TRL also
computes entropy and accuracy at every step, which costs a small model a third of its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, cast

import torch
from accelerate.data_loader import prepare_data_loader
from datasets import Dataset
from torch.utils.data import DataLoader
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import SFTConfig, SFTTrainer

from journey.errors import InputError
from train.console import Progress
from train.models.adapters import loading, peft_config
from train.models.flops import cost_of
from train.models.token_rows import IGNORED, Row, token_batches
from train.recipe.settings import Adapter, Training
from train.trainers import distributed as ranks
from train.trainers.curve_callback import CurveCallback, CurvePlan
from train.trainers.optimizers import MasterAdamW, master_optimizer
from train.trainers.stage import Watch, configured, finish, settings

BLANK: Row = {"input_ids": [0, 0], "labels": [IGNORED, IGNORED]}
"""Stands in for the rows of a process that has none of a batch."""


class TokenBatchTrainer(SFTTrainer):
    """SFTTrainer over batches that were cut beforehand; processes that train together share each of them."""

    def __init__(self, batches: Sequence[list[int]], optimizer_name: str = "adamw", **settings: Any) -> None:
        self.batches, self.optimizer_name = batches, optimizer_name
        self.masters: MasterAdamW | None = None
        super().__init__(**settings)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """What of each batch is this process', in their order.

        accelerate would deal whole batches out instead, so that a step of n processes were n steps of one.
        """
        rows = self.train_dataset.to_list()  # a row out of Arrow costs a small model as much as a layer
        mine = [ranks.share(batch, len(rows) - 1) for batch in self.batches]
        loader = DataLoader(rows, batch_sampler=mine, collate_fn=self.data_collator)
        return prepare_data_loader(loader, self.args.device, 1, 0, put_on_device=True)

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """0: nobody reads the count, and transformers counts the parameters anew at every step for it."""
        return 0

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Muon, or AdamW with float32 masters for a model in lower precision; else TRL's own optimizer."""
        if self.optimizer_name == "adamw" and self.model.dtype == torch.float32:
            return super().create_optimizer(model)
        if self.is_fsdp_enabled or self.is_deepspeed_enabled:
            raise InputError(
                "Muon, and bfloat16 with its float32 masters, need unsharded weights: set "
                "`training.optimizer: adamw` and `training.precision: float32`; the launcher's "
                "mixed_precision decides what is computed in bfloat16"
            )
        self.masters = master_optimizer(
            self.model,
            self.get_decay_parameter_names(self.model),
            self.optimizer_name == "muon",
            self.args.weight_decay,
            lr=self.args.learning_rate,
            betas=(self.args.adam_beta1, self.args.adam_beta2),
            eps=self.args.adam_epsilon,
        )
        self.optimizer = self.masters
        return self.optimizer

    def train(self, *args: Any, **settings: Any) -> Any:
        """Trains; a model in lower precision ends as its float32 copies."""
        result = super().train(*args, **settings)
        if self.masters is not None:
            self.model.float()
            self.masters.write_back()
        return result

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """Mean cross-entropy of the labelled tokens of a whole batch, over accumulation and devices too."""
        labels = inputs["labels"][:, 1:].flatten()
        outputs = model(
            input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], use_cache=False
        )
        logits = outputs.logits[:, :-1].flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(
            logits.float(), labels, ignore_index=IGNORED, reduction="sum"
        )
        if num_items_in_batch is None:
            loss = loss / (labels != IGNORED).sum().clamp(min=1)
        else:
            # The count is over every device, and gradients are averaged over devices.
            loss = loss / num_items_in_batch * self.accelerator.num_processes
        return (loss, outputs) if return_outputs else loss


def config_of(config: dict[str, Any], work: Path, steps: int, seed: int) -> SFTConfig:
    """TRL's configuration of a stage (`train.trainers.stage.settings`)."""
    words = {"dataset_kwargs": {"skip_prepare_dataset": True}} | settings(config, work, steps, seed)
    return cast(SFTConfig, configured(SFTConfig, words))


def train_sft(
    base: Path,
    rows: Sequence[Row],
    training: Training,
    config: dict[str, Any],
    adapter: Adapter,
    seed: int,
    out: Path,
    on_progress: Progress,
    facts: dict[str, Any],
    curve: CurvePlan | None = None,
) -> None:
    """Trains `base` on `rows` and leaves a plain Hugging Face folder at `out`.

    Args:
        base: the model that it starts from.
        rows: tokenized texts.
        training: the number of tokens, the batch, the optimizer and the precision. In `bfloat16` the model
            computes in it, and its updates accumulate in float32.
        config: for TRL's SFTConfig.
        adapter: what of the model is trained.
        seed: of the order of the rows, and of whatever else is drawn.
        out: the folder to be made.
        on_progress: hears of progress.
        facts: saved in its training.json, beside the counts of steps, tokens, examples and different problems
            seen, and of floating-point operations (`train.models.flops`).
        curve: what the model is asked on its way, for curve.jsonl; nothing if None.
    """
    work = out.with_name(out.name + ".partial")
    work.mkdir(parents=True, exist_ok=True)
    lengths = [len(row["input_ids"]) for row in rows]
    batches = token_batches(lengths, training.batch_tokens, training.tokens, seed)
    together = int(config.get("gradient_accumulation_steps", 1))
    seen = list(accumulate(sum(lengths[row] for row in batch) for batch in batches))
    seen = [*seen[together - 1 :: together], *(seen[-1:] if len(seen) % together else [])]
    watch = Watch(on_progress)
    # Before `watch`: an interrupt while a point is measured then ends this very step.
    points = [] if curve is None else [CurveCallback(curve, base, adapter, work, on_progress)]
    cost = cost_of(base)
    # Before the model: what a launcher asked for decides how a model is loaded.
    args = config_of(config, work, len(seen), seed)
    trainer = TokenBatchTrainer(
        batches=batches,
        optimizer_name=training.optimizer,
        model=AutoModelForCausalLM.from_pretrained(base, **loading(base, adapter, training.precision)),
        args=args,
        train_dataset=Dataset.from_list([*rows, BLANK]),
        processing_class=AutoTokenizer.from_pretrained(base),
        callbacks=[*points, watch],
        peft_config=peft_config(adapter),
    )
    facts = {
        **facts,
        "steps": len(seen),
        "train_tokens": seen[-1],
        "loss_tokens": sum(
            sum(t != IGNORED for t in rows[row]["labels"]) for batch in batches for row in batch
        ),
        "examples_seen": sum(map(len, batches)),
        "examples": len(rows),
        "problems": len({row for batch in batches for row in batch}),
        "train_flops": round(cost.training(lengths[row] for batch in batches for row in batch)),
        "epochs": round(sum(map(len, batches)) / len(rows), 2),
        "trained_parameters": sum(w.numel() for w in trainer.model.parameters() if w.requires_grad),
    }
    for each in points:
        each.attach(trainer, seen, facts)
    finish(trainer, watch, work, out, facts, seen, start=base, adapter=adapter)

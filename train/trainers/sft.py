"""Supervised fine-tuning on TRL's SFTTrainer.

Three things differ from the stock trainer:

- The optimizer can be Muon, and weights can be bfloat16 with float32 copies (`train.trainers.optimizers`).
- Batches hold a number of tokens, so that all arms see the same number of tokens in the same number of steps,
  with almost no padding.
- The loss is plain cross-entropy. TRL also computes entropy and accuracy at every step, which takes a small
  model a third of its time.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, cast

import torch
from accelerate.data_loader import prepare_data_loader
from datasets import Dataset
from torch.utils.data import DataLoader
from torch.utils.data import Dataset as TensorDataset
from trl import SFTConfig, SFTTrainer
from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import validator
from traces.pictures import draw
from train.models.adapters import loading_kwargs, peft_config
from train.models.flops import cost_of
from train.models.loading import load_model, load_processing
from train.models.rounding import train_rounded
from train.models.token_rows import IGNORED, Row, text_tokens, token_batches
from train.models.vision import PictureReader, reads_pictures, seen_by_all_tokens
from train.recipe.settings import Training
from train.trainers import distributed as ranks
from train.trainers.curve_callback import CurveCallback, CurvePlan
from train.trainers.optimizers import MasterAdamW, master_optimizer
from train.trainers.stage import StageCallback, StageSpec, make_config, train_and_save, trl_arguments

EMPTY_ROW: Row = {"input_ids": [0, 0], "labels": [IGNORED, IGNORED]}
"""A row without loss, for a process that gets no row of a batch."""


class VisitedRows(TensorDataset[Row]):
    """Rows by the numbers of `number_visits`. A row also holds the number of its visit, from 0."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        visit, row = divmod(index, len(self.rows))
        return {**self.rows[row], "visit": visit}


def number_visits(batches: Sequence[Sequence[int]], count: int) -> list[list[int]]:
    """The rows of batches, each `count` higher at each further visit.

    >>> number_visits([[0, 1], [1, 2], [1]], 10)
    [[0, 1], [11, 2], [21]]
    """
    visits: Counter[int] = Counter()
    numbered = []
    for batch in batches:
        numbered.append([row + count * visits[row] for row in batch])
        visits.update(batch)
    return numbered


class TokenBatchTrainer(SFTTrainer):
    """SFTTrainer over given batches. Processes that train together share each batch."""

    def __init__(self, batches: Sequence[list[int]], optimizer_name: str = "adamw", **settings: Any) -> None:
        self.batches, self.optimizer_name = batches, optimizer_name
        self.masters: MasterAdamW | None = None
        super().__init__(**settings)
        if self.aux_loss_enabled:
            # TRL sets this for its own loss. A saved model must not compute it for every token it writes.
            self.model.config.output_router_logits = False

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Loads this process's share of each batch, in order.

        accelerate would give whole batches to processes instead, so that a step of n processes would take n
        batches.
        """
        rows = (
            self.train_dataset.to_list()
        )  # Reading a row from Arrow takes as long as a small model's layer.
        batches = number_visits(self.batches, len(rows))
        shares = [ranks.share(batch, len(rows) - 1) for batch in batches]
        loader = DataLoader(VisitedRows(rows), batch_sampler=shares, collate_fn=self.data_collator)
        return prepare_data_loader(loader, self.args.device, 1, 0, put_on_device=True)

    def floating_point_ops(self, inputs: dict[str, Any]) -> int:
        """0: the count is not used, and transformers would count all parameters at every step."""
        return 0

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """Muon, or AdamW with float32 masters for a model in lower precision. Otherwise TRL's optimizer."""
        if self.optimizer_name == "adamw" and self.model.dtype == torch.float32:
            return super().create_optimizer(model)
        if self.is_fsdp_enabled or self.is_deepspeed_enabled:
            raise InputError(
                "Muon and bfloat16 with float32 masters need unsharded weights: set "
                "`training.optimizer: adamw` and `training.precision: float32`. To compute in bfloat16, set "
                "the launcher's mixed_precision"
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
        """Mean cross-entropy over the labelled tokens of a batch, across accumulation and devices.

        For a mixture of experts, the loss that balances the router is added with the weight of the model's
        configuration, or of `router_aux_loss_coef` of the recipe.
        """
        labels = inputs["labels"][:, 1:].flatten()
        routed = {"output_router_logits": True} if self.aux_loss_enabled else {}
        own = {name: inputs[name] for name in inputs if name != "labels"}
        outputs = model(**own, use_cache=False, **routed)
        logits = outputs.logits[:, :-1].flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(
            logits.float(), labels, ignore_index=IGNORED, reduction="sum"
        )
        if num_items_in_batch is None:
            loss = loss / (labels != IGNORED).sum().clamp(min=1)
        else:
            # The count is over every device, and gradients are averaged over devices.
            loss = loss / num_items_in_batch * self.accelerator.num_processes
        if self.aux_loss_enabled:
            # The router's loss is a mean of its own, and each batch of an accumulated step adds a part.
            steps = 1 if num_items_in_batch is None else self.current_gradient_accumulation_steps
            loss = loss + self.router_aux_loss_coef * outputs.aux_loss / steps
            self._metrics["train"]["aux_loss"].append(float(outputs.aux_loss.detach()))
        return (loss, outputs) if return_outputs else loss


class PictureCollator:
    """TRL's collator for pictures, on rows of `train.models.token_rows.encode`: it draws their problems.

    Each visit of a row draws another picture of its problem, so that the model learns to read instead of
    pictures by heart. The texts are tokenized again. Tokens and labels are those of the rows.

    Args:
        processor: the model's.
    """

    def __init__(self, processor: Any) -> None:
        self.reader = PictureReader(processor)
        # A limit on the length would cut tokens of pictures off.
        self.collate = DataCollatorForVisionLanguageModeling(
            processor, max_length=None, completion_only_loss=True
        )
        self.problems: dict[str, Problem] = {}

    def __call__(self, rows: Sequence[Row]) -> dict[str, Any]:
        """A batch: `input_ids`, `attention_mask`, `labels` and what the processor makes of the pictures."""
        batch = self.collate(
            [
                {
                    "prompt": row["prompt"],
                    "completion": row["completion"],
                    "images": [
                        draw(self._problem(image), self.reader.side, row.get("visit", 0))
                        for image in row["images"]
                    ],
                }
                for row in rows
            ]
        )
        # Without any token of a completion, a tokenizer's tensor is one of floats.
        tokens = {name: batch[name].long() for name in ("input_ids", "attention_mask", "labels")}
        return seen_by_all_tokens({**batch, **tokens}, tokens["input_ids"].shape[1])

    def _problem(self, text: str) -> Problem:
        if text not in self.problems:
            self.problems[text] = validator(Problem)(json.loads(text))
        return self.problems[text]


def make_sft_config(spec: StageSpec, steps: int) -> SFTConfig:
    """The configuration of TRL for a stage (`train.trainers.stage.trl_arguments`)."""
    defaults = {"dataset_kwargs": {"skip_prepare_dataset": True}}
    return cast(SFTConfig, make_config(SFTConfig, trl_arguments(spec, steps, defaults)))


def train_sft(
    spec: StageSpec,
    rows: Sequence[Row],
    training: Training,
    facts: Mapping[str, Any] | None = None,
    curve: CurvePlan | None = None,
    problem_of: Sequence[str] = (),
    batches: Sequence[list[int]] | None = None,
) -> None:
    """Trains a model on tokenized texts and leaves a plain Hugging Face folder at `spec.out`.

    Args:
        spec: the stage.
        rows: tokenized texts.
        training: the number of tokens, the batch size, the optimizer and the precision. With `bfloat16` the
            model computes in that precision, and updates accumulate in float32. With `int8` to `int2` it
            rounds its matrices in each forward pass.
        facts: saved in training.json, with the counts of steps, tokens, examples, distinct problems and
            floating-point operations (`train.models.flops`). Those of generating the texts
            (`generate_flops`) are added to those of training.
        curve: what the learning curve is measured on; None for no curve.
        problem_of: the problem of each row. By default each row is of another problem.
        batches: the rows of each batch, in order (`train.pipeline.mixtures`). By default all rows alike.
    """
    spec.work.mkdir(parents=True, exist_ok=True)
    lengths = list(map(text_tokens, rows))
    if batches is None:
        batches = token_batches(lengths, training.batch_tokens, training.tokens, spec.seed)
    tokens_seen = _tokens_by_step(batches, lengths, int(spec.options.get("gradient_accumulation_steps", 1)))
    callback = StageCallback(spec.on_progress)
    # Curve callbacks run first, so that an interrupt during a measurement stops at the end of that step.
    curves = [] if curve is None else [CurveCallback(curve, spec)]
    cost = cost_of(spec.start)
    # The configuration comes before the model, because a launcher's settings decide how a model is loaded.
    args = make_sft_config(spec, len(tokens_seen))
    kwargs = loading_kwargs(spec.start, spec.adapter, training.precision)
    model = load_model(spec.start, **kwargs)
    if training.precision.startswith("int"):
        train_rounded(model, training.precision)
    processing = load_processing(spec.start)
    collator: PictureCollator | None = None
    empty_row = EMPTY_ROW
    if reads_pictures(processing):
        collator, empty_row = PictureCollator(processing), {**rows[0], "completion": ""}
    trainer = TokenBatchTrainer(
        batches=batches,
        optimizer_name=training.optimizer,
        model=model,
        args=args,
        train_dataset=Dataset.from_list([*rows, empty_row]),
        processing_class=processing,
        data_collator=collator,
        callbacks=[*curves, callback],
        peft_config=peft_config(spec.adapter, spec.start),
    )
    used = [row for batch in batches for row in batch]
    all_facts = {
        **(facts or {}),
        "steps": len(tokens_seen),
        "train_tokens": tokens_seen[-1],
        "loss_tokens": sum(sum(label != IGNORED for label in rows[row]["labels"]) for row in used),
        "examples_seen": len(used),
        "examples": len(rows),
        "problems": len({problem_of[row] for row in used} if problem_of else set(used)),
        "train_flops": round(cost.training(len(rows[row]["input_ids"]) for row in used) + _generating(facts)),
        "epochs": round(len(used) / len(rows), 2),
        "trained_parameters": sum(w.numel() for w in trainer.model.parameters() if w.requires_grad),
    }
    for each in curves:
        each.attach(trainer, tokens_seen, all_facts)
    train_and_save(trainer, callback, spec, all_facts, tokens_seen)


def _generating(facts: Mapping[str, Any] | None) -> float:
    """Floating-point operations that generated the texts of a stage."""
    return float((facts or {}).get("generate_flops", 0))


def _tokens_by_step(batches: Sequence[list[int]], lengths: Sequence[int], accumulation: int) -> list[int]:
    """Training tokens seen by the end of each optimizer step, which takes `accumulation` batches.

    >>> _tokens_by_step([[0], [1], [0, 1]], [3, 5], 2)
    [8, 16]
    """
    seen = list(accumulate(sum(lengths[row] for row in batch) for batch in batches))
    rest = seen[-1:] if len(seen) % accumulation else []
    return [*seen[accumulation - 1 :: accumulation], *rest]

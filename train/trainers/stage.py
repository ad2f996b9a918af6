"""What all training stages share: their specification, TRL arguments, checkpoints, and the finished folder.

A stage works in `OUT.partial`, with checkpoints inside, and renames it to `OUT` when it is done, so a model
folder without that suffix is always complete. Ctrl-C saves a checkpoint first. The next call resumes from
the last complete checkpoint.
"""

from __future__ import annotations

import gc
import json
import math
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import Any, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from journey.errors import InputError, JourneyError, unknown_name
from journey.runs.store import read_json, replace, write_lines
from train.console import Progress
from train.models.saving import saving
from train.recipe.settings import Adapter
from train.trainers import distributed as ranks
from train.trainers.trackers import tracking

CHECKPOINTS = 8
"""Number of checkpoints that a stage writes."""
LOGS = 60
"""Number of points on a stage's loss curve."""
COMPLETE = "complete.json"
"""Written last into a checkpoint: the size of each of its files."""


@dataclass(frozen=True, slots=True)
class StageSpec:
    """What every trainer needs to know of a stage."""

    start: Path
    """Folder of the model that training starts from."""
    out: Path
    """Folder for the trained model."""
    seed: int
    """Seed of the order of the data and of all sampling."""
    adapter: Adapter
    """Which weights are trained."""
    options: Mapping[str, Any]
    """The recipe's options for the stage's TRL configuration."""
    on_progress: Progress = lambda done, total, note: None
    """Called after each step with the steps done, the total, and a note."""

    @property
    def work(self) -> Path:
        """Folder for checkpoints and results until the stage is done."""
        return self.out.with_name(self.out.name + ".partial")


class StageCallback(TrainerCallback):
    """Reports progress, refuses a loss that is not finite, and turns an interrupt into a checkpoint."""

    def __init__(self, on_progress: Progress) -> None:
        self.on_progress = on_progress
        self.loss: float | None = None
        self.interrupted = False

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: Any = None,
        **kwargs: Any,
    ) -> None:
        """Checks the loss."""
        loss = (logs or {}).get("loss")
        if loss is None:
            return
        self.loss = float(loss)
        if not math.isfinite(self.loss):
            raise JourneyError(
                f"the loss is {self.loss} at step {state.global_step}: "
                "lower `learning_rate` in the recipe, or raise `warmup_steps`"
            )

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Says how many steps there are, before the first is done."""
        self.on_progress(state.global_step, state.max_steps, "first step")

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Reports progress, and stops training after an interrupt."""
        note = "" if self.loss is None else f"loss {self.loss:.3f}"
        self.on_progress(state.global_step, state.max_steps, note)
        if self.interrupted:
            control.should_save = control.should_training_stop = True
        if state.global_step >= state.max_steps:
            # The model itself is saved next. TRL would resume a last checkpoint for one step too many.
            control.should_save = False

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Marks a checkpoint as complete when every process has written its part."""
        ranks.wait()
        if ranks.first():
            mark_complete(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}")

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within the block, a first SIGUSR1 asks for a checkpoint and a stop; a second one stops at once.

        `train.pipeline.processes` sends this signal to running stages after Ctrl-C.
        """

        def stop(number: int, frame: FrameType | None) -> None:
            self.interrupted = True
            signal.signal(number, signal.default_int_handler)

        before = signal.signal(signal.SIGUSR1, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGUSR1, before)


COUNTED_FROM_RESUME = "num_tokens"
"""TRL counts these tokens from 0 again when training is resumed, so they are left out of the log."""

SET_BY_STAGE = {
    "output_dir": "it is in the run folder",
    "max_steps": "set `training.tokens` or `pairs.count`",
    "seed": "set `training.seeds`",
    "use_cpu": "a GPU is used if there is one",
    "save_strategy": "set `save_steps`",
    "disable_tqdm": "progress bars are Journey's own",
    "remove_unused_columns": "there are no unused columns",
    "max_length": "set `base.context`",
}
"""Options of TRL that the stage sets, and what a recipe can set instead."""


def trl_arguments(spec: StageSpec, steps: int, defaults: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Arguments for a configuration of TRL: Journey's defaults, the recipe's options, what the stage sets.

    `per_device_train_batch_size` is the size of the whole batch: processes that train together share it.

    TRL defaults to bfloat16 autocast, which a CPU does not support, and to recomputing activations in the
    backward pass, which costs a small model a quarter of its speed. Under a launcher, the launcher's mixed
    precision is used, because DeepSpeed refuses to train if the two differ.

    Raises:
        InputError: the recipe has an option that the stage sets, or its batch cannot be shared evenly.
    """
    import torch

    options = {**(defaults or {}), **spec.options}
    for key in options:
        if key in SET_BY_STAGE:
            raise InputError(f"{key} cannot be set in a recipe: {SET_BY_STAGE[key]}")
    size = options.get("per_device_train_batch_size")
    if size is not None and size % ranks.processes():
        raise InputError(f"{ranks.processes()} processes cannot share a batch of {size} evenly")
    return {
        "bf16": os.environ.get("ACCELERATE_MIXED_PRECISION") == "bf16",
        "gradient_checkpointing": False,
        "logging_nan_inf_filter": False,
        "ddp_find_unused_parameters": False,
        "save_steps": max(1, steps // CHECKPOINTS),
        "save_total_limit": 2,
        "logging_steps": max(1, steps // LOGS),
        **tracking(spec.work),
        **options,
        **({} if size is None else {"per_device_train_batch_size": size // ranks.processes()}),
        "output_dir": str(spec.work / "checkpoints"),
        "max_steps": steps,
        "seed": spec.seed,
        "use_cpu": not torch.cuda.is_available(),
        "save_strategy": "steps",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "max_length": None,
    }


def make_config(config_class: type, arguments: Mapping[str, Any]) -> Any:
    """Builds a configuration of TRL from its arguments.

    Raises:
        InputError: a key or the name of a choice is unknown, or a value has the wrong type.
    """
    types = get_type_hints(config_class)
    checked = {}
    for key, value in arguments.items():
        if key not in types:
            raise unknown_name(f"{config_class.__name__} key", key, types)
        # A list can be given as its only item.
        item_or_list = [value] if get_origin(types[key]) is list and isinstance(value, str) else value
        try:
            TypeAdapter(types[key]).validate_python(item_or_list, strict=isinstance(item_or_list, str))
        except ValidationError as error:
            reason = error.errors()[0]["msg"]
            raise InputError(f"{config_class.__name__} {key} cannot be {value!r:.60}: {reason}") from None
        # Transformers declares a choice as `Enum | str`, which any string fits.
        enums = [each for each in get_args(types[key]) if isinstance(each, type) and issubclass(each, Enum)]
        if enums and isinstance(value, str) and value not in (names := [each.value for each in enums[0]]):
            raise unknown_name(f"{config_class.__name__} {key}", value, names)
        checked[key] = item_or_list
    try:
        return config_class(**checked)
    except (TypeError, ValueError) as error:
        raise InputError(f"{config_class.__name__}: {error}") from error


def mark_complete(checkpoint: Path) -> None:
    """Writes the size of each file of a checkpoint, after all of them are on disk."""
    sizes = {}
    for file in sorted(path for path in checkpoint.rglob("*") if path.is_file()):
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())
        sizes[str(file.relative_to(checkpoint))] = file.stat().st_size
    replace(checkpoint / COMPLETE, json.dumps(sizes))


def is_complete(checkpoint: Path) -> bool:
    """Whether a checkpoint is marked as complete and its files have the marked sizes."""
    try:
        sizes = read_json(checkpoint / COMPLETE)
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (InputError, OSError):
        return False


def last_checkpoint(work: Path) -> str | None:
    """The last complete checkpoint; None if there is none. Incomplete ones after it are removed."""
    checkpoints = sorted(
        (work / "checkpoints").glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2])
    )
    while checkpoints:
        last = checkpoints.pop()
        if is_complete(last):
            return str(last)
        if ranks.first():
            shutil.rmtree(last, ignore_errors=True)
    return None


def _save_model(trainer: Trainer, spec: StageSpec) -> None:
    """Saves the trained model as a plain folder, with its adapter merged.

    Every process takes part, since each may hold a shard of the weights. The first one writes.
    """
    from train.models.adapters import FOLDER, merge_adapter

    full = spec.adapter.kind == "full"
    folder = spec.work if full else spec.work / FOLDER
    trainer.save_model(str(folder))
    if not ranks.first():
        return
    if not any(folder.glob("*.safetensors")):
        raise JourneyError(
            f"no weights were saved in {folder}: for FSDP, set `fsdp_state_dict_type: FULL_STATE_DICT` in "
            "accelerate's configuration"
        )
    if full:
        return
    merge_adapter(spec.start, folder).save_pretrained(spec.work)
    tokenizer: Any = trainer.processing_class
    tokenizer.save_pretrained(spec.work)
    if not spec.adapter.apart:
        shutil.rmtree(folder)


def _move_to_out(spec: StageSpec, log: Sequence[dict[str, Any]], facts: Mapping[str, Any]) -> None:
    """Writes log.jsonl and training.json, and renames the work folder to the final one."""
    shutil.rmtree(spec.work / "checkpoints", ignore_errors=True)
    write_lines(spec.work / "log.jsonl", log)
    replace(spec.work / "training.json", json.dumps(facts, indent=1) + "\n")
    shutil.rmtree(spec.out, ignore_errors=True)
    spec.work.rename(spec.out)


def train_and_save(
    trainer: Trainer,
    callback: StageCallback,
    spec: StageSpec,
    facts: dict[str, Any],
    tokens_seen: Sequence[int] = (),
    facts_from_log: Callable[[Sequence[dict[str, Any]]], dict[str, Any]] = lambda log: {},
) -> None:
    """Trains from the last complete checkpoint, or from the start, and leaves the model at `spec.out`.

    Args:
        trainer: a trainer with `callback` among its callbacks.
        callback: reports progress and handles interrupts.
        spec: the stage.
        facts: saved as training.json. Callbacks may add to it during training.
        tokens_seen: training tokens seen by the end of each step, added to log.jsonl if given.
        facts_from_log: computes further facts from the rows of log.jsonl, the loss curve.

    Raises:
        KeyboardInterrupt: training was interrupted, after saving a checkpoint.
        JourneyError: the disk is full, or the loss is not finite.
    """
    trainer.remove_callback(PrinterCallback)
    with saving(spec.work):
        with callback.interruptible():
            checkpoint = last_checkpoint(spec.work)
            ranks.wait()
            gc.freeze()  # Garbage collection during training skips all that torch and TRL imported.
            try:
                trainer.train(resume_from_checkpoint=checkpoint)
            finally:
                gc.unfreeze()
        if callback.interrupted:
            raise KeyboardInterrupt
        _save_model(trainer, spec)
        # Entries restored from a checkpoint have sorted keys. Sorting all makes a resumed log the same.
        log = [
            {key: value for key, value in sorted(entry.items()) if key != COUNTED_FROM_RESUME}
            for entry in trainer.state.log_history
            if "loss" in entry
        ]
        if tokens_seen:
            log = [{**entry, "tokens": tokens_seen[int(entry["step"]) - 1]} for entry in log]
        if ranks.first():
            _move_to_out(spec, log, {**facts, **facts_from_log(log)})
        ranks.wait()

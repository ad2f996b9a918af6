"""What the SFT and DPO stages share: where a stage's files go, resuming, stopping, and being heard.

A stage works in `DIR.partial`, with checkpoints inside, and renames it to `DIR` when it is done: a model
folder that is there is whole. Ctrl-C saves a checkpoint first; the next call goes on from the last whole
one.
"""

from __future__ import annotations

import gc
import json
import math
import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, get_origin, get_type_hints

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
from train.recipe.settings import Adapter
from train.trainers import distributed as ranks

CHECKPOINTS = 8
"""How many checkpoints a stage writes on its way."""
LOGS = 60
"""How many points its loss curve has."""
WHOLE = "whole.json"
"""In a checkpoint, written last: the size of each of its files."""


class Watch(TrainerCallback):
    """Passes progress on, refuses a loss that is not a number, and turns an interrupt into a checkpoint."""

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

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Says how far the stage is."""
        self.on_progress(
            state.global_step, state.max_steps, "" if self.loss is None else f"loss {self.loss:.3f}"
        )
        if self.interrupted:
            control.should_save = control.should_training_stop = True
        if state.global_step >= state.max_steps:
            # The model itself comes next; and from a last checkpoint TRL would go on for one step too many.
            control.should_save = False

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Marks a checkpoint as whole, when every process has written its part."""
        ranks.wait()
        if ranks.first():
            mark_whole(Path(str(args.output_dir)) / f"checkpoint-{state.global_step}")

    @contextmanager
    def listening(self) -> Iterator[None]:
        """SIGUSR1, as `workers` passes Ctrl-C on, asks for a checkpoint and a stop; a second one insists."""

        def stop(number: int, frame: FrameType | None) -> None:
            self.interrupted = True
            signal.signal(number, signal.default_int_handler)

        before = signal.signal(signal.SIGUSR1, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGUSR1, before)


DECIDED = {
    "output_dir": "the run folder has its place",
    "max_steps": "say `training.tokens`, or `pairs.count`",
    "seed": "say `training.seeds`",
    "use_cpu": "a GPU is used where there is one",
    "save_strategy": "say `save_steps`",
    "disable_tqdm": "the command has its own bars",
    "remove_unused_columns": "there are none",
    "max_length": "say `base.context`",
}
"""What of TRL's configurations a stage decides, and what to say instead."""


def settings(recipe: dict[str, Any], work: Path, steps: int, seed: int) -> dict[str, Any]:
    """Arguments for TRL's configs: our defaults, the recipe's block over them, what only the stage decides.

    A batch is as large however many processes train together: each takes its part of it.

    TRL defaults to bfloat16 autocast, which refuses a CPU, and to recomputing activations in the backward
    pass, which costs a small model a quarter of its speed. Under a launcher its mixed precision holds;
    DeepSpeed refuses to train where the two differ.
    """
    import torch

    for key in recipe:
        if key in DECIDED:
            raise InputError(f"{key} is not for a recipe to set: {DECIDED[key]}")
    size = recipe.get("per_device_train_batch_size")
    if size is not None and size % ranks.processes():
        raise InputError(f"a batch of {size} cannot be shared by {ranks.processes()} processes evenly")
    return {
        "bf16": os.environ.get("ACCELERATE_MIXED_PRECISION") == "bf16",
        "gradient_checkpointing": False,
        "logging_nan_inf_filter": False,
        "ddp_find_unused_parameters": False,
        "save_steps": max(1, steps // CHECKPOINTS),
        "save_total_limit": 2,
        "logging_steps": max(1, steps // LOGS),
        "report_to": "none",
        **recipe,
        **({} if size is None else {"per_device_train_batch_size": size // ranks.processes()}),
        "output_dir": str(work / "checkpoints"),
        "max_steps": steps,
        "seed": seed,
        "use_cpu": not torch.cuda.is_available(),
        "save_strategy": "steps",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "max_length": None,
    }


def configured(kind: type, words: dict[str, Any]) -> Any:
    """One of TRL's configurations of these words.

    Raises:
        InputError: it knows no such key, or the value does not fit.
    """
    types = get_type_hints(kind)
    fitting = {}
    for key, value in words.items():
        if key not in types:
            raise unknown_name(f"key of TRL's {kind.__name__}", key, types)
        # Some lists may be said as their only entry.
        said = [value] if get_origin(types[key]) is list and isinstance(value, str) else value
        try:
            TypeAdapter(types[key]).validate_python(said, strict=isinstance(said, str))
        except ValidationError as fault:
            why = fault.errors()[0]["msg"]
            raise InputError(f"{key} of TRL's {kind.__name__} cannot be {value!r:.60}: {why}") from None
        fitting[key] = said
    try:
        return kind(**fitting)
    except (TypeError, ValueError) as fault:
        raise InputError(f"TRL's {kind.__name__}: {fault}") from fault


def mark_whole(checkpoint: Path) -> None:
    """Writes how large each file of a checkpoint is, once all of them are on the disk."""
    sizes = {}
    for file in sorted(path for path in checkpoint.rglob("*") if path.is_file()):
        with open(file, "rb") as opened:
            os.fsync(opened.fileno())
        sizes[str(file.relative_to(checkpoint))] = file.stat().st_size
    replace(checkpoint / WHOLE, json.dumps(sizes))


def is_whole(checkpoint: Path) -> bool:
    """Whether a checkpoint was written to its end, and each of its files is as large as it was then."""
    try:
        sizes = read_json(checkpoint / WHOLE)
        return all((checkpoint / name).stat().st_size == size for name, size in sizes.items())
    except (InputError, OSError):
        return False


def whole_checkpoint(work: Path) -> str | None:
    """The last whole checkpoint; one that was cut short is removed."""
    found = sorted(
        (work / "checkpoints").glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2])
    )
    while found:
        last = found.pop()
        if is_whole(last):
            return str(last)
        if ranks.first():
            shutil.rmtree(last, ignore_errors=True)
    return None


def _save(trainer: Trainer, work: Path, start: Path, adapter: Adapter) -> None:
    """The trained model as a plain folder, whatever of it was trained.

    Every process takes part, since each may hold a piece of the weights, and the first one writes.
    """
    from train.models.adapters import FOLDER, merged

    folder = work if adapter.kind == "full" else work / FOLDER
    trainer.save_model(str(folder))
    if not ranks.first():
        return
    if not any(folder.glob("*.safetensors")):
        raise JourneyError(
            f"no weights came to {folder}: for FSDP say `fsdp_state_dict_type: FULL_STATE_DICT` to accelerate"
        )
    if adapter.kind == "full":
        return
    merged(start, folder).save_pretrained(work)
    tokenizer: Any = trainer.processing_class
    tokenizer.save_pretrained(work)
    if not adapter.apart:
        shutil.rmtree(folder)


def _leave(work: Path, out: Path, log: Sequence[dict[str, Any]], facts: dict[str, Any]) -> None:
    """Puts the finished folder in its place."""
    shutil.rmtree(work / "checkpoints", ignore_errors=True)
    write_lines(work / "log.jsonl", log)
    replace(work / "training.json", json.dumps(facts, indent=1) + "\n")
    shutil.rmtree(out, ignore_errors=True)
    work.rename(out)


def finish(
    trainer: Trainer,
    watch: Watch,
    work: Path,
    out: Path,
    facts: dict[str, Any],
    seen: Sequence[int] = (),
    *,
    start: Path,
    adapter: Adapter,
    from_log: Callable[[Sequence[dict[str, Any]]], dict[str, Any]] = lambda log: {},
) -> None:
    """Trains, from the last whole checkpoint if there is one, and leaves the finished model at `out`.

    Beside the model go training.json, the `facts` and those `from_log`, and log.jsonl, the loss curve; `seen`
    holds the tokens seen by each step, where the stage counts them. An adapter is merged into the model at
    `start`.

    Raises:
        KeyboardInterrupt: after saving a checkpoint.
        JourneyError: the disk is full, or the loss is not a number.
    """
    trainer.remove_callback(PrinterCallback)
    try:
        with watch.listening():
            last = whole_checkpoint(work)
            ranks.wait()
            gc.freeze()  # so that no step pays for a walk through all that torch and TRL imported
            try:
                trainer.train(resume_from_checkpoint=last)
            finally:
                gc.unfreeze()
        if watch.interrupted:
            raise KeyboardInterrupt
        _save(trainer, work, start, adapter)
        # Sorted, as entries are that a checkpoint held: a resumed stage's log is the same, byte for byte.
        log = [dict(sorted(entry.items())) for entry in trainer.state.log_history if "loss" in entry]
        if seen:
            log = [{**entry, "tokens": seen[int(entry["step"]) - 1]} for entry in log]
        if ranks.first():
            _leave(work, out, log, {**facts, **from_log(log)})
        ranks.wait()
    except OSError as fault:
        raise JourneyError(
            f"cannot write {work}: {fault}. Make room, then run the same command again"
        ) from fault

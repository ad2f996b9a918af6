"""What the SFT and DPO stages share: where a stage's files go, resuming, stopping, and being heard.

A stage works in `DIR.partial`, with checkpoints inside, and renames it to `DIR` when it is done: a model
folder that is there is whole. Ctrl-C saves a checkpoint first; the next call goes on from the last whole
one.
"""

from __future__ import annotations

import json
import math
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from journey.errors import JourneyError
from journey.store import replace, write_lines
from train.settings import Adapter

CHECKPOINTS = 8
"""How many checkpoints a stage writes on its way."""
LOGS = 60
"""How many points its loss curve has."""

Hear = Callable[[int, int, str], None]
"""Hears of progress: steps done, steps in all, a note."""


class Watch(TrainerCallback):
    """Passes progress on, refuses a loss that is not a number, and turns an interrupt into a checkpoint."""

    def __init__(self, hear: Hear) -> None:
        self.hear = hear
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
        self.hear(state.global_step, state.max_steps, "" if self.loss is None else f"loss {self.loss:.3f}")
        if self.interrupted:
            control.should_save = control.should_training_stop = True

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


def settings(recipe: dict[str, Any], work: Path, steps: int, seed: int) -> dict[str, Any]:
    """Arguments for TRL's configs: our defaults, the recipe's block over them, what only the stage decides.

    TRL defaults to bfloat16 autocast, which refuses a CPU, and to recomputing activations in the backward
    pass, which costs a small model a quarter of its speed.
    """
    import torch

    return {
        "bf16": False,
        "gradient_checkpointing": False,
        "logging_nan_inf_filter": False,
        **recipe,
        "output_dir": str(work / "checkpoints"),
        "max_steps": steps,
        "seed": seed,
        "use_cpu": not torch.cuda.is_available(),
        "save_strategy": "steps",
        "save_steps": max(1, steps // CHECKPOINTS),
        "save_total_limit": 2,
        "logging_steps": max(1, steps // LOGS),
        "report_to": "none",
        "disable_tqdm": True,
        "remove_unused_columns": False,
        "max_length": None,
    }


def whole_checkpoint(work: Path) -> str | None:
    """The last checkpoint that was written to its end; one cut short is removed."""
    found = sorted(
        (work / "checkpoints").glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2])
    )
    while found:
        last = found.pop()
        try:
            json.loads((last / "trainer_state.json").read_text())
            return str(last)
        except (OSError, ValueError):
            shutil.rmtree(last)
    return None


def _save(trainer: Trainer, work: Path, start: Path, adapter: Adapter) -> None:
    """The trained model as a plain folder, whatever of it was trained."""
    if adapter.kind == "full":
        trainer.save_model(str(work))
        return
    from train.adapters import FOLDER, merged

    parts: tuple[Any, Any] = (trainer.model, trainer.processing_class)
    model, tokenizer = parts
    model.save_pretrained(str(work / FOLDER))
    merged(start, work / FOLDER).save_pretrained(work)
    tokenizer.save_pretrained(work)
    if not adapter.apart:
        shutil.rmtree(work / FOLDER)


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
) -> None:
    """Trains, from the last whole checkpoint if there is one, and leaves the finished model at `out`.

    Beside the model go training.json, the `facts`, and log.jsonl, the loss curve; `seen` holds the tokens
    seen by each step, where the stage counts them. An adapter is merged into the model at `start`.

    Raises:
        KeyboardInterrupt: after saving a checkpoint.
        JourneyError: the disk is full, or the loss is not a number.
    """
    trainer.remove_callback(PrinterCallback)
    try:
        with watch.listening():
            trainer.train(resume_from_checkpoint=whole_checkpoint(work))
        if watch.interrupted:
            raise KeyboardInterrupt
        shutil.rmtree(work / "checkpoints", ignore_errors=True)
        _save(trainer, work, start, adapter)
        log = [entry for entry in trainer.state.log_history if "loss" in entry]
        if seen:
            log = [{**entry, "tokens": seen[int(entry["step"]) - 1]} for entry in log]
        write_lines(work / "log.jsonl", log)
        replace(work / "training.json", json.dumps(facts, indent=1) + "\n")
    except OSError as fault:
        raise JourneyError(
            f"cannot write {work}: {fault}. Make room, then run the same command again"
        ) from fault
    shutil.rmtree(out, ignore_errors=True)
    work.rename(out)

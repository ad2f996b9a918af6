"""Learning curves: a model is asked validation problems while it is trained, and nothing else changes.

A row of models/ARM/STAGE/curve.jsonl, one a point, the first before the first step:

    {"step":1331,"tokens":666812,"n":200,"pass@1":0.415,"mean_new_tokens":38.2,"unfinished":0.02}

What is asked is the model as it would be saved at that moment: in float32, with its adapter merged, greedy,
under the cap of the evaluation. The learning rate is wherever its schedule is. Random states, weights and
modes are put back exactly, so the trained model is the same, byte for byte, with a curve and without.
"""

from __future__ import annotations

import random
import shutil
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import appending, clock
from train.console import Progress, counter
from train.evaluation.curves import CURVE_FILE
from train.evaluation.decoding.generators import ModelGenerator
from train.evaluation.inference import generate_outputs
from train.evaluation.scoring import measure
from train.models.adapters import merged
from train.recipe.settings import Adapter
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.trainers.optimizers import MasterAdamW
    from train.trainers.sft import TokenBatchTrainer


@dataclass(frozen=True, slots=True)
class CurvePlan:
    """What a curve is measured on."""

    problems: Sequence[Problem]
    """Validation problems; at least one."""
    points: int
    """Besides the one before the first step."""
    max_new_tokens: int
    slots: int
    """Outputs written at a time."""
    style: str = "terse"
    chat: str | None = None


def point_steps(seen: Sequence[int], points: int) -> list[int]:
    """The optimizer steps after which a curve is measured: 0, then evenly spaced in training tokens.

    Each is the first step that reaches its share of the tokens, so the last is the last step. Points that
    come to the same step are one.

    Args:
        seen: training tokens seen by the end of each step.
        points: how many, step 0 not counted.

    >>> point_steps([100, 200, 300, 400, 500, 600], 3)
    [0, 2, 4, 6]
    >>> point_steps([100, 900], 5)
    [0, 2]
    """
    reached = (bisect_left(seen, seen[-1] * number / points) + 1 for number in range(1, points + 1))
    return [0, *dict.fromkeys(reached)]


def spread_evenly(problems: Sequence[Problem], most: int) -> list[Problem]:
    """At most so many of these problems, evenly spaced: they lie family by family in their file."""
    count = min(most, len(problems))
    return [problems[at * len(problems) // count] for at in range(count)]


class CurveCallback(TrainerCallback):
    """Measures the points of a stage's curve; several processes wait while the first one does.

    Rows are appended to curve.jsonl in the stage's `.partial` folder as they are measured. After a kill those
    that are there are kept: the training that is resumed would come to the same ones.

    Args:
        plan: what is asked.
        start: the model that the stage starts from.
        adapter: what of it is trained.
        work: the stage's `.partial` folder.
        on_progress: called with steps done, steps in all, and a note.
    """

    def __init__(
        self, plan: CurvePlan, start: Path, adapter: Adapter, work: Path, on_progress: Progress
    ) -> None:
        self.plan, self.start, self.adapter, self.work = plan, start, adapter, work
        self.on_progress = on_progress
        self.seconds = 0.0

    def attach(self, trainer: TokenBatchTrainer, seen: Sequence[int], facts: dict[str, Any]) -> None:
        """Takes the trainer, which holds the callback, and the tokens seen by the end of each step.

        At the end `curve_seconds` is added to `facts`: what measuring took in this call, of the time that
        training did.

        Raises:
            InputError: the model is cut up among processes, so that none of them can ask it.
        """
        if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
            raise InputError(
                "a learning curve asks the model in one process, and FSDP and DeepSpeed cut it up among "
                "several: say `evaluation.curve.points: 0`"
            )
        self.trainer, self.seen, self.facts = trainer, seen, facts
        self.steps = point_steps(seen, self.plan.points)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measures the model that the stage starts from."""
        if state.global_step == 0:
            self._reach(0)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measures the model where there is to be a point."""
        if state.global_step in self.steps:
            self._reach(state.global_step)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Says how long all of it took."""
        self.facts["curve_seconds"] = round(self.seconds, 2)

    def _reach(self, step: int) -> None:
        seconds = clock()
        if ranks.first():
            with appending(self.work / CURVE_FILE) as (rows, add):
                # Rows stand in the order of their steps: with so many, this one is there from before a kill.
                if rows <= self.steps.index(step):
                    add(self._row(step))
        ranks.wait()
        self.seconds += seconds()

    def _row(self, step: int) -> dict[str, Any]:
        plan = self.plan
        note = "curve {} of " + str(len(plan.problems))
        count = counter(lambda done, _: self.on_progress(step, self.steps[-1], note.format(done)))
        with random_states_kept(), as_saved(self.trainer, self.start, self.adapter, self.work) as model:
            generator = ModelGenerator(model, self.trainer.processing_class, plan.slots, plan.chat)
            cap = plan.max_new_tokens
            samples = generate_outputs(
                generator, plan.problems, max_new_tokens=cap, style=plan.style, on_progress=count
            )
        accuracy = measure(plan.problems, samples)
        return {
            "step": step,
            "tokens": self.seen[step - 1] if step else 0,
            "n": accuracy.n,
            "pass@1": accuracy.pass_1,
            "mean_new_tokens": accuracy.mean_new_tokens,
            "unfinished": accuracy.unfinished,
        }


@contextmanager
def as_saved(trainer: TokenBatchTrainer, start: Path, adapter: Adapter, work: Path) -> Iterator[Any]:
    """The model as the stage would save it now, in float32; after the block all is as it was.

    An adapter is saved and merged into the model at `start`, as the stage does when it is done.
    """
    model: Any = trainer.model
    modes = {module: module.training for module in model.modules()}
    with ExitStack() as stack:
        if trainer.masters is not None:
            stack.enter_context(float32_copies(trainer.masters))
        model.eval()
        try:
            if adapter.kind == "full":
                yield model
            else:
                # Among the checkpoints, which are removed with all that a kill leaves there.
                folder = work / "checkpoints" / "curve"
                model.save_pretrained(folder)
                yield merged(start, folder).to(model.device).eval()
                shutil.rmtree(folder)
        finally:
            for module, training in modes.items():
                module.training = training


@contextmanager
def float32_copies(masters: MasterAdamW) -> Iterator[None]:
    """The model with its float32 copies for weights; after the block it has the very tensors it had."""
    pairs = [
        (weight, copy.data)
        for weights, master in zip(masters.stacks, masters.masters, strict=True)
        for weight, copy in zip(weights, master.detach().unbind(), strict=True)
    ]
    rounded = [weight.data for weight, _ in pairs]
    try:
        for weight, copy in pairs:
            weight.data = copy
        yield
    finally:
        for (weight, _), data in zip(pairs, rounded, strict=True):
            weight.data = data


@contextmanager
def random_states_kept() -> Iterator[None]:
    """After the block Python, numpy and torch draw what they would have drawn without it."""
    python, of_numpy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    gpus = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(of_numpy)
        torch.set_rng_state(cpu)
        if gpus:
            torch.cuda.set_rng_state_all(gpus)

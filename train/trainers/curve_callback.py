"""Learning curves: a model answers validation problems during training, without changing the training.

One row of models/ARM/STAGE/curve.jsonl per point. The first point is before the first step:

    {"step":1331,"tokens":666812,"n":200,"pass@1":0.415,"mean_new_tokens":38.2,"unfinished":0.02}

The model is measured as it would be saved at that moment: in float32, with its adapter merged. It answers
greedily, under the token limit of the evaluation. Random states, weights and modes are restored exactly, so
the trained model is the same, byte for byte, with and without a curve.
"""

from __future__ import annotations

import random
import shutil
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import appending, clock
from train.console import counter
from train.evaluation.curves import CURVE_FILE
from train.evaluation.decoding.generators import ModelGenerator
from train.evaluation.inference import generate_outputs
from train.evaluation.scoring import measure
from train.models.adapters import merge_adapter
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.trainers.optimizers import MasterAdamW
    from train.trainers.sft import TokenBatchTrainer
    from train.trainers.stage import StageSpec


@dataclass(frozen=True, slots=True)
class CurvePlan:
    """How a learning curve is measured."""

    problems: Sequence[Problem]
    """Validation problems, at least one."""
    points: int
    """Number of points after the one before the first step."""
    max_new_tokens: int
    slots: int
    """Number of outputs generated at a time."""
    style: str = "terse"
    chat: str | None = None


def point_steps(tokens_seen: Sequence[int], points: int) -> list[int]:
    """The optimizer steps after which a curve is measured: 0, then evenly spaced in training tokens.

    Each point is at the first step that reaches its share of the tokens, and the last point at the last step.
    Points at the same step are merged.

    Args:
        tokens_seen: training tokens seen by the end of each step.
        points: number of points, without step 0.

    >>> point_steps([100, 200, 300, 400, 500, 600], 3)
    [0, 2, 4, 6]
    >>> point_steps([100, 900], 5)
    [0, 2]
    """
    shares = (tokens_seen[-1] * number / points for number in range(1, points + 1))
    return [0, *dict.fromkeys(bisect_left(tokens_seen, share) + 1 for share in shares)]


def spread_evenly(problems: Sequence[Problem], limit: int) -> list[Problem]:
    """Up to `limit` problems, evenly spaced: their file lists them family by family."""
    count = min(limit, len(problems))
    return [problems[at * len(problems) // count] for at in range(count)]


class CurveCallback(TrainerCallback):
    """Measures the points of a stage's curve. If several processes train, the first one measures.

    Each row is appended to curve.jsonl in the stage's work folder as soon as it is measured. Rows written
    before a kill are kept, because the resumed training would measure the same.

    Args:
        plan: how the curve is measured.
        spec: the stage.
    """

    def __init__(self, plan: CurvePlan, spec: StageSpec) -> None:
        self.plan, self.spec = plan, spec
        self.seconds = 0.0

    def attach(self, trainer: TokenBatchTrainer, tokens_seen: Sequence[int], facts: dict[str, Any]) -> None:
        """Connects the callback with its trainer.

        Args:
            trainer: the trainer that holds the callback.
            tokens_seen: training tokens seen by the end of each step.
            facts: gets `curve_seconds` after training, the time that measuring took in this call.

        Raises:
            InputError: the model is sharded over processes, so no process can generate with it.
        """
        if trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled:
            raise InputError(
                "a learning curve needs the full model in one process, but FSDP and DeepSpeed shard it: "
                "set `evaluation.curve.points: 0`"
            )
        self.trainer, self.tokens_seen, self.facts = trainer, tokens_seen, facts
        self.steps = point_steps(tokens_seen, self.plan.points)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measures the start model."""
        if state.global_step == 0:
            self._measure(0)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Measures the model if this step has a point."""
        if state.global_step in self.steps:
            self._measure(state.global_step)

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Records the time that measuring took."""
        self.facts["curve_seconds"] = round(self.seconds, 2)

    def _measure(self, step: int) -> None:
        seconds = clock()
        if ranks.first():
            with appending(self.spec.work / CURVE_FILE) as (rows, add):
                # Rows are in the order of steps, so a longer file has this row from before a kill.
                if rows <= self.steps.index(step):
                    add(self._row(step))
        ranks.wait()
        self.seconds += seconds()

    def _row(self, step: int) -> dict[str, Any]:
        plan, spec = self.plan, self.spec
        note = "curve {} of " + str(len(plan.problems))
        on_progress = counter(lambda done, _: spec.on_progress(step, self.steps[-1], note.format(done)))
        with random_states_kept(), as_saved(self.trainer, spec) as model:
            generator = ModelGenerator(model, self.trainer.processing_class, plan.slots, plan.chat)
            samples = generate_outputs(
                generator,
                plan.problems,
                max_new_tokens=plan.max_new_tokens,
                style=plan.style,
                on_progress=on_progress,
            )
        accuracy = measure(plan.problems, samples)
        return {
            "step": step,
            "tokens": self.tokens_seen[step - 1] if step else 0,
            "n": accuracy.n,
            "pass@1": accuracy.pass_1,
            "mean_new_tokens": accuracy.mean_new_tokens,
            "unfinished": accuracy.unfinished,
        }


@contextmanager
def as_saved(trainer: TokenBatchTrainer, spec: StageSpec) -> Iterator[Any]:
    """The model as the stage would save it now, in float32. The trainer's model is restored after the block.

    An adapter is saved and merged into the start model, as at the end of the stage.
    """
    model: Any = trainer.model
    modes = {module: module.training for module in model.modules()}
    with ExitStack() as stack:
        if trainer.masters is not None:
            stack.enter_context(float32_copies(trainer.masters))
        model.eval()
        try:
            if spec.adapter.kind == "full":
                yield model
            else:
                # In the folder of checkpoints, which is removed at the end even if a kill leaves this one.
                folder = spec.work / "checkpoints" / "curve"
                model.save_pretrained(folder)
                yield merge_adapter(spec.start, folder).to(model.device).eval()
                shutil.rmtree(folder)
        finally:
            for module, training in modes.items():
                module.training = training


@contextmanager
def float32_copies(masters: MasterAdamW) -> Iterator[None]:
    """The model with its float32 copies as weights. After the block it has its own tensors again."""
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
    """Restores the random states of Python, numpy and torch after the block."""
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

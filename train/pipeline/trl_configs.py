"""Checks what a recipe asks of the libraries before anything runs, and not after an hour of searching."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from journey.errors import InputError, JourneyError
from train.console import Console, Progress
from train.pipeline.processes import Job, run_jobs
from train.recipe.recipe import Recipe


def check_configs(recipe: Recipe) -> None:
    """Builds the TRL configuration of every stage once, in the process that training is forked from.

    Raises:
        InputError: an option is unknown, invalid or set by the stage, or a library is missing.
    """
    check_precisions(recipe)
    try:
        with Console().status("Checking the recipe"):
            run_jobs([Job(recipe.name, check_job, (recipe,))], False, Console(quiet=True), "the recipe")
    except JourneyError as error:
        raise InputError(str(error)) from None


def check_precisions(recipe: Recipe) -> None:
    """Checks that the precisions of a recipe can be had here.

    Raises:
        InputError: one needs torchao, which is not installed.
    """
    stages = (recipe.for_arm(arm, stage) for arm in recipe.arms for stage in arm.stages)
    for precision in [*recipe.evaluation.rounded, *(own.training.precision for own in stages)]:
        if precision.startswith("int") and find_spec("torchao") is None:
            raise InputError(f"{precision} needs torchao: pip install 'journey-learning[quantize]'")


def check_job(recipe: Recipe, on_progress: Progress) -> None:
    """Builds the TRL configuration of every stage of every arm."""
    from train.trainers.dpo import make_dpo_config
    from train.trainers.reinforce import make_rl_config
    from train.trainers.sft import make_sft_config
    from train.trainers.stage import StageSpec

    steps, here = 1, Path(".")
    for arm in recipe.arms:
        for stage in arm.stages:
            own = recipe.for_arm(arm, stage)
            options = {**getattr(own, stage.block), **stage.settings}
            spec = StageSpec(
                start=here,
                out=here / "model",
                seed=0,
                adapter=own.adapter,
                options=options,
                on_progress=on_progress,
            )
            try:
                if stage.supervised:
                    make_sft_config(spec, steps)
                elif stage.kind == "dpo":
                    make_dpo_config(spec, steps, own.pairs.batch)
                else:
                    make_rl_config(spec, stage.kind, own.evaluation.max_new_tokens)
            except InputError as error:
                raise InputError(f"{stage.name} of {arm.name}: {error}") from None

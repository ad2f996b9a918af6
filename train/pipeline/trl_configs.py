"""Whether TRL takes what a recipe says to it: asked before anything runs, and not after an hour."""

from __future__ import annotations

from pathlib import Path

from journey.errors import InputError, JourneyError
from train.console import Console, Progress
from train.pipeline.processes import Job, run_all
from train.recipe.recipe import Recipe


def check_configs(recipe: Recipe) -> None:
    """Makes the configuration of every stage once, in the process that training will be forked from.

    Raises:
        InputError: a key is unknown to TRL, is the stage's to say, or has a value that does not fit.
    """
    try:
        with Console().status("Checking the recipe"):
            run_all([Job(recipe.name, check_job, (recipe,))], False, Console(quiet=True), "the recipe")
    except JourneyError as fault:
        raise InputError(str(fault)) from None


def check_job(recipe: Recipe, on_progress: Progress) -> None:
    """Makes the configuration of every stage of every arm."""
    from train.trainers import dpo, reinforce, sft
    from train.trainers.stage import configured

    work, steps, seed = Path("."), 1, 0
    for arm in recipe.arms:
        for stage in arm.stages:
            own = recipe.for_arm(arm, stage)
            said = {**getattr(own, stage.kind), **stage.settings}
            try:
                if stage.kind == "sft":
                    sft.config_of(said, work, steps, seed)
                elif stage.kind == "dpo":
                    dpo.config_of(own.pairs.batch, said, work, steps, seed)
                else:
                    _, words = reinforce.words_of(said, own.evaluation.max_new_tokens, work, seed)
                    configured(reinforce.CONFIGS[stage.kind], words)
            except InputError as fault:
                raise InputError(f"{stage.name} of {arm.name}: {fault}") from None

"""Validates the training stages of an arm: their kinds, their data and their pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from journey.errors import InputError, unknown_name
from traces.pairs import PAIRS, SEARCHED
from traces.walks import WALKS
from train.recipe.recipe import Recipe
from train.recipe.settings import Precision, Section
from train.recipe.stages import OUTPUTS, PROMPTS, SAMPLED, TRACES, Arm, Source, Stage

WITHOUT_STEPS = {"importance_sampling_level": "sequence", "multi_objective_aggregation": "normalize_then_sum"}
"""Options of TRL's GRPOConfig that make one number of an output, so that its steps cannot differ."""
PAIR_KINDS = (*PAIRS, *SEARCHED, SAMPLED)
ROUNDED_IN_TRAINING = tuple(each for each in get_args(Precision) if each.startswith("int"))
EXACT = 1e-9
"""How far written shares may miss a sum of 1."""


def check_stage(recipe: Recipe, own: Recipe, arm: Arm, stage: Stage, place: str) -> None:
    """Checks one stage of an arm.

    Args:
        recipe: the recipe.
        own: the recipe with the overrides of the stage.
        arm: the arm.
        stage: the stage.
        place: where it is, for errors.

    Raises:
        InputError: the stage has a name, a key or a value that does not fit.
    """
    _check_kind(arm, stage, place)
    _check_data(recipe, arm, stage, place)
    _check_own_keys(stage, place)
    earlier = [each.name for each in arm.before(stage)]
    for name in stage.average.stages:
        if name not in earlier:
            raise InputError(f"{place}: average.stages: {unknown_name('earlier stage', name, earlier)}")
    if stage.kind == "dpo" and not stage.pairs:
        raise InputError(f"{place} needs pairs, such as [step, recover]")
    if stage.kind == "dpo" and not own.pairs.count:
        raise InputError(f"{place} gets no pairs: raise pairs.count above 0")
    if own.training.precision in ROUNDED_IN_TRAINING and own.adapter.kind != "full":
        raise InputError(f"{place}: training.precision {own.training.precision} needs `adapter.kind: full`")
    if stage.credit == "steps":
        _check_step_credit(stage, {**getattr(own, stage.kind), **stage.settings}, place)
    for kind in stage.pairs:
        if kind not in PAIR_KINDS:
            raise unknown_name("kind of pair", kind, PAIR_KINDS)
        if kind in SEARCHED and stage is arm.stages[0]:
            raise InputError(f"{place} needs a stage before it: {kind} pairs come from a trained model")


def check_order(recipe: Recipe, origin: str) -> None:
    """Checks that the stages of all arms can be trained in one order.

    Raises:
        InputError: two arms have two stages in opposite orders.
    """
    order = {name: at for at, name in enumerate(recipe.stage_names())}
    for arm in recipe.arms:
        places = [order[stage.name] for stage in arm.stages]
        if places != sorted(places):
            names = ", ".join(stage.name for stage in arm.stages)
            raise InputError(
                f"{origin}: {arm.name} has the stages {names}, which another arm has in another order. "
                "Give one of them another `name`"
            )


def _check_kind(arm: Arm, stage: Stage, place: str) -> None:
    first = stage is arm.stages[0]
    if stage.kind == "sft" and not first:
        raise InputError(f"{place} starts from {arm.stages[0].name}: set `kind: continue`")
    if stage.kind == "continue" and first:
        raise InputError(f"{place} has no stage to continue: set `kind: sft`")
    if stage.name in (TRACES, OUTPUTS, PROMPTS, *WALKS):
        raise InputError(f"{place}: {stage.name!r} names training texts. Give the stage another `name`")


def _check_data(recipe: Recipe, arm: Arm, stage: Stage, place: str) -> None:
    """Checks the sources of a stage and their shares."""
    if not stage.supervised:
        [source, *others] = stage.data
        if others or source.origin != TRACES or source.share is not None:
            raise InputError(f"{place}: a stage of kind {stage.kind} takes problems, not a mixture of texts")
    elif stage.kind == "rejection" and OUTPUTS not in [source.origin for source in stage.data]:
        raise InputError(f"{place} trains on none of its outputs: add `from: outputs` to its data")
    for source in stage.data:
        _check_source(recipe, arm, stage, source, place)
    written = [source.share for source in stage.data if source.share is not None]
    unwritten, total = len(stage.data) - len(written), sum(written)
    if unwritten > 1:
        raise InputError(f"{place}: {unwritten} sources have no share. Only one can get what is left")
    if (unwritten and total > 1 - EXACT) or (not unwritten and abs(total - 1) > EXACT):
        least = "less than 1, so that the source without a share gets some" if unwritten else "1"
        raise InputError(f"{place}: the shares of its data add up to {total:g}. They must add up to {least}")


def _check_source(recipe: Recipe, arm: Arm, stage: Stage, source: Source, place: str) -> None:
    if source.is_file:
        if source.filters:
            raise InputError(f"{place}: texts of the file {source.origin} have no problems to choose from")
        return
    earlier = [each.name for each in arm.before(stage) if each.supervised]
    arms = [each.name for each in recipe.data_arms]
    known = [TRACES, PROMPTS, *([OUTPUTS] if stage.kind == "rejection" else []), *earlier, *WALKS, *arms]
    if source.origin not in known:
        if source.origin == OUTPUTS:
            raise InputError(f"{place} samples no outputs: set `kind: rejection`")
        raise InputError(f"{place}: {unknown_name('source of data', source.origin, known)}")
    if source.origin in WALKS and recipe.corpus.spoilt:
        raise InputError(
            f"{place}: all texts of the recipe are spoilt, so there are none of the kind {source.origin} to "
            "take. Set the keys of `corpus` in arms"
        )
    namesakes = [recipe.texts(each) for each in recipe.arms if each.name == source.origin in WALKS]
    if any(texts != recipe.texts_from(source.origin, arm) for texts in namesakes):
        raise InputError(
            f"{place}: {source.origin} is a kind of trace and an arm with other texts. Give the arm another "
            "name"
        )
    for family in source.families:
        if family not in recipe.problems.families:
            error = unknown_name("family of the recipe", family, recipe.problems.families)
            raise InputError(f"{place}: {error}")
    levels = sorted(set(recipe.problems.levels))
    for level in source.levels:
        if level not in levels:
            raise InputError(f"{place}: the recipe has no problems of level {level}, only of {levels}")
    if source.part and source.part[0] >= source.part[1]:
        raise InputError(f"{place}: part {list(source.part)} is an empty range")


def _check_own_keys(stage: Stage, place: str) -> None:
    """Refuses keys that the stage's kind does not read."""
    readers = {
        "budget": (stage.supervised, "a supervised stage"),
        "choose": (stage.kind == "rejection", "`kind: rejection`"),
        **{
            key: (stage.samples_outputs, "`kind: rejection`, or dpo with `pairs: [sampled]`")
            for key in ("samples", "generated", "accept")
        },
    }
    for key, (read, needs) in readers.items():
        if not read and getattr(stage, key) != _default(Stage, key):
            raise InputError(f"{place} sets `{key}`, which needs {needs}")


def _default(section: type[Section], key: str) -> Any:
    return section.model_fields[key].default


def _check_step_credit(stage: Stage, options: Mapping[str, Any], place: str) -> None:
    """Refuses losses that average the advantages of an output's tokens, and returns that are no sum."""
    if stage.kind != "grpo":
        raise InputError(f"{place} has `credit: steps`, which needs `kind: grpo`")
    for key, value in WITHOUT_STEPS.items():
        if options.get(key) == value:
            raise InputError(f"{place} has `credit: steps`, which does not go with `{key}: {value}`")

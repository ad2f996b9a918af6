"""Validates the bases that read problems from pictures, and what they cannot do yet."""

from __future__ import annotations

from journey.errors import InputError
from train.recipe.recipe import Recipe
from train.recipe.settings import Vision
from train.recipe.stages import PROMPTS, Arm

STAGES = ("sft", "continue")
"""The kinds of stages that train on pictures."""


def check_vision(own: Recipe, arm: Arm, place: str) -> None:
    """Checks the base of an arm, if it reads problems from pictures.

    Args:
        own: the recipe with the overrides of the arm.
        arm: the arm.
        place: the recipe and the arm, for errors.

    Raises:
        InputError: its encoder does not fit the pictures, or the recipe asks for something that reads text.
    """
    vision = own.base.vision
    if vision is None:
        if any(source.origin == PROMPTS for stage in arm.stages for source in stage.data):
            raise InputError(f"{place}: {PROMPTS} teach to read pictures, so they need base.vision")
        return
    if own.problems.picture is None:
        raise InputError(
            f"{place}: base.vision reads pictures. Set problems.picture to their side, such as 64"
        )
    _check_encoder(vision, own.problems.picture, own.base.sizes.layers, place)
    methods = own.evaluation.methods
    others = {
        "a base.model, which decides itself what it reads": own.base.model is not None,
        "base.chat": own.base.chat is not None,
        "base.experts": own.base.experts is not None,
        f"training.precision {own.training.precision}": own.training.precision.startswith("int"),
        "evaluation.precision": bool(own.evaluation.rounded),
        "training.loss_on: sound": own.training.loss_on != "all",
        "erased traces": arm.traces == "erased",
        "traces.mistakes_from": own.traces.mistakes_from is not None,
        "evaluation.methods": methods.problems > 0,
        "evaluation.earlier": bool(own.evaluation.earlier),
        **{f"a stage of kind {stage.kind}": stage.kind not in STAGES for stage in arm.stages},
    }
    for what, asked in others.items():
        if asked:
            raise InputError(f"{place}: base.vision cannot be combined with {what}")


def _check_encoder(vision: Vision, side: int, layers: int, place: str) -> None:
    if side % vision.unit:
        merged = " times base.vision.merge" if vision.kind == "sequence" else ""
        raise InputError(
            f"{place}: problems.picture is {side}, which is no multiple of the {vision.unit} pixels that a "
            f"feature covers (base.vision.patch{merged})"
        )
    if vision.hidden % vision.heads:
        raise InputError(
            f"{place}: base.vision.hidden is {vision.hidden}, no multiple of its {vision.heads} heads"
        )
    if vision.every > layers:
        raise InputError(
            f"{place}: base.vision.every is {vision.every}, but the language model has {layers} layers, so "
            "none would attend to the picture"
        )

"""Validates a recipe as a whole before anything runs: names, overrides, grids and claims.

An unknown key or name is refused with the nearest known one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, get_args

from pydantic import ValidationError

from journey import families
from journey.errors import InputError, unknown_name
from journey.problem import LEVELS
from search.strategies import STRATEGIES
from traces.text import style_of
from traces.walks import JOURNEYS, WALKS, WalkSettings
from train.recipe.claims import parse_claim, stage_of
from train.recipe.dependencies import first_equal_stages
from train.recipe.map_claims import parse_map_claim
from train.recipe.metrics import missing_setting
from train.recipe.recipe import Recipe
from train.recipe.settings import Grid, Precision, Section
from train.recipe.stages import Arm, Stage
from train.recipe.validate_corpus import check_corpus
from train.recipe.validate_stages import check_order, check_stage
from train.recipe.validate_vision import check_vision

SHARED_KEYS = (
    *("name", "question", "source", "claim", "claims", "compare", "arms", "seed"),
    *("problems", "search", "evaluation", "tuning", "training.seeds", "training.side_by_side"),
    *("traces.style", "traces.kinds", "map", "law"),
)
"""Keys that no arm may override: all arms have the same problems, graphs and measurements (DESIGN rule 4).
Nor may an arm override `curation`, unless its corpus is spoilt."""
STAGE_SECTIONS = ("adapter", "training", "pairs")
"""Sections whose keys a stage may override."""


def validate(settings: Mapping[str, Any], origin: str) -> Recipe:
    """The settings as a recipe.

    Args:
        settings: plain settings.
        origin: the recipe's name or file, for errors.

    Raises:
        InputError: the settings are invalid. All errors in types and keys are reported together.
    """
    try:
        recipe = Recipe.model_validate(settings)
    except ValidationError as error:
        raise InputError(f"{origin}: {_explain_all(error)}") from None
    for family in recipe.problems.families:
        families.get(family)
    for family, options in recipe.problems.sampling.items():
        families.check_options(families.get(family), options)
    if recipe.search.strategy not in STRATEGIES:
        raise unknown_name("strategy", recipe.search.strategy, STRATEGIES)
    style_of(recipe.traces.style)
    _check_problem_sets(recipe, origin)
    names = [arm.name for arm in recipe.arms]
    if len(set(names)) < len(names):
        raise InputError(f"{origin}: two arms have the same name: {', '.join(names)}")
    for arm in recipe.arms:
        _check_arm(recipe, arm, origin)
    check_order(recipe, origin)
    _check_law(recipe, origin)
    _check_mistake_sources(recipe, origin)
    for name in [*(name for pair in recipe.compare for name in pair), *recipe.evaluation.samples]:
        recipe.arm(name)
    for grid in recipe.tuning:
        _check_grid(recipe, grid, origin)
    for text in recipe.claims:
        _check_claim(recipe, text, origin)
    for family in recipe.map.set:
        families.get(family)
    for text in recipe.map.claims:
        parse_map_claim(text)
    if len(set(recipe.seeds)) < len(recipe.seeds):
        raise InputError(f"{origin}: training.seeds lists a seed twice: {recipe.seeds}")
    return recipe


def _check_problem_sets(recipe: Recipe, origin: str) -> None:
    for name, problem_set in recipe.evaluation.sets.items():
        if name in get_args(Precision):
            raise InputError(f"{origin}: evaluation.sets.{name} is the name of a precision. Give it another")
        for family in problem_set.families:
            families.get(family)
        if not problem_set.levels and max(recipe.problems.levels) >= max(LEVELS):
            raise InputError(
                f"{origin}: evaluation.sets.{name} needs `levels`: there is no level above {max(LEVELS)}"
            )


def _check_law(recipe: Recipe, origin: str) -> None:
    """Checks that what a law is fitted to is measured."""
    law = recipe.law
    arms = [recipe.arm(name) for name in [*law.arms, *law.predict]]
    if law.arms and not law.precisions:
        raise InputError(f"{origin}: law.arms needs law.precisions, such as [int4, int3]")
    for precision in law.precisions:
        if precision not in recipe.evaluation.rounded:
            raise InputError(f"{origin}: law.precisions: add {precision} to evaluation.precision")
    if law.predict and not law.arms:
        raise InputError(f"{origin}: law.predict needs law.arms to fit the law to")
    if both := [name for name in law.predict if name in law.arms]:
        raise InputError(f"{origin}: law.predict: {both[0]} is in law.arms too, so it is no prediction")
    for arm in arms:
        if other := [stage.kind for stage in arm.stages if not stage.supervised]:
            raise InputError(
                f"{origin}: law: {arm.name} has a stage of kind {other[0]}, which counts no tokens"
            )
    if law.predict:
        _check_predicted_last(recipe, origin)
    for name in law.predict:
        if name in recipe.mistake_sources() or recipe.arm(name) in recipe.later_arms:
            raise InputError(f"{origin}: law.predict: {name} gives or takes mistakes, so it cannot be last")


def _check_predicted_last(recipe: Recipe, origin: str) -> None:
    """Checks that no arm that is trained earlier trains a predicted model, which would then be known."""
    alike = first_equal_stages(recipe)
    models = {arm.name: [alike[f"{stage.name}-{arm.name}"] for stage in arm.stages] for arm in recipe.arms}
    fitted = {model for name in recipe.law.arms for model in models[name]}
    predicted = {model for name in recipe.law.predict for model in models[name]} - fitted
    for name in models.keys() - {*recipe.law.arms, *recipe.law.predict}:
        if predicted & {*models[name]}:
            raise InputError(f"{origin}: {name} trains a model of law.predict: add {name} to law.predict")


def _check_mistake_sources(recipe: Recipe, origin: str) -> None:
    """Checks the arms whose models' mistakes others learn from or continue."""
    if recipe.traces.mistakes_from is not None:
        raise InputError(
            f"{origin}: set traces.mistakes_from in the arms that learn from another arm's model"
        )
    if recipe.evaluation.methods.planted_from is not None and not recipe.evaluation.methods.planted:
        raise InputError(f"{origin}: methods.planted_from needs methods.planted: true")
    first_walks = [_without_mistakes(recipe, arm) for arm in recipe.first_arms]
    for arm in recipe.later_arms:
        if arm.traces not in JOURNEYS:
            raise unknown_name("kind of trace with traces.mistakes_from", arm.traces, JOURNEYS)
        if other := [stage.name for stage in arm.stages if stage.kind == "dpo"]:
            raise InputError(f"{origin}: {other[0]} of {arm.name}: traces.mistakes_from makes no pairs")
        if _without_mistakes(recipe, arm) not in first_walks:
            raise InputError(
                f"{origin}: {arm.name} needs an arm whose walk settings differ in nothing but mistakes, and "
                "without traces.mistakes_from. Otherwise it could drop problems that the other arms keep"
            )
    for name in recipe.mistake_sources():
        source = recipe.arm(name)
        if source in recipe.later_arms or source.stages[0].kind != "sft":
            raise InputError(
                f"{origin}: {name} cannot give its mistakes: its first stage must be sft, on traces without "
                "traces.mistakes_from"
            )


def _without_mistakes(recipe: Recipe, arm: Arm) -> tuple[str, WalkSettings]:
    """The walk that an arm's traces would be without mistakes."""
    kind, settings = recipe.variants()[arm.variant]
    return kind, replace(settings, mistakes=0.0, mistaken=None, mistakes_from=None)


def _check_claim(recipe: Recipe, text: str, origin: str) -> None:
    claim = parse_claim(text)
    for side, metric in claim.sides:
        arm = recipe.arm(side.arm)
        own = recipe.for_arm(arm, stage_of(arm, side, metric))
        budget = own.training.tokens
        if metric.name == "misread" and own.base.vision is None:
            raise InputError(f"{origin}: {text!r}: {arm.name} has no base.vision, so it misreads no picture")
        if claim.tokens not in (None, budget):
            raise InputError(f"{origin}: {text!r}: the budget of {arm.name} is {budget:,} tokens")
        if remedy := missing_setting(metric, arm, recipe.evaluation):
            raise InputError(f"{origin}: {text!r} needs a metric that is not measured: {remedy}")


def _check_grid(recipe: Recipe, grid: Grid, origin: str) -> None:
    place = f"{origin}: tuning of {grid.key}"
    if _is_shared(grid.key):
        raise InputError(f"{place}: {grid.key} is the same for all arms, so arms cannot tune it")
    for name in [*grid.arms, *grid.trials]:
        recipe.arm(name)
    for name, solved in grid.trials.items():
        if len(solved) != len(grid.values):
            raise InputError(f"{place}: {name} has {len(solved)} trials for {len(grid.values)} values")
    if grid.set is not None and grid.set not in recipe.evaluation.sets:
        raise unknown_name("set", grid.set, recipe.evaluation.sets)
    if grid.seed in recipe.seeds:
        raise InputError(f"{place}: its seed {grid.seed} is one of training.seeds. Choose another")


def _check_arm(recipe: Recipe, arm: Arm, origin: str) -> None:
    if arm.traces not in WALKS:
        raise unknown_name("kind of trace", arm.traces, WALKS)
    for key in arm.set:
        if _is_shared(key):
            raise InputError(
                f"{origin}: {key} is the same for all arms. Set it in the recipe, not in the arm {arm.name}"
            )
    own = _check_overrides(recipe, arm, None, f"{origin}: arm {arm.name}")
    check_corpus(recipe, arm, own, f"{origin}: arm {arm.name}")
    check_vision(own, arm, f"{origin}: arm {arm.name}")
    methods = recipe.evaluation.methods
    if own.base.chat == "think" and (methods.budgets or methods.minimum or methods.planted):
        raise InputError(
            f"{origin}: evaluation.methods cannot read think tags. Set `base.chat: plain` for {arm.name}"
        )
    if arm.traces == "erased":
        _check_erasing(own, arm, origin)
    stages = [stage.name for stage in arm.stages]
    if len(set(stages)) < len(stages):
        raise InputError(
            f"{origin}: two stages of {arm.name} have the same name: {', '.join(stages)}. Give each a `name`"
        )
    for stage in arm.stages:
        _check_stage(recipe, arm, stage, origin)


def _check_erasing(recipe: Recipe, arm: Arm, origin: str) -> None:
    """Refuses what would read lines that a model of erased traces no longer has in its context."""
    methods = recipe.evaluation.methods
    if methods.budgets or methods.minimum:
        raise InputError(
            f"{origin}: methods.budgets and methods.minimum do not erase lines, as {arm.name} does"
        )
    if recipe.base.chat == "think":
        raise InputError(f"{origin}: {arm.name} erases lines, which think tags do not allow")
    if other := [stage.name for stage in arm.stages if stage.kind not in ("sft", "continue")]:
        raise InputError(
            f"{origin}: {other[0]} of {arm.name}: arms of erased traces have sft and continue stages only"
        )


def _check_stage(recipe: Recipe, arm: Arm, stage: Stage, origin: str) -> None:
    place = f"{origin}: {stage.name} of {arm.name}"
    for key in stage.set:
        if key.partition(".")[0] not in STAGE_SECTIONS or "." not in key or _is_shared(key):
            raise InputError(f"{place} sets {key}. A stage can only set keys of {', '.join(STAGE_SECTIONS)}")
    own = _check_overrides(recipe, arm, stage, place)
    check_stage(recipe, own, arm, stage, place)


def _is_shared(key: str) -> bool:
    return key in SHARED_KEYS or key.partition(".")[0] in SHARED_KEYS


def _check_overrides(recipe: Recipe, arm: Arm, stage: Stage | None, place: str) -> Recipe:
    """The recipe with the overrides of an arm or a stage; an InputError if they are invalid."""
    try:
        return recipe.for_arm(arm, stage)
    except ValidationError as error:
        raise InputError(f"{place}: {_explain_all(error)}") from None


FORMS = {
    "dict_type": "input should be a map, written {KEY: VALUE}",
    "list_type": "input should be a list, written [VALUE, VALUE]",
}
"""What pydantic calls a valid dictionary or list, as one writes it in a recipe or after `--set`."""


def _explain_all(error: ValidationError) -> str:
    return "; ".join(map(_explain, error.errors()))


def _explain(error: Any) -> str:
    """One of pydantic's errors as a sentence: the key, the fault, and the value or the nearest key."""
    place = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        message = FORMS.get(error["type"]) or error["msg"][0].lower() + error["msg"][1:]
        return f"{place}: {message} (got {error['input']!r:.60}){_hint(error)}"
    section: type[Section] = Recipe
    for part in error["loc"][:-1]:
        section = _section_at(section, part)
    parent = place.rpartition(".")[0]
    keys = [field.alias or name for name, field in section.model_fields.items()]
    return str(unknown_name(f"{parent or 'recipe'} key", error["loc"][-1], keys))


def _hint(error: Any) -> str:
    """The nearest of the allowed values, if an error lists them and one is near."""
    allowed = re.findall(r"'([^']*)'", error.get("ctx", {}).get("expected", ""))
    near = difflib.get_close_matches(str(error["input"]), allowed, n=1)
    return f": did you mean {near[0]!r}?" if near else ""


def _section_at(section: Any, part: str | int) -> Any:
    """The section under a key. An index, a key of a map and the name of a type have the same section."""
    if part not in section.model_fields:
        return section
    annotation = section.model_fields[part].annotation
    types = (each for each in (annotation, *get_args(annotation)) if isinstance(each, type))
    return next((each for each in types if issubclass(each, Section)), section)

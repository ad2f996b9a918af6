"""A recipe: everything that decides an experiment, read from YAML and checked whole before anything runs.

`journey run laptop` reads the recipe that ships as recipes/laptop.yaml; a path reads your own. `--set
a.b=c` changes one key, `--quick` applies the recipe's own `quick:` block. An unknown key is refused with
the nearest known one. The resolved recipe is saved as RUN/recipe.yaml, and a run folder made by another
recipe is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from journey import families
from journey.errors import InputError, unknown_name
from journey.problem import LEVELS
from journey.runs.store import Run
from search.strategies import STRATEGIES
from traces.pairs import PAIRS, PIVOTAL
from traces.text import style_of
from traces.walks import WALKS, WalkSettings
from train.recipe.claims import parse_claim, stage_of
from train.recipe.metrics import lacking
from train.recipe.settings import (
    Adapter,
    Arm,
    Base,
    Curation,
    Evaluation,
    Grid,
    PairSettings,
    Problems,
    SearchSettings,
    Section,
    Stage,
    TraceSettings,
    Training,
)
from train.recipe.yaml_floats import read_yaml

OWN_HELDOUT = "heldout"
"""What `curation.against` and `evaluation.earlier` call the run's own held-out problems."""
WHOLE = ("quick", "problems.families", "evaluation.samples")
"""Keys of free names: a recipe that comes from another says them whole."""
SHARED = (
    *("name", "question", "source", "claim", "claims", "compare", "arms", "seed"),
    *("problems", "search", "curation", "evaluation", "tuning", "training.seeds", "training.side_by_side"),
    *("traces.style", "traces.kinds"),
)
"""What no arm may set: all arms have the same problems, graphs and measurements (DESIGN rule 4)."""
OF_A_STAGE = ("adapter.", "training.", "pairs.")
"""How keys begin that a stage may set."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One arm trained with one seed."""

    arm: Arm
    seed: int
    first: bool
    """Whether the seed is the recipe's first."""
    pretrained: bool = False
    """Its base is the same whatever the seed."""

    @property
    def name(self) -> str:
        """Of its folders: the arm's for the first seed, so that more seeds can be added later."""
        return self.arm.name if self.first else f"{self.arm.name}@{self.seed}"

    @property
    def base(self) -> str:
        """The folder in models/ that it starts from: the same one for all arms whose bases do not differ."""
        own = any(key.startswith("base.") for key in self.arm.set)
        name = f"base-{self.arm.name}" if own else "base"
        return name if self.first or self.pretrained else f"{name}@{self.seed}"


class Recipe(Section):
    """An experiment."""

    name: str
    """Of the recipe, and of its run folder."""
    question: str
    """What it asks, in a sentence."""
    source: str
    """The paper the question comes from."""
    claim: str
    """What the paper says, in a sentence."""
    claims: list[str] = Field(default=[])
    """The same as this tool can judge it (`train.recipe.claims`), such as `journey > shortcut on pass@1`."""
    seed: int = Field(ge=0)
    """Draws the problems, and whatever else is drawn."""
    problems: Problems
    """What is drawn."""
    search: SearchSettings
    """How problems are explored."""
    traces: TraceSettings
    """How graphs become texts."""
    curation: Curation = Curation()
    """Which training problems stay, the same in every arm."""
    base: Base
    """The model every arm starts from."""
    adapter: Adapter = Adapter()
    """What of the base is trained: all of it, or low-rank updates of its matrices."""
    training: Training
    """What every arm is given, the same for all."""
    sft: dict[str, Any]
    """Goes whole into TRL's SFTConfig."""
    pairs: PairSettings
    """How many preference pairs each arm gets, whatever kinds it uses."""
    dpo: dict[str, Any]
    """Goes whole into TRL's DPOConfig."""
    grpo: dict[str, Any] = Field(default={})
    """Goes whole into TRL's GRPOConfig."""
    rloo: dict[str, Any] = Field(default={})
    """Goes whole into TRL's RLOOConfig."""
    arms: list[Arm] = Field(min_length=1)
    """What is trained and compared."""
    evaluation: Evaluation
    """How models are measured."""
    tuning: list[Grid] = Field(default=[])
    """What was tried on validation problems to choose the arms' settings."""
    compare: list[tuple[str, str]] = Field(default=[])
    """Pairs of arms whose difference, first minus second, is tested besides those of the claims."""

    def variants(self) -> dict[str, tuple[str, WalkSettings]]:
        """The traces to be written by name: their kind and the settings of their walk."""
        plain = {kind: (kind, self._walk_settings()) for kind in self.traces.kinds}
        return plain | {arm.variant: (arm.traces, self.of(arm)._walk_settings()) for arm in self.arms}

    def _walk_settings(self) -> WalkSettings:
        return WalkSettings(**self.traces.model_dump(exclude={"kinds"}), seed=self.seed)

    def pair_kinds(self) -> list[tuple[str, str]]:
        """The pairs to be made of traces: the name of the traces, and the kind of pair."""
        kinds = {(arm.variant, kind) for arm in self.arms for stage in arm.stages for kind in stage.pairs}
        return sorted((variant, kind) for variant, kind in kinds if kind in PAIRS)

    def of(self, arm: Arm, stage: Stage | None = None) -> Recipe:
        """The recipe as it is for one arm, or one stage of it, with what these set otherwise."""
        other = arm.set | (stage.set if stage else {})
        if not other:
            return self
        settings = self.model_dump(mode="json")
        for key, value in other.items():
            change(settings, key, value)
        return Recipe.model_validate(settings)

    def arm(self, name: str) -> Arm:
        """The arm of this name."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown_name("arm", name, [arm.name for arm in self.arms])

    @property
    def seeds(self) -> list[int]:
        """That each arm is trained with."""
        return self.training.seeds or [self.seed]

    def replicas(self, arms: Sequence[Arm] | None = None) -> list[Replica]:
        """Every arm, or each of these, with every seed."""
        chosen = self.arms if arms is None else arms
        return [
            Replica(arm, seed, seed == self.seeds[0], self.of(arm).base.model is not None)
            for arm in chosen
            for seed in self.seeds
        ]

    def replica(self, name: str) -> Replica:
        """The replica of this name."""
        found = {replica.name: replica for replica in self.replicas()}
        if name not in found:
            raise unknown_name("arm", name, found)
        return found[name]

    def stage_names(self) -> list[str]:
        """Of all arms, in the order in which they are reached."""
        longest = max(len(arm.stages) for arm in self.arms)
        reached = [arm.stages[at].name for at in range(longest) for arm in self.arms if at < len(arm.stages)]
        return list(dict.fromkeys(reached))

    def comparisons(self) -> list[tuple[str, str]]:
        """The pairs of arms that are compared: the recipe's own, and those of its claims."""
        claimed = [(claim.first.arm, claim.second.arm) for claim in map(parse_claim, self.claims)]
        return list(dict.fromkeys([*self.compare, *((one, two) for one, two in claimed if one != two)]))


def recipe_of(run: Run) -> Recipe:
    """The recipe that a run folder was made by."""
    return check(run.manifest["settings"], f"{run.path}/manifest.json")


def shipped() -> list[str]:
    """The names of the recipes that come with the package."""
    folder = resources.files("train") / "recipes"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def catalogue() -> list[dict[str, str]]:
    """The shipped recipes: name, question, claim, source."""
    keys = ("name", "question", "claim", "source")
    return [{key: getattr(recipe, key) for key in keys} for recipe in map(load, shipped())]


def load(name: str, changes: Iterable[str] = (), quick: bool = False) -> Recipe:
    """The recipe of this name or path, with `KEY=VALUE` changes on top.

    A recipe that says `from: NAME` is that recipe with its own keys over it; a list takes another's place
    whole, and so do the keys in `WHOLE`.

    Raises:
        InputError: there is no such recipe, a key is unknown, or a value does not fit; the message says
        which.
    """
    settings = _read(name)
    quick_changes = settings.pop("quick", {}) or {}
    if quick:
        for key, value in quick_changes.items():
            change(settings, key, value)
    for said in changes:
        key, equals, text = said.partition("=")
        if not equals:
            raise InputError(f"--set {said}: say KEY=VALUE, such as training.tokens=1000000")
        if key == "arms":
            settings.pop("tuning", None)  # what other arms tried says nothing about these
        change(settings, key, read_yaml(text))
    recipe = check(settings, name)
    for file in recipe.curation.against:
        # Told now, and not after an hour of searching.
        if file != OWN_HELDOUT and not Path(file).is_file():
            raise InputError(f"{name}: curation.against names {file}, which is no file")
    for file in recipe.evaluation.earlier:
        if file != OWN_HELDOUT and not Path(file).is_file():
            raise InputError(f"{name}: evaluation.earlier names {file}, which is no file")
    return recipe


def _read(name: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """The plain settings of a recipe, over those of the one it comes from."""
    if name in seen:
        raise InputError(f"recipes that come from each other: {' from '.join([*seen, name])}")
    if name.endswith((".yaml", ".yml")):
        try:
            text = Path(name).read_text()
        except (OSError, UnicodeDecodeError) as fault:
            raise InputError(f"cannot read the recipe {name}: {fault}") from fault
    elif name in shipped():
        text = (resources.files("train") / "recipes" / f"{name}.yaml").read_text()
    else:
        error = unknown_name("recipe", name, shipped())
        raise InputError(f"{error}. A path to your own ends in .yaml")
    try:
        settings = read_yaml(text, name)
    except yaml.YAMLError as fault:
        raise InputError(f"{name} is not YAML: {fault}") from fault
    if not isinstance(settings, dict):
        raise InputError(f"{name} holds no settings")
    origin = settings.pop("from", None)
    if origin is None:
        return settings
    below = _read(str(origin), (*seen, name))
    if "arms" in settings:
        below.pop("tuning", None)  # what other arms tried says nothing about these
    return _over(below, settings)


def _over(below: dict[str, Any], above: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Settings with others on top: sections are merged, and whatever else takes the other's place.

    >>> _over({"a": {"b": 1, "c": 2}, "arms": [1]}, {"a": {"b": 3}, "arms": [2, 3]})
    {'a': {'b': 3, 'c': 2}, 'arms': [2, 3]}
    """
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        whole = f"{path}{key}" in WHOLE or not isinstance(old, dict)
        merged[key] = (
            value if whole or not isinstance(value, dict) else _over(old or {}, value, f"{path}{key}.")
        )
    return merged


def check(settings: Mapping[str, Any], origin: str) -> Recipe:
    """The settings as a recipe, or an InputError that lists everything wrong with them."""
    try:
        recipe = Recipe.model_validate(settings)
    except ValidationError as fault:
        raise InputError(f"{origin}: " + "; ".join(map(_explain, fault.errors()))) from None
    for family in recipe.problems.families:
        families.get(family)
    if recipe.search.strategy not in STRATEGIES:
        raise unknown_name("strategy", recipe.search.strategy, STRATEGIES)
    style_of(recipe.traces.style)
    for title, wanted in recipe.evaluation.sets.items():
        for family in wanted.families:
            families.get(family)
        if not wanted.levels and max(recipe.problems.levels) >= max(LEVELS):
            raise InputError(f"{origin}: evaluation.sets.{title}: say levels; none is above {max(LEVELS)}")
    for arm in recipe.arms:
        _check_arm(recipe, arm, origin)
    names = [arm.name for arm in recipe.arms]
    if len(set(names)) < len(names):
        raise InputError(f"{origin}: two arms have the same name: {', '.join(names)}")
    for name in [*(name for pair in recipe.compare for name in pair), *recipe.evaluation.samples]:
        recipe.arm(name)
    for grid in recipe.tuning:
        _check_grid(recipe, grid, origin)
    for claim in map(parse_claim, recipe.claims):
        for side, metric in claim.measured:
            arm = recipe.arm(side.arm)
            budget = recipe.of(arm, stage_of(arm, side, metric)).training.tokens
            if claim.tokens not in (None, budget):
                raise InputError(f"{origin}: {claim.text!r}: the budget of {arm.name} is {budget:,} tokens")
            if remedy := lacking(metric, side.arm, recipe.evaluation):
                raise InputError(f"{origin}: {claim.text!r} is about what is not measured: {remedy}")
    if len(set(recipe.seeds)) < len(recipe.seeds):
        raise InputError(f"{origin}: training.seeds holds a seed twice: {recipe.seeds}")
    return recipe


def _check_grid(recipe: Recipe, grid: Grid, origin: str) -> None:
    place = f"{origin}: tuning of {grid.key}"
    if grid.key in SHARED or grid.key.partition(".")[0] in SHARED:
        raise InputError(f"{place}: all arms share {grid.key}, so no arm can be tuned by it")
    for name in [*grid.arms, *grid.trials]:
        recipe.arm(name)
    for name, solved in grid.trials.items():
        if len(solved) != len(grid.values):
            raise InputError(f"{place}: {name} has {len(solved)} trials of {len(grid.values)} values")
    if grid.seed in recipe.seeds:
        raise InputError(f"{place}: its seed {grid.seed} is one of training.seeds. Choose another")


def _check_arm(recipe: Recipe, arm: Arm, origin: str) -> None:
    if arm.traces not in WALKS:
        raise unknown_name("kind of trace", arm.traces, WALKS)
    for key in arm.set:
        if key in SHARED or key.partition(".")[0] in SHARED:
            raise InputError(f"{origin}: arms share {key}. Say it in the recipe, not in the arm {arm.name}")
    _valid(recipe, arm, None, f"{origin}: arm {arm.name}")
    methods = recipe.evaluation.methods
    if recipe.of(arm).base.chat == "think" and (methods.budgets or methods.minimum or methods.planted):
        raise InputError(
            f"{origin}: evaluation.methods read line by line, which think tags are not: chat: plain"
        )
    stages = [stage.name for stage in arm.stages]
    if len(set(stages)) < len(stages):
        raise InputError(f"{origin}: two stages of {arm.name} have one name: {', '.join(stages)}. Give names")
    for stage in arm.stages:
        _check_stage(recipe, arm, stage, origin)
        if stage.kind == "dpo" and not stage.pairs:
            raise InputError(f"{origin}: {stage.name} of {arm.name} needs pairs, such as [step, recover]")
        if stage.kind == "dpo" and not recipe.of(arm, stage).pairs.count:
            raise InputError(f"{origin}: {stage.name} of {arm.name} gets no pairs: raise pairs.count above 0")
        for kind in stage.pairs:
            if kind not in (*PAIRS, PIVOTAL):
                raise unknown_name("kind of pair", kind, (*PAIRS, PIVOTAL))


def _check_stage(recipe: Recipe, arm: Arm, stage: Stage, origin: str) -> None:
    place = f"{origin}: {stage.name} of {arm.name}"
    for key in stage.set:
        if not key.startswith(OF_A_STAGE) or key in SHARED:
            raise InputError(f"{place} sets {key}. A stage may set keys of {', '.join(OF_A_STAGE)}")
    _valid(recipe, arm, stage, place)
    for family in stage.families:
        if family not in recipe.problems.families:
            error = unknown_name("family of the recipe", family, recipe.problems.families)
            raise InputError(f"{place}: {error}")


def _valid(recipe: Recipe, arm: Arm, stage: Stage | None, place: str) -> None:
    """Raises if what an arm or a stage sets does not fit."""
    try:
        recipe.of(arm, stage)
    except ValidationError as fault:
        raise InputError(f"{place}: " + "; ".join(map(_explain, fault.errors()))) from None


def _explain(error: Any) -> str:
    place = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        return f"{place}: {error['msg'][0].lower()}{error['msg'][1:]} (got {error['input']!r:.60})"
    section: Any = Recipe
    for part in error["loc"][:-1]:
        section = _inner(section, part)
    return str(
        unknown_name(
            f"key in {place.rpartition('.')[0] or 'a recipe'}", error["loc"][-1], section.model_fields
        )
    )


def _inner(section: Any, part: str | int) -> Any:
    if isinstance(part, int):
        return section
    annotation = section.model_fields[part].annotation
    return {list[Arm]: Arm, list[Stage]: Stage, list[Grid]: Grid}.get(annotation, annotation)


def change(settings: dict[str, Any], key: str, value: Any) -> None:
    """Changes one dotted key of plain settings; whether it may exist is checked with everything else."""
    *path, last = key.split(".")
    for part in path:
        inner = settings.setdefault(part, {})
        if not isinstance(inner, dict):
            raise InputError(f"--set {key}: {part} holds a value, not keys")
        settings = inner
    settings[last] = value

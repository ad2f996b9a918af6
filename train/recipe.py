"""A recipe: everything that decides an experiment, read from YAML and checked whole before anything runs.

`journey run laptop` reads the recipe that ships as recipes/laptop.yaml; a path reads your own. `--set
a.b=c` changes one key, `--quick` applies the recipe's own `quick:` block. An unknown key is refused with
the nearest known one. The resolved recipe is saved as RUN/recipe.yaml, and a run folder made by another
recipe is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journey import families
from journey.errors import InputError, unknown_name
from search.strategies import STRATEGIES
from traces.filters import Limits
from traces.pairs import PAIRS, PIVOTAL
from traces.text import style_of
from traces.walks import KINDS, Knobs

OWN_HELDOUT = "heldout"
"""What `curation.against` calls the run's own held-out problems."""


class Section(BaseModel):
    """A part of a recipe: immutable, and without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problems(Section):
    """What is drawn."""

    families: dict[str, float] = Field(min_length=1)
    """The share of each family."""
    levels: list[int] = Field(min_length=1)
    train: int = Field(ge=0)
    validation: int = Field(ge=0)
    """For choosing settings; never the held-out problems."""
    heldout: int = Field(ge=0)


class SearchSettings(Section):
    """How problems are explored."""

    strategy: str
    mistakes: float = Field(ge=0, le=1)
    """The share of moves before which a mistake is proposed."""
    steps: int = Field(gt=0)
    """The most steps checked for one problem."""
    solutions: int = Field(gt=0)
    """Stop after this many goals."""
    astray: int = Field(ge=0)
    """How many steps beyond a wrong one are explored."""
    workers: int = Field(gt=0)
    nodes: int | None = Field(default=None, gt=0)
    """The most states of one problem."""
    depth: int | None = Field(default=None, gt=0)
    """How many steps from the start are gone on from."""
    seconds: float | None = Field(default=None, gt=0)
    """Of the clock for one problem; results then depend on the machine."""
    proposer: str = "symbolic"
    """symbolic, model:DIR, server:URL#MODEL or replay:FILE."""
    asks: Literal["whole", "lines"] = "whole"
    """What a model is asked for: whole outputs, whose steps become the graph, or next lines in each state."""
    samples: int = Field(default=4, gt=0)
    """Texts that a model is asked for at a time."""
    temperature: float = Field(default=1.0, ge=0)
    """Of their sampling."""


class TraceSettings(Section):
    """How graphs are walked (`traces.walks.Knobs`)."""

    wrong_turns: int = Field(ge=0)
    """K: the most wrong turns at a state on the solution path."""
    total: int | None = Field(default=None, ge=0)
    """The most wrong turns in a trace."""
    depth: int | None = Field(gt=0)
    """After how many steps a wrong turn is noticed: 1 is at once, null when it can go no further."""
    mistakes: float = Field(ge=0, le=1)
    """The share of explored mistakes that journeys keep."""
    dead_ends: float = Field(default=1, ge=0, le=1)
    """The share of explored dead ends that journeys keep."""
    restart: bool = False
    """After a wrong turn the path is taken anew from the start."""
    style: str = "terse"
    """terse, for models from scratch; prose, plain English and LaTeX, for pretrained ones."""
    kinds: list[str] = ["shortcut", "journey", "stream"]
    """The kinds of trace that are written, besides those of the arms."""


class Curation(Section):
    """Which training problems stay, the same in every arm; all of them where nothing is said.

    Held-out problems are never dropped.
    """

    against: list[str] = []
    """Files of evaluation problems, or `heldout` for the run's own; none of these is trained on."""
    ngram: int = Field(default=13, gt=0)
    """A training text that shares so many words in a row with an evaluation problem is contaminated."""
    levels: list[int] | None = None
    """Only these."""
    min_characters: int | None = Field(default=None, ge=0)
    """The fewest in a trace, its prompt not counted."""
    max_characters: int | None = Field(default=None, gt=0)
    """The most in a trace."""
    min_lines: int | None = Field(default=None, ge=0)
    """The fewest in a trace."""
    max_lines: int | None = Field(default=None, gt=0)
    """The most in a trace."""
    unknown_share: float | None = Field(default=None, ge=0, le=1)
    """The largest share of undecided steps in a trace."""
    duplicates: bool = False
    """Drop problems whose text is that of one before, up to spaces and capitals."""
    near_duplicates: float | None = Field(default=None, gt=0, le=1)
    """Or nearly: the Jaccard index of 3-token shingles, to a problem before or to an evaluation problem."""
    mistake_share: float | None = Field(default=None, gt=0, le=1)
    """The largest share of one mistake among those in the traces of a kind; at least that of equal parts."""
    family_share: float | None = Field(default=None, gt=0, le=1)
    """The largest share of one family among the problems; at least that of equal parts."""

    @property
    def limits(self) -> Limits:
        """As `traces.curate` takes them."""
        levels = None if self.levels is None else tuple(self.levels)
        return Limits(**{**self.model_dump(exclude={"against"}), "levels": levels})


class Base(Section):
    """The model every arm starts from: a Llama architecture with random weights."""

    hidden: int = Field(gt=0)
    layers: int = Field(gt=0)
    heads: int = Field(gt=0)
    intermediate: int = Field(gt=0)
    context: int = Field(gt=0)
    """The longest text in tokens. A problem with a longer trace in any arm is dropped from all."""
    numbers: int = Field(ge=9)
    """Whole numbers up to this one are one token each; larger ones are spelled in digits."""


class Training(Section):
    """What every arm is given, the same for all."""

    tokens: int = Field(gt=0)
    """Training tokens seen by each arm (prompt and completion, padding not counted)."""
    batch_tokens: int = Field(gt=0)
    """Tokens a batch; batches hold texts of like length."""
    precision: Literal["float32", "bfloat16"]
    """bfloat16 keeps float32 copies that the updates accumulate in."""
    side_by_side: bool
    """Train the arms at the same time, each on its share of the cores."""


class PairSettings(Section):
    """How many preference pairs each arm gets in all, whatever kinds it uses."""

    count: int = Field(ge=0)
    batch: int = Field(gt=0)
    rollouts: int = Field(default=8, gt=0)
    """For `pivotal` pairs: how often a model is asked to finish from each line of its own solutions."""
    threshold: float = Field(default=0.2, gt=0, le=1)
    """For `pivotal` pairs: the least change of its share of right answers (Phi-4's)."""


class Arm(Section):
    """One trained variant. Whatever is not said here is the same for all arms."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    traces: str
    """The kind of trace it is trained on."""
    walk: dict[str, Any] = {}
    """Keys of `traces` that are other than the recipe's for this arm."""
    pairs: list[str]
    """The kinds of preference pair it is trained on after that; none skips DPO."""

    @property
    def variant(self) -> str:
        """The name of its traces: their kind, and what is other about their walk."""
        return ",".join([self.traces, *(f"{key}={value}" for key, value in sorted(self.walk.items()))])


class Evaluation(Section):
    """How models are measured."""

    max_new_tokens: int = Field(gt=0)
    """The cap for every arm; an unfinished output is wrong."""
    batch: int = Field(gt=0)
    samples: dict[str, int]
    """By arm, how many outputs are sampled for pass@k; an arm that is missing is not sampled."""
    sampled_problems: int = Field(ge=0)
    """How many of the held-out problems are sampled."""
    temperature: float = Field(gt=0)


class Recipe(Section):
    """An experiment."""

    name: str
    question: str
    """What it asks, in a sentence."""
    source: str
    """The paper the question comes from."""
    seed: int = Field(ge=0)
    problems: Problems
    search: SearchSettings
    traces: TraceSettings
    curation: Curation = Curation()
    base: Base
    training: Training
    sft: dict[str, Any]
    """Goes whole into TRL's SFTConfig."""
    pairs: PairSettings
    dpo: dict[str, Any]
    """Goes whole into TRL's DPOConfig."""
    arms: list[Arm] = Field(min_length=1)
    evaluation: Evaluation
    compare: list[tuple[str, str]]
    """Pairs of arms whose difference, first minus second, is tested."""

    def variants(self) -> dict[str, tuple[str, Knobs]]:
        """The traces to be written by name: their kind and the knobs of their walk."""
        plain = {kind: (kind, self._knobs({})) for kind in self.traces.kinds}
        return plain | {arm.variant: (arm.traces, self._knobs(arm.walk)) for arm in self.arms}

    def _knobs(self, changes: dict[str, Any]) -> Knobs:
        settings = TraceSettings.model_validate(self.traces.model_dump() | changes)
        return Knobs(**settings.model_dump(exclude={"kinds", "style"}), seed=self.seed)

    def arm(self, name: str) -> Arm:
        """The arm of this name."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown_name("arm", name, [arm.name for arm in self.arms])


def shipped() -> list[str]:
    """The names of the recipes that come with the package."""
    folder = resources.files("train") / "recipes"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def catalogue() -> list[dict[str, str]]:
    """The shipped recipes: name, question, source."""
    found = [load(name) for name in shipped()]
    return [{"name": recipe.name, "question": recipe.question, "source": recipe.source} for recipe in found]


def load(name: str, changes: Iterable[str] = (), quick: bool = False) -> Recipe:
    """The recipe of this name or path, with `KEY=VALUE` changes on top.

    Raises:
        InputError: there is no such recipe, a key is unknown, or a value does not fit; the message says
        which.
    """
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
        settings = yaml.safe_load(text)
    except yaml.YAMLError as fault:
        raise InputError(f"{name} is not YAML: {fault}") from fault
    if not isinstance(settings, dict):
        raise InputError(f"{name} holds no settings")
    quick_changes = settings.pop("quick", {}) or {}
    if quick:
        for key, value in quick_changes.items():
            _set(settings, key, value)
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            raise InputError(f"--set {change}: say KEY=VALUE, such as training.tokens=1000000")
        _set(settings, key, yaml.safe_load(value))
    recipe = check(settings, name)
    for file in recipe.curation.against:
        # Told now, and not after an hour of searching.
        if file != OWN_HELDOUT and not Path(file).is_file():
            raise InputError(f"{name}: curation.against names {file}, which is no file")
    return recipe


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
    names = [arm.name for arm in recipe.arms]
    for arm in recipe.arms:
        if arm.traces not in KINDS:
            raise unknown_name("kind of trace", arm.traces, KINDS)
        if "style" in arm.walk:
            raise InputError(f"{origin}: arms share one style. Say traces.style, not in the arm {arm.name}")
        for kind in arm.pairs:
            if kind not in (*PAIRS, PIVOTAL):
                raise unknown_name("kind of pair", kind, (*PAIRS, PIVOTAL))
    for name in [*(name for pair in recipe.compare for name in pair), *recipe.evaluation.samples]:
        recipe.arm(name)
    if len(set(names)) < len(names):
        raise InputError(f"{origin}: two arms have the same name: {', '.join(names)}")
    return recipe


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
    return Arm if annotation == list[Arm] else annotation


def _set(settings: dict[str, Any], key: str, value: Any) -> None:
    """Changes one dotted key of plain settings; whether it may exist is checked with everything else."""
    *path, last = key.split(".")
    for part in path:
        inner = settings.setdefault(part, {})
        if not isinstance(inner, dict):
            raise InputError(f"--set {key}: {part} holds a value, not keys")
        settings = inner
    settings[last] = value

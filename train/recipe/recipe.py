"""A recipe: the settings of one experiment.

`train.recipe.load` reads recipes, `train.recipe.validate` checks them. The docstring under a key is its help
text; `journey recipes show NAME` prints it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from journey.errors import InputError, unknown_name
from traces import curate
from traces.pairs import PAIRS
from traces.run_files import TextSource
from traces.walks import WALKS, WalkSettings
from train.recipe.claims import parse_claim
from train.recipe.corpus_settings import Corpus, Curation
from train.recipe.evaluation_settings import Evaluation
from train.recipe.law_settings import Law
from train.recipe.map_claims import MapSettings
from train.recipe.settings import (
    Adapter,
    Base,
    Grid,
    PairSettings,
    Problems,
    SearchSettings,
    Section,
    TraceSettings,
    Training,
    optional,
)
from train.recipe.stages import OUTPUTS, PROMPTS, TEXT_FILE, TRACES, Arm, Stage

OWN_HELDOUT = "heldout"
"""The name of the run's own held-out problems in `curation.against` and `evaluation.earlier`."""


@dataclass(frozen=True, slots=True)
class Replica:
    """One arm, trained with one seed."""

    arm: Arm
    seed: int
    first: bool
    """Whether this is the first of the recipe's training seeds."""
    pretrained: bool = False
    """Whether the base is pretrained, and so the same for every seed."""

    @property
    def name(self) -> str:
        """The name of its folders: ARM for the first seed, ARM@SEED for the others."""
        return self.arm.name if self.first else f"{self.arm.name}@{self.seed}"

    @property
    def base(self) -> str:
        """The folder of its base in models/. Arms share a base unless they override keys of `base`."""
        own = any(key.startswith("base.") for key in self.arm.set)
        name = f"base-{self.arm.name}" if own else "base"
        return name if self.first or self.pretrained else f"{name}@{self.seed}"


class Recipe(Section):
    """The settings of one experiment."""

    name: str
    """Name of the recipe and of its run folder."""
    question: str
    """The research question, in one sentence."""
    source: str
    """The paper that the question comes from."""
    claim: str
    """The paper's claim, in one sentence."""
    claims: list[str] = Field(default=[])
    """Claims to test, such as `journey > shortcut on pass@1` (`train.recipe.claims`)."""
    seed: int = Field(ge=0)
    """Seed of problems, searches and traces, and of training unless `training.seeds` is set."""
    problems: Problems
    """The problems to draw."""
    search: SearchSettings
    """How problems are explored."""
    traces: TraceSettings
    """How graphs become traces."""
    corpus: Corpus = Field(default=Corpus(), exclude_if=lambda value: value == Corpus())
    """How training texts are spoilt on purpose."""
    curation: Curation = Curation()
    """Which training problems to keep."""
    base: Base
    """The model every arm starts from."""
    adapter: Adapter = Adapter()
    """Which weights are trained: all of them, or low-rank updates of the matrices."""
    training: Training
    """Training settings shared by all arms."""
    sft: dict[str, Any]
    """Options of TRL's SFTConfig."""
    pairs: PairSettings
    """Preference pairs, the same number for every arm."""
    dpo: dict[str, Any]
    """Options of TRL's DPOConfig."""
    grpo: dict[str, Any] = Field(default={})
    """Options of TRL's GRPOConfig."""
    rloo: dict[str, Any] = Field(default={})
    """Options of TRL's RLOOConfig."""
    arms: list[Arm] = Field(min_length=1)
    """The variants to train and compare."""
    evaluation: Evaluation
    """How models are measured."""
    tuning: list[Grid] = Field(default=[])
    """Values tried on validation problems to choose the arms' settings (`journey tune`)."""
    compare: list[tuple[str, str]] = Field(default=[])
    """Pairs of arms to compare, in addition to those in `claims`. A difference is first minus second."""
    law: Law = optional(Law())
    """The scaling law of rounding, fitted to some arms and tested on others."""
    map: MapSettings = Field(default=MapSettings(), exclude_if=lambda value: value == MapSettings())
    """How the recipe runs once for each of its families (`journey map`)."""

    def variants(self) -> dict[str, tuple[str, WalkSettings]]:
        """The variants of traces: for each name, the kind of trace and the settings of its walk."""
        plain = {kind: (kind, self._walk_settings()) for kind in [*self.traces.kinds, *self.mixed_kinds]}
        return plain | {arm.variant: (arm.traces, self.for_arm(arm)._walk_settings()) for arm in self.arms}

    def corpora(self) -> dict[str, Arm]:
        """The spoilt corpora by the names of their files, each with one of the arms that train on it."""
        return {name: arm for arm in reversed(self.arms) if (name := self._corpus(arm)) is not None}

    def _corpus(self, arm: Arm) -> str | None:
        """The name of an arm's spoilt corpus: its traces and its overrides. None without one."""
        if not self.for_arm(arm).corpus.spoilt:
            return None
        own = sorted((key, value) for key, value in arm.set.items() if key.startswith("corpus."))
        return ",".join([arm.variant, *(f"{key}={value}" for key, value in own)])

    def curations(self) -> dict[str, list[Arm]]:
        """The files of curation, each with its arms: those with the same corpus and the same filters.

        The file of arms that override neither is that of every run.
        """
        shared = (self.corpus, self.curation)
        groups: dict[str, list[Arm]] = {curate.FILE: []}
        files = {str(shared): curate.FILE}
        for arm in self.arms:
            own = self.for_arm(arm)
            file = files.setdefault(str((own.corpus, own.curation)), f"curation-{arm.name}.json")
            groups.setdefault(file, []).append(arm)
        return groups

    def texts(self, arm: Arm) -> TextSource:
        """Where the training texts of an arm are: its traces, or its spoilt corpus."""
        file = next(file for file, arms in self.curations().items() if arm in arms)
        corpus = self._corpus(arm)
        return (
            TextSource(arm.variant, curation=file) if corpus is None else TextSource(corpus, "corpora", file)
        )

    def texts_from(self, origin: str, arm: Arm) -> TextSource:
        """Where the texts of a source of `data` are: the arm's own, those of a kind or of another arm."""
        if origin == TRACES:
            return self.texts(arm)
        return TextSource(origin) if origin in WALKS else self.texts(self.arm(origin))

    @property
    def first_texts(self) -> list[TextSource]:
        """Where all training texts are that need no model."""
        mixed = map(TextSource, self.mixed_kinds)
        return sorted({*map(self.texts, self.first_arms), *mixed})

    @property
    def data_arms(self) -> list[Arm]:
        """The arms that `data` can name. A name that is also a stage's or a kind's means that."""
        others = {*self.stage_names(), *WALKS, TRACES, OUTPUTS, PROMPTS}
        return [arm for arm in self.first_arms if arm.name not in others]

    @property
    def mixed_kinds(self) -> list[str]:
        """The kinds of trace that stages name in `data`."""
        return [origin for origin in self._origins if origin in WALKS]

    @property
    def text_files(self) -> list[str]:
        """The files of training texts that stages name in `data`."""
        return [origin for origin in self._origins if origin.endswith(TEXT_FILE)]

    @property
    def _origins(self) -> dict[str, None]:
        """Where the stages' training texts come from, without repeats."""
        sources = (source for arm in self.arms for stage in arm.stages for source in stage.data)
        return dict.fromkeys(source.origin for source in sources)

    @property
    def first_variants(self) -> list[str]:
        """The variants of traces that are trained on and need no model. Problems without one are dropped."""
        return sorted({*(arm.variant for arm in self.first_arms), *self.mixed_kinds})

    def mistakes_from(self, arm: Arm) -> str | None:
        """The arm whose model's mistakes an arm learns from; None if its traces need no model."""
        name: str | None = arm.set.get("traces.mistakes_from")
        return name

    @property
    def first_arms(self) -> list[Arm]:
        """The arms whose traces need no model."""
        return [arm for arm in self.arms if self.mistakes_from(arm) is None]

    @property
    def later_arms(self) -> list[Arm]:
        """The arms that learn from the mistakes of another arm's model, and are trained after it."""
        return [arm for arm in self.arms if self.mistakes_from(arm) is not None]

    def tokens_through(self, arm: Arm, stage: Stage) -> int:
        """The training tokens of an arm up to the end of a stage, of its supervised stages."""
        through = [*arm.before(stage), stage]
        return sum(self.for_arm(arm, each).training.tokens for each in through if each.supervised)

    def decays(self, arm: Arm, stage: Stage) -> bool:
        """Whether the learning rate of a supervised stage ends below its peak."""
        options = {**self.for_arm(arm, stage).sft, **stage.settings}
        return not str(options.get("lr_scheduler_type", "linear")).startswith("constant")

    def mistake_sources(self) -> list[str]:
        """The arms whose models' mistakes are collected."""
        names = [*map(self.mistakes_from, self.later_arms), self.evaluation.methods.planted_from]
        return list(dict.fromkeys(name for name in names if name is not None))

    def _walk_settings(self) -> WalkSettings:
        return WalkSettings(**self.traces.model_dump(exclude={"kinds"}), seed=self.seed)

    def pair_kinds(self) -> list[tuple[str, str]]:
        """The preference pairs to make of traces: the variant of the traces, and the kind of pair."""
        kinds = {(arm.variant, kind) for arm in self.arms for stage in arm.stages for kind in stage.pairs}
        return sorted((variant, kind) for variant, kind in kinds if kind in PAIRS)

    def for_arm(self, arm: Arm, stage: Stage | None = None) -> Recipe:
        """The recipe with the overrides of one arm, and of one of its stages if given."""
        overrides = arm.set | (stage.set if stage else {})
        budget = stage.budget if stage else 1
        if not overrides and budget == 1:
            return self
        settings = self.model_dump(mode="json")
        for key, value in overrides.items():
            set_key(settings, key, value)
        if budget != 1:
            settings["training"]["tokens"] = round(settings["training"]["tokens"] * budget)
        return Recipe.model_validate(settings)

    def arm(self, name: str) -> Arm:
        """The arm of this name."""
        for arm in self.arms:
            if arm.name == name:
                return arm
        raise unknown_name("arm", name, [arm.name for arm in self.arms])

    @property
    def seeds(self) -> list[int]:
        """The training seeds of every arm."""
        return self.training.seeds or [self.seed]

    def replicas(self, arms: Sequence[Arm] | None = None) -> list[Replica]:
        """Each of these arms with each training seed; every arm if None."""
        return [
            Replica(arm, seed, seed == self.seeds[0], self.for_arm(arm).base.model is not None)
            for arm in (self.arms if arms is None else arms)
            for seed in self.seeds
        ]

    def replica(self, name: str) -> Replica:
        """The replica of this name."""
        by_name = {replica.name: replica for replica in self.replicas()}
        if name not in by_name:
            raise unknown_name("arm", name, by_name)
        return by_name[name]

    def stage_names(self) -> list[str]:
        """The stages of all arms, without repeats: each after the stages that come before it in an arm."""
        depths: dict[str, int] = {}
        # The longest chain of stages passes through each name at most once.
        for _ in range(sum(len(arm.stages) for arm in self.arms)):
            before = dict(depths)
            for arm in self.arms:
                depth = -1
                for stage in arm.stages:
                    depth = depths[stage.name] = max(depths.get(stage.name, 0), depth + 1)
            if depths == before:
                break
        return sorted(depths, key=lambda name: depths[name])

    def comparisons(self) -> list[tuple[str, str]]:
        """The pairs of arms to compare: those in `compare`, then those in `claims`."""
        claimed = [(claim.first.arm, claim.second.arm) for claim in map(parse_claim, self.claims)]
        return list(dict.fromkeys([*self.compare, *((one, two) for one, two in claimed if one != two)]))


def set_key(settings: dict[str, Any], key: str, value: Any) -> None:
    """Sets one dotted key of plain settings. Whether the key exists is validated later.

    Raises:
        InputError: a part of the key holds a value instead of a section.
    """
    *path, last = key.split(".")
    for part in path:
        section = settings.setdefault(part, {})
        if not isinstance(section, dict):
            raise InputError(f"--set {key}: {part} is a value, not a section")
        settings = section
    settings[last] = value

"""The schema of results.json, the results of a run. `train.evaluation.metrics_schema` has the rules.

results = read_results(Path("runs/laptop"))
results.arms["journey"]["sft"].pass_1
results.paired["journey-shortcut"]["sft"].delta
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

from journey.errors import InputError
from journey.runs.store import write_json
from train.analysis.judging import Verdict
from train.analysis.law_schema import LawFigures
from train.evaluation.metrics_schema import (
    IfMeasured,
    LevelAccuracy,
    LossChange,
    Methods,
    PlantedFigures,
    PrecisionFigures,
    Reading,
    Recovery,
    RouterLayer,
    SampledAccuracy,
    Schema,
    SetAccuracy,
    read_schema,
)

RESULTS_FILE = "results.json"
StageKey = tuple[str, str]
"""An arm and a stage."""


class Seconds(Schema):
    """The wall-clock time of a run, in seconds."""

    generate: float
    train: float
    eval: float
    total: float


class StageFigures(Schema):
    """The figures of one arm after one stage, of all training seeds together."""

    pass_1: float
    """The share of problems solved by one greedy output; the mean of the seeds."""
    ci95: tuple[float, float]
    """The 95 % interval of `pass_1`."""
    n: int
    """Problems."""
    clusters: int
    """Groups of problems that share their structure."""
    seeds: list[int]
    """The training seeds."""
    mean_new_tokens: float
    """Tokens generated for an output, the end of sequence included."""
    unfinished: float
    """The share of outputs that the token cap cut off."""
    longest_context: IfMeasured[float] = None
    """Tokens of an output's longest context, the prompt included; the mean."""
    clean: IfMeasured[float] = None
    """The share of outputs in which every line is proved."""
    verified: IfMeasured[float] = None
    """The share of outputs that are clean and right."""
    reading: IfMeasured[Reading] = None
    """For models that read problems from pictures."""
    levels: dict[str, LevelAccuracy]
    sampled: IfMeasured[SampledAccuracy] = None
    recovery: Recovery
    flops_per_answer: IfMeasured[float] = None
    """Floating-point operations of a greedy answer and of reading its prompt; the mean."""
    methods: IfMeasured[Methods] = None
    planted: IfMeasured[PlantedFigures] = None
    planted_own: IfMeasured[PlantedFigures] = None
    """After wrong steps that a model wrote."""
    sets: IfMeasured[dict[str, SetAccuracy]] = None
    forgotten: IfMeasured[dict[str, LossChange]] = None
    precision: IfMeasured[dict[str, PrecisionFigures]] = None
    """By precision, float32 first."""
    router: IfMeasured[dict[str, RouterLayer]] = None
    """Of a mixture of experts, by layer."""
    by_seed: list[float]
    """`pass_1` of each training seed."""
    iqm: IfMeasured[float] = None
    """The interquartile mean of `by_seed`; None for one seed."""
    same_as: IfMeasured[str] = None
    """The arm whose model this stage shares, because both arms began alike."""
    parameters: IfMeasured[int] = None
    """Of the model."""
    active_parameters: IfMeasured[int] = None
    """Those of them that compute a token: without the inactive experts."""
    cache_bytes: IfMeasured[int] = None
    """Bytes of the keys and values that are cached for a token."""
    curve: IfMeasured[dict[str, list[tuple[int, float]]]] = None
    """By seed: training tokens seen, and the share of validation problems solved by then."""
    curve_problems: IfMeasured[int] = None
    """Validation problems that the curve is measured on."""
    tokens_to: IfMeasured[dict[str, dict[str, int | None]]] = None
    """By share and seed: the training tokens after which that share was first solved; None for never."""
    converged: bool | None
    """None if too little was measured to tell."""
    why: str
    """The reason for `converged`, in words."""
    train_tokens: IfMeasured[int] = None
    """Training tokens seen, in supervised stages."""
    examples_seen: IfMeasured[int] = None
    epochs: IfMeasured[float] = None
    pairs: IfMeasured[int] = None
    """Preference pairs trained on."""
    outputs: IfMeasured[int] = None
    """Outputs generated and rewarded in training, or sampled for it."""
    generated_tokens: IfMeasured[int] = None
    """Tokens of the outputs that were sampled for training."""
    accepted: IfMeasured[int] = None
    """Those of the outputs that the checker accepted."""
    problems: IfMeasured[int] = None
    """Different problems trained on."""
    train_flops: IfMeasured[int] = None
    """Floating-point operations of this stage's training."""
    curve_seconds: IfMeasured[float] = None
    """Seconds of the training that measuring the curve took."""

    def on_set(self, name: str | None) -> StageFigures | SetAccuracy:
        """The figures on another set of problems; without a name, those on the held-out problems."""
        return self if name is None else (self.sets or {})[name]


class Difference(Schema):
    """A paired difference (`train.statistics.comparison.Paired`), in shares of the problems."""

    delta: float
    ci95: tuple[float, float]
    p: float
    n: int
    clusters: int
    seeds: int
    by_seed: list[float]
    iqm: float | None
    improvement: float | None
    """The probability that the first side is better for two random seeds; None for one seed."""
    improvement_ci95: tuple[float, float] | None


class _After(Schema):
    # A base of its own, so that the key comes first in the file.
    before: str
    """The stage that it is compared with."""


class StageChange(Difference, _After):
    """What a later stage changed: it minus the stage before."""


class JudgedClaim(Schema):
    """A claim and its verdict (`train.analysis.judging`)."""

    claim: str
    """As the recipe has it."""
    verdict: Verdict
    delta: float
    """The first side minus the second, in the metric's unit."""
    ci95: tuple[float, float]
    """Of this claim alone."""
    n: int
    """Problems; 0 if the claim was not measured."""
    clusters: int
    seeds: int
    p: float
    """Two-sided, of this claim alone."""
    p_holm: float
    """Corrected for the other claims of the recipe. The verdict rests on it."""
    minimum_detectable: float | None
    """The smallest true difference that this design detects with a power of 80 %."""
    needs: str | None
    """What would decide an undecided claim."""
    note: str | None
    """What a reader must know about the verdict."""
    registered: Literal["before training", "after training"] | None
    """None if the run has no registration."""


class RegistrationFigures(Schema):
    """When the claims were registered (`train.recipe.registration`)."""

    claims_sha256: str
    recipe_sha256: str
    recipe_changes: int
    """Changes of the recipe after the first model was trained."""
    withdrawn: list[str]
    """Claims that the recipe no longer makes."""


class TunedSetting(Schema):
    """How one setting was chosen (`train.recipe.tuning`)."""

    key: str
    values: list[Any]
    """The values that every arm tried."""
    set: str | None = None
    """The set of problems that decided; None for the validation problems."""
    seed: int
    trials: dict[str, list[float]]
    """By arm: the share of validation problems solved with each value."""
    best: dict[str, Any]
    """By arm."""
    used: dict[str, Any]
    """By arm."""


class TeacherFigures(Schema):
    """What the search that wrote the traces solves."""

    solved: float
    """Without a token cap."""
    within_budget: float
    """Under the token cap of the models: their ceiling."""
    mean_new_tokens: float
    """Of the problems solved."""


class Teacher(TeacherFigures):
    """The same for all problems and for each level."""

    levels: dict[str, TeacherFigures]


class ExampleCounts(Schema):
    """The training examples of an arm."""

    kept: int
    truncated: int
    dropped: int


class StageRow(NamedTuple):
    """The figures of an arm after a stage, with their names."""

    arm: str
    stage: str
    figures: StageFigures


class Results(Schema):
    """results.json."""

    recipe: str
    split: str
    """The problems that the models were evaluated on: held-out or validation."""
    seconds: Seconds
    arms: dict[str, dict[str, StageFigures]]
    """By arm and stage, in the recipe's order."""
    paired: dict[str, dict[str, Difference]]
    """By FIRST-SECOND and stage: the first arm minus the second."""
    stage_changes: dict[str, dict[str, StageChange]]
    """By arm and later stage."""
    claims: list[JudgedClaim]
    registration: RegistrationFigures | None
    tuning: list[TunedSetting]
    teacher: Teacher
    counts: dict[str, ExampleCounts]
    """By arm, of its first stage."""
    law: IfMeasured[LawFigures] = None
    """The scaling law of rounding, if the recipe has one."""

    def rows(self) -> Iterator[StageRow]:
        """The figures of every arm after every stage."""
        for arm, stages in self.arms.items():
            for stage, figures in stages.items():
                yield StageRow(arm, stage, figures)

    def distinct_rows(self) -> Iterator[StageRow]:
        """The rows without those that share the model of another arm."""
        return (row for row in self.rows() if row.figures.same_as is None)

    def compared_stages(self) -> dict[str, str]:
        """By arm: the stage that arms are compared on.

        It is the first stage in which no arm shares the model of another. An arm that has no such stage is
        compared by its last one, and so is an arm that samples outputs for its own training: its rounds
        belong together.
        """
        shared = {row.stage for row in self.rows() if row.figures.same_as is not None}
        rounds = {row.arm for row in self.rows() if row.figures.generated_tokens is not None}
        return {
            arm: next(
                (stage for stage in stages if stage not in shared and arm not in rounds), list(stages)[-1]
            )
            for arm, stages in self.arms.items()
            if stages
        }

    def compared_figures(self) -> dict[str, StageFigures]:
        """By arm: the figures of the stage that arms are compared on."""
        return {arm: self.arms[arm][stage] for arm, stage in self.compared_stages().items()}

    def level_names(self) -> list[str]:
        """The levels of the held-out problems, lowest first."""
        return sorted({level for row in self.rows() for level in row.figures.levels}, key=int)


def write_results(run: Path, results: Results) -> None:
    """Writes results.json into a run folder."""
    write_json(run / RESULTS_FILE, results.to_json())


def read_results(run: Path) -> Results:
    """Reads results.json of a run folder.

    Raises:
        InputError: there is none yet, or it does not fit the schema.
    """
    if not (run / RESULTS_FILE).exists():
        raise InputError(f"{run} has no {RESULTS_FILE} yet. Finish the run with `journey run --out {run}`")
    return read_schema(run / RESULTS_FILE, Results, f"Rebuild it with `journey report {run}`")

"""The schema of metrics.json, what one model scored, and the base of every schema of results.

Files are written and read through these models alone. A key that is missing, unknown or of the wrong type is
an InputError that names the file and the key. A key that is absent from a file was not measured, and is None
here; a share of nothing is null in the file.

`journey run` writes evals/ARM-STAGE/metrics.json, and `journey eval --out` writes metrics.json.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from journey.errors import InputError
from journey.runs.store import SCHEMA_VERSION, encode, read_json, write_json

METRICS_FILE = "metrics.json"
KEYS = {"pass_1": "pass@1", "pass_k": "pass@k"}
"""The keys of fields whose key is no identifier."""

T = TypeVar("T")
S = TypeVar("S", bound="Schema")
IfMeasured = Annotated[T | None, Field(exclude_if=lambda value: value is None)]
"""The type of a field that is left out of the file if it is None."""
Fate = Literal["noticed", "left", "answered", "open"]


class Schema(BaseModel):
    """The base of all models of results."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=lambda name: KEYS.get(name, name),
        validate_by_name=True,
        serialize_by_alias=True,
    )

    def to_json(self) -> dict[str, Any]:
        """The JSON object that stands in a file."""
        return {"schema_version": SCHEMA_VERSION, **self.model_dump(mode="json")}


class SampledAccuracy(Schema):
    """What several sampled outputs a problem solve."""

    n: int
    """Problems."""
    samples: int
    """Outputs drawn for each problem."""
    mean_new_tokens: float
    pass_k: dict[str, float]
    """By k: the chance that one of k samples is right."""


class Reading(Schema):
    """How a model reads problems from pictures, by the prompt with which its outputs begin."""

    misread: float
    """The share of outputs that begin with another prompt than the problem's."""
    right_if_read: float | None
    """The share of right answers among the outputs that read the problem right; None if there are none."""
    right_if_misread: float | None
    """The same among those that misread it."""


class GreedyAccuracy(Schema):
    """What one greedy output a problem solves."""

    pass_1: float
    """The share of problems solved."""
    ci95: tuple[float, float]
    """The 95 % interval of `pass_1`."""
    n: int
    """Problems."""
    clusters: int
    """Groups of problems that share their structure."""
    seeds: int
    """The number of training seeds."""
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
    """For a model that reads problems from pictures."""


class LevelAccuracy(GreedyAccuracy):
    """The accuracy on the problems of one level."""

    sampled: IfMeasured[SampledAccuracy] = None


class Accuracy(GreedyAccuracy):
    """The accuracy on a set of problems."""

    levels: dict[str, LevelAccuracy]
    sampled: IfMeasured[SampledAccuracy] = None


class SetAccuracy(Accuracy):
    """The accuracy on another set of problems than the held-out ones."""

    unreadable: float
    """The share of problems with a word that the model's vocabulary lacks."""
    by_seed: IfMeasured[list[float]] = None
    """In results.json: `pass_1` of each training seed."""


class RecoveryShare(Schema):
    """A share of `train.evaluation.recovery`."""

    count: int
    share: float | None
    """`count` of `n`; None if `n` is 0."""
    ci95: tuple[float, float]
    n: int
    """How many could have been counted: outputs, errors or notices."""
    clusters: int
    seeds: int


class RecoveryFigures(Schema):
    """What models do after an error (`train.evaluation.recovery.SHARES` defines the shares)."""

    error: RecoveryShare
    noticed: RecoveryShare
    left: RecoveryShare
    answered: RecoveryShare
    right_noticed: RecoveryShare
    right_left: RecoveryShare
    false_alarms: RecoveryShare
    unproved: RecoveryShare
    unreadable: RecoveryShare
    fates: dict[Fate, int]
    """What became of the first error of each output."""
    counts: dict[str, int]
    """Everything that was counted."""


class Recovery(RecoveryFigures):
    """The same for all problems and for each level."""

    levels: dict[str, RecoveryFigures]


class MethodAccuracy(Schema):
    """What a method of decoding solves."""

    solved: float
    ci95: tuple[float, float]
    n: int
    clusters: int
    seeds: int
    tokens: float
    """The mean of all tokens generated for a problem."""


class MethodFigures(MethodAccuracy):
    """The same for all problems and for each level."""

    levels: dict[str, MethodAccuracy]


class PlantedShare(Schema):
    """A share of the outputs that continue after a planted error."""

    share: float | None
    ci95: tuple[float, float]
    n: int
    clusters: int
    seeds: int


class PlantedFigures(Schema):
    """What models do with a planted error (`train.evaluation.decoding.planted`)."""

    n: int
    noticed: PlantedShare
    solved: PlantedShare
    solved_if_noticed: PlantedShare
    tokens: float
    """The mean of the tokens generated after the planted step."""


class PrecisionFigures(GreedyAccuracy):
    """What a model scores with its matrices rounded (`train.models.rounding`)."""

    loss: float
    """On held-out traces of the arm, in nats per token."""
    degradation: float
    """`loss` less that in float32."""
    weights: int
    """Weights that are rounded: those of all matrices but the embeddings and the output layer."""
    changed: float
    """The share of these that rounding changed."""


class LossChange(Schema):
    """The loss on texts of an earlier training."""

    tokens: int
    before: float
    """Nats per token, before training."""
    after: float
    """Nats per token, after training."""


class RouterExplained(Schema):
    """How much of a router's choice something explains (`train.evaluation.routing`)."""

    share: float
    """Of the entropy of the chosen experts."""
    chance: float | None
    """The largest share that shuffled labels explained; None where nothing was shuffled."""


class RouterLayer(Schema):
    """What the router of one layer does with the model's own outputs (`train.evaluation.routing`).

    Each load is the share of the choices that fell on each expert. Experts of two seeds do not correspond to
    each other, so in results.json the loads are those of the first seed.
    """

    balance: float
    """The entropy of the load, as a share of that of an even load."""
    dead: float
    """Experts that are hardly ever chosen."""
    load: list[float]
    families: dict[str, list[float]]
    """The load of the tokens of each family of problems."""
    lines: dict[str, list[float]]
    """The load of the tokens of each kind of line."""
    explained: dict[str, RouterExplained]
    """By what explains it."""


Methods = dict[str, dict[str, MethodFigures]]
"""By method, and by the samples or tokens that it may use."""


class ModelMetrics(Accuracy):
    """metrics.json: what one model scored."""

    unread: IfMeasured[float] = None
    """From `journey eval`: the share of finished outputs in which no answer could be read."""
    recovery: Recovery
    flops_per_answer: IfMeasured[float] = None
    """Floating-point operations of a greedy answer and of reading its prompt; the mean."""
    methods: IfMeasured[Methods] = None
    planted: IfMeasured[PlantedFigures] = None
    planted_own: IfMeasured[PlantedFigures] = None
    """After wrong steps that a model wrote."""
    sets: IfMeasured[dict[str, SetAccuracy]] = None
    """By the name of the set."""
    forgotten: IfMeasured[dict[str, LossChange]] = None
    precision: IfMeasured[dict[str, PrecisionFigures]] = None
    """By precision, float32 first."""
    """By the file of earlier texts, or `heldout`."""
    router: IfMeasured[dict[str, RouterLayer]] = None
    """Of a mixture of experts, by layer."""


def write_metrics(folder: Path, metrics: ModelMetrics) -> None:
    """Writes metrics.json into a folder."""
    write_json(folder / METRICS_FILE, metrics.to_json())


def read_metrics(folder: Path) -> ModelMetrics:
    """Reads metrics.json of a folder.

    Raises:
        InputError: there is none, or it does not fit the schema.
    """
    return read_schema(folder / METRICS_FILE, ModelMetrics, "Remove it and evaluate the model again")


def read_schema(path: Path, kind: type[S], remedy: str) -> S:
    """Reads a file of a schema.

    Files from before `schema_version` was written are of version 1.

    Raises:
        InputError: the file cannot be read, or it does not fit the schema; the message names the first key
            that does not fit and how many more there are.
    """
    content = read_json(path)
    if not isinstance(content, dict):
        raise InputError(f"{path} does not hold an object. {remedy}")
    version = content.pop("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise InputError(f"{path} has schema version {version}, not {SCHEMA_VERSION}. {remedy}")
    try:
        # In strict mode a list is no tuple, unless the input is JSON.
        return kind.model_validate_json(encode(content), strict=True, by_name=False, by_alias=True)
    except ValidationError as fault:
        first, *others = fault.errors(include_url=False)
        key = ".".join(map(str, first["loc"]))
        more = f" ({len(others)} more keys do not fit)" if others else ""
        raise InputError(f"{path}: {key}: {first['msg']}{more}. {remedy}") from fault

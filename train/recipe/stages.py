"""The arms of a recipe and their training stages: what each stage trains on, and how.

stages:
  - {kind: sft, name: first, data: {families: [diophantine]}}
  - {kind: continue, name: second, data: [{families: [derivative]}, {from: first, share: 0.05}]}
  - {kind: rejection, name: round1, samples: 8}
  - {kind: dpo, name: tuned1, pairs: [sampled], samples: 8}
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from journey.errors import unknown_name
from train.recipe.settings import Section

Kind = Literal["sft", "continue", "rejection", "dpo", "grpo", "rloo"]
"""The kinds of training stage."""
SUPERVISED = ("sft", "continue", "rejection")
"""The kinds that learn texts. They use the options of the recipe's block `sft`."""
TRACES, OUTPUTS, PROMPTS = "traces", "outputs", "prompts"
"""The origins of training texts that are neither an earlier stage, a kind of trace nor a file."""
TEXT_FILE = ".jsonl"
"""The suffix by which an origin is a file."""
SAMPLED = "sampled"
"""The kind of pair whose sides are outputs of the stage's start model."""


class Source(Section):
    """Where training texts of a stage come from, and which of them to take."""

    origin: str = Field(default=TRACES, alias="from")
    """`traces` (the arm's own), a kind of trace, `prompts` (problems without a solution, to learn to read
    their pictures), `outputs` (those that a rejection stage keeps), an earlier supervised stage of the arm
    (what it trained on), another arm (its traces or its spoilt corpus, as its filters leave them), or a
    .jsonl file with `prompt` and `completion`."""
    share: float | None = Field(default=None, gt=0, le=1)
    """Share of the stage's training tokens. null: what the other sources leave."""
    families: list[str] = Field(default=[])
    """Take only problems of these families. Default: all."""
    levels: list[Annotated[int, Field(ge=1, le=5)]] = Field(default=[])
    """Take only problems of these levels. Default: all."""
    part: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(gt=0, le=1)]] | None = None
    """Of the training problems that remain, in their order, take those between these two shares, such as
    [0, 0.5] for the first half."""

    @property
    def is_file(self) -> bool:
        """Whether its texts are read from a file of the user's."""
        return self.origin.endswith(TEXT_FILE)

    @property
    def words(self) -> str:
        """The source in words, without its share.

        >>> Source.model_validate({"families": ["linear"], "levels": [4, 5]}).words
        'traces of linear at levels 4, 5'
        """
        words = self.origin
        words += f" of {', '.join(self.families)}" if self.families else ""
        words += f" at levels {', '.join(map(str, self.levels))}" if self.levels else ""
        words += f" from {self.part[0]:.4g} to {self.part[1]:.4g} of the problems" if self.part else ""
        return words

    @property
    def filters(self) -> bool:
        """Whether it takes only some problems."""
        return bool(self.families or self.levels or self.part)


class Average(Section):
    """Models whose weights are averaged into the one that a stage saves (Wortsman et al. 2022).

    All of them start from one checkpoint: models from different random weights have no useful average.
    """

    branches: int = Field(default=1, gt=0)
    """Train this many models from the stage's start. Each gets an equal part of the stage's tokens, pairs or
    steps, and an order of its own."""
    stages: list[str] = Field(default=[])
    """Earlier stages of the arm whose models are averaged in, such as earlier rounds."""

    @property
    def off(self) -> bool:
        """Whether nothing is averaged."""
        return self.branches == 1 and not self.stages

    @property
    def words(self) -> str:
        """What is averaged, in words.

        >>> Average(branches=3, stages=["round1"]).words
        '3 branches, round1'
        """
        return ", ".join([f"{self.branches} branch{'es' * (self.branches > 1)}", *self.stages])


class Stage(Section):
    """One training of an arm. It starts from the base or from the model of the stage before."""

    kind: Kind
    """sft (supervised, from the base), continue (supervised, from the stage before, with a schedule of its
    own), rejection (supervised, on the start model's own outputs that the checker accepts), dpo (preference
    pairs), grpo or rloo (rewards)."""
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Name of the stage in folders and results. Default: its kind."""
    data: list[Source] = Field(default=[Source()], min_length=1)
    """Where its training texts come from: one source, or several with their shares of the training tokens.
    Default: the arm's traces; for `rejection`, outputs for all problems. Kinds that are not supervised take
    the problems of one source."""
    budget: float = Field(default=1, gt=0)
    """For supervised stages: training tokens as a multiple of `training.tokens`."""
    samples: int = Field(default=8, gt=0)
    """For `rejection` and `sampled` pairs: maximum number of outputs to sample per problem."""
    generated: float | None = Field(default=None, gt=0)
    """For the same: stop sampling after the output that reaches this many generated tokens, as a multiple of
    `training.tokens`. All problems get their first output before any gets its second. null: no limit."""
    accept: Literal["verified", "right"] = "verified"
    """Which outputs count as right: those whose lines are all proved too, or all that are graded right."""
    choose: Literal["shortest", "all", "random"] = "shortest"
    """For `rejection`: train on the shortest right output per problem, on all different ones, or, as a
    control, on a random finished one that may be wrong."""
    pairs: list[str] = Field(default=[])
    """For `dpo`: kinds of preference pair."""
    rewards: list[Literal["answer", "steps", "verified"]] = Field(default=["answer"])
    """For `grpo` and `rloo`: answer (1 if graded right), steps (share of steps that are right or noticed),
    verified (1 if right and every line is proved). Several are added."""
    credit: Literal["answer", "steps"] = "answer"
    """For `grpo`: answer gives each token its output's advantage, steps that of its line in the graph of the
    outputs (`train.trainers.step_credit`)."""
    average: Average = Average()
    """Average the weights of several models into the one that this stage saves. Default: no."""
    settings: dict[str, Any] = Field(default={})
    """Overrides for the recipe's block of this kind; passed to TRL's configuration."""
    set: dict[str, Any] = Field(default={})
    """Overrides of adapter, training and pairs keys for this stage, such as `adapter.kind: lora`."""

    @model_validator(mode="before")
    @classmethod
    def _fill_in_defaults(cls, data: Any) -> Any:
        """Accepts a kind alone, names a stage after its kind, and trains a rejection stage on its outputs."""
        if isinstance(data, str):
            data = {"kind": data}
        if not isinstance(data, dict):
            return data
        of_kind = {"data": [{"from": OUTPUTS}]} if data.get("kind") == "rejection" else {}
        return {"name": data.get("kind"), **of_kind, **data}

    @field_validator("data", mode="before")
    @classmethod
    def _as_list(cls, data: Any) -> Any:
        """Accepts a source that is not in a list, and an origin alone."""
        sources = data if isinstance(data, list) else [data]
        return [{"from": each} if isinstance(each, str) else each for each in sources]

    @property
    def supervised(self) -> bool:
        """Whether it learns texts."""
        return self.kind in SUPERVISED

    @property
    def block(self) -> str:
        """The recipe's block with its options for TRL."""
        return "sft" if self.supervised else self.kind

    @property
    def has_curve(self) -> bool:
        """Whether its learning curve can be measured: its last point is the model that the stage saves."""
        return self.supervised and self.average.off

    @property
    def reads_traces(self) -> bool:
        """Whether what it trains on depends on the kind of the arm's traces."""
        return any(source.origin != PROMPTS for source in self.data)

    @property
    def samples_outputs(self) -> bool:
        """Whether its start model samples the outputs that it trains on."""
        return self.kind == "rejection" or SAMPLED in self.pairs

    @property
    def data_words(self) -> str:
        """What it trains on, in words, with the shares of several sources.

        >>> data = ["traces", {"from": "sft", "share": 0.05}]
        >>> Stage.model_validate({"kind": "continue", "data": data}).data_words
        '95 % traces, 5 % sft'
        """
        if len(self.data) == 1:
            return self.data[0].words
        pairs = zip(self.shares, self.data, strict=True)
        return ", ".join(f"{100 * share:.4g} % {source.words}" for share, source in pairs)

    @property
    def shares(self) -> list[float]:
        """The share of each source of `data`. They add up to 1 (`train.recipe.validate_stages`)."""
        rest = 1 - sum(source.share or 0 for source in self.data)
        return [rest if source.share is None else source.share for source in self.data]


class Arm(Section):
    """One trained variant. Everything not listed here is the same for all arms."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Name of the arm in folders and results."""
    traces: str
    """Kind of trace to train on."""
    stages: list[Stage] = Field(default=[Stage(kind="sft", name="sft")], min_length=1)
    """Training stages in order. Default: `sft` alone."""
    set: dict[str, Any] = Field(default={})
    """Overrides of recipe keys for this arm, such as `traces.wrong_turns: 2`."""

    @property
    def variant(self) -> str:
        """The name of the arm's traces: their kind and the arm's overrides of the walk."""
        walk = {key.removeprefix("traces."): self.set[key] for key in self.set if key.startswith("traces.")}
        return ",".join([self.traces, *(f"{key}={value}" for key, value in sorted(walk.items()))])

    def stage(self, name: str) -> Stage:
        """The stage of this name."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise unknown_name(f"stage of {self.name}", name, [stage.name for stage in self.stages])

    def before(self, stage: Stage) -> Sequence[Stage]:
        """The stages before this one."""
        return self.stages[: self.stages.index(stage)]

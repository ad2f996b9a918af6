"""The sections of a recipe: what each key means, and which values it may have.

The words under a key are its help, as `journey recipes show NAME` prints it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from journey.errors import unknown_name
from traces.chat import Chat
from traces.filters import Limits


class Section(BaseModel):
    """A part of a recipe: immutable, and without unknown keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_default=True, use_attribute_docstrings=True
    )


class Problems(Section):
    """What is drawn."""

    families: dict[str, float] = Field(min_length=1)
    """The share of each family."""
    levels: list[int] = Field(min_length=1)
    """From 1 to 5; drawn evenly from this list, so a level that is said twice comes twice as often."""
    train: int = Field(ge=0)
    """How many to train on."""
    validation: int = Field(ge=0)
    """For choosing settings; never the held-out problems."""
    heldout: int = Field(ge=0)
    """How many every model is measured on."""


class SearchSettings(Section):
    """How problems are explored."""

    strategy: str
    """depth, breadth, best, beam or mcts."""
    mistakes: float = Field(ge=0, le=1)
    """The share of moves before which a mistake is proposed."""
    steps: int = Field(gt=0)
    """The most steps checked for one problem."""
    solutions: int = Field(gt=0)
    """Stop after this many goals."""
    steps_after_mistake: int = Field(ge=0)
    """How many steps beyond a wrong one are explored."""
    workers: int = Field(gt=0)
    """Processes."""
    nodes: int | None = Field(default=None, gt=0)
    """The most states of one problem."""
    depth: int | None = Field(default=None, gt=0)
    """How many steps from the start are gone on from."""
    seconds: float | None = Field(default=None, gt=0)
    """Of the clock for one problem; results then depend on the machine."""
    proposer: str = "symbolic"
    """symbolic, model:DIR, server:URL#MODEL or replay:FILE."""
    output: Literal["solution", "line"] = "solution"
    """What a model is asked for: whole outputs, whose steps become the graph, or next lines in each state."""
    samples: int = Field(default=4, gt=0)
    """Texts that a model is asked for at a time."""
    temperature: float = Field(default=1.0, ge=0)
    """Of their sampling."""


class TraceSettings(Section):
    """How graphs are walked (`traces.walks.WalkSettings`)."""

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


class Size(Section):
    """Of a model from scratch: a Llama architecture with grouped-query attention."""

    hidden: int = Field(gt=0)
    """Numbers that stand for a token."""
    layers: int = Field(gt=0)
    """Blocks of attention and feed-forward network."""
    heads: int = Field(gt=0)
    """Heads of attention, of queries."""
    kv_heads: int = Field(gt=0)
    """Heads of keys and values, each shared by `heads / kv_heads` of queries (Ainslie et al. 2023)."""
    intermediate: int = Field(gt=0)
    """The width of the feed-forward network."""


SIZES = {
    "0.4M": Size(hidden=128, layers=2, heads=4, kv_heads=4, intermediate=384),
    "0.7M": Size(hidden=128, layers=3, heads=4, kv_heads=4, intermediate=384),
    "3M": Size(hidden=256, layers=4, heads=4, kv_heads=2, intermediate=768),
    "17M": Size(hidden=512, layers=6, heads=8, kv_heads=4, intermediate=1344),
    "85M": Size(hidden=768, layers=12, heads=12, kv_heads=4, intermediate=2400),
}
"""By the parameters that they have, the vocabulary not counted."""


class Base(Section):
    """The model every arm starts from: of random weights, or pretrained."""

    model: str | None = None
    """A pretrained causal language model, by path or by its name on the Hub; null is from scratch."""
    chat: Chat | None = None
    """For instruct models: problems are asked through the chat template; with think, all but the last line of
    an answer stands between think tags."""
    size: Literal["0.4M", "0.7M", "3M", "17M", "85M"] | Size = "0.7M"
    """From scratch: a named size, or hidden, layers, heads, kv_heads and intermediate."""
    context: int = Field(gt=0)
    """The longest text in tokens. A problem with a longer trace in any arm is dropped from all."""
    numbers: int = Field(ge=9)
    """From scratch: whole numbers up to this one are one token each; larger ones are spelled in digits."""

    @property
    def sizes(self) -> Size:
        """The numbers that the size stands for."""
        return SIZES[self.size] if isinstance(self.size, str) else self.size


class Adapter(Section):
    """What of the base is trained: all of it, or low-rank updates of its matrices.

    LoRA (Hu et al. 2021), DoRA (Liu et al. 2024), QLoRA (Dettmers et al. 2023: a base in 4 bits, which needs
    a GPU). Every stage has an adapter of its own, merged into the model that the stage leaves.
    """

    kind: Literal["full", "lora", "dora", "qlora"] = "full"
    """full trains every weight; the others train low-rank updates."""
    rank: int = Field(default=16, gt=0)
    """Of the updates."""
    alpha: int = Field(default=32, gt=0)
    """The update counts alpha / rank."""
    dropout: float = Field(default=0, ge=0, lt=1)
    """Of what goes into the updates."""
    targets: str | list[str] = "all-linear"
    """The matrices that have one, as PEFT names them."""
    apart: bool = False
    """Keep the adapter beside the merged model too, in adapter/."""


class Training(Section):
    """What every arm is given, the same for all."""

    tokens: int = Field(gt=0)
    """Training tokens seen by each arm (prompt and completion, padding not counted)."""
    batch_tokens: int = Field(gt=0)
    """Tokens a batch; batches hold texts of like length."""
    precision: Literal["float32", "bfloat16"]
    """Of the computation. bfloat16 keeps float32 copies that the updates accumulate in."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """Of supervised fine-tuning. muon orthogonalizes the updates of the matrices (Jordan et al. 2024) and
    leaves embeddings, norms and biases to AdamW; both use the learning rate and weight decay of `sft`."""
    loss_on: Literal["all", "sound"] = "all"
    """sound leaves the lines of wrong steps out of the loss: a model reads them, and does not learn to make
    them."""
    side_by_side: bool
    """Train as many arms at a time as there are cores, each on one."""
    seeds: list[int] | None = Field(default=None, min_length=1)
    """Each arm is trained once with each of these, on the same problems; the recipe's own seed if null."""


class PairSettings(Section):
    """How many preference pairs each arm gets in all, whatever kinds it uses."""

    count: int = Field(ge=0)
    """The most that a stage is trained on."""
    batch: int = Field(gt=0)
    """Pairs at a time."""
    rollouts: int = Field(default=8, gt=0)
    """For `pivotal` pairs: how often a model is asked to finish from each line of its own solutions."""
    threshold: float = Field(default=0.2, gt=0, le=1)
    """For `pivotal` pairs: the least change of its share of right answers (Phi-4's)."""


Kind = Literal["sft", "dpo", "grpo", "rloo"]
"""Of a stage."""


class Stage(Section):
    """One training of an arm, from the base or from what the stage before it left."""

    kind: Kind
    """Supervised, on preference pairs, or from rewards."""
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Of its folder and in the results; the kind, if nothing is said."""
    pairs: list[str] = []
    """For `dpo`: the kinds of preference pair."""
    rewards: list[Literal["answer", "steps"]] = ["answer"]
    """For `grpo` and `rloo`: 1 for an answer that is graded right; the share of sound or noticed steps."""
    families: list[str] = []
    """Only problems of these; of all that the recipe draws if nothing is said."""
    settings: dict[str, Any] = {}
    """On top of the recipe's block of this kind; goes whole into TRL's config."""
    set: dict[str, Any] = {}
    """Keys of adapter, training and pairs that are other for this stage, such as `adapter.kind: lora`."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:
        """A kind alone stands for a stage of its name."""
        if isinstance(given, str):
            given = {"kind": given}
        return {"name": given.get("kind"), **given} if isinstance(given, dict) else given


class Arm(Section):
    """One trained variant. Whatever is not said here is the same for all arms."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Of its folders and in the results."""
    traces: str
    """The kind of trace it is trained on."""
    stages: list[Stage] = Field(default=[Stage(kind="sft", name="sft")], min_length=1)
    """What it goes through, in order: `sft` alone if nothing is said."""
    set: dict[str, Any] = {}
    """Keys of the recipe that are other for this arm, such as `traces.wrong_turns: 2`."""

    @property
    def variant(self) -> str:
        """The name of its traces: their kind, and what is other about their walk."""
        walk = {key.removeprefix("traces."): self.set[key] for key in self.set if key.startswith("traces.")}
        return ",".join([self.traces, *(f"{key}={value}" for key, value in sorted(walk.items()))])

    def stage(self, name: str) -> Stage:
        """The stage of this name."""
        for stage in self.stages:
            if stage.name == name:
                return stage
        raise unknown_name(f"stage of {self.name}", name, [stage.name for stage in self.stages])


class Methods(Section):
    """Other ways to spend tokens on a problem than one output (`train.decoding`); by default none."""

    problems: int = Field(default=0, ge=0)
    """How many of the held-out problems they are asked. Votes are over what `samples` draws."""
    budgets: list[Annotated[int, Field(gt=0)]] = []
    """Tokens for a problem in all: each is a mark of `beam` and of `tree`."""
    width: int = Field(default=4, gt=0)
    """Outputs that beam and tree go on with at a time."""
    branch: int = Field(default=4, gt=0)
    """Lines that they draw for each."""
    minimum: list[Annotated[int, Field(ge=0)]] = []
    """Tokens before a conclusion is let stand: each is a mark of budget forcing."""
    planted: bool = False
    """Whether outputs are begun with a wrong step, to see if it is noticed."""

    @property
    def outputs(self) -> int:
        """How many answers all of them come to, at most; those chosen among samples are not counted."""
        return self.problems * (2 * bool(self.budgets) + len(self.minimum) + self.planted)


class ProblemSet(Section):
    """Problems to ask besides the held-out ones; greedy, for pass@1."""

    count: int = Field(gt=0)
    """How many."""
    families: list[str] = []
    """Without any, the recipe's."""
    levels: list[Annotated[int, Field(ge=1, le=5)]] = []
    """Without any, the one above the hardest that is trained on."""


class Grid(Section):
    """Values of one key, each tried by some arms on validation problems (`journey tune`)."""

    key: str
    """The key that varies, such as `sft.learning_rate`."""
    values: list[Any] = Field(min_length=2)
    """The same for every arm, so that every arm has the same number of trials."""
    arms: list[str] = []
    """The arms that try them; all arms by default."""
    seed: int = Field(default=1000, ge=0)
    """Of the training of each trial; none of `training.seeds`."""
    trials: dict[str, list[float]] = {}
    """By arm: pass@1 on the validation problems after training with each value. `journey tune` prints it."""


class Curve(Section):
    """Learning curves (`train.curve`): what a model solves on its way, greedy, of validation problems."""

    points: int = Field(default=0, ge=0)
    """Points of each supervised stage, evenly spaced in training tokens: the last is the finished model. The
    model that the stage starts from is one more. With 0 no curve is measured."""
    problems: int = Field(default=200, gt=0)
    """The most validation problems that are asked at each point, of the stage's families; a recipe without
    any has no curve."""


class Evaluation(Section):
    """How models are measured."""

    split: Literal["heldout", "validation"] = "heldout"
    """The problems every model is measured on. Choose settings on `validation`."""

    max_new_tokens: int = Field(gt=0)
    """The cap for every arm; an unfinished output is wrong."""
    batch: int = Field(gt=0)
    """Problems asked at a time."""
    samples: dict[str, int]
    """By arm, how many outputs are sampled for pass@k; an arm that is missing is not sampled."""
    sampled_problems: int = Field(ge=0)
    """How many of the held-out problems are sampled."""
    temperature: float = Field(gt=0)
    """Of sampled outputs."""
    methods: Methods = Methods()
    """Other ways to spend tokens on a problem."""
    sets: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], ProblemSet] = {}
    """Other problems by name, such as {harder: {count: 200}}."""
    earlier: list[str] = []
    """Files of held-out texts of what the base was trained on before: the loss on them, before and after;
    `heldout` is what an arm's first stage was trained on, and before is then what that stage left."""
    curve: Curve = Curve()
    """Learning curves, on validation problems; by default none."""

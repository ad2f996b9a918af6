"""The sections of a recipe: what each key means, and which values it accepts.

The docstring under a key is its help; `journey recipes show NAME` prints it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from traces.chat import Chat
from traces.pictures import SIDES


class Section(BaseModel):
    """A part of a recipe. Immutable; unknown keys are refused."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        validate_default=True,
        use_attribute_docstrings=True,
        serialize_by_alias=True,
    )


def optional(default: Any, **bounds: Any) -> Any:
    """A key that a recipe's record leaves out if it has its default, so that older records stay equal."""
    return Field(default=default, exclude_if=lambda value: value == default, **bounds)


Precision = Literal["float32", "bfloat16", "int8", "int7", "int6", "int5", "int4", "int3", "int2"]
"""Precisions of the weights of a model's matrices (`train.models.rounding`)."""
FULL: Precision = "float32"
Bounds = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]


class Problems(Section):
    """The problems to draw."""

    families: dict[str, float] = Field(min_length=1)
    """The share of each family."""
    levels: list[int] = Field(min_length=1)
    """Levels from 1 to 5, drawn evenly from this list: a level listed twice is drawn twice as often."""
    numbers: Bounds | None = None
    """Draw only problems whose largest number lies between these two. null: all problems."""
    sampling: dict[str, dict[str, int | bool]] = Field(default={}, exclude_if=lambda value: not value)
    """For a family: options of its `sample`, such as {countdown: {count: 4, largest: 99, uniform: true}}.
    They apply to the three splits below, not to `evaluation.sets`."""
    train: int = Field(ge=0)
    """Number of training problems."""
    validation: int = Field(ge=0)
    """Number of validation problems. Use them, never the held-out ones, to choose settings."""
    heldout: int = Field(ge=0)
    """Number of held-out problems. Every model is measured on them."""
    picture: int | None = optional(None, ge=SIDES.start, lt=SIDES.stop)
    """Side in pixels of the pictures of problems (`traces.pictures`), for bases with `base.vision`. null: no
    pictures."""


class SearchSettings(Section):
    """How problems are explored."""

    strategy: str
    """The search strategy: depth, breadth, best, beam or mcts."""
    mistakes: float = Field(ge=0, le=1)
    """Share of moves before which the proposer inserts a mistake."""
    steps: int = Field(gt=0)
    """Maximum number of steps checked per problem."""
    solutions: int = Field(gt=0)
    """Stop a search after this many solutions."""
    steps_after_mistake: int = Field(ge=0)
    """Number of steps to explore after a wrong step."""
    workers: int = Field(gt=0)
    """Number of worker processes."""
    lookahead: int = Field(default=0, ge=0, exclude_if=lambda value: not value)
    """For the symbolic proposer: a state from which every line of play ends within this many moves is decided
    at a glance. If it is hopeless, nothing is tried there; if not, only what leads to the goal."""
    prune: bool = Field(default=False, exclude_if=lambda value: not value)
    """For the symbolic proposer: moves to states that the family calls out of reach are left out if these are
    hopeless, and tried last if not."""
    nodes: int | None = Field(default=None, gt=0)
    """Maximum number of states per problem."""
    depth: int | None = Field(default=None, gt=0)
    """Maximum depth: states further from the start are not expanded."""
    seconds: float | None = Field(default=None, gt=0)
    """Time limit per problem in seconds. With a limit, results depend on the machine."""
    proposer: str = "symbolic"
    """Where steps come from: symbolic, model:DIR, server:URL#MODEL or replay:FILE."""
    output: Literal["solution", "line"] = "solution"
    """What a model generates: a full solution, whose steps become the graph, or the next line of a state."""
    samples: int = Field(default=4, gt=0)
    """Number of texts to sample per request."""
    temperature: float = Field(default=1.0, ge=0)
    """Sampling temperature."""


class TraceSettings(Section):
    """How graphs become traces (`traces.walks.WalkSettings`)."""

    wrong_turns: int = Field(ge=0)
    """Maximum number of wrong turns at each state of the solution path."""
    total: int | None = Field(default=None, ge=0)
    """Maximum number of wrong turns per trace."""
    depth: int | None = Field(gt=0)
    """Number of steps before a wrong turn is noticed. 1: at once. null: when no step is left."""
    mistakes: float = Field(ge=0, le=1)
    """Share of the explored mistakes that journeys contain."""
    mistaken: float | None = Field(default=None, ge=0, le=1)
    """Share of journeys with exactly one mistake, if one was explored. null: `mistakes` decides."""
    mistakes_from: str | None = None
    """For an arm: take the mistakes from another arm's model. After the first stage of that arm, its model
    writes `search.samples` outputs per training problem, and its refuted steps are the explored mistakes."""
    dead_ends: float = Field(default=1, ge=0, le=1)
    """Share of the explored dead ends that journeys contain."""
    fast: float = Field(default=0.5, ge=0, le=1)
    """Of `mixed` traces: the share of problems whose trace is the shortcut."""
    dropped: float = Field(default=0.5, ge=0, le=1)
    """Of `mixed` traces: the share of the journeys that lack about half of their wrong turns."""
    restart: bool = False
    """Restart the path from the beginning after a wrong turn."""
    style: str = "terse"
    """terse (for models from scratch), stated (terse, with the state after each step) or prose (English and
    LaTeX, for pretrained models)."""
    kinds: list[str] = ["shortcut", "journey", "stream"]
    """Kinds of trace to write in addition to those that the arms use."""


class Size(Section):
    """The size of a model trained from scratch: a Llama with grouped-query attention."""

    hidden: int = Field(gt=0)
    """Hidden size."""
    layers: int = Field(gt=0)
    """Number of layers."""
    heads: int = Field(gt=0)
    """Number of attention heads."""
    kv_heads: int = Field(gt=0)
    """Number of key and value heads, each shared by `heads / kv_heads` query heads (Ainslie et al. 2023)."""
    intermediate: int = Field(gt=0)
    """Width of the feed-forward network, or of each of its experts."""


class Experts(Section):
    """A sparse base: each feed-forward network is a mixture of experts (Jiang et al. 2024, section 2.1)."""

    count: int = Field(gt=0)
    """Number of experts in each layer."""
    active: int = Field(gt=0)
    """Number of experts that compute a token. A router chooses them for each token and layer."""

    @model_validator(mode="after")
    def _enough(self) -> Experts:
        if self.active > self.count:
            raise ValueError(f"active is {self.active}, but there are only {self.count} experts")
        return self


SIZES = {
    "0.4M": Size(hidden=128, layers=2, heads=4, kv_heads=4, intermediate=384),
    "0.7M": Size(hidden=128, layers=3, heads=4, kv_heads=4, intermediate=384),
    "3M": Size(hidden=256, layers=4, heads=4, kv_heads=2, intermediate=768),
    "17M": Size(hidden=512, layers=6, heads=8, kv_heads=4, intermediate=1344),
    "85M": Size(hidden=768, layers=12, heads=12, kv_heads=4, intermediate=2400),
}
"""Sizes named by their number of parameters, without the vocabulary."""


class Vision(Section):
    """How a base reads a picture: an encoder of patches in front of the language model.

    Two ways of NVLM (Dai et al. 2024), as transformers' AyaVision and Mllama have them
    (`train.models.vision_bases`).
    """

    kind: Literal["sequence", "cross_attention"] = optional("sequence")
    """sequence: patches become tokens of the sequence. cross_attention: gated layers between those of the
    language model attend to the patches."""
    patch: int = Field(default=8, gt=0)
    """Side of a patch in pixels."""
    merge: int = Field(default=2, gt=0)
    """For sequence: patches along each side of the square that becomes one token."""
    every: int = optional(1, gt=0)
    """For cross_attention: layers of the language model before each layer that attends to the patches."""
    hidden: int = Field(default=96, gt=0)
    """Hidden size of the encoder."""
    layers: int = Field(default=2, gt=0)
    """Number of its layers."""
    heads: int = Field(default=4, gt=0)
    """Number of its attention heads."""
    intermediate: int = Field(default=256, gt=0)
    """Width of its feed-forward network."""

    @property
    def unit(self) -> int:
        """Side in pixels of what becomes one token or feature. A picture is a number of whole ones."""
        return self.patch * (self.merge if self.kind == "sequence" else 1)


class Base(Section):
    """The model every arm starts from: random weights, or pretrained."""

    model: str | None = None
    """Path or Hub name of a pretrained causal language model. null: train from scratch."""
    chat: Chat | None = None
    """For instruct models: use the chat template. `think` also puts all but the last line of an answer in
    think tags; `plain` does not."""
    size: Literal["0.4M", "0.7M", "3M", "17M", "85M"] | Size = "0.7M"
    """Size of a model from scratch: a named size, or hidden, layers, heads, kv_heads and intermediate."""
    experts: Experts | None = optional(None)
    """For models from scratch: count and active of a mixture of experts. null: a dense model."""
    context: int = Field(gt=0)
    """Maximum text length in tokens. A problem with a longer trace in one arm is dropped for all arms."""
    numbers: int = Field(ge=9)
    """For models from scratch: numbers up to this one are one token each, larger ones one token per digit."""
    phrases: list[str] = Field(default=[], exclude_if=lambda value: not value)
    """For models from scratch: texts that are one token each. None should go on past the end of a line."""
    vision: Vision | None = optional(None)
    """For models from scratch: how problems are read from pictures of `problems.picture` pixels. The model
    first writes the prompt that it reads, then solves it. null: the prompt is given as text."""

    @property
    def sizes(self) -> Size:
        """The size, with a named size looked up."""
        return SIZES[self.size] if isinstance(self.size, str) else self.size


class Adapter(Section):
    """Which weights are trained: all of them, or low-rank updates of the matrices.

    LoRA (Hu et al. 2021), DoRA (Liu et al. 2024), QLoRA (Dettmers et al. 2023: a base in 4 bits, which needs
    a GPU). Each stage trains its own adapter and merges it into the model that it saves.
    """

    kind: Literal["full", "lora", "dora", "qlora"] = "full"
    """full trains every weight; the others train low-rank updates."""
    rank: int = Field(default=16, gt=0)
    """Rank of the updates."""
    alpha: int = Field(default=32, gt=0)
    """Updates are scaled by alpha / rank."""
    dropout: float = Field(default=0, ge=0, lt=1)
    """Dropout on the input of the updates."""
    targets: str | list[str] = "all-linear"
    """Matrices to adapt, as PEFT names them. `all-linear` includes experts, but never the router."""
    embeddings: bool = False
    """Also train the token embeddings and the output layer. New words cannot be learned without."""
    apart: bool = False
    """Also save the adapter alone, in the folder adapter/ of the merged model."""


class Training(Section):
    """Training settings shared by all arms."""

    tokens: int = Field(gt=0)
    """Training tokens seen by each arm: prompt and completion, without padding and tokens of pictures."""
    batch_tokens: int = Field(gt=0)
    """Tokens per batch. A batch holds texts of similar length."""
    precision: Precision
    """float32 or bfloat16: the precision of the computation. With bfloat16, updates accumulate in float32
    master weights. int8 to int2: supervised stages compute in float32 and round the matrices in each forward
    pass (quantization-aware training). The saved model is not rounded: `evaluation.precision` measures it."""
    optimizer: Literal["adamw", "muon"] = "adamw"
    """Optimizer of supervised fine-tuning. muon orthogonalizes the updates of matrices (Jordan et al. 2024);
    AdamW updates embeddings, norms and biases. Both use the learning rate and weight decay of `sft`."""
    loss_on: Literal["all", "sound"] = "all"
    """all, or sound to leave lines of wrong steps out of the loss: the model reads them but does not learn
    to write them."""
    side_by_side: bool
    """Train arms in parallel: one per GPU, or one per core without a GPU."""
    seeds: list[int] | None = Field(default=None, min_length=1)
    """Train each arm once with each of these seeds, on the same problems. null: the recipe's own seed."""


class PairSettings(Section):
    """Preference pairs, the same number for every arm."""

    count: int = Field(ge=0)
    """Maximum number of pairs per dpo stage."""
    batch: int = Field(gt=0)
    """Pairs per batch."""
    rollouts: int = Field(default=8, gt=0)
    """For pivotal pairs: number of completions from which a success rate is estimated."""
    threshold: float = Field(default=0.2, gt=0, le=1)
    """For pivotal pairs: minimum change in the success rate. Phi-4 does not state its own."""
    rates: tuple[float, float] = optional((0.2, 0.8))
    """For pivotal pairs: only problems with a success rate between these two."""
    fresh_rollouts: int = optional(32, gt=0)
    """For pivotal pairs: number of new completions from which each change is estimated again."""


class Grid(Section):
    """Values of one key, each tried by some arms on validation problems (`journey tune`)."""

    key: str
    """The key to tune, such as `sft.learning_rate`."""
    values: list[Any] = Field(min_length=2)
    """The values to try, the same for every arm."""
    arms: list[str] = []
    """The arms that try the values. Default: all arms."""
    set: str | None = None
    """The set of `evaluation.sets` that decides, of the validation split. null: the validation problems."""
    seed: int = Field(default=1000, ge=0)
    """Training seed of the trials. It must not be one of `training.seeds`."""
    trials: dict[str, list[float]] = {}
    """For each arm, pass@1 on these validation problems for each value. `journey tune` prints this."""

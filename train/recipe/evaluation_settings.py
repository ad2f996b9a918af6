"""The section `evaluation` of a recipe: what models are asked, and what is measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from train.recipe.settings import FULL, Bounds, Precision, Section, optional


class Methods(Section):
    """Other ways to spend tokens on a problem (`train.evaluation.decoding`). Default: none."""

    problems: int = Field(default=0, ge=0)
    """Number of held-out problems for these methods. Majority votes use the outputs of `samples`."""
    budgets: list[Annotated[int, Field(gt=0)]] = Field(default=[])
    """Token budgets per problem for `beam` and `tree`."""
    width: int = Field(default=4, gt=0)
    """Number of outputs that beam and tree keep."""
    branch: int = Field(default=4, gt=0)
    """Number of lines to sample for each of them."""
    minimum: list[Annotated[int, Field(ge=0)]] = Field(default=[])
    """Minimum output lengths in tokens for budget forcing: earlier conclusions are suppressed."""
    modes: list[Literal["fast", "slow"]] = Field(default=[])
    """Modes to ask models of `mixed` traces for, and no others. By themselves these models choose."""
    planted: bool = False
    """Start outputs with a wrong step and measure whether the model notices it."""
    planted_from: str | None = None
    """Also start outputs with a wrong step that this arm's model wrote after its first stage."""

    def outputs(self, modes: bool) -> int:
        """Maximum number of answers of all methods, excluding those chosen among samples."""
        planted = self.planted + (self.planted_from is not None) + modes * len(self.modes)
        return self.problems * (2 * bool(self.budgets) + len(self.minimum) + planted)


class ProblemSet(Section):
    """Another set of evaluation problems, answered greedily for pass@1."""

    count: int = Field(gt=0)
    """Number of problems."""
    file: str | None = Field(default=None, exclude_if=lambda value: value is None)
    """Take the problems from this file, spread evenly over it, instead of drawing them. Its rows are as
    `journey eval --problems FILE` reads them."""
    instruction: str = Field(default="", exclude_if=lambda value: not value)
    """Added to each prompt of this set."""
    families: list[str] = Field(default=[])
    """Families to draw from. Default: the recipe's."""
    levels: list[Annotated[int, Field(ge=1, le=5)]] = Field(default=[])
    """Levels to draw from. Default: one level above the hardest training level."""
    numbers: Bounds | None = None
    """Draw only problems whose largest number lies between these two. null: all problems."""


class Curve(Section):
    """Learning curves: greedy accuracy on validation problems during training."""

    points: int = Field(default=0, ge=0)
    """Number of points per supervised stage, evenly spaced in training tokens. The last point is the finished
    model; the starting model is one more point. 0 measures no curve."""
    problems: int = Field(default=200, gt=0)
    """Maximum number of validation problems per point, from the stage's families."""


class Evaluation(Section):
    """How models are measured."""

    split: Literal["heldout", "validation"] = "heldout"
    """The split that every model is measured on. Use `validation` to choose settings."""
    max_new_tokens: int = Field(gt=0)
    """Maximum number of tokens per output, the same for every arm. An unfinished output is wrong."""
    batch: int = Field(gt=0)
    """Number of problems decoded at a time."""
    samples: dict[str, int]
    """Number of outputs sampled per problem for pass@k, by arm. Arms not listed are not sampled."""
    sampled_problems: int = Field(ge=0)
    """Number of held-out problems to sample outputs for."""
    temperature: float = Field(gt=0)
    """Sampling temperature."""
    methods: Methods = Methods()
    """Other ways to spend tokens on a problem."""
    sets: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")], ProblemSet] = Field(default={})
    """Other problem sets by name, such as {harder: {count: 200}}."""
    earlier: list[str] = Field(default=[])
    """Files with texts of earlier training, to measure how much the loss on them rises from the base to each
    stage. `heldout`: the held-out texts of an arm's first stage, compared with the model of that stage."""
    precision: list[Precision] = optional([])
    """Also measure each model with its matrices rounded to these precisions after training: its outputs, and
    its loss on held-out traces. The computation stays in float32. Embeddings, output layer, norms and biases
    are not rounded (`train.models.rounding`)."""
    curve: Curve = Curve()
    """Learning curves on validation problems. Default: none."""

    @property
    def rounded(self) -> list[Precision]:
        """The precisions that models are rounded to."""
        return [each for each in self.precision if each != FULL]

"""The claims of a recipe, such as `journey > shortcut on pass@1`. `train.analysis.judging` tests them.

    A > B on METRIC                 A is better than B
    A > B by 30 on pass@1           by more than 30 points
    A ~ B within 2 on pass@1        the difference is less than 2 points in either direction
    A.dpo > A.sft on pass@1         a stage is named after a dot; the default is the arm's last stage
    A > B on pass@1 in harder       on another problem set
    A > B on best_of_n@4 against pass@1     the metric of A, then the metric of B
    A < B on tokens_to(0.9)         A needs fewer training tokens to solve 90 %
    A > B on pass@1 at the budget   after the recipe's training tokens, whether or not training has converged
    A > B on pass@1 at 4M tokens    the same; refused if the recipe's budget differs

`train.recipe.metrics` lists the metrics. For `tokens`, `context`, `unfinished`, `misread`, `forgotten`,
`degradation`, `lost` and `tokens_to` lower is better, so their claims use `<`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from journey.errors import InputError
from train.recipe.metrics import PATTERN, Metric, parse_metric

if TYPE_CHECKING:
    from train.recipe.stages import Arm, Stage


_SIDE = r"([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?"
_AMOUNT = r"[0-9][0-9,]*(?:\.[0-9]+)? ?[kM]?"
_CLAIM = re.compile(
    rf"{_SIDE} *([<>~]) *{_SIDE}(?: +(?:by|within) +([0-9]+(?:\.[0-9]+)?))? +on +"
    rf"({PATTERN})(?: +against +({PATTERN}))?(?: +at +(the budget|{_AMOUNT} tokens))?"
)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a claim."""

    arm: str
    stage: str | None
    """None: the arm's last stage."""


@dataclass(frozen=True, slots=True)
class RecipeClaim:
    """A claim about the difference between two sides."""

    text: str
    first: Side
    second: Side
    relation: Literal["<", ">", "~"]
    margin: float
    """In the metric's unit: a fraction, tokens, or nats."""
    metric: str
    """The metric of the first side."""
    against: str
    """The metric of the second side, usually the same one."""
    at_budget: bool = False
    """Whether the claim is about the models after the recipe's training tokens, converged or not."""
    tokens: int | None = None
    """The number of training tokens, if the claim states one."""

    @property
    def sides(self) -> tuple[tuple[Side, Metric], tuple[Side, Metric]]:
        """Each side with its metric."""
        return (self.first, parse_metric(self.metric)), (self.second, parse_metric(self.against))

    @property
    def bounded(self) -> bool:
        """Whether differences lie between -1 and 1."""
        return parse_metric(self.metric).bounded


def parse_claim(text: str) -> RecipeClaim:
    """Parses the text of a claim.

    >>> claim = parse_claim("journey > shortcut by 30 on pass@1")
    >>> claim.first.arm, claim.relation, claim.second.arm, claim.margin, claim.metric
    ('journey', '>', 'shortcut', 0.3, 'pass@1')

    Raises:
        InputError: the text is not a claim. The message shows an example.
    """
    match = _CLAIM.fullmatch(text.strip())
    if match is None:
        raise InputError(f"not a claim: {text!r}. An example is `journey > shortcut by 30 on pass@1`")
    one, one_stage, relation, two, two_stage, margin, metric, against, budget = match.groups()
    against = against or metric
    if relation == "~" and margin is None:
        raise InputError(f"{text!r} needs a margin, such as `{one} ~ {two} within 2 on {metric}`")
    if (one, one_stage, metric) == (two, two_stage, against):
        raise InputError(f"{text!r} compares {one} with itself")
    units = parse_metric(metric).unit, parse_metric(against).unit
    if units[0] != units[1]:
        raise InputError(f"{text!r} compares {units[0]} with {units[1]}: use metrics with the same unit")
    size = round(float(margin or 0) / parse_metric(metric).scale, 12)
    sides = Side(one, one_stage), Side(two, two_stage)
    tokens = _tokens(budget) if budget and budget[0].isdecimal() else None
    symbol = cast(Literal["<", ">", "~"], relation)
    return RecipeClaim(text.strip(), *sides, symbol, size, metric, against, budget is not None, tokens)


def _tokens(text: str) -> int:
    """Parses a number of tokens.

    >>> _tokens("4M tokens"), _tokens("1.8 M tokens"), _tokens("30,000 tokens")
    (4000000, 1800000, 30000)
    """
    number = text.removesuffix(" tokens").replace(",", "")
    unit = {"k": 1e3, "M": 1e6}.get(number[-1], 1)
    return round(float(number.rstrip(" kM")) * unit)


def stage_of(arm: Arm, side: Side, metric: Metric) -> Stage:
    """The stage of an arm that one side of a claim is about.

    It is the stage that the claim names. The default is the last stage; for `tokens_to`, the last stage with
    a learning curve.

    Raises:
        InputError: the arm has no such stage.
    """
    if side.stage is not None:
        stage = arm.stage(side.stage)
    elif metric.share is None:
        return arm.stages[-1]
    else:
        stage = next((stage for stage in reversed(arm.stages) if stage.has_curve), arm.stages[-1])
    if metric.share is not None and not stage.has_curve:
        raise InputError(
            f"{stage.name} of {arm.name} has no learning curve: only supervised stages that average no "
            "models have one"
        )
    return stage

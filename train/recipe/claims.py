"""The claims of a recipe: `journey > shortcut on pass@1`. `train.analysis.judging` decides them.

    A > B on METRIC                 A is better
    A > B by 30 on pass@1           by more than 30 points
    A ~ B within 2 on pass@1        they differ by less than 2 points, either way
    A.dpo > A.sft on pass@1         a stage of an arm is named after a dot; without one it is the last
    A > B on pass@1 in harder       on another set of problems
    A > B on best_of_n@4 against pass@1     the first side by one metric, the second by another
    A < B on tokens_to(0.9)         A needs fewer training tokens to solve 90 %
    A > B on pass@1 at the budget   as the arms stand after the recipe's training tokens, converged or not;
    A > B on pass@1 at 4M tokens    the same, and refused where the recipe's budget is another

METRIC is any of `train.recipe.metrics`. Of `tokens`, `unfinished`, `forgotten` and `tokens_to` less is
better, so a claim says `<`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from journey.errors import InputError
from train.recipe.metrics import PATTERN, Metric, parse_metric

if TYPE_CHECKING:
    from train.recipe.settings import Arm, Stage


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
    """The arm's last stage if None."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim about the difference of two arms."""

    text: str
    first: Side
    second: Side
    relation: Literal["<", ">", "~"]
    margin: float
    """In the metric's own unit: a share of 1, tokens, or nats."""
    metric: str
    """Of the first side."""
    against: str
    """Of the second side; most often the same."""
    at_budget: bool = False
    """It is about the arms as they stand after the recipe's training tokens."""
    tokens: int | None = None
    """The training tokens that it names, if it does so in figures."""

    @property
    def measured(self) -> tuple[tuple[Side, Metric], tuple[Side, Metric]]:
        """Each side with what it is measured by."""
        return (self.first, parse_metric(self.metric)), (self.second, parse_metric(self.against))

    @property
    def bounded(self) -> bool:
        """Whether the metric is a share, so that differences lie between -1 and 1."""
        return parse_metric(self.metric).unit == "points"


def parse_claim(text: str) -> Claim:
    """A claim from its text.

    >>> claim = parse_claim("journey > shortcut by 30 on pass@1")
    >>> claim.first.arm, claim.relation, claim.second.arm, claim.margin, claim.metric
    ('journey', '>', 'shortcut', 0.3, 'pass@1')

    Raises:
        InputError: it is not a claim, with an example of one.
    """
    found = _CLAIM.fullmatch(text.strip())
    if found is None:
        raise InputError(f"not a claim: {text!r}. Say for example `journey > shortcut by 30 on pass@1`")
    one, one_stage, relation, two, two_stage, margin, metric, against, budget = found.groups()
    against = against or metric
    if relation == "~" and margin is None:
        raise InputError(f"{text!r} needs a margin: say for example `{one} ~ {two} within 2 on {metric}`")
    if (one, one_stage, metric) == (two, two_stage, against):
        raise InputError(f"{text!r} compares {one} with itself")
    units = parse_metric(metric).unit, parse_metric(against).unit
    if units[0] != units[1]:
        raise InputError(f"{text!r} compares {units[0]} with {units[1]}: take two metrics of one unit")
    size = round(float(margin or 0) / parse_metric(metric).scale, 12)
    sides = Side(one, one_stage), Side(two, two_stage)
    tokens = _tokens(budget) if budget and budget[0].isdecimal() else None
    related = cast(Literal["<", ">", "~"], relation)
    return Claim(text.strip(), *sides, related, size, metric, against, budget is not None, tokens)


def _tokens(text: str) -> int:
    """A number of tokens.

    >>> _tokens("4M tokens"), _tokens("1.8 M tokens"), _tokens("30,000 tokens")
    (4000000, 1800000, 30000)
    """
    number = text.removesuffix(" tokens").replace(",", "")
    unit = {"k": 1e3, "M": 1e6}.get(number[-1], 1)
    return round(float(number.rstrip(" kM")) * unit)


def stage_of(arm: Arm, side: Side, metric: Metric) -> Stage:
    """The stage of an arm that one side of a claim is about.

    The one that it names, else the last; for `tokens_to` the last that has a learning curve.

    Raises:
        InputError: the arm has no such stage.
    """
    if side.stage is not None:
        named = arm.stage(side.stage)
    elif metric.share is None:
        return arm.stages[-1]
    else:
        named = next((stage for stage in reversed(arm.stages) if stage.kind == "sft"), arm.stages[-1])
    if metric.share is not None and named.kind != "sft":
        raise InputError(f"{named.name} of {arm.name} has no learning curve: only sft stages have one")
    return named

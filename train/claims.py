"""Claims that are judged: `journey > shortcut on pass@1` ends as supported, contradicted or undecided.

    A > B on METRIC                 A is better: the interval of A - B lies above 0
    A > B by 30 on pass@1           by more than 30 points
    A ~ B within 2 on pass@1        they differ by less than 2 points, either way
    A.dpo > A.sft on pass@1         stages of arms are named after a dot; the last one if nothing is said
    A > B on pass@1 in harder       on another set of problems, or by any other metric of `train.metrics`
    A > B on best_of_n@4 against pass@1     the first side by one metric, the second by another
    A < B on tokens_to(0.9)         A needs fewer training tokens to solve 90 %
    A > B on pass@1 at the budget   as the arms stand after the recipe's training tokens, ripe or not;
    A > B on pass@1 at 4M tokens    the same, and refused where the recipe's budget is another

Of `tokens`, `unfinished`, `forgotten` and `tokens_to` less is better, so a claim says `<`. As a step is
valid, wrong or unknown, a claim is *supported* if the whole 95 % interval says so, *contradicted* if the
whole interval says otherwise, and else *undecided*.

A claim that names no budget is about what the arms come to. Where one of them is not converged
(`train.convergence`) it is undecided, whatever its interval. A claim about `tokens_to` is about the way
there, and needs no converged arm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

from journey.errors import InputError
from train.metrics import PATTERN, Metric, parse_metric

if TYPE_CHECKING:
    from train.settings import Arm, Stage

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"
MOST = 1_000_000
"""More problems or seeds than anyone will pay for."""

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


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a claim ended."""

    claim: str
    verdict: str
    """supported, contradicted or undecided."""
    delta: float
    """Mean of the first side minus the second, in the metric's unit."""
    ci95: tuple[float, float]
    n: int
    """Problems."""
    seeds: int
    needs: str | None
    """What would decide an undecided claim, if the difference is what was measured."""
    note: str | None = None
    """What must be known to read the verdict: why a claim is not ripe, say."""


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


def judge(
    claim: Claim, differences: NDArray[np.float64], delta: float, ci95: tuple[float, float]
) -> Judgement:
    """The verdict on a claim.

    Args:
        claim: what is claimed.
        differences: of the two sides, first minus second; shape (seeds, problems).
        delta: their mean.
        ci95: its interval.
    """
    seeds, n = differences.shape
    verdict = _verdict(claim, *ci95)
    needs = _needs(claim, differences, delta) if verdict == UNDECIDED else None
    return Judgement(claim.text, verdict, delta, ci95, n, seeds, needs)


def unjudged(claim: Claim, why: str) -> Judgement:
    """The verdict on a claim about what turned out not to be measured: nothing is known."""
    return Judgement(claim.text, UNDECIDED, 0.0, (-1.0, 1.0), 0, 0, why)


def _verdict(claim: Claim, low: float, high: float) -> str:
    """By where the interval lies.

    >>> claim = parse_claim("a > b by 10 on pass@1")
    >>> [_verdict(claim, *interval) for interval in ((0.11, 0.2), (-0.1, 0.09), (0.0, 0.2))]
    ['supported', 'contradicted', 'undecided']
    """
    margin = claim.margin
    if claim.relation == "<":
        low, high = -high, -low
    if claim.relation == "~":
        if -margin < low and high < margin:
            return SUPPORTED
        return CONTRADICTED if low > margin or high < -margin else UNDECIDED
    if low > margin:
        return SUPPORTED
    return CONTRADICTED if high < margin else UNDECIDED


def _edges(claim: Claim) -> Sequence[float]:
    """The differences at which the claim begins to hold."""
    if claim.relation == "~":
        return (-claim.margin, claim.margin)
    return (claim.margin if claim.relation == ">" else -claim.margin,)


def _needs(claim: Claim, differences: NDArray[np.float64], delta: float) -> str:
    """How many problems, or else seeds, bring the interval off the edge, if nothing else changes.

    The variance of the mean of a crossed design: s²/S + p²/N + e²/SN, its parts estimated by two-way
    analysis of variance (Searle, Casella & McCulloch 1992).
    """
    seeds, n = differences.shape
    gap = min(abs(delta - edge) for edge in _edges(claim))
    target = (gap / 1.96) ** 2
    by_seed, by_problem = differences.mean(axis=1), differences.mean(axis=0)
    if seeds == 1:
        between_seeds, problem = 0.0, float(differences.var(ddof=1)) if n > 1 else 0.0
        rest = 0.0
    else:
        residual = differences - by_seed[:, None] - by_problem[None, :] + delta
        rest = float((residual**2).sum() / max(1, (seeds - 1) * (n - 1)))
        between_seeds = max(0.0, float(by_seed.var(ddof=1)) - rest / n)
        problem = max(0.0, float(by_problem.var(ddof=1)) - rest / seeds) if n > 1 else 0.0

    def needed(fixed: float, shrinking: float) -> float:
        return shrinking / (target - fixed) if target > fixed else float("inf")

    problems = needed(between_seeds / seeds, problem + rest / seeds)
    if isfinite(problems) and n < problems <= MOST:
        return f"about {_round(problems):,} problems instead of {n:,}"
    more = needed(problem / n, between_seeds + rest / n)
    if seeds > 1 and isfinite(more) and seeds < more <= 1000:
        return f"about {ceil(more):,} seeds instead of {seeds}"
    if seeds == 1:
        return "more seeds: one says nothing about how training varies"
    return "more problems and seeds than anyone will pay for"


def _round(number: float) -> int:
    """Upwards, to two digits.

    >>> _round(1234.5)
    1300
    """
    unit: int = 10 ** max(0, len(str(int(number))) - 2)
    return ceil(number / unit) * unit

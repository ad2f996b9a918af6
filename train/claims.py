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
valid, wrong or unknown, a claim is *supported* if a test rejects that it does not hold, *contradicted* if one
rejects that it holds, and else *undecided*.

A recipe's claims are tested together. Each has one two-sided p (`train.hypotheses`), and those are corrected
for being several (Holm 1979), so that the chance to decide any of them wrongly is at most 5 % in all, however
the tests depend on each other. The interval beside a claim is its own, not corrected: with several claims it
may lie off the edge, and the claim be undecided. That a claim is never decided in the wrong *direction* more
often than that is proved for independent tests (Shaffer 1980).

A claim that names no budget is about what the arms come to. Where one of them is not converged
(`train.convergence`) it is undecided, whatever its interval. A claim about `tokens_to` is about the way
there, and needs no converged arm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from journey.errors import InputError
from train.hypotheses import minimum_detectable, needed, p_values, two_sided
from train.metrics import PATTERN, Metric, parse_metric
from train.resampling import Estimate
from train.stats import ALPHA, holm

if TYPE_CHECKING:
    from train.settings import Arm, Stage

SUPPORTED, CONTRADICTED, UNDECIDED = "supported", "contradicted", "undecided"

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


@dataclass(frozen=True, slots=True)
class Judgement:
    """How a claim ended."""

    claim: str
    verdict: str
    """supported, contradicted or undecided."""
    delta: float
    """Mean of the first side minus the second, in the metric's unit."""
    ci95: tuple[float, float]
    """Of this claim alone."""
    n: int
    """Problems."""
    clusters: int
    """Sets of problems that share their structure."""
    seeds: int
    p: float
    """Two-sided, of this claim alone."""
    p_holm: float
    """The same, corrected for the recipe's other claims: the verdict's."""
    minimum_detectable: float | None
    """The smallest true difference that this design finds with a power of 80 %, in the metric's unit."""
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


def judge(claim: Claim, found: Estimate, p_holm: float, level: float = ALPHA) -> Judgement:
    """The verdict on a claim.

    Args:
        claim: what is claimed.
        found: the difference of the two sides, first minus second.
        p_holm: of the claim (`two_sided`), corrected for the other claims.
        level: that an uncorrected p must not be above for the claim to be decided.
    """
    verdict = UNDECIDED
    if p_holm <= ALPHA:
        fails, holds = p_values(claim, found)
        verdict = SUPPORTED if fails < holds else CONTRADICTED
    bounds = (-1.0, 1.0) if claim.bounded else (float("-inf"), float("inf"))
    return Judgement(
        claim=claim.text,
        verdict=verdict,
        delta=found.mean,
        ci95=found.interval(*bounds),
        n=found.n,
        clusters=found.clusters,
        seeds=found.seeds,
        p=two_sided(claim, found),
        p_holm=p_holm,
        minimum_detectable=minimum_detectable(claim, found, level),
        needs=needed(claim, found, level) if verdict == UNDECIDED else None,
    )


def judge_together(measured: Sequence[tuple[Claim, Estimate | str]], family: int = 0) -> list[Judgement]:
    """The verdicts on the claims of a recipe, corrected for each other.

    Args:
        measured: each claim with the difference of its sides, or with why there is none.
        family: how many claims there are in all, if some cannot be tested; each of those has a p of 1.

    >>> from train.resampling import Cells, estimate
    >>> import numpy as np
    >>> found = estimate(Cells.of(np.array([[1.0, 0.0, 1.0] * 9]), [str(n) for n in range(27)]))
    >>> claims = [parse_claim(f"a > b by {margin} on pass@1") for margin in (0, 55, 90)]
    >>> [judged.verdict for judged in judge_together([(claim, found) for claim in claims])]
    ['supported', 'undecided', 'contradicted']
    """
    p_alone = [1.0 if isinstance(found, str) else two_sided(claim, found) for claim, found in measured]
    p_all = holm([*p_alone, *[1.0] * (family - len(p_alone))])
    # The p at which Holm's procedure stopped: what is undecided would have been decided below it.
    level = ALPHA / max(1, sum(p > ALPHA for p in p_all))
    return [
        unjudged(claim, found) if isinstance(found, str) else judge(claim, found, p_holm, level)
        for (claim, found), p_holm in zip(measured, p_all, strict=False)
    ]


def unjudged(claim: Claim, why: str) -> Judgement:
    """The verdict on a claim about what turned out not to be measured: nothing is known."""
    return Judgement(claim.text, UNDECIDED, 0.0, (-1.0, 1.0), 0, 0, 0, 1.0, 1.0, None, why)

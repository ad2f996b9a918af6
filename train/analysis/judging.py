"""Verdicts on a recipe's claims: each ends as supported, contradicted or undecided.

As a step is valid, wrong or unknown, a claim is *supported* if a test rejects that it does not hold,
*contradicted* if one rejects that it holds, and else *undecided*.

A recipe's claims are tested together. Each has one two-sided p (`train.analysis.hypothesis_tests`). These are
corrected for being several (Holm 1979), so that the chance to decide any of them wrongly is at most 5 % in
all, however the tests depend on each other. The interval of a claim is not corrected: with several claims
it may exclude the margin while the claim is undecided. That a claim is decided in the wrong *direction* no
more often than that is proved for independent tests (Shaffer 1980).

A claim that names no budget is about the plateau of the arms. If one of them has not converged
(`train.analysis.convergence`), the claim is undecided, whatever its interval. A claim about `tokens_to` is
about the way there and needs no converged arm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from train.analysis.hypothesis_tests import minimum_detectable, needed, p_values, two_sided
from train.recipe.claims import RecipeClaim
from train.statistics.closed_form import ALPHA, holm
from train.statistics.resampling import Estimate

Verdict = Literal["supported", "contradicted", "undecided"]
SUPPORTED: Final = "supported"
CONTRADICTED: Final = "contradicted"
UNDECIDED: Final = "undecided"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A claim with its verdict and what it rests on."""

    claim: str
    verdict: Verdict
    delta: float
    """Mean of the first side minus the second, in the metric's unit."""
    ci95: tuple[float, float]
    """Of this claim alone."""
    n: int
    """Problems."""
    clusters: int
    """Groups of problems that share their structure."""
    seeds: int
    p: float
    """Two-sided, of this claim alone."""
    p_holm: float
    """The same, corrected for the recipe's other claims. The verdict rests on it."""
    minimum_detectable: float | None
    """The smallest true difference that this design detects with a power of 80 %, in the metric's unit."""
    needs: str | None
    """What would decide an undecided claim, and how, if the true difference is the measured one."""
    note: str | None = None
    """What a reader must know about the verdict, such as why an arm has not converged."""


def judge(claim: RecipeClaim, estimate: Estimate, p_holm: float, level: float = ALPHA) -> Judgement:
    """The verdict on a claim.

    Args:
        claim: the claim.
        estimate: the difference of its two sides, first minus second.
        p_holm: the claim's p (`two_sided`), corrected for the other claims.
        level: the claim is decided if its uncorrected p is at most this.
    """
    verdict: Verdict = UNDECIDED
    if p_holm <= ALPHA:
        fails, holds = p_values(claim, estimate)
        verdict = SUPPORTED if fails < holds else CONTRADICTED
    bounds = (-1.0, 1.0) if claim.bounded else (float("-inf"), float("inf"))
    return Judgement(
        claim=claim.text,
        verdict=verdict,
        delta=estimate.mean,
        ci95=estimate.interval(*bounds),
        n=estimate.n,
        clusters=estimate.clusters,
        seeds=estimate.seeds,
        p=two_sided(claim, estimate),
        p_holm=p_holm,
        minimum_detectable=minimum_detectable(claim, estimate, level),
        needs=needed(claim, estimate, level) if verdict == UNDECIDED else None,
    )


def judge_together(
    measured: Sequence[tuple[RecipeClaim, Estimate | str]], family: int = 0
) -> list[Judgement]:
    """The verdicts on the claims of a recipe, corrected for each other.

    Args:
        measured: each claim with the difference of its sides, or with the reason why there is none.
        family: the number of all claims, if some cannot be tested. Each of those has a p of 1.

    >>> from train.recipe.claims import parse_claim
    >>> from train.statistics.resampling import Cells, estimate
    >>> import numpy as np
    >>> difference = estimate(Cells.of(np.array([[1.0, 0.0, 1.0] * 9]), [str(n) for n in range(27)]))
    >>> claims = [parse_claim(f"a > b by {margin} on pass@1") for margin in (0, 55, 90)]
    >>> [judged.verdict for judged in judge_together([(claim, difference) for claim in claims])]
    ['supported', 'undecided', 'contradicted']
    """
    p_alone = [1.0 if isinstance(each, str) else two_sided(claim, each) for claim, each in measured]
    p_all = holm([*p_alone, *[1.0] * (family - len(p_alone))])
    # The level at which Holm's procedure stopped. A smaller p would have decided an undecided claim.
    level = ALPHA / max(1, sum(p > ALPHA for p in p_all))
    return [
        unjudged(claim, each) if isinstance(each, str) else judge(claim, each, p_holm, level)
        for (claim, each), p_holm in zip(measured, p_all, strict=False)
    ]


def unjudged(claim: RecipeClaim, why: str) -> Judgement:
    """The verdict on a claim that was not measured: undecided, on no problem."""
    return Judgement(
        claim=claim.text,
        verdict=UNDECIDED,
        delta=0.0,
        ci95=(-1.0, 1.0),
        n=0,
        clusters=0,
        seeds=0,
        p=1.0,
        p_holm=1.0,
        minimum_detectable=None,
        needs=why,
    )

"""How a claim is tested, what the test could have detected, and what would decide it.

A claim may turn out either way. So it is two one-sided tests of the same estimate, each at half the level.
One tests the hypothesis that the claim does not hold, the other the hypothesis that it holds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING

from train.statistics.closed_form import ALPHA
from train.statistics.resampling import Estimate

if TYPE_CHECKING:
    from train.recipe.claims import RecipeClaim

POWER = 0.8
"""The power of a test: how often it detects the difference that it is designed for."""
MOST_PROBLEMS, MOST_SEEDS = 1_000_000, 1_000
"""`needed` names no larger numbers."""


def p_values(claim: RecipeClaim, estimate: Estimate) -> tuple[float, float]:
    """The p of "it does not hold" and that of "it holds", each one-sided.

    `A > B by m` does not hold if the difference is at most m, and holds if it is at least m. `A ~ B within m`
    does not hold if the difference reaches m on either side, which takes two tests, and the larger p of them
    (Schuirmann 1987); it holds if the difference is at most m on both, which is refuted by one far beyond.
    """
    margin = claim.margin
    if claim.relation == ">":
        return estimate.p_above(margin), estimate.p_below(margin)
    if claim.relation == "<":
        return estimate.p_below(-margin), estimate.p_above(-margin)
    outside = max(estimate.p_above(-margin), estimate.p_below(margin))
    # Of all differences within the margin the one at the nearer edge explains most.
    beyond = abs(estimate.mean)
    inside = estimate.p_above(margin) if estimate.mean > 0 else estimate.p_below(-margin)
    if beyond > margin and estimate.error:
        inside += estimate.tail((beyond + margin) / estimate.error)
    return outside, min(1.0, inside)


def two_sided(claim: RecipeClaim, estimate: Estimate) -> float:
    """The p of a claim: twice the smaller of its two, because either could have been the smaller one."""
    return min(1.0, 2 * min(p_values(claim, estimate)))


def minimum_detectable(claim: RecipeClaim, estimate: Estimate, level: float = ALPHA) -> float | None:
    """The smallest true difference that a design detects with a power of 80 %; None without an error.

    It lies beyond the claim's margin by the critical value of the test and that of the power, in standard
    errors: 1.96 + 0.84 for many seeds and clusters (Bloom 1995). The error is that of these seeds, clusters
    and measured variances. For `A ~ B within m` it is the smallest m that would be supported if there were no
    difference at all.

    Args:
        claim: gives the edge that must be passed.
        estimate: of the difference.
        level: two-sided, corrected for the number of claims.
    """
    if not estimate.error:
        return None
    beyond = estimate.critical(level / 2)
    if claim.relation == "~":
        return (beyond + estimate.critical((1 - POWER) / 2)) * estimate.error
    return claim.margin + (beyond + estimate.critical(1 - POWER)) * estimate.error


def _edges(claim: RecipeClaim) -> Sequence[float]:
    """The differences at which the claim begins to hold."""
    if claim.relation == "~":
        return (-claim.margin, claim.margin)
    return (claim.margin if claim.relation == ">" else -claim.margin,)


def needed(claim: RecipeClaim, estimate: Estimate, level: float = ALPHA) -> str:
    """What would decide a claim, and how, if the true difference is the measured one.

    It is the number of clusters, or else of seeds, that brings the interval off the edge.
    """
    seeds, clusters = estimate.seeds, estimate.clusters
    gap = min(abs(estimate.mean - edge) for edge in _edges(claim))
    verdict = "support" if _holds(claim, estimate.mean) else "contradict"

    def decides(seeds: int, clusters: int) -> bool:
        design = estimate.with_counts(seeds, clusters)
        return design.critical(level / 2) * design.error < gap

    most = MOST_PROBLEMS * clusters // estimate.n
    if (more := _smallest(clusters + 1, most, lambda count: decides(seeds, count))) is not None:
        unit = "problems" if clusters == estimate.n else "clusters of problems"
        return f"about {_round(more):,} {unit} instead of {clusters:,}, which would {verdict} it"
    if seeds == 1:
        return "more seeds: one seed does not show how training varies"
    if (more := _smallest(seeds + 1, MOST_SEEDS, lambda count: decides(count, clusters))) is not None:
        return f"about {more:,} seeds instead of {seeds}, which would {verdict} it"
    return f"more than {MOST_PROBLEMS:,} problems or {MOST_SEEDS:,} seeds"


def _smallest(low: int, high: int, enough: Callable[[int], bool]) -> int | None:
    """The smallest number from low to high that is enough, where all larger ones are too; None without."""
    if low > high or not enough(high):
        return None
    return low + bisect_left(range(low, high), True, key=enough)


def _holds(claim: RecipeClaim, difference: float) -> bool:
    """Whether a claim holds if this is the true difference."""
    if claim.relation == "~":
        return abs(difference) < claim.margin
    return difference > claim.margin if claim.relation == ">" else difference < -claim.margin


def _round(number: float) -> int:
    """Upwards, to two digits.

    >>> _round(1234.5)
    1300
    """
    unit: int = 10 ** max(0, len(str(int(number))) - 2)
    return ceil(number / unit) * unit

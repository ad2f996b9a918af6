"""How a claim is tested, what the test could have found, and what it would take to decide it.

A claim may turn out either way, so it is two one-sided tests of the same estimate, each at half the level:
one of the hypothesis that the claim does not hold, one of the hypothesis that it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite
from statistics import NormalDist
from typing import TYPE_CHECKING

from train.statistics.closed_form import ALPHA
from train.statistics.resampling import Estimate

if TYPE_CHECKING:
    from train.recipe.claims import Claim

POWER = 0.8
"""How often a test finds what it is said to be able to find."""
MOST_PROBLEMS, MOST_SEEDS = 1_000_000, 1_000
"""More than anyone will pay for."""


def p_values(claim: Claim, found: Estimate) -> tuple[float, float]:
    """The p of "it does not hold" and that of "it holds", each one-sided.

    `A > B by m` does not hold if the difference is at most m, and holds if it is at least m. `A ~ B within m`
    does not hold if the difference reaches m on either side, which takes two tests, and the larger p of them
    (Schuirmann 1987); it holds if the difference is at most m on both, which is refuted by one far beyond.
    """
    margin = claim.margin
    if claim.relation == ">":
        return found.p_above(margin), found.p_below(margin)
    if claim.relation == "<":
        return found.p_below(-margin), found.p_above(-margin)
    outside = max(found.p_above(-margin), found.p_below(margin))
    # Of all differences within the margin the one at the nearer edge explains most.
    beyond = abs(found.mean)
    inside = found.p_above(margin) if found.mean > 0 else found.p_below(-margin)
    if beyond > margin and found.error:
        inside += found.tail((beyond + margin) / found.error)
    return outside, min(1.0, inside)


def two_sided(claim: Claim, found: Estimate) -> float:
    """The p of a claim: twice the smaller of its two, since either could have been the small one."""
    return min(1.0, 2 * min(p_values(claim, found)))


def minimum_detectable(claim: Claim, found: Estimate, level: float = ALPHA) -> float | None:
    """The smallest true difference that a design finds with a power of 80 %; None where nothing can be said.

    It lies beyond the claim's margin by the critical value of the test and that of the power, in standard
    errors: 1.96 + 0.84 for many seeds and clusters (Bloom 1995). The error is that of these seeds, clusters
    and measured variances. For `A ~ B within m` it is the smallest m that would be supported if there were no
    difference at all.

    Args:
        claim: which edge is to be passed.
        found: the estimate.
        level: two-sided, corrected for the number of claims.
    """
    if not found.error:
        return None
    beyond = found.critical(level / 2)
    if claim.relation == "~":
        return (beyond + found.critical((1 - POWER) / 2)) * found.error
    return claim.margin + (beyond + found.critical(1 - POWER)) * found.error


def _edges(claim: Claim) -> Sequence[float]:
    """The differences at which the claim begins to hold."""
    if claim.relation == "~":
        return (-claim.margin, claim.margin)
    return (claim.margin if claim.relation == ">" else -claim.margin,)


def needed(claim: Claim, found: Estimate, level: float = ALPHA) -> str:
    """How many clusters, or else seeds, bring the interval off the edge, if nothing else changes.

    The variance of the mean of a crossed design: s²/S + c²/C + e²/SC, its parts estimated by two-way
    analysis of variance (Searle, Casella & McCulloch 1992).
    """
    seeds, clusters = found.seeds, found.clusters
    gap = min(abs(found.mean - edge) for edge in _edges(claim))
    target = (gap / NormalDist().inv_cdf(1 - level / 2)) ** 2

    def more(fixed: float, shrinking: float) -> float:
        return shrinking / (target - fixed) if target > fixed else float("inf")

    wanted = more(found.between_seeds / seeds, found.between_clusters + found.rest / seeds)
    if isfinite(wanted) and clusters < wanted and wanted * found.n / clusters <= MOST_PROBLEMS:
        what = "problems" if clusters == found.n else "clusters of problems"
        return f"about {_round(wanted):,} {what} instead of {clusters:,}"
    wanted = more(found.between_clusters / clusters, found.between_seeds + found.rest / clusters)
    if seeds > 1 and isfinite(wanted) and seeds < wanted <= MOST_SEEDS:
        return f"about {ceil(wanted):,} seeds instead of {seeds}"
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

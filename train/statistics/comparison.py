"""Compares two arms on the same problems and seeds: the difference, its interval and its p-value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from train.statistics.closed_form import ALPHA, interquartile_mean, wilson
from train.statistics.resampling import Cells, Estimate, Values, batches, estimate


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two arms on the same problems, the first minus the second."""

    delta: float
    """Mean over seeds and problems."""
    ci95: tuple[float, float]
    """From seeds and clusters of problems, both resampled (`train.statistics.resampling`)."""
    p: float
    """Two-sided p-value of no difference, from the same resamples."""
    n: int
    """Number of problems."""
    clusters: int
    """Number of groups of problems that share their structure (`train.statistics.clusters`)."""
    seeds: int
    by_seed: list[float]
    """The difference for each training seed."""
    iqm: float | None
    """Interquartile mean of `by_seed`; None for one seed."""
    improvement: float | None
    """The probability that the first arm is better than the second for two random seeds, ties counted half
    (Agarwal et al. 2021); None for one seed."""
    improvement_ci95: tuple[float, float] | None
    """Percentiles over resampled seeds and clusters; for 0 and 1, and where those percentiles are the
    same, Wilson's interval of as many trials as there are seeds."""


def compare(first: Values, second: Values, clusters: Sequence[str], seed: int = 0) -> Paired:
    """Compares two arms by a metric that is a fraction.

    Args:
        first: of shape (seeds, problems).
        second: the same problems and seeds in the same order.
        clusters: the cluster of each problem.
        seed: seed of the resampling.

    >>> one, other = np.array([[1.0] * 90 + [0.0] * 10]), np.array([[1.0] * 50 + [0.0] * 50])
    >>> result = compare(one, other, [str(number) for number in range(100)])
    >>> round(result.delta, 2), result.ci95[0] > 0.29, result.p < 1e-10
    (0.4, True, True)
    """
    overall = difference(first, second, clusters, seed=seed)
    by_seed = (first - second).mean(axis=1)
    several = len(by_seed) > 1
    improvement = probability(*(side.mean(axis=1) for side in (first, second))) if several else None
    return Paired(
        delta=overall.mean,
        ci95=overall.interval(),
        p=min(1.0, 2 * min(overall.p_above(0), overall.p_below(0))),
        n=overall.n,
        clusters=overall.clusters,
        seeds=overall.seeds,
        by_seed=by_seed.tolist(),
        iqm=float(interquartile_mean(by_seed)) if several else None,
        improvement=improvement,
        improvement_ci95=_around(improvement, first, second, clusters, seed)
        if improvement is not None
        else None,
    )


def difference(
    first: Values, second: Values, clusters: Sequence[str], bounded: bool = True, seed: int = 0
) -> Estimate:
    """The mean difference of two sides with its standard error (`train.statistics.resampling.estimate`)."""
    if first.shape != second.shape:
        raise ValueError(f"results of shapes {first.shape} and {second.shape} cannot be paired")
    return estimate(Cells.of(first - second, clusters), bounded, seed)


def probability(first: Values, second: Values) -> float:
    """The share of pairs of a score of the first with one of the second that the first wins; a tie is half.

    >>> probability(np.array([0.5, 0.9]), np.array([0.5, 0.7]))
    0.625
    """
    return float(_wins(first[None], second[None])[0])


def _wins(first: Values, second: Values) -> Values:
    """The probability for each row of scores."""
    one, other = first[:, :, None], second[:, None, :]
    won: Values = ((one > other) + 0.5 * (one == other)).mean(axis=(1, 2))
    return won


def _around(
    value: float, first: Values, second: Values, clusters: Sequence[str], seed: int
) -> tuple[float, float]:
    """The interval of the probability. Each resample draws the same training seeds for both arms."""
    one, other = Cells.of(first, clusters), Cells.of(second, clusters)
    seeds = one.seeds
    drawn = []
    for often, weights in batches(one, 0, seed):
        # Sums of zeros and ones stay exact, so that ties are seen; all seeds have the same sizes.
        scores = [weights @ cells.sums.T for cells in (one, other)]
        which = np.stack([np.repeat(np.arange(seeds), row.astype(int)) for row in often])
        drawn.append(_wins(*(np.take_along_axis(score, which, axis=1) for score in scores)))
    low, high = np.percentile(np.concatenate(drawn), [100 * ALPHA / 2, 100 * (1 - ALPHA / 2)])
    if value in (0, 1) or low == high:
        return wilson(value * seeds, seeds)
    return float(low), float(high)

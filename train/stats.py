"""Intervals and paired tests, on scipy. Every share gets an interval, every difference is paired.

>>> low, high = wilson(8, 10)
>>> round(low, 3), round(high, 3)
(0.49, 0.943)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES = 10_000
TOGETHER = 500
"""Resamples that are drawn at once: what they need of memory grows with the number of problems."""


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two arms on the same problems."""

    delta: float
    """Mean of the first minus the second."""
    ci95: tuple[float, float]
    """Percentile bootstrap over problems (Efron & Tibshirani 1993, ch. 13), or over seeds and problems."""
    p: float
    """Exact McNemar test (McNemar 1947): could the problems that only one arm solves have fallen like this by
    chance? Over several seeds: twice the share of resamples on the other side of 0."""
    n: int
    """Problems."""


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) for no trials."""
    if n == 0:
        return (0.0, 1.0)
    interval = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    return (float(interval.low), float(interval.high))


def paired(first: Sequence[bool], second: Sequence[bool], seed: int = 0) -> Paired:
    """Compares two arms on the same problems, given in the same order.

    >>> result = paired([True] * 90 + [False] * 10, [True] * 50 + [False] * 50)
    >>> round(result.delta, 2), result.ci95[0] > 0.29, result.p < 1e-10
    (0.4, True, True)
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} and {len(second)} results cannot be paired")
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    difference = a - b
    drawn = stats.bootstrap(
        (difference,),
        np.mean,
        n_resamples=RESAMPLES,
        method="percentile",
        batch=100,
        rng=np.random.default_rng(seed),
    )
    only_first, only_second = int((difference > 0).sum()), int((difference < 0).sum())
    discordant = only_first + only_second
    p = float(stats.binomtest(only_first, discordant).pvalue) if discordant else 1.0
    low, high = drawn.confidence_interval
    return Paired(float(difference.mean()), (float(low), float(high)), p, len(a))


def paired_over_seeds(differences: NDArray[np.float64], seed: int = 0) -> Paired:
    """Compares two arms on the same problems and seeds.

    Args:
        differences: the first arm minus the second, each seed's with the same seed's; shape (seeds,
            problems).
        seed: of the resampling.
    """
    drawn = resampled(differences, seed)
    low, high = np.percentile(drawn, [2.5, 97.5])
    other_side = min(float((drawn <= 0).mean()), float((drawn >= 0).mean()))
    p = max(1 / RESAMPLES, min(1.0, 2 * other_side))
    return Paired(float(differences.mean()), (float(low), float(high)), p, differences.shape[1])


def interval_over_seeds(values: NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of a mean over seeds and problems; `values` has the shape (seeds, problems).

    Where every value is 0, or every one 1, resampling sees no chance at work: then it is the Wilson interval
    of the problems.
    """
    if values.size and values.min() == values.max() and values.min() in (0, 1):
        return wilson(int(values[0].sum()), values.shape[1])
    low, high = np.percentile(resampled(values, seed), [2.5, 97.5])
    return float(low), float(high)


def ratio_over_seeds(
    counted: NDArray[np.float64], among: NDArray[np.float64], seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of the share of `counted` among `among`, both of 0 and 1, of shape (seeds, problems).

    Both are resampled together, so that a share of what happens now and then (right if noticed) gets the
    interval of a ratio. A share of 0 or 1 gets the Wilson interval.

    >>> noticed = np.array([[1.0, 1.0, 0.0, 0.0] * 25])
    >>> right = np.array([[1.0, 0.0, 0.0, 0.0] * 25])
    >>> [round(bound, 1) for bound in ratio_over_seeds(right, noticed)]
    [0.4, 0.6]
    """
    many, of = int(counted.sum()), int(among.sum())
    if many in (0, of):
        return wilson(many, of)
    numerators, denominators = resampled(counted, seed), resampled(among, seed)
    there = denominators > 0
    low, high = np.percentile(numerators[there] / denominators[there], [2.5, 97.5])
    return float(low), float(high)


def resampled(values: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """Means of `values` over rows and columns that are drawn anew each time, `RESAMPLES` of them.

    Rows (seeds) and columns (problems) are resampled independently of each other: the pigeonhole bootstrap of
    crossed random effects (Owen 2007), which errs on the side of wide intervals. A single row is kept.

    >>> drawn = resampled(np.array([[0.0, 0.0] * 50, [0.0, 0.8] * 50]))
    >>> round(float(drawn.mean()), 1), drawn.shape
    (0.2, (10000,))
    """
    rows, columns = values.shape
    rng = np.random.default_rng(seed)
    means = []
    for _ in range(0, RESAMPLES, TOGETHER):
        row_weights = rng.multinomial(rows, [1 / rows] * rows, TOGETHER) / rows
        column_weights = rng.multinomial(columns, [1 / columns] * columns, TOGETHER) / columns
        means.append(((row_weights @ values) * column_weights).sum(axis=1))
    return np.concatenate(means)


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that one of k samples is right, unbiased from n samples (Chen et al. 2021, equation 1).

    >>> round(pass_at_k(n=4, correct=1, k=2), 3)
    0.5
    """
    return 1.0 if n - correct < k else 1.0 - comb(n - correct, k) / comb(n, k)

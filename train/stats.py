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
from scipy import stats

RESAMPLES = 10_000


@dataclass(frozen=True, slots=True)
class Paired:
    """The difference of two arms on the same problems."""

    delta: float
    """Mean of the first minus the second."""
    ci95: tuple[float, float]
    """Percentile bootstrap over problems (Efron & Tibshirani 1993, ch. 13)."""
    p: float
    """Exact McNemar test (McNemar 1947): could the problems that only one arm solves have fallen like this by
    chance?"""
    n: int


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


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that one of k samples is right, unbiased from n samples (Chen et al. 2021, equation 1).

    >>> round(pass_at_k(n=4, correct=1, k=2), 3)
    0.5
    """
    return 1.0 if n - correct < k else 1.0 - comb(n - correct, k) / comb(n, k)

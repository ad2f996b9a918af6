"""Statistics in closed form: Wilson's interval, Holm's correction, the interquartile mean, pass@k.

What is estimated by resampling seeds and clusters of problems is in `train.statistics.resampling`.

>>> low, high = wilson(8, 10)
>>> round(low, 3), round(high, 3)
(0.49, 0.943)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

ALPHA = 0.05
"""The level of every test; intervals are at 1 - ALPHA."""
CRITICAL = NormalDist().inv_cdf(1 - ALPHA / 2)


def wilson(successes: float, n: float, critical: float = CRITICAL) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927); (0, 1) for no trials.

    Args:
        successes: of the trials; a fraction where `n` is an effective number.
        n: trials.
        critical: the quantile of the normal distribution, or of Student's t.
    """
    if n <= 0:
        return (0.0, 1.0)
    share, square = successes / n, critical**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = critical * sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for being several (Holm 1979); one of at most `ALPHA` is rejected.

    The smallest of m is multiplied by m, the next by m - 1, and so on, and none ends below a smaller one. The
    chance to reject any true hypothesis is then at most `ALPHA`, however the tests depend on each other.

    >>> [round(p, 3) for p in holm([0.04, 0.01, 0.03])]
    [0.06, 0.03, 0.06]
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = largest
    return adjusted


def interquartile_mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The mean of the middle half along the last axis (Agarwal et al. 2021).

    A quarter of the values is left out at either end; where that is no whole number of values, the one at
    the border counts in part. Two values have their mean, and three count 1, 4, 1.

    >>> float(interquartile_mean(np.array([0.0, 0.5, 0.6, 9.0])))
    0.55
    """
    n = values.shape[-1]
    borders = np.clip(np.arange(n + 1), n / 4, 3 * n / 4)
    middle: NDArray[np.float64] = np.sort(values, axis=-1) @ np.diff(borders) / (n / 2)
    return middle


def pass_at_k(n: int, correct: int, k: int) -> float:
    """The chance that one of k samples is right, unbiased from n samples (Chen et al. 2021, equation 1).

    >>> round(pass_at_k(n=4, correct=1, k=2), 3)
    0.5
    """
    return 1.0 if n - correct < k else 1.0 - comb(n - correct, k) / comb(n, k)

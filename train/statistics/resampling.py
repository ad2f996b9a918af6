"""Means over training seeds and problems, and their intervals by resampling whole seeds and clusters.

The unit is not the problem. Problems of one structure are right or wrong together (`statistics.clusters`),
and so are all problems of one training seed. Both are resampled, crossed: the pigeonhole bootstrap (Owen
2007), which errs on the side of wide intervals. Values are added up within clusters first, so a mean is a
ratio of two sums, and a resample costs what the clusters cost.

There are few seeds and often few clusters: 1,000 Diophantine problems can have 7 coefficient pairs. Bootstrap
percentiles are then too narrow. With 3 seeds that differ and 7 clusters, a 95 % interval contains the truth
86 times in 100. Two corrections help:

- a resample draws one seed and one cluster fewer than there are, which makes its variance unbiased (McCarthy
  & Snowden 1985; Rao & Wu 1988);
- intervals and p-values are of Student's t. What seeds add to the variance has the quantile of seeds - 1
  degrees of freedom, what clusters add that of clusters - 1, and the squares of the two half widths add up
  (Zou & Donner 2008). Clusters of unequal size count as fewer (Kish 1965).

One number of degrees of freedom for both (Satterthwaite 1946) would not do: with 3 seeds a test at 1.25 %, as
Holm's correction asks for, then errs up to 2.7 times as often as it says. This one does not exceed its level,
and errs less where clusters and seeds explain little.
`tests/test_resampling.py` measures the coverage. A single seed is kept in every resample: its interval covers
other problems, but not other trainings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import exp, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.statistics.closed_form import ALPHA, wilson

Values = NDArray[np.float64]

RESAMPLES = 10_000
BATCH = 500
"""Number of resamples that are computed at once."""
SMALLEST = 1e-100
"""The smallest p-value that is reported."""


@dataclass(frozen=True, slots=True)
class Cells:
    """Values added up within clusters."""

    sums: Values
    """Shape (seeds, clusters)."""
    sizes: Values
    """What the sums are divided by: problems, or whatever is counted; of the same shape."""
    n: int
    """Problems, or all that is counted."""

    @classmethod
    def of(cls, values: Values, clusters: Sequence[str], among: Values | None = None) -> Cells:
        """The cells of values by seed and problem.

        Args:
            values: of shape (seeds, problems).
            clusters: of each problem.
            among: what the values are counted among, of the same shape; 1 for each problem if None. A cluster
                with nothing to count is left out.

        >>> cells = Cells.of(np.array([[1.0, 0.0, 1.0]]), ["a", "a", "b"])
        >>> cells.sums.tolist(), cells.sizes.tolist(), cells.n
        ([[1.0, 1.0]], [[2.0, 1.0]], 3)
        """
        if values.shape[1] != len(clusters):
            raise ValueError(f"{values.shape[1]} problems and {len(clusters)} clusters")
        names, place = np.unique(np.asarray(clusters, dtype=object).astype(str), return_inverse=True)
        member = np.zeros((values.shape[1], len(names)))
        member[np.arange(len(place)), place] = 1
        weights = np.ones_like(values) if among is None else among
        sums, sizes = values @ member, weights @ member
        counted = sizes.sum(axis=0) > 0
        n = values.shape[1] if among is None else int(among.sum())
        return cls(sums[:, counted], sizes[:, counted], n)

    @property
    def seeds(self) -> int:
        """Training seeds."""
        return len(self.sums)

    @property
    def clusters(self) -> int:
        """Clusters of problems."""
        return len(self.sums[0])

    @property
    def mean(self) -> float:
        """The sum of the values over that of the sizes."""
        return float(self.sums.sum() / self.sizes.sum())


@lru_cache(maxsize=8)
def _draws(seeds: int, clusters: int, fewer: int, seed: int) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """How often each seed, and each cluster, is drawn in each resample.

    `fewer` is how many fewer are drawn than there are. What is alone is always drawn.
    """
    rng = np.random.default_rng(seed)

    def draw(many: int) -> NDArray[np.int16]:
        counts = []
        for _ in range(0, RESAMPLES, BATCH):
            drawn = rng.integers(many, size=(BATCH, max(1, many - fewer)))
            cells = drawn + many * np.arange(BATCH)[:, None]
            counts.append(np.bincount(cells.ravel(), minlength=BATCH * many).astype(np.int16))
        return np.concatenate(counts).reshape(RESAMPLES, many)

    return draw(seeds), draw(clusters)


def resampled(cells: Cells, fewer: int = 1, seed: int = 0) -> Values:
    """The mean in each of `RESAMPLES` resamples; those with nothing to count are left out."""
    means = []
    for seeds, clusters in batches(cells, fewer, seed):
        sums, sizes = (((seeds @ part) * clusters).sum(axis=1) for part in (cells.sums, cells.sizes))
        means.append(sums[sizes > 0] / sizes[sizes > 0])
    return np.concatenate(means)


def batches(cells: Cells, fewer: int, seed: int) -> Iterator[tuple[Values, Values]]:
    """Resamples, `BATCH` at a time: how often each seed is drawn in each, and how often each cluster.

    `fewer` is how many fewer are drawn than there are.
    """
    seeds, clusters = _draws(cells.seeds, cells.clusters, fewer, seed)
    for at in range(0, RESAMPLES, BATCH):
        yield seeds[at : at + BATCH].astype(float), clusters[at : at + BATCH].astype(float)


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval and what it rests on."""

    low: float
    high: float
    n: int
    """Problems, or all that is counted."""
    clusters: int
    seeds: int

    def record(self) -> dict[str, Any]:
        """The fields of results.json."""
        return {"ci95": (self.low, self.high), "n": self.n, "clusters": self.clusters, "seeds": self.seeds}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over seeds and clusters of problems, with its standard error."""

    mean: float
    error: float
    """Standard error; 0 if no value differs from another, so that nothing can be said."""
    part_of_seeds: float
    """Of the variance that seeds and clusters explain, the share that comes from seeds."""
    freedom: tuple[float, float]
    """Degrees of freedom of what comes from seeds, and of what comes from clusters."""
    n: int
    """Problems, or all that is counted."""
    clusters: int
    seeds: int
    between_seeds: float
    """Variance of a seed's mean about the mean of all."""
    between_clusters: float
    """Variance of a cluster's mean about the mean of all."""
    rest: float
    """Variance of what seeds and clusters do not explain, of one seed on one cluster."""

    def critical(self, tail: float) -> float:
        """How many standard errors an estimate exceeds the truth by with a probability of `tail`, up to 0.5.

        >>> one_seed = estimate(Cells.of(np.array([[0.0, 0.0, 1.0]]), ["a", "b", "c"]))
        >>> round(one_seed.critical(0.025), 2)
        4.3
        """
        from scipy.special import stdtrit  # a recipe is read without it

        seeds, clusters = (float(stdtrit(freedom, tail)) for freedom in self.freedom)
        return sqrt(self.part_of_seeds * seeds**2 + (1 - self.part_of_seeds) * clusters**2)

    def with_counts(self, seeds: int, clusters: int) -> Estimate:
        """The estimate of so many seeds and clusters, if they are like these and measure the same mean.

        The variance of the mean of a crossed design is s²/S + c²/C + e²/SC; its parts are estimated by
        two-way analysis of variance (Searle, Casella & McCulloch 1992).
        """

        def parts(seeds: int, clusters: int) -> tuple[float, float]:
            return self.between_seeds / seeds, (self.between_clusters + self.rest / seeds) / clusters

        now, then = sum(parts(self.seeds, self.clusters)), parts(seeds, clusters)
        if not now:
            return self
        of_seeds, of_clusters = self.freedom
        return replace(
            self,
            seeds=seeds,
            clusters=clusters,
            error=self.error * sqrt(sum(then) / now),
            part_of_seeds=then[0] / sum(then),
            freedom=(of_seeds + seeds - self.seeds, of_clusters + clusters - self.clusters),
        )

    def interval(self, low: float = -1.0, high: float = 1.0) -> tuple[float, float]:
        """The 95 % interval, within the bounds of what is measured."""
        half = self.critical(ALPHA / 2) * self.error
        return max(low, self.mean - half), min(high, self.mean + half)

    def p_above(self, edge: float) -> float:
        """The p of the one-sided test that the true mean is at most `edge`; 1 where nothing can be said."""
        return self.tail((self.mean - edge) / self.error) if self.error else 1.0

    def p_below(self, edge: float) -> float:
        """The p of the one-sided test that the true mean is at least `edge`; 1 where nothing can be said."""
        return self.tail((edge - self.mean) / self.error) if self.error else 1.0

    def tail(self, errors: float) -> float:
        """The probability that an estimate exceeds the truth by so many errors: `critical` inverted."""
        if errors < 0:
            return 1 - self.tail(-errors)
        low, high = log(SMALLEST), log(0.5)
        while high - low > 1e-9:
            middle = (low + high) / 2
            low, high = (middle, high) if self.critical(exp(middle)) > errors else (low, middle)
        return exp(high)


def estimate(cells: Cells, bounded: bool = True, seed: int = 0) -> Estimate:
    """The mean of some cells with its standard error, from resamples.

    Args:
        cells: of shares, or of differences of two arms.
        bounded: whether values lie between -1 and 1. If then no cluster differs from another, resampling sees
            no chance at work, and the error is made so large that the interval reaches as far as one of
            Wilson does for as many trials as there are clusters.
        seed: of the resampling.
    """
    seeds, clusters, mean = cells.seeds, cells.clusters, cells.mean
    # What each seed and cluster adds to the mean, so that the mean of all of them is the ratio.
    shares = (cells.sums - mean * cells.sizes) * (seeds * clusters / cells.sizes.sum()) + mean
    of_seed, of_cluster = shares.mean(axis=1), shares.mean(axis=0)
    rest = 0.0
    if seeds > 1 and clusters > 1:
        residual = shares - of_seed[:, None] - of_cluster[None, :] + mean
        rest = float((residual**2).sum() / ((seeds - 1) * (clusters - 1)))
    by_seed = float(of_seed.var(ddof=1)) if seeds > 1 else 0.0
    by_cluster = float(of_cluster.var(ddof=1)) if clusters > 1 else 0.0
    of_seeds, of_clusters = by_seed / seeds, by_cluster / clusters
    error = float(resampled(cells, 1, seed).std()) if clusters > 1 else 0.0
    if error < 1e-12 * max(1.0, abs(mean)):
        error = 0.0
    sizes = cells.sizes.sum(axis=0)
    effective = float(sizes.sum() ** 2 / (sizes**2).sum())
    result = Estimate(
        mean=mean,
        error=error,
        part_of_seeds=of_seeds / (of_seeds + of_clusters) if error else 0.0,
        freedom=(max(1.0, seeds - 1), max(1.0, effective - 1)),
        n=cells.n,
        clusters=clusters,
        seeds=seeds,
        between_seeds=max(0.0, by_seed - rest / clusters),
        between_clusters=max(0.0, by_cluster - rest / seeds),
        rest=rest,
    )
    if bounded and not error:
        reach = (1 + abs(mean)) * wilson(0, clusters)[1]
        return replace(result, error=reach / result.critical(ALPHA / 2))
    return result


def share_interval(
    values: Values, clusters: Sequence[str], among: Values | None = None, seed: int = 0
) -> Interval:
    """The 95 % interval of a share, of one training seed or of several.

    Wilson's for the effective number of trials, which is as many independent ones as would have the same
    standard error (Korn & Graubard 1998; Dean & Pagano 2015), and with the quantile of Student's t in place
    of that of the normal distribution. So it stays within 0 and 1 and is not symmetric near them. A share of
    0 or 1 leaves no error to measure: then a cluster counts as one trial, as if all its problems were one.

    Args:
        values: between 0 and 1, of shape (seeds, problems).
        clusters: of each problem.
        among: what the values are counted among, of the same shape: `right if noticed` is a ratio.
        seed: of the resampling.

    >>> interval = share_interval(np.array([[1.0] * 50 + [0.0] * 50]), [str(n) for n in range(100)])
    >>> round(interval.low, 2), round(interval.high, 2), interval.n, interval.clusters
    (0.4, 0.6, 100, 100)
    """
    cells = Cells.of(values, clusters, among)
    if not cells.clusters:
        return Interval(0.0, 1.0, cells.n, 0, cells.seeds)
    if cells.mean in (0, 1) or cells.clusters == 1:
        low, high = wilson(cells.mean * cells.clusters, cells.clusters)
        return Interval(low, high, cells.n, cells.clusters, cells.seeds)
    mean = estimate(cells, bounded=False, seed=seed)
    most = float(cells.sizes.sum())
    variance = mean.mean * (1 - mean.mean)
    trials = min(most, variance / mean.error**2) if mean.error else most
    low, high = wilson(mean.mean * trials, trials, mean.critical(ALPHA / 2))
    return Interval(low, high, cells.n, cells.clusters, cells.seeds)

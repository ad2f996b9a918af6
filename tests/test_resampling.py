"""Intervals over seeds and clusters, beside enumeration, textbook formulas, scipy and the truth."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from train.statistics.resampling import Cells, estimate, resampled, share_interval

LAPTOP = (180, 179, 176, 175, 161, 92, 37)
"""How many of the 1,000 held-out problems of `laptop` have each of its 7 coefficient pairs."""


def labels(sizes: tuple[int, ...]) -> list[str]:
    return [str(cluster) for cluster, size in enumerate(sizes) for _ in range(size)]


def drawn(
    rng: np.random.Generator, seeds: int, sizes: tuple[int, ...], spread: tuple[float, float, float]
) -> np.ndarray:
    """Answers of chance 0.6, which seeds, clusters, and both together raise and lower by so much."""
    of_seed, of_cluster, of_both = spread
    groups = len(sizes)
    chance = 0.6 + of_seed * rng.uniform(-1, 1, (seeds, 1)) + of_cluster * rng.uniform(-1, 1, (1, groups))
    chance = chance + of_both * rng.uniform(-1, 1, (seeds, groups))
    return (rng.random((seeds, sum(sizes))) < np.repeat(chance, sizes, axis=1)).astype(float)


def test_cells_are_sums_within_clusters() -> None:
    values = np.array([[1.0, 2.0, 4.0, 8.0], [16.0, 32.0, 64.0, 128.0]])
    cells = Cells.of(values, ["b", "a", "b", "c"])
    assert cells.sums.tolist() == [[2.0, 5.0, 8.0], [32.0, 80.0, 128.0]]
    assert cells.sizes.tolist() == [[1.0, 2.0, 1.0]] * 2
    assert (cells.n, cells.clusters, cells.seeds) == (4, 3, 2)
    among = Cells.of(values, ["b", "a", "b", "c"], np.array([[1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 1.0]]))
    assert among.sizes.tolist() == [[2.0, 1.0], [1.0, 1.0]], "a cluster with nothing counted is left out"
    assert among.n == 5


def test_the_error_is_that_of_every_possible_resample() -> None:
    """2 seeds and 3 clusters of unequal size: one seed and two clusters are drawn, 18 ways in all."""
    sums, sizes = np.array([[3.0, 1.0, 5.0], [2.0, 4.0, 6.0]]), np.array([[4.0, 5.0, 8.0]] * 2)
    every = [
        sum(sums[seed, cluster] for cluster in clusters) / sum(sizes[seed, cluster] for cluster in clusters)
        for seed in range(2)
        for clusters in product(range(3), repeat=2)
    ]
    cells = Cells(sums, sizes, 17)
    assert {round(float(mean), 9) for mean in resampled(cells)} == {round(mean, 9) for mean in every}
    assert estimate(cells).error == pytest.approx(np.std(every), rel=0.03)
    assert estimate(cells).mean == pytest.approx(21 / 34)


def test_one_seed_gives_the_textbook_interval_of_clusters() -> None:
    """The standard error of a sample of whole clusters is s / sqrt(clusters), with clusters - 1 degrees."""
    rng = np.random.default_rng(0)
    values = drawn(rng, 1, (20,) * 12, (0, 0.3, 0))
    means = values.reshape(12, 20).mean(axis=1)
    result = estimate(Cells.of(values, labels((20,) * 12)))
    assert result.error == pytest.approx(means.std(ddof=1) / 12**0.5, rel=0.02)
    assert result.critical(0.025) == pytest.approx(stats.t.isf(0.025, 11))
    low, high = stats.t.interval(0.95, 11, means.mean(), means.std(ddof=1) / 12**0.5)
    assert result.interval() == pytest.approx((low, high), abs=0.005)
    assert 2 * result.p_above(0.5) == pytest.approx(stats.ttest_1samp(means, 0.5).pvalue, rel=0.1)


def test_a_tail_is_the_inverse_of_its_critical_value() -> None:
    values = drawn(np.random.default_rng(0), 4, (20,) * 12, (0.2, 0.2, 0))
    result = estimate(Cells.of(values, labels((20,) * 12)))
    for tail in (0.5, 0.3, 0.025, 1e-6):
        assert result.tail(result.critical(tail)) == pytest.approx(tail, rel=1e-6)
        assert result.tail(-result.critical(tail)) == pytest.approx(1 - tail)
    assert stats.t.isf(0.01, 11) < result.critical(0.01) < stats.t.isf(0.01, 3)


def test_only_seeds_differ_so_the_interval_is_student_s() -> None:
    scores = np.array([0.2, 0.5, 0.6, 0.4])
    result = estimate(Cells.of(np.repeat(scores[:, None], 50, axis=1), labels((1,) * 50)))
    low, high = stats.t.interval(0.95, 3, scores.mean(), stats.sem(scores))
    assert result.interval() == pytest.approx((low, high), abs=0.01)
    assert result.between_seeds == pytest.approx(scores.var(ddof=1))
    assert result.between_clusters == pytest.approx(0)


@pytest.mark.parametrize("seeds", [1, 8])
def test_more_copies_of_what_is_known_say_nothing_new(seeds: int) -> None:
    values = drawn(np.random.default_rng(1), seeds, (1,) * 15, (0, 0, 0))
    once = share_interval(values, labels((1,) * 15))
    often = share_interval(np.repeat(values, 10, axis=1), labels((10,) * 15))
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    assert (once.n, often.n, once.clusters, often.clusters) == (15, 150, 15, 15)
    alone = share_interval(np.repeat(values, 10, axis=1), labels((1,) * 150))
    assert alone.high - alone.low < 0.7 * (often.high - often.low), "as if each copy were news"


@pytest.mark.parametrize("right", [0, 1, 7, 200, 399, 400])
def test_one_seed_and_no_clusters_give_wilson_s_interval(right: int) -> None:
    values = np.array([[1.0] * right + [0.0] * (400 - right)])
    result = share_interval(values, labels((1,) * 400))
    wilson = stats.binomtest(right, 400).proportion_ci(0.95, method="wilson")
    assert (result.low, result.high) == pytest.approx((wilson.low, wilson.high), abs=0.002)


def test_a_share_of_all_counts_every_cluster_as_one_trial() -> None:
    result = share_interval(np.ones((3, 50)), labels((10,) * 5))
    wilson = stats.binomtest(5, 5).proportion_ci(0.95, method="wilson")
    assert (result.low, result.high) == pytest.approx((wilson.low, wilson.high))
    one = share_interval(drawn(np.random.default_rng(0), 1, (100,), (0, 0, 0)), labels((100,)))
    assert one.low < 0.3, "of one cluster nobody knows more"
    assert one.high > 0.8
    none = share_interval(np.zeros((1, 4)), labels((4,)), np.zeros((1, 4)))
    assert (none.low, none.high, none.n) == (0.0, 1.0, 0)


def test_a_ratio_is_taken_of_what_is_counted() -> None:
    noticed = np.array([[1.0, 1.0, 0.0, 0.0] * 25] * 3)
    right = np.array([[1.0, 0.0, 0.0, 0.0] * 25] * 3)
    result = share_interval(right, labels((1,) * 100), noticed)
    assert result.n == 150
    assert result.low < 0.5 < result.high
    wilson = stats.binomtest(25, 50).proportion_ci(0.95, method="wilson")
    assert (result.low, result.high) == pytest.approx((wilson.low, wilson.high), abs=0.02)


def test_where_no_cluster_differs_the_difference_is_not_certain() -> None:
    result = estimate(Cells.of(np.zeros((1, 10)), labels((1,) * 10)))
    reach = stats.binomtest(0, 10).proportion_ci(0.95, method="wilson").high
    assert result.interval() == pytest.approx((-reach, reach))
    assert result.p_above(0) == pytest.approx(0.5)
    unbounded = estimate(Cells.of(np.full((2, 10), 3.0), labels((1,) * 10)), bounded=False)
    assert (unbounded.p_above(0), unbounded.p_below(9)) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("seeds", "sizes", "spread"),
    [
        (1, LAPTOP, (0.0, 0.2, 0.0)),
        (3, LAPTOP, (0.0, 0.2, 0.1)),
        (3, LAPTOP, (0.2, 0.05, 0.05)),
        (3, (1,) * 200, (0.2, 0.0, 0.0)),
        (8, (10,) * 30, (0.1, 0.2, 0.1)),
    ],
)
def test_intervals_hold_the_truth(
    seeds: int, sizes: tuple[int, ...], spread: tuple[float, float, float]
) -> None:
    """95 of 100 should or more; chance takes 150 trials below 89 in 1 run of 1,000."""
    rng = np.random.default_rng(2)
    trials, clusters = 150, labels(sizes)
    held = naive = 0
    for _ in range(trials):
        values = drawn(rng, seeds, sizes, spread)
        result = share_interval(values, clusters)
        held += result.low <= 0.6 <= result.high
        few = stats.binomtest(int(values.sum()), values.size).proportion_ci(0.95, method="wilson")
        naive += few.low <= 0.6 <= few.high
    assert held >= 0.89 * trials
    assert naive < 0.75 * trials, "as if every answer were a trial of its own"

"""Two arms beside each other: differences, interquartile means, the probability of improvement."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from train.statistics.closed_form import interquartile_mean
from train.statistics.comparison import compare, probability

SCORES = some.lists(some.sampled_from([0.0, 0.25, 0.3, 0.5, 0.75, 1.0]), min_size=2, max_size=12)


@given(SCORES)
def test_the_interquartile_mean_is_that_of_the_middle_half(scores: list[float]) -> None:
    four = sorted(scores * 4)
    middle = four[len(scores) : 3 * len(scores)]
    assert float(interquartile_mean(np.array(scores))) == pytest.approx(sum(middle) / len(middle))
    if len(scores) % 4 == 0:
        trimmed = stats.trim_mean(scores, 0.25)
        assert float(interquartile_mean(np.array(scores))) == pytest.approx(trimmed)


@given(SCORES, SCORES)
def test_the_probability_is_that_of_mann_and_whitney(first: list[float], second: list[float]) -> None:
    u = stats.mannwhitneyu(first, second).statistic
    assert probability(np.array(first), np.array(second)) == pytest.approx(u / (len(first) * len(second)))


def test_the_probability_s_interval_matches_all_resamples() -> None:
    """3 seeds and 2 clusters, each drawn as often as there are."""
    first, second = (
        np.array([[5.0, 2.0], [1.0, 9.0], [4.0, 3.0]]),
        np.array([[3.0, 4.0], [6.0, 1.0], [4.0, 2.0]]),
    )
    every = []
    for seeds in product(range(3), repeat=3):
        for clusters in product(range(2), repeat=2):
            one, other = ([sum(side[s, c] for c in clusters) for s in seeds] for side in (first, second))
            pairs = list(product(one, other))
            every.append(sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs) / len(pairs))
    result = compare(first, second, ["a", "b"])
    # Percentiles of discrete values: between those just below and just above.
    low, high = result.improvement_ci95 or (np.nan, np.nan)
    assert np.percentile(every, 2) <= low <= np.percentile(every, 3)
    assert np.percentile(every, 97) <= high <= np.percentile(every, 98)


def test_a_comparison_of_one_seed_agrees_with_the_paired_t_test() -> None:
    rng = np.random.default_rng(0)
    easy = rng.random(300) < 0.7
    first = (easy | (rng.random(300) < 0.15)).astype(float)
    second = (easy & (rng.random(300) < 0.95)).astype(float)
    result = compare(first[None], second[None], [str(n) for n in range(300)])
    exact = stats.ttest_1samp(first - second, 0)
    assert result.delta == pytest.approx((first - second).mean())
    assert result.p == pytest.approx(exact.pvalue, rel=0.2)
    bounds = exact.confidence_interval()
    assert result.ci95 == pytest.approx((bounds.low, bounds.high), abs=0.002)
    assert (result.n, result.clusters, result.seeds) == (300, 300, 1)
    assert (result.iqm, result.improvement, result.improvement_ci95) == (None, None, None)


def test_a_paired_interval_covers_and_is_narrower() -> None:
    rng = np.random.default_rng(0)
    covered = narrower = 0
    truth = (0.7 + 0.3 * 0.3) - 0.7 * 0.9
    for _ in range(60):
        easy = rng.random(300) < 0.7
        first = (easy | (rng.random(300) < 0.3)).astype(float)
        second = (easy & (rng.random(300) < 0.9)).astype(float)
        low, high = compare(first[None], second[None], [str(n) for n in range(300)]).ci95
        covered += low <= truth <= high
        apart = stats.ttest_ind(first, second, equal_var=False).confidence_interval()
        narrower += high - low < apart.high - apart.low
    assert 52 <= covered <= 60, "a 95 % interval covers the truth about 57 times of 60"
    assert narrower == 60


def test_several_seeds_are_shown_one_by_one() -> None:
    first = np.array([[1.0] * 8 + [0.0] * 2, [1.0] * 6 + [0.0] * 4, [1.0] * 5 + [0.0] * 5])
    second = np.array([[1.0] * 5 + [0.0] * 5] * 3)
    result = compare(first, second, [str(n) for n in range(10)])
    assert result.by_seed == pytest.approx([0.3, 0.1, 0.0])
    assert result.delta == pytest.approx(0.4 / 3)
    assert result.iqm == pytest.approx((0.3 / 4 + 0.1 + 0.0) / 1.5)
    assert result.improvement == pytest.approx((6 + 3 * 0.5) / 9)
    low, high = result.improvement_ci95 or (np.nan, np.nan)
    assert low < (7.5 / 9) < high
    better = compare(np.ones((3, 10)), second, [str(n) for n in range(10)])
    wilson = stats.binomtest(3, 3).proportion_ci(0.95, method="wilson")
    assert better.improvement == 1
    assert better.improvement_ci95 == pytest.approx((wilson.low, wilson.high))
    same = compare(first, first, [str(n) for n in range(10)])
    assert same.improvement == 0.5
    equal = compare(second, second, [str(n) for n in range(10)]).improvement_ci95 or (np.nan, np.nan)
    assert equal[0] < 0.25
    assert equal[1] > 0.75


def test_results_of_different_problems_are_not_paired() -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        compare(np.ones((1, 3)), np.ones((1, 2)), ["a", "b", "c"])

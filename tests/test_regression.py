"""Regression over groups: known slopes come back, and intervals cover what groups share."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from train.statistics.closed_form import ALPHA
from train.statistics.regression import fit, rank_correlation, slope_within

FAMILIES = [name for name in "abcdefghijkl" for _ in range(5)]


def drawn(
    rng: np.random.Generator, slope: float, shared: float = 0.1, noise: float = 0.02
) -> tuple[np.ndarray, np.ndarray]:
    """Cells of twelve families that share what is not explained, five of each."""
    of_family = np.repeat(rng.normal(size=(12, 2)), 5, axis=0)
    x = of_family[:, 0] + 0.5 * rng.normal(size=60)
    return x, slope * x + shared * of_family[:, 1] + noise * rng.normal(size=60)


def test_known_slopes_come_back() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2))
    result = fit(x, 0.3 + 0.2 * x[:, 0] - 0.1 * x[:, 1] + 0.001 * rng.normal(size=60), FAMILIES)
    assert result is not None
    assert [each.value for each in result.slopes] == pytest.approx([0.2, -0.1], abs=0.001)
    assert all(each.ci95[0] < each.value < each.ci95[1] for each in result.slopes)
    assert all(each.p < 1e-6 and (each.n, each.groups) == (60, 12) for each in result.slopes)
    assert result.r2 > 0.99 and result.r2_left_out > 0.99


def test_intervals_cover_the_slope_that_families_blur() -> None:
    rng = np.random.default_rng(1)
    covered, plain = 0, 0
    for _ in range(300):
        x, y = drawn(rng, slope=0.1)
        result = fit(x[:, None], y, FAMILIES)
        assert result is not None
        slope = result.slopes[0]
        covered += slope.ci95[0] <= 0.1 <= slope.ci95[1]
        alone = fit(x[:, None], y, [str(number) for number in range(60)])
        assert alone is not None
        plain += alone.slopes[0].ci95[0] <= 0.1 <= alone.slopes[0].ci95[1]
    assert covered >= 0.9 * 300
    assert plain < 0.85 * 300, "cells taken one by one claim too much, so this test can fail"


def test_noise_explains_nothing_in_other_families() -> None:
    rng = np.random.default_rng(2)
    x = np.repeat(rng.normal(size=(12, 4)), 5, axis=0)
    result = fit(x, np.repeat(rng.normal(size=12), 5), FAMILIES)
    assert result is not None
    assert result.r2 > 0 > result.r2_left_out


def test_the_slope_within_families_ignores_their_means() -> None:
    rng = np.random.default_rng(3)
    means = np.repeat(np.arange(12.0), 5)
    x = means + np.tile(np.arange(5.0), 12)
    y = -3 * means + 0.5 * np.tile(np.arange(5.0), 12) + 0.01 * rng.normal(size=60)
    within = slope_within(x, y, FAMILIES)
    assert within is not None and within.value == pytest.approx(0.5, abs=0.01)
    between = fit(x[:, None], y, FAMILIES)
    assert between is not None and between.slopes[0].value < -1


def test_what_rests_on_one_family_has_no_interval() -> None:
    x = np.array([0.0] * 10 + [1, 2, 3, 4, 5])
    y, groups = np.arange(15.0), list("aaaaabbbbbccccc")
    assert fit(x[:, None], y, groups) is None
    assert slope_within(x, y, groups) is None
    assert rank_correlation(x, y, groups) is None
    assert fit(y[:10, None], y[:10], groups[:10]) is None, "two families say nothing of others"


def test_rank_correlation_sees_order_and_not_size() -> None:
    rng = np.random.default_rng(4)
    x, y = drawn(rng, slope=0.5)
    rising = rank_correlation(x, np.exp(5 * y), FAMILIES)
    assert rising is not None and rising.ci95[0] > 0.5
    none = rank_correlation(x, np.repeat(rng.normal(size=12), 5), FAMILIES)
    assert none is not None and none.ci95[0] < 0 < none.ci95[1] and none.p > 0.05


@pytest.mark.parametrize("groups", [3, 4, 5, 6, 9])
@pytest.mark.parametrize("cells", [1, 5])
def test_perfect_order_is_never_certain(groups: int, cells: int) -> None:
    x = np.arange(float(groups * cells))
    names = [str(at // cells) for at in range(groups * cells)]
    for y, value in ((x**3, 1.0), (-x, -1.0)):
        result = rank_correlation(x, y, names)
        assert result is not None and result.value == pytest.approx(value)
        low, high = result.ci95
        assert high - low > 0.01 and low <= result.value <= high
        assert result.p > 0
        assert (result.p > ALPHA) == (groups < 6) == (low <= 0 <= high)


def test_three_families_in_order_show_nothing() -> None:
    result = rank_correlation(np.array([1.0, 2, 3]), np.array([0.01, 0.02, 0.5]), list("abc"))
    assert result is not None
    assert result.p > 1 / 3 and result.ci95[0] < -0.9


@pytest.mark.parametrize("groups", [3, 4, 5, 6])
def test_of_all_orders_at_most_one_in_twenty_counts(groups: int) -> None:
    """One value a group, exactly: p is at least that of all orders, so at most 5 % of them reach 0.05."""
    x, names = np.arange(float(groups)), [str(at) for at in range(groups)]
    orders = np.array(list(permutations(range(groups))), dtype=float)
    extreme = np.abs([np.corrcoef(x, order)[0, 1] for order in orders])
    counted = 0
    for order, own in zip(orders, extreme, strict=True):
        # The reversed order has the same p.
        result = rank_correlation(x, order, names) if order[0] < order[-1] else None
        if result is not None:
            assert result.p >= (extreme >= own - 1e-9).mean() - 1e-9
            counted += result.p <= ALPHA
    assert 2 * counted <= ALPHA * len(orders)
    assert (counted > 0) == (groups == 6)


@pytest.mark.parametrize("groups", [3, 4, 5, 6, 8])
@pytest.mark.parametrize("within", [0.02, 0.5])
def test_chance_seldom_orders_few_families(groups: int, within: float) -> None:
    """Five values a group, which differ by chance; of 100 such sets, 5 % are 5, with an error of 2.2."""
    rng = np.random.default_rng(groups)
    names = [str(at // 5) for at in range(5 * groups)]
    decided = 0
    for _ in range(100):
        of_groups = np.repeat(rng.normal(size=(2, groups)), 5, axis=1)
        x, y = of_groups + within * rng.normal(size=(2, 5 * groups))
        result = rank_correlation(x, y, names)
        decided += result is not None and result.p <= ALPHA
    assert decided <= 5 + 2.5 * 2.2


def test_an_error_of_zero_is_no_certainty() -> None:
    """A line through every value, and values that are all the same: no group moves the slope."""
    x = np.arange(9.0)
    groups = list("aaabbbccc")
    for y in (2 * x + 1, np.full(9, 0.1)):
        assert fit(x[:, None], y, groups) is None
        assert slope_within(x, y, groups) is None

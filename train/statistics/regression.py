"""Least squares and rank correlation for values that come in groups, with intervals over groups.

The cells of one family are alike: they share the tokens of its training and the kind of its problems. So the
unit is the family and not the cell. Each group is left out in turn. The interval comes from how much that
moves the estimate (the jackknife CV3, which MacKinnon, Nielsen and Webb 2023 recommend for few groups), with
Student's t of groups - 1 degrees of freedom. The same fits predict the group that they lack. That says how
much of a family that was not measured the fit would explain.

Few groups can be in order by chance: three of them are in 2 of 6 orders. The error that leaving groups out
shows misses this, so a correlation is also judged by permutation (`rank_correlation`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from math import atanh, sqrt, tanh

import numpy as np
from numpy.typing import NDArray

from train.statistics.closed_form import ALPHA
from train.statistics.resampling import SMALLEST, Values

FEWEST = 3
"""The fewest groups that an interval over groups is given for."""
NO_ERROR = 1e-12
"""A standard error below this, relative to its estimate, is a rounding error."""
ROUNDING = 1e-9
"""Sums of products of ranks that differ by less are equal."""
ALL_ORDERS = 6
"""Up to so many groups, a permutation test tries every order of them: 720, each with 64 signs."""
DRAWS = 9_999
"""The orders that it draws of more groups."""


@dataclass(frozen=True, slots=True)
class GroupEstimate:
    """A slope or a correlation, and how well groups determine it."""

    value: float
    ci95: tuple[float, float]
    p: float
    """Two-sided, of no effect."""
    n: int
    """Values."""
    groups: int


@dataclass(frozen=True, slots=True)
class Fit:
    """A least-squares fit with a constant."""

    slopes: list[GroupEstimate]
    """In the order of the columns."""
    r2: float
    """The share of the variance that the fit explains."""
    r2_left_out: float
    """The same in groups that the fit has not seen; below 0 where their mean would predict better."""
    coefficients: Values
    """The constant and the slopes."""
    without: Values
    """The same without each group, of shape (groups, columns + 1)."""
    spread: float
    """The standard deviation of a value about the fit."""

    def predict(self, x: Sequence[float]) -> tuple[float, tuple[float, float]]:
        """The value at x, and the interval that a new value there lies in with 95 %."""
        from scipy.special import stdtrit

        at = np.array([1.0, *x])
        value = float(at @ self.coefficients)
        groups = len(self.without)
        shifts = self.without @ at - value
        error = sqrt((groups - 1) / groups * float((shifts**2).sum()) + self.spread**2)
        half = float(stdtrit(groups - 1, 1 - ALPHA / 2)) * error
        return value, (value - half, value + half)


def fit(x: Values, y: Values, groups: Sequence[str], scale: float | None = None) -> Fit | None:
    """Least squares of `y` on the columns of `x`.

    Args:
        x: of shape (values, columns).
        y: of shape (values,).
        groups: the group of each value.
        scale: errors beyond this count with their size and not its square (scipy's `soft_l1`); None for plain
            least squares.

    Returns:
        The fit; None if there are fewer than three groups, if a slope rests on one group alone, or if a slope
        is the same without each group, so that nothing shows its error.

    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> y = 2 * x[:, 0] + np.array([1.1, 0.9, 1.0, 1.0, 0.9, 1.1])
    >>> [round(each.value, 6) for each in fit(x, y, list("aabbcc")).slopes]
    [2.0]
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    full = np.column_stack([np.ones(len(y)), x])
    kept = [group != place for place in range(len(names))]
    if len(names) < FEWEST or any(np.linalg.matrix_rank(full[each]) < full.shape[1] for each in kept):
        return None
    slopes = _solve(full, y, scale)
    without = np.array([_solve(full[each], y[each], scale) for each in kept])
    left_out = sum(
        float(((y[~each] - full[~each] @ part) ** 2).sum()) for each, part in zip(kept, without, strict=True)
    )
    by_mean = sum(float(((y[~each] - y[each].mean()) ** 2).sum()) for each in kept)
    estimates = [
        _estimate(float(slopes[at]), without[:, at], len(y), len(names)) for at in range(1, full.shape[1])
    ]
    known = [each for each in estimates if each is not None]
    if len(known) < len(estimates):
        return None
    return Fit(
        known,
        _explained(float(((y - full @ slopes) ** 2).sum()), float(((y - y.mean()) ** 2).sum())),
        _explained(left_out, by_mean),
        slopes,
        without,
        sqrt(float(((y - full @ slopes) ** 2).sum()) / max(1, len(y) - full.shape[1])),
    )


def slope_within(x: Values, y: Values, groups: Sequence[str]) -> GroupEstimate | None:
    """The slope within groups: of `y` on `x`, both without the means of their groups.

    Groups of one value are left out.

    Returns:
        The slope; None if `x` differs within fewer than three groups, or if it is the same without each.
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    centred = [(_centred(x[group == at]), _centred(y[group == at])) for at in range(len(names))]
    varied = [(one, other) for one, other in centred if (one**2).sum() > 0]
    if len(varied) < FEWEST:
        return None
    products = np.array([one @ other for one, other in varied])
    squares = np.array([one @ one for one, _ in varied])
    without = (products.sum() - products) / (squares.sum() - squares)
    value = float(products.sum() / squares.sum())
    return _estimate(value, without, sum(len(one) for one, _ in varied), len(varied))


def rank_correlation(x: Values, y: Values, groups: Sequence[str]) -> GroupEstimate | None:
    """Spearman's rank correlation, with an interval on Fisher's scale.

    The interval takes a correlation of G groups as at most 1 - 6 / (G (G^2 - 1)), since G values in perfect
    order have an error that leaving them out cannot see. This is half way from the perfect order to the next
    one: a correction for continuity, as if each group were one value.

    p is the larger of that interval's and of a permutation test over groups. So the perfect order of three
    groups has p = 0.55, of five 0.06, and of six 0.02.

    Returns:
        The correlation; None if there are fewer than three groups, if one side has a single value without
        one of them, or if the correlation is the same without each.

    >>> x = np.arange(9.0)
    >>> three = rank_correlation(x, x**3, list("aaabbbccc"))
    >>> round(three.value, 6), round(three.p, 2), round(three.ci95[0], 2)
    (1.0, 0.55, -1.0)
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    kept = [group != place for place in range(len(names))]
    if len(names) < FEWEST or any(np.ptp(side[each]) == 0 for each in kept for side in (x, y)):
        return None
    value = _correlation_of_ranks(x, y)
    without = [_fisher(_correlation_of_ranks(x[each], y[each]), len(names) - 1) for each in kept]
    estimate = _estimate(_fisher(value, len(names)), np.array(without), len(y), len(names))
    if estimate is None:
        return None
    low, high = map(tanh, estimate.ci95)
    p = max(estimate.p, _permutation_p(_ranks(x), _ranks(y), group))
    return replace(estimate, value=value, ci95=(min(low, value), max(high, value)), p=p)


def _permutation_p(x: Values, y: Values, group: NDArray[np.intp]) -> float:
    """The two-sided p of no covariance of `x` and `y`, over groups.

    Without one, any group could have had the mean `y` of any other, and the covariance within each group
    could have had the other sign. All permutations and signs are tried for up to `ALL_ORDERS` groups, and for
    more a sample, with the observed one in it (Phipson and Smyth 2010).
    """
    x = _centred(x)
    sizes = np.bincount(group)
    sums, means = np.bincount(group, x), np.bincount(group, y) / sizes
    within = np.bincount(group, (x - (sums / sizes)[group]) * (y - means[group]))
    observed = sums @ means + within.sum()
    groups = len(sizes)
    if groups <= ALL_ORDERS:
        orders, signs = np.array(list(permutations(range(groups)))), list(product((1, -1), repeat=groups))
        values = np.add.outer(means[orders] @ sums, np.array(signs) @ within).ravel()
    else:
        rng = np.random.default_rng(0)
        orders = rng.permuted(np.tile(np.arange(groups), (DRAWS, 1)), axis=1)
        drawn = means[orders] @ sums + rng.choice((1, -1), (DRAWS, groups)) @ within
        values = np.append(drawn, observed)
    return float((np.abs(values) >= abs(observed) - ROUNDING).mean())


def _ranks(values: Values) -> Values:
    from scipy.stats import rankdata  # takes a second to import

    return np.asarray(rankdata(values), dtype=np.float64)


def _correlation_of_ranks(x: Values, y: Values) -> float:
    return float(np.corrcoef(_ranks(x), _ranks(y))[0, 1])


def _fisher(correlation: float, groups: int) -> float:
    """A correlation on Fisher's scale, with the correction for continuity."""
    most = 1 - 6 / (groups * (groups**2 - 1))
    return atanh(max(-most, min(most, correlation)))


def _estimate(value: float, without: NDArray[np.float64], n: int, groups: int) -> GroupEstimate | None:
    """The estimate with its interval, from the estimates without each group; None if they do not differ."""
    from scipy.special import stdtr, stdtrit

    error = sqrt((groups - 1) / groups * float(((without - value) ** 2).sum()))
    if error <= NO_ERROR * max(1.0, abs(value)):
        return None
    half = float(stdtrit(groups - 1, 1 - ALPHA / 2)) * error
    p = max(SMALLEST, 2 * float(stdtr(groups - 1, -abs(value) / error)))
    return GroupEstimate(value, (value - half, value + half), p, n, groups)


def _solve(x: Values, y: Values, scale: float | None = None) -> Values:
    plain = np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)
    if scale is None:
        return plain
    from scipy.optimize import least_squares

    robust = least_squares(
        lambda slopes: x @ slopes - y, plain, jac=lambda _: x, loss="soft_l1", f_scale=scale
    )
    return np.asarray(robust.x, dtype=np.float64)


def _centred(values: Values) -> Values:
    return values - float(values.mean())


def _explained(rest: float, total: float) -> float:
    return 1 - rest / total if total else 0.0

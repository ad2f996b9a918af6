"""Least squares and rank correlation for values that come in groups, with intervals over groups.

The cells of one family are alike: they share the tokens of its training and the kind of its problems. So the
unit is the family and not the cell. Each group is left out in turn. The interval comes from how much that
moves the estimate (the jackknife CV3, which MacKinnon, Nielsen and Webb 2023 recommend for few groups), with
Student's t of groups - 1 degrees of freedom. The same fits predict the group that they lack. That says how
much of a family that was not measured the fit would explain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import atanh, inf, sqrt, tanh

import numpy as np
from numpy.typing import NDArray

from train.statistics.closed_form import ALPHA
from train.statistics.resampling import Values

FEWEST = 3
"""The fewest groups that an interval over groups is given for."""
ALMOST_ONE = 1 - 1e-9


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


def fit(x: Values, y: Values, groups: Sequence[str]) -> Fit | None:
    """Least squares of `y` on the columns of `x`.

    Args:
        x: of shape (values, columns).
        y: of shape (values,).
        groups: the group of each value.

    Returns:
        The fit; None if there are fewer than three groups, or if a slope rests on one group alone.

    >>> x = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    >>> [round(each.value, 6) for each in fit(x, 2 * x[:, 0] + 1, list("aabbcc")).slopes]
    [2.0]
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    full = np.column_stack([np.ones(len(y)), x])
    kept = [group != place for place in range(len(names))]
    if len(names) < FEWEST or any(np.linalg.matrix_rank(full[each]) < full.shape[1] for each in kept):
        return None
    slopes = _solve(full, y)
    without = np.array([_solve(full[each], y[each]) for each in kept])
    left_out = sum(
        float(((y[~each] - full[~each] @ part) ** 2).sum()) for each, part in zip(kept, without, strict=True)
    )
    by_mean = sum(float(((y[~each] - y[each].mean()) ** 2).sum()) for each in kept)
    return Fit(
        [
            _estimate(float(slopes[at]), without[:, at], len(y), len(names), lambda value: value)
            for at in range(1, full.shape[1])
        ],
        _explained(float(((y - full @ slopes) ** 2).sum()), float(((y - y.mean()) ** 2).sum())),
        _explained(left_out, by_mean),
    )


def slope_within(x: Values, y: Values, groups: Sequence[str]) -> GroupEstimate | None:
    """The slope within groups: of `y` on `x`, both without the means of their groups.

    Groups of one value are left out.

    Returns:
        The slope; None if `x` differs within fewer than three groups.
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
    return _estimate(value, without, sum(len(one) for one, _ in varied), len(varied), lambda slope: slope)


def rank_correlation(x: Values, y: Values, groups: Sequence[str]) -> GroupEstimate | None:
    """Spearman's rank correlation, with an interval on Fisher's scale.

    Returns:
        The correlation; None if there are fewer than three groups, or if one side has a single value without
        one of them.

    >>> x = np.arange(9.0)
    >>> round(rank_correlation(x, x**3, list("aaabbbccc")).value, 6)
    1.0
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    kept = [group != place for place in range(len(names))]
    if len(names) < FEWEST or any(np.ptp(side[each]) == 0 for each in kept for side in (x, y)):
        return None
    without = np.array([_fisher(x[each], y[each]) for each in kept])
    return _estimate(_fisher(x, y), without, len(y), len(names), tanh)


def _fisher(x: Values, y: Values) -> float:
    from scipy.stats import rankdata  # takes a second to import

    correlation = float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])
    return atanh(max(-ALMOST_ONE, min(ALMOST_ONE, correlation)))


def _estimate(
    value: float, without: NDArray[np.float64], n: int, groups: int, scale: Callable[[float], float]
) -> GroupEstimate:
    """The estimate with its interval, from the estimates without each group; `scale` leads to its unit."""
    from scipy.special import stdtr, stdtrit

    error = sqrt((groups - 1) / groups * float(((without - value) ** 2).sum()))
    half = float(stdtrit(groups - 1, 1 - ALPHA / 2)) * error
    errors = abs(value) / error if error else inf if value else 0.0
    p = 2 * float(stdtr(groups - 1, -errors))
    return GroupEstimate(scale(value), (scale(value - half), scale(value + half)), p, n, groups)


def _solve(x: Values, y: Values) -> Values:
    return np.asarray(np.linalg.lstsq(x, y, rcond=None)[0], dtype=np.float64)


def _centred(values: Values) -> Values:
    return values - float(values.mean())


def _explained(rest: float, total: float) -> float:
    return 1 - rest / total if total else 0.0

"""Learning curves as numbers: the share solved by training tokens, and claims about it.

`train.trainers.curve_callback` measures the curves. This module needs no model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from journey.errors import InputError
from train.analysis.judging import UNDECIDED, Judgement
from train.evaluation.curves import Curve
from train.recipe.claims import RecipeClaim
from train.recipe.metrics import parse_metric
from train.statistics.resampling import Estimate

SHARES = (0.5, 0.9, 0.95)
"""Shares of validation problems solved. The results say how many tokens it took to reach each."""


def tokens_to(curve: Curve, share: float) -> int | None:
    """The training tokens after which a share of the problems was first solved; None if it never was.

    Between two points the curve is a straight line.

    >>> curve = Curve((0, 100, 200, 300), (0.0, 0.4, 0.8, 0.7), n=50)
    >>> tokens_to(curve, 0.5), tokens_to(curve, 0.8), tokens_to(curve, 0.9)
    (125, 200, None)
    """
    for at, solved in enumerate(curve.solved):
        if solved >= share:
            if at == 0:
                return curve.tokens[0]
            below, begin, end = curve.solved[at - 1], curve.tokens[at - 1], curve.tokens[at]
            return round(begin + (end - begin) * (share - below) / (solved - below))
    return None


def capped_tokens(curves: Sequence[Curve], share: float) -> NDArray[np.float64]:
    """`tokens_to` a share for each training, of shape (trainings, 1); the whole budget if it was not reached.

    A mean of these is a restricted mean time (Royston & Parmar 2013, where the time is to an event in a
    trial): the tokens spent until the share was reached or the budget ran out.
    """
    reached = [tokens_to(curve, share) for curve in curves]
    values = [curve.tokens[-1] if at is None else at for curve, at in zip(curves, reached, strict=True)]
    return np.array(values, dtype=float)[:, None]


def _paired_curves(
    claim: RecipeClaim, first: Mapping[int, Curve], second: Mapping[int, Curve]
) -> tuple[list[list[Curve]], list[float]]:
    """The curves of the seeds that both sides have, and the share that each side is to reach.

    Raises:
        InputError: no seed has a curve on both sides.
    """
    seeds = [seed for seed in first if seed in second]
    if not seeds:
        one, other = claim.first.arm, claim.second.arm
        raise InputError(f"no seed of {one} and {other} has a learning curve: start a new run")
    shares = [parse_metric(metric).share or 0.0 for metric in (claim.metric, claim.against)]
    return [[curves[seed] for seed in seeds] for curves in (first, second)], shares


def tokens_to_difference(
    claim: RecipeClaim, first: Mapping[int, Curve], second: Mapping[int, Curve]
) -> Estimate:
    """The difference of a claim about `tokens_to(SHARE)`, over the seeds that both sides have.

    Each seed is one value: its test is Student's paired test with seeds - 1 degrees of freedom.

    Raises:
        InputError: no seed has a curve on both sides.
    """
    sides, shares = _paired_curves(claim, first, second)
    values = [capped_tokens(side, share) for side, share in zip(sides, shares, strict=True)]
    differences = values[0] - values[1]
    seeds = len(differences)
    variance = float(differences.var(ddof=1)) if seeds > 1 else 0.0
    return Estimate(
        mean=float(differences.mean()),
        error=(variance / seeds) ** 0.5,
        part_of_seeds=1.0,
        freedom=(max(1.0, seeds - 1), 1.0),
        n=sides[0][0].n,
        clusters=1,
        seeds=seeds,
        between_seeds=variance,
        between_clusters=0.0,
        rest=0.0,
    )


def with_late_seeds(
    judged: Judgement, claim: RecipeClaim, first: Mapping[int, Curve], second: Mapping[int, Curve]
) -> Judgement:
    """A judgement about `tokens_to(SHARE)` that accounts for seeds which never reach the share.

    Such a seed counts as the whole budget, the least that it can take. So the claim stays decided only if
    more tokens would decide it alike. The interval is cut to what the budgets allow.
    """
    try:
        sides, shares = _paired_curves(claim, first, second)
    except InputError:
        return judged
    late = [
        sum(tokens_to(curve, share) is None for curve in side)
        for side, share in zip(sides, shares, strict=True)
    ]
    limits = -max(curve.tokens[-1] for curve in sides[1]), max(curve.tokens[-1] for curve in sides[0])
    low, high = max(judged.ci95[0], limits[0]), min(judged.ci95[1], limits[1])
    judged = replace(judged, ci95=limits if judged.seeds < 2 else (low, high))
    notes = [
        f"{side.arm} does not reach {100 * share:g} % with {count} of {judged.seeds} seeds, "
        "which counts as the whole budget"
        for side, share, count in zip((claim.first, claim.second), shares, late, strict=True)
        if count
    ]
    if not notes:
        return judged
    # In truth a late first side makes the difference larger, and a late second one smaller.
    at_most = high < claim.margin if claim.relation == ">" else high < -claim.margin
    at_least = low > -claim.margin if claim.relation == "<" else low > claim.margin
    safe = (at_most and not late[0]) or (at_least and not late[1])
    note = "; ".join(notes)
    if judged.verdict == UNDECIDED or safe:
        return replace(judged, note=note)
    return replace(judged, verdict=UNDECIDED, needs="more training tokens", note=note)


def curve_figures(curves: Mapping[int, Curve]) -> dict[str, Any]:
    """The fields of `StageFigures` about the curves, given by seed; empty if there are none."""
    if not curves:
        return {}
    return {
        "curve": {
            str(seed): list(zip(curve.tokens, curve.solved, strict=True)) for seed, curve in curves.items()
        },
        "curve_problems": next(iter(curves.values())).n,
        "tokens_to": {
            str(share): {str(seed): tokens_to(curve, share) for seed, curve in curves.items()}
            for share in SHARES
        },
    }

"""Whether an arm is trained far enough to be compared. Two signs say that it is not.

*Rising*: over the last third of its training tokens the arm gained more than noise explains, and more than
`RISE`, and there is as much left to gain. A line is fitted to the last points of each seed's curve. Its rise,
averaged over seeds, is compared with the larger of two standard errors. One is that of the problems: it is
binomial, although the points share their problems and so differ by less. The other is that between seeds,
which includes the wobble of training. A learning rate that decays to 0 adds a few points at the end of a
curve, which `RISE` and the noise mostly cover. It also flattens a curve that was still rising. That is why
the last third is judged and not the last points.

*Spread*: on the same problems the seeds differ by more than problems explain (Cochran 1950, the Q test), and
their standard deviation, without that noise, is above `SPREAD`. The mean of a few such seeds says more about
their luck than about the arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from train.analysis.judging import UNDECIDED, Judgement
from train.analysis.results_schema import StageFigures, StageKey
from train.evaluation.curves import Curve
from train.recipe.claims import RecipeClaim, parse_claim

WINDOW = 1 / 3
"""The last part of the training tokens, in which a curve must be flat."""
RISE = 0.03
"""A gain that matters. 1,000 problems, half of them solved, measure an arm to within 3 points; and as
learning curves bend down, an arm that gains less in the last third would gain less by as many tokens more."""
SPREAD = 0.05
"""A standard deviation between seeds that matters: with three seeds an arm it leaves the difference of two
arms uncertain by 8 points (1.96 * 5 * sqrt(2 / 3))."""
Z = 1.96
"""Standard errors that a rise must exceed."""
ALPHA = 0.01
"""The level of Cochran's test."""
ROUNDING = 0.02
"""How far a point may miss its place, as a share of the tokens: a batch more or less."""
CONVERGED, NOT_CONVERGED, UNKNOWN = "converged: ", "not converged: ", "unknown: "
"""The beginnings of `Convergence.why`."""
ONE_SEED = "one seed: how training varies is unknown"


@dataclass(frozen=True, slots=True)
class Rise:
    """What an arm gained at the end of its training, averaged over seeds."""

    gain: float
    """Over the last points; a share of the problems."""
    error: float
    """The standard error of the gain."""
    part: float
    """The share of the training tokens that the last points cover."""
    solved: float
    """At the end."""

    @property
    def matters(self) -> bool:
        """Whether the arm is still rising."""
        return self.gain > max(RISE, Z * self.error) and 1 - self.solved > RISE


def rise_of(curves: Sequence[Curve]) -> Rise | None:
    """The last rise of an arm's curves, one a seed; None where there are no two points to compare.

    >>> flat, steep = (0, .5, .6, .6, .6, .6, .6), (0, .1, .2, .3, .4, .5, .6)
    >>> tokens = (0, 100, 200, 300, 400, 500, 600)
    >>> [rise_of([Curve(tokens, solved, n=400)]).matters for solved in (flat, steep)]
    [False, True]
    """
    gains, variances, parts = [], [], []
    for curve in curves:
        budget = curve.tokens[-1]
        before = [at for at, seen in enumerate(curve.tokens) if seen <= (1 - WINDOW + ROUNDING) * budget]
        if not before or before[-1] == len(curve.tokens) - 1:
            return None
        x = np.array(curve.tokens[before[-1] :], dtype=float)
        y = np.array(curve.solved[before[-1] :])
        span = x[-1] - x[0]
        weights = span * (x - x.mean()) / ((x - x.mean()) ** 2).sum()
        # Agresti and Coull (1998): a share of 0 or 1 is not measured without an error.
        share = (curve.n * y + 2) / (curve.n + 4)
        gains.append(float(weights @ y))
        variances.append(float(weights**2 @ (share * (1 - share) / curve.n)))
        parts.append(span / budget)
    if not gains:
        return None
    error = sum(variances) ** 0.5 / len(gains)
    if len(gains) > 1:
        error = max(error, float(np.std(gains, ddof=1)) / len(gains) ** 0.5)
    solved = float(np.mean([curve.solved[-1] for curve in curves]))
    return Rise(float(np.mean(gains)), error, float(np.mean(parts)), solved)


@dataclass(frozen=True, slots=True)
class Spread:
    """How much the seeds of an arm differ at the end, on the same problems."""

    low: float
    """The share that the worst seed solves."""
    high: float
    """The share that the best seed solves."""
    deviation: float
    """The standard deviation between seeds, without the noise of the problems."""
    p: float
    """Cochran's Q test: could equal seeds have come out like this?"""
    n: int
    """Problems."""

    @property
    def matters(self) -> bool:
        """Whether the seeds are too far apart to be averaged."""
        return self.p < ALPHA and self.deviation > SPREAD


def spread_of(correct: NDArray[np.float64]) -> Spread | None:
    """How much seeds differ, from whether each solved each problem; shape (seeds, problems).

    None for one seed.

    >>> seeds = np.array([[1.0] * 80 + [0.0] * 20, [1.0] * 50 + [0.0] * 50])
    >>> spread = spread_of(seeds)
    >>> spread.matters, round(spread.deviation, 2)
    (True, 0.21)
    """
    seeds, n = correct.shape
    if seeds < 2:
        return None
    by_seed, by_problem = correct.sum(axis=1), correct.sum(axis=0)
    differing = float((by_problem * (seeds - by_problem)).sum())
    q = seeds * (seeds - 1) * float(((by_seed - by_seed.mean()) ** 2).sum()) / differing if differing else 0.0
    from scipy.special import chdtrc

    p = float(chdtrc(seeds - 1, q))
    shares = by_seed / n
    # Two-way analysis of variance without replication: what seeds and problems leave unexplained is noise.
    residual = correct - shares[:, None] - by_problem[None, :] / seeds + correct.mean()
    noise = float((residual**2).sum()) / ((seeds - 1) * max(1, n - 1)) / n
    deviation = max(0.0, float(shares.var(ddof=1)) - noise) ** 0.5
    return Spread(float(shares.min()), float(shares.max()), deviation, p, n)


@dataclass(frozen=True, slots=True)
class Convergence:
    """Whether an arm has converged after a stage."""

    converged: bool | None
    """None if too little was measured to tell."""
    why: str
    """The reason, in words."""
    rise: Rise | None
    """Of the stage, or of the one before it if it has no curve of its own."""


def judge_training(
    arm: str, curves: Sequence[Curve], correct: NDArray[np.float64], before: Convergence | None = None
) -> Convergence:
    """Whether an arm has converged after one of its stages.

    Args:
        arm: its name.
        curves: of the stage, one a seed; empty for a stage without.
        correct: whether the model of each seed solved each held-out problem; shape (seeds, problems).
        before: of the stage before. What that stage has not learned, this one starts without.
    """
    rise = rise_of(curves) if curves else None if before is None else before.rise
    seeds, spread = len(correct), spread_of(correct)
    reasons = []
    if spread is not None and spread.matters:
        reasons.append(
            f"the seeds of {arm} lie {100 * spread.low:.0f} to {100 * spread.high:.0f} %, "
            f"further apart than {spread.n:,} problems explain"
        )
    if rise is not None and rise.matters:
        reasons.append(
            f"{arm} still gained {100 * rise.gain:.0f} points over its last {100 * rise.part:.0f} % of "
            "training; more tokens would change this"
        )
    alone = [ONE_SEED] if seeds == 1 else []
    if reasons:
        return Convergence(False, NOT_CONVERGED + "; ".join([*reasons, *alone]), rise)
    agree = alone or [f"{seeds} seeds agree"]
    if rise is None:
        unknown = f"no learning curve says whether {arm} still rises"
        return Convergence(None, UNKNOWN + "; ".join([unknown, *agree]), rise)
    if rise.solved < RISE:
        unknown = f"{arm} solves next to nothing, and may not have begun to rise"
        return Convergence(None, UNKNOWN + "; ".join([unknown, *agree]), rise)
    return Convergence(True, CONVERGED + "; ".join([_settled(rise), *agree]), rise)


def _settled(rise: Rise) -> str:
    """Why a rise does not matter, in words."""
    if 1 - rise.solved <= RISE:
        return f"{100 * rise.solved:.1f} % solved, which leaves too little to gain"
    gained = f"{100 * rise.gain:+.1f} points over the last {100 * rise.part:.0f} % of training"
    return f"{gained}, {'within noise' if rise.gain <= Z * rise.error else 'too few to matter'}"


def reasons_against(
    arms: Mapping[str, Mapping[str, StageFigures]], sides: Sequence[StageKey]
) -> Iterator[str]:
    """Why these arms after these stages have not converged; nothing if they have.

    Args:
        arms: the figures by arm and stage.
        sides: arms and stages.
    """
    given = set()
    for arm, stage in sides:
        figures = arms.get(arm, {}).get(stage)
        if figures is None or figures.converged is not False:
            continue
        reason = figures.why.removeprefix(NOT_CONVERGED).removesuffix(f"; {ONE_SEED}")
        if reason not in given:
            given.add(reason)
            yield reason


def caveat(arms: Mapping[str, Mapping[str, StageFigures]], sides: Sequence[StageKey]) -> str:
    """What a reader must know about a comparison of these arms after these stages; "" if nothing."""
    reasons = "; ".join(reasons_against(arms, sides))
    compared = [arms[arm][stage] for arm, stage in sides if stage in arms.get(arm, {})]
    sentences = [f"Not converged: {reasons}."] if reasons else []
    if any(ONE_SEED in figures.why for figures in compared):
        sentences.append(f"{ONE_SEED.capitalize()}.")
    return " ".join(sentences)


def not_converged(arms: Mapping[str, Mapping[str, StageFigures]], claim: RecipeClaim) -> str | None:
    """Why a claim cannot be decided yet, whatever its interval; None if it can.

    A claim that names its budget can be decided, and so can one about the tokens to reach a share.

    Args:
        arms: the figures by arm and stage, with the arms of the claim.
        claim: the claim.
    """
    if claim.at_budget or any(metric.share is not None for _, metric in claim.sides):
        return None
    sides = [(side.arm, side.stage or list(arms[side.arm])[-1]) for side, _ in claim.sides]
    reasons = list(reasons_against(arms, sides))
    return NOT_CONVERGED + "; ".join(reasons) if reasons else None


def withheld(judged: Judgement, arms: Mapping[str, Mapping[str, StageFigures]]) -> Judgement:
    """A judgement that is undecided if one of its arms has not converged.

    A claim that was not measured (`train.analysis.judging.unjudged`) stays as it is.
    """
    reason = not_converged(arms, parse_claim(judged.claim))
    if reason is None or not judged.n:
        return judged
    needs = "more training tokens; or the claim may say `at the budget`"
    return replace(judged, verdict=UNDECIDED, needs=needs, note=reason)

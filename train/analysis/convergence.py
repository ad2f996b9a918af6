"""Whether an arm is trained far enough to be compared: two signs that it is not, judged on numbers alone.

*Rising*: over the last third of its training tokens the arm gained more than noise explains, and more than
`RISE`, and there is as much left to gain. A line is fitted to the last points of each seed's curve. Its rise,
averaged over seeds, is compared with the larger of two standard errors: that of the problems (binomial,
though the points share their problems and so differ by less) and that between seeds, which has the wobble of
training in it. A learning rate that decays to 0 shapes the end of a curve: it adds a few points by itself,
which `RISE` and the noise mostly cover, and it then flattens a curve that was still on its way up, which is
why the last third is judged and not the last points.

*Apart*: on the same problems the seeds differ by more than problems explain (Cochran 1950, the Q test), and
their standard deviation, that noise taken out, is above `SPREAD`. The mean of a few such seeds says more
about their luck than about the arm.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from train.analysis.judging import UNDECIDED, Judgement
from train.evaluation.curves import Curve
from train.recipe.claims import Claim, parse_claim

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
"""Of Cochran's test."""
ROUNDING = 0.02
"""Share of the tokens by which a point may miss its place: a batch more or less."""
CONVERGED, NOT_CONVERGED, UNKNOWN = "converged: ", "not converged: ", "unknown: "
"""How the words of a verdict begin."""
ONE_SEED = "one seed: how training varies is unknown"


@dataclass(frozen=True, slots=True)
class Rise:
    """What an arm gained at the end of its training, averaged over seeds."""

    gain: float
    """Over the last points; a share of the problems."""
    error: float
    """The standard error of the gain."""
    part: float
    """The share of the training tokens that the last points span."""
    solved: float
    """At the end."""

    @property
    def matters(self) -> bool:
        """Whether the arm still rises."""
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
class Apart:
    """How far the seeds of an arm lie apart at the end, on the same problems."""

    low: float
    """The share that the worst seed solves."""
    high: float
    """The share that the best seed solves."""
    deviation: float
    """The standard deviation between seeds, without what is the problems' own noise."""
    p: float
    """Cochran's Q test: could equal seeds have come out like this?"""
    n: int
    """Problems."""

    @property
    def matters(self) -> bool:
        """Whether the seeds are too far apart to be averaged."""
        return self.p < ALPHA and self.deviation > SPREAD


def apart(right: NDArray[np.float64]) -> Apart | None:
    """How far seeds lie apart, by whether each solved each problem, of shape (seeds, problems).

    None for one seed.

    >>> seeds = np.array([[1.0] * 80 + [0.0] * 20, [1.0] * 50 + [0.0] * 50])
    >>> spread = apart(seeds)
    >>> spread.matters, round(spread.deviation, 2)
    (True, 0.21)
    """
    seeds, n = right.shape
    if seeds < 2:
        return None
    by_seed, by_problem = right.sum(axis=1), right.sum(axis=0)
    differing = float((by_problem * (seeds - by_problem)).sum())
    q = seeds * (seeds - 1) * float(((by_seed - by_seed.mean()) ** 2).sum()) / differing if differing else 0.0
    from scipy.special import chdtrc

    p = float(chdtrc(seeds - 1, q))
    shares = by_seed / n
    # Two-way analysis of variance without replication: what is left beside seeds and problems is noise.
    residual = right - shares[:, None] - by_problem[None, :] / seeds + right.mean()
    noise = float((residual**2).sum()) / ((seeds - 1) * max(1, n - 1)) / n
    deviation = max(0.0, float(shares.var(ddof=1)) - noise) ** 0.5
    return Apart(float(shares.min()), float(shares.max()), deviation, p, n)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an arm is converged after a stage."""

    converged: bool | None
    """None where too little was measured to tell."""
    why: str
    """In words."""
    rise: Rise | None
    """Of the stage, or of the one before it if it has no curve of its own."""


def judge_training(
    arm: str, curves: Sequence[Curve], right: NDArray[np.float64], before: Verdict | None = None
) -> Verdict:
    """Whether an arm is converged after one of its stages.

    Args:
        arm: its name.
        curves: of the stage, one a seed; empty for a stage without.
        right: whether the model of each seed solved each held-out problem; shape (seeds, problems).
        before: the verdict on the stage before. What that has not learned yet, this one starts without.
    """
    rise = rise_of(curves) if curves else None if before is None else before.rise
    seeds, spread = len(right), apart(right)
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
        return Verdict(False, NOT_CONVERGED + "; ".join([*reasons, *alone]), rise)
    agree = alone or [f"{seeds} seeds agree"]
    if rise is None:
        unknown = f"no learning curve says whether {arm} still rises"
        return Verdict(None, UNKNOWN + "; ".join([unknown, *agree]), rise)
    if rise.solved < RISE:
        unknown = f"{arm} solves next to nothing, and may not have begun to rise"
        return Verdict(None, UNKNOWN + "; ".join([unknown, *agree]), rise)
    return Verdict(True, CONVERGED + "; ".join([_settled(rise), *agree]), rise)


def _settled(rise: Rise) -> str:
    """Why a rise does not matter, in words."""
    if 1 - rise.solved <= RISE:
        return f"{100 * rise.solved:.1f} % solved, which leaves too little to gain"
    gained = f"{100 * rise.gain:+.1f} points over the last {100 * rise.part:.0f} % of training"
    return f"{gained}, {'within noise' if rise.gain <= Z * rise.error else 'too few to matter'}"


def reasons_against(results: Mapping[str, Any], sides: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Why these arms after these stages are not ripe to be compared; nothing if they are.

    Args:
        results: as results.json has them.
        sides: arms and stages.
    """
    given = set()
    for arm, stage in sides:
        figures = results["arms"].get(arm, {}).get(stage, {})
        reason = str(figures.get("why")).removeprefix(NOT_CONVERGED).removesuffix(f"; {ONE_SEED}")
        if figures.get("converged") is False and reason not in given:
            given.add(reason)
            yield reason


def caveat(results: Mapping[str, Any], sides: Sequence[tuple[str, str]]) -> str:
    """What must stand beside a comparison of these arms after these stages, in sentences; "" if nothing."""
    reasons = "; ".join(reasons_against(results, sides))
    compared = (results["arms"].get(arm, {}).get(stage, {}) for arm, stage in sides)
    alone = any(ONE_SEED in str(each.get("why")) for each in compared)
    sentences = [f"Not ripe: {reasons}."] if reasons else []
    return " ".join([*sentences, *([f"{ONE_SEED.capitalize()}."] if alone else [])])


def unripe(results: Mapping[str, Any], claim: Claim) -> str | None:
    """Why a claim cannot be decided yet, whatever its interval; None if it can.

    One that names its budget can, and so can one about the tokens that it takes to learn something.

    Args:
        results: as results.json has them; of these its arms.
        claim: about arms that the results hold.
    """
    if claim.at_budget or any(metric.share is not None for _, metric in claim.sides):
        return None
    sides = [(side.arm, side.stage or list(results["arms"][side.arm])[-1]) for side, _ in claim.sides]
    reasons = list(reasons_against(results, sides))
    return NOT_CONVERGED + "; ".join(reasons) if reasons else None


def withheld(judged: Judgement, results: Mapping[str, Any]) -> Judgement:
    """A judgement as it stands once it is asked whether its arms are ripe: undecided where they are not.

    One on nothing (`train.analysis.judging.unjudged`) stays as it is.
    """
    reason = unripe(results, parse_claim(judged.claim))
    if reason is None or not judged.n:
        return judged
    needs = "more training tokens; or the claim may say `at the budget`"
    return replace(judged, verdict=UNDECIDED, needs=needs, note=reason)

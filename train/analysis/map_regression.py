"""What separates the cells of a map: regressions of the difference on measures of the problems.

Each measure is fitted alone, alone within families, and, if it is one of search, together with the others.
Only ripe cells count, and families are the groups of `train.statistics.regression`. The map's claims are
judged by rank correlations, which need no scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from train.analysis.judging import CONTRADICTED, SUPPORTED, UNDECIDED, Verdict
from train.analysis.map_schema import Cell, JudgedMapClaim, Regression, Slope
from train.recipe.map_claims import MEASURES, Measure, parse_map_claim
from train.statistics.closed_form import ALPHA, holm
from train.statistics.regression import FEWEST, GroupEstimate, fit, rank_correlation, slope_within
from train.statistics.resampling import Values

NO_JOINT_FIT = (
    "The measures of search have no fit together: they vary too little, or cannot be told apart without one "
    "of the families."
)


def ripe_cells(cells: Sequence[Cell]) -> list[Cell]:
    """The cells that count: those that are ripe and whose problems were searched."""
    return [cell for cell in cells if cell.ripe and cell.measures()]


def regress(cells: Sequence[Cell]) -> Regression | None:
    """The regressions; None if fewer than three families have ripe cells."""
    ripe = ripe_cells(cells)
    families = [cell.family for cell in ripe]
    if len(set(families)) < FEWEST:
        return None
    y = np.array([cell.difference.delta for cell in ripe])
    columns = {key: _column(ripe, measure) for key, measure in MEASURES.items()}
    alone, within = {}, {}
    omitted = {}
    for key, x in columns.items():
        single = fit(x[:, None], y, families)
        if single is None:
            omitted[key] = "it has one value, differs in one family alone, or leaves no error to measure"
            continue
        alone[key] = single.slopes[0]
        if (slope := slope_within(x, y, families)) is not None:
            within[key] = slope
    search = [key for key in alone if MEASURES[key].of_search]
    joint = fit(np.column_stack([columns[key] for key in search]), y, families) if search else None
    together = dict(zip(search, joint.slopes, strict=True)) if joint is not None else {}
    return Regression(
        n=len(ripe),
        families=len(set(families)),
        alone=_slopes(alone),
        within=_slopes(within),
        together=_slopes(together),
        r2=None if joint is None else joint.r2,
        r2_left_out=None if joint is None else joint.r2_left_out,
        omitted=omitted,
    )


def _column(cells: Sequence[Cell], measure: Measure) -> Values:
    return np.array([measure.scaled(cell.measures()[measure.key]) for cell in cells])


def _slopes(estimates: Mapping[str, GroupEstimate]) -> list[Slope]:
    corrected = holm([each.p for each in estimates.values()])
    return [
        Slope(
            measure=key,
            unit=MEASURES[key].scale,
            slope=each.value,
            ci95=each.ci95,
            p=each.p,
            p_holm=p_holm,
            n=each.n,
            families=each.groups,
        )
        for (key, each), p_holm in zip(estimates.items(), corrected, strict=True)
    ]


def conclusion(regression: Regression | None) -> str:
    """The sentence that follows from the regressions, also where they explain nothing."""
    if regression is None:
        return f"Too few families are ripe to say what separates the cells: this takes {FEWEST}."
    cells = f"{regression.n} ripe cells of {regression.families} families"
    clear = sorted((each for each in regression.alone if each.p_holm <= ALPHA), key=lambda each: each.p_holm)
    if not clear:
        return f"Nothing that was measured explains where the search pays ({cells})."
    first = clear[0]
    measure = MEASURES[first.measure]
    low, high = (100 * bound for bound in first.ci95)
    verb = "grows" if first.slope > 0 else "falls"
    others = [f"the {MEASURES[each.measure].name}" for each in clear[1:]]
    also = f" It also goes with {_listed(others)}." if others else ""
    rest = f" {NO_JOINT_FIT}"
    if regression.r2_left_out is not None:
        rest = (
            " In families left out, the measures of search explain "
            f"{100 * regression.r2_left_out:.0f} % of the variance between cells."
            if regression.r2_left_out > 0
            else " In families left out, the measures of search predict no better than the mean."
        )
    return (
        f"The difference {verb} with the {measure.name}: {100 * first.slope:+.1f} points "
        f"({low:+.1f} to {high:+.1f}) for {_each(measure)} ({cells}).{also}{rest}"
    )


def _each(measure: Measure) -> str:
    if measure.scale == "one more":
        return "each move more"
    return "each doubling" + (" of that number plus one" if measure.scale == "doubling of one more" else "")


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def judge_map_claims(
    claims: Mapping[str, Literal["before training", "after training"]], cells: Sequence[Cell]
) -> list[JudgedMapClaim]:
    """The verdicts on a map's claims, corrected for each other (Holm).

    Args:
        claims: when each was registered.
        cells: of all families.
    """
    ripe = ripe_cells(cells)
    y, families = np.array([cell.difference.delta for cell in ripe]), [cell.family for cell in ripe]
    parsed = [parse_map_claim(text) for text in claims]
    measured = [
        rank_correlation(_column(ripe, each.measure), y, families) if ripe else None for each in parsed
    ]
    corrected = holm([1.0 if each is None else each.p for each in measured])
    judged = []
    for claim, estimate, p_holm in zip(parsed, measured, corrected, strict=True):
        verdict: Verdict = UNDECIDED
        if estimate is not None and p_holm <= ALPHA:
            verdict = SUPPORTED if (estimate.value > 0) == (claim.direction == "grows") else CONTRADICTED
        judged.append(
            JudgedMapClaim(
                claim=claim.text,
                verdict=verdict,
                correlation=None if estimate is None else estimate.value,
                ci95=(-1.0, 1.0) if estimate is None else estimate.ci95,
                p=1.0 if estimate is None else estimate.p,
                p_holm=p_holm,
                n=len(ripe),
                families=len(set(families)),
                registered=claims[claim.text],
            )
        )
    return judged

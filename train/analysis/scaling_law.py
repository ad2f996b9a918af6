"""The scaling law of rounding: fitted to measured models, and its prediction of others.

Kumar et al. (2411.04330, equation 2) measure that rounding after training adds to the loss

    degradation = C * tokens^a / weights^b * exp(-bits / c)

so its logarithm is a sum, which is fitted by robust least squares. Its unit is one run of one size and seed,
in which later models start from earlier ones: each is left out in turn (`train.statistics.regression`). The
paper varies tokens with a schedule that ends in a decay. 2510.06213 holds that the decay raises the
degradation and the tokens do not, so the law has a factor for decayed models, which a run with branches tells
from tokens.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from math import exp, log
from typing import get_args

import numpy as np

from journey.runs.store import Run
from train.analysis.evaluations import Evaluations
from train.analysis.law_schema import (
    FittedLaw,
    LawFigures,
    LawPoint,
    LawPrediction,
    LawTerm,
    Predictions,
    Term,
)
from train.analysis.results_schema import StageKey
from train.evaluation.metrics_schema import read_metrics, read_schema
from train.recipe.dependencies import first_equal_stages
from train.recipe.recipe import Recipe
from train.recipe.registration import AFTER, BEFORE
from train.statistics.regression import Fit, fit

FILE = "predictions.json"
SCALE = 0.1
"""Errors of the logarithm beyond this count with their size: small degradations are mostly noise."""
LARGEST = 50.0
"""The largest logarithm of a prediction. A fit to few runs can have bounds beyond all numbers."""


def bits(precision: str) -> int:
    """The bits of a precision.

    >>> bits("int4"), bits("bfloat16")
    (4, 16)
    """
    return int(precision.lstrip("abcdefghijklmnopqrstuvwxyz"))


def measured_points(
    recipe: Recipe, evaluations: Mapping[StageKey, Evaluations], arms: Sequence[str]
) -> dict[tuple[str, str], LawPoint]:
    """The degradation of every model of these arms, by the first model like it and the precision."""
    alike = first_equal_stages(recipe)
    points: dict[tuple[str, str], LawPoint] = {}
    for (name, stage_name), each in evaluations.items():
        if name not in arms:
            continue
        arm = recipe.arm(name)
        stage = arm.stage(stage_name)
        for seed, folder in each.folders.items():
            figures = read_metrics(folder).precision or {}
            for precision in recipe.law.precisions:
                replica = next(own.name for own in recipe.replicas([arm]) if own.seed == seed)
                points.setdefault(
                    (alike[f"{stage_name}-{replica}"], precision),
                    LawPoint(
                        arm=name,
                        stage=stage_name,
                        seed=seed,
                        precision=precision,
                        weights=figures[precision].weights,
                        tokens=recipe.tokens_through(arm, stage),
                        decayed=recipe.decays(arm, stage),
                        degradation=figures[precision].degradation,
                    ),
                )
    return points


def fit_law(points: Collection[LawPoint]) -> tuple[FittedLaw, Fit] | None:
    """The law of these points; None if they do not determine it.

    A term that does not vary among the points is left out.
    """
    positive = [point for point in points if point.degradation > 0]
    columns = {name: np.array([_value(name, point) for point in positive]) for name in get_args(Term)}
    terms: list[Term] = [name for name, column in columns.items() if len(set(column)) > 1]
    if not terms:
        return None
    x = np.column_stack([columns[name] for name in terms])
    y = np.log([point.degradation for point in positive])
    fitted = fit(x, y, [f"{point.weights}:{point.seed}" for point in positive], SCALE)
    if fitted is None:
        return None
    slopes = dict(zip(terms, fitted.slopes, strict=True))
    law = FittedLaw(
        terms={name: LawTerm(value=each.value, ci95=each.ci95, p=each.p) for name, each in slopes.items()},
        constant=float(fitted.coefficients[0]),
        r2=fitted.r2,
        points=len(positive),
        groups=len(fitted.without),
        left_out=len(points) - len(positive),
    )
    return law, fitted


def _value(term: Term, point: LawPoint | LawPrediction) -> float:
    if term == "bits":
        return bits(point.precision)
    value = float(getattr(point, term))
    return value if term == "decayed" else log(value)


def law_at(law: FittedLaw, precision: str, weights: int, tokens: float, decayed: bool) -> float:
    """What a law says about a model, in nats per token."""
    values = {"tokens": log(tokens), "weights": log(weights), "bits": bits(precision), "decayed": decayed}
    return exp(law.constant + sum(term.value * values[name] for name, term in law.terms.items()))


def predict(
    recipe: Recipe, law: FittedLaw, fitted: Fit, weights: Mapping[str, int]
) -> Iterator[LawPrediction]:
    """What the law says about every stage of the predicted arms in every precision.

    Stages that an arm shares with one that the law is fitted to are no prediction.

    Args:
        recipe: the recipe.
        law: the fitted law.
        fitted: its fit.
        weights: by arm, the weights that are rounded.
    """
    alike = first_equal_stages(recipe)
    known = {alike[f"{stage.name}-{name}"] for name in recipe.law.arms for stage in recipe.arm(name).stages}
    for name in recipe.law.predict:
        arm = recipe.arm(name)
        for stage in arm.stages:
            model = alike[f"{stage.name}-{name}"]
            if model in known:
                continue
            known.add(model)
            for precision in recipe.law.precisions:
                place = LawPrediction(
                    arm=name,
                    stage=stage.name,
                    precision=precision,
                    weights=weights[name],
                    tokens=recipe.tokens_through(arm, stage),
                    decayed=recipe.decays(arm, stage),
                    predicted=0.0,
                    ci95=(0.0, 0.0),
                )
                value, bounds = fitted.predict([_value(term, place) for term in law.terms])
                low, high = (exp(min(bound, LARGEST)) for bound in bounds)
                yield place.model_copy(update={"predicted": exp(min(value, LARGEST)), "ci95": (low, high)})


def law_figures(run: Run, recipe: Recipe, evaluations: Mapping[StageKey, Evaluations]) -> LawFigures | None:
    """The law of a run, with the registered predictions and what was measured; None if it has none."""
    if not recipe.law.arms:
        return None
    points = measured_points(recipe, evaluations, recipe.law.arms)
    fitted = fit_law(points.values())
    tested = measured_points(recipe, evaluations, recipe.law.predict)
    registered = read_predictions(run)
    predictions = []
    for each in registered.predictions if registered else []:
        at = (each.arm, each.stage, each.precision)
        values = {
            str(point.seed): point.degradation
            for point in tested.values()
            if (point.arm, point.stage, point.precision) == at
        }
        predictions.append(each.model_copy(update={"measured": values or None}))
    return LawFigures(
        fitted=fitted[0] if fitted else None,
        measured=list((tested | points).values()),
        predictions=predictions,
        sha256=registered.sha256 if registered else None,
        registered=(AFTER if registered.trained else BEFORE) if registered else None,
    )


def read_predictions(run: Run) -> Predictions | None:
    """The registered predictions of a run; None if there are none."""
    path = run.path / FILE
    return read_schema(path, Predictions, "Remove it and start a new run") if path.exists() else None

"""Registers what a scaling law predicts before the predicted arms are trained."""

from __future__ import annotations

from typing import Any

from journey.runs.store import Run, write_json
from train.console import Console
from train.pipeline.run_stage import run_stage
from train.recipe.recipe import Recipe
from train.recipe.registration import sha256


def register_predictions(run: Run, recipe: Recipe, console: Console) -> None:
    """Fits the law to the evaluated models and writes predictions.json.

    Models that cannot be fitted have no predictions, and the run goes on.
    """

    def work() -> tuple[str, dict[str, Any]]:
        from train.analysis.law_schema import Predictions
        from train.analysis.results import read_evaluations
        from train.analysis.scaling_law import FILE, fit_law, measured_points, predict
        from train.models.rounding import count_weights

        measured = measured_points(recipe, read_evaluations(run, recipe), recipe.law.arms)
        fitted = fit_law(measured.values())
        if fitted is None:
            return "none: the measured models do not determine the law", {}
        replicas = {name: recipe.replicas([recipe.arm(name)])[0] for name in recipe.law.predict}
        weights = {
            name: count_weights(run.path / "models" / replica.base) for name, replica in replicas.items()
        }
        predictions = list(predict(recipe, *fitted, weights))
        trained = [
            f"{each.arm}/{each.stage}"
            for each in predictions
            if run.done(f"{each.stage}-{replicas[each.arm].name}")
        ]
        registered = Predictions(
            law=fitted[0],
            predictions=predictions,
            sha256=sha256([each.model_dump(mode="json") for each in predictions]),
            trained=list(dict.fromkeys(trained)),
        )
        write_json(run.path / FILE, registered.to_json())
        return f"{len(predictions)} registered in {FILE}, sha256 {registered.sha256[:12]}", {}

    run_stage(run, "predictions", console, work)

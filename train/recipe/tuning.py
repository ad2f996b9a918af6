"""Choosing settings on validation problems: every arm tries the same values of a key (`journey tune`).

A recipe lists its grids under `tuning`. The trials are an ordinary run of another recipe, made here: an arm
for each arm and value, one training seed that the experiment does not use, and the validation problems in
place of the held-out ones. What the trials gave is copied back into the recipe, so that its results can show
how each setting was chosen.

    tuning:
      - key: sft.learning_rate
        values: [1.0e-3, 2.0e-3, 4.0e-3]
        trials: {shortcut: [0.46, 0.47, 0.47], journey: [0.90, 0.99, 1.0]}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from journey.errors import InputError
from train.recipe.recipe import Recipe, check
from train.recipe.settings import Arm, Grid


def trial_recipe(recipe: Recipe, grid: Grid) -> Recipe:
    """The recipe whose arms are the trials of one grid."""
    settings = recipe.model_dump(mode="json")
    settings |= {
        "name": f"{recipe.name}-tune-{grid.key.replace('.', '-')}",
        "question": f"Which {grid.key} is best for each arm on validation problems?",
        "claims": [],
        "compare": [],
        "tuning": [],
        "arms": [
            {
                **arm.model_dump(mode="json"),
                "name": trial_name(arm.name, at),
                "stages": [stage.model_dump(mode="json") for stage in _stages(arm, grid)],
                "set": {**arm.set, grid.key: value},
            }
            for arm in grid_arms(recipe, grid)
            for at, value in enumerate(grid.values)
        ],
    }
    settings["training"]["seeds"] = [grid.seed]
    settings["evaluation"] |= {"split": "validation", "samples": {}, "methods": {}, "sets": {}, "earlier": []}
    return check(settings, settings["name"])


def trial_name(arm: str, at: int) -> str:
    """The name of the arm that tries the value at this place of the grid."""
    return f"{arm}_{at}"


def grid_arms(recipe: Recipe, grid: Grid) -> list[Arm]:
    """The arms that try a grid."""
    return [arm for arm in recipe.arms if not grid.arms or arm.name in grid.arms]


def _stages(arm: Arm, grid: Grid) -> list[Any]:
    """An arm's stages up to the last one of the kind that the key belongs to; all if it belongs to none."""
    kind = grid.key.partition(".")[0]
    last = max((at for at, stage in enumerate(arm.stages) if stage.kind == kind), default=len(arm.stages) - 1)
    return arm.stages[: last + 1]


def read_trials(recipe: Recipe, grid: Grid, results: Mapping[str, Any]) -> Grid:
    """The grid with what its trials gave, from the results of `trial_recipe`."""
    trials = {}
    for arm in grid_arms(recipe, grid):
        stage = _stages(arm, grid)[-1].name
        trials[arm.name] = [
            round(results["arms"][trial_name(arm.name, at)][stage]["pass@1"], 4)
            for at in range(len(grid.values))
        ]
    return grid.model_copy(update={"trials": trials})


def best(grid: Grid) -> dict[str, Any]:
    """By arm, the value with the most validation problems solved; of several the one listed first.

    >>> best(Grid(key="sft.learning_rate", values=[0.1, 0.2, 0.4], trials={"a": [0.5, 0.75, 0.75]}))
    {'a': 0.2}
    """
    return {arm: grid.values[solved.index(max(solved))] for arm, solved in grid.trials.items()}


def as_yaml(grids: list[Grid]) -> str:
    """The `tuning` section of a recipe."""
    rows = [grid.model_dump(mode="json", exclude_defaults=True) for grid in grids]
    return str(yaml.safe_dump({"tuning": rows}, sort_keys=False, default_flow_style=None, width=100))


def tuning_results(recipe: Recipe) -> list[dict[str, Any]]:
    """What results.json says of how settings were chosen: each grid, its best values, and those used."""
    return [
        {
            **grid.model_dump(mode="json", exclude={"arms"}),
            "best": best(grid),
            "used": {arm.name: value_of(recipe, arm, grid.key) for arm in grid_arms(recipe, grid)},
        }
        for grid in recipe.tuning
    ]


def value_of(recipe: Recipe, arm: Arm, key: str) -> Any:
    """The value that a key has for an arm; None where it is not set."""
    value: Any = recipe.of(arm).model_dump(mode="json")
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def need_grids(recipe: Recipe) -> list[Grid]:
    """The recipe's grids, or an InputError that shows how to write one."""
    if not recipe.tuning:
        raise InputError(
            f"the recipe {recipe.name} lists nothing to tune. Add for example "
            "`tuning: [{key: sft.learning_rate, values: [1.0e-3, 2.0e-3, 4.0e-3]}]`"
        )
    return list(recipe.tuning)

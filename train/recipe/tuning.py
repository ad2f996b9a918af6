"""Chooses settings on validation problems: all arms try the same values of a key (`journey tune`).

A recipe lists its grids under `tuning`. The trials run as an ordinary recipe, made here, with one arm for
each arm and value. They use a training seed of their own, and validation problems instead of held-out ones.
The results are copied back into the recipe, so that its report can show how each setting was chosen.

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
from train.recipe.recipe import Recipe
from train.recipe.settings import Grid
from train.recipe.stages import Arm
from train.recipe.validate import validate


def trial_recipe(recipe: Recipe, grid: Grid) -> Recipe:
    """A recipe whose arms are the trials of one grid."""
    settings = recipe.model_dump(mode="json")
    settings |= {
        "name": f"{recipe.name}-tune-{grid.key.replace('.', '-')}",
        "question": f"Which {grid.key} is best for each arm on validation problems?",
        "claims": [],
        "compare": [],
        "tuning": [],
        "law": {},
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
    sets = {name: each for name, each in settings["evaluation"]["sets"].items() if name == grid.set}
    settings["evaluation"] |= {
        "split": "validation",
        "samples": {},
        "methods": {},
        "sets": sets,
        "earlier": [],
        "precision": [],
    }
    return validate(settings, settings["name"])


def trial_name(arm: str, at: int) -> str:
    """The name of the arm that tries the value at this index of the grid."""
    return f"{arm}_{at}"


def grid_arms(recipe: Recipe, grid: Grid) -> list[Arm]:
    """The arms that try the values of a grid."""
    return [arm for arm in recipe.arms if not grid.arms or arm.name in grid.arms]


def _stages(arm: Arm, grid: Grid) -> list[Any]:
    """An arm's stages up to the last one that reads the block that the grid's key belongs to, such as sft.

    All stages if no stage reads it.
    """
    block = grid.key.partition(".")[0]
    readers = (at for at, stage in enumerate(arm.stages) if stage.block == block)
    last = max(readers, default=len(arm.stages) - 1)
    return arm.stages[: last + 1]


def read_trials(recipe: Recipe, grid: Grid, solved: Mapping[tuple[str, str], float]) -> Grid:
    """The grid with its trials: pass@1 of each arm and stage of `trial_recipe`, on the grid's problems."""
    trials = {}
    for arm in grid_arms(recipe, grid):
        stage = _stages(arm, grid)[-1].name
        trials[arm.name] = [
            round(solved[trial_name(arm.name, at), stage], 4) for at in range(len(grid.values))
        ]
    return grid.model_copy(update={"trials": trials})


def best(grid: Grid) -> dict[str, Any]:
    """For each arm, the value that solved the most validation problems. Ties go to the first value listed.

    >>> best(Grid(key="sft.learning_rate", values=[0.1, 0.2, 0.4], trials={"a": [0.5, 0.75, 0.75]}))
    {'a': 0.2}
    """
    return {arm: grid.values[solved.index(max(solved))] for arm, solved in grid.trials.items()}


def as_yaml(grids: list[Grid]) -> str:
    """The `tuning` section of a recipe."""
    rows = [grid.model_dump(mode="json", exclude_defaults=True) for grid in grids]
    return str(yaml.safe_dump({"tuning": rows}, sort_keys=False, default_flow_style=None, width=100))


def tuning_results(recipe: Recipe) -> list[dict[str, Any]]:
    """The `tuning` entries of results.json: each grid, the best value and the value used for each arm."""
    return [
        {
            **grid.model_dump(mode="json", exclude={"arms"}),
            "best": best(grid),
            "used": {arm.name: value_of(recipe, arm, grid.key) for arm in grid_arms(recipe, grid)},
        }
        for grid in recipe.tuning
    ]


def value_of(recipe: Recipe, arm: Arm, key: str) -> Any:
    """The value of a key for an arm; None if the key is not set."""
    value: Any = recipe.for_arm(arm).model_dump(mode="json")
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def require_grids(recipe: Recipe) -> list[Grid]:
    """The recipe's grids.

    Raises:
        InputError: the recipe has none. The message shows an example.
    """
    if not recipe.tuning:
        raise InputError(
            f"the recipe {recipe.name} has no `tuning` grids. Add one, such as "
            "`tuning: [{key: sft.learning_rate, values: [1.0e-3, 2.0e-3, 4.0e-3]}]`"
        )
    return list(recipe.tuning)

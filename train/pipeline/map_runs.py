"""`journey map`: runs a recipe once for each family, in folders of their own, and puts the results together.

    DIR/FAMILY/     the run folder of a family, as `journey run` makes it
    DIR/map.json    what the finished runs show; also map.csv, map.parquet, map.html, map.md and map-*.svg

A finished family is kept, an interrupted one continues, and a family that fails does not stop the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from journey import families
from journey.errors import InputError, JourneyError, unknown_name
from journey.runs.store import Run
from train.analysis.map_schema import LearningMap
from train.console import Console
from train.pipeline.experiment import open_run, run_stages
from train.pipeline.trl_configs import check_configs
from train.recipe.load import load_family_recipe, load_recipe
from train.recipe.recipe import Recipe


def choose_families(listed: Sequence[str], chosen: Sequence[str], shard: tuple[int, int]) -> list[str]:
    """The families to run here.

    Args:
        listed: the recipe's families.
        chosen: those that were asked for, which the recipe need not list; all of the recipe's if empty.
        shard: (i, n): every n-th of them, starting with number i.

    >>> choose_families(["linear", "roots", "story"], [], (1, 2))
    ['roots']

    Raises:
        InputError: a family does not exist or draws no problems.
    """
    for name in chosen:
        if name not in families.NAMES:
            raise unknown_name("family", name, families.NAMES)
    return list(dict.fromkeys(chosen or listed))[shard[0] :: shard[1]]


def run_map(
    recipe: str,
    out: Path,
    chosen: Sequence[str],
    changes: Sequence[str],
    quick: bool,
    shard: tuple[int, int],
    console: Console,
    update: bool = False,
) -> LearningMap:
    """Runs a recipe for each family of this shard, then writes the map of the folder's finished families.

    Args:
        recipe: name or path.
        out: the map's folder.
        chosen: families to run; those of the recipe if empty.
        changes: `KEY=VALUE` changes of the recipe.
        quick: use the recipe's small sizes.
        shard: (i, n): run every n-th family, starting with number i.
        console: prints progress.
        update: turn folders of other settings into these, and repeat only what differs.

    Raises:
        InputError: a name, a setting or a folder does not fit. Nothing has run then.
        JourneyError: a family failed. The others have run, and the map is written.
    """
    listed = list(load_recipe(recipe, changes, quick).problems.families)
    names = choose_families(listed, chosen, shard)
    recipes = {name: load_family_recipe(recipe, name, changes, quick) for name in names}
    # Before any folder is opened: an update removes models that the new settings would train again.
    _check_each_once([own for name, own in recipes.items() if _to_check(out / name, own, update)])
    # Opened before the first one runs, so that a folder of other settings is refused at once.
    runs = {name: _open(out / name, own, update) for name, own in recipes.items()}
    failed = []
    for number, (name, run) in enumerate(runs.items(), 1):
        title = f"{name} ({number} of {len(runs)})"
        if Run(run.path).manifest.get("state") == "done":
            console.log("map", f"{title}: done before")
            continue
        console.log("map", title)
        try:
            run_stages(run, recipes[name], console)
        except JourneyError as error:
            console.log("map", f"{name} failed")
            failed.append(f"{name}: {error}")
    learning_map = report_map([out], console)
    if failed:
        raise JourneyError("; ".join(failed))
    return learning_map


def _check_each_once(recipes: Sequence[Recipe]) -> None:
    """Checks the options for TRL, once for all families that share them."""
    checked = []
    for recipe in recipes:
        settings = recipe.model_dump(mode="json", exclude={"name", "problems"})
        if settings not in checked:
            check_configs(recipe)
            checked.append(settings)


def _open(path: Path, recipe: Recipe, update: bool) -> Run:
    """The run folder of a family. A folder of the same settings needs no update."""
    return open_run(path, recipe, update and _differs(path, recipe))


def _to_check(path: Path, recipe: Recipe, update: bool) -> bool:
    """Whether the options for TRL are new to this folder; those of a folder that is refused need no check."""
    return not (path / "manifest.json").exists() or (update and _differs(path, recipe))


def _differs(path: Path, recipe: Recipe) -> bool:
    """Whether a folder was made with other settings, or with none."""
    return bool(Run(path).manifest.get("settings") != recipe.model_dump(mode="json"))


def report_map(sources: Sequence[Path], console: Console) -> LearningMap:
    """Writes the map of these folders and map.json files into the first folder, and prints it.

    Raises:
        InputError: a path does not exist, the first is no folder, or two runs are of one family.
    """
    from train.analysis.learning_map import gather_map
    from train.analysis.map_schema import write_map
    from train.report.map_report import format_map, write_map_report

    folder = sources[0]
    if folder.suffix == ".json":
        raise InputError(f"name the folder that receives the map first, before {folder}")
    with console.status("Putting the families together"):
        learning_map = gather_map(sources)
        write_map(folder, learning_map)
        page = write_map_report(folder, learning_map)
    for part in format_map(learning_map):
        console.print(part)
    console.print(f"\nMap: {page}", soft_wrap=True)
    return learning_map

"""Reads recipes from YAML: the shipped ones, your own files, and the recipes of run folders.

`journey run laptop` reads the shipped recipes/laptop.yaml; a path that ends in .yaml reads your own. A recipe
that says `from: NAME` extends another one. `--quick` applies the recipe's `quick:` block, and `--set a.b=c`
sets one key. The resolved recipe is saved as RUN/recipe.yaml.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from journey.errors import InputError, unknown_name
from journey.runs.store import Run
from train.recipe.recipe import OWN_HELDOUT, Recipe, set_key
from train.recipe.validate import validate
from train.recipe.yaml_floats import read_yaml

REPLACED = ("quick", "problems.families", "evaluation.samples")
"""Maps that an extending recipe replaces. All other maps are merged key by key."""


def recipe_of(run: Run) -> Recipe:
    """The recipe that a run folder was made with."""
    return validate(run.manifest["settings"], f"{run.path}/manifest.json")


def shipped() -> list[str]:
    """The names of the recipes that come with the package."""
    folder = resources.files("train") / "recipes"
    return sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml"))


def list_recipes() -> list[dict[str, str]]:
    """The name, question, claim and source of each shipped recipe."""
    keys = ("name", "question", "claim", "source")
    return [{key: getattr(recipe, key) for key in keys} for recipe in map(load_recipe, shipped())]


def load_recipe(name: str, changes: Iterable[str] = (), quick: bool = False) -> Recipe:
    """The recipe of this name or path, with `KEY=VALUE` changes applied in order.

    Raises:
        InputError: the recipe does not exist, a key is unknown, or a value is invalid.
    """
    settings = _read(name)
    quick_changes = settings.pop("quick", {}) or {}
    if quick:
        for key, value in quick_changes.items():
            set_key(settings, key, value)
    for change in changes:
        key, equals, text = change.partition("=")
        if not equals:
            raise InputError(f"--set takes KEY=VALUE, such as training.tokens=1000000, not {change!r}")
        set_key(settings, key, read_yaml(text))
        if key == "arms":
            _drop_other_arms(settings, settings["arms"])
    recipe = validate(settings, name)
    # Checked before the search, which can take hours.
    against = {file for arm in recipe.arms for file in recipe.for_arm(arm).curation.against}
    for key, files, names in (
        ("curation.against", {*recipe.curation.against, *against}, {OWN_HELDOUT, *recipe.evaluation.sets}),
        ("evaluation.earlier", {*recipe.evaluation.earlier}, {OWN_HELDOUT}),
        ("data of a stage", {*recipe.text_files}, set[str]()),
    ):
        for file in sorted(files - names):
            if not Path(file).is_file():
                raise InputError(f"{name}: the file {file} in {key} does not exist")
    return recipe


def load_family_recipe(name: str, family: str, changes: Sequence[str] = (), quick: bool = False) -> Recipe:
    """The recipe of this name or path for the problems of one family alone (`journey map`).

    Overrides of the family in `map.set` apply before `changes`.

    >>> recipe = load_family_recipe("map", "roots", ["seed=3"])
    >>> recipe.name, recipe.problems.families, recipe.map.set, recipe.seed
    ('map-roots', {'roots': 1.0}, {}, 3)
    """
    shared = load_recipe(name, changes, quick)
    overrides = [f"{key}={json.dumps(value)}" for key, value in shared.map.set.get(family, {}).items()]
    alone = [f"name={shared.name}-{family}", f"problems.families={json.dumps({family: 1.0})}", "map.set={}"]
    return load_recipe(name, [*overrides, *changes, *alone], quick)


def _read(name: str, extended_by: tuple[str, ...] = ()) -> dict[str, Any]:
    """The plain settings of a recipe, merged with those of the recipe that it extends."""
    if name in extended_by:
        raise InputError(f"recipes extend each other in a cycle: {' from '.join([*extended_by, name])}")
    try:
        settings = read_yaml(_read_text(name), name)
    except yaml.YAMLError as error:
        raise InputError(f"{name} is not valid YAML: {error}") from error
    if not isinstance(settings, dict):
        raise InputError(f"{name} contains no settings")
    parent = settings.pop("from", None)
    if parent is None:
        return settings
    inherited = _read(str(parent), (*extended_by, name))
    if "arms" in settings:
        _drop_other_arms(inherited, settings["arms"])
    return _merge(inherited, settings)


def _drop_other_arms(settings: dict[str, Any], arms: Any) -> None:
    """Removes what belongs to arms that were replaced by these: trials, the law, and numbers of samples.

    >>> settings = {"tuning": [1], "evaluation": {"samples": {"shortcut": 16, "journey": 4}}}
    >>> _drop_other_arms(settings, [{"name": "journey"}])
    >>> settings
    {'evaluation': {'samples': {'journey': 4}}}
    """
    settings.pop("tuning", None)
    settings.pop("law", None)
    names = [arm.get("name") for arm in arms if isinstance(arm, dict)] if isinstance(arms, list) else []
    quick = settings.get("quick")
    for holder, key in ((settings.get("evaluation"), "samples"), (quick, "evaluation.samples")):
        if isinstance(holder, dict) and isinstance(holder.get(key), dict):
            holder[key] = {name: count for name, count in holder[key].items() if name in names}


def _read_text(name: str) -> str:
    if name.endswith((".yaml", ".yml")):
        try:
            return Path(name).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read the recipe {name}: {error}") from error
    if name not in shipped():
        unknown = unknown_name("recipe", name, shipped())
        raise InputError(f"{unknown}. A path to your own recipe ends in .yaml")
    return (resources.files("train") / "recipes" / f"{name}.yaml").read_text()


def _merge(inherited: dict[str, Any], own: dict[str, Any], path: str = "") -> dict[str, Any]:
    """Settings with others on top. Maps are merged key by key, except those in `REPLACED`.

    >>> _merge({"a": {"b": 1, "c": 2}, "arms": [1]}, {"a": {"b": 3}, "arms": [2, 3]})
    {'a': {'b': 3, 'c': 2}, 'arms': [2, 3]}
    """
    merged = dict(inherited)
    for key, value in own.items():
        old = merged.get(key)
        both_maps = isinstance(old, dict) and isinstance(value, dict)
        if both_maps and f"{path}{key}" not in REPLACED:
            value = _merge(old or {}, value, f"{path}{key}.")
        merged[key] = value
    return merged

"""The verbs that list what ships, with their subcommands: `families` and `recipes`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from train.command.app import guarded, print_json, print_parts, verb_group
from train.command.examples import examples_of
from train.command.options import Json, Quick, Set


@verb_group
def families(context: typer.Context, as_json: Json = False) -> None:
    """Print the problem families, with a sample problem of each."""
    from journey.families import list_families
    from traces.summary import two_columns

    if context.invoked_subcommand is not None:
        return
    listed = list_families()
    rows = ((each.name, f"{each.summary}\n[dim]{each.sample}[/]") for each in listed)
    return print_json(listed) if as_json else print_parts(two_columns(rows))


@families.command("new", epilog=examples_of("families new"))
@guarded
def new_family(
    name: Annotated[str, typer.Argument(help="Name of the family, in small letters.")], as_json: Json = False
) -> None:
    """Write a family that runs into this checkout, with its words and a test oracle, for you to change."""
    from traces.template import new_family

    files = [str(file) for file in new_family(name, Path.cwd())]
    if as_json:
        return print_json({"name": name, "files": files})
    mistakes = "--set search.mistakes=0.5 --set traces.mistakes=1"
    print_parts(*files, f"Try it: journey generate --family {name} --count 20 {mistakes} --out runs/{name}")
    print_parts(f"Look at it: journey browse runs/{name}", f"Test it: python -m pytest -k {name}")


@verb_group
def recipes(context: typer.Context, as_json: Json = False) -> None:
    """List the recipes that ship. `journey recipes show NAME` prints one in full."""
    from traces.summary import two_columns
    from train.recipe.load import list_recipes

    if context.invoked_subcommand is not None:
        return
    shipped = list_recipes()
    rows = ((r["name"], f"{r['question']}\n[dim]{r['claim']}\n{r['source']}[/]") for r in shipped)
    return print_json(shipped) if as_json else print_parts(two_columns(rows))


@recipes.command("show", epilog=examples_of("recipes show"))
@guarded
def show_recipe(
    name: Annotated[str, typer.Argument(help="A recipe's name or path.")],
    set_: Set = None,
    quick: Quick = False,
    as_json: Json = False,
) -> None:
    """Print every key of a recipe with its value and meaning."""
    from train.recipe.keys import entries, render_recipe
    from train.recipe.load import load_recipe

    recipe = load_recipe(name, set_ or [], quick)
    return print_json(entries(recipe)) if as_json else print_parts(*render_recipe(recipe))

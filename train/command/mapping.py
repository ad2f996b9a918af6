"""The verb `map`: runs a recipe once for each family, and puts finished runs together."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from train.command.app import guarded, print_json, verb_group
from train.command.examples import examples_of
from train.command.options import Json, Quick, Set, Shard


@verb_group
def map(
    context: typer.Context,
    out: Annotated[
        Path | None, typer.Option("--out", help="Put the run folders here. Default: runs/RECIPE.")
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(metavar="FAMILY", help="Run this family; repeat it for several. Default: the recipe's."),
    ] = None,
    recipe: Annotated[str, typer.Option(help="Run this recipe for each family.")] = "map",
    shard: Shard = "1/1",
    set_: Set = None,
    quick: Quick = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Update folders made with other settings: repeat only what differs."),
    ] = False,
) -> None:
    """Run a recipe once for each family, and show where the journey arm beats the shortcut arm.

    Each family has a run folder of its own. An interrupted map continues, and finished families are kept.
    """
    if context.invoked_subcommand is not None:
        return
    from train.console import Console

    with Console().status("Loading the libraries"):
        from train.pipeline.generate import parse_shard
        from train.pipeline.map_runs import run_map

    folder = out or Path("runs") / f"{Path(recipe).stem}{'-quick' if quick else ''}"
    run_map(recipe, folder, family or [], set_ or [], quick, parse_shard(shard), Console(), update)


@map.command("report", epilog=examples_of("map report"))
@guarded
def report(
    sources: Annotated[
        list[Path],
        typer.Argument(metavar="DIR [DIR|FILE]...", help="Folders of maps, and map.json files of others."),
    ],
    as_json: Json = False,
) -> None:
    """Put finished runs together. Writes map.json, tables and plots into the first folder."""
    from train.console import Console
    from train.pipeline.map_runs import report_map

    learning_map = report_map(sources, Console(quiet=as_json))
    if as_json:
        print_json(learning_map.to_json())

"""Command-line options that several verbs share, or whose help is long."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer


def _version(requested: bool) -> None:
    if requested:
        from importlib.metadata import version

        print(f"journey {version('journey-learning')}")
        raise typer.Exit(0)


Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
]
Out = Annotated[Path | None, typer.Option("--out", help="Write to this run folder. Default: runs/RECIPE.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key of the recipe.")
]
RecipeName = Annotated[str, typer.Argument(help="A recipe's name or path.")]
Quick = Annotated[bool, typer.Option("--quick", help="Use the recipe's small sizes.")]
Split = Annotated[
    Literal["train", "validation", "heldout"] | None,
    typer.Option(
        help="Draw problems of this split of the family. Default: train. The rows of a file are split by "
        "their column `split`, else by a hash of the problem: 80 % train, 10 % validation, 10 % heldout."
    ),
]
Field = Annotated[
    list[str] | None, typer.Option(metavar="NAME=COLUMN", help="Read NAME from this column of the file.")
]
Proposer = Annotated[
    str, typer.Option(help="Take steps from here: symbolic, model:DIR, server:URL#MODEL or replay:FILE.")
]
SearchStrategy = Annotated[
    Literal["depth", "breadth", "best", "beam", "mcts"], typer.Option(help="Explore in this order.")
]
Workers = Annotated[int, typer.Option(min=1, help="Use this many processes.")]
Shard = Annotated[str, typer.Option(metavar="I/N", help="Do only the I-th of N shares.")]
Engine = Annotated[Literal["local", "ray"], typer.Option(help="Run the workers here, or on a Ray cluster.")]
Address = Annotated[str | None, typer.Option(help="Connect to the Ray cluster at this address.")]
Levels = Annotated[
    list[int] | None, typer.Option(min=1, max=5, help="Draw problems of these levels. Default: 1 to 3.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonAlways = Annotated[
    bool, typer.Option("--json", help="Print JSON. This verb always does.", show_default=False)
]
LogTo = Annotated[
    Literal["trackio", "tensorboard", "wandb"] | None,
    typer.Option(
        "--log-to",
        help="Log the losses of training here too: tensorboard in RUN/logs, trackio in its local database, "
        "wandb in RUN/wandb. Default: nowhere. Nothing goes over a network.",
    ),
]
Style = Literal["terse", "stated", "prose"]
Chat = Literal["plain", "think"]
Form = Literal["trl", "parquet", "graphml", "sos"]
Benchmark = Literal["bases", "check", "generate", "search", "train"]
Units = Annotated[
    Literal["convert", "strict", "ignore"],
    typer.Option(
        help="convert: units are converted, and one may be left out. strict: the same unit on both sides, or "
        "none. ignore: the numbers alone are compared.",
    ),
]
Rounding = Annotated[
    Literal["reference", "exact", "lenient"],
    typer.Option(
        help="reference: an exact value may round to a reference of two digits or more. exact: a decimal "
        "equals itself alone. lenient: either side may be the other one rounded, to three digits or more.",
    ),
]

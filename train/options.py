"""The options of the command that several verbs share, or that take many words."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"journey {version('journey-learning')}")
        raise typer.Exit(0)


Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
]
Out = Annotated[Path | None, typer.Option("--out", help="The run folder. Default: runs/RECIPE.")]
RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change one key of the recipe.")
]
Levels = Annotated[list[int] | None, typer.Option(min=1, max=5, help="Levels to draw from. Default: 1 to 3.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Units = Annotated[
    str,
    typer.Option(
        metavar="RULE",
        help="convert: units are converted, and one may be left out. strict: the same unit on both sides, or "
        "none. ignore: the numbers alone are compared.",
    ),
]
Rounding = Annotated[
    str,
    typer.Option(
        metavar="RULE",
        help="reference: an exact value may round to a reference of two digits or more. exact: a decimal "
        "equals itself alone. lenient: either side may be the other one rounded, to three digits or more.",
    ),
]

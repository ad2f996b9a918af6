"""Pictures of a run's problems in a terminal and in HTML."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image
    from rich.console import RenderableType

    from journey.runs.store import Run

COLUMNS = 32
"""The width of a picture in a terminal."""


def side_of(run: Run) -> int | None:
    """The side of the pictures of a run's problems in pixels; None if they are given as text."""
    side: int | None = run.manifest.get("settings", {}).get("problems", {}).get("picture")
    return side


def in_terminal(picture: Image) -> RenderableType:
    """A picture for a terminal: in pixels if it has sixel or kitty graphics, else in half blocks.

    If the output is no terminal, it is in characters of different darkness.
    """
    # The import asks the terminal what it supports.
    from textual_image.renderable import Image as Renderable

    return Renderable(picture.convert("RGB"), width=COLUMNS, height="auto")


def data_uri(picture: Image) -> str:
    """A picture as a PNG in a `data:` address, for HTML and JSON.

    >>> from PIL.Image import new
    >>> data_uri(new("L", (1, 1)))[:22]
    'data:image/png;base64,'
    """
    file = BytesIO()
    picture.save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"

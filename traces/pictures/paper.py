"""A sheet to draw on: texts of varied place, size and typeface inside a box."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from journey.errors import InputError

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

FACES = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSerif", "STIXGeneral")
"""The typefaces. They come with matplotlib, so a picture does not depend on the system's fonts."""
SMALLEST = 7
"""Pixels: a text in a smaller size cannot be read."""
LARGEST = 0.3
"""The largest size of a text, as a share of the side."""
SPREAD = 0.75
"""The smallest size that is drawn at random, as a share of the largest that fits."""
WHITE, INK, PALE = 255, 20, 150
"""Levels of grey."""
PARTS = re.compile(r"[=<>]+[^-+=<>,;]*[,;]?|[-+]?[^-+=<>,;]+[,;]?|.")
MAX_LINES = 4


class Box(NamedTuple):
    """A part of the sheet in pixels."""

    left: int
    top: int
    right: int
    bottom: int


class Paper:
    """A square sheet.

    Args:
        side: width and height in pixels.
        random: decides what varies.
    """

    def __init__(self, side: int, random: Random) -> None:
        from PIL import Image, ImageDraw

        self.side, self.random = side, random
        self.image = Image.new("L", (side, side), WHITE)
        self.pen = ImageDraw.Draw(self.image)
        self.face = random.choice(FACES)

    @property
    def all(self) -> Box:
        """The whole sheet, without a margin of a pixel."""
        return Box(1, 1, self.side - 1, self.side - 1)

    def between(self, low: float, high: float) -> int:
        """A random number of pixels; both limits are shares of the side."""
        return self.random.randint(round(low * self.side), round(high * self.side))

    def fits(self, lines: Sequence[str], box: Box) -> int:
        """The largest size in which lines fit into a box; less than `SMALLEST` if none does."""
        for size in range(round(LARGEST * self.side), SMALLEST - 1, -1):
            font = _font(self.face, size)
            if size * len(lines) * 1.2 <= box.bottom - box.top and all(
                font.getlength(line) <= box.right - box.left for line in lines
            ):
                return size
        return SMALLEST - 1

    def write(self, layouts: Sequence[Sequence[str]], box: Box) -> None:
        """Writes a text into a box, in the layout that makes it largest, at a random place and size.

        Args:
            layouts: the text in lines, in different ways.
            box: where to write.

        Raises:
            InputError: no layout fits.
        """
        largest, lines = max(((self.fits(each, box), each) for each in layouts), key=lambda pair: pair[0])
        if largest < SMALLEST:
            text = "".join(layouts[0])
            raise InputError(f"{text!r} does not fit into a picture of {self.side} pixels: raise its side")
        size = self.random.randint(max(SMALLEST, round(SPREAD * largest)), largest)
        font = _font(self.face, size)
        step = round(1.2 * size)
        width = max(round(font.getlength(line)) for line in lines)
        left = self.random.randint(box.left, max(box.left, box.right - width))
        top = self.random.randint(box.top, max(box.top, box.bottom - step * len(lines)))
        for number, line in enumerate(lines):
            self.pen.text((left, top + number * step), line, font=font, fill=INK)


def wrapped(text: str) -> list[list[str]]:
    """A formula on one line, and on up to `MAX_LINES` lines that break before its signs.

    >>> wrapped("7x+12y=173")[:2]
    [['7x+12y=173'], ['7x+12y', '=173']]
    """
    parts = PARTS.findall(text.replace("^2", "²").replace("^3", "³").strip())
    layouts = []
    for count in range(1, min(MAX_LINES, len(parts)) + 1):
        lines = [""]
        for part in parts:
            if lines[-1] and len(lines[-1]) + len(part) / 2 > len(text) / count and len(lines) < count:
                lines.append("")
            lines[-1] += part
        layouts.append(lines)
    return layouts


@lru_cache(maxsize=512)
def _font(face: str, size: int) -> FreeTypeFont:
    from matplotlib import get_data_path
    from PIL import ImageFont

    path = Path(get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"
    # The other layout engine is not part of every build of Pillow.
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)

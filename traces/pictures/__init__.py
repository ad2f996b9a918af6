"""Problems as pictures: a pure function of the problem, a side in pixels and a seed, so none is stored.

    linear      an equation, or a balance scale with a side of it in each pan
    countdown   a grid of the numbers below the target
    quadratic   an equation over its parabola
    others      their prompt, written on as many lines as make it largest

Place, size and typeface vary. A drawn problem keeps its prompt, which is what a reader of the picture should
read, and its journeys and answer stay text. To give a family a drawing of its own, write
`traces/pictures/NAME.py` with a function `picture`.
"""

from __future__ import annotations

import importlib
import importlib.util
from functools import lru_cache
from random import Random
from typing import TYPE_CHECKING

from journey import families
from traces.pictures.paper import Paper, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

    from journey.families import Givens
    from journey.problem import Problem

SIDE = 96
"""The usual side of a picture in pixels."""
SIDES = range(32, 449)
"""The sides that a picture may have."""


def draw(problem: Problem, side: int = SIDE, seed: int = 0) -> Image:
    """The picture of a problem: `side` by `side` pixels of grey, dark on white.

    Args:
        problem: the problem.
        side: width and height in pixels.
        seed: another seed gives another place, size and typeface.

    Raises:
        InputError: the problem does not fit at a size that can be read.
    """
    paper = Paper(side, Random(f"{seed}:{problem.id}:picture"))
    _drawing(problem.family)(problem.givens, paper)
    return paper.image


@lru_cache
def _drawing(family: str) -> Callable[[Givens, Paper], None]:
    """How a family is drawn."""
    name = f"{__name__}.{family}"
    if importlib.util.find_spec(name):
        return importlib.import_module(name).picture  # type: ignore[no-any-return]
    prompt = families.get(family).prompt
    return lambda givens, paper: paper.write(wrapped(prompt(givens)), paper.all)

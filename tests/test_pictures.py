"""Pictures are a function of problem, side and seed. Nothing is cut off. A terminal and HTML show them."""

from __future__ import annotations

import io
from base64 import b64decode
from typing import Any

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from journey import families
from journey.errors import InputError
from journey.problem import Problem, draw, make_problem
from traces import pictures
from traces.pictures import shown
from traces.pictures.paper import INK, PALE, WHITE


def problem(family: str, givens: dict[str, Any]) -> Problem:
    return make_problem(families.get(family), givens)


Given = tuple[str, dict[str, Any]]
LINEAR: Given = ("linear", {"equation": "3x+7=-20"})
COUNTDOWN: Given = ("countdown", {"numbers": [3, 17, 20], "target": 40})
QUADRATIC: Given = ("quadratic", {"equation": "x^2-5x+6=0"})
DRAWN: list[Given] = [LINEAR, COUNTDOWN, QUADRATIC, ("diophantine", {"a": 7, "b": 12, "c": 173})]


@pytest.mark.parametrize(("family", "givens"), DRAWN)
def test_a_picture_depends_on_problem_side_and_seed_alone(family: str, givens: dict[str, Any]) -> None:
    here = problem(family, givens)
    first = pictures.draw(here, 64)
    assert first.size == (64, 64)
    assert first.tobytes() == pictures.draw(here, 64).tobytes()
    others = [pictures.draw(here, 64, seed) for seed in range(1, 8)]
    assert len({each.tobytes() for each in [first, *others]}) > 6
    assert pictures.draw(here, 128).size == (128, 128)


@pytest.mark.parametrize("side", [64, 96, 128])
def test_nothing_is_cut_off(side: int) -> None:
    for family, givens in DRAWN:
        for seed in range(20):
            grid = np.asarray(pictures.draw(problem(family, givens), side, seed))
            edge = np.concatenate([grid[0], grid[-1], grid[:, 0], grid[:, -1]])
            # A letter's shoulder may touch the edge, but no more.
            assert (edge != WHITE).sum() <= 6, (family, seed)


@pytest.mark.parametrize("family", families.NAMES)
def test_every_family_is_drawn_with_ink(family: str) -> None:
    for index in range(3):
        here = draw(families.get(family), 0, "train", index, [1])
        grid = np.asarray(pictures.draw(here, 224))
        assert (grid.min(), grid.max()) == (INK, WHITE), here.statement


def test_the_givens_decide_what_is_drawn() -> None:
    """Two problems with the same layout differ only where their givens do."""
    one, two = (problem("countdown", {"numbers": [3, 17, 20], "target": target}) for target in (40, 41))
    same_seed = {each.id: pictures.draw(each, 64).tobytes() for each in (one, two)}
    assert len(set(same_seed.values())) == 2


def test_both_drawings_of_a_linear_equation_occur() -> None:
    """Only a scale has the grey of its foot."""
    drawn = [pictures.draw(problem(*LINEAR), 96, seed).histogram()[PALE] for seed in range(20)]
    assert 4 < sum(grey > 20 for grey in drawn) < 16


def test_a_parabola_opens_up_and_crosses_its_axis() -> None:
    below = np.asarray(pictures.draw(problem(*QUADRATIC), 96))[96 * 5 // 9 + 1 :]
    dark = below < 100
    rows = np.flatnonzero(dark.any(axis=1))
    widths = dark[rows].sum(axis=1)
    assert len(rows) > 30
    assert widths[-1] >= widths[0], "the vertex is at the bottom"


def test_a_problem_that_does_not_fit_is_refused() -> None:
    long = problem("linear", {"equation": "+".join(["123456789x"] * 12) + "=7"})
    with pytest.raises(InputError, match="does not fit into a picture of 32 pixels: raise its side"):
        pictures.draw(long, 32)


def test_without_a_terminal_a_picture_is_characters() -> None:
    page = io.StringIO()
    Console(file=page, width=60).print(shown.in_terminal(pictures.draw(problem(*COUNTDOWN), 64)))
    lines = page.getvalue().rstrip("\n").split("\n")
    assert {len(line) for line in lines} == {shown.COLUMNS}
    assert len(lines) == shown.COLUMNS // 2, "a character is twice as high as wide"
    assert 2 < len(set("".join(lines))) < 20


def test_html_gets_the_same_picture_as_a_png() -> None:
    picture = pictures.draw(problem(*QUADRATIC), 64)
    address = shown.data_uri(picture)
    read = Image.open(io.BytesIO(b64decode(address.partition(",")[2])))
    assert read.tobytes() == picture.tobytes()

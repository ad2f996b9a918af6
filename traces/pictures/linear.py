"""A linear equation, or a balance scale in equilibrium with a side of the equation in each pan."""

from __future__ import annotations

from journey.families import Givens
from traces.pictures.paper import INK, PALE, SMALLEST, Box, Paper, wrapped


def picture(givens: Givens, paper: Paper) -> None:
    """Draws the equation. Sides that are too long for the pans are always written."""
    equation = str(givens["equation"])
    left, right = map(wrapped, equation.split("="))
    side, middle = paper.side, paper.side // 2
    pans = paper.between(0.62, 0.75)
    boxes = [Box(2, 2, middle - 2, pans), Box(middle + 2, 2, side - 2, pans)]
    on_scale = all(
        max(paper.fits(lines, box) for lines in text) > SMALLEST
        for text, box in zip((left, right), boxes, strict=True)
    )
    if not on_scale or paper.random.random() < 0.5:
        paper.write(wrapped(equation), paper.all)
        return
    for text, box in zip((left, right), boxes, strict=True):
        paper.write(text, box)
        paper.pen.line([(box.left, pans), (box.right, pans)], fill=INK, width=2)
        centre = (box.left + box.right) // 2
        paper.pen.line([(centre, pans), (centre, pans + side // 12)], fill=PALE, width=1)
    beam = pans + side // 12
    paper.pen.line([(side // 4, beam), (3 * side // 4, beam)], fill=INK, width=1)
    foot = min(side - 2, beam + paper.between(0.08, 0.14))
    paper.pen.polygon([(middle, beam), (middle - side // 10, foot), (middle + side // 10, foot)], fill=PALE)

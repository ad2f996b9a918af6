"""A quadratic equation over the parabola of its left side minus its right side."""

from __future__ import annotations

from math import sqrt

from journey.algebra import read_relation
from journey.families import Givens
from journey.methods.quadratics import normal
from traces.pictures.paper import INK, PALE, Box, Paper, wrapped

POINTS = 24
"""Points of the curve."""


def picture(givens: Givens, paper: Paper) -> None:
    """Draws the equation in the upper half and the parabola in the lower half, with the axis of x."""
    equation = str(givens["equation"])
    coefficients = normal(read_relation(equation))
    if coefficients is None:  # the squares cancel, so there is no parabola
        paper.write(wrapped(equation), paper.all)
        return
    half = paper.side * 5 // 9
    paper.write(wrapped(equation), Box(1, 1, paper.side - 1, half))
    a, b, c = map(float, coefficients)
    vertex = -b / (2 * a)
    # Wide enough to show both roots, or an arch if there are none.
    reach = 1.3 * max(1.0, sqrt(abs(b * b - 4 * a * c)) / (2 * abs(a)))
    xs = [vertex + reach * (2 * at / (POINTS - 1) - 1) for at in range(POINTS)]
    ys = [a * x * x + b * x + c for x in xs]
    low, high = min(*ys, 0.0), max(*ys, 0.0)
    left, right = paper.between(0.02, 0.2), paper.side - 1 - paper.between(0.02, 0.2)
    bottom = paper.side - 3

    def down(y: float) -> float:
        return bottom - (bottom - half) * (y - low) / (high - low)

    paper.pen.line([(left, down(0)), (right, down(0))], fill=PALE, width=1)
    curve = [(left + (right - left) * at / (POINTS - 1), down(y)) for at, y in enumerate(ys)]
    paper.pen.line(curve, fill=INK, width=1)

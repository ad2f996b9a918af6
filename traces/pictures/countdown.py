"""A countdown puzzle: the target in a frame, and a grid of the numbers in their order below it."""

from __future__ import annotations

from journey.families import Givens
from traces.pictures.paper import INK, PALE, Box, Paper


def picture(givens: Givens, paper: Paper) -> None:
    """Draws the target and the grid, of two or three columns."""
    numbers = list(map(str, givens["numbers"]))
    columns = 2 if len(numbers) <= 4 else 3
    rows = -(-len(numbers) // columns)
    left, right = paper.between(0.02, 0.08), paper.side - 1 - paper.between(0.02, 0.08)
    top = paper.between(0.02, 0.05)
    below = top + paper.between(0.24, 0.3)
    bottom = paper.side - 1 - paper.between(0.02, 0.08)
    paper.pen.rectangle([left, top, right, below], outline=INK, width=2)
    paper.write([[str(givens["target"])]], Box(left + 3, top + 2, right - 3, below - 1))
    start = below + 4
    for place, number in enumerate(numbers):
        row, column = divmod(place, columns)
        cell = Box(
            left + (right - left) * column // columns,
            start + (bottom - start) * row // rows,
            left + (right - left) * (column + 1) // columns,
            start + (bottom - start) * (row + 1) // rows,
        )
        paper.pen.rectangle(cell, outline=PALE, width=1)
        paper.write([[number]], Box(cell.left + 2, cell.top + 1, cell.right - 2, cell.bottom - 1))

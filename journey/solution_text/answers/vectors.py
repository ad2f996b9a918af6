"""Vectors and matrices: as coordinates, as a column, as rows of rows."""

from __future__ import annotations

import re
from dataclasses import replace

from journey.solution_text.answers.shapes import Shape

TRANSPOSED = re.compile(
    r"(.*[)\]}])\s*\^\s*\{?\s*(?:T|\\top|\\intercal|\\mathsf\{T\}|\\text\{T\})\s*\}?", re.DOTALL
)
MATRIX = re.compile(r"\\begin\{(?:[pbB]|small)?matrix\}")


def transposed(matrix: Shape) -> Shape:
    """A matrix with its rows as columns; coordinates as they are."""
    if matrix.kind != "matrix":
        return matrix
    columns = zip(*(row.parts for row in matrix.parts), strict=True)
    return Shape("matrix", parts=tuple(Shape("tuple", parts=column) for column in columns))


def as_tuple(matrix: Shape) -> Shape | None:
    """The coordinates in a single column or row, or None if there are more."""
    rows = [row.parts for row in matrix.parts]
    if all(len(row) == 1 for row in rows):
        return Shape("tuple", parts=tuple(row[0] for row in rows), brackets="()")
    return Shape("tuple", parts=rows[0], brackets="()") if len(rows) == 1 else None


def as_matrix(pair: Shape) -> Shape | None:
    """Coordinates of coordinates as a matrix, plain ones as a column; None for anything else."""
    if pair.kind == "matrix":
        return pair
    if pair.kind != "tuple" or pair.brackets not in ("()", "[]") or (pair.name and "," not in pair.name):
        return None
    if {part.kind for part in pair.parts} == {"tuple"} and len({len(part.parts) for part in pair.parts}) == 1:
        return Shape("matrix", parts=tuple(replace(row, brackets="") for row in pair.parts))
    return Shape("matrix", parts=tuple(Shape("tuple", parts=(part,)) for part in pair.parts))


def latex(matrix: Shape) -> str:
    """A matrix as LaTeX writes it."""
    rows = (" & ".join(cell.text for cell in row.parts) for row in matrix.parts)
    return r"\begin{pmatrix}" + r" \\ ".join(rows) + r"\end{pmatrix}"

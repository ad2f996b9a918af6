r"""Calls whose arguments `reading.latex_cleanup` set apart: sums, integrals, limits, matrices.

\seriessum{k}{1}{{6}} k^2      sum of k^2 for k from 1 to 6
\rows{1}{2}{a}{b}              a matrix of one row
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from journey.solution_text.reading.trees import Node, Unreadable
from journey.solution_text.reading.words import word_set

if TYPE_CHECKING:
    from journey.solution_text.reading.formula import Reader

CALLS = word_set(r"\deriv \integral \primitive \seriessum \seriesprod \limit \rows \determinant \norm \rem")
MAX_SIDE = 4


def read_call(reader: Reader, name: str) -> Node:
    """The tree of a call, behind its name."""
    if name == "\\rows":
        return _matrix(reader)
    if name == "\\determinant":
        return Node("det", (reader.atom(),))
    if name == "\\norm":
        return Node("norm", (_group(reader),))
    if name == "\\rem":
        return Node("mod", (_group(reader), _group(reader)))
    letter = _group(reader)
    if letter.op != "letter":
        raise Unreadable
    if name == "\\deriv":
        return Node("deriv", (reader.term(),), name=letter.name)
    if name == "\\primitive":
        return Node("primitive", (_group(reader),), name=letter.name)
    first = _group(reader)
    if name == "\\limit":
        return Node("limit", (first, reader.term()), name=letter.name)
    second = _group(reader)
    if name == "\\integral":
        return Node("integral", (first, second, _group(reader)), name=letter.name)
    return Node(name.removeprefix("\\series"), (first, second, reader.term()), name=letter.name)


def _group(reader: Reader) -> Node:
    if reader.peek().text != "{":
        raise Unreadable
    reader.at += 1
    return reader.group("{")


def _matrix(reader: Reader) -> Node:
    rows, columns = _group(reader).value, _group(reader).value
    if not (1 <= rows <= MAX_SIDE and 1 <= columns <= MAX_SIDE):
        raise Unreadable
    cells = tuple(_group(reader) for _ in range(int(rows * columns)))
    return Node("matrix", cells, name=str(int(columns)))

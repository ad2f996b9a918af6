r"""Small matrices and vectors, entry by entry.

    \begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix} \begin{pmatrix} 1 \\ 1 \end{pmatrix}      (3, 7)

`entries` values a tree made of matrices, columns, sums, products and powers; `determinant` expands.
"""

from __future__ import annotations

from collections.abc import Callable

from journey.exact.surds import Exact, Unsupported, exact
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.display import shown

MAX_SIDE = 4
MAX_POWER = 8
Matrix = list[list[Exact]]
Value = Callable[[Node], Exact]


def is_matrix(tree: Node) -> bool:
    """Whether matrices or columns stand in a tree."""
    return any(node.op in ("matrix", "column", "det", "norm", "cross") for node in nodes(tree))


def compared(left: Node, right: Node, value: Value) -> tuple[bool | None, str]:
    """Whether two matrices are equal, with the fact that proves it; None if it is open."""
    a, b = entries(left, value), entries(right, value)
    if _size(a) != _size(b):
        return None, "matrices of different sizes"
    for i, (row, other) in enumerate(zip(a, b, strict=True), 1):
        for j, (x, y) in enumerate(zip(row, other, strict=True), 1):
            if x == y:
                continue
            if x.unknowns() or y.unknowns():
                return None, "letters"
            place = "they are" if _size(a) == (1, 1) else f"the entries in row {i}, column {j} are"
            return False, f"{place} {shown(x)} and {shown(y)}"
    return True, "equal" if _size(a) == (1, 1) else "equal entry by entry"


def determinant(tree: Node, value: Value) -> Exact:
    """The determinant of a tree that is a square matrix."""
    return _expanded(_square(entries(tree, value)))


def entries(tree: Node, value: Value) -> Matrix:
    """The entries of a matrix, row by row; a number is a matrix of one entry.

    Raises:
        Unsupported: the sizes do not fit, or it is something else.
    """
    if tree.op == "matrix":
        columns = int(tree.name)
        flat = [value(part) for part in tree.parts]
        return [flat[at : at + columns] for at in range(0, len(flat), columns)]
    if tree.op == "column":
        return [[value(part)] for part in tree.parts]
    if tree.op == "det":
        return [[determinant(tree.parts[0], value)]]
    if tree.op == "norm":
        squares = exact(0)
        for row in entries(tree.parts[0], value):
            for entry in row:
                squares = squares + entry * entry
        plain = squares.rational()
        if plain is None:
            raise Unsupported("the length of a vector of letters")
        return [[value(Node("sqrt", (Node("number", value=plain),)))]]
    if not is_matrix(tree):
        return [[value(tree)]]
    parts = [entries(part, value) for part in tree.parts]
    if tree.op == "cross":
        return _cross(*parts)
    if tree.op in ("+", "-"):
        sign = exact(-1) if tree.op == "-" else exact(1)
        if len(parts) == 1:
            return [[sign * entry for entry in row] for row in parts[0]]
        a, b = parts
        if _size(a) != _size(b):
            raise Unsupported("matrices of different sizes")
        return [[x + sign * y for x, y in zip(p, q, strict=True)] for p, q in zip(a, b, strict=True)]
    if tree.op == "*":
        return _product(*parts)
    if tree.op == "/" and _size(parts[1]) == (1, 1):
        return [[entry / parts[1][0][0] for entry in row] for row in parts[0]]
    if tree.op == "^":
        return _power(parts[0], value(tree.parts[1]))
    raise Unsupported("an operation on matrices")


def _size(matrix: Matrix) -> tuple[int, int]:
    return len(matrix), len(matrix[0])


def _square(matrix: Matrix) -> Matrix:
    if len(matrix) != len(matrix[0]) or len(matrix) > MAX_SIDE:
        raise Unsupported("not a small square matrix")
    return matrix


def _product(a: Matrix, b: Matrix) -> Matrix:
    if _size(a) == (1, 1) or _size(b) == (1, 1):
        scalar, other = (a[0][0], b) if _size(a) == (1, 1) else (b[0][0], a)
        return [[scalar * entry for entry in row] for row in other]
    if _size(a) == _size(b) and len(a[0]) == 1:
        return [[_dot([row[0] for row in a], [row[0] for row in b])]]
    if len(a[0]) != len(b):
        raise Unsupported("matrices of sizes that do not fit")
    columns = list(zip(*b, strict=True))
    return [[_dot(row, list(column)) for column in columns] for row in a]


def _dot(a: list[Exact], b: list[Exact]) -> Exact:
    total = exact(0)
    for x, y in zip(a, b, strict=True):
        total = total + x * y
    return total


def _cross(a: Matrix, b: Matrix) -> Matrix:
    if _size(a) != (3, 1) or _size(b) != (3, 1):
        raise Unsupported("a cross product of something other than vectors in space")
    (x,), (y,), (z,) = a
    (u,), (v,), (w,) = b
    return [[y * w - z * v], [z * u - x * w], [x * v - y * u]]


def _power(matrix: Matrix, exponent: Exact) -> Matrix:
    power = exponent.rational()
    if power is None or power.denominator != 1 or abs(power) > MAX_POWER:
        raise Unsupported("a power of a matrix")
    _square(matrix)
    if power < 0:
        matrix, power = _inverse(matrix), -power
    result = [[exact(int(i == j)) for j in range(len(matrix))] for i in range(len(matrix))]
    for _ in range(int(power)):
        result = _product(result, matrix) if len(matrix) > 1 else [[result[0][0] * matrix[0][0]]]
    return result


def _expanded(matrix: Matrix) -> Exact:
    if len(matrix) == 1:
        return matrix[0][0]
    total = exact(0)
    for at, entry in enumerate(matrix[0]):
        if entry.over:
            minor = _expanded([row[:at] + row[at + 1 :] for row in matrix[1:]])
            total = total + exact(-1 if at % 2 else 1) * entry * minor
    return total


def _inverse(matrix: Matrix) -> Matrix:
    whole = _expanded(matrix)
    size = range(len(matrix))
    if len(matrix) == 1:
        return [[exact(1) / whole]]
    return [
        [
            exact(-1 if (i + j) % 2 else 1)
            * _expanded([[matrix[r][c] for c in size if c != i] for r in size if r != j])
            / whole
            for j in size
        ]
        for i in size
    ]

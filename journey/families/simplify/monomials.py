"""Expanded sums of products, and a measure of how simple an expression is.

monomials(read("(x+3)^2"))      x^2 + 6 x + 9, as {((x, 2),): 1, ((x, 1),): 6, (): 9}
size(read("6x/4"))              5: three numbers and letters, and 2 because it is not reduced
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import gcd
from typing import Any

from journey.algebra import Algebra, factors, product, read, total, write
from journey.exact.surds import without_squares

Monomial = tuple[tuple[str, int], ...]
"""Names and functions, as text, with their powers."""

MAX_TERMS = 24
MAX_POWER = 6
MAX_NUMBER = 10**6
UNTIDY = 4
"""The weight of a root in a denominator or a square under a root; a common factor counts half."""


@lru_cache(maxsize=8192)
def size(tree: Any) -> int:
    """The number of numbers, letters and functions in it; untidy parts count more.

    >>> [size(read(text)) for text in ("5sqrt(3)", "sqrt(75)", "sqrt(3)/3", "1/sqrt(3)", "6x/4")]
    [3, 6, 3, 7, 5]
    """
    if not isinstance(tree, tuple):
        return 1
    inside = sum(map(size, tree[1:])) + (len(tree) == 2 and tree[0] not in ("neg", "+-"))
    if tree[0] == "sqrt" and (square_in(tree[1]) or (isinstance(tree[1], tuple) and tree[1][0] == "/")):
        inside += UNTIDY
    if tree[0] == "/":
        inside += UNTIDY * has_root(tree[2]) + UNTIDY // 2 * (gcd(content(tree[1]), content(tree[2])) > 1)
    return inside


def measure(tree: Any) -> tuple[int, int]:
    """The size, then the sum of the numbers. A rule that does not lengthen a line reduces this."""
    return size(tree), sum(_numbers(tree))


def _numbers(tree: Any) -> Iterator[int]:
    if isinstance(tree, int):
        yield abs(tree)
    elif isinstance(tree, tuple):
        for part in tree[1:]:
            yield from _numbers(part)


def has_root(tree: Any) -> bool:
    """Whether it contains a square root."""
    return isinstance(tree, tuple) and (tree[0] == "sqrt" or any(map(has_root, tree[1:])))


def square_in(tree: Any) -> int:
    """The largest integer above 1 whose square divides an integer; 0 if there is none."""
    if not isinstance(tree, int) or not 1 < tree < MAX_NUMBER:
        return 0
    outside, _ = without_squares(tree)
    return outside if outside > 1 else 0


def content(tree: Any) -> int:
    """An integer that divides every coefficient."""
    if isinstance(tree, int):
        return abs(tree)
    if isinstance(tree, tuple) and tree[0] == "*":
        return content(tree[1]) * content(tree[2])
    if isinstance(tree, tuple) and tree[0] in ("+", "-"):
        return gcd(content(tree[1]), content(tree[2]))
    return content(tree[1]) if isinstance(tree, tuple) and tree[0] == "neg" else 1


def monomials(tree: Any) -> dict[Monomial, int] | None:
    """A sum of products, expanded; None if it contains a division or is beyond the limits."""
    if isinstance(tree, int):
        return {(): tree} if tree else {}
    if isinstance(tree, str):
        return {((tree, 1),): 1}
    left = monomials(tree[1]) if len(tree) == 3 or tree[0] == "neg" else {}
    if left is None:
        return None
    if tree[0] == "neg":
        return {key: -c for key, c in left.items()}
    if len(tree) == 2:
        return {((write(tree), 1),): 1}
    if tree[0] == "^":
        if not isinstance(tree[2], int) or not 0 < tree[2] <= MAX_POWER:
            return None
        result: dict[Monomial, int] | None = {(): 1}
        for _ in range(tree[2]):
            result = result and _times(result, left)
        return result
    right = monomials(tree[2]) if tree[0] in "+-*" else None
    if right is None:
        return None
    if tree[0] == "*":
        return _times(left, right)
    return added(left, right, 1 if tree[0] == "+" else -1)


def added(left: dict[Monomial, int], right: dict[Monomial, int], sign: int) -> dict[Monomial, int]:
    """The first sum plus `sign` times the second."""
    result = dict(left)
    for key, c in right.items():
        result[key] = result.get(key, 0) + sign * c
    return {key: c for key, c in result.items() if c}


def _times(left: dict[Monomial, int], right: dict[Monomial, int]) -> dict[Monomial, int] | None:
    result: dict[Monomial, int] = {}
    for a, c in left.items():
        for b, d in right.items():
            key, outside = joined(a, b)
            result[key] = result.get(key, 0) + c * d * outside
    if len(result) > MAX_TERMS or any(abs(c) > MAX_NUMBER for c in result.values()):
        return None
    return {key: c for key, c in result.items() if c}


def joined(a: Monomial, b: Monomial) -> tuple[Monomial, int]:
    """The product of two monomials, and the integer that comes out of its merged square roots."""
    powers: dict[str, int] = {}
    inside, roots = 1, 0
    for atom, power in (*a, *b):
        if atom.startswith("sqrt(") and atom[5:-1].isdigit():
            inside, roots = inside * int(atom[5:-1]) ** power, roots + power
        else:
            powers[atom] = powers.get(atom, 0) + power
    outside = 1
    if roots > 1:
        outside = square_in(inside) or 1
        inside //= outside**2
    if inside > 1:
        powers[f"sqrt({inside})"] = 1
    return tuple(sorted(powers.items())), outside


def sum_of(terms: dict[Monomial, int]) -> Algebra:
    """The sum as an expression, highest powers first."""

    def degree(key: Monomial) -> tuple[int, int, Monomial]:
        return -sum(n for atom, n in key if len(atom) == 1), -sum(n for _, n in key), key

    signed = [
        (1 if terms[key] > 0 else -1, term_of(key, abs(terms[key]))) for key in sorted(terms, key=degree)
    ]
    if signed and signed[0][0] < 0 and not any(len(atom) == 1 for key in terms for atom, _ in key):
        signed.sort(key=lambda each: -each[0])
    return total(signed)


def term_of(key: Monomial, coefficient: int) -> Algebra:
    """A monomial with its coefficient, as a product."""
    powers = [read(atom) if power == 1 else ("^", read(atom), power) for atom, power in key]
    return product((coefficient, *powers))


def is_sum(tree: Any) -> bool:
    """Whether it is a sum or a difference."""
    return isinstance(tree, tuple) and tree[0] in ("+", "-")


def holds_product(tree: Any) -> bool:
    """Whether it contains a product or power of a sum."""
    if not isinstance(tree, tuple) or (len(tree) == 2 and tree[0] != "neg"):
        return False
    return (tree[0] in ("*", "^") and any(map(is_sum, tree[1:]))) or any(map(holds_product, tree[1:]))


def bases(tree: Any) -> list[Algebra]:
    """The factors, with powers written as repeated factors."""
    result: list[Algebra] = []
    for part in factors(tree):
        if (
            isinstance(part, tuple)
            and part[0] == "^"
            and isinstance(part[2], int)  # type: ignore[misc]
            and 0 < part[2] <= MAX_POWER  # type: ignore[misc]
        ):
            result += [part[1]] * part[2]  # type: ignore[misc]
        else:
            result.append(part)
    return result


def powers_of(factor_list: Sequence[Algebra]) -> Algebra:
    """The product of factors, with equal factors as powers."""
    counted = {base: sum(base == other for other in factor_list) for base in factor_list}
    parts: list[Algebra] = []
    for base, n in counted.items():
        parts.append(base if n == 1 or (isinstance(base, int) and base < 2) else ("^", base, n))
    return product(parts)

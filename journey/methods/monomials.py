"""Sums of products, multiplied out; and how simple an expression is.

monomials(read("(x+3)^2"))      x^2 + 6 x + 9, as {((x, 2),): 1, ((x, 1),): 6, (): 9}
size(read("6x/4"))              5: three numbers and letters, and 2 for not being reduced
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import gcd
from typing import Any

from journey.algebra import Algebra, factors, product, read, total, write
from journey.exact.surds import without_squares

Monomial = tuple[tuple[str, int], ...]
"""Powers of names and functions, by their text."""

MAX_TERMS = 24
MAX_POWER = 6
MAX_NUMBER = 10**6
UNTIDY = 4
"""What a root in a denominator, a square under a root or a common factor above and below counts."""


@lru_cache(maxsize=8192)
def size(tree: Any) -> int:
    """How many numbers, letters and functions it has; what is untidy counts more.

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
    """The size, and then the sum of the numbers: what a rule that does not lengthen a line makes smaller."""
    return size(tree), sum(_numbers(tree))


def _numbers(tree: Any) -> Iterator[int]:
    if isinstance(tree, int):
        yield abs(tree)
    elif isinstance(tree, tuple):
        for part in tree[1:]:
            yield from _numbers(part)


def has_root(tree: Any) -> bool:
    """Whether there is a square root in it."""
    return isinstance(tree, tuple) and (tree[0] == "sqrt" or any(map(has_root, tree[1:])))


def square_in(tree: Any) -> int:
    """The largest number whose square divides a number; 0 for 1 and for anything but a number."""
    if not isinstance(tree, int) or not 1 < tree < MAX_NUMBER:
        return 0
    outside, _ = without_squares(tree)
    return outside if outside > 1 else 0


def content(tree: Any) -> int:
    """A whole number that divides every coefficient."""
    if isinstance(tree, int):
        return abs(tree)
    if isinstance(tree, tuple) and tree[0] == "*":
        return content(tree[1]) * content(tree[2])
    if isinstance(tree, tuple) and tree[0] in ("+", "-"):
        return gcd(content(tree[1]), content(tree[2]))
    return content(tree[1]) if isinstance(tree, tuple) and tree[0] == "neg" else 1


def monomials(tree: Any) -> dict[Monomial, int] | None:
    """A sum of products, multiplied out; None where something is divided, or it is beyond the limits."""
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
        found: dict[Monomial, int] | None = {(): 1}
        for _ in range(tree[2]):
            found = found and _times(found, left)
        return found
    right = monomials(tree[2]) if tree[0] in "+-*" else None
    if right is None:
        return None
    if tree[0] == "*":
        return _times(left, right)
    return added(left, right, 1 if tree[0] == "+" else -1)


def added(left: dict[Monomial, int], right: dict[Monomial, int], sign: int) -> dict[Monomial, int]:
    """The sum of two sums, the second times a sign."""
    found = dict(left)
    for key, c in right.items():
        found[key] = found.get(key, 0) + sign * c
    return {key: c for key, c in found.items() if c}


def _times(left: dict[Monomial, int], right: dict[Monomial, int]) -> dict[Monomial, int] | None:
    found: dict[Monomial, int] = {}
    for a, c in left.items():
        for b, d in right.items():
            key, outside = joined(a, b)
            found[key] = found.get(key, 0) + c * d * outside
    if len(found) > MAX_TERMS or any(abs(c) > MAX_NUMBER for c in found.values()):
        return None
    return {key: c for key, c in found.items() if c}


def joined(a: Monomial, b: Monomial) -> tuple[Monomial, int]:
    """The product of two monomials. The roots of numbers in it become one, and what is square comes out."""
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


def sum_of(found: dict[Monomial, int]) -> Algebra:
    """The sum, the highest powers first."""

    def degree(key: Monomial) -> tuple[int, int, Monomial]:
        return -sum(n for atom, n in key if len(atom) == 1), -sum(n for _, n in key), key

    signed = [
        (1 if found[key] > 0 else -1, term_of(key, abs(found[key]))) for key in sorted(found, key=degree)
    ]
    if signed and signed[0][0] < 0 and not any(len(atom) == 1 for key in found for atom, _ in key):
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
    """Whether there is a product or a power of a sum in it."""
    if not isinstance(tree, tuple) or (len(tree) == 2 and tree[0] != "neg"):
        return False
    return (tree[0] in ("*", "^") and any(map(is_sum, tree[1:]))) or any(map(holds_product, tree[1:]))


def bases(tree: Any) -> list[Algebra]:
    """The factors, powers written out."""
    found: list[Algebra] = []
    for part in factors(tree):
        if (
            isinstance(part, tuple)
            and part[0] == "^"
            and isinstance(part[2], int)  # type: ignore[misc]
            and 0 < part[2] <= MAX_POWER  # type: ignore[misc]
        ):
            found += [part[1]] * part[2]  # type: ignore[misc]
        else:
            found.append(part)
    return found


def powers_of(found: Sequence[Algebra]) -> Algebra:
    """The product of factors, equal ones as a power."""
    counted = {base: sum(base == other for other in found) for base in found}
    parts: list[Algebra] = []
    for base, n in counted.items():
        parts.append(base if n == 1 or (isinstance(base, int) and base < 2) else ("^", base, n))
    return product(parts)

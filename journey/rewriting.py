"""Rewriting expressions as people do on paper, one rule at one place at a time, and how simple the outcome is.

    rewritten(read("(x^2-9)/(x+3)"))      factor: (x-3)(x+3)/(x+3) ...
    size(read("(x^2-9)/(x+3)"))           5 numbers and letters

Each rule yields what it makes of one node; `rewritten` tries every rule at every node. A rule never says what
is not equal wherever both have a value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import gcd, isqrt
from typing import Any

from sympy.polys.domains import ZZ
from sympy.polys.factortools import dup_factor_list

from journey.algebra import Algebra, factors, polynomial_of, product, read, substitute, terms, total, write

Monomial = tuple[tuple[str, int], ...]
"""Powers of names and functions, by their text."""

MAX_TERMS = 24
MAX_POWER = 6
MAX_NUMBER = 10**6
UNTIDY = 4
"""What a root in a denominator, a square under a root or a common factor above and below counts."""


@lru_cache(maxsize=8192)
def size(tree: Algebra) -> int:
    """How many numbers, letters and functions it has; what is untidy counts more.

    >>> [size(read(text)) for text in ("5sqrt(3)", "sqrt(75)", "sqrt(3)/3", "1/sqrt(3)", "6x/4")]
    [3, 6, 3, 7, 7]
    """
    if not isinstance(tree, tuple):
        return 1
    inside = sum(map(size, tree[1:])) + (len(tree) == 2 and tree[0] not in ("neg", "+-"))
    if tree[0] == "sqrt" and (_squares(tree[1]) or (isinstance(tree[1], tuple) and tree[1][0] == "/")):
        inside += UNTIDY
    if tree[0] == "/":
        inside += UNTIDY * _has_root(tree[2]) + UNTIDY // 2 * (gcd(content(tree[1]), content(tree[2])) > 1)
    return inside


def measure(tree: Algebra) -> tuple[int, int]:
    """The size, and then the sum of the numbers: what a rule that does not lengthen a line makes smaller."""
    return size(tree), sum(_numbers(tree))


def _numbers(tree: Algebra) -> Iterator[int]:
    if isinstance(tree, int):
        yield abs(tree)
    elif isinstance(tree, tuple):
        for part in tree[1:]:
            yield from _numbers(part)


def _has_root(tree: Algebra) -> bool:
    return isinstance(tree, tuple) and (tree[0] == "sqrt" or any(map(_has_root, tree[1:])))


def _squares(tree: Algebra) -> int:
    """The largest number whose square divides a number; 0 for 1 and for anything but a number."""
    if not isinstance(tree, int) or not 1 < tree < MAX_NUMBER:
        return 0
    return next((root for root in range(isqrt(tree), 1, -1) if tree % (root * root) == 0), 0)


def content(tree: Algebra) -> int:
    """A whole number that divides every coefficient."""
    if isinstance(tree, int):
        return abs(tree)
    if isinstance(tree, tuple) and tree[0] == "*":
        return content(tree[1]) * content(tree[2])
    if isinstance(tree, tuple) and tree[0] in ("+", "-"):
        return gcd(content(tree[1]), content(tree[2]))
    return content(tree[1]) if isinstance(tree, tuple) and tree[0] == "neg" else 1


def monomials(tree: Algebra) -> dict[Monomial, int] | None:
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
    return _sum(left, right, 1 if tree[0] == "+" else -1)


def _sum(left: dict[Monomial, int], right: dict[Monomial, int], sign: int) -> dict[Monomial, int]:
    found = dict(left)
    for key, c in right.items():
        found[key] = found.get(key, 0) + sign * c
    return {key: c for key, c in found.items() if c}


def _times(left: dict[Monomial, int], right: dict[Monomial, int]) -> dict[Monomial, int] | None:
    found: dict[Monomial, int] = {}
    for a, c in left.items():
        for b, d in right.items():
            key, outside = _joined(a, b)
            found[key] = found.get(key, 0) + c * d * outside
    if len(found) > MAX_TERMS or any(abs(c) > MAX_NUMBER for c in found.values()):
        return None
    return {key: c for key, c in found.items() if c}


def _joined(a: Monomial, b: Monomial) -> tuple[Monomial, int]:
    """The product of two monomials; the square roots of numbers in it become one, and its squares come out."""
    powers: dict[str, int] = {}
    inside, roots = 1, 0
    for atom, power in (*a, *b):
        if atom.startswith("sqrt(") and atom[5:-1].isdigit():
            inside, roots = inside * int(atom[5:-1]) ** power, roots + power
        else:
            powers[atom] = powers.get(atom, 0) + power
    outside = 1
    if roots > 1:
        outside = _squares(inside) or 1
        inside //= outside**2
    if inside > 1:
        powers[f"sqrt({inside})"] = 1
    return tuple(sorted(powers.items())), outside


def sum_of(found: dict[Monomial, int]) -> Algebra:
    """The sum, the highest powers first."""

    def degree(key: Monomial) -> tuple[int, int, Monomial]:
        return -sum(n for atom, n in key if len(atom) == 1), -sum(n for _, n in key), key

    signed = [(1 if found[key] > 0 else -1, _term(key, abs(found[key]))) for key in sorted(found, key=degree)]
    if signed and signed[0][0] < 0 and not any(len(atom) == 1 for key in found for atom, _ in key):
        signed.sort(key=lambda each: -each[0])
    return total(signed)


def _term(key: Monomial, coefficient: int) -> Algebra:
    powers = [read(atom) if power == 1 else ("^", read(atom), power) for atom, power in key]
    return product((coefficient, *powers))


def _is_sum(tree: Algebra) -> bool:
    return isinstance(tree, tuple) and tree[0] in ("+", "-")


def _holds_product(tree: Algebra) -> bool:
    """Whether there is a product or a power of a sum in it."""
    if not isinstance(tree, tuple) or (len(tree) == 2 and tree[0] != "neg"):
        return False
    return (tree[0] in ("*", "^") and any(map(_is_sum, tree[1:]))) or any(map(_holds_product, tree[1:]))


def expand(node: Algebra, above: str) -> Iterator[Algebra]:
    """Multiplies out a product or a power."""
    if isinstance(node, tuple) and node[0] in ("*", "^") and above != "*" and _holds_product(node):
        found = monomials(node)
        if found is not None:
            yield sum_of(found)


def collect(node: Algebra, above: str) -> Iterator[Algebra]:
    """Adds like terms of a sum, and multiplies the factors of a product together."""
    if (
        isinstance(node, tuple)
        and node[0] in ("+", "-", "*")
        and above != node[0]
        and not _holds_product(node)
    ):
        found = monomials(node) if above not in ("+", "-") or node[0] == "*" else None
        if found is not None:
            yield sum_of(found)


def factor(node: Algebra, above: str) -> Iterator[Algebra]:
    """Writes a sum above or below a line as a product."""
    if not _is_sum(node) or above not in ("/", "*") or _holds_product(node):
        return
    found = monomials(node)
    if not found:
        return
    shared = dict(min(found, key=len))
    for key in found:
        powers = dict(key)
        shared = {atom: min(n, powers.get(atom, 0)) for atom, n in shared.items() if atom in powers}
    out = gcd(*found.values())
    left = {
        tuple((a, n - shared.get(a, 0)) for a, n in key if n > shared.get(a, 0)): c // out
        for key, c in found.items()
    }
    parts = [_term(tuple(shared.items()), out), *_split(left)]
    if len([part for part in parts if part != 1]) > 1:
        yield product(parts)


def _split(found: dict[Monomial, int]) -> list[Algebra]:
    """The irreducible factors of a sum in one name or function."""
    atoms = {atom for key in found for atom, _ in key}
    if len(atoms) != 1:
        return [sum_of(found)]
    (atom,) = atoms
    top = max(dict(key).get(atom, 0) for key in found)
    dense = [found.get(((atom, n),) if n else (), 0) for n in range(top, -1, -1)]
    outside, parts = dup_factor_list([ZZ(c) for c in dense], ZZ)
    if outside == -1:
        return [sum_of(found)]
    made: list[Algebra] = [] if outside == 1 else [int(outside)]
    for part, power in parts:
        tree = substitute(polynomial_of([int(c) for c in part], "x"), "x", read(atom))
        made.append(tree if power == 1 else ("^", tree, power))
    return made


def _bases(tree: Algebra) -> list[Algebra]:
    """The factors, powers written out."""
    found: list[Algebra] = []
    for part in factors(tree):
        whole = (
            isinstance(part, tuple)
            and part[0] == "^"
            and isinstance(part[2], int)
            and 0 < part[2] <= MAX_POWER
        )
        found += [part[1]] * part[2] if whole else [part]  # type: ignore[index, operator]
    return found


def _powers(bases: Sequence[Algebra]) -> Algebra:
    counted = {base: sum(base == other for other in bases) for base in bases}
    return product(
        [
            base if n == 1 or (isinstance(base, int) and base < 2) else ("^", base, n)
            for base, n in counted.items()
        ]
    )


def cancel(node: Algebra, above: str) -> Iterator[Algebra]:
    """Takes a common factor out of a quotient, all of them at once."""
    if not isinstance(node, tuple) or node[0] != "/":
        return
    top, bottom = _bases(node[1]), _bases(node[2])
    for base in list(top):
        if base in bottom and base != 1:
            top.remove(base)
            bottom.remove(base)
    numbers = [number for number in (top, bottom) for number in number if isinstance(number, int)]
    shared = gcd(content(product(top)), content(product(bottom))) if len(numbers) else 1
    if shared > 1:
        top, bottom = ([_less(product(side), shared)] for side in (top, bottom))
    if shared > 1 or len(top) < len(_bases(node[1])):
        below = _powers(bottom)
        yield _powers(top) if below == 1 else ("/", _powers(top), below)


def _less(tree: Algebra, by: int) -> Algebra:
    """A product or a sum, divided by a number that divides it."""
    if isinstance(tree, int):
        return tree // by
    if isinstance(tree, tuple) and tree[0] == "*":
        here = gcd(content(tree[1]), by)
        return product((_less(tree[1], here), _less(tree[2], by // here)))
    if isinstance(tree, tuple) and tree[0] in ("+", "-", "neg") and by > 1:
        return (tree[0], *(_less(part, by) for part in tree[1:]))  # type: ignore[return-value]
    return tree


def merge(node: Algebra, above: str) -> Iterator[Algebra]:
    """Writes a product or a quotient of quotients as one quotient."""
    if not isinstance(node, tuple) or node[0] not in ("*", "/") or (above == "*" and node[0] == "*"):
        return
    over: list[Algebra] = []
    under: list[Algebra] = []
    for tree, up, down in (
        ((node, over, under),) if node[0] == "*" else ((node[1], over, under), (node[2], under, over))
    ):
        for part in factors(tree):
            quotient = isinstance(part, tuple) and part[0] == "/"
            up.append(part[1] if quotient else part)  # type: ignore[index]
            down += [part[2]] if quotient else []  # type: ignore[index]
    if under and ("/", product(over), product(under)) != node:
        yield ("/", product(over), product(under))


def common(node: Algebra, above: str) -> Iterator[Algebra]:
    """Brings the terms of a sum over their least common denominator."""
    if not _is_sum(node) or above in ("+", "-"):
        return
    signed = [(sign, *_parts(tree)) for sign, tree in terms(node)]
    if all(below == [] for _, _, below in signed):
        return
    whole: list[Algebra] = []
    for _, _, below in signed:
        for base in below:
            whole += [base] * (sum(base == b for b in below) - sum(base == w for w in whole))
    over = []
    for sign, top, below in signed:
        missing = list(whole)
        for base in below:
            missing.remove(base)
        over.append((sign, product((top, *missing))))
    yield ("/", total(over), _powers(whole))


def _parts(tree: Algebra) -> tuple[Algebra, list[Algebra]]:
    if isinstance(tree, tuple) and tree[0] == "/":
        return tree[1], _bases(tree[2])
    return tree, []


def root(node: Algebra, above: str) -> Iterator[Algebra]:
    """Takes the largest square out of the root of a number."""
    if isinstance(node, tuple) and node[0] == "sqrt" and (out := _squares(node[1])):
        inside = int(node[1]) // out**2  # type: ignore[arg-type]
        yield out if inside == 1 else ("*", out, ("sqrt", inside))


def rationalise(node: Algebra, above: str) -> Iterator[Algebra]:
    """Multiplies above and below by the denominator with another sign between its terms, or by itself."""
    if not isinstance(node, tuple) or node[0] != "/" or not _has_root(node[2]):
        return
    bottom = node[2]
    ways: list[Algebra] = [("-" if bottom[0] == "+" else "+", *bottom[1:])] if _is_sum(bottom) else []  # type: ignore[list-item]
    for way in (*ways, bottom if _is_sum(bottom) else next(p for p in factors(bottom) if _has_root(p))):
        below = monomials(("*", bottom, way))
        if below:
            yield ("/", ("*", node[1], way), sum_of(below))


def pythagoras(node: Algebra, above: str) -> Iterator[Algebra]:
    """sin^2 + cos^2 = 1, in a sum that holds two of the three."""
    found = (
        monomials(node) if _is_sum(node) and above not in ("+", "-") and not _holds_product(node) else None
    )
    for key, c in (found or {}).items():
        for atom, power in key:
            if atom[:3] not in ("sin", "cos") or power < 2:
                continue
            other = ("cos" if atom[:3] == "sin" else "sin") + atom[3:]
            less = tuple((a, n - 2 * (a == atom)) for a, n in key if n - 2 * (a == atom))
            if _joined(less, ((other, 2),))[0] in found and atom[:3] == "sin":  # type: ignore[operator]
                both = _sum({key: -c, _joined(less, ((other, 2),))[0]: -c}, {less: c}, 1)
                yield sum_of(_sum(found or {}, both, 1))
            if (found or {}).get(less, 0) * c < 0:
                yield sum_of(
                    _sum(found or {}, _sum({key: -c, less: c}, {_joined(less, ((other, 2),))[0]: c}, -1), 1)
                )


def angle(tree: Algebra) -> int:
    """K for an angle k x, else 0."""
    if tree == "x":
        return 1
    known = isinstance(tree, tuple) and tree[0] == "*" and isinstance(tree[1], int) and tree[2] == "x"
    return int(tree[1]) if known else 0  # type: ignore[arg-type, index]


def double(node: Algebra, above: str) -> Iterator[Algebra]:
    """The double angle: sin(2x) = 2sin(x)cos(x), either way; cos(2x) in its three forms."""
    if not isinstance(node, tuple):
        return
    if node[0] in ("sin", "cos") and (k := angle(node[1])) and k % 2 == 0:
        sine, cosine = ((name, polynomial_of((k // 2, 0))) for name in ("sin", "cos"))
        if node[0] == "sin":
            yield ("*", ("*", 2, sine), cosine)
            return
        yield ("-", ("^", cosine, 2), ("^", sine, 2))
        yield ("-", ("*", 2, ("^", cosine, 2)), 1)
        yield ("-", 1, ("*", 2, ("^", sine, 2)))
    if _is_sum(node) and above not in ("+", "-") and not _holds_product(node):
        yield from _cosines(monomials(node) or {})
    if node[0] == "*" and above != "*" and not _holds_product(node):
        for key, c in (monomials(node) or {}).items():
            powers = dict(key)
            for atom in powers:
                k, other = angle(read(atom)[1]) if atom[:3] == "sin" else 0, "cos" + atom[3:]  # type: ignore[index]
                if k and c % 2 == 0 and other in powers:
                    less = tuple((a, n - (a in (atom, other))) for a, n in key if n - (a in (atom, other)))
                    yield product((c // 2, _term(less, 1), ("sin", polynomial_of((2 * k, 0)))))


def _cosines(found: dict[Monomial, int]) -> Iterator[Algebra]:
    """cos(2x) for cos^2 - sin^2, 2cos^2 - 1 or 1 - 2sin^2 in a sum."""
    for key, c in found.items():
        atom, power = key[0] if len(key) == 1 else ("", 0)
        if power != 2 or atom[:3] not in ("sin", "cos") or not (k := angle(read(atom)[1])):  # type: ignore[index]
            continue
        sign = 1 if atom[:3] == "cos" else -1
        double = {((write(("cos", polynomial_of((2 * k, 0)))), 1),): 1}
        other = ((("sin" if sign > 0 else "cos") + atom[3:], 2),)
        if found.get(other) == -c and sign > 0:
            yield sum_of(_sum(_sum(found, {key: c, other: -c}, -1), {next(iter(double)): c}, 1))
        if c % 2 == 0 and found.get((), 0) * c < 0:
            yield sum_of(_sum(_sum(found, {key: c}, -1), {(): c // 2, next(iter(double)): sign * c // 2}, 1))


def tangent(node: Algebra, above: str) -> Iterator[Algebra]:
    """sin/cos = tan, either way."""
    if not isinstance(node, tuple):
        return
    if node[0] == "tan":
        yield ("/", ("sin", node[1]), ("cos", node[1]))
    if node[0] == "/":
        top, bottom = _bases(node[1]), _bases(node[2])
        for part in top:
            below = ("cos", part[1]) if isinstance(part, tuple) and part[0] == "sin" else None
            if below in bottom:
                top[top.index(part)] = ("tan", part[1])  # type: ignore[index, misc]
                bottom.remove(below)  # type: ignore[arg-type]
                yield _powers(top) if not bottom else ("/", _powers(top), _powers(bottom))
                return


RULES: dict[str, Callable[[Algebra, str], Iterator[Algebra]]] = {
    "cancel": cancel,
    "collect": collect,
    "root": root,
    "pythagoras": pythagoras,
    "tangent": tangent,
    "merge": merge,
    "factor": factor,
    "common": common,
    "rationalise": rationalise,
    "double": double,
    "expand": expand,
}


def rewritten(tree: Algebra) -> Iterator[tuple[str, Algebra]]:
    """What one rule at one place makes of an expression, rule by rule; nothing twice."""
    seen = {write(tree)}
    spots = list(places(tree))
    for word, rule in RULES.items():
        for node, above, put in spots:
            for new in rule(node, above):
                whole = tidy(put(new))
                if (text := write(whole)) not in seen:
                    seen.add(text)
                    yield word, whole


def places(tree: Algebra, above: str = "") -> Iterator[tuple[Algebra, str, Callable[[Algebra], Algebra]]]:
    """Every node, what stands above it, and how to put another in its place."""
    yield tree, above, lambda new: new
    if not isinstance(tree, tuple):
        return
    for at in range(1, len(tree)):
        for node, over, put in places(tree[at], tree[0]):
            yield node, over, _put_at(tree, at, put)


def _put_at(tree: Any, at: int, put: Callable[[Algebra], Algebra]) -> Callable[[Algebra], Algebra]:
    return lambda new: (*tree[:at], put(new), *tree[at + 1 :])


def tidy(tree: Algebra) -> Algebra:
    """Without factors 1, terms 0, quotients by 1 and two signs in a row."""
    if not isinstance(tree, tuple):
        return tree
    parts: list[Any] = [tidy(part) for part in tree[1:]]
    name, a, b = tree[0], parts[0], parts[-1]
    if name in ("+", "-") and len(parts) == 2:
        return total([(sign, term) for sign, term in terms((name, a, b)) if term != 0])
    if name == "neg":
        return total([(-sign, term) for sign, term in terms(a)]) if not _is_sum(a) else ("neg", a)
    if name == "*":
        return product((a, b))
    if (name == "/" and b == 1) or (name == "^" and b == 1):
        return a  # type: ignore[no-any-return]
    return 0 if name == "/" and a == 0 and b != 0 else (name, *parts)  # type: ignore[return-value]

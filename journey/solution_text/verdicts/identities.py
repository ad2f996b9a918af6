r"""Equations with letters that state an identity: proved by algebra, refuted at a point.

\frac{d}{dx} x^4 = 4x^4                     at x = 2 the sides are 32 and 64
\int \cos x \, dx = \sin x + C              the derivative of the right side is \cos x
\sum_{k=1}^{n} k = n(n+1)/2                 by induction
(2m - n)(m + 4n) = 2m^2 + 9mn - 4n^2        at m = 2, n = 3 the sides are 14 and 26
"""

from __future__ import annotations

import re
from fractions import Fraction

from journey.exact.surds import Unsupported
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.analysis import SPECIAL, induction
from journey.solution_text.values.calculus import ENDLESS, contains, derivative
from journey.solution_text.values.evaluate import letters, value
from journey.solution_text.values.letters import Meaning
from journey.solution_text.values.numeric import NoValue, differ, numeric

SAMPLES = [Fraction(2), Fraction(3), Fraction(5), Fraction(7, 2)]
SOLVES = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|when|cases?|either|or|let|set\w*|equations?|sol\w+|roots?|satisf\w*|given|"
    r"zero|not|instead|which|where|such that|critical|approximat\w*|about|maximum|minimum)\b"
    r"|\\(?:approx|ne|neq|(?:long)?rightarrow|implies|iff)\b|\?|→|⇒|=>",
    re.IGNORECASE,
)
"""Near these words an equation may be one to solve."""
EXPANDS = re.compile(r"\b(?:expand\w*|multipl\w*|distribut\w*|factor\w*|foil)\b", re.IGNORECASE)
CONSTANTS = frozenset(["e", "pi", "i"])


def proof(equality: Equality) -> str | None:
    """Why an equation with an integral or a sum up to a letter holds, or None."""
    for side, other in (
        (equality.left.tree, equality.right.tree),
        (equality.right.tree, equality.left.tree),
    ):
        try:
            if side.op == "primitive" and other.op != "primitive":
                slope = derivative(other, side.name)
                meaning = Meaning()
                if _same(slope, side.parts[0], meaning):
                    return "the derivative of the right side is what is integrated"
            if side.op == "sum" and (
                reason := induction(side, other, lambda tree: value(tree, meaning=Meaning()))
            ):
                return reason
        except (Unsupported, ZeroDivisionError):
            continue
    return None


def _same(a: Node, b: Node, meaning: Meaning) -> bool:
    return value(a, meaning=meaning) == value(b, meaning=meaning)


def disproof(equality: Equality, text: str, bound: frozenset[str] | set[str], given: bool) -> str | None:
    """Where the sides of an identity differ, or None if it may be an equation to solve.

    Args:
        equality: the equation.
        text: the step that states it.
        bound: the letters of which something is known.
        given: whether the problem states it.
    """
    if equality.unclear or equality.relation != "=" or given or SOLVES.search(text):
        return None
    left, right = equality.left.tree, equality.right.tree
    names = (letters(left) | letters(right)) - CONSTANTS
    if any(node.op == "apply" for side in (left, right) for node in nodes(side)) or not names:
        return None
    if left.op == "primitive" and right.op != "primitive":
        return _differs(derivative_of(right, left.name), left.parts[0], names, "the derivatives")
    if any(node.op == "primitive" for side in (left, right) for node in nodes(side)):
        return None
    special = any(node.op in SPECIAL for node in nodes(left))
    whole = left.op in SPECIAL and letters(right) <= letters(left) | CONSTANTS
    if special and whole and letters(right) - CONSTANTS and not names & bound:
        if left.op == "deriv":
            return _differs(derivative_of(left.parts[0], left.name), right, names, "the sides")
        if left.op == "sum" and not contains(left.parts[1], ENDLESS):
            return _differs(left, right, names, "the sides")
        return None
    if not special and _expansion(left, right, text):
        return _differs(left, right, names, "the sides")
    return None


def derivative_of(tree: Node, name: str) -> Node | None:
    """The derivative, or None where the rules do not reach."""
    try:
        return derivative(tree, name)
    except Unsupported:
        return None


def _differs(a: Node | None, b: Node, names: frozenset[str], what: str) -> str | None:
    if a is None or len(names) > len(SAMPLES):
        return None
    at = dict(zip(sorted(names), SAMPLES, strict=False))
    try:
        first, second = numeric(a, at), numeric(b, at)
    except NoValue:
        return None
    if not differ(first, second):
        return None
    where = ", ".join(f"{name} = {float(number):g}" for name, number in at.items())
    return f"at {where} {what} are {first:.6g} and {second:.6g}"


PLAIN = frozenset(["number", "letter", "+", "-", "*", "^"])


def _expansion(left: Node, right: Node, text: str) -> bool:
    """Whether it equates a product of sums and a sum of products."""
    product, expanded = (left, right) if _is_product(left) else (right, left)
    if not _is_product(product) or _is_product(expanded) or not _is_expanded(expanded):
        return False
    names = letters(product)
    if names != letters(expanded) or any(
        node.op not in PLAIN for side in (left, right) for node in nodes(side)
    ):
        return False
    try:
        a, b = value(product).over, value(expanded).over
    except Unsupported:
        return False
    degrees = [{sum(power for _, power in mono) for mono, _ in form} for form in (a, b)]
    if not degrees[0] or not degrees[1] or max(degrees[0]) != max(degrees[1]):
        return False
    if EXPANDS.search(text):
        top = max(degrees[0])
        highest = [{key: n for key, n in form.items() if sum(p for _, p in key[0]) == top} for form in (a, b)]
        return top > 1 or highest[0] == highest[1]
    # Without a word for it: two letters or more, the same degree everywhere and the same pure powers.
    pure = [{key: number for key, number in form.items() if len(key[0]) == 1} for form in (a, b)]
    return len(names) > 1 and len(degrees[0] | degrees[1]) == 1 and pure[0] == pure[1] and bool(pure[0])


def _is_product(tree: Node) -> bool:
    if tree.op == "^":
        return tree.parts[0].op in "+-" and len(tree.parts[0].parts) == 2 and tree.parts[1].op == "number"
    if tree.op != "*":
        return False
    sums = [part for part in tree.parts if part.op in "+-" and len(part.parts) == 2]
    return bool(sums) or any(_is_product(part) for part in tree.parts)


def _is_expanded(tree: Node) -> bool:
    """Whether it is a sum of terms without brackets."""
    if tree.op in "+-":
        return all(_is_expanded(part) or not _has_sum(part) for part in tree.parts) and len(tree.parts) == 2
    return False


def _has_sum(tree: Node) -> bool:
    return any(node.op in "+-" and len(node.parts) == 2 for node in nodes(tree))

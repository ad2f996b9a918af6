r"""Algebra that is false whatever the letters are.

    (x+1)(x-1) = x^2 - x + x - 1 = x^2 + 1      at x = 2 the sides are 3 and 5
    (1+i)(2-i) = 3 - i                          the sides differ, with i^2 = -1

An equation with letters can be a definition, a hypothesis or one to solve, so most are never refuted. These
are: a link of a chain that so far rewrote an expression, if nothing is known of its letters; and a product
of complex numbers. `refutation` says why, or None.
"""

from __future__ import annotations

import re
from fractions import Fraction

from journey.exact.surds import EITHER, Exact, Terms, Unsupported, exact
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.display import shown
from journey.solution_text.values.evaluate import letters, reduced, value
from journey.solution_text.values.letters import Meaning
from journey.solution_text.verdicts.forms import imaginary
from journey.solution_text.verdicts.rewriting import Premises

CASES = re.compile(
    r"\b(?:if|suppose|assum\w*|when|cases?|either|or|try\w*|test\w*|check\w*|let|let's|consider\w*|for|"
    r"another|other|verify|guess|attempt\w*|plug\w*|setting|set|tak\w*|note|choose|instead|not|approximat\w*|"
    r"round\w*|about|respectively|solutions|factors)\b|\\(?:begin\{(?:array|cases)|ne|neq|pmod|approx)\b",
    re.IGNORECASE,
)
"""Near these words an equation may belong to another case than the one before it."""
SOLVES = re.compile(r"\b(?:sol\w+|equations?|roots?|satisf\w*|equals?|equal|set|know|given)\b", re.IGNORECASE)
"""Near these words a chain may end in an equation to solve, or use one."""
PLAIN = frozenset(["number", "letter", "+", "-", "*", "/", "^"])
SAMPLES = [Fraction(2), Fraction(3), Fraction(5), Fraction(7, 2), Fraction(11), Fraction(13, 3)]


def refutation(equality: Equality, before: Equality | None, premises: Premises, text: str) -> str | None:
    """Why an equation with letters is false, or None; `before` is the link of the chain that it goes on."""
    if equality.unclear or equality.relation != "=" or not equality.mathematics:
        return None
    try:
        return (
            _rewrites(equality, before, premises, text)
            or _complex(equality, premises)
            or _no_values(equality, before, premises, text)
        )
    except (Unsupported, ZeroDivisionError):
        return None


def _plain(tree: Node) -> bool:
    return all(node.op in PLAIN for node in nodes(tree))


def _rewrites(equality: Equality, before: Equality | None, premises: Premises, text: str) -> str | None:
    """Whether a chain that rewrote an expression goes on with one that differs from it."""
    if CASES.search(text) or SOLVES.search(text):
        return None
    if before is None or before.right.tree != equality.left.tree or before.relation != "=":
        return None
    left, right = equality.left.tree, equality.right.tree
    used = letters(left)
    if used != letters(right) or used != letters(before.left.tree) or used & premises.bound or "i" in used:
        return None
    if not all(_plain(side) and _degree(side) for side in (before.left.tree, left, right)):
        return None
    # Where the highest powers differ too, it is an equation to solve rather than a slip.
    if value(before.left.tree) != value(left) or _highest(value(left)) != _highest(value(right)):
        return None
    at = {name: exact(sample) for name, sample in zip(sorted(used), SAMPLES, strict=False)}
    if len(at) < len(used):
        return None
    a, b = value(left, meaning=Meaning(at)), value(right, meaning=Meaning(at))
    if a == b:
        return None
    where = ", ".join(f"{name} = {shown(number)}" for name, number in at.items())
    return f"at {where} the sides are {shown(a)} and {shown(b)}"


def _highest(polynomial: Exact) -> Terms:
    """The terms of the highest degree."""
    degrees = {term: sum(power for _, power in term[0]) for term in polynomial.over}
    return {term: polynomial.over[term] for term in degrees if degrees[term] == max(degrees.values())}


def _degree(tree: Node) -> bool:
    """Whether exponents are numbers, so that the letters are no exponents."""
    return all(not letters(node.parts[1]) for node in nodes(tree) if node.op == "^")


def _complex(equality: Equality, premises: Premises) -> str | None:
    """Whether two complex numbers differ, one of them a product or quotient of others."""
    left, right = equality.left.tree, equality.right.tree
    if letters(left) != {"i"} or letters(right) != {"i"} or "i" in premises.bound:
        return None
    if not (_plain(left) and _plain(right)) or not any(
        node.op in "*/^" and node.parts[0].op in "+-" and letters(node.parts[0]) for node in nodes(left)
    ):
        return None
    difference: Terms = reduced((value(left) - value(right)).over, imaginary().powers)
    return "the sides differ, with i^2 = -1" if difference else None


def _no_values(equality: Equality, before: Equality | None, premises: Premises, text: str) -> str | None:
    """Whether a chain goes on with an expression that differs by a number: 75 - 72i = 13 - 72i."""
    left, right = equality.left.tree, equality.right.tree
    if before is None or before.right.tree != left or before.relation != "=" or CASES.search(text):
        return None
    if SOLVES.search(text) or letters(left) != letters(right) or EITHER in letters(left):
        return None
    if equality.left.units | equality.right.units:
        return None
    form = premises.plain_form(left, right)
    if not form or any(mono for mono, _ in form):
        return None
    if not letters(left) | letters(right):
        return "the sides are not equal"
    return "the sides differ by the same number for all values of the letters"

"""The verdict on one step, by sympy, with its evidence.

A family says what a move *claims*, in typed terms; this module decides. It knows no family, and never reads
text: sums are trees of exact integers, polynomials are coefficient lists, so nothing a model wrote is ever
evaluated as code.

    check([Equal(("-", 173, ("*", 12, 2)), 150)])     WRONG   "173 - 12*2 = 149, not 150"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sympy import Poly, Rational, Symbol

from journey import equivalence
from journey.algebra import Algebra, Relation, relation_text
from journey.errors import MoveError
from journey.exact import polynomials
from journey.exact.surds import Exact, TooHard
from journey.exact.values import Undefined, at_point
from journey.expressions import Tree, evaluate, polynomial, value, words
from journey.step import VALID, Evidence, Finding, Move, Verdict

if TYPE_CHECKING:
    from journey.families import Family, State


@dataclass(frozen=True, slots=True)
class Equal:
    """Claims that an arithmetic expression has this integer value."""

    tree: Tree
    said: int


@dataclass(frozen=True, slots=True)
class Holds:
    """Claims that the state holds the operands a move uses. `missing` are those it does not."""

    missing: tuple[int, ...]
    held: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Expands:
    """Claims that a product of integer polynomials is this one. Coefficients from the highest power down."""

    factors: tuple[tuple[int, ...], ...]
    said: tuple[int, ...]


Formula = tuple[str, int | str, int | str]
"""An operator and two terms, each an integer or the name of a quantity."""


@dataclass(frozen=True, slots=True)
class Substitutes:
    """Claims that a formula comes to this sum once what is known stands for its names."""

    formula: Formula
    known: Mapping[str, int]
    said: tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Congruent:
    """Claims that an integer expression leaves the same residue as `said`, modulo a positive `modulus`."""

    tree: Tree
    said: int
    modulus: int


@dataclass(frozen=True, slots=True)
class RationalRoots:
    """Claims that these p/q are the rational roots of an integer polynomial, as often as they occur."""

    coefficients: tuple[int, ...]
    said: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class SameSolutions:
    """Claims that an equation, an inequality or several have the same real solutions as another."""

    before: Relation
    after: Relation


@dataclass(frozen=True, slots=True)
class SameValue:
    """Claims that two expressions are equal wherever both have a real value."""

    before: Algebra
    after: Algebra


@dataclass(frozen=True, slots=True)
class SameDerivative:
    """Claims that two expressions differ by a constant."""

    before: Algebra
    after: Algebra


@dataclass(frozen=True, slots=True)
class Solves:
    """Claims that a number solves an equation in x, or, if not `said`, that it does not."""

    equation: Relation
    number: Fraction
    said: bool = True


@dataclass(frozen=True, slots=True)
class SameSystem:
    """Claims that linear equations in several unknowns have the same solutions as others."""

    before: tuple[Relation, ...]
    after: tuple[Relation, ...]


@dataclass(frozen=True, slots=True)
class Stated:
    """Claims what a line of prose states, after the lines before it, about a problem."""

    problem: str
    before: tuple[str, ...]
    text: str


Claim = (
    Equal
    | Holds
    | Expands
    | Congruent
    | RationalRoots
    | Substitutes
    | SameSolutions
    | SameValue
    | SameDerivative
    | Solves
    | SameSystem
    | Stated
)


def _equal(claim: Equal) -> Finding:
    try:
        found = value(claim.tree)
    except ZeroDivisionError:
        return Finding(Verdict.WRONG, Evidence("inexact", (words(claim.tree),)))
    if found == claim.said:
        return VALID
    exact = int(found) if isinstance(found, int) or found.is_Integer else str(found)
    return Finding(Verdict.WRONG, Evidence("unequal", (words(claim.tree), exact, claim.said)))


def _holds(claim: Holds) -> Finding:
    if not claim.missing:
        return VALID
    held = ", ".join(map(str, claim.held)) or "nothing"
    return Finding(Verdict.WRONG, Evidence("missing", (claim.missing[0], held)))


def _expands(claim: Expands) -> Finding:
    product = polynomials.product(claim.factors)
    if _leading(product) == _leading(claim.said):
        return VALID
    left = "".join(f"({polynomial(factor)})" for factor in claim.factors)
    return Finding(Verdict.WRONG, Evidence("unequal", (left, polynomial(product), polynomial(claim.said))))


def _leading(coefficients: Sequence[int]) -> list[int]:
    """The coefficients without zeros before the highest power."""
    start = next((place for place, each in enumerate(coefficients) if each), len(coefficients))
    return list(coefficients[start:])


def _substitutes(claim: Substitutes) -> Finding:
    operator, *terms = claim.formula
    known = claim.known
    unready = next((term for term in terms if isinstance(term, str) and term not in known), None)
    if unready is not None:
        return Finding(Verdict.WRONG, Evidence("unready", (unready,)))
    left, right = (known[term] if isinstance(term, str) else term for term in terms)
    # Addition and multiplication commute: 2 + 3 says the same as 3 + 2.
    swapped = (operator, right, left) if operator in "+*" else None
    if claim.said in ((operator, left, right), swapped):
        return VALID
    texts = ("{1}{0}{2}".format(*sum) for sum in (claim.formula, (operator, left, right), claim.said))
    return Finding(Verdict.WRONG, Evidence("misread", tuple(texts)))


def _congruent(claim: Congruent) -> Finding:
    found = evaluate(claim.tree)
    if (found - claim.said) % claim.modulus == 0:
        return VALID
    residue = int(found % claim.modulus)
    return Finding(
        Verdict.WRONG, Evidence("residue", (words(claim.tree), residue, claim.said, claim.modulus))
    )


def _stated(claim: Stated) -> Finding:
    # What reads prose is slow to import, and most families need none of it.
    from journey.claims import check_line

    found = check_line(claim.problem, claim.before, claim.text)
    if found.verdict is Verdict.VALID:
        return VALID
    # A line that leaves a state ends in signs that the words of a proof must not hold.
    why = str(found.evidence).replace("<", "below").replace("@", "at")
    kind = "undecided" if found.verdict is Verdict.UNKNOWN else "stated"
    return Finding(found.verdict, Evidence(kind, (why,)))


def _rational_roots(claim: RationalRoots) -> Finding:
    found = Poly(list(claim.coefficients), Symbol("x")).ground_roots()
    roots = sorted(root for root, times in found.items() for _ in range(times))
    said = sorted(Rational(*pair) for pair in claim.said)
    if said == roots:
        return VALID
    left = f"the list of rational roots of {polynomial(claim.coefficients)}"
    right, other = (", ".join(map(str, each)) or "nothing" for each in (roots, said))
    return Finding(Verdict.WRONG, Evidence("unequal", (left, right, other)))


def _solves(claim: Solves) -> Finding:
    at, text = {"x": claim.number}, relation_text(claim.equation)
    try:
        left, right = (at_point(side, at) for side in claim.equation[1:])
    except (Undefined, ZeroDivisionError):
        fault = Evidence("undefined", (text, f"x = {claim.number}"))
        return Finding(Verdict.WRONG, fault) if claim.said else VALID
    except TooHard as fault:
        return equivalence.unknown(str(fault))
    if not (isinstance(left, Exact) and isinstance(right, Exact)):
        return equivalence.unknown("a value that is not exact")
    if claim.said == (left == right):
        return VALID
    if not claim.said:
        return Finding(Verdict.WRONG, Evidence("solves", (f"x = {claim.number}", text)))
    plain = [each.rational() for each in (left, right)]
    sides = "=".join(
        f"{each.approximate():.4f}..." if known is None else str(known)
        for each, known in zip((left, right), plain, strict=True)
    )
    return Finding(Verdict.WRONG, Evidence("sides", (text, sides, f"x = {claim.number}")))


DECIDE: dict[type[Claim], Callable[[Any], Finding]] = {
    Equal: _equal,
    Holds: _holds,
    Expands: _expands,
    Congruent: _congruent,
    RationalRoots: _rational_roots,
    Substitutes: _substitutes,
    SameSolutions: lambda claim: equivalence.relation(claim.before, claim.after),
    SameValue: lambda claim: equivalence.value(claim.before, claim.after),
    SameDerivative: lambda claim: equivalence.antiderivative(claim.before, claim.after),
    Solves: _solves,
    SameSystem: lambda claim: equivalence.system(claim.before, claim.after),
    Stated: _stated,
}


def check(claims: Sequence[Claim]) -> Finding:
    """The verdict on everything a step claims: the first claim that fails decides.

    One that only adds, or is not decided, gives way to a later one that is refuted.

    >>> check([Equal(("*", 3, 4), 13)]).evidence.terse()
    '12'
    """
    worst = VALID
    for claim in claims:
        finding = DECIDE[type(claim)](claim)
        if finding.verdict in (Verdict.WRONG, Verdict.LOSES):
            return finding
        if worst.verdict in (Verdict.VALID, Verdict.ADDS) and finding.verdict is not Verdict.VALID:
            worst = finding
    return worst


def sound(family: Family, verdict: Verdict) -> bool:
    """Whether a step of this verdict may stay on the way to an answer.

    Valid ones may, and what the family allows besides: see `Family.ALLOWS`.
    """
    return verdict is Verdict.VALID or verdict in family.ALLOWS


def check_move(family: Family, state: State, move: Move) -> Finding:
    """The verdict on one move in one state."""
    try:
        return check(family.claims(state, move))
    except MoveError as fault:
        return Finding(Verdict.WRONG, Evidence("misplaced", (str(fault),)))


def hopeless(family: Family, state: State, limit: int = 100_000) -> bool | None:
    """Whether no goal can be reached from `state`, by trying every legal move.

    None beyond `limit` states, and where the family does not know its legal moves.

    Independent of any graph: this is how an audit proves a dead end again from the text alone.
    """
    seen: set[str] = set()

    def barren(here: State) -> bool:
        if family.solved(here):
            return False
        key = family.key(here)
        if key in seen:
            return True
        seen.add(key)
        if len(seen) > limit:
            raise OverflowError
        return all(barren(family.apply(here, move)) for move in family.moves(here))

    try:
        return barren(state)
    except (OverflowError, MoveError):
        return None

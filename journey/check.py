"""The verdict on one step, with its evidence.

A family translates a move into typed *claims*, and this module decides them. It knows no family and reads no
text. Sums are trees of integers and polynomials are lists of coefficients, so no model output is ever
evaluated as code.

    check([Equal(("-", 173, ("*", 12, 2)), 150)])     WRONG   "173 - 12*2 = 149, not 150"
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sympy import Poly, Rational, Symbol

from journey import equivalence
from journey.algebra import relation_text
from journey.claim_types import (
    Claim,
    Congruent,
    Equal,
    Expands,
    Holds,
    RationalRoots,
    SameDerivative,
    SameSolutions,
    SameSystem,
    SameValue,
    Solves,
    Stated,
    Substitutes,
)
from journey.errors import MoveError
from journey.exact import polynomials
from journey.exact.surds import Exact, Unsupported
from journey.exact.values import Undefined, at_point
from journey.expressions import evaluate, polynomial, value, words
from journey.step import VALID, Evidence, Finding, Move, Verdict

if TYPE_CHECKING:
    from journey.families import Family, State


def _equal(claim: Equal) -> Finding:
    try:
        result = value(claim.tree)
    except ZeroDivisionError:
        return Finding(Verdict.WRONG, Evidence("inexact", (words(claim.tree),)))
    if result == claim.claimed:
        return VALID
    exact = int(result) if isinstance(result, int) or result.is_Integer else str(result)
    return Finding(Verdict.WRONG, Evidence("unequal", (words(claim.tree), exact, claim.claimed)))


def _holds(claim: Holds) -> Finding:
    if not claim.missing:
        return VALID
    held = ", ".join(map(str, claim.held)) or "nothing"
    return Finding(Verdict.WRONG, Evidence("missing", (claim.missing[0], held)))


def _expands(claim: Expands) -> Finding:
    product = polynomials.product(claim.factors)
    if _leading(product) == _leading(claim.claimed):
        return VALID
    left = "".join(f"({polynomial(factor)})" for factor in claim.factors)
    return Finding(Verdict.WRONG, Evidence("unequal", (left, polynomial(product), polynomial(claim.claimed))))


def _leading(coefficients: Sequence[int]) -> list[int]:
    """The coefficients without leading zeros."""
    start = next((place for place, each in enumerate(coefficients) if each), len(coefficients))
    return list(coefficients[start:])


def _substitutes(claim: Substitutes) -> Finding:
    operator, *terms = claim.formula
    values = claim.values
    unready = next((term for term in terms if isinstance(term, str) and term not in values), None)
    if unready is not None:
        return Finding(Verdict.WRONG, Evidence("unready", (unready,)))
    left, right = (values[term] if isinstance(term, str) else term for term in terms)
    # Addition and multiplication commute: 2 + 3 and 3 + 2 are both right.
    swapped = (operator, right, left) if operator in "+*" else None
    if claim.claimed in ((operator, left, right), swapped):
        return VALID
    texts = ("{1}{0}{2}".format(*sum) for sum in (claim.formula, (operator, left, right), claim.claimed))
    return Finding(Verdict.WRONG, Evidence("misread", tuple(texts)))


def _congruent(claim: Congruent) -> Finding:
    result = evaluate(claim.tree)
    if (result - claim.claimed) % claim.modulus == 0:
        return VALID
    residue = int(result % claim.modulus)
    return Finding(
        Verdict.WRONG, Evidence("residue", (words(claim.tree), residue, claim.claimed, claim.modulus))
    )


def _stated(claim: Stated) -> Finding:
    # The reader of prose is slow to import, and most families do not need it.
    from journey.claims import check_line

    checked = check_line(claim.problem, claim.before, claim.text)
    if checked.verdict is Verdict.VALID:
        return VALID
    # These signs mark the way back in a terse line, so a proof must not contain them.
    why = str(checked.evidence).replace("<", "below").replace("@", "at")
    kind = "undecided" if checked.verdict is Verdict.UNKNOWN else "stated"
    return Finding(checked.verdict, Evidence(kind, (why,)))


def _rational_roots(claim: RationalRoots) -> Finding:
    multiplicities = Poly(list(claim.coefficients), Symbol("x")).ground_roots()
    roots = sorted(root for root, times in multiplicities.items() for _ in range(times))
    claimed = sorted(Rational(*pair) for pair in claim.claimed)
    if claimed == roots:
        return VALID
    left = f"the list of rational roots of {polynomial(claim.coefficients)}"
    right, other = (", ".join(map(str, each)) or "nothing" for each in (roots, claimed))
    return Finding(Verdict.WRONG, Evidence("unequal", (left, right, other)))


def _solves(claim: Solves) -> Finding:
    at, text = {"x": claim.number}, relation_text(claim.equation)
    try:
        left, right = (at_point(side, at) for side in claim.equation[1:])
    except (Undefined, ZeroDivisionError):
        fault = Evidence("undefined", (text, f"x = {claim.number}"))
        return Finding(Verdict.WRONG, fault) if claim.claimed else VALID
    except Unsupported as fault:
        return equivalence.unknown(str(fault))
    if not (isinstance(left, Exact) and isinstance(right, Exact)):
        return equivalence.unknown("a value that is not exact")
    if claim.claimed == (left == right):
        return VALID
    if not claim.claimed:
        return Finding(Verdict.WRONG, Evidence("solves", (f"x = {claim.number}", text)))
    plain = [each.rational() for each in (left, right)]
    sides = "=".join(
        f"{each.approximate():.4f}..." if rational is None else str(rational)
        for each, rational in zip((left, right), plain, strict=True)
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
    """The verdict on all claims of a step: the first refuted claim (WRONG or LOSES) decides.

    Without one, the first claim that adds a solution or is undecided does.

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
    """Whether a solution may contain a step with this verdict: valid, or in `Family.ALLOWED_VERDICTS`."""
    return verdict is Verdict.VALID or verdict in family.ALLOWED_VERDICTS


def check_move(family: Family, state: State, move: Move) -> Finding:
    """The verdict on one move in one state; WRONG if the move is not possible there."""
    try:
        return check(family.claims(state, move))
    except MoveError as fault:
        return Finding(Verdict.WRONG, Evidence("misplaced", (str(fault),)))


def hopeless(family: Family, state: State, limit: int = 100_000) -> bool | None:
    """Whether no goal can be reached from `state`, decided by trying every legal move.

    None beyond `limit` states, or if the family cannot list its legal moves. It uses no graph, so an audit
    can prove a dead end from the text alone.
    """
    seen: set[str] = set()

    def no_goal_below(here: State) -> bool:
        if family.solved(here):
            return False
        key = family.key(here)
        if key in seen:
            return True
        seen.add(key)
        if len(seen) > limit:
            raise OverflowError
        return all(no_goal_below(family.apply(here, move)) for move in family.moves(here))

    try:
        return no_goal_below(state)
    except (OverflowError, MoveError):
        return None

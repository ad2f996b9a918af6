"""The verdict on an equality, a congruence or an inequality by itself."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from journey.exact.surds import Exact, Unsupported
from journey.solution_text.claims.context import Context
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.display import fraction, shown
from journey.solution_text.values.evaluate import computes, letters, readings, residue, value
from journey.solution_text.values.letters import VECTOR
from journey.solution_text.values.matrices import compared, is_matrix
from journey.solution_text.values.numeric import NoValue, numeric
from journey.solution_text.verdicts.tolerance import (
    RUNNING,
    bare_angles,
    bare_logarithm,
    excuse,
    has_decimals,
    rounded,
)
from journey.step import Evidence, Verdict

PLAIN = Context()
"""Nothing was stated."""


class CheckedClaim(NamedTuple):
    """An equality that a step states, judged."""

    text: str
    verdict: Verdict
    evidence: str | None
    """The fact that proves the verdict; for an unknown one, why it was not decided."""
    clashes: bool = False
    """Whether its numbers are right and the words around them are not."""


def judge(equality: Equality, doubt: str | None = None, context: Context = PLAIN) -> CheckedClaim | None:
    """The verdict on an equality by itself, or None if it is no claim. With a `doubt` it is never wrong."""
    left, right = equality.left.tree, equality.right.tree
    unknowns = letters(left) | letters(right)

    def claim(verdict: Verdict, evidence: str) -> CheckedClaim:
        return CheckedClaim(equality.text, verdict, evidence)

    try:
        if equality.relation == "≡":
            modulus = equality.modulus or context.modulus
            return _congruent(equality._replace(modulus=modulus), claim, doubt) if modulus else None
        if (is_matrix(left) or is_matrix(right)) and (judged := _matrices(equality, claim, doubt)):
            return judged
        # Two numbers written down are a claim where one has a base: 31_8 = 25.
        based = not unknowns and "_" in f"{equality.left.text}{equality.right.text}"
        numbers = equality.mathematics and left.op == right.op == "number"
        plain = not based and (equality.relation in "=≈" or numbers)
        if plain and equality.relation in ORDERS and numbers:
            holds = ORDERS[equality.relation](left.value, right.value)
            return None if holds else claim(Verdict.UNKNOWN, f"{equality.text} is false")
        if plain and numbers and equality.approximate:
            digit = Fraction(1, 10 ** min(left.decimals, right.decimals))
            far = abs(left.value - right.value) > max(digit, abs(left.value) / 20)
            return claim(Verdict.UNKNOWN, f"{equality.text} is false") if far else None
        if (plain and not (computes(left) or computes(right))) or (
            unknowns and equality.relation not in "=≈"
        ):
            return None
        if any(name.startswith(VECTOR) for name in unknowns):
            return None
        pairs = _values(left, right)
        if not pairs:
            return None if unknowns else CheckedClaim(equality.text, Verdict.UNKNOWN, "a division by zero")
        if equality.relation not in "=≈":
            return _ordered(equality, pairs, claim, doubt)
        for place, (a, b) in enumerate(pairs):
            if a == b and not equality.approximate:
                if place and (_drops_percent(left) or _drops_percent(right)):
                    return claim(Verdict.UNKNOWN, "a percentage is used as a plain number")
                return claim(Verdict.VALID, _both(equality, a, bool(unknowns)))
        if unknowns == {"e"} and (judged := _approximately(equality, claim, doubt)):
            return judged
        if unknowns:
            return None
        return _closed(equality, pairs, claim, doubt, context)
    except Unsupported as fault:
        if unknowns - {"e"}:
            return None
        return _approximately(equality, claim, doubt) or (
            None if unknowns else CheckedClaim(equality.text, Verdict.UNKNOWN, str(fault))
        )


ORDERS = {"<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge, "≠": operator.ne}


def _matrices(
    equality: Equality, claim: Callable[[Verdict, str], CheckedClaim], doubt: str | None
) -> CheckedClaim | None:
    """The verdict on an equality of matrices, or None if letters or sizes leave it open."""
    if equality.relation != "=":
        return None
    try:
        holds, why = compared(equality.left.tree, equality.right.tree, value)
    except (Unsupported, ZeroDivisionError):
        return None
    if holds is None:
        return None
    if not holds and (equality.unclear or doubt or has_decimals(equality)):
        return claim(Verdict.UNKNOWN, equality.unclear or doubt or "a number may be rounded")
    return claim(Verdict.VALID if holds else Verdict.WRONG, why)


MIN_SIZE = Fraction(1, 10**9)
"""Below it a difference may be what rounding leaves of zero."""
MIN_GAP = Fraction(1, 50)
"""By how much two values without an exact form differ that are called unequal, relative to the greater."""


def _approximately(
    equality: Equality, claim: Callable[[Verdict, str], CheckedClaim], doubt: str | None
) -> CheckedClaim | None:
    """The verdict on two values that have no exact form here: wrong if their digits differ."""
    left, right = equality.left, equality.right
    if equality.relation not in "=≈" or not _is_euler(left.tree) or not _is_euler(right.tree):
        return None
    try:
        a, b = (Fraction(numeric(side.tree, {})) for side in (left, right))
    except NoValue:
        return None
    if abs(a - b) <= max(MIN_GAP * max(abs(a), abs(b)), MIN_SIZE) or equality.unclear or doubt:
        if equality.approximate and (digits := rounded(equality, a, b)):
            return claim(Verdict.VALID, digits)
        return None
    if bare_logarithm(equality) or bare_angles(equality):
        return None
    return claim(Verdict.WRONG, f"{left.text} is about {float(a):.6g}, and {right.text} about {float(b):.6g}")


def _is_euler(tree: Node) -> bool:
    """Whether e is the base of a power wherever it stands, and so the number."""
    powers = sum(node.op == "^" and node.parts[0] == EULER for node in nodes(tree))
    logs = sum(node.op in ("ln", "integral") and EULER in node.parts for node in nodes(tree))
    return powers + logs == sum(node == EULER for node in nodes(tree))


EULER = Node("letter", name="e")


def _ordered(
    equality: Equality,
    pairs: list[tuple[Exact, Exact]],
    claim: Callable[[Verdict, str], CheckedClaim],
    doubt: str | None,
) -> CheckedClaim:
    """The verdict on an inequality between closed expressions."""
    compared = [(fraction(a), fraction(b)) for a, b in pairs]
    a, b = compared[0]
    detail = f"{shown(pairs[0][0])} and {shown(pairs[0][1])}"
    holds = [ORDERS[equality.relation](a, b) for a, b in compared]
    both_percent = equality.left.tree.op == equality.right.tree.op == "percent"
    if all(holds) or (both_percent and holds[0]):
        return claim(Verdict.VALID, f"the sides are {detail}")
    if any(holds) and not both_percent:
        return claim(Verdict.UNKNOWN, "it depends on how a number is read")
    exactly = any(
        side.tree.op == "number" and not side.tree.decimals for side in (equality.left, equality.right)
    )
    gap = abs(a) / 50 if exactly else abs(a) / 20
    near = abs(a - b) <= gap and has_decimals(equality)
    why = equality.unclear or doubt or ("a number may be rounded" if near else None)
    return claim(Verdict.UNKNOWN if why else Verdict.WRONG, why or f"the sides are {detail}")


def _congruent(
    equality: Equality, claim: Callable[[Verdict, str], CheckedClaim], doubt: str | None
) -> CheckedClaim | None:
    """The verdict on a congruence between closed expressions."""
    left, right = equality.left.tree, equality.right.tree
    if letters(left) | letters(right):
        return None
    a, b = residue(left, equality.modulus), residue(right, equality.modulus)
    if a == b:
        return claim(Verdict.VALID, f"both sides leave {a} mod {equality.modulus}")
    if why := equality.unclear or (
        doubt if doubt and "mod" not in doubt and "remainder" not in doubt else None
    ):
        return claim(Verdict.UNKNOWN, why)
    return claim(Verdict.WRONG, f"the sides leave {a} and {b} mod {equality.modulus}")


def _closed(
    equality: Equality,
    pairs: list[tuple[Exact, Exact]],
    claim: Callable[[Verdict, str], CheckedClaim],
    doubt: str | None,
    context: Context,
) -> CheckedClaim:
    """The verdict on an equality without letters whose sides are not exactly equal."""
    left, right = equality.left, equality.right
    why = equality.unclear or doubt
    for a, b in pairs:
        if (digits := rounded(equality, fraction(a), fraction(b))) is not None:
            return claim(Verdict.VALID, f"{digits}, to the digits shown")
        excused = excuse(equality, fraction(a), fraction(b))
        # Named even where the equality is unclear: a running total is no false equality.
        why = excused if excused and excused.startswith(RUNNING) else why or excused
        if (not doubt or "mod" in doubt) and (
            detail := context.confirm(left.tree, right.tree, fraction(a), fraction(b))
        ):
            return claim(Verdict.VALID, detail)
        why = why or context.excuse(left.tree, right.tree, fraction(a), fraction(b))
    if why is not None:
        return claim(Verdict.UNKNOWN, why)
    a, b = pairs[0]
    if "_" in left.text and left.tree.op == "number":
        in_ten = f"{shown(a)} in base 10"
        return claim(Verdict.WRONG, str(Evidence("unequal", (left.text, in_ten, right.text))))
    if not computes(left.tree):
        return claim(Verdict.WRONG, str(Evidence("unequal", (right.text, shown(b), left.text))))
    detail = f"{right.text} = {shown(b)}" if computes(right.tree) else right.text
    return claim(Verdict.WRONG, str(Evidence("unequal", (left.text, shown(a), detail))))


def _drops_percent(tree: Node) -> bool:
    """Whether a number is multiplied with or divided by a percentage: 30 / 5% is 600, and 6 without %."""
    for node in nodes(tree):
        percents = [part for part in node.parts if part.op == "percent"]
        if node.op in ("*", "/") and len(percents) == 1 and percents[0].parts[0].value != 100:
            return True
    return False


def _values(left: Node, right: Node) -> list[tuple[Exact, Exact]]:
    """The values of both sides under each reading that makes a difference."""
    pairs = []
    for a in readings(left):
        for b in readings(right):
            try:
                pairs.append((value(left, a), value(right, b)))
            except ZeroDivisionError:
                continue
    return pairs


def _both(equality: Equality, common: Exact, letters: bool) -> str:
    if letters:
        return "equal for all values of the letters"
    computed = f"{equality.left.text} = {shown(common)}"
    if "_" in equality.text and equality.left.tree.op == equality.right.tree.op == "number":
        return f"both sides are {shown(common)} in base 10"
    return computed if computed == equality.text else f"both sides are {shown(common)}"

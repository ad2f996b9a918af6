r"""The checkable claims in solutions as people and models write them, each with a verdict and its proof.

    check_step("She sold 48/2 = 25 clips in May.")      wrong    48/2 = 24, not 25
    check_step("Each gets 23/3 = 7.67 liters.")         valid    23/3 = 7.67 to 2 decimals
    check_step("Let $x = 5$.")                          unknown  a definition is no claim

A claim is an equality, a congruence or an inequality between closed expressions of which one computes. It
is `wrong` only with a proof: exact values that differ under every reading of percents and mixed numbers,
by more than rounding explains. An equation with letters is `valid` where it holds for all of them, or
follows from equations before it (`journey.prose.rewriting`), and `wrong` where it contradicts the one
that it is drawn from (`journey.prose.refuting`); else it may be a definition, a hypothesis or an equation
to solve, and is no claim.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from journey.errors import InputError
from journey.exact.surds import Exact, TooHard
from journey.prose.concluding import RELATION, SUPPOSES, conclusion, statement
from journey.prose.context import Context, announced
from journey.prose.equalities import Equality, equalities
from journey.prose.formula import Node
from journey.prose.hypotheses import doubt
from journey.prose.leeway import RUNNING, excuse, fraction, has_decimals, rounded, shown
from journey.prose.quantities import Conversion as Reading
from journey.prose.readings import VECTOR, computes, letters, readings, residue, value
from journey.prose.refuting import refutation
from journey.prose.rewriting import MAX_BESIDE, Known
from journey.prose.tokens import ANNOTATION, MAX_CHARACTERS, split_steps
from journey.prose.unicode import plain
from journey.prose.wording import wordings
from journey.step import Evidence, Verdict

PLAIN = Context()


class Claim(NamedTuple):
    """An equality that a step states, judged."""

    text: str
    verdict: Verdict
    evidence: str | None
    """The fact that proves the verdict; for an unknown one, why it was not decided."""
    differs: bool = False
    """Whether its sides are not equal as they stand, and only a reason not to refute it was found."""


class CheckedStep(NamedTuple):
    """A step with the claims found in it."""

    text: str
    verdict: Verdict
    evidence: str | None
    claims: tuple[Claim, ...]


def check_step(text: str, known: Known | None = None) -> CheckedStep:
    """One step: wrong if a claim is wrong, valid if one is valid and none wrong, else unknown.

    The equations stated before it are in `known`, and those of the step are added.

    >>> check_step("48/2 = 25").evidence
    '48/2 = 24, not 25'
    """
    if len(text) > MAX_CHARACTERS:
        return CheckedStep(text, Verdict.UNKNOWN, f"longer than {MAX_CHARACTERS} characters", ())
    claims = tuple(claims_in(plain(text), Known() if known is None else known))
    return CheckedStep(text, *_verdict(claims), claims)


def _verdict(claims: tuple[Claim, ...]) -> tuple[Verdict, str | None]:
    """The verdict on a step with these claims, and its evidence."""
    for claim in claims:
        if claim.verdict in (Verdict.WRONG, Verdict.LOSES):
            return Verdict.WRONG, claim.evidence
    for claim in claims:
        # A step is no more certain than the sides in it that differ.
        if claim.verdict is Verdict.UNKNOWN and claim.differs:
            return Verdict.UNKNOWN, claim.evidence
    for claim in claims:
        if claim.verdict is Verdict.VALID:
            return Verdict.VALID, claim.evidence
    return Verdict.UNKNOWN, claims[0].evidence if claims else "no checkable claim"


def check_solution(steps: list[str], problem: str = "") -> list[CheckedStep]:
    r"""The steps of a solution in order: an equation may follow from those before it and the problem's.

    >>> [step.evidence for step in check_solution(["$x = 3$.", "So $x^2 + 1 = 10$."])]
    ['no checkable claim', 'so it is where x = 3']
    """
    known = _given(problem)
    return [check_step(step, known) for step in steps]


def check_line(problem: str, before: tuple[str, ...], text: str) -> CheckedStep:
    """The step that comes after others of a solution; what was found in those is not sought again.

    >>> check_line("", ("$x = 3$.",), "So $x^2 + 1 = 10$.").verdict.value
    'valid'
    """
    # Each prefix in turn: a long solution that is asked about at its end would recurse too deep.
    for length in range(len(before)):
        _checked(problem, before[:length])
    return _checked(problem, (*before, text))[0]


@lru_cache(maxsize=4096)
def _checked(problem: str, lines: tuple[str, ...]) -> tuple[CheckedStep, Known]:
    """The last of some lines, and what is known after it."""
    if not lines:
        return CheckedStep("", Verdict.UNKNOWN, None, ()), _given(problem)
    known = _checked(problem, lines[:-1])[1].copy()
    return check_step(lines[-1], known), known


def _given(problem: str) -> Known:
    known = Known()
    problem = plain(problem[:MAX_CHARACTERS])
    known.context, known.history = announced(problem, known.context), problem
    for equality in equalities(problem):
        known.learn(equality, given=True)
    return known


def claims_in(text: str, known: Known) -> Iterator[Claim]:
    """The claims in a line, judged."""
    text = ANNOTATION.sub("", text)
    found = list(equalities(text))
    known.work = 0
    known.context = announced(text, known.context)
    here, before = statement(found, text), known.before
    claims: list[tuple[Equality, Claim]] = []
    for place, equality in enumerate(found):
        if equality.left.tree == equality.right.tree:
            continue
        doubtful = doubt(text, equality.start)
        claim = judge(equality, doubtful, known.context)
        undecided = claim is None or claim.verdict is Verdict.UNKNOWN
        concluded = conclusion(here, place, before, known.history) if undecided and here else None
        if concluded and not (doubtful and concluded.follows is not True):
            verdict = {True: Verdict.VALID, False: Verdict.WRONG, None: Verdict.LOSES}[concluded.follows]
            claim = Claim(equality.text, verdict, concluded.evidence)
        elif undecided and equality.relation in "=≈" and not known.stated(equality):
            if why := known.why(equality, _around(found, place)):
                claim = Claim(equality.text, Verdict.VALID, why)
            elif not doubtful and (
                why := refutation(equality, found[place - 1] if place else None, known, text)
            ):
                claim = Claim(equality.text, Verdict.WRONG, why)
        known.learn(equality)
        if claim is not None:
            claims.append((equality, claim))
    yield from _with_words(text, claims)
    if RELATION.search(text) or SUPPOSES.search(text):
        known.before = here
    known.history = f"{known.history} {text}"[-MAX_CHARACTERS:]


def _with_words(text: str, claims: list[tuple[Equality, Claim]]) -> Iterator[Claim]:
    """The claims of a step and those in words, which are read where an equality of numbers is undecided."""
    readings: list[Reading] = []
    for reading in wordings(text):
        beside = [
            claim.verdict
            for equality, claim in claims
            if reading.start <= equality.start < reading.end and not equality.mathematics
        ]
        overlaps = any(reading.start < one.end and one.start < reading.end for one in readings)
        if all(verdict is Verdict.UNKNOWN for verdict in beside) and not overlaps:
            readings.append(reading)
    for equality, claim in claims:
        inside = any(one.start <= equality.start < one.end for one in readings if one.holds is not None)
        if equality.mathematics or not inside or claim.verdict is not Verdict.UNKNOWN:
            yield claim
    for one in readings:
        # Its own words, such as "remainder", are no reason to doubt it.
        masked = text[: one.start] + "_" * (one.end - one.start) + text[one.end :]
        doubtful = doubt(masked, one.start)
        verdict = {True: Verdict.VALID, False: Verdict.WRONG, None: Verdict.UNKNOWN}[one.holds]
        if doubtful and verdict is Verdict.WRONG:
            yield Claim(one.text, Verdict.UNKNOWN, doubtful, True)
        else:
            yield Claim(one.text, verdict, one.evidence, one.holds is None)


def _around(found: list[Equality], place: int) -> list[Equality]:
    return [*found[max(0, place - MAX_BESIDE) : place], *found[place + 1 : place + 1 + MAX_BESIDE]]


def judge(equality: Equality, doubt: str | None = None, context: Context = PLAIN) -> Claim | None:
    """The verdict on an equality by itself, or None if it is no claim. With a `doubt` it is never wrong."""
    left, right = equality.left.tree, equality.right.tree
    unknowns = letters(left) | letters(right)

    def claim(verdict: Verdict, evidence: str) -> Claim:
        return Claim(equality.text, verdict, evidence, verdict is Verdict.UNKNOWN)

    try:
        if equality.relation == "≡":
            return _congruent(equality, claim, doubt)
        if not (computes(left) or computes(right)) or (unknowns and equality.relation not in "=≈"):
            return None
        if any(name.startswith(VECTOR) for name in unknowns):
            return None
        pairs = _values(left, right)
        if not pairs:
            return None if unknowns else Claim(equality.text, Verdict.UNKNOWN, "a division by zero")
        if equality.relation not in "=≈":
            return _ordered(equality, pairs, claim, doubt)
        for a, b in pairs:
            if a == b and not equality.approximate:
                return claim(Verdict.VALID, _both(equality, a, bool(unknowns)))
        if unknowns:
            return None
        return _closed(equality, pairs, claim, doubt, context)
    except TooHard as fault:
        return None if unknowns else Claim(equality.text, Verdict.UNKNOWN, str(fault))


ORDERS = {"<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge}


def _ordered(
    equality: Equality,
    pairs: list[tuple[Exact, Exact]],
    claim: Callable[[Verdict, str], Claim],
    doubt: str | None,
) -> Claim:
    """The verdict on an inequality between closed expressions."""
    compared = [(fraction(a), fraction(b)) for a, b in pairs]
    a, b = compared[0]
    said = f"{shown(pairs[0][0])} and {shown(pairs[0][1])}"
    if all(ORDERS[equality.relation](a, b) for a, b in compared):
        return claim(Verdict.VALID, f"the sides are {said}")
    near = abs(a - b) <= abs(a) / 20 and has_decimals(equality)
    why = equality.unclear or doubt or ("a number may be rounded" if near else None)
    return claim(Verdict.UNKNOWN if why else Verdict.WRONG, why or f"the sides are {said}")


def _congruent(equality: Equality, claim: Callable[[Verdict, str], Claim], doubt: str | None) -> Claim | None:
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
    claim: Callable[[Verdict, str], Claim],
    doubt: str | None,
    context: Context,
) -> Claim:
    """The verdict on an equality without letters whose sides are not exactly equal."""
    left, right = equality.left, equality.right
    why = equality.unclear or doubt
    for a, b in pairs:
        if (digits := rounded(equality, fraction(a), fraction(b))) is not None:
            return claim(Verdict.VALID, f"{digits}, to the digits shown")
        excused = excuse(equality, fraction(a), fraction(b))
        # Said even where the equality is unclear: a running total is told apart from a false equality.
        why = excused if excused and excused.startswith(RUNNING) else why or excused
        if (not doubt or "mod" in doubt) and (
            said := context.confirm(left.tree, right.tree, fraction(a), fraction(b))
        ):
            return claim(Verdict.VALID, said)
        why = why or context.excuse(left.tree, right.tree, fraction(a), fraction(b))
    if why is not None:
        return claim(Verdict.UNKNOWN, why)
    a, b = pairs[0]
    if not computes(left.tree):
        return claim(Verdict.WRONG, str(Evidence("unequal", (right.text, shown(b), left.text))))
    said = f"{right.text} = {shown(b)}" if computes(right.tree) else right.text
    return claim(Verdict.WRONG, str(Evidence("unequal", (left.text, shown(a), said))))


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
    return computed if computed == equality.text else f"both sides are {shown(common)}"


def _record(claim: Claim) -> dict[str, Any]:
    return {"text": claim.text, "verdict": claim.verdict, "evidence": claim.evidence}


def check_record(record: Any) -> dict[str, Any]:
    """A solution as {"id", "steps": [..]} or {"id", "solution": ".."}, checked: what `journey check` prints.

    Raises:
        InputError: the record is not of that form.

    >>> check_record({"id": 1, "steps": ["2 + 2 = 5"]})["steps"][0]["verdict"]
    <Verdict.WRONG: 'wrong'>
    """
    if not isinstance(record, dict):
        raise InputError(f'not an object with "steps" or "solution": {str(record)[:60]}')
    steps = record.get("steps")
    if steps is None and isinstance(record.get("solution"), str):
        steps = split_steps(record["solution"])
    if not isinstance(steps, list) or not all(isinstance(step, str) for step in steps):
        raise InputError('it needs "steps", a list of texts, or "solution", a text')
    problem = record.get("problem")
    checked = check_solution(steps, problem if isinstance(problem, str) else "")
    return {
        "id": record.get("id"),
        "steps": [
            {**step._asdict(), "claims": [_record(claim) for claim in step.claims]} for step in checked
        ],
    }

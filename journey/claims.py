r"""The checkable claims in solutions as people and models write them, each with a verdict and its proof.

    check_step("She sold 48/2 = 25 clips in May.")      wrong    48/2 = 24, not 25
    check_step("Each gets 23/3 = 7.67 liters.")         valid    23/3 = 7.67 to 2 decimals
    check_step("Let $x = 5$.")                          unknown  a definition is no claim

A claim is an equality, a congruence or an inequality between closed expressions of which one computes. It
is `wrong` only with a proof: exact values that differ under every reading of percents and mixed numbers,
by more than rounding explains. An equation with letters is `valid` where it holds for all of them, or
follows from equations before it (`verdicts.rewriting`), and `wrong` where it contradicts the one that it is
drawn from (`verdicts.refutation`); else it may be a definition, a hypothesis or an equation to solve, and is
no claim. A step with a relation that is none of these and that nothing decides is not valid for what else it
says (`verdicts.open_relations`), nor is one with a unit or percentage that nothing before mentions. The parts
are in `journey.solution_text`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from journey.errors import InputError, JourneyError
from journey.runs.store import each_line
from journey.solution_text.claims.context import announced
from journey.solution_text.claims.equalities import Equality, equalities
from journey.solution_text.claims.hypotheses import admitted_error, doubt
from journey.solution_text.claims.percent_clashes import percent_clash, percent_of_nowhere
from journey.solution_text.claims.quantities import Conversion as Reading
from journey.solution_text.claims.second_readings import second_readings
from journey.solution_text.claims.spoken import spoken
from journey.solution_text.claims.unit_clashes import unit_clash, unit_of_nowhere
from journey.solution_text.claims.wording import wordings
from journey.solution_text.reading.steps import split_steps
from journey.solution_text.reading.tokens import ANNOTATION, MAX_CHARACTERS
from journey.solution_text.reading.unicode import plain
from journey.solution_text.verdicts.calculator import miscopied
from journey.solution_text.verdicts.conclusions import RELATION, SUPPOSES, conclusion, statement
from journey.solution_text.verdicts.consistency import conflict
from journey.solution_text.verdicts.contradiction import contradiction, substitution
from journey.solution_text.verdicts.detours import detour
from journey.solution_text.verdicts.identities import disproof, proof
from journey.solution_text.verdicts.judging import CheckedClaim, judge
from journey.solution_text.verdicts.multiples import multiple
from journey.solution_text.verdicts.open_relations import INTRODUCES, open_relation
from journey.solution_text.verdicts.refutation import refutation
from journey.solution_text.verdicts.rewriting import MAX_AROUND, Premises
from journey.solution_text.verdicts.solution_sets import same_solutions
from journey.step import Verdict

LIMITED = re.compile(
    r"[^$]*\$+,? (?:for|when|if|whenever|where|on) \$[^$]*(?:[<>≤≥=∈]|\\(?:l|g)eq?\b|\\in\b)"
)
"""What follows an equation that holds for some values alone: $f(x) = x^2$ for $1 \\le x \\le 3$."""


class CheckedStep(NamedTuple):
    """A step with the claims found in it."""

    text: str
    verdict: Verdict
    evidence: str | None
    claims: tuple[CheckedClaim, ...]


def check_step(text: str, premises: Premises | None = None) -> CheckedStep:
    """One step: wrong if a claim is wrong; valid if one is valid and no other is open; else unknown.

    The equations stated before it are in `known`, and those of the step are added.

    >>> check_step("48/2 = 25").evidence
    '48/2 = 24, not 25'
    """
    if len(text) > MAX_CHARACTERS:
        return CheckedStep(text, Verdict.UNKNOWN, f"longer than {MAX_CHARACTERS} characters", ())
    line = plain(text)
    premises = Premises() if premises is None else premises
    history = premises.history
    claims = tuple(claims_in(line, premises))
    verdict, evidence = _verdict(claims)
    if verdict is not Verdict.WRONG and (admitted := admitted_error(text)):
        return CheckedStep(text, Verdict.UNKNOWN, admitted, claims)
    clashes = any(claim.clashes for claim in claims)
    if (
        verdict is Verdict.UNKNOWN
        and not (clashes or _word_clash(line, history))
        and (confirmed := _confirmed(line))
    ):
        return CheckedStep(text, Verdict.VALID, confirmed.evidence, (confirmed,))
    return CheckedStep(text, verdict, evidence, claims)


def _word_clash(text: str, history: str) -> str | None:
    """Why the percentages and units of a step do not fit each other and what was stated before, or None."""
    return percent_clash(text) or percent_of_nowhere(text, history) or unit_of_nowhere(text, history)


def _confirmed(line: str) -> CheckedClaim | None:
    """A claim that holds in another reading of the step."""
    for reading in second_readings(ANNOTATION.sub("", line)):
        claims = tuple(claims_in(reading, Premises()))
        if _verdict(claims)[0] is Verdict.VALID:
            claim = next(claim for claim in claims if claim.verdict is Verdict.VALID)
            return claim._replace(evidence=f"read as {claim.text}: {claim.evidence}")
    return None


def _verdict(claims: tuple[CheckedClaim, ...]) -> tuple[Verdict, str | None]:
    """The verdict on a step with these claims, and its evidence."""
    for claim in claims:
        if claim.verdict in (Verdict.WRONG, Verdict.LOSES):
            return Verdict.WRONG, claim.evidence
    for claim in claims:
        # A step is no more certain than what is open in it.
        if claim.verdict is Verdict.UNKNOWN:
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
    premises = given(problem)
    return [check_step(step, premises) for step in steps]


def check_line(problem: str, before: tuple[str, ...], text: str) -> CheckedStep:
    """The step that comes after others of a solution; those are not checked again.

    >>> check_line("", ("$x = 3$.",), "So $x^2 + 1 = 10$.").verdict.value
    'valid'
    """
    # Each prefix in turn: a long solution that is asked about at its end would recurse too deep.
    for length in range(len(before)):
        _checked(problem, before[:length])
    return _checked(problem, (*before, text))[0]


@lru_cache(maxsize=4096)
def _checked(problem: str, lines: tuple[str, ...]) -> tuple[CheckedStep, Premises]:
    """The last of some lines, and what is known after it."""
    if not lines:
        return CheckedStep("", Verdict.UNKNOWN, None, ()), given(problem)
    premises = _checked(problem, lines[:-1])[1].copy()
    return check_step(lines[-1], premises), premises


def given(problem: str) -> Premises:
    """What a problem states."""
    premises = Premises()
    problem = plain(problem[:MAX_CHARACTERS])
    premises.context, premises.history = announced(problem, premises.context), problem
    for equality in equalities(problem):
        premises.learn(equality, given=True, everywhere=not LIMITED.match(problem[equality.start :]))
    return premises


def claims_in(text: str, premises: Premises) -> Iterator[CheckedClaim]:
    """The claims in a line, judged."""
    marked, text = text, ANNOTATION.sub("", text)
    stated = list(equalities(text))
    premises.work = 0
    premises.context = announced(text, premises.context)
    here, before = statement(stated, text), premises.before
    known = premises.copy()
    stated += spoken(text)
    claims: list[tuple[Equality, CheckedClaim]] = []
    open_places: list[tuple[int, Premises]] = []
    proofs: dict[int, str] = {}
    for place, equality in enumerate(stated):
        if equality.left.tree == equality.right.tree and "_" not in equality.text:
            continue
        doubtful = doubt(text, equality.start)
        claim = judge(equality, doubtful, premises.context)
        undecided = claim is None or claim.verdict is Verdict.UNKNOWN
        if (
            claim
            and claim.verdict is Verdict.VALID
            and (
                clash := unit_clash(
                    equality, premises.history and f"{premises.history} {text[: equality.start]}"
                )
            )
        ):
            claim = CheckedClaim(equality.text, Verdict.UNKNOWN, clash, clashes=True)
        concluded = None
        if undecided and here and place < len(here.equalities):
            concluded = conclusion(here, place, before, premises.history)
        if concluded and not (doubtful and concluded.follows is not True):
            verdict = {True: Verdict.VALID, False: Verdict.WRONG, None: Verdict.LOSES}[concluded.follows]
            claim = CheckedClaim(equality.text, verdict, concluded.evidence)
        elif undecided and equality.relation in "=≈" and not premises.stated(equality):
            open_places.append((place, premises.copy()))
            link = stated[place - 1] if place else None
            if why := _proof(stated, place, premises, text):
                claim = CheckedClaim(equality.text, Verdict.VALID, why)
            elif not doubtful and (why := _refuted(equality, link, premises, text)):
                claim = CheckedClaim(equality.text, Verdict.WRONG, why)
            if claim is not None and claim.verdict is not Verdict.UNKNOWN:
                open_places.pop()
        elif (
            undecided
            and claim is None
            and not (doubtful or INTRODUCES.search(text[: equality.start]))
            and (why := same_solutions(stated, place, premises, text))
        ):
            claim = CheckedClaim(equality.text, Verdict.VALID, why)
        premises.learn(equality)
        if claim is not None:
            claims.append((equality, claim))
            if claim.verdict is Verdict.VALID:
                proofs[place] = claim.evidence or ""
    if any(claim.verdict is Verdict.VALID for _, claim in claims):
        claims += _conflicts(stated, open_places, premises)
    judged = list(_with_words(text, claims))
    if any(claim.verdict is Verdict.VALID for claim in judged) and (
        left_open := open_relation(stated, proofs, known, text)
    ):
        relation, why = left_open
        judged.append(CheckedClaim(relation.text if relation else text, Verdict.UNKNOWN, why))
    if any(claim.verdict is Verdict.VALID for claim in judged) and (
        clash := _word_clash(text, premises.history)
    ):
        judged.append(CheckedClaim(text, Verdict.UNKNOWN, clash, clashes=True))
    yield from judged
    if not any(claim.verdict in (Verdict.VALID, Verdict.WRONG) for claim in judged) and (
        wrong := miscopied(marked)
    ):
        yield wrong
    if RELATION.search(text) or SUPPOSES.search(text):
        premises.before = here
    premises.history = f"{premises.history} {text}"[-MAX_CHARACTERS:]


def _conflicts(
    equalities: list[Equality], places: list[tuple[int, Premises]], premises: Premises
) -> Iterator[tuple[Equality, CheckedClaim]]:
    """The undecided equations of a step that do not agree with what came before or the rest of the step.

    Args:
        equalities: all of the step.
        places: of the undecided ones, and what was known before each.
        premises: what is known after the step.
    """
    for place, before in places:
        equality, around = equalities[place], _around(equalities, place)
        # Behind the last one nothing new was stated.
        more = place + 1 < len(equalities)
        after = equalities[place + 1 : place + 1 + MAX_AROUND]
        if why := (
            conflict(equality, around, before)
            or (more and conflict(equality, around, premises))
            or detour(equality, equalities[place - 1] if place else None, after, before)
        ):
            yield equality, CheckedClaim(equality.text, Verdict.UNKNOWN, why)


def _proof(stated: list[Equality], place: int, premises: Premises, text: str) -> str | None:
    """Why an equation with letters follows from what is known, or None."""
    return (
        proof(stated[place])
        or premises.why(stated[place], _around(stated, place))
        or multiple(stated, place, premises, text)
        or same_solutions(stated, place, premises, text)
    )


def _refuted(equality: Equality, link: Equality | None, premises: Premises, text: str) -> str | None:
    """Why an equation with letters is false, or None."""
    given = any(fact.states(equality.left.tree, equality.right.tree) for fact in premises.given)
    return (
        refutation(equality, link, premises, text)
        or disproof(equality, text, premises.bound, given)
        or contradiction(premises, equality, text)
        or substitution(premises, equality, text)
    )


def _with_words(text: str, claims: list[tuple[Equality, CheckedClaim]]) -> Iterator[CheckedClaim]:
    """The claims of a step and those in words, which are read where an equality of numbers is undecided."""
    readings: list[Reading] = []
    for reading in wordings(text):
        of_numbers = [
            claim.verdict
            for equality, claim in claims
            if reading.start <= equality.start < reading.end and not equality.mathematics
        ]
        # With its units a claim may hold that is false of the numbers, and not the other way about.
        open_to_it = [Verdict.UNKNOWN] if reading.holds is False else [Verdict.UNKNOWN, Verdict.WRONG]
        overlaps = any(reading.start < one.end and one.start < reading.end for one in readings)
        if all(verdict in open_to_it for verdict in of_numbers) and not overlaps:
            readings.append(reading)
    for equality, claim in claims:
        inside = [one.holds for one in readings if one.start <= equality.start < one.end]
        decided = claim.verdict is Verdict.VALID or (claim.verdict is Verdict.WRONG and not inside)
        replaced = any(holds is not None for holds in inside)
        if equality.mathematics or not inside or decided or not (replaced or claim.verdict is Verdict.WRONG):
            yield claim
    for one in readings:
        # Its own words, such as "remainder", are no reason to doubt it.
        masked = text[: one.start] + "_" * (one.end - one.start) + text[one.end :]
        doubtful = doubt(masked, one.start)
        verdict = {True: Verdict.VALID, False: Verdict.WRONG, None: Verdict.UNKNOWN}[one.holds]
        if doubtful and verdict is Verdict.WRONG:
            yield CheckedClaim(one.text, Verdict.UNKNOWN, doubtful)
        else:
            yield CheckedClaim(one.text, verdict, one.evidence)


def _around(stated: list[Equality], place: int) -> list[Equality]:
    return [*stated[max(0, place - MAX_AROUND) : place], *stated[place + 1 : place + 1 + MAX_AROUND]]


def _record(claim: CheckedClaim) -> dict[str, Any]:
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


def check_file(path: Path) -> Iterator[dict[str, Any]]:
    """`check_record` of each line of a file; the path `-` is standard input.

    A line of another form is answered with no id, no steps and the reason, and the rest follow.

    Raises:
        InputError: the file cannot be read.
        JourneyError: after the last line, if some lines are of another form.
    """
    bad = 0
    for checked in each_line(path, check_record):
        if isinstance(checked, InputError):
            bad += 1
            yield {"id": None, "steps": [], "reason": f"bad row: {checked}"}
        else:
            yield checked
    if bad:
        raise JourneyError(f"{bad} of the rows could not be read; their reasons say which")

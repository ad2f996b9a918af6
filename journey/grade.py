r"""Is this final answer right.

An answer is located (`answers.final` of `journey.solution_text`), taken apart (`answers.shapes`) and compared
part by part: brackets, order and number of parts first, then numbers, units, dates and statements by exact
rules, and formulas in a worker that is killed at its limit, where math-verify reads them. What could not be
decided is neither right nor wrong.

    grade_answer("1/2", r"So \boxed{0.5}")      Grade(correct=True, reason='equal numbers')
    grade_answer("[0, 9)", "(0, 9)")            Grade(correct=False, reason='brackets () are not [)')

The rules follow what public graders test themselves with: math-verify, Hendrycks' MATH, OlympiadBench.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from journey.errors import InputError, JourneyError
from journey.runs.sandbox import Sandbox, shared_sandbox
from journey.runs.store import each_line
from journey.solution_text.answers.amounts import THOUSANDS, continental
from journey.solution_text.answers.compare import Judge, Undecided
from journey.solution_text.answers.constants import conflict, qualified, renamings
from journey.solution_text.answers.final import MAX_TEXT, final_answer, one_script
from journey.solution_text.answers.formulas import load
from journey.solution_text.answers.latex import squeeze, tidy
from journey.solution_text.answers.moments import moment
from journey.solution_text.answers.properties import same_property
from journey.solution_text.answers.reader import read
from journey.solution_text.answers.rules import DEFAULT, Rules
from journey.solution_text.answers.shapes import Shape, TooLarge
from journey.solution_text.spelling import join_lakhs

MAX_ANSWER = 2_000
"""Characters of an answer that is taken apart."""
BUDGET = 12.0
"""Seconds for one verdict, all its parts together; no comparison starts after it."""
SHORT = 5
"""Words of a reference that is taken as it stands."""

ELSEWHERE = re.compile(
    r"boxed|fbox|[$=:#*\n]|\\[(\[]|\b(?:is|are|equals|answer|solution)\b|</?\w", re.IGNORECASE
)
CHOICE = re.compile(r"(?:\\text(?:bf|rm|it)?\s*\{)?\s*\(?\s*([A-Z])\s*\)?\s*\}?", re.IGNORECASE)
CHOSEN = re.compile(
    r"(?:\\text(?:bf|rm|it)?\s*\{)?\s*(?:\(([A-H])\)|([A-H])[).:])\s*\}?(?:\s.*|\\.*)?", re.DOTALL
)
PICKED = re.compile(
    r"(?i:\b(?:option|choice|answer)\b)\W{0,4}(?:is\b|was\b)?(?i:\s*option)?"
    r"[\s:*(\[$]{0,6}([A-J])\b(?!['’\w]|\s*[-+*/^=_])"
)
BRACKETED = re.compile(r"[(\[]([A-J])[)\]]")
GROUPED = re.compile(rf"((?:[^=,]*=\s*)?)({THOUSANDS.pattern})([^\d,()\[\]{{}}]*(?:\\text.*)?)")
GROUP = re.compile(r"(?<![\d.])[1-9]\d{0,2}(?:,\d{3})+(?!\d)")
BRACKETED_GROUP = re.compile(rf"[(\[]{GROUP.pattern}[)\]]")
WITH_COMMA = re.compile(r"((?:[^=,]*=\s*)?)([-+]?[\d.]*\d,\d+)([^\d,()\[\]{}]*(?:\\text.*)?)")


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict on one answer."""

    correct: bool | None
    """None if it was not decided: out of time, too large, or not read."""
    reason: str


def grade_answer(gold: str, pred: str, sandbox: Sandbox | None = None, rules: Rules = DEFAULT) -> Grade:
    r"""Whether `pred`, a solution or a bare answer, ends with the answer that `gold` states.

    Never raises for a text and never runs one; takes `BUDGET` and one limit of the sandbox at most. A
    prediction without an answer is wrong. Any thread may call.

    Args:
        gold: the reference, bare or with text around it.
        pred: what a model wrote.
        sandbox: where formulas are compared; one that lasts as long as the program by default.
        rules: what counts as the same where public graders disagree.

    >>> grade_answer("19, 46 and 82", r"$\{82, 19, 46\}$").correct
    True
    >>> grade_answer("12", "I am not sure.")
    Grade(correct=False, reason='no answer in the prediction')
    """
    gold = one_script(gold[-MAX_TEXT:])
    expected, response = _reference(gold), final_answer(pred)
    if response is None and moment(_undressed(pred)):
        response = _undressed(pred)
    if not expected:
        return Grade(None, "no answer in the reference")
    if squeeze(_undressed(gold)) == squeeze(_undressed(pred)):
        return Grade(True, "the same text")
    if (verdict := _choice(expected, response, pred)) is not None:
        return verdict
    # All of a short text says more than the answer in it: whether n or m is odd.
    for pair in ((gold, pred), (expected, response or "")):
        if (named := same_property(*pair)) is not None:
            return Grade(named, "the same property" if named else "another property")
    if not response:
        return Grade(False, "no answer in the prediction")
    if len(expected) > MAX_ANSWER or len(response) > MAX_ANSWER:
        return Grade(None, f"an answer is longer than {MAX_ANSWER} characters")
    formula, answer = qualified(expected), qualified(response)
    if differs := conflict(formula, answer):
        return Grade(False, f"with {', '.join(answer.letters.values())}, and the reference is not")
    judge = Judge(sandbox or shared_sandbox(load), time.monotonic() + BUDGET, BUDGET, rules)
    undecided = reason = ""
    try:
        texts = [answer.formula, *renamings(formula, answer)]
        said_readings = [reading for text in texts for reading in readings(text)]
        for one, sure in readings(formula.formula, reference=True):
            for other, sure_too in said_readings:
                try:
                    if not judge.same(one, other):
                        reason = reason or judge.reason
                    elif differs is None:
                        undecided = undecided or "one of the two says more of its letters"
                    elif sure and sure_too:
                        return Grade(True, judge.reason)
                    elif "tuple" not in (one.kind, other.kind):
                        undecided = undecided or "a comma between thousands, or between two values"
                except Undecided as fault:
                    undecided = undecided or (str(fault) if sure and sure_too else "")
    except (TooLarge, RecursionError) as fault:
        return Grade(None, f"too large: {fault}")
    return Grade(None, undecided) if undecided else Grade(False, reason)


def _undressed(text: str) -> str:
    return re.sub(r"\\text\s*\{([^{}]*)\}|\$|\.\s*$", r"\1", text[:MAX_ANSWER]).strip()


def _reference(gold: str) -> str:
    """What a reference says. A few words are an answer as they are: June 20 is not 20."""
    if len(gold.split()) <= SHORT and not ELSEWHERE.search(gold):
        return gold.strip().rstrip(".")
    if result := final_answer(gold):
        return result
    # A reference was cut by whoever stored it; a prediction whose box stays open is unfinished, and wrong.
    return gold.replace("\\\\", "\\").rpartition(r"\boxed{")[2].strip() if r"\boxed{" in gold else ""


def _choice(expected: str, response: str | None, pred: str) -> Grade | None:
    """The verdict where the reference is the letter of a choice."""
    letter = CHOICE.fullmatch(expected)
    if not letter:
        return None
    chosen = (CHOSEN.fullmatch(response) or CHOICE.fullmatch(response)) if response else None
    letters = [group for group in chosen.groups() if group] if chosen else []
    if letter[1] in "ABCDEFGHIJ" and "boxed" not in pred:
        end = pred[-MAX_ANSWER:]
        letters = PICKED.findall(end)[-1:] or letters or BRACKETED.findall(end)[-1:]
    if not letters:
        return None
    other = letters[0]
    marked = any("(" in text or "text" in text for text in (expected, response or ""))
    same = letter[1].upper() == other.upper() if marked else letter[1] == other
    return Grade(same, f"{'the same' if same else 'another'} letter")


class Reading(NamedTuple):
    """What a text may say."""

    shape: Shape
    sure: bool = True
    """Whether nobody would read it in another way."""


def readings(text: str, *, reference: bool = False) -> list[Reading]:
    """What a text may say: 1,234 is hardly two numbers; 2,74 is two, or one with a decimal comma.

    >>> [(each.shape.kind, each.sure) for each in readings("1,234")]
    [('leaf', True), ('list', False)]
    >>> [(each.shape.kind, each.sure) for each in readings("1,20,000")]  # as India groups digits
    [('list', True), ('leaf', True)]
    """
    plain = ungrouped(tidy(text))
    if grouped := GROUPED.fullmatch(plain):
        number = read(grouped[1] + re.sub("[, ]", "", grouped[2]) + grouped[3])
        return [Reading(number), Reading(read(plain), sure=False)]
    shapes = [Reading(read(plain))]
    if (joined := join_lakhs(tidy(text))) != tidy(text):
        if not plain.startswith(("(", "[")):
            shapes.append(Reading(read(joined), sure=",0" in text))
    elif BRACKETED_GROUP.fullmatch(plain):
        shapes.append(Reading(read(plain[1:-1].replace(",", "")), sure=False))
    elif continental(plain) != plain:
        shapes.append(Reading(read(continental(plain)), sure=not reference or "." in plain))
    elif comma := WITH_COMMA.fullmatch(plain):
        decimal = read(comma[1] + continental(comma[2]) + comma[3])
        shapes.append(Reading(decimal, sure=not reference))
    return shapes


def ungrouped(text: str) -> str:
    """The text without the commas that can only stand between thousands.

    They do before zeros, and where other commas have a space behind them.

    >>> ungrouped("(1,000,20)"), ungrouped("(3,400, 12)"), ungrouped("(3,400)"), ungrouped("1,2,3")
    ('(1000,20)', '(3400, 12)', '(3,400)', '1,2,3')
    """
    spaced = re.search(r",\s|;|\band\b|\bor\b", text)

    def joined(group: re.Match[str]) -> str:
        return group.group().replace(",", "") if spaced or ",0" in group.group() else group.group()

    return GROUP.sub(joined, text)


def grade_file(path: Path, rules: Rules = DEFAULT) -> Iterator[dict[str, Any]]:
    """A verdict for each {"id", "gold", "pred"} line of a file, as a record; the path `-` is standard input.

    A line that is none is answered as such, without an id, and the rest go on.

    Raises:
        InputError: the file cannot be read.
        JourneyError: after the last verdict, if some lines were none.
    """
    bad = 0
    for case in each_line(path, as_case):
        if isinstance(case, InputError):
            bad += 1
            yield {"id": None, "correct": None, "reason": f"bad row: {case}"}
        else:
            id_, gold, pred = case
            verdict = grade_answer(gold, pred, rules=rules)
            yield {"id": id_, "correct": verdict.correct, "reason": verdict.reason}
    if bad:
        raise JourneyError(f"{bad} of the rows could not be read; their reasons say which")


def as_case(record: Any) -> tuple[Any, str, str]:
    """An (id, gold, pred) of a JSON object.

    Raises:
        InputError: it is none, or lacks a key, or a text is not a text.
    """
    if not isinstance(record, dict):
        raise InputError(f"not an object: {str(record)[:60]}")
    for key in ("id", "gold", "pred"):
        if key not in record:
            raise InputError(f'no {key!r}. A line is {{"id", "gold", "pred"}}')
        if key != "id" and not isinstance(record[key], str):
            raise InputError(f"{key!r} is {str(record[key])[:60]!r}, not a text")
    return record["id"], record["gold"], record["pred"]

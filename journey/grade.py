r"""Is this final answer right.

An answer is found (`journey.answers`), taken apart (`journey.shapes`) and compared part by part: brackets,
order and number of parts first, then plain numbers as exact fractions, and what is left by math-verify, in a
worker that is killed at its limit. What could not be decided is neither right nor wrong.

    grade_answer("1/2", r"So \boxed{0.5}")      Grade(correct=True, reason='equal numbers')
    grade_answer("[0, 9)", "(0, 9)")            Grade(correct=False, reason='brackets () are not [)')

The rules follow what public graders test themselves with: math-verify, Hendrycks' MATH, OlympiadBench.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from journey.answers import final_answer
from journey.errors import InputError
from journey.formulas import beyond, equivalent, load, too_large
from journey.latex import squeeze, tidy
from journey.sandbox import Died, Sandbox, TimedOut, lasting
from journey.shapes import THOUSANDS, Shape, TooLarge, base, continental, number, read
from journey.store import read_lines

MAX_ANSWER = 2_000
"""Characters of an answer that is taken apart."""
BUDGET = 12.0
"""Seconds for one verdict, all its parts together; no comparison starts after it."""
ROUNDED = 6
"""Decimals from which on a decimal may stand for a value that no decimal equals."""


OPAQUE = re.compile(r"\\(?:setminus|backslash|cap|mid|begin|mathbb|cup|sum|prod|int)(?![A-Za-z])|[^A-Za-z]\|")
LETTERS = re.compile(
    r"(?<![\\A-Za-z])[A-Za-z]|\\(?:alpha|beta|gamma|delta|theta|lambda|mu|rho|sigma|phi|omega)"
)
FUNCTION = re.compile(r"[A-Za-z]\([a-z]\)")
CHOICE = re.compile(r"(?:\\text(?:bf|rm|it)?\s*\{)?\s*\(?\s*([A-Z])\s*\)?\s*\}?", re.IGNORECASE)
CHOSEN = re.compile(
    r"(?:\\text(?:bf|rm|it)?\s*\{)?\s*(?:\(([A-H])\)|([A-H])[).:])\s*\}?(?:\s.*|\\.*)?", re.DOTALL
)
GROUPED = re.compile(rf"((?:[^=,]*=\s*)?)({THOUSANDS.pattern})([^\d,()\[\]{{}}]*(?:\\text.*)?)")
WITH_COMMA = re.compile(r"((?:[^=,]*=\s*)?)([-+]?[\d.]*\d,\d+)([^\d,()\[\]{}]*(?:\\text.*)?)")


@dataclass(frozen=True, slots=True)
class Grade:
    """A verdict on one answer."""

    correct: bool | None
    """None if it was not decided: out of time, too large, or not read."""
    reason: str


class Undecided(Exception):
    """A comparison that reached no verdict, and why."""


def grade_answer(gold: str, pred: str, sandbox: Sandbox | None = None) -> Grade:
    r"""Whether `pred`, a solution or a bare answer, ends with the answer that `gold` states.

    Never raises for a text and never runs one; takes `BUDGET` and one limit of the sandbox at most. A
    prediction without an answer is wrong. Any thread may call.

    Args:
        gold: the reference, bare or with text around it.
        pred: what a model wrote.
        sandbox: where formulas are compared; one that lasts as long as the program by default.

    >>> grade_answer("19, 46 and 82", r"$\{82, 19, 46\}$").correct
    True
    >>> grade_answer("12", "I am not sure.")
    Grade(correct=False, reason='no answer in the prediction')
    """
    wanted, said = final_answer(gold) or _open_box(gold), final_answer(pred)
    if not wanted:
        return Grade(None, "no answer in the reference")
    if not said:
        return Grade(False, "no answer in the prediction")
    if len(wanted) > MAX_ANSWER or len(said) > MAX_ANSWER:
        return Grade(None, f"an answer is longer than {MAX_ANSWER} characters")
    if (verdict := _choice(wanted, said)) is not None:
        return verdict
    judge = _Judge(sandbox or lasting(load), time.monotonic() + BUDGET)
    undecided = reason = ""
    try:
        for one in readings(wanted):
            for other in readings(said):
                try:
                    if judge.same(one, other):
                        return Grade(True, judge.reason)
                    reason = reason or judge.reason
                except Undecided as fault:
                    undecided = undecided or str(fault)
    except (TooLarge, RecursionError) as fault:
        return Grade(None, f"too large: {fault}")
    return Grade(None, undecided) if undecided else Grade(False, reason)


def _open_box(gold: str) -> str:
    # A reference was cut by whoever stored it; a prediction whose box stays open is unfinished, and wrong.
    return gold.replace("\\\\", "\\").rpartition(r"\boxed{")[2].strip() if r"\boxed{" in gold else ""


def _choice(wanted: str, said: str) -> Grade | None:
    """The verdict where the reference is the letter of a choice."""
    letter = CHOICE.fullmatch(wanted)
    if not letter:
        return None
    chosen = CHOSEN.fullmatch(said) or CHOICE.fullmatch(said)
    if not chosen:
        return None
    other = next(group for group in chosen.groups() if group)
    marked = any("(" in text or "text" in text for text in (wanted, said))
    same = letter[1].upper() == other.upper() if marked else letter[1] == other
    return Grade(same, f"{'the same' if same else 'another'} letter")


def readings(text: str) -> list[Shape]:
    """What a text may say: 1,234 is a number or two, 2,74 is two numbers or one with a decimal comma.

    >>> [shape.kind for shape in readings("1,234")]
    ['leaf', 'list']
    """
    plain = tidy(text)
    shapes = [read(plain)]
    if grouped := GROUPED.fullmatch(plain):
        shapes.insert(0, read(grouped[1] + re.sub("[, ]", "", grouped[2]) + grouped[3]))
    elif comma := WITH_COMMA.fullmatch(plain):
        shapes.append(read(comma[1] + continental(comma[2]) + comma[3]))
    return shapes


class _Judge:
    """Compares shapes; `reason` says what decided last."""

    def __init__(self, sandbox: Sandbox, deadline: float) -> None:
        self.sandbox = sandbox
        self.deadline = deadline
        self.reason = ""

    def no(self, reason: str) -> bool:
        self.reason = reason
        return False

    def yes(self, reason: str) -> bool:
        self.reason = reason
        return True

    def same(self, gold: Shape, pred: Shape) -> bool:
        """Whether the two are the same answer; raises Undecided."""
        if "equation" in (gold.kind, pred.kind):
            return self.equations(gold, pred)
        if gold.name and pred.name and not {"words", "list"} & {gold.kind, pred.kind}:
            renamed = _renamed(gold.name, pred)
            if renamed is None:
                return self.no(f"{pred.name} is not {gold.name}")
            pred = renamed
        several = {"list", "set"}
        if (gold.kind in several and pred.kind in several) or gold.kind == pred.kind == "union":
            return self.unordered(gold.parts, pred.parts)
        if gold.kind == pred.kind:
            return self.alike(gold, pred)
        if {gold.kind, pred.kind} == {"list", "tuple"}:
            tuple_ = gold if gold.kind == "tuple" else pred
            # The brackets of a pair may be left out, those of an interval not.
            if tuple_.brackets == "()" and not any("infty" in part.text for part in tuple_.parts):
                return self.ordered(gold.parts, pred.parts)
        for one, other in ((gold, pred), (pred, gold)):
            if one.kind in several and len(one.parts) == 1 and other.kind == "leaf":
                return self.same(one.parts[0], other) if one is gold else self.same(other, one.parts[0])
            if one.kind == "leaf" and OPAQUE.search(one.text) and number(other.text) is None:
                return self.ask(gold.text, pred.text)
        if squeeze(gold.text).casefold() == squeeze(pred.text).casefold() != "":
            return self.yes("the same words")
        return self.no(f"a {pred.kind.replace('leaf', 'value')}, not a {gold.kind.replace('leaf', 'value')}")

    def alike(self, gold: Shape, pred: Shape) -> bool:
        """Two shapes of one kind whose parts have their places."""
        if gold.kind == "words":
            same = gold.text == pred.text
            return self.yes("the same words") if same else self.no("other words")
        if gold.kind == "leaf":
            return self.leaves(gold, pred)
        if gold.kind == "relation":
            if gold.brackets != pred.brackets:
                return self.no("another relation")
            return self.ordered(gold.parts, pred.parts) if gold.parts else self.ask(gold.text, pred.text)
        if (
            len(gold.parts) == 2 or "::" in (gold.brackets, pred.brackets)
        ) and gold.brackets != pred.brackets:
            return self.no(f"brackets {pred.brackets} are not {gold.brackets}")
        return self.ordered(gold.parts, pred.parts)

    def equations(self, gold: Shape, pred: Shape) -> bool:
        """A named value may stand without its name; an equation may not stand without one of its sides."""
        if gold.kind == pred.kind:
            if gold.name and pred.name and (renamed := _renamed(gold.name, pred)):
                return self.same(gold.parts[1], renamed.parts[1])
            if set(LETTERS.findall(gold.text)) != set(LETTERS.findall(pred.text)):
                return self.no("equations in other letters")
            return gold.text == pred.text or self.ask(gold.text, pred.text)
        one = gold if gold.kind == "equation" else pred
        if not one.name:
            return self.no("an equation, and a value")
        if one is gold:
            return self.same(gold.parts[1], pred)
        return self.same(gold, pred.parts[1])

    def ordered(self, gold: Sequence[Shape], pred: Sequence[Shape]) -> bool:
        if len(gold) != len(pred):
            return self.no(f"{len(pred)} parts, not {len(gold)}")
        return _all(self.same(one, other) for one, other in zip(gold, pred, strict=True))

    def unordered(self, gold: Sequence[Shape], pred: Sequence[Shape]) -> bool:
        """Each of the one among the other, and the other way round."""
        wanted, said = (list({squeeze(part.text): part for part in parts}.values()) for parts in (gold, pred))
        if len(wanted) != len(said):
            return self.no(f"{len(said)} parts, not {len(wanted)}")
        left = [part for part in wanted if squeeze(part.text) not in {squeeze(other.text) for other in said}]
        others = [
            part for part in said if squeeze(part.text) not in {squeeze(other.text) for other in wanted}
        ]
        for part in left:
            undecided: Undecided | None = None
            for other in others:
                try:
                    if self.same(part, other):
                        others.remove(other)
                        break
                except Undecided as fault:
                    undecided = fault
            else:
                if undecided:
                    raise undecided
                return self.no(f"{part.text} is missing")
        return self.yes("the same parts")

    def leaves(self, gold: Shape, pred: Shape) -> bool:
        if gold.unit and pred.unit and gold.unit != pred.unit:
            return self.no(f"{pred.unit}, not {gold.unit}")
        if squeeze(gold.text) == squeeze(pred.text):
            return self.yes("the same text")
        one, other = number(gold.text), number(pred.text)
        scales = [Fraction(1)]
        if gold.percent != pred.percent:
            scales.append(Fraction(1, 100) if pred.percent else Fraction(100))
        if one is not None and other is not None:
            if any(_equal(one, other * scale, gold.text, pred.text) for scale in scales):
                return self.yes("equal numbers")
            return self.no("another number")
        if one is not None and "," in pred.text:
            return self.no("more than one value")
        if all(re.fullmatch("[A-Za-z]", leaf.text) for leaf in (gold, pred)):
            return self.no("another letter")
        asked = [pred.text, *(f"({pred.text})\\cdot {scale}" for scale in scales[1:])]
        return any(self.ask(gold.text, text) for text in asked)

    def ask(self, gold: str, pred: str) -> bool:
        """math-verify's opinion, from a worker."""
        if (beyond(gold) and number(pred) is not None) or (beyond(pred) and number(gold) is not None):
            return self.no("another size")
        for text in (gold, pred):
            if too_large(text):
                raise Undecided(f"too large to compute with: {text[:60]}")
        if time.monotonic() > self.deadline:
            raise Undecided(f"out of time: {BUDGET:g} s")
        told = self.sandbox.run(equivalent, (gold, pred))
        if isinstance(told, TimedOut):
            raise Undecided(f"not decided within {told.seconds:g} s")
        if isinstance(told, Died):
            raise Undecided(f"not decided: {told.reason}")
        if isinstance(told, str):
            raise Undecided(told)
        return self.yes("equivalent by math-verify") if told else self.no("not equivalent by math-verify")


def _all(results: Iterable[bool]) -> bool:
    """Whether all are true; one that is false decides, even beside undecided ones."""
    undecided: Undecided | None = None
    iterator = iter(results)
    while True:
        try:
            if not next(iterator):
                return False
        except StopIteration:
            break
        except Undecided as fault:
            # A generator ends with its exception: what follows is not compared.
            undecided = fault
    if undecided:
        raise undecided
    return True


def _renamed(name: str, pred: Shape) -> Shape | None:
    """`pred` as a value of `name`: f(t) = t^2 for f(x); None if it is the value of something else."""
    one, other = squeeze(name), squeeze(pred.name)
    if one == other or base(one) == base(other):
        return pred
    # y = 2x + 3 and f(x) = 2x + 3 say the same of x.
    return pred if "y" in (one, other) and any(FUNCTION.fullmatch(text) for text in (one, other)) else None


def _equal(one: Fraction, other: Fraction, gold: str, pred: str) -> bool:
    """Equal, or the one is the other to so many decimals that no other value is meant."""
    if one == other:
        return True
    for exact, text in ((other, gold), (one, pred)):
        rounded = re.fullmatch(r"-?\d*\.(\d+)(?:\s*(?:\\cdot\s*10\s*\^|[eE])\s*\{?\s*(-?\d+)\s*\}?)?", text)
        if rounded and len(rounded[1]) >= ROUNDED and _endless(exact.denominator):
            return abs(one - other) < Fraction(10) ** (int(rounded[2] or 0) - len(rounded[1]))
    return False


def _endless(denominator: int) -> bool:
    """Whether no decimal equals a fraction with this denominator."""
    for prime in (2, 5):
        while denominator % prime == 0:
            denominator //= prime
    return denominator != 1


def grade_file(path: Path) -> Iterator[dict[str, Any]]:
    """A verdict for each {"id", "gold", "pred"} line of a file, as a record; the path `-` is standard input.

    Raises:
        InputError: a line is none; it names file and line. The lines before it have had their verdicts.
    """
    for id_, gold, pred in read_lines(path, as_case):
        verdict = grade_answer(gold, pred)
        yield {"id": id_, "correct": verdict.correct, "reason": verdict.reason}


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

r"""Whether two answers that were taken apart are the same answer.

Brackets, order and number of parts decide first, then plain numbers as exact fractions, and what is left is
asked of math-verify, in a worker that is killed at its limit.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from journey.runs.sandbox import Died, Sandbox, TimedOut
from journey.solution_text.answers import moments
from journey.solution_text.answers.amounts import number
from journey.solution_text.answers.formulas import Pair, beyond, equivalent, too_large
from journey.solution_text.answers.latex import squeeze
from journey.solution_text.answers.names import by_name, renamed
from journey.solution_text.answers.quantities import FEW, agree, digits, half_place, in_unit
from journey.solution_text.answers.reader import FLIPPED, value
from journey.solution_text.answers.rules import DEFAULT, Rules
from journey.solution_text.answers.shapes import Shape, is_region
from journey.solution_text.answers.statements import same_statement, statement
from journey.solution_text.answers.vectors import MATRIX, as_matrix, as_tuple, latex

OPAQUE = re.compile(r"\\(?:setminus|backslash|cap|mid|begin|mathbb|cup|sum|prod|int)(?![A-Za-z])|[^A-Za-z]\|")
LETTERS = re.compile(
    r"(?<![\\A-Za-z])[A-Za-z]|\\(?:alpha|beta|gamma|delta|theta|lambda|mu|rho|sigma|phi|omega)"
)
LISTED = re.compile("list|set|union|words|moment")
PLAIN = re.compile(r"\\(?:text|mathrm)\s*(?=\{)|[\s{}.$()]")
ORDER = re.compile(r"(<|>|\\[lg]eq(?![A-Za-z]))")
CLOCK = re.compile(r"(?:[01]?\d|2[0-4]):[0-5]\d")
ONLY_CLOCK = re.compile(r"(?:0\d|1\d|\d|2[0-4]):0\d|0\d:[0-5]\d")
"""What nobody writes for a ratio."""


class Undecided(Exception):
    """A comparison that reached no verdict, and why."""


class Judge:
    """Compares shapes; `reason` says what decided last.

    Args:
        sandbox: where formulas are compared.
        deadline: the time on the monotonic clock after which no comparison starts.
        budget: what the deadline leaves in all, in seconds, for the words of a verdict.
        rules: what counts as the same.
    """

    def __init__(self, sandbox: Sandbox, deadline: float, budget: float, rules: Rules = DEFAULT) -> None:
        self.rules = rules
        self.sandbox = sandbox
        self.deadline = deadline
        self.budget = budget
        self.reason = ""

    def _no(self, reason: str) -> bool:
        self.reason = reason
        return False

    def _yes(self, reason: str) -> bool:
        self.reason = reason
        return True

    def same(self, gold: Shape, pred: Shape) -> bool:
        """Whether the two are the same answer; raises Undecided."""
        if "moment" in (gold.kind, pred.kind):
            return self._moments(gold, pred)
        if "words" in (gold.kind, pred.kind) and all(statement(side.text) for side in (gold, pred)):
            stated = same_statement(gold.text, pred.text)
            if stated is None:
                raise Undecided(f"whether {gold.name or gold.text!r} says {pred.name or pred.text!r}")
            return self._yes("the same statement") if stated else self._no("another statement")
        if "equation" in (gold.kind, pred.kind):
            return self._equations(gold, pred)
        if gold.name and pred.name and not {"words", "list"} & {gold.kind, pred.kind}:
            same_name = renamed(gold.name, pred)
            if same_name is None and (turned := _turned(gold.text)) and turned == _turned(pred.text):
                return self._yes("the same relation")
            if same_name is None:
                return self._no(f"{pred.name} is not {gold.name}")
            pred = same_name
        several = {"list", "set"}
        if (gold.kind in several and pred.kind in several) or gold.kind == pred.kind == "union":
            return self._unordered(gold.parts, pred.parts)
        if gold.kind == pred.kind:
            return self._alike(gold, pred)
        if "matrix" in (gold.kind, pred.kind) or any(MATRIX.search(leaf.text) for leaf in (gold, pred)):
            return self._matrices(gold, pred)
        for one, other in ((gold, pred), (pred, gold)):
            if one.kind == "list" and other.kind == "tuple":
                return self._unbracketed(one, other, flipped=one is pred)
            if one.kind == "union" and other.kind == "list" and all(p.kind == "tuple" for p in other.parts):
                return self._unordered(gold.parts, pred.parts)
            if one.kind in several and other.kind == "leaf" and one.parts:
                return _all(self._either(one is gold, part, other) for part in one.parts)
            if one.kind == "relation" and is_region(other):
                return self._ask(gold.text, pred.text)
            if one.kind == "words" and other.kind == "leaf" and number(value(one)) is not None:
                return self._alike(*(replace(each, kind="leaf", text=value(each)) for each in (gold, pred)))
            if one.brackets == "::" and len(one.parts) == 2 and number(other.text):
                return self._either(one is gold, _quotient(one), other)
            if one.kind == "leaf" and OPAQUE.search(one.text) and number(other.text) is None:
                return self._ask(gold.text, pred.text)
        if PLAIN.sub("", gold.text).casefold() == PLAIN.sub("", pred.text).casefold() != "":
            return self._yes("the same words")
        return self._no(f"a {pred.kind.replace('leaf', 'value')}, not a {gold.kind.replace('leaf', 'value')}")

    def _either(self, first: bool, one: Shape, other: Shape) -> bool:
        return self.same(one, other) if first else self.same(other, one)

    def _unbracketed(self, several: Shape, pair: Shape, *, flipped: bool) -> bool:
        """The brackets of a pair may be left out, those of an interval not, nor two unknowns for one."""
        if pair.brackets != "()" or any("infty" in part.text for part in pair.parts):
            return self._no("an interval and a list")
        if several.name and "," in pair.name:
            return self._no(f"{several.name} is not {pair.name}")
        orders = [pair.parts, *by_name(pair)]
        parts = [(order, several.parts) if flipped else (several.parts, order) for order in orders]
        return any(self._ordered(*pairing) for pairing in parts)

    def _alike(self, gold: Shape, pred: Shape) -> bool:
        """Two shapes of one kind whose parts have their places."""
        meant = in_unit(pred, gold, self.rules.units)
        if not meant:
            return self._no(f"{pred.unit or 'no unit'}, not {gold.unit or 'none'}")
        if gold.kind == "words":
            same = _said(gold) == _said(pred)
            return self._yes("the same words") if same else self._no("other words")
        if gold.kind == "leaf":
            return any(self._leaves(gold, one) for one in meant)
        if gold.kind == "relation":
            return self._ask(gold.text, pred.text)
        if gold.brackets == pred.brackets == "::":
            return self._colons(gold, pred)
        if (
            len(gold.parts) == 2 or "::" in (gold.brackets, pred.brackets)
        ) and gold.brackets != pred.brackets:
            return self._no(f"brackets {pred.brackets} are not {gold.brackets}")
        if bool(gold.name) != bool(pred.name):
            expected, given = [gold.parts, *by_name(gold)], [pred.parts, *by_name(pred)]
            return any(self._ordered(one, other) for one in expected for other in given)
        return self._ordered(gold.parts, pred.parts)

    def _moments(self, gold: Shape, pred: Shape) -> bool:
        gold, pred = (
            side.parts[1] if side.kind == "equation" and side.name else side for side in (gold, pred)
        )
        verdict = moments.same(gold.text, pred.text)
        if verdict is None:
            if (hour := _hour(pred)) is not None and hour == number(gold.text):
                return self._yes("the same hour")
            if (hour := _hour(gold)) is not None and hour == number(pred.text):
                raise Undecided("a time of day, and a number")
            if {gold.kind, pred.kind} <= {"moment", "tuple"}:
                raise Undecided("one of two times or dates leaves open which")
        return self._yes("the same time") if verdict else self._no("another time")

    def _colons(self, gold: Shape, pred: Shape) -> bool:
        """Times of day, or ratios: 6:00 is not 1:0, and 3:4 is 6:8."""
        one, other = squeeze(gold.text), squeeze(pred.text)
        if one == other:
            return self._yes("the same text")
        if CLOCK.fullmatch(one) and CLOCK.fullmatch(other):
            same = moments.same(one, other)
            return self._yes("the same time") if same else self._no("another time")
        if ONLY_CLOCK.fullmatch(one) or ONLY_CLOCK.fullmatch(other):
            return self._no("a time of day, and a ratio")
        if len(gold.parts) != len(pred.parts):
            return self._no(f"{len(pred.parts)} parts, not {len(gold.parts)}")
        same = all(self.same(_quotient(gold, at), _quotient(pred, at)) for at in range(1, len(gold.parts)))
        if same and CLOCK.fullmatch(one):
            raise Undecided("a time of day or a ratio")
        return same

    def _matrices(self, gold: Shape, pred: Shape) -> bool:
        """A matrix, and coordinates or a multiple of a matrix."""
        one, other = as_matrix(gold), as_matrix(pred)
        if one and other:
            first, second = as_tuple(one), as_tuple(other)
            if first and second and "tuple" in (gold.kind, pred.kind):
                return self._ordered(first.parts, second.parts)
            return self._ordered(one.parts, other.parts)
        if "leaf" in (gold.kind, pred.kind) and not any(LISTED.fullmatch(side.kind) for side in (gold, pred)):
            return self._ask(latex(one) if one else gold.text, latex(other) if other else pred.text)
        return self._no("a matrix, and none")

    def _equations(self, gold: Shape, pred: Shape) -> bool:
        """A named value may stand without its name; an equation may not stand without one of its sides."""
        if gold.kind == pred.kind:
            if gold.name and pred.name and (other := renamed(gold.name, pred)):
                return self.same(gold.parts[1], other.parts[1])
            if set(LETTERS.findall(gold.text)) != set(LETTERS.findall(pred.text)):
                return self._no("equations in other letters")
            return gold.text == pred.text or self._ask(gold.text, pred.text)
        one = gold if gold.kind == "equation" else pred
        if not one.name:
            return self._no("an equation, and a value")
        if one is gold:
            return self.same(gold.parts[1], pred)
        return self.same(gold, pred.parts[1])

    def _ordered(self, gold: Sequence[Shape], pred: Sequence[Shape]) -> bool:
        if len(gold) != len(pred):
            return self._no(f"{len(pred)} parts, not {len(gold)}")
        return _all(self.same(one, other) for one, other in zip(gold, pred, strict=True))

    def _unordered(self, gold: Sequence[Shape], pred: Sequence[Shape]) -> bool:
        """Each of the one among the other, and the other way round."""
        expected, given = (
            list({squeeze(part.text): part for part in parts}.values()) for parts in (gold, pred)
        )
        if len(expected) != len(given):
            return self._no(f"{len(given)} parts, not {len(expected)}")
        left = [
            part for part in expected if squeeze(part.text) not in {squeeze(other.text) for other in given}
        ]
        others = [
            part for part in given if squeeze(part.text) not in {squeeze(other.text) for other in expected}
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
                return self._no(f"{part.text} is missing")
        return self._yes("the same parts")

    def _leaves(self, gold: Shape, pred: Shape) -> bool:
        if any(_digits(*pair) for pair in ((gold, pred), (pred, gold))):
            return self._yes("the same digits")
        if squeeze(gold.text) == squeeze(pred.text):
            return self._yes("the same text")
        one, other = number(gold.text), number(pred.text)
        scales = [Fraction(1)]
        if gold.percent != pred.percent:
            scales.append(Fraction(1, 100) if pred.percent else Fraction(100))
        if one is not None and other is not None:
            agreed = [
                agree(one, other * scale, gold.text, pred.text, self.rules.rounding) for scale in scales
            ]
            if True in agreed:
                return self._yes("equal numbers")
            if None in agreed:
                raise Undecided("the reference may be the prediction rounded")
            return self._no("another number")
        if one is not None and "," in pred.text:
            return self._no("more than one value")
        if all(re.fullmatch("[A-Za-z]", leaf.text) for leaf in (gold, pred)):
            return self._no("another letter")
        within = None
        if one is not None and self.rules.rounding != "exact" and digits(gold.text) >= FEW:
            within = half_place(gold.text)
        candidates = [pred.text, *(f"({pred.text})\\cdot {scale}" for scale in scales[1:])]
        return any(self._ask(gold.text, text, within) for text in candidates)

    def _ask(self, gold: str, pred: str, within: Fraction | None = None) -> bool:
        """Whether two formulas are the same, or so near to each other, from a worker."""
        if (beyond(gold) and number(pred) is not None) or (beyond(pred) and number(gold) is not None):
            return self._no("another size")
        for text in (gold, pred):
            if too_large(text):
                raise Undecided(f"too large to compute with: {text[:60]}")
        if time.monotonic() > self.deadline:
            raise Undecided(f"out of time: {self.budget:g} s")
        verdict = self.sandbox.run(equivalent, Pair(gold, pred, self.rules.rounding != "exact", within))
        if isinstance(verdict, TimedOut):
            raise Undecided(f"not decided within {verdict.seconds:g} s")
        if isinstance(verdict, Died):
            raise Undecided(f"not decided: {verdict.reason}")
        if isinstance(verdict, str):
            raise Undecided(verdict)
        return self._yes("equivalent formulas") if verdict else self._no("not equivalent")


def _all(results: Iterable[bool]) -> bool:
    """Whether all are true; one that is false decides, even if others are undecided."""
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


def _turned(relation: str) -> tuple[str, str, str] | None:
    """A relation with its smaller side first, or None: b > a is a < b."""
    sides = ORDER.split(relation)
    if len(sides) != 3:
        return None
    left, sign, right = (squeeze(part) for part in sides)
    return (right, FLIPPED[sign], left) if sign in (">", r"\geq") else (left, sign, right)


def _said(words: Shape) -> str:
    content = value(words)
    return content if content != words.text else re.sub(r"^(?:the|an?) ", "", words.text)


def _digits(based: Shape, bare: Shape) -> bool:
    """Whether digits without a base are those of a number in one, and cannot be in base ten."""
    written = bare.text.upper() == based.digits and not bare.digits
    # Most shapes are in no base and have no digits, and so has an empty text.
    return bool(based.digits) and written and not based.digits.lstrip("-").replace(".", "").isdigit()


def _hour(shape: Shape) -> int | None:
    """The hour, from 1 to 12, if a time of day is one to the minute."""
    when = moments.moment(shape.text)
    return when.hour if isinstance(when, moments.Clock) else None


def _quotient(terms: Shape, at: int = 1) -> Shape:
    """The first term of a ratio over another one."""
    return Shape("leaf", f"({terms.parts[0].text})/({terms.parts[at].text})")

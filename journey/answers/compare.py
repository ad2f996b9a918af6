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

from journey.answers.amounts import number
from journey.answers.formulas import Pair, beyond, equivalent, too_large
from journey.answers.latex import squeeze
from journey.answers.reader import value
from journey.answers.shapes import Shape, base, is_region
from journey.answers.units import KELVIN, RADIAN, kelvins, ratio
from journey.sandbox import Died, Sandbox, TimedOut

ROUNDED = 6
"""Decimals from which on a decimal may stand for a value that no decimal equals."""

OPAQUE = re.compile(r"\\(?:setminus|backslash|cap|mid|begin|mathbb|cup|sum|prod|int)(?![A-Za-z])|[^A-Za-z]\|")
LETTERS = re.compile(
    r"(?<![\\A-Za-z])[A-Za-z]|\\(?:alpha|beta|gamma|delta|theta|lambda|mu|rho|sigma|phi|omega)"
)
FUNCTION = re.compile(r"([A-Za-z]'*)\(([a-z])\)|([A-Za-z])_\{?([a-z])\}?")
DECORATED = re.compile(r"\\(?:overline|angle|triangle|vec|overrightarrow|hat|mathcal)(?![A-Za-z])|[|{}\s]")
PLAIN = re.compile(r"\\(?:text|mathrm)\s*(?=\{)|[\s{}.$()]")
RADIANS = re.compile(r"\\pi(?![A-Za-z])|\\arc(?:sin|cos|tan)|\\(?:sin|cos|tan)\s*\^\s*\{?\s*-1")
CLOCK = re.compile(r"\d?\d:\d\d")


class Undecided(Exception):
    """A comparison that reached no verdict, and why."""


class Judge:
    """Compares shapes; `reason` says what decided last.

    Args:
        sandbox: where formulas are compared.
        deadline: the time on the monotonic clock after which no comparison starts.
        budget: what the deadline leaves in all, in seconds, for the words of a verdict.
    """

    def __init__(self, sandbox: Sandbox, deadline: float, budget: float) -> None:
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
        if "equation" in (gold.kind, pred.kind):
            return self._equations(gold, pred)
        if gold.name and pred.name and not {"words", "list"} & {gold.kind, pred.kind}:
            renamed = _renamed(gold.name, pred)
            if renamed is None:
                return self._no(f"{pred.name} is not {gold.name}")
            pred = renamed
        several = {"list", "set"}
        if (gold.kind in several and pred.kind in several) or gold.kind == pred.kind == "union":
            return self._unordered(gold.parts, pred.parts)
        if gold.kind == pred.kind:
            return self._alike(gold, pred)
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
            if one.brackets == "::" and number(other.text):
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
        orders = [pair.parts, *_by_name(pair)]
        parts = [(order, several.parts) if flipped else (several.parts, order) for order in orders]
        return any(self._ordered(*pairing) for pairing in parts)

    def _alike(self, gold: Shape, pred: Shape) -> bool:
        """Two shapes of one kind whose parts have their places."""
        converted = in_unit(pred, gold)
        if converted is None:
            return self._no(f"{pred.unit or 'no unit'}, not {gold.unit}")
        pred = converted
        if gold.kind == "words":
            same = _said(gold) == _said(pred)
            return self._yes("the same words") if same else self._no("other words")
        if gold.kind == "leaf":
            return self._leaves(gold, pred)
        if gold.kind == "relation":
            return self._ask(gold.text, pred.text)
        if gold.brackets == pred.brackets == "::" and not (_clock(gold) and _clock(pred)):
            return self.same(_quotient(gold), _quotient(pred))
        if (
            len(gold.parts) == 2 or "::" in (gold.brackets, pred.brackets)
        ) and gold.brackets != pred.brackets:
            return self._no(f"brackets {pred.brackets} are not {gold.brackets}")
        if bool(gold.name) != bool(pred.name):
            wanted, said = [gold.parts, *_by_name(gold)], [pred.parts, *_by_name(pred)]
            return any(self._ordered(one, other) for one in wanted for other in said)
        return self._ordered(gold.parts, pred.parts)

    def _equations(self, gold: Shape, pred: Shape) -> bool:
        """A named value may stand without its name; an equation may not stand without one of its sides."""
        if gold.kind == pred.kind:
            if gold.name and pred.name and (renamed := _renamed(gold.name, pred)):
                return self.same(gold.parts[1], renamed.parts[1])
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
        wanted, said = (list({squeeze(part.text): part for part in parts}.values()) for parts in (gold, pred))
        if len(wanted) != len(said):
            return self._no(f"{len(said)} parts, not {len(wanted)}")
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
            if any(_equal(one, other * scale, gold.text, pred.text) for scale in scales):
                return self._yes("equal numbers")
            return self._no("another number")
        if one is not None and "," in pred.text:
            return self._no("more than one value")
        if all(re.fullmatch("[A-Za-z]", leaf.text) for leaf in (gold, pred)):
            return self._no("another letter")
        asked = [pred.text, *(f"({pred.text})\\cdot {scale}" for scale in scales[1:])]
        return any(self._ask(gold.text, text) for text in asked)

    def _ask(self, gold: str, pred: str) -> bool:
        """math-verify's opinion, from a worker."""
        if (beyond(gold) and number(pred) is not None) or (beyond(pred) and number(gold) is not None):
            return self._no("another size")
        for text in (gold, pred):
            if too_large(text):
                raise Undecided(f"too large to compute with: {text[:60]}")
        if time.monotonic() > self.deadline:
            raise Undecided(f"out of time: {self.budget:g} s")
        told = self.sandbox.run(equivalent, Pair(gold, pred))
        if isinstance(told, TimedOut):
            raise Undecided(f"not decided within {told.seconds:g} s")
        if isinstance(told, Died):
            raise Undecided(f"not decided: {told.reason}")
        if isinstance(told, str):
            raise Undecided(told)
        return self._yes("equivalent by math-verify") if told else self._no("not equivalent")


def in_unit(pred: Shape, gold: Shape) -> Shape | None:
    """The prediction in the unit of the reference, or None if it measures something else.

    Where one of the two has no unit it may be meant in that of the other; a multiple of pi is in radians.
    """
    have, want = pred.unit, gold.unit
    if have == want:
        return pred
    if not have and RADIANS.search(pred.text):
        have = RADIAN
    if not want and RADIANS.search(gold.text):
        want = RADIAN
    if {have, want} == {RADIAN, "degree"}:
        scale = r"\frac{\pi}{180}" if want == RADIAN else r"\frac{180}{\pi}"
        return replace(pred, text=f"({pred.text})\\cdot {scale}", unit=gold.unit)
    if not pred.unit or not gold.unit:
        return pred
    size = number(pred.text)
    if size is not None and (kelvin := kelvins(size, have)) is not None and want in KELVIN:
        scale_, zero = KELVIN[want]
        return replace(pred, text=str((kelvin - zero) / scale_), unit=want)
    factor = None if " " in have + want else ratio(have, want)  # mod 7 is no unit
    if factor is None or pred.kind != "leaf":
        return None
    text = f"({pred.text})\\cdot \\frac{{{factor.numerator}}}{{{factor.denominator}}}"
    return replace(pred, text=text if size is None else str(size * factor), unit=want)


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
    one, other = (DECORATED.sub("", squeeze(each)).strip("()") for each in (name, pred.name))
    if one == other:
        return pred
    if "," in one and sorted(one.split(",")) == sorted(other.split(",")):
        places = [other.split(",").index(each) for each in one.split(",")]
        return replace(pred, name=name, parts=tuple(pred.parts[place] for place in places))
    wanted, said = FUNCTION.fullmatch(squeeze(name)), FUNCTION.fullmatch(squeeze(pred.name))
    if wanted and said and (wanted[1] or wanted[3]) == (said[1] or said[3]):
        return _of_letter(pred, said[2] or said[4], wanted[2] or wanted[4])
    if base(one) == base(other):
        return pred
    # y = 2x + 3 and f(x) = 2x + 3 say the same of x.
    return pred if "y" in (one, other) and (wanted or said) else None


def _of_letter(shape: Shape, said: str, wanted: str) -> Shape:
    """The same with another letter for the variable."""
    letter = r"(?<![A-Za-z\\]){}(?![A-Za-z])"
    if re.search(letter.format(wanted), shape.text.partition("=")[2]):
        return shape
    parts = tuple(_of_letter(part, said, wanted) for part in shape.parts)
    return replace(shape, text=re.sub(letter.format(said), wanted, shape.text), parts=parts)


def _by_name(pair: Shape) -> list[tuple[Shape, ...]]:
    """The parts of y = 2, x = 1 in the order of their names, if that is another order."""
    names = pair.name.strip("()").split(",")
    order = sorted(range(len(names)), key=names.__getitem__)
    if len(names) != len(pair.parts) or order == list(range(len(names))):
        return []
    return [tuple(pair.parts[place] for place in order)]


def _said(words: Shape) -> str:
    told = value(words)
    return told if told != words.text else re.sub(r"^(?:the|an?) ", "", words.text)


def _digits(based: Shape, bare: Shape) -> bool:
    """Whether digits without a base are those of a number in one, and cannot be in base ten."""
    return bare.text.upper() == based.digits and not based.digits.isdigit() and not bare.digits


def _clock(pair: Shape) -> bool:
    return bool(CLOCK.fullmatch(squeeze(pair.text)))


def _quotient(pair: Shape) -> Shape:
    return Shape("leaf", "/".join(f"({part.text})" for part in pair.parts))


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

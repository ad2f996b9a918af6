r"""Templates with slots that translate terse lines to plain English and back.

    Form("y=<y:int>:<line>", "Try $y = <y:int>$: that leaves $<line>$.", "With $y = <y:int>$, $<line>$.")

`<name:kind>` is a slot. It has the same value in the terse line and in the wording, but the kind gives each
its own spelling. Without a kind it is mathematics (`traces.styles.words.tex`). A wording may use a slot twice
with two kinds; then both values must agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple

from journey.errors import ParseError
from traces.styles.words.tex import terse, tex

SLOT = re.compile(r"<(\w+)(?::(\w+))?>")
INTEGER = r"-?\d{1,30}"


class Kind(NamedTuple):
    """The two spellings of a slot's value."""

    plain: str
    """A regular expression for the terse spelling."""
    worded: str
    """A regular expression for the spelling in a wording."""
    say: Callable[[str], str]
    read: Callable[[str], str]


def same(text: str) -> str:
    """Returns the text unchanged: both spellings are the same."""
    return text


def _signed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def table(words: Mapping[str, str]) -> Kind:
    """A kind for a slot with one of a few values."""
    back = {worded: plain for plain, worded in words.items()}
    plain, worded = ("|".join(map(re.escape, sorted(each, key=len, reverse=True))) for each in (words, back))
    return Kind(plain, worded, words.__getitem__, back.__getitem__)


SLOT_KINDS: Mapping[str, Kind] = {
    "math": Kind(r".+", r"[^$]+", tex, terse),
    "term": Kind(r"[^-+:][^-+:]*", r"[^$]+", tex, terse),
    "int": Kind(INTEGER, INTEGER, same, same),
    "signed": Kind(INTEGER, rf"\({INTEGER}\)|\d{{1,30}}", _signed, lambda text: text.strip("()")),
    "text": Kind(r".+", r".+", same, same),
    "word": Kind(r"[a-z]{1,20}", r"[a-z]{1,20}", same, same),
    "sign": table({"+": "+", "-": "-", "*": r"\cdot", "/": r"\div"}),
}


class Form(NamedTuple):
    """A template for terse lines, and the wordings of such a line."""

    plain: str
    wordings: tuple[str, ...]


def form(plain: str, *wordings: str) -> Form:
    """A form from a terse template and its wordings."""
    return Form(plain, wordings)


def doing(plain: str, do: str, doing: str, *more: str) -> Form:
    """A form for a line `plain:<line>`, from the operation as an imperative and as a participle.

    >>> doing("square", "square both sides", "squaring both sides").wordings[0]
    'Square both sides: $<line>$.'
    """
    return form(
        f"{plain}:<line>",
        f"{do[0].upper()}{do[1:]}: $<line>$.",
        f"{doing[0].upper()}{doing[1:]} gives $<line>$.",
        f"By {doing}, we get $<line>$.",
        f"Now {do}: $<line>$.",
        f"Let me {do}: $<line>$.",
        f"We {do} and get $<line>$.",
        *more,
    )


class Pattern(NamedTuple):
    """A compiled template."""

    expression: re.Pattern[str]
    parts: tuple[str, ...]
    """The texts before, between and after the slots."""
    slots: tuple[tuple[str, Kind], ...]


Kinds = tuple[tuple[str, Kind], ...]


@lru_cache(maxsize=4096)
def _pattern(template: str, spoken: bool, more: Kinds) -> Pattern:
    kinds = {**SLOT_KINDS, **dict(more)}
    parts = SLOT.split(template)
    slots = tuple((name, kinds[kind or "math"]) for name, kind in zip(parts[1::3], parts[2::3], strict=True))
    expression = re.escape(parts[0])
    for (_, kind), after in zip(slots, parts[3::3], strict=True):
        expression += f"({kind.worded if spoken else kind.plain})" + re.escape(after)
    return Pattern(re.compile(expression, re.ASCII), tuple(parts[::3]), slots)


def _matched(pattern: Pattern, text: str, spoken: bool) -> dict[str, str] | None:
    """The slots' values in terse spelling; None if the text does not match."""
    match = pattern.expression.fullmatch(text)
    if not match:
        return None
    values: dict[str, str] = {}
    for (name, kind), value in zip(pattern.slots, match.groups(), strict=True):
        if spoken:
            try:
                value = kind.read(value)
            except ParseError:
                return None
            if not re.fullmatch(kind.plain, value, re.ASCII):
                return None
        if values.setdefault(name, value) != value:
            return None
    return values


def _filled(pattern: Pattern, values: Mapping[str, str], spoken: bool) -> str:
    text = pattern.parts[0]
    for (name, kind), after in zip(pattern.slots, pattern.parts[1:], strict=True):
        text += (kind.say(values[name]) if spoken else values[name]) + after
    return text


def spoken(forms: Sequence[Form], line: str, random: Random, kinds: Kinds = ()) -> Iterator[str]:
    """The wordings of a terse line, form by form, in random order within each form."""
    for each in forms:
        values = _matched(_pattern(each.plain, False, kinds), line, False)
        if values is None:
            continue
        for template in random.sample(each.wordings, len(each.wordings)):
            try:
                text = _filled(_pattern(template, True, kinds), values, True)
            except ParseError:
                continue
            yield text


def plain(forms: Sequence[Form], text: str, kinds: Kinds = ()) -> Iterator[str]:
    """The terse lines that a text may stand for, in the order of the forms."""
    for each in forms:
        for template in each.wordings:
            values = _matched(_pattern(template, True, kinds), text, True)
            if values is not None:
                yield _filled(_pattern(each.plain, False, kinds), values, False)

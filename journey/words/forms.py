r"""Wordings with slots: a terse line said in plain English, and the terse line that English says.

    Form("y=<y:int>:<line>", "Try $y = <y:int>$: that leaves $<line>$.", "With $y = <y:int>$, $<line>$.")

`<name:kind>` is a slot. In a terse line and in a wording it holds the same thing, each in its own spelling,
which the kind gives; without a kind it is mathematics (`journey.words.tex`). A wording may name a slot twice,
in two kinds: then both must say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from random import Random
from typing import NamedTuple

from journey.errors import MoveError
from journey.words.tex import terse, tex

SLOT = re.compile(r"<(\w+)(?::(\w+))?>")
INTEGER = r"-?\d{1,30}"


class Kind(NamedTuple):
    """How what stands in a slot is spelled."""

    plain: str
    """A regular expression for the terse spelling."""
    said: str
    """One for the spelling in a wording."""
    say: Callable[[str], str]
    read: Callable[[str], str]


def same(text: str) -> str:
    """Text that is spelled alike in both."""
    return text


def _signed(text: str) -> str:
    return f"({text})" if text.startswith("-") else text


def table(words: Mapping[str, str]) -> Kind:
    """A kind for one of a few words."""
    back = {said: plain for plain, said in words.items()}
    plain, said = ("|".join(map(re.escape, sorted(each, key=len, reverse=True))) for each in (words, back))
    return Kind(plain, said, words.__getitem__, back.__getitem__)


KINDS: Mapping[str, Kind] = {
    "math": Kind(r".+", r"[^$]+", tex, terse),
    "term": Kind(r"[^-+:][^-+:]*", r"[^$]+", tex, terse),
    "int": Kind(INTEGER, INTEGER, same, same),
    "signed": Kind(INTEGER, rf"\({INTEGER}\)|\d{{1,30}}", _signed, lambda text: text.strip("()")),
    "text": Kind(r".+", r".+", same, same),
    "word": Kind(r"[a-z]{1,20}", r"[a-z]{1,20}", same, same),
    "sign": table({"+": "+", "-": "-", "*": r"\cdot", "/": r"\div"}),
}


class Form(NamedTuple):
    """A kind of terse line, and the ways to say it."""

    plain: str
    said: tuple[str, ...]


def form(plain: str, *said: str) -> Form:
    """A form from its parts."""
    return Form(plain, said)


def doing(plain: str, do: str, doing: str, *more: str) -> Form:
    """A form for a line `plain:<line>`: what is done, as an order and as a participle, and other wordings.

    >>> doing("square", "square both sides", "squaring both sides").said[0]
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
    """A template, ready to be matched and filled."""

    expression: re.Pattern[str]
    parts: tuple[str, ...]
    """What stands between the slots."""
    slots: tuple[tuple[str, Kind], ...]


Kinds = tuple[tuple[str, Kind], ...]


@lru_cache(maxsize=4096)
def _pattern(template: str, spoken: bool, more: Kinds) -> Pattern:
    kinds = {**KINDS, **dict(more)}
    parts = SLOT.split(template)
    slots = tuple((name, kinds[kind or "math"]) for name, kind in zip(parts[1::3], parts[2::3], strict=True))
    expression = re.escape(parts[0])
    for (_, kind), after in zip(slots, parts[3::3], strict=True):
        expression += f"({kind.said if spoken else kind.plain})" + re.escape(after)
    return Pattern(re.compile(expression, re.ASCII), tuple(parts[::3]), slots)


def _matched(pattern: Pattern, text: str, spoken: bool) -> dict[str, str] | None:
    """What stands in the slots, in the terse spelling; None if the text is not of this kind."""
    found = pattern.expression.fullmatch(text)
    if not found:
        return None
    values: dict[str, str] = {}
    for (name, kind), value in zip(pattern.slots, found.groups(), strict=True):
        if spoken:
            try:
                value = kind.read(value)
            except MoveError:
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
    """The ways to say a terse line: the first form that fits first, each in an order of `random`."""
    for each in forms:
        values = _matched(_pattern(each.plain, False, kinds), line, False)
        if values is None:
            continue
        for template in random.sample(each.said, len(each.said)):
            try:
                said = _filled(_pattern(template, True, kinds), values, True)
            except MoveError:
                continue
            yield said


def plain(forms: Sequence[Form], text: str, kinds: Kinds = ()) -> Iterator[str]:
    """The terse lines that a text may say, as the forms come."""
    for each in forms:
        for template in each.said:
            values = _matched(_pattern(template, True, kinds), text, True)
            if values is not None:
                yield _filled(_pattern(each.plain, False, kinds), values, False)

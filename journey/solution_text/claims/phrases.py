r"""Claims in words about numbers: "30% of 70 is 21", "the mean of 3, 7 and 11 is 7".

    Half of 26 is 14                        13, not 14
    80 increased by 25% is 100              valid
    The LCM of 6 and 8 is 48                24, not 48
    17 divided by 5 leaves a remainder of 2 valid

A phrase is read only if all of it is understood, from its first word to the result, and nothing behind the
result goes on ("... is 10 more than"). The grammar is small; each rule takes the tokens it knows or fails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from journey.solution_text.claims.named_functions import NAMED, Unread, naturals
from journey.solution_text.claims.phrase_grammar import Lexeme, Phraser, word_at
from journey.solution_text.reading.number_words import (
    BEFORE_PHRASE,
    CARDINALS,
    MULTIPLES,
    PARTS,
    SAYS,
)
from journey.solution_text.reading.words import word_set

MAX_WORDS = 60
"""Of one phrase."""
MAX_PHRASES = 60
"""Of one step."""
LEXEME = re.compile(
    r"(?P<number>(?:\\?\$)?(?>\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?>\.\d+)?(?:/\d+(?![\d/.]))?(?![A-Za-z]))"
    r"|(?P<percent>\\?%)|(?P<word>[A-Za-z]+(?:'[a-z]+)?)|(?P<sign>[-+*/×÷=!^]|\*\*)|(?P<stop>[.;:?\n])|(?P<comma>,)"
    r"|(?P<mark>[()\[\]])|(?P<other>[^\s$])"
)


class Phrase(NamedTuple):
    """A claim in words: two values, one of them computed."""

    text: str
    start: int
    end: int
    wording: str
    """What was computed, in words."""
    computed: Fraction
    stated: Fraction
    decimals: int
    """Digits after the point of the stated one."""
    approximate: bool


TRIGGER = re.compile(
    r"\b(?:of|off|than|by|on|between|twice|double|triple|thrice|quadruple|times|plus|minus|squared|cubed|choose|"
    r"factorial|mod|modulo|remainder|R|r|rem)\b",
    re.IGNORECASE,
)
"""Every phrase holds one of these."""
SAYING = re.compile(f"=|{'|'.join(sorted(SAYS))}")
"""And one of these."""
WITH_REMAINDER = re.compile(
    r"\b(\d{1,12}) ?(?:/|÷|divided by) ?(\d{1,9}) ?(?:=|is|equals) ?(\d{1,12})(?:,? (?:with|and))?"
    r"(?: an?)? ?(?:remainder|rem|R|r)\.?(?: of)? ?(\d{1,9})\b(?!\.\d)"
)


def phrases(text: str) -> Iterator[Phrase]:
    """The claims in words of a text.

    >>> [phrase.computed for phrase in phrases("So 15% of $60 is $9.")]
    [Fraction(9, 1)]
    """
    if not (SAYING.search(text) and TRIGGER.search(text)):
        return
    read = [
        Lexeme(match.lastgroup or "other", match[0], match.start(), match.end())
        for match in LEXEME.finditer(text)
    ]
    yield from _with_remainders(text)
    # Only where a relation stands is there anything to read.
    ends = [at for at, token in enumerate(read) if _is_relation(read, at)]
    if not ends or len(ends) > MAX_PHRASES:
        return
    at = 0
    for relation in ends:
        begin = max(at, relation - MAX_WORDS)
        for start in range(begin, relation):
            if not _begins(read, start) or (start and _continues(read, start)):
                continue
            try:
                phrase, end = _phrase(read, start, relation, text)
            except (Unread, ZeroDivisionError, OverflowError):
                continue
            yield phrase
            at = end
            break


FIRST_WORDS = frozenset(CARDINALS) | frozenset(PARTS) | frozenset(MULTIPLES) | word_set("remainder")
ARTICLES = word_set("the a an these those")
FIRST_WORDS |= {name.split()[0] for name in NAMED}


def _begins(read: list[Lexeme], start: int) -> bool:
    """Whether a phrase may begin with this token, seen with the one behind it."""
    token, after = read[start], read[start + 1]
    if token.kind == "word":
        word = token.text.lower()
        if word in ARTICLES:
            return after.kind == "number" or after.text.lower() in FIRST_WORDS
        return word in FIRST_WORDS
    if token.kind == "number":
        return after.kind in ("word", "percent") or after.text in ("=", "-")
    return token.text == "-" and after.kind == "number"


def _with_remainders(text: str) -> Iterator[Phrase]:
    """Quotients with their remainders: 17 / 5 = 3 remainder 2."""
    for match in WITH_REMAINDER.finditer(text):
        above, below, quotient, rest = (int(number) for number in match.groups())
        if below:
            stated = Fraction(quotient * below + rest if rest < below else -1)
            wording = f"{quotient} * {below} + {rest}"
            if rest >= below:
                wording = f"with a remainder under {below}, {above}"
            yield Phrase(match[0], match.start(), match.end(), wording, stated, Fraction(above), 0, False)


def _is_relation(read: list[Lexeme], at: int) -> bool:
    return read[at].text == "=" or (read[at].kind == "word" and read[at].text in SAYS)


def _continues(read: list[Lexeme], start: int) -> bool:
    """Whether what stands before belongs to what begins here."""
    before = read[start - 1]
    if before.kind == "word":
        word = before.text.lower()
        if word == "and":
            return start > 1 and (read[start - 2].kind == "number" or word_at(read, start - 2) in CARDINALS)
        return word in BEFORE_PHRASE or word in CARDINALS
    return before.kind in ("number", "percent", "sign", "other") or before.text in "(["


def _phrase(read: list[Lexeme], start: int, relation: int, text: str) -> tuple[Phrase, int]:
    left = Phraser(read, start, relation)
    first = left.value()
    left.nouns()
    if left.at != relation:
        raise Unread
    at = relation + 1
    if read[relation].text in ("is", "are") and word_at(read, at) == "equal":
        at += 2 if word_at(read, at + 1) == "to" else 1
    approximate = word_at(read, at) in word_set("about approximately roughly nearly almost around")
    if approximate or word_at(read, at) in word_set("exactly just only"):
        at += 1
    right = Phraser(read, at, len(read))
    if read[relation].text == "leaves":
        return _leaves(read, start, relation, text)
    second = right.value()
    if left.computed == right.computed:
        raise Unread
    right.ends()
    wording = text[read[start].start : read[relation - 1].end]
    computed, stated, number = first, second, right
    if right.computed:
        wording = text[read[at].start : read[right.at - 1].end]
        computed, stated, number = second, first, left
        if start and read[start - 1].kind == "word" and word_at(read, start - 1) not in ASSERTS:
            raise Unread
    last = read[right.at - 1]
    return (
        Phrase(
            text[read[start].start : last.end],
            read[start].start,
            last.end,
            wording,
            computed,
            stated,
            number.decimals,
            approximate,
        ),
        right.at,
    )


ASSERTS = word_set("so that because since thus and as therefore hence then means")
"""Before a number these do not make it the name of something, as in "Chapter 5 is"."""


def _leaves(read: list[Lexeme], start: int, relation: int, text: str) -> tuple[Phrase, int]:
    """A division with its remainder: 17 divided by 5 leaves a remainder of 2."""
    left, right = Phraser(read, start, relation), Phraser(read, relation + 1, len(read))
    above = left.number()
    if not left.take("divided", "by") or left.at + 1 != relation:
        raise Unread
    n, m = naturals([above, left.number()])
    right.take("a")
    right.need("remainder")
    right.need("of")
    stated = right.number()
    right.ends()
    last, first = read[right.at - 1].end, read[start].start
    wording = f"the remainder of {text[first : read[relation - 1].end]}"
    return Phrase(text[first:last], first, last, wording, Fraction(n % m), stated, 0, False), right.at

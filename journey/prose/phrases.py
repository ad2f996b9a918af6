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

from journey.prose.named import NAMED, Unread, binomial, factorial_of, naturals
from journey.prose.number_words import (
    AFTER_RESULT,
    BEFORE_PHRASE,
    CARDINALS,
    DOWN,
    MULTIPLES,
    NOT_NOUNS,
    PARTS,
    SAYS,
    UP,
)
from journey.prose.words import word_set

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
    said: str
    """What was computed, in words."""
    computed: Fraction
    stated: Fraction
    decimals: int
    """Digits after the point of the stated one."""
    approximate: bool


class Lexeme(NamedTuple):
    """A word, number or sign."""

    kind: str
    text: str
    start: int
    end: int


TRIGGER = re.compile(
    r"\b(?:of|off|than|by|on|between|twice|double|triple|thrice|quadruple|times|plus|minus|squared|cubed|choose|"
    r"factorial|mod|modulo|remainder|R|r|rem)\b",
    re.IGNORECASE,
)
"""Every phrase holds one of these."""
WITH_REMAINDER = re.compile(
    r"\b(\d{1,12}) ?(?:/|÷|divided by) ?(\d{1,9}) ?(?:=|is|equals) ?(\d{1,12})(?:,? (?:with|and))?"
    r"(?: an?)? ?(?:remainder|rem|R|r)\.?(?: of)? ?(\d{1,9})\b(?!\.\d)"
)


def phrases(text: str) -> Iterator[Phrase]:
    """The claims in words of a text.

    >>> [phrase.computed for phrase in phrases("So 15% of $60 is $9.")]
    [Fraction(9, 1)]
    """
    read = [
        Lexeme(found.lastgroup or "other", found[0], found.start(), found.end()) for found in _lexed(text)
    ]
    if not TRIGGER.search(text):
        return
    yield from _with_remainders(text)
    # Only where a relation stands is there anything to read.
    ends = [at for at, token in enumerate(read) if _is_relation(read, at)]
    if not ends or len(ends) > MAX_PHRASES:
        return
    at = 0
    for relation in ends:
        begin = max(at, relation - MAX_WORDS)
        for start in range(begin, relation):
            if read[start].kind in ("comma", "stop", "mark", "other") or (start and _continues(read, start)):
                continue
            try:
                phrase, end = _phrase(read, start, relation, text)
            except (Unread, ZeroDivisionError, OverflowError):
                continue
            yield phrase
            at = end
            break


def _unbroken(read: list[Lexeme], begin: int, relation: int) -> int:
    """Where the sentence of a relation begins, or what can be read of it."""
    for at in range(relation - 1, begin - 1, -1):
        if read[at].kind in ("stop", "mark", "other"):
            return at + 1
    return begin


FIRST_WORDS = frozenset(CARDINALS) | frozenset(PARTS) | frozenset(MULTIPLES) | word_set("the a an remainder")
FIRST_WORDS |= {name.split()[0] for name in NAMED}


def _begins(token: Lexeme) -> bool:
    """Whether a phrase may begin with this token."""
    if token.kind == "word":
        return token.text.lower() in FIRST_WORDS
    return token.kind == "number" or token.text == "-"


def _with_remainders(text: str) -> Iterator[Phrase]:
    """Quotients with their remainders: 17 / 5 = 3 remainder 2."""
    for found in WITH_REMAINDER.finditer(text):
        above, below, quotient, rest = (int(number) for number in found.groups())
        if below:
            stated = Fraction(quotient * below + rest if rest < below else -1)
            said = f"{quotient} * {below} + {rest}"
            if rest >= below:
                said = f"with a remainder under {below}, {above}"
            yield Phrase(found[0], found.start(), found.end(), said, stated, Fraction(above), 0, False)


def _lexed(text: str) -> Iterator[re.Match[str]]:
    return LEXEME.finditer(text)


def _is_relation(read: list[Lexeme], at: int) -> bool:
    return read[at].text == "=" or (read[at].kind == "word" and read[at].text in SAYS)


def _continues(read: list[Lexeme], start: int) -> bool:
    """Whether what stands before belongs to what begins here."""
    before = read[start - 1]
    if before.kind == "word":
        word = before.text.lower()
        if word == "and":
            return start > 1 and (read[start - 2].kind == "number" or _words(read, start - 2) in CARDINALS)
        return word in BEFORE_PHRASE or word in CARDINALS
    return before.kind in ("number", "percent", "sign", "other") or before.text in "(["


def _phrase(read: list[Lexeme], start: int, relation: int, text: str) -> tuple[Phrase, int]:
    left = Phraser(read, start, relation)
    first = left.value()
    left.nouns()
    if left.at != relation:
        raise Unread
    at = relation + 1
    if read[relation].text in ("is", "are") and _words(read, at) == "equal":
        at += 2 if _words(read, at + 1) == "to" else 1
    approximate = _words(read, at) in word_set("about approximately roughly nearly almost around")
    if approximate or _words(read, at) in word_set("exactly just only"):
        at += 1
    right = Phraser(read, at, len(read))
    if read[relation].text == "leaves":
        return _leaves(read, start, relation, text)
    second = right.value()
    if left.computed == right.computed:
        raise Unread
    right.ends()
    said = text[read[start].start : read[relation - 1].end]
    computed, stated, number = first, second, right
    if right.computed:
        said = text[read[at].start : read[right.at - 1].end]
        computed, stated, number = second, first, left
        if start and read[start - 1].kind == "word" and _words(read, start - 1) not in ASSERTS:
            raise Unread
    last = read[right.at - 1]
    return (
        Phrase(
            text[read[start].start : last.end],
            read[start].start,
            last.end,
            said,
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
    said = f"the remainder of {text[first : read[relation - 1].end]}"
    return Phrase(text[first:last], first, last, said, Fraction(n % m), stated, 0, False), right.at


def _words(read: list[Lexeme], at: int) -> str:
    return read[at].text.lower() if at < len(read) and read[at].kind == "word" else ""


class Phraser:
    """Reads a value from words, from `at` up to `end`."""

    def __init__(self, read: list[Lexeme], at: int, end: int) -> None:
        self.read, self.at, self.end = read, at, end
        self.computed = False
        self.decimals = 0
        self.bare = 0
        """How many plain numbers were read."""
        self.depth = 0

    def word(self, ahead: int = 0) -> str:
        """A word further on, in small letters; "" for anything else."""
        place = self.at + ahead
        return _words(self.read, place) if place < self.end else ""

    def kind(self, ahead: int = 0) -> str:
        """The kind of a token further on."""
        place = self.at + ahead
        return self.read[place].kind if place < self.end else "end"

    def take(self, *words: str) -> bool:
        """Goes past these words if they come next."""
        if any(self.word(place) != word for place, word in enumerate(words)):
            return False
        self.at += len(words)
        return True

    def need(self, *words: str) -> None:
        """Goes past one of these words, which has to come."""
        if self.word() not in words:
            raise Unread
        self.at += 1

    def value(self) -> Fraction:
        """A value with what follows it: "80 increased by 25%", "7 plus 8"."""
        self.depth += 1
        if self.depth > 4:
            raise Unread
        worth = self.item()
        word = self.word()
        if word in UP | DOWN and self.word(1) == "by":
            self.at += 2
            sign = 1 if word in UP else -1
            amount, percent = self.amount()
            worth = worth * (1 + sign * amount) if percent else worth + sign * amount
            self.computed = True
        elif word in ("plus", "minus", "times"):
            self.at += 1
            other = self.item()
            worth = {"plus": worth + other, "minus": worth - other, "times": worth * other}[word]
            self.computed = True
            if self.word() in ("plus", "minus", "times", "divided"):
                raise Unread
        elif word in ("divided", "multiplied") and self.word(1) == "by":
            self.at += 2
            other = self.item()
            worth = worth / other if word == "divided" else worth * other
            self.computed = True
        elif word in ("squared", "cubed"):
            self.at += 1
            worth, self.computed = worth ** (2 if word == "squared" else 3), True
        elif word == "choose":
            self.at += 1
            worth, self.computed = binomial(worth, self.item()), True
        elif word == "factorial":
            self.at += 1
            worth, self.computed = factorial_of(worth), True
        elif word in ("mod", "modulo"):
            self.at += 1
            n, m = naturals([worth, self.item()])
            worth, self.computed = Fraction(n % m), True
        self.depth -= 1
        return worth

    def amount(self) -> tuple[Fraction, bool]:
        """A number and whether it is a percentage, which is then divided by 100."""
        worth = self.number()
        if self.kind() == "percent" or self.word() == "percent":
            self.at += 1
            return worth / 100, True
        return worth, False

    def item(self) -> Fraction:
        """A number, or a phrase that begins with a word of its own."""
        start = self.at
        for rule in (self.called, self.part, self.multiple, self.shared):
            self.at = start
            try:
                worth = rule()
            except Unread:
                continue
            self.computed = True
            return worth
        self.at = start
        if self.word() in ("the", "these", "those") and self.kind(1) == "number":
            self.at += 1
        worth = self.number()
        if self.kind() == "percent" or self.word() == "percent":
            raise Unread
        self.nouns()
        return worth

    def number(self) -> Fraction:
        """A number in digits or words."""
        self.bare += 1
        if self.kind() == "sign" and self.read[self.at].text == "-" and self.kind(1) == "number":
            self.at += 1
            return -self.number()
        if self.kind() == "number":
            text = self.read[self.at].text.lstrip("\\$").replace(",", "")
            self.at += 1
            above, _, below = text.partition("/")
            self.decimals = len(above.partition(".")[2]) if not below else 9
            if below and int(below) == 0:
                raise Unread
            return Fraction(above) / (int(below) if below else 1)
        if self.word() in CARDINALS:
            self.at += 1
            return Fraction(CARDINALS[_words(self.read, self.at - 1)])
        raise Unread

    def nouns(self) -> None:
        """Passes over up to three words for what is counted."""
        for _ in range(3):
            word = self.word()
            if not word or word in NOT_NOUNS or word in UP | DOWN or len(word) < 2:
                return
            self.at += 1

    def ends(self) -> None:
        """Checks that nothing goes on behind the result."""
        place = self.at
        rest = self.read[place : place + 2]
        if not rest:
            return
        if rest[0].kind in ("percent", "sign", "number", "other") or rest[0].text in "([?":
            raise Unread
        if rest[0].kind == "word" and rest[0].text.lower() in AFTER_RESULT:
            goes_on = rest[0].text.lower() != "and" or (len(rest) > 1 and rest[1].kind == "number")
            if goes_on:
                raise Unread
        for token in self.read[place : place + 4]:
            if token.kind in ("stop", "comma"):
                break
            if token.text.lower() in ("more", "less", "fewer", "greater", "times", "plus", "minus"):
                raise Unread

    def part(self) -> Fraction:
        """A fraction or percentage of something, something off it, or more than it."""
        if not self.take("a"):
            self.take("an")
        share, percent = self.share()
        word = self.word()
        if word in ("of", "off"):
            self.at += 1
            whole = self.value()
            return whole * (share if word == "of" else 1 - share)
        if percent and word in ("more", "greater", "less", "fewer") and self.word(1) == "than":
            self.at += 2
            whole = self.value()
            return whole * (1 + share if word in ("more", "greater") else 1 - share)
        if percent and self.take("discount", "on"):
            return share * self.value()
        raise Unread

    def share(self) -> tuple[Fraction, bool]:
        """A fraction ("half", "two thirds", "3/4") or a percentage, and whether it is one."""
        if self.word() in PARTS:
            self.at += 1
            return Fraction(1, PARTS[_words(self.read, self.at - 1)]), False
        fraction = self.kind() == "number" and "/" in self.read[self.at].text
        worth = self.number()
        if self.kind() == "percent" or self.word() == "percent":
            self.at += 1
            return worth / 100, True
        if fraction:
            return worth, False
        if self.kind() == "sign" and self.read[self.at].text == "-":
            self.at += 1
        if self.word() in PARTS:
            self.at += 1
            return worth / PARTS[_words(self.read, self.at - 1)], False
        raise Unread

    def multiple(self) -> Fraction:
        """Twice something, three times something, five more or less than something."""
        if self.word() in MULTIPLES:
            self.at += 1
            factor = Fraction(MULTIPLES[_words(self.read, self.at - 1)])
            self.as_many()
            return factor * self.item()
        factor = self.number()
        if self.take("times"):
            self.as_many()
            return factor * self.item()
        self.nouns()
        word = self.word()
        if word in ("more", "greater", "less", "fewer") and self.word(1) == "than":
            self.at += 2
            return self.item() + (factor if word in ("more", "greater") else -factor)
        raise Unread

    def as_many(self) -> None:
        """Passes over "as many as"."""
        if self.take("as", "many", "as") or self.take("as", "much", "as") or self.take("more", "than"):
            return

    def shared(self) -> Fraction:
        """The remainder when one number is divided by another."""
        self.take("the")
        self.need("remainder")
        if not (self.take("when") or self.take("of")):
            raise Unread
        above = self.number()
        self.take("is")
        if not (self.take("divided", "by") or self.take("over")):
            raise Unread
        n, m = naturals([above, self.number()])
        return Fraction(n % m)

    def called(self) -> Fraction:
        """A named function of a list: the sum of 3, 4 and 5."""
        self.take("the")
        for names, function in sorted(NAMED.items(), key=lambda item: -len(item[0].split())):
            if self.take(*names.split()):
                if not (self.take("of") or self.take("between")):
                    raise Unread
                return function(self.listed())
        raise Unread

    def listed(self) -> list[Fraction]:
        """Numbers between commas and "and"."""
        found = [self.number()]
        while True:
            if self.kind() == "comma":
                self.at += 1
                self.take("and")
            elif not self.take("and"):
                return found
            found.append(self.number())
            if len(found) > 50:
                raise Unread

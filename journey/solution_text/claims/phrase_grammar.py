"""The grammar of `journey.solution_text.claims.phrases`: a value in words, read from its tokens."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from journey.solution_text.claims.named_functions import NAMED, Unread, binomial, factorial_of, naturals
from journey.solution_text.reading.number_words import (
    AFTER_RESULT,
    CARDINALS,
    DOWN,
    MULTIPLES,
    NOT_NOUNS,
    PARTS,
    UP,
)


class Lexeme(NamedTuple):
    """A word, number or sign."""

    kind: str
    text: str
    start: int
    end: int


def word_at(read: list[Lexeme], at: int) -> str:
    """The word at a place, in small letters; "" for anything else."""
    return read[at].text.lower() if at < len(read) and read[at].kind == "word" else ""


BY_FIRST_WORD = {
    first: [
        (tuple(name.split()), NAMED[name])
        for name in sorted(NAMED, key=lambda name: -len(name.split()))
        if name.split()[0] == first
    ]
    for first in {name.split()[0] for name in NAMED}
}
"""The functions with a name, the longest names first."""


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
        return word_at(self.read, place) if place < self.end else ""

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
            return Fraction(CARDINALS[word_at(self.read, self.at - 1)])
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
            return Fraction(1, PARTS[word_at(self.read, self.at - 1)]), False
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
            return worth / PARTS[word_at(self.read, self.at - 1)], False
        raise Unread

    def multiple(self) -> Fraction:
        """Twice something, three times something, five more or less than something."""
        if self.word() in MULTIPLES:
            self.at += 1
            factor = Fraction(MULTIPLES[word_at(self.read, self.at - 1)])
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
        for names, function in BY_FIRST_WORD.get(self.word(), ()):
            if self.take(*names):
                if not (self.take("of") or self.take("between")):
                    raise Unread
                return function(self.listed())
        raise Unread

    def listed(self) -> list[Fraction]:
        """Numbers between commas and "and"."""
        numbers = [self.number()]
        while True:
            if self.kind() == "comma":
                self.at += 1
                self.take("and")
            elif not self.take("and"):
                return numbers
            numbers.append(self.number())
            if len(numbers) > 50:
                raise Unread

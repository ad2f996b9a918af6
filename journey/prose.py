r"""The equalities that a line of English or LaTeX states between expressions: read, not judged.

    "She sold 48/2 = 24 clips in May"            48/2  =  24         units and words around are left out
    r"so $\frac{6}{3} + x = 2 + x = 5$"          6/3 + x  =  2 + x   and   2 + x  =  5

What cannot be read for certain is either not returned, or returned with the reason in `unclear`: such an
equality may be confirmed but never refuted. The parser is recursive, its depth and length are limited, and it
builds trees; nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from journey.tokens import Span, Token, spans, tokens

MAX_DEPTH = 20
MAX_TOKENS = 150
"""Of one side."""
MAX_EQUALITIES = 200
"""Of one step."""
MAX_UNIT_WORDS = 7
"""Between a number and its operator, as in "60 people in the fourth year * 2"."""


class Node(NamedTuple):
    """An expression: a number, a letter, or an operation on parts."""

    op: str
    """number, letter, mixed, percent, sqrt, binom, ! or one of + - * / ^; unary minus has one part."""
    parts: tuple[Node, ...] = ()
    value: Fraction = Fraction(0)
    decimals: int = 0
    """Digits after the point, of a number."""
    name: str = ""


class Side(NamedTuple):
    """One side of an equality."""

    tree: Node
    text: str
    unclear: str | None
    """Why this may not be all that the writer meant, or None."""
    units: frozenset[str]
    """The words and money signs in it and right behind it, in small letters."""


class Equality(NamedTuple):
    """Two expressions with = or ≈ between them."""

    left: Side
    right: Side
    approximate: bool
    mathematics: bool

    @property
    def text(self) -> str:
        """The equality as it is written, without the words around it."""
        return f"{self.left.text} {'≈' if self.approximate else '='} {self.right.text}"

    @property
    def unclear(self) -> str | None:
        """Why it must not be refuted."""
        return self.left.unclear or self.right.unclear


class Unreadable(ValueError):
    """These tokens are no expression."""


SAID = {"plus": "+", "minus": "-", "times": "*"}
CONJUNCTIONS = frozenset(
    "and so because since which then but while or if therefore thus hence is are was that".split()
)
PARTIAL = frozenset(
    "twice thrice half double triple quadruple quarter third thirds quarters fourth fourths fifth fifths sixth "
    "eighth tenth plus minus times less divided multiplied percent dozen remaining".split()
)
"""Before a number, these change what it says."""
AFTER = frozenset("half remainder r mod modulo percent percents".split())
"""After a number, these change what it says."""
STARTS = frozenset(["number", "money", "open", "op", "call"])
APPLIED = frozenset("f g h p q F G H P Q S T E phi".split())
"""Letters that before a bracket are functions and not factors."""


def equalities(text: str) -> Iterator[Equality]:
    r"""The equalities in a line, in order; at most `MAX_EQUALITIES`.

    >>> [found.text for found in equalities("Tom ate 3 apples * 2 = 6 apples, so $9 - 6 = 3$ are left.")]
    ['3 * 2 = 6', '9 - 6 = 3']
    """
    parts = [(span, tokens(span)) for span in spans(text)]
    count = 0
    for place, (span, read) in enumerate(parts):
        before = parts[place - 1][1][-1:] if place else []
        after = parts[place + 1][1][:1] if place + 1 < len(parts) else []
        for found in _of_span(span, read, before, after):
            yield found
            count += 1
            if count == MAX_EQUALITIES:
                return


def _of_span(span: Span, read: list[Token], before: list[Token], after: list[Token]) -> Iterator[Equality]:
    cuts = [-1, *(at for at, token in enumerate(read) if token.kind in ("stop", "relation")), len(read)]
    for (left, at), right in zip(pairwise(cuts), cuts[2:], strict=False):
        if read[at].kind != "relation" or max(at - left, right - at) > MAX_TOKENS:
            continue
        try:
            a = _left(read, left + 1, at, span.mathematics, before)
            b = _right(read, at + 1, right, span.mathematics, after)
        except Unreadable:
            continue
        yield Equality(a, b, read[at].text == "≈", span.mathematics)


def _left(read: list[Token], start: int, end: int, mathematics: bool, before: list[Token]) -> Side:
    """The longest expression that ends at `end`; in mathematics, all of it."""
    for at in range(start, start + 1 if mathematics else end):
        if not mathematics and (read[at].kind not in STARTS or _is_bullet(read, at)):
            continue
        reader = Reader(read[:end], at, mathematics)
        try:
            tree = reader.expression()
            reader.skip_units(end_too=True)
        except Unreadable:
            continue
        if reader.at == end:
            around = read[max(0, start - 2) : at] or before
            if not mathematics and around is before and before:
                return Side(tree, _text(read[at:end]), "it goes on from a formula", _units(read[at:end]))
            unclear = _unclear_before(around, read[at]) or _unclear_label(read[start:at], tree, read[at:end])
            unclear = (None if mathematics else unclear) or reader.unclear
            if mathematics and not start:
                unclear = unclear or _unclear_before(before, read[at])
            return Side(tree, _text(read[at:end]), unclear, _units(read[at:end]))
    raise Unreadable


def _right(read: list[Token], start: int, end: int, mathematics: bool, after: list[Token]) -> Side:
    """The longest expression that begins at `start`; in mathematics, all of it."""
    reader = Reader(read[:end], start, mathematics)
    tree = reader.expression()
    stop = reader.at
    if mathematics:
        reader.skip_units(end_too=True)
        if reader.at != end:
            raise Unreadable
    rest = (read[stop:end] + read[end : end + 1]) or after
    if not mathematics and rest is after and after:
        return Side(tree, _text(read[start:stop]), "a formula follows it", _units(read[start:stop]))
    unclear = _unclear_after(rest) or reader.unclear
    return Side(tree, _text(read[start:stop]), unclear, _units([*read[start:stop], *rest[:2]]))


def _is_bullet(read: list[Token], at: int) -> bool:
    """Whether this minus is the dash before an item of a list."""
    first = at == 0 or read[at - 1].text.startswith("\n")
    return read[at].kind == "op" and first and at + 1 < len(read) and not read[at + 1].tight


def _unclear_label(before: Sequence[Token], tree: Node, part: Sequence[Token]) -> str | None:
    """In "the total of 4 subjects = 186 + 62" the 4 is part of a name; in "5 and Tom's + 3 * 2 = " more is added."""
    words = before or any(token.kind == "word" for token in part)
    if words and tree.op == "number":
        return "the number is part of a description"
    if before and part[0].kind == "op":
        return "it adds to a description"
    if any(token.kind == "junk" for token in before):
        return "something unreadable stands before it"
    for token, after in pairwise([*before, part[0]]):
        if token.kind == "op" and (
            token.text in "+*" or (token.text == "-" and not token.tight and not after.tight)
        ):
            return "it adds to a description"
    return None


def _unclear_before(around: Sequence[Token], first: Token) -> str | None:
    if not around:
        return None
    last, words = around[-1], [token.text.lower() for token in around[-4:]]
    if last.text == "," and len(around) > 1 and around[-2].kind == "number" and first.text[:3].isdigit():
        return "a comma and a number stand before it"
    if last.kind in ("stop", "relation"):
        return None
    if last.kind != "word":
        return f"{last.text!r} stands before it"
    if words[-1] in PARTIAL or (len(last.text) == 1 and words[-1] not in "ai"):
        return f"{last.text!r} stands before it"
    if words[-1] in ("of", "by", "from", "the") and any(
        word in PARTIAL or word == "%" for word in words[:-1]
    ):
        return f"{words[-2]!r} stands before it"
    if words[-1] in ("of", "and") and len(around) > 1 and around[-2].kind in ("number", "close", "percent"):
        return f"{words[-2]!r} and {words[-1]!r} stand before it"
    return None


def _unclear_after(rest: Sequence[Token]) -> str | None:
    if not rest or rest[0].text == "?":
        return "a question" if rest else None
    first = rest[0]
    if first.kind == "word" and first.tight and len(first.text) < 3:
        return f"{first.text!r} follows it"
    if first.kind in ("stop", "relation"):
        return None
    if first.text.lower() in ("plus", "minus", "times"):
        return f"{first.text!r} follows it" if len(rest) > 1 and rest[1].kind in ("number", "money") else None
    for token, after in pairwise(rest[:8]):
        if token.kind == "op" and after.kind == "word" and len(after.text) == 1:
            return "an unknown follows it"
    if first.kind != "word" or first.text.lower() in AFTER:
        return f"{first.text!r} follows it"
    if len(first.text) == 1 and first.text not in "aI":
        return f"{first.text!r} follows it"
    if first.text == "and" and len(rest) > 1 and (rest[1].kind == "number" or rest[1].text in ("a", "half")):
        return "'and' follows it"
    return None


def _text(part: Sequence[Token]) -> str:
    kept = [token for token in part if token.kind not in ("word", "money")]
    text = "".join(("" if token.tight or not place else " ") + token.text for place, token in enumerate(kept))
    return text[:200]


def _units(part: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.text.lower() for token in part if token.kind in ("word", "money"))


class Reader:
    """Reads one expression from tokens, from `at` on; `at` is left behind its last token."""

    def __init__(self, read: list[Token], at: int, mathematics: bool) -> None:
        self.read = read
        self.at = at
        self.mathematics = mathematics
        self.unclear: str | None = None
        self.depth = 0

    def peek(self, ahead: int = 0) -> Token:
        """A token further on; an empty one at the end."""
        place = self.at + ahead
        return self.read[place] if place < len(self.read) else Token("end", "", False)

    def expression(self) -> Node:
        """A sum."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable
        tree = self.term()
        while (operator := self.operator("+-")) is not None:
            tree = Node(operator, (tree, self.term()))
        self.depth -= 1
        return tree

    def operator(self, among: str) -> str | None:
        """Takes one of these operators, with the unit words before it; None if another token comes."""
        start = self.at
        self.skip_units()
        token = self.peek()
        if token.kind == "op" and token.text in among:
            self.at += 1
            return token.text
        if token.kind == "word" and (said := token.text.lower()) in (*SAID, "divided", "multiplied"):
            spoken = SAID.get(said) or ("/" if said == "divided" else "*")
            length = 1 if said in SAID else 2
            if spoken in among and self.peek(length).kind in ("number", "money"):
                self.at += length
                return spoken
        self.at = start
        return None

    def term(self) -> Node:
        """A product."""
        tree = self.signed()
        while True:
            operator = self.operator("*/")
            if operator is not None:
                factor = self.signed()
                # People write 6/2(1+2), and 25 / 1/3 for 25/(1/3), and mean either.
                if operator == "/" and factor.op == "*":
                    self.unclear = self.unclear or "a factor without a sign follows a division"
                if operator == "/" and not self.mathematics and tree.op == "/":
                    self.unclear = self.unclear or "a division follows a division"
                tree = Node(operator, (tree, factor))
            elif self.of(tree):
                tree = Node("*", (tree, self.power()))
            else:
                return tree

    def of(self, tree: Node) -> bool:
        """Takes the "of" in "1/2 of 30" and "20% of 30"."""
        token, after = self.peek(), self.peek(1)
        if token.text == "of" and tree.op in ("percent", "/") and after.kind in ("number", "money"):
            self.at += 1
            return True
        return False

    def factor_follows(self) -> bool:
        """Whether a factor comes without a sign, as in 4(2) and 2\\frac{1}{2}."""
        token, last = self.peek(), self.read[self.at - 1]
        if token.kind == "number":
            return not self.mathematics and last.kind == "number" and self.peek(1).text == "/"
        if token.kind == "symbol":
            return True
        if token.kind == "call":
            return True
        if token.kind == "open":
            if token.text == "{" and last.kind == "number":
                raise Unreadable
            if last.kind == "symbol" and last.text.lstrip("\\") in APPLIED:
                raise Unreadable
            return last.kind in ("number", "close", "symbol") and (
                self.mathematics or token.tight or last.kind == "close"
            )
        return False

    def signed(self) -> Node:
        """A power with its signs, and the factors that follow it without one."""
        signs = 0
        while self.peek().kind == "op" and self.peek().text in "+-":
            signs += self.peek().text == "-"
            self.at += 1
        tree = self.power()
        while self.factor_follows():
            factor = self.power()
            tree = Node("mixed" if _is_mixed(tree, factor) else "*", (tree, factor))
        return Node("-", (tree,)) if signs % 2 else tree

    def power(self) -> Node:
        """An atom with what stands behind it: !, % and an exponent."""
        tree = self.atom()
        while True:
            token = self.peek()
            if token.kind == "op" and token.text == "!":
                tree = Node("!", (tree,))
            elif token.kind == "percent" or (token.kind == "word" and token.text.lower() == "percent"):
                tree = Node("percent", (tree,))
            elif token.kind == "money" and self.peek(1).kind != "number":
                pass
            elif token.text == "^" and token.kind == "op" or token.text == "**":
                self.at += 1
                return Node("^", (tree, self.exponent()))
            else:
                return tree
            self.at += 1

    def exponent(self) -> Node:
        """What stands after ^: one digit, a letter or a group in LaTeX; any number elsewhere."""
        token = self.peek()
        if self.mathematics and token.kind == "number" and len(token.text) > 1:
            raise Unreadable
        if token.text == "-" and not self.mathematics:
            self.at += 1
            return Node("-", (self.atom(),))
        return self.atom()

    def atom(self) -> Node:
        """A number, a letter, a group or a call."""
        token = self.peek()
        self.at += 1
        if token.kind == "money":
            token = self.peek()
            self.at += 1
            if token.kind == "op" and token.text == "-":
                return Node("-", (self.atom(),))
            if token.kind != "number":
                raise Unreadable
        if token.kind == "number":
            return self.number(token)
        if token.kind == "symbol":
            return Node("letter", name=token.text.lstrip("\\"))
        if token.kind == "open":
            return self.group(token.text)
        if token.kind == "call":
            return self.call(token.text)
        raise Unreadable

    def number(self, token: Token) -> Node:
        """A number; "2 1/2" is a mixed one."""
        plain = token.text.replace(",", "")
        if len(plain) > 2 and plain[0] == "0" and plain.isdecimal():
            self.unclear = self.unclear or "a time of day or a code"
        node = Node("number", value=Fraction(plain), decimals=len(plain.partition(".")[2]))
        above, bar, below = self.peek(), self.peek(1), self.peek(2)
        if not self.mathematics and above.kind == "number" and bar.text == "/" and below.kind == "number":
            if not (plain + above.text + below.text).isdecimal() or int(below.text) == 0:
                raise Unreadable
            self.at += 3
            return Node("mixed", (node, Node("number", value=Fraction(int(above.text), int(below.text)))))
        return node

    def group(self, opened: str) -> Node:
        """What stands in brackets, with the closing one."""
        tree = self.expression()
        self.skip_units(end_too=True)
        if self.peek().kind != "close" or self.peek().text != {"(": ")", "[": "]", "{": "}"}[opened]:
            raise Unreadable
        self.at += 1
        return tree

    def call(self, name: str) -> Node:
        r"""The arguments of \frac, \binom or \sqrt."""
        degree: tuple[Node, ...] = ()
        if name == "\\sqrt" and self.peek().text == "[":
            self.at += 1
            degree = (self.group("["),)
        arguments = []
        for _ in range(1 if name == "\\sqrt" else 2):
            if self.peek().text != "{":
                raise Unreadable
            self.at += 1
            arguments.append(self.group("{"))
        return Node({"\\frac": "/", "\\binom": "binom", "\\sqrt": "sqrt"}[name], (*arguments, *degree))

    def skip_units(self, end_too: bool = False) -> None:
        """Passes over the words between a number and an operator or bracket, or the end where `end_too`."""
        start = self.at
        skipped = 0
        while skipped <= MAX_UNIT_WORDS:
            token, after = self.peek(), self.peek(1)
            if token.kind == "word" and token.text.lower() not in (
                *CONJUNCTIONS,
                *SAID,
                "divided",
                "multiplied",
            ):
                self.at += 1
            elif token.text in ("/", "-") and after.kind == "word" and (token.text == "/" or after.tight):
                self.at += 2
            elif token.text == "(" and after.kind == "word" and self.peek(2).text == ")":
                self.at += 3
            else:
                break
            skipped += 1
        token = self.peek()
        spoken = token.kind == "word" and token.text.lower() in (*SAID, "divided", "multiplied")
        if not (token.kind in ("op", "close") or spoken or (end_too and token.kind == "end")):
            self.at = start
        elif any(
            len(word.text) == 1 and (word.text not in "aI" or word.tight)
            for word in self.read[start : self.at]
            if word.kind == "word"
        ):
            self.unclear = self.unclear or "a letter may be a unit or an unknown"


def _is_mixed(tree: Node, factor: Node) -> bool:
    whole = tree.op == "number" and tree.decimals == 0
    return whole and factor.op == "/" and all(p.op == "number" and p.decimals == 0 for p in factor.parts)

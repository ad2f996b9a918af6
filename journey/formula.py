r"""Expressions in English and LaTeX: tokens become a tree, and a tree an exact value.

    3 apples * 2       ->  3 * 2        units between the numbers are passed over
    2\frac{1}{2}       ->  a mixed number, or a product: `Reading` says which
    50% of 30          ->  50/100 * 30

The parser is recursive, with its depth limited, and builds trees; only `value` computes, in `journey.surds`.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from journey.surds import Exact, TooHard, binomial, exact, factorial_of, root, unknown, whole
from journey.tokens import Token, word_set

MAX_DEPTH = 20
MAX_UNIT_WORDS = 7
"""Between a number and its operator, as in "60 people in the fourth year * 2"."""


MAX_ROOT = 20
SAID = {"plus": "+", "minus": "-", "times": "*"}
CONJUNCTIONS = word_set(
    "and so because since which then but while or if therefore thus hence is are was that"
)
APPLIED = word_set("f g h p q F G H P Q S T E phi")
"""Letters that before a bracket are functions and not factors."""


class Node(NamedTuple):
    """An expression: a number, a letter, or an operation on parts."""

    op: str
    """number, letter, mixed, percent, sqrt, binom, ! or one of + - * / ^; unary minus has one part."""
    parts: tuple[Node, ...] = ()
    value: Fraction = Fraction(0)
    decimals: int = 0
    """Digits after the point, of a number."""
    name: str = ""


class Unreadable(ValueError):
    """These tokens are no expression."""


class Reading(NamedTuple):
    """How to take what people write in two ways."""

    percent: bool = True
    """5% is 5/100; otherwise it is 5 of a unit called percent."""
    mixed: bool = True
    """2 1/2 is two and a half; otherwise it is a product."""


READINGS = [Reading(percent, mixed) for percent in (True, False) for mixed in (True, False)]


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
        r"""Whether a factor comes without a sign, as in 4(2) and 2\frac{1}{2}."""
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
            elif (token.text == "^" and token.kind == "op") or token.text == "**":
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


def readings(tree: Node) -> list[Reading]:
    """The readings that make a difference to a tree."""
    used = {node.op for node in nodes(tree)}
    return [r for r in READINGS if (r.percent or "percent" in used) and (r.mixed or "mixed" in used)]


def value(tree: Node, reading: Reading) -> Exact:
    """The exact value of a tree; raises ZeroDivisionError and TooHard."""
    if tree.op == "number":
        return exact(tree.value)
    if tree.op == "letter":
        return unknown(tree.name)
    parts = [value(part, reading) for part in tree.parts]
    first = parts[0]
    if tree.op == "percent":
        return first * exact(Fraction(1, 100)) if reading.percent else first
    if tree.op == "sqrt":
        return root(first, whole(parts[1], MAX_ROOT) if len(parts) > 1 else 2)
    if tree.op == "!":
        return factorial_of(first)
    if len(parts) == 1:
        return exact(-1) * first
    return _binary(tree.op, first, parts[1], reading)


def _binary(op: str, a: Exact, b: Exact, reading: Reading) -> Exact:
    if op == "+" or (op == "mixed" and reading.mixed):
        return a + b
    if op == "-":
        return a - b
    if op in ("*", "mixed"):
        return a * b
    if op == "/":
        return a / b
    if op == "binom":
        return binomial(a, b)
    power = b.rational()
    if power is None or power.denominator > MAX_ROOT:
        raise TooHard("an exponent that is no small fraction")
    if power < 0 and not a.over:
        raise ZeroDivisionError
    base = a if power.denominator == 1 else root(a, power.denominator)
    return base**power.numerator


def nodes(tree: Node) -> Iterator[Node]:
    """A tree and all that is in it."""
    yield tree
    for part in tree.parts:
        yield from nodes(part)

r"""Expressions in English and LaTeX: tokens become a tree, and a tree an exact value.

    3 apples * 2       ->  3 * 2        units between the numbers are passed over
    2\frac{1}{2}       ->  a mixed number, or a product: `Reading` says which
    50% of 30          ->  50/100 * 30

The parser is recursive, with its depth limited, and builds trees; `values.evaluate` computes.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from journey.solution_text.reading.calls import CALLS, read_call
from journey.solution_text.reading.tokens import Token, applied
from journey.solution_text.reading.trees import Node, Unreadable, based
from journey.solution_text.reading.words import word_set

MAX_DEPTH = 20
MAX_UNIT_WORDS = 7
"""Between a number and its operator, as in "60 people in the fourth year * 2"."""


OPERATION_WORDS = {"plus": "+", "minus": "-", "times": "*"}
SPOKEN = frozenset([*OPERATION_WORDS, "divided", "multiplied"])
CONJUNCTIONS = word_set(
    "and so because since which then but while or if therefore thus hence is are was that"
)
CLOSING = {"(": ")", "[": "]", "{": "}", "\\lfloor": "\\rfloor", "\\lceil": "\\rceil"}
ROUNDED = {"\\lfloor": "floor", "\\lceil": "ceil"}
LOGARITHMS = {"\\log": "log", "\\ln": "ln", "\\logb": "log"}
FUNCTIONS = word_set(r"\sin \cos \tan \cot \sec \csc \log \ln \logb \gcd \lcm")


END = Token("end", "", False)


@lru_cache(maxsize=4096)
def _fraction(text: str) -> Fraction:
    """The value of a decimal number; kept, since Python compares an object with itself much faster."""
    return Fraction(text)


class Reader:
    """Reads one expression from tokens, from `at` on; `at` is left behind its last token."""

    def __init__(self, read: list[Token], at: int, mathematics: bool) -> None:
        self.read = read
        self.at = at
        self.mathematics = mathematics
        self.unclear: str | None = None
        self.depth = 0
        self.bars = 0

    def peek(self, ahead: int = 0) -> Token:
        """A token further on; an empty one at the end."""
        place = self.at + ahead
        return self.read[place] if place < len(self.read) else END

    def expression(self) -> Node:
        """A sum."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Unreadable
        tree = self.term()
        shown = [tree]
        while (operator := self.operator("+-±∓")) is not None:
            if operator == "+" and self.peek().kind == "dots" and shown:
                self.at += 1
                if self.operator("+") is None:
                    raise Unreadable
                tree, shown = Node("dots", (*shown, self.term())), []
                continue
            term = self.term()
            tree = Node(operator, (tree, term))
            shown = [*shown, term] if operator == "+" and shown else []
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
        if token.kind == "word" and (word := token.text.lower()) in SPOKEN:
            spoken = OPERATION_WORDS.get(word) or ("/" if word == "divided" else "*")
            length = 1 if word in OPERATION_WORDS else 2
            if spoken in among and self.peek(length).kind in ("number", "money"):
                self.at += length
                return spoken
        self.at = start
        return None

    def term(self) -> Node:
        """A product."""
        tree, spaced = self.signed(), False
        while True:
            before = self.at
            if self.peek().kind == "dots" and tree.op == "*":
                self.at += 1
                self.operator("*")
                tree = Node("dotsproduct", (*_factors(tree), self.signed()))
            operator = self.operator("*/×")
            if operator == "/" and self.peek().kind == "word" and not self.mathematics:
                self.at = before  # a unit, as in $20/kg
                return tree
            if operator is not None:
                sign, first = self.read[self.at - 1], self.peek()
                if first.text == "+":
                    self.unclear = self.unclear or "two signs in a row"
                factor = self.signed()
                # People write 6/2(1+2), and 25 / 1/3 for 25/(1/3), and mean either.
                if operator == "/" and factor.op == "*":
                    self.unclear = self.unclear or "a factor without a sign follows a division"
                again = operator == "/" and not self.mathematics and tree.op == "/"
                fraction = spaced and sign.tight and first.tight and not tree.name
                # (8 / 10) / 100 and 50/100 / 266 have one reading.
                joined = self.read[before - 1].kind == "close" or not (spaced or sign.tight or first.tight)
                if again and not (fraction or joined):
                    self.unclear = self.unclear or "a division follows a division"
                op = "cross" if operator == "×" else operator
                tree = Node(op, (tree, factor), name="again" if again and fraction else "")
                spaced = not sign.tight
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
            if self.mathematics:
                return last.text == "!"
            return last.kind == "number" and self.peek(1).text == "/"
        if token.kind == "symbol":
            return True
        if token.kind == "call":
            return True
        if token.kind == "bar":
            return not self.bars and last.kind in ("number", "close", "symbol")
        if token.kind == "open":
            if token.text == "{" and last.kind == "number":
                raise Unreadable
            return (last.kind in ("number", "close", "symbol") or last.text == "!") and (
                self.mathematics or token.tight or last.kind == "close"
            )
        return False

    def signed(self) -> Node:
        """A power with its signs, and the factors that follow it without one."""
        signs, either = 0, ""
        while self.peek().kind == "op" and self.peek().text in "+-±∓":
            signs += self.peek().text == "-"
            either = self.peek().text if self.peek().text in "±∓" else either
            self.at += 1
        tree = self.power()
        factor = tree
        while self.factor_follows() or (factor.op == "binom" and self.peek().kind == "number"):
            bracketed = self.peek().kind == "open"
            factor = self.power()
            tree = Node("mixed" if not bracketed and _is_mixed(tree, factor) else "*", (tree, factor))
        tree = Node(either, (tree,)) if either else tree
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
            if self.mathematics and token.kind != "op":
                return self.atom()
            self.at += 1
            if token.kind == "op" and token.text == "-":
                return Node("-", (self.atom(),))
            if token.kind != "number":
                raise Unreadable
        if token.kind == "number":
            return self.number(token)
        if token.kind == "symbol":
            return self.symbol(token)
        if token.kind == "open":
            tree = self.group(token.text)
            return Node(ROUNDED[token.text], (tree,)) if token.text in ROUNDED else tree
        if token.kind == "bar":
            return self.bar()
        if token.kind == "call" and token.text in CALLS:
            return read_call(self, token.text)
        if token.kind == "call":
            return self.function(token.text) if token.text in FUNCTIONS else self.call(token.text)
        raise Unreadable

    def number(self, token: Token) -> Node:
        """A number; "2 1/2" is a mixed one."""
        if "_" in token.text:
            return based(token.text)
        plain = token.text.replace(",", "")
        if len(plain) > 2 and plain[0] == "0" and plain.isdecimal():
            self.unclear = self.unclear or "a time of day or a code"
        node = Node("number", value=_fraction(plain), decimals=len(plain.partition(".")[2]))
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
        if opened == "(" and self.peek().kind == "comma":
            tree = Node("column", (tree, *self.after_commas()))
        if self.peek().kind != "close" or self.peek().text != CLOSING[opened]:
            raise Unreadable
        self.at += 1
        return tree

    def call(self, name: str) -> Node:
        r"""The arguments of \frac, \binom or \sqrt."""
        degree: tuple[Node, ...] = ()
        if name == "\\column":
            rows = []
            while self.peek().text == "{":
                self.at += 1
                rows.append(self.group("{"))
            return Node("column", tuple(rows))
        if name == "\\sqrt" and self.peek().text == "[":
            self.at += 1
            degree = (self.group("["),)
        arguments = []
        for _ in range(1 if name == "\\sqrt" else 2):
            opened = self.peek().text
            if opened != "{" and not (opened == "(" and name == "\\sqrt"):
                raise Unreadable
            self.at += 1
            arguments.append(self.group(opened))
        return Node({"\\frac": "/", "\\binom": "binom", "\\sqrt": "sqrt"}[name], (*arguments, *degree))

    def symbol(self, token: Token) -> Node:
        """A letter; the name of an angle; a letter with arguments, which is a function."""
        name = token.text.lstrip("\\")
        if "angle" in name:
            points = "".join(c for c in name.removeprefix("m\\").removeprefix("angle") if c.isupper())
            return Node("letter", name=f"angle {min(points, points[::-1])}")
        if applied(token) and [self.peek(n).text for n in range(6)] == ["^", "{", "-", "1", "}", "("]:
            self.at += 5
            return Node("apply", self.arguments(), name=f"{name}^-1")
        if self.peek().text != "(" or not applied(token):
            return Node("letter", name=name)
        return Node("apply", self.arguments(), name=name)

    def arguments(self) -> tuple[Node, ...]:
        """What stands in round brackets, between commas."""
        self.at += 1
        read = (self.expression(), *self.after_commas())
        if self.peek().text != ")":
            raise Unreadable
        self.at += 1
        return read

    def after_commas(self) -> Iterator[Node]:
        """The expressions that follow, each behind its comma."""
        while self.peek().kind == "comma":
            self.at += 1
            yield self.expression()

    def bar(self) -> Node:
        """An absolute value, behind its first bar."""
        self.bars += 1
        tree = self.expression()
        self.bars -= 1
        if self.peek().kind != "bar":
            raise Unreadable
        self.at += 1
        return Node("abs", (tree,))

    def function(self, name: str) -> Node:
        r"""The arguments of \\sin, \\log, \\gcd and their like, and the exponent in \\sin^2 x."""
        if name in ("\\gcd", "\\lcm"):
            if self.peek().text != "(":
                raise Unreadable
            return Node(name[1:], self.arguments())
        base: tuple[Node, ...] = ()
        if name == "\\logb":
            self.at += 1
            base = (self.group("{"),)
        exponent = None
        if self.peek().text == "^" and name not in LOGARITHMS:
            self.at += 1
            exponent = self.exponent()
            if exponent.op == "-":
                raise Unreadable
        start = self.at
        argument = self.power()
        if argument.op == "^" and self.read[start].text == "(" and self.read[self.at - 1].text != ")":
            raise Unreadable
        bare = self.read[start].text not in "([{"
        while bare and self.factor_follows() and self.peek().text not in FUNCTIONS and not self.bracket():
            argument = Node("*", (argument, self.power()))
        degrees = any(token.text == "degrees" for token in self.read[start : self.at])
        if self.peek().text == "degrees":
            degrees = True
            self.at += 1
        tree = Node(LOGARITHMS.get(name, name[1:]), (argument, *base), name="degrees" * degrees)
        return Node("^", (tree, exponent)) if exponent else tree

    def bracket(self) -> bool:
        """Whether a bracket or bar comes."""
        return self.peek().kind in ("open", "bar")

    def skip_units(self, end_too: bool = False) -> None:
        """Passes over the words between a number and an operator or bracket, or the end where `end_too`."""
        start = self.at
        skipped = 0
        while skipped <= MAX_UNIT_WORDS:
            token, after = self.peek(), self.peek(1)
            word = token.text.lower()
            operation = word in SPOKEN and (
                word not in OPERATION_WORDS or after.kind in ("number", "money", "open")
            )
            if token.kind == "word" and word not in CONJUNCTIONS and not operation:
                self.at += 1
            elif token.text in ("/", "-") and after.kind == "word" and (token.text == "/" or after.tight):
                self.at += 2
            elif token.text == "(" and after.kind == "word" and self.peek(2).text == ")":
                self.at += 3
            else:
                break
            skipped += 1
        token = self.peek()
        spoken = token.kind == "word" and token.text.lower() in SPOKEN
        if not (token.kind in ("op", "close") or spoken or (end_too and token.kind == "end")):
            self.at = start
        elif any(
            len(word.text) == 1 and (word.text not in "aI" or word.tight)
            for word in self.read[start : self.at]
            if word.kind == "word"
        ):
            self.unclear = self.unclear or "a letter may be a unit or an unknown"


def _factors(tree: Node) -> tuple[Node, ...]:
    """The factors of a product, from left to right."""
    return (*_factors(tree.parts[0]), tree.parts[1]) if tree.op == "*" else (tree,)


def _is_mixed(tree: Node, factor: Node) -> bool:
    whole = tree.op == "number" and tree.decimals == 0
    return whole and factor.op == "/" and all(p.op == "number" and p.decimals == 0 for p in factor.parts)

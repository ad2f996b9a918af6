"""Algebra in typed notation: parsed through a whitelist into plain tuples, and written back.

    3(x+2)/4=2x-1      x=-1 or x=3      -2<x<=5      x+3=+-sqrt(2)      D(x^2*sin(x))      no solution

No text is executed or passed to sympy's parsers. A small recursive-descent parser accepts numbers,
one-letter names, the functions in `FUNCTIONS`, + - * / ^, brackets and juxtaposed factors. Length, depth,
digits and exponents are limited before anything is computed, so hostile text costs microseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from journey.errors import ParseError

Algebra = int | str | tuple[str, "Algebra"] | tuple[str, "Algebra", "Algebra"]
"""A number, a name, (function, argument), ("neg", argument), or (operator, left, right). The operators are
+ - * / ^ and +- (plus or minus)."""

Relation = tuple[Any, ...]
"""(comparison, left, right), ("or" or "and", relation, relation), ("all",) or ("none",)."""

FUNCTIONS = ("sqrt", "sin", "cos", "tan", "exp", "log", "abs", "D", "I")
"""`D` is a derivative and `I` an antiderivative with respect to x, neither yet computed."""
COMPARISONS = ("=", "<", ">", "<=", ">=")
JOINING = ("or", "and")
ALL, NONE = "all numbers", "no solution"

MAX_CHARACTERS = 400
MAX_DIGITS = 18
MAX_DEPTH = 40
MAX_EXPONENT = 24
TOKEN = re.compile(r" *(?:(\d+)|([a-z]+|[DI])|(\+-|[-+*/^()]))", re.ASCII)
LETTERS = re.compile("[a-z]+(?![^a-z])")
COMPARED = re.compile(r"<=|>=|[<>=]")


@lru_cache(maxsize=4096)
def read(text: str) -> Algebra:
    """Parses an expression. Juxtaposed factors bind tighter than /, so 1/2x is 1/(2x).

    Raises:
        ParseError: the text is too long, too deeply nested, or not algebra.

    >>> read("3(x+2)")
    ('*', 3, ('+', 'x', 2))
    >>> read("-x^2")
    ('neg', ('^', 'x', 2))
    >>> read("x.__class__")
    Traceback (most recent call last):
    journey.errors.ParseError: not algebra: 'x.__class__'
    """
    tree = _parse(text)
    # The text in canonical spelling may have more brackets; it must be within the limits too.
    if (again := write(tree)) != text:
        _parse(again)
    return tree


def _parse(text: str) -> Algebra:
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"not algebra: {len(text)} characters")
    tokens: list[str] = []
    place, end = 0, len(text.rstrip(" "))
    while place < end:
        match = TOKEN.match(text, place)
        if not match or len(match[1] or "") > MAX_DIGITS:
            raise ParseError(f"not algebra: {text[:60]!r}")
        word = match[2]
        if word in JOINING:
            raise ParseError(f"not algebra: {text[:60]!r}")
        tokens += list(word) if word and word not in FUNCTIONS else [match[0].strip(" ")]
        place = match.end()
    reader = _Reader(tokens, text)
    tree = reader.sum(0)
    if reader.token:
        raise reader.fault()
    return tree


class _Reader:
    """A recursive-descent parser with one method for each level of precedence."""

    def __init__(self, tokens: list[str], text: str) -> None:
        self.tokens, self.text, self.place = [*tokens, ""], text, 0

    @property
    def token(self) -> str:
        return self.tokens[self.place]

    def next(self) -> str:
        token = self.token
        self.place += token != ""
        return token

    def fault(self) -> ParseError:
        return ParseError(f"not algebra: {self.text[:60]!r}")

    def sum(self, depth: int) -> Algebra:
        if depth > MAX_DEPTH:
            raise self.fault()
        doubled = (self.next(),) if self.token == "+-" else ()
        tree: Algebra = (*doubled, self.product(depth)) if doubled else self.product(depth)
        while self.token in ("+", "-", "+-"):
            tree = (self.next(), tree, self.product(depth))
        return tree

    def product(self, depth: int) -> Algebra:
        if self.token == "-":
            self.place += 1
            if depth > MAX_DEPTH:
                raise self.fault()
            inside = self.product(depth + 1)
            return -inside if isinstance(inside, int) else ("neg", inside)
        tree = self.joined(depth)
        while self.token in ("*", "/"):
            tree = (self.next(), tree, self.joined(depth))
        return tree

    def joined(self, depth: int) -> Algebra:
        tree = self.power(depth)
        while self.token == "(" or self.token.isalpha():
            tree = ("*", tree, self.power(depth))
        return tree

    def power(self, depth: int) -> Algebra:
        base = self.atom(depth)
        if self.token != "^":
            return base
        self.place += 1
        exponent = self.atom(depth)
        if self.token == "^" or (isinstance(exponent, int) and abs(exponent) > MAX_EXPONENT):
            raise self.fault()
        return ("^", base, exponent)

    def atom(self, depth: int) -> Algebra:
        token = self.next()
        if token.isdigit():
            return int(token)
        if token in FUNCTIONS:
            if self.token != "(":
                raise self.fault()
            return (token, self.atom(depth))
        if token == "(":
            inside = self.sum(depth + 1)
            if self.next() != ")":
                raise self.fault()
            return inside
        if token.isalpha():
            return token
        raise self.fault()


@lru_cache(maxsize=4096)
def read_relation(text: str) -> Relation:
    """Parses an equation or inequality, or several joined by `or` and `and`; `a<x<b` is two of them.

    Raises:
        ParseError: the text is not a relation, or beyond the limits.

    >>> read_relation("x=2 or x=-3")
    ('or', ('=', 'x', 2), ('=', 'x', -3))
    >>> read_relation("2<x<=3")
    ('and', ('<', 2, 'x'), ('<=', 'x', 3))
    """
    if len(text) > MAX_CHARACTERS:
        raise ParseError(f"not algebra: {len(text)} characters")
    if text in (ALL, NONE):
        return ("all",) if text == ALL else ("none",)
    for word in JOINING:
        parts = text.split(f" {word} ")
        if len(parts) > 1:
            return _bounded(joined(word, [read_relation(part) for part in parts]))
    signs = COMPARED.findall(text)
    sides = [read(side) for side in COMPARED.split(text)]
    if not signs or len(signs) > 2 or (len(signs) == 2 and "=" in signs):
        raise ParseError(f"not an equation: {text[:60]!r}")
    return _bounded(joined("and", [(sign, *sides[at : at + 2]) for at, sign in enumerate(signs)]))


def _bounded(relation: Relation) -> Relation:
    if (length := len(relation_text(relation))) > MAX_CHARACTERS:
        raise ParseError(f"not algebra: {length} characters")
    return relation


def joined(word: str, relations: Sequence[Relation]) -> Relation:
    """Several relations joined into one by "or" or "and"."""
    first, *rest = relations
    return (word, first, joined(word, rest)) if rest else first


@lru_cache(maxsize=4096)
def relation_text(relation: Relation) -> str:
    """A relation as text: `read_relation(relation_text(r)) == r` if r was parsed from a text.

    >>> relation_text(("or", ("=", "x", 2), ("<", "x", ("neg", "y"))))
    'x=2 or x<-y'
    """
    if len(relation) == 1:
        return ALL if relation[0] == "all" else NONE
    word, left, right = relation
    if word in COMPARISONS:
        return f"{write(left)}{word}{write(right)}"
    if word == "and" and left[0] in "<=>=" and right[0] in "<=>=" and left[2] == right[1]:
        return f"{relation_text(left)}{right[0]}{write(right[2])}"
    return f"{relation_text(left)} {word} {relation_text(right)}"


RANKS = {"+": 1, "-": 1, "+-": 1, "neg": 1, "*": 2, "/": 2, "^": 4}


def write(tree: Algebra) -> str:
    """The expression as text, with only the brackets that it needs; the inverse of `read`.

    >>> write(("*", 3, ("+", "x", 2)))
    '3(x+2)'
    >>> write(("/", ("*", 2, "x"), ("*", 3, ("neg", "y"))))
    '2x/(3(-y))'
    """
    return _write(tree, 0)


def _write(tree: Algebra, above: int) -> str:
    if isinstance(tree, int):
        return f"({tree})" if tree < 0 and above > 1 else str(tree)
    if isinstance(tree, str):
        return tree
    if len(tree) == 2:
        name, inside = tree
        if name in FUNCTIONS:
            return f"{name}({_write(inside, 0)})"
        text = ("-" if name == "neg" else name) + _write(inside, 2)
        return f"({text})" if above > 1 else text
    operator, left, right = tree
    rank = RANKS[operator]
    if operator == "*":
        first, second = _write(left, 2), _write(right, 3)
        text = first + ("" if _touch(left, first, second) else "*") + second
    elif operator == "^":
        text = _write(left, 5) + "^" + _write(right, 5)
    else:
        # Subtraction and division are not associative: the right side needs brackets at the same rank.
        text = _write(left, rank) + operator + _write(right, rank + 1)
    return f"({text})" if rank < above else text


def _touch(left: Algebra, first: str, second: str) -> bool:
    """Whether two factors may be juxtaposed: 2x and 3(x+1), but not 2*3, x*sin(x), x^2*y and x/2*x.

    Juxtaposition binds tighter than *, so 2*3*(x+1) keeps its signs; si*n must not spell a function.
    """
    if (isinstance(left, tuple) and left[0] == "/") or second[0].isdigit() or _starred(first):
        return False
    if first[-1].isalpha() and second[0].isalpha():
        ends, begins = LETTERS.search(first), LETTERS.match(second)
        if ends and begins and ends[0] + begins[0] in (*FUNCTIONS, *JOINING):
            return False
    if re.search(r"\^\d+$", first):
        return second[0] == "("
    return second[0] == "(" or first[-1] == ")" or first.isdigit() or len(second) == 1 or second[1] == "^"


def _starred(text: str) -> bool:
    """Whether there is a * outside all brackets."""
    depth = 0
    for sign in text if "*" in text else "":
        depth += (sign == "(") - (sign == ")")
        if sign == "*" and not depth:
            return True
    return False


def terms(tree: Algebra) -> list[tuple[int, Algebra]]:
    """The terms of a sum, each with its sign.

    >>> terms(read("3x-(y-2)"))
    [(1, ('*', 3, 'x')), (-1, ('-', 'y', 2))]
    """
    if isinstance(tree, int) and tree < 0:
        return [(-1, -tree)]
    if isinstance(tree, tuple) and tree[0] == "neg":
        return [(-sign, term) for sign, term in terms(tree[1])] if _single(tree[1]) else [(-1, tree[1])]
    if isinstance(tree, tuple) and len(tree) == 3 and tree[0] in ("+", "-"):
        sign = 1 if tree[0] == "+" else -1
        right = terms(tree[2]) if sign == 1 or _single(tree[2]) else [(1, tree[2])]
        return [*terms(tree[1]), *((sign * each, term) for each, term in right)]
    return [(1, tree)]


def _single(tree: Algebra) -> bool:
    return not (isinstance(tree, tuple) and len(tree) == 3 and tree[0] in ("+", "-"))


def total(signed: Sequence[tuple[int, Algebra]]) -> Algebra:
    """The sum of signed terms, 0 for none: the inverse of `terms`.

    >>> write(total([(-1, "x"), (1, 3), (-1, ("+", "y", 1))]))
    '-x+3-(y+1)'
    """
    if not signed:
        return 0
    sign, tree = signed[0]
    if sign < 0:
        tree = -tree if isinstance(tree, int) else ("neg", tree)
    for sign, term in signed[1:]:
        tree = ("+" if sign > 0 else "-", tree, term)
    return tree


def factors(tree: Algebra) -> list[Algebra]:
    """The factors of a product, from left to right.

    >>> factors(read("2x(x+1)"))
    [2, 'x', ('+', 'x', 1)]
    """
    if isinstance(tree, tuple) and len(tree) == 3 and tree[0] == "*":
        return [*factors(tree[1]), *factors(tree[2])]
    return [tree]


def product(parts: Sequence[Algebra]) -> Algebra:
    """The product of factors, with ones left out; 1 for no factors, 0 if one of them is 0."""
    kept = [part for part in parts if part != 1]
    if 0 in kept:
        return 0
    tree: Algebra = kept[0] if kept else 1
    for part in kept[1:]:
        tree = ("*", tree, part)
    return tree


def polynomial_of(coefficients: Sequence[int], name: str = "x") -> Algebra:
    """A polynomial with these coefficients, from the highest power down.

    >>> write(polynomial_of((2, 0, -1)))
    '2x^2-1'
    """
    signed: list[tuple[int, Algebra]] = []
    for place, coefficient in enumerate(coefficients):
        power = len(coefficients) - 1 - place
        variable: Algebra = 1 if not power else name if power == 1 else ("^", name, power)
        if coefficient:
            signed.append((1 if coefficient > 0 else -1, product((abs(coefficient), variable))))
    return total(signed)


def names_in(tree: Algebra | Relation) -> Iterator[str]:
    """The names of the variables, repeated as often as they occur."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, tuple):
        for part in tree[1:]:
            yield from names_in(part)


def substitute(tree: Algebra, name: str, value: Algebra) -> Algebra:
    """The expression with a value substituted for a name."""
    if not isinstance(tree, tuple):
        return value if tree == name else tree
    parts: Any = [substitute(part, name, value) for part in tree[1:]]
    return (tree[0], *parts)

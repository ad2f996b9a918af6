r"""Equalities of formulas that are stated in words: "The derivative of $x^2$ is $2x$".

Expanding $(a+b)^2$ gives $a^2 + 2ab + b^2$       (a+b)^2 = a^2 + 2ab + b^2
$x^2 - y^2$ factors as $(x-y)(x+y)$               x^2 - y^2 = (x-y)(x+y)
The degree of $x^3 + 2x$ is 3                     degree of x^3 + 2x = 3
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from journey.solution_text.claims.equalities import Equality, Side
from journey.solution_text.reading.formula import Reader
from journey.solution_text.reading.tokens import Span, tokens
from journey.solution_text.reading.trees import Node, Unreadable
from journey.solution_text.values.evaluate import letters

FORMULA = r"(?:\$([^$=<>]{1,150})\$|\\\(([^$=<>]{1,150}?)\\\))"
IS = r"\s*(?:is|equals|is equal to|=)\s*(?:simply |just )?"
PATTERNS = [
    ("deriv", re.compile(rf"\bderivative of {FORMULA}(?:,? with respect to \$?[a-z]\$?,?)?{IS}{FORMULA}")),
    ("primitive", re.compile(rf"\b(?:antiderivative|(?<!definite )integral) of {FORMULA}{IS}{FORMULA}")),
    (
        "degree",
        re.compile(rf"\bdegree of (?:the polynomial )?{FORMULA}{IS}(?:\$(\d+)\$|(\d+))(?!\d|\.\d|\^)"),
    ),
    (
        "same",
        re.compile(
            rf"\b(?:[Ee]xpanding|[Ff]actoring|[Ss]implifying|[Mm]ultiplying out|[Dd]istributing) {FORMULA}"
            rf"(?: gives?| yields?|,? (?:we|you|one) (?:gets?|have|has|obtains?|finds?)| results in)"
            rf" {FORMULA}"
        ),
    ),
    (
        "same",
        re.compile(
            rf"(?<!of ){FORMULA} (?:equals|is equal to|is the same as|becomes|can be (?:re)?written as|"
            rf"simplif(?:ies|ied) to|reduces to) {FORMULA}"
            r"(?! (?:more|less|times|plus|minus|if|when|for|only))"
        ),
    ),
    (
        "same",
        re.compile(rf"{FORMULA} (?:factors (?:as|into|to)|expands to) {FORMULA}"),
    ),
]


def spoken(text: str) -> Iterator[Equality]:
    """The equalities of formulas that a text says in words.

    >>> [found.text for found in spoken("The derivative of $x^2$ is $2x$.")]
    ['the derivative of x^2 = 2x']
    """
    if "$" not in text and "\\(" not in text:
        return
    for kind, pattern in PATTERNS:
        for match in pattern.finditer(text):
            first, second = (one for one in match.groups() if one is not None)
            try:
                left, right = _read(first), _read(second)
            except Unreadable:
                continue
            yield from _equality(kind, left, right, first, second, match.start())


def _read(text: str) -> Node:
    read = tokens(Span(text, True))
    reader = Reader(read, 0, True)
    tree = reader.expression()
    if reader.at != len(read) or reader.unclear:
        raise Unreadable
    return tree


def _equality(kind: str, left: Node, right: Node, first: str, second: str, start: int) -> Iterator[Equality]:
    words = {"deriv": "the derivative of ", "primitive": "the integral of ", "degree": "the degree of "}
    names = letters(left) - {"e"}
    if kind != "same":
        # "The degree of $h$" is a property of a polynomial with that name.
        if len(names) != 1 or (left.op == "letter" and (kind == "degree" or left.name in "fghpqFGHPQ")):
            return
        name = next(iter(names))
        left = Node(kind, (left,), name=name)
    text = words.get(kind, "") + first.strip()
    sides = [
        Side(tree, wording, None, frozenset()) for tree, wording in ((left, text), (right, second.strip()))
    ]
    yield Equality(sides[0], sides[1], "=", True, 0, start)

"""Inequalities in words."""

import re

from traces.styles.words import Words
from traces.styles.words.equations import (
    ADD,
    ALL_NUMBERS,
    CLEAR,
    DIVIDE,
    EXPAND_PART,
    FACTOR,
    LIKE_TERMS,
    NO_SOLUTION,
    SUBTRACT,
)
from traces.styles.words.forms import Kind, doing, form, table

FACTORS = re.compile(r"\([^()]*\)|-?\d+|[*/]")
PLAIN = r"(?:\(-?\d+/\d+\)|-?\d+)(?:[*/](?:\(-?\d+/\d+\)|-?\d+))*"
IN_LATEX = r"(?:\(-?\d+(?:/\d+)?\)|\d+)(?: (?:\\cdot|/) (?:\(-?\d+(?:/\d+)?\)|\d+))*"


def say_factors(text: str) -> str:
    r"""The factors of a test in LaTeX.

    >>> say_factors("8/-1*(1/2)")
    '8 / (-1) \\cdot (1/2)'
    """
    words = {"*": r" \cdot ", "/": " / "}
    return FACTORS.sub(lambda each: words.get(each[0]) or _negative(each[0]), text)


def _negative(number: str) -> str:
    return f"({number})" if number.startswith("-") else number


def read_factors(text: str) -> str:
    r"""The inverse of `say_factors`.

    >>> read_factors(r"8 / (-1) \\cdot (1/2)".replace("\\\\", "\\"))
    '8/-1*(1/2)'
    """
    return re.sub(r"\((-?\d+)\)", r"\1", text.replace(r" \cdot ", "*").replace(" / ", "/"))


WORDS = Words(
    takes=(
        form(
            "test <at>:<values:factors><sign:side>0",
            "Test $x = <at>$: $<values:factors> <sign:side> 0$.",
            "At $x = <at>$ the sign is that of $<values:factors> <sign:side> 0$.",
            "A number in between is $x = <at>$, and there $<values:factors> <sign:side> 0$.",
            "Put in $x = <at>$: $<values:factors> <sign:side> 0$.",
        ),
        form("points:none", "There are no critical points.", "Nothing is zero anywhere."),
        form(
            "points:<points>",
            "The critical points are $<points>$.",
            "Something is zero at $<points>$.",
            "The signs may change at $<points>$.",
            "Mark the points $<points>$ on the line.",
        ),
        form("so:no solution", *NO_SOLUTION),
        form("so:all numbers", *ALL_NUMBERS),
        form(
            "so:<line>",
            "So $<line>$.",
            "That means $<line>$.",
            "Hence $<line>$.",
            "The solution is $<line>$.",
        ),
        doing("join", "write it as one fraction", "putting all over one denominator"),
        SUBTRACT,
        ADD,
        DIVIDE,
        CLEAR,
        EXPAND_PART,
        LIKE_TERMS,
        FACTOR,
    ),
    kinds={
        "factors": Kind(PLAIN, IN_LATEX, say_factors, read_factors),
        "side": table({"<": "<", ">": ">"}),
    },
)

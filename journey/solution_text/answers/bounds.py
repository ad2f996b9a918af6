r"""Bounds and exceptions in words: "at least 5", "7 or less", "all real numbers except 2"."""

from __future__ import annotations

import re

from journey.solution_text.answers.amounts import number

MAX_TEXT = 200
WRITTEN = re.compile(r"\\text(?:bf|it|rm)?\s{0,9}\{([^{}]{0,200})\}|\$")
BOUNDS = [
    (re.compile(pattern, re.IGNORECASE), sign)
    for pattern, sign in (
        (r"(?:at least|(?:no|not) (?:less|fewer|smaller) than) (\S+)", r"\geq"),
        (r"(\S+) or (?:more|greater|above|higher)", r"\geq"),
        (r"(?:at most|up to|no more than|not more than) (\S+)", r"\leq"),
        (r"(\S+) or (?:less|fewer|below|lower)", r"\leq"),
        (r"(?:more|greater|larger|higher) than (\S+)", ">"),
        (r"(?:less|fewer|smaller|lower) than (\S+)", "<"),
        *((re.escape(sign) + r" ?(\S+)", sign) for sign in (r"\geq", r"\leq", ">", "<")),
    )
]
EXCEPT = re.compile(
    r"(?:all|any|every)(?: the)?(?: real)?(?: numbers?| values?| reals?)?(?: of)?(?: [a-z])?,? "
    r"(?:except|but|other than|excluding)(?: for)? (.+)",
    re.IGNORECASE,
)


def bound(text: str) -> tuple[str, str] | None:
    r"""The sign and the number of a bound without a letter, or None.

    >>> bound("at least 5"), bound(r"\text{7 or less}"), bound("at least 5 hours")
    (('\\geq', '5'), ('\\leq', '7'), None)
    """
    words = _plain(text)
    for pattern, sign in BOUNDS:
        if (match := pattern.fullmatch(words)) and number(match[1]) is not None:
            return sign, match[1]
    return None


def all_but(text: str) -> str | None:
    """What is excepted from all real numbers, or None.

    >>> all_but("all real numbers except 2 and 3")
    '2 and 3'
    """
    match = EXCEPT.fullmatch(_plain(text))
    return match[1] if match else None


def _plain(text: str) -> str:
    return " ".join(WRITTEN.sub(r" \1 ", text).split()).rstrip(".") if len(text) <= MAX_TEXT else ""

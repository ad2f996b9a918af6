"""Numbers that name something and are no terms: "Step 3 - 4 * 5 = 20", "1) 3 + 4 = 7", "on day 1"."""

from __future__ import annotations

from collections.abc import Sequence

from journey.solution_text.reading.tokens import Token
from journey.solution_text.reading.words import word_set

LABELS = word_set(
    "step steps part day week month year question problem chapter case item number exercise example method "
    "option round level grade section task line test trip stage phase group team option equation rule note "
    "point scenario figure table lesson unit room page q ex no #"
)
"""Before a number and a dash, these name something rather than begin a difference."""
ON = word_set("on in for by of from")


def is_marker(around: Sequence[Token]) -> bool:
    """Whether this is the mark of an item of a list: "1)", "(a)"."""
    marks = [token for token in around if token.kind != "open"]
    return len(marks) == 2 and marks[1].text == ")" and len(marks[0].text) <= 2 and around[0].start <= 1


def is_label(read: list[Token], at: int) -> bool:
    """Whether this is the number of "Step 3 - 4 * 5 = 20"."""
    if at == 0 or at + 1 >= len(read) or read[at].kind != "number" or read[at - 1].kind != "word":
        return False
    dash = read[at + 1]
    return read[at - 1].text.lower() in LABELS and dash.text == "-" and not dash.tight


def is_named(read: list[Token], at: int) -> str | None:
    """Whether the number is a name: "10 pages on day 1 * 2 = 20 pages"."""
    words = [token.text.lower() for token in read[max(0, at - 2) : at] if token.kind == "word"]
    return "the number is a name" if len(words) == 2 and words[0] in ON and words[1] in LABELS else None


def is_bullet(read: list[Token], at: int) -> bool:
    """Whether this minus is the dash before an item of a list or behind a label."""
    first = at == 0 or read[at - 1].text.startswith("\n") or is_label(read, at - 1)
    return read[at].kind == "op" and first and at + 1 < len(read) and not read[at + 1].tight

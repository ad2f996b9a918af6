r"""Other readings of a step that was not decided; they can confirm an equality and never refute one.

    "250 x 12 = 3 000 grams"                          250 x 12 = 3000
    "3 x the height of 12 inches = 36 inches"         3 x 12 = 36

Here a space may group digits, and a description may stand between a number and its sign. Both are guesses,
but a guess under which the two sides are equal to the last digit is hardly wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from journey.solution_text.claims.equalities import AFTER, PARTIAL
from journey.solution_text.reading.number_words import CARDINALS, MULTIPLES, PARTS
from journey.solution_text.reading.words import word_set

GROUPED = re.compile(r"(?<![\d.,/])\d{1,3}(?: \d{3})+(?![\d.,]*\d)")
LEXEME = re.compile(
    r"(?P<number>\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)|(?P<word>[A-Za-z]+(?:['’-][A-Za-z]+)*)"
    r"|(?P<sign>[-+*/×÷])|(?P<other>\S)"
)
SPACED = re.compile(r"\s[-+*/×÷x]\s")
CLAUSE = re.compile(r"[;:?!=\n]|[.,](?!\d)")
RESULT = re.compile(
    r"\s*(\$?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)(?![\d%]|\.\d|\s*[-+*/×÷^(=]|\s+(?:x|of)\s)"
)
BLOCKING = (
    PARTIAL
    | AFTER
    | frozenset(MULTIPLES)
    | frozenset(PARTS)
    | frozenset(CARDINALS)
    | word_set("more less fewer than not if suppose without except into out")
)
"""Words that change what the numbers next to them mean."""
JOINING = word_set("and or of by to from per x")
MAX_TEXT = 1_000
MAX_READINGS = 6


def second_readings(text: str) -> Iterator[str]:
    """What a step may say besides what it says at first sight.

    >>> list(second_readings("It is 3 x the height of 12 inches = 36 inches"))
    ['3 x 12 = 36']
    """
    if "=" not in text or len(text) > MAX_TEXT or "$\\" in text:
        return
    if GROUPED.search(text):
        yield GROUPED.sub(lambda match: match[0].replace(" ", ""), text)
    count = 0
    for relation in re.finditer("=", text):
        result = RESULT.match(text, relation.end())
        if result and count < MAX_READINGS and (left := _calculation(text[: relation.start()])):
            count += 1
            yield f"{left} = {result[1]}"


def _calculation(before: str) -> str | None:
    """The numbers and signs of a clause, with the words between them left out."""
    start = max((match.end() for match in CLAUSE.finditer(before)), default=0)
    clause = before[start:]
    if not SPACED.search(clause):
        return None
    terms: list[str] = []
    last = ""
    words = 0
    for lexeme in LEXEME.finditer(clause):
        kind, text = lexeme.lastgroup, lexeme[0]
        if kind == "word" and text == "x" and terms:
            kind = "sign"
        if kind == "word":
            if text.lower() in BLOCKING or (len(text) == 1 and text not in "aAI"):
                return None
            words += bool(terms)
        elif kind == "number":
            if terms and terms[-1][-1].isdigit():
                if last in JOINING:
                    return None
                terms = []
            terms.append(text)
        elif kind == "sign":
            if not terms or not terms[-1][-1].isdigit():
                return None
            terms.append(text)
        elif text not in "()":
            return None
        last = text.lower()
    if len(terms) < 3 or not words or not terms[-1][-1].isdigit() or "(" in clause:
        return None
    return " ".join(terms)

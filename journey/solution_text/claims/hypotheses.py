r"""Words near which an equality is not asserted: supposed, quoted, denied, asked or meant otherwise.

    "Suppose 2 + 2 = 5."                      a hypothesis
    "If he had 3 + 4 = 8 apples, then"        the condition
    "He wrote "3 + 4 = 8"."                   quoted

Such an equality may be confirmed, and is never refuted.
"""

from __future__ import annotations

import re
from functools import lru_cache

DOUBTFUL = re.compile(
    r"\b(?:incorrect(?! (?:questions?|answers?|problems?))|"
    r"false|contradict\w*|impossible|not (?:equal|true|right|correct)|"
    r"assum\w*|suppos(?:e|ing)|imagin\w*|pretend\w*|absurd|mistake(?!s)\w*|thought|"
    r"(?<!questions )(?<!answers )(?<!problems )wrong\w*(?! (?:questions|answers|problems))|"
    r"believ\w*|claim(?:s|ed) that|equation becomes|modulo|modular|mod|units digit|verify|"
    r"remainders?(?! which| that| of (?:the|his|her|their|its) (?:\d+ )?(?!divi|quot|number)[a-z]"
    r"| of \d+(?:\.\d+)? - )|"
    r"(?:at least|at most|exactly|only) one of|instead|would(?: not|n't) (?:help|work|do|be)|"
    r"if (?:we|you|one) (?:plug|substitute|put)\w*)\b|\\[bp]?mod\b",
    re.IGNORECASE,
)
"""These words anywhere in its step."""
CONDITION = re.compile(
    r"\b(?:either(?! way| case)|isn't|doesn't|would not|wouldn't|if|unless|whether|"
    r"had (?:he|she|it|they|we)|what if)\b",
    re.IGNORECASE,
)
"""Before it in its clause."""
RIGHT_BEFORE = re.compile(
    r"\bnot\s*$|\b(?:would (?:be|equal|mean|imply)|might be)\b[^.;,=]{0,8}$"
    r"|[\"“”]\s*$",
    re.IGNORECASE,
)
CLAUSE = re.compile(r"[,;:.!?\n](?!\d)|\bthen\b", re.IGNORECASE)


ADMITTED = re.compile(
    r"\b(?:incorrect|mistaken|erroneous|improper|wrong)ly\b|\bmisappl\w+|"
    r"\baccidentally (?:add|subtract|multipl|divid|comput|calculat|count|us|writ|wrote|forg[eo]t|swap)\w*|"
    r"\b(?:add|subtract|multipl|divid|comput|calculat|count|us|writ|swap)\w* [^.]{0,30}\bby mistake\b|"
    r"\b(?:incorrect|wrong|erroneous) (?:due|because|since|value|result|step|calculation|assumption)\b",
    re.IGNORECASE,
)
"""A step that says this of itself is not valid for the arithmetic in it."""
ADMITTED_PARTS = ("incorrect", "mista", "erroneous", "accidental", "improper", "wrong", "misappl")
"""One of them is in each of these words; to look for them is faster."""


def admitted_error(text: str) -> str | None:
    """What in a step says that it is wrong, or None."""
    if not any(part in text.lower() for part in ADMITTED_PARTS):
        return None
    match = ADMITTED.search(text)
    return f"the step says {match[0]!r}" if match else None


def doubt(text: str, start: int) -> str | None:
    """Why an equality that begins at `start` in a step may not be asserted, or None.

    >>> doubt("If he had 3 + 4 = 8 apples", 10)
    "the sentence says 'If'"
    """
    before = text[:start]
    clause = before[max((match.end() for match in CLAUSE.finditer(before)), default=0) :]
    word = _doubtful(text) or CONDITION.search(clause) or RIGHT_BEFORE.search(before[-60:])
    return f"the sentence says {word.group().strip()!r}" if word else None


@lru_cache(maxsize=16)
def _doubtful(text: str) -> re.Match[str] | None:
    """The same for all equalities of a step."""
    return DOUBTFUL.search(text)

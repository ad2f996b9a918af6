"""Answers that name a property: "n is odd", "an isosceles triangle".

same_property("n is odd", "n odd")                        True
same_property("isosceles", "an isosceles triangle")       True
same_property("n is odd", "m is odd")                     False
"""

from __future__ import annotations

import re

OF_NUMBERS = "odd|even|prime|composite|positive|negative|rational|irrational"
OF_TRIANGLES = "isosceles|scalene|equilateral|right|acute|obtuse"
PROPERTY = re.compile(
    r"(?:(?:all|every|any|the|an?|when|whenever|if|only|it is|it's|this is|it must be|for)\s+)*"
    r"(?:(?:triangle\s+(?P<triple>[a-z]{3})|(?P<name>[b-z]))\s+)??"
    r"(?:(?:is|are|must be|has to be)\s+)?(?:always\s+)?(?:(?:an?|the)\s+)?"
    rf"(?:(?P<number>{OF_NUMBERS})(?:\s+(?:(?:whole\s+)?numbers?|integers?|(?P<variable>[a-z])))?"
    rf"|(?P<triangle>{OF_TRIANGLES})(?:[\s-]+angled)?(?:\s+triangles?)?(?:\s+(?P<corners>[a-z]{{3}}))?)"
)
MAX_CHARACTERS = 60
"""Of a text that names a property and says nothing else."""
MARKUP = re.compile(r"\\(?:text|textbf|textit|mathrm)\s*(?=\{)|\\triangle|[{}$.!,]|\\[ ,;]")


def same_property(gold: str, pred: str) -> bool | None:
    """Whether two texts name the same property, of the same thing if both say which; None if one names none.

    >>> same_property("all odd n", "n is odd"), same_property("even", "n is odd")
    (True, False)
    """
    one, other = _property(gold), _property(pred)
    if one is None or other is None:
        return None
    return one[0] == other[0] and not (one[1] and other[1] and one[1] != other[1])


def _property(text: str) -> tuple[str, str] | None:
    """A property and the name of what has it, or ""."""
    words = " ".join(MARKUP.sub(" ", text[: MAX_CHARACTERS + 1]).split()).casefold()
    match = PROPERTY.fullmatch(words) if len(words) <= MAX_CHARACTERS else None
    if match is None:
        return None
    names = (match[group] for group in ("name", "triple", "variable", "corners"))
    return match["number"] or match["triangle"], next(filter(None, names), "")

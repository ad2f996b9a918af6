r"""Free constants: their conditions count, and their names do not.

qualified(r"x^2 + C, where C is any constant")     ("x^2 + C", {"C": "real"})
renamings("x^2 + C", "x^2 + K", ...)                ["x^2 + C"]
"""

from __future__ import annotations

import re
from itertools import permutations
from typing import NamedTuple

from journey.solution_text.answers.latex import naming, squeeze

NAME = re.compile(r"\\[A-Za-z]+|[A-Za-z](?:_(?:\{\w+\}|\w))?|.", re.DOTALL)
_L = r"\$?\s*([A-Za-z](?:_\{?\w\}?)?(?:\s*(?:,|and)\s*[A-Za-z](?:_\{?\w\}?)?){0,3})\s*\$?"
_WORD = (
    r"(?:an?|any|some|the|all|arbitrary|real|fixed|every|each|independent|free|of integration|non-?negative"
    r"|positive)"
)
_DOMAIN = (
    r"(constants?(?: of integration)?|reals?(?: numbers?| constants?)?|(?:whole |natural )?numbers?"
    r"|integers?)"
)
_SET = r"\\mathbb\s*\{?\s*([RZNQ])\s*\}?(?:\s*\^\s*\{?\s*\+\s*\}?)?|\\(?:R|Z|N)(?![A-Za-z])"
_START = r"\s*[,;(]*\s*(?:and |where |with |for |when |here |such that |if )*\s*"
_END = r"\s*\)?\s*[.$]*\s*$"
IS = re.compile(rf"{_START}{_L}\s*(?:is|are|being|=)?\s*((?:{_WORD}\s+)*){_DOMAIN}{_END}")
FOR = re.compile(rf"\s*[,;(]*\s*(?:where |with )?for ((?:{_WORD}\s+)+)(?:{_DOMAIN}\s*)?{_L}{_END}")
IN = re.compile(rf"{_START}(?:{_WORD} )*{_L}\s*\\in\s*({_SET}){_END}")
LIMITED = re.compile(
    rf"\s*[,;(]*\s*(?:where|with|for|when|if|and|provided)(?: that)?(?: {_WORD})* \s*{_L}\s*"
    rf"((?:<|>|\\[lg]eq?|\\neq?|=|\\ne)(?![A-Za-z])[^,]{{1,30}}?){_END}"
)
FREE = re.compile(r"[CKcABk](?:_\{?\d\}?)?|[Dd]_\{?\d\}?")
"""What constants are called that nobody introduces."""
COUNTING = set("kmn")
"""What whole numbers are called, in multiples of pi or of a turn."""
MAX_FREE = 3
USUAL = {"real", "integer"}
"""What goes without saying of constants."""
VARIABLES = "xyztu"
"""Of these, a condition is a remark on where a formula is defined; constants stand next to them."""


class Qualified(NamedTuple):
    """A formula and the conditions on its letters."""

    formula: str
    letters: dict[str, str]
    """Of each letter: real, integer, natural, or the condition that it meets."""


def qualified(text: str) -> Qualified:
    r"""A formula without the conditions on its letters that stand behind it.

    >>> qualified(r"2\pi k, k \in \mathbb{Z}"), qualified("x + c, where c > 0")
    (Qualified(formula='2\\pi k', letters={'k': 'integer'}), Qualified(formula='x + c', letters={'c': 'c>0'}))
    >>> qualified("x > 0, x < 5").letters
    {}
    """
    letters: dict[str, str] = {}
    if r"\begin{cases}" in text:
        return Qualified(text, letters)  # its conditions belong to its rows
    plain = re.sub(r"\\text\s*\{([^{}]*)\}|\\q?quad(?![A-Za-z])|\\[,;: ]", lambda m: f" {m[1] or ''} ", text)
    for _ in range(MAX_FREE):
        for start in (match.start() for match in re.finditer(r"[,;(]|\b(?:where|with|for|when|if)\b", plain)):
            if plain[:start].strip(" ,;") and (conditions := _said(plain[start:])):
                letters.update(conditions)
                plain = plain[:start].rstrip(" ,;")
                break
        else:
            break
    return Qualified(plain if letters else text, letters)


def _said(tail: str) -> dict[str, str]:
    if match := IS.match(tail):
        return dict.fromkeys(_names(match[1]), _domain(match[2] + match[3]))
    if match := FOR.match(tail):
        return dict.fromkeys(_names(match[3]), _domain(match[1] + (match[2] or "")))
    if match := IN.match(tail):
        sign = "positive " if "+" in match[2] else ""
        return dict.fromkeys(
            _names(match[1]), _domain(sign + {"Z": "integer", "N": "natural"}.get(match[3] or "", "real"))
        )
    if match := LIMITED.match(tail):
        return {name: squeeze(name + match[2]) for name in _names(match[1])}
    return {}


def _names(letters: str) -> list[str]:
    return [squeeze(name) for name in re.split(r"\s*(?:,|and)\s*", letters.strip(" $"))]


def _domain(words: str) -> str:
    kind = (
        "natural" if "natural" in words else "integer" if "integer" in words or "whole" in words else "real"
    )
    if "positive" in words or "negative" in words:
        return "natural" if kind == "integer" else "positive"
    return kind


def conflict(gold: Qualified, pred: Qualified) -> bool | None:
    """Whether the conditions on the letters differ: True if it does, None if one is silent on a condition.

    >>> conflict(qualified("kx for any integer k"), qualified("kx"))
    False
    >>> conflict(qualified("x + c"), qualified("x + c, where c > 0"))
    True
    >>> conflict(qualified("x + c, where c > 0"), qualified("x + c")) is None
    True
    """
    expected, given = (_conditions(each) for each in (gold, pred))
    if (
        expected == given
        or (expected <= {*USUAL, "natural"} and not given)
        or (given <= USUAL and not expected)
    ):
        return False
    if not given or (
        not expected and all(condition[0] in VARIABLES or condition == "natural" for condition in given)
    ):
        return None
    return True


def _conditions(conditions: Qualified) -> set[str]:
    """The conditions on the letters that occur."""
    letters = _letters(conditions.formula)
    return {condition for letter, condition in conditions.letters.items() if letter in letters}


def renamings(gold: Qualified, pred: Qualified) -> list[str]:
    """The prediction with its constants named as in the reference, in each way that is possible.

    >>> renamings(qualified("Ae^x + Be^{-x}"), qualified("C_1e^x + C_2e^{-x}"))
    ['Ae^x + Be^{-x}', 'Be^x + Ae^{-x}']
    >>> renamings(qualified("a + b"), qualified("a + c"))
    []
    """
    expected, given = _letters(gold.formula), _letters(pred.formula)
    missing, extra = sorted(expected - given), sorted(given - expected)
    if not missing or len(missing) != len(extra) or len(missing) > MAX_FREE:
        return []
    turns = r"\pi" in gold.formula or "360" in gold.formula or "180" in gold.formula
    others = bool(expected & given & set(VARIABLES))
    for names, letters in ((missing, gold.letters), (extra, pred.letters)):
        for name in names:
            free = FREE.fullmatch(name) and others
            if not (name in letters or free or (name in COUNTING and turns)):
                return []
    return [_renamed(pred.formula, dict(zip(extra, order, strict=True))) for order in permutations(missing)]


def _letters(formula: str) -> set[str]:
    left, sign, right = formula.rpartition("=")
    text = right if sign and naming(left) else formula
    text = re.sub(r"\\text\s*\{[^{}]*\}", " ", text)
    return {squeeze(token) for token in NAME.findall(text) if token[0].isalpha()}


def _renamed(formula: str, names: dict[str, str]) -> str:
    left, sign, right = formula.rpartition("=")
    if not naming(left):
        left, sign, right = "", "", formula
    tokens = (
        names.get(squeeze(token), token) if token[0].isalpha() else token for token in NAME.findall(right)
    )
    return left + sign + "".join(tokens)

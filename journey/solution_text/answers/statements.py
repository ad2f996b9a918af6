"""Answers that are a statement in words, and what they state.

statement("There are no real solutions.")     "no solution"
statement("The series diverges")              "diverges"
"""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """A pattern for any of several words."""
    return f"(?:{'|'.join(words.split())})"


_OPENING = (
    r"so|thus|hence|therefore|then|in conclusion|finally|clearly|and|that|answer:|it follows that"
    r"|this means(?: that)?|we (?:see|find|conclude|know|have)(?: that)?|the (?:final )?answer is(?: that)?:?"
)
OPENING = re.compile(rf"(?:(?:{_OPENING})[,: ]+)*", re.IGNORECASE)
_KIND = _any(
    """real integer integral whole rational positive negative nonnegative natural complex prime distinct
    finite such possible valid number value [a-z]-"""
)
_KINDS = rf"(?P<kind>(?:{_KIND} ?)*)"
_THING = (
    _any("solution root answer value zero number integer pair triple triangle x n y x-intercept real") + "s?"
)
_WHOSE = _any(
    """the this that our given original of equation equations system inequality problem function set it we
    there polynomial quadratic above"""
)
_HAS = _any("has have is are exist exists admit admits")
_HOLDS = rf"(?:that |which )?(?:satisf(?:y|ies|ying)|works?|solves?)(?: (?:{_WHOSE}|both|all|conditions?))*"
NONE = re.compile(
    rf"(?:(?:{_WHOSE} )*(?:{_HAS} )?)?(?:no|zero|0|not any|without any) {_KINDS}{_THING}(?: (?:of )?[a-z])?"
    rf"(?: (?:exists?|at all|possible|{_HOLDS}|(?:to|for|of)(?: {_WHOSE})+))*"
)
NOT_ANY = re.compile(
    rf"(?:{_WHOSE} )*(?:does not|do not|doesn't|don't|cannot) (?:have|exist|admit)(?: any| a)? ?"
    rf"{_KINDS}{_THING}"
    r"|(?:the )?solutions? (?:does|do) not exist|(?:the )?solution set is (?:the )?empty(?: set)?"
    r"|(?:the )?(?:empty|null) set|none(?: exists?| of them)?|no such [a-z]+(?: exists?)?"
    r"|(?:(?:the )?(?:system|equations?) (?:is|are) )?inconsistent"
)
INFINITE = re.compile(
    rf"(?:(?:{_WHOSE} )*{_HAS} )?(?:an )?(?:infinitely many|infinite(?: number of| amount of|ly many)?)"
    rf"(?: {_KINDS}{_THING})?(?: (?:of them|exists?|to(?: {_WHOSE})+))*"
)
_IT = "(?:(?:it|this|that|the statement) is )?"
_ALL = "(?:(?:all|any|every|the set of(?: all)?) )?(?:the )?"
_ONE = r"(?:it|they|he|she|we|that|this|there)"
_IS = _any("is are does do can will has have")
_LIMIT = _any("limit series integral sequence sum it value derivative")
_CALCULUS = rf"(?:(?:the |this )?(?:improper )?{_LIMIT} )?(?:is )?"
MEANINGS = {
    "does not exist": [
        _CALCULUS + "(?:does not exist|doesn't exist|dne|undefined|not defined|nonexistent)",
        "(?:the |this )?(?:function|expression|slope) is (?:undefined|not defined)",
    ],
    "diverges": [_CALCULUS + "(?:diverges?|divergent|does not converge|doesn't converge|not convergent)"],
    "converges": [_CALCULUS + "(?:converges?|convergent)"],
    "impossible": [_IT + "(?:impossible|not possible)", "(?:it|this) (?:cannot|can't) be done"],
    "cannot be determined": [
        "(?:(?:it|this|the answer) )?(?:cannot|can not|can't) be (?:determined|found)",
        "(?:there is )?(?:not enough|insufficient) information",
    ],
    "all real numbers": [
        _ALL + "real (?:number|value)s?(?: x| of x)?",
        "(?:all|the) reals",
        "(?:any|every) real",
    ],
    "all integers": [_ALL + "integers?(?: values)?"],
    "all positive integers": [_ALL + "(?:positive integers?|natural numbers?)"],
    "all nonnegative integers": [_ALL + "(?:non-?negative integers?|whole numbers?)"],
    "all rational numbers": [_ALL + "rational numbers?"],
    "yes": [f"yes(?:,? {_ONE} {_IS})?"],
    "no": [f"no(?:,? {_ONE} (?:{_IS} ?not|can't|won't|isn't|aren't|doesn't|don't))?"],
    "true": [_IT + "(?:always )?true"],
    "false": [_IT + "(?:false|not true)"],
    "neither": ["neither(?: even nor odd| of (?:these|them))?"],
}
"""What statements mean, and how they are worded."""
WORDINGS = [(re.compile("|".join(wordings)), meaning) for meaning, wordings in MEANINGS.items()]
SYMBOLS = {
    r"\emptyset": "no solution", r"\mathbb{Z}": "all integers", r"\mathbb{Z}^+": "all positive integers",
    r"\mathbb{Z}^{+}": "all positive integers", r"\mathbb{Z}_{>0}": "all positive integers",
    r"\mathbb{N}": "all positive integers", r"\mathbb{Q}": "all rational numbers",
    r"\mathbb{Z}_{\geq0}": "all nonnegative integers", r"\Z": "all integers", r"\infty": "infinite",
}  # fmt: skip
MAX_WORDS = 16
"""Words of a statement."""
SAME_KIND = {"integral": "integer", "whole": "integer"}
UNSAID = {"real", "such", "possible", "valid", "x-", "number", "value", "finite", ""}
"""Kinds of solutions that go without saying."""


def statement(text: str) -> str | None:
    """What a text states in words, in one wording, or None if it is no statement that is known.

    >>> statement("The equation has no integer solutions."), statement("no solution except 2")
    ('no integer solution', None)
    """
    text = re.sub(r"\\text(?:bf|it|rm)?\s*\{([^{}]*)\}|\\[ ,;!]|~|\$", r" \1 ", text[:300])
    text = " ".join(text.split()).strip(" .!*")
    if text.replace(" ", "") in SYMBOLS:
        return SYMBOLS[text.replace(" ", "")]
    opening = OPENING.match(text)
    words = text[opening.end() if opening else 0 :].casefold()
    if not words or len(words.split()) > MAX_WORDS:
        return None
    for pattern in (NONE, NOT_ANY):
        if match := pattern.fullmatch(words):
            kinds = sorted(SAME_KIND.get(kind, kind) for kind in (match["kind"] or "").split())
            return " ".join(["no", *(kind for kind in kinds if kind not in UNSAID), "solution"])
    if INFINITE.fullmatch(words):
        return "infinite"
    return next((meaning for pattern, meaning in WORDINGS if pattern.fullmatch(words)), None)


def same_statement(gold: str, pred: str) -> bool | None:
    """Whether two texts state the same; None if one of them is no known statement, or it is not clear.

    >>> same_statement("no solution", "There are no real roots."), same_statement("true", "It is false.")
    (True, False)
    >>> same_statement("no integer solutions", "no solution") is None
    True
    """
    one, other = statement(gold), statement(pred)
    if one is None or other is None:
        return None
    if one == other:
        return True
    return None if {one, other} in UNCLEAR or (one.startswith("no ") and other.startswith("no ")) else False


UNCLEAR: list[set[str]] = [
    {"no solution", "does not exist"}, {"no solution", "impossible"}, {"no solution", "no"},
    {"true", "yes"}, {"false", "no"}, {"diverges", "does not exist"}, {"infinite", "diverges"},
    {"does not exist", "impossible"}, {"infinite", "all real numbers"}, {"neither", "no solution"},
    {"all positive integers", "all nonnegative integers"},
]  # fmt: skip
"""What one may mean by the other."""

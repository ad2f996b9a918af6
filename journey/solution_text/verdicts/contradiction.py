"""Equations that contradict what was stated: a function's only definition, one equation put into another.

f(x) = x^2 + 1, so f(3) = 12                            f(3) = 10, not 12
Substituting b = 3a into 2a + b = 20 gives 6a = 20      it gives a = 4
"""

from __future__ import annotations

import re
from fractions import Fraction

from journey.exact.surds import ONE, Terms, Unsupported, exact
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.values.display import fraction, shown
from journey.solution_text.values.evaluate import letters, value
from journey.solution_text.values.letters import Meaning
from journey.solution_text.verdicts.rewriting import Premises

BRANCHES = re.compile(
    r"\b(?:if|otherwise|piecewise|suppos\w*|assum\w*|when|try|instead|not|solve|such that|satisf\w*|want|"
    r"need|inverse|mod\w*|approx\w*|about)\b|\\begin\{(?:cases|array)|\?",
    re.IGNORECASE,
)
"""Near these words an equation may be no definition that holds everywhere, or no claim."""


SUBSTITUTES = re.compile(r"\b(?:substitut\w*|plug\w*|replac\w*)\b", re.IGNORECASE)


def contradiction(premises: Premises, equality: Equality, text: str) -> str | None:
    """Why a value of a function is false by its only definition, or None."""
    left, right = equality.left.tree, equality.right.tree
    if left.op != "apply" or equality.unclear or equality.relation != "=":
        return None
    names = letters(right)
    if names and (not left.name.endswith("'") or {part.name for part in left.parts} != names):
        return None
    name = left.name.rstrip("'")
    definitions = premises.definitions.get(name, [])
    if len(definitions) != 1 or BRANCHES.search(f"{premises.history} {text}"):
        return None
    try:
        at = {letter: exact(3) for letter in names}
        a, b = value(left, meaning=Meaning(at, premises.functions)), value(right, meaning=Meaning(dict(at)))
    except (Unsupported, ZeroDivisionError):
        return None
    if a == b or a.unknowns() or b.unknowns():
        return None
    if abs(fraction(a) - fraction(b)) <= abs(fraction(a)) / 100:
        return None
    where = "".join(f" where {letter} = 3" for letter in names)
    return f"{equality.left.text} = {shown(a)}, not {shown(b)}{where}, by the definition of {name}"


def substitution(premises: Premises, equality: Equality, text: str) -> str | None:
    """Why the result of putting one of the last two equations into the other is false, or None."""
    if not SUBSTITUTES.search(text) or BRANCHES.search(text) or equality.unclear or len(premises.facts) < 2:
        return None
    names = letters(equality.left.tree) | letters(equality.right.tree)
    last = premises.facts[-2:]
    for into, fact in (last, last[::-1]):
        letter = fact.left.name if fact.left.op == "letter" else ""
        if not letter or len(names) != 1 or fact.letters != names | {letter} or into.letters != fact.letters:
            continue
        try:
            meaning = Meaning({letter: value(fact.right)})
            first = solution_of(premises.form(into.left, into.right, meaning))
            second = solution_of(premises.plain_form(equality.left.tree, equality.right.tree))
        except (Unsupported, ZeroDivisionError):
            continue
        if first is None or second is None or abs(first - second) <= abs(first) / 50:
            continue
        name = next(iter(names))
        put = f"{fact.text} put into {into.text} gives {name} = {shown(first)}"
        return f"{put}, and {equality.text} that it is {shown(second)}"
    return None


def solution_of(form: Terms) -> Fraction | None:
    """The solution of an equation of this form that is linear in one letter."""
    linear = {term: number for term, number in form.items() if term != ONE}
    if len(linear) != 1:
        return None
    ((mono, inside), slope) = next(iter(linear.items()))
    if inside != 1 or len(mono) != 1 or mono[0][1] != 1:
        return None
    return -Fraction(form.get(ONE, 0)) / slope

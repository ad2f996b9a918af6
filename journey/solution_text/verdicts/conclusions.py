r"""What a step concludes from the equation before it: its solution, a value put in, another form.

    2x + 4 = 10, so x = 4            at x = 4 the sides of 2x + 4 = 10 are 12 and 10
    x^2 = 9, so x = 3                x = 3 solves it and so does another number: a solution is lost
    Let n = 4. Then 2n + 1 = 10      2n + 1 = 9 where n = 4
    -2x > 6, so x > -3               x = 0 satisfies the second and not the first, ...

An equation with letters may belong to another case than the one before it, so a conclusion is judged only
where every relation of the step was read, nothing was supposed in between, and words or the layout say that
it follows.
"""

from __future__ import annotations

import operator
import re
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from journey.exact.surds import EITHER, ONE, Exact, Terms, Unsupported, exact
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.tokens import APPLIED
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.display import fraction, shown
from journey.solution_text.values.evaluate import letters, value
from journey.solution_text.values.letters import Meaning
from journey.solution_text.verdicts.other_roots import another_root

RELATION = re.compile(
    r"==|(?<![<>!=])=(?![=>])|[≈≡≠]|!=|(?<![-=])[<>≤≥](?![=>])|[<>]=(?!>)|\\(?:approx|equiv|cong|sim|neq?|l[et]q?(?:slant)?|g[et]q?(?:slant)?)(?![A-Za-z])"
)
DERIVES = re.compile(
    r"\b(?:so|gives?|get|means|therefore|hence|thus|then|solv\w*|subtract\w*|add\w*|divid\w*|simplif\w*|"
    r"multipl\w*|obtain|find|becomes|yields?|implies|substitut\w*|we have|squar\w*|collect\w*|combin\w*|"
    r"rearrang\w*|expand\w*|distribut\w*|isolat\w*|follows)\b|\\(?:Rightarrow|implies|Longrightarrow|to)\b|=>|⇒|->|→",
    re.IGNORECASE,
)
SUPPOSES = re.compile(
    r"\b(?:if|suppos\w*|assum\w*|when|cases?|try\w*|test\w*|check\w*|consider\w*|another|other|verif\w*|"
    r"guess\w*|attempt\w*|plug\w*|setting|tak\w*|choos\w*|instead|not|approximat\w*|round\w*|about|need|want|"
    r"respectively|factors?|would|could|should|might|new|now|next|for|also|similar\w*|extraneous|reject\w*|"
    r"too|impossible|contradict\w*|mod\w*|remainder|minimum|maximum|at least|at most|number of|either|"
    r"first|second|third|former|latter|system|along with)\b"
    r"|\\(?:begin\{(?:array|cases)|ne|neq|pmod|bmod|approx)\b|≠|\?",
    re.IGNORECASE,
)
"""Near these words an equation may be in another case than the one before it."""
RESTRICTS = re.compile(
    r"\b(?:positive|negative|nonnegative|non-negative|lengths?|sides?|radius|height|width|area|perimeter|"
    r"distance|triangle|rectangle|square|circle|cube|integers?|natural|whole|people|number|ages?|years?|"
    r"speed|cost|price|probability|angles?|greater|less|fewer|largest|smallest|least|greatest|digits?|prime|"
    r"interval|domain|since|because|must|valid|only|first|one|solutions?|root|principal|let|given|where)\b"
    r"|[<>≤≥]|\\(?:le|ge|leq|geq|in|sqrt|log|ln)\b",
    re.IGNORECASE,
)
"""Near these words a solution may be left out for a reason."""
BINDS = re.compile(
    r"\b(?:let|when|if|where|for|at|with|since|as|take|put|set|given)\b[\s$\\(]{0,4}(?:that[\s$]*)?$",
    re.IGNORECASE,
)
ASKS = re.compile(
    r"\b(?:if|when|suppos\w*|assum\w*|need|want|which|whether|solve|would|should|until|unless|equation|set|let|"
    r"not|find|try|instead|another|other|now|new|mod\w*)\b|\?|\\ne",
    re.IGNORECASE,
)
OR = re.compile(r"\b(?:or|and)\b")
"""Between two equations of which only one has to hold, or of which each has its own solution."""
MAX_LEAD = 4
"""Words of a step before an inequality that it concludes from the step before."""
ORDERS = {"<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge}


class Statement(NamedTuple):
    """The equations and inequalities of a step of which every relation was read."""

    equalities: tuple[Equality, ...]
    text: str


class Conclusion(NamedTuple):
    """The verdict on a conclusion."""

    follows: bool | None
    """None: it follows, and others that also do are left out."""
    evidence: str


def statement(equalities: list[Equality], text: str) -> Statement | None:
    """A step's equations, if every relation in it was read."""
    return Statement(tuple(equalities), text) if len(RELATION.findall(text)) == len(equalities) > 0 else None


def conclusion(here: Statement, place: int, before: Statement | None, history: str) -> Conclusion | None:
    """The verdict on an equation that a step concludes, or None.

    Args:
        here: the step.
        place: which of its equations.
        before: the last step before it that states something, if all of it was read and no case came between.
        history: everything before, the problem included.
    """
    equality = here.equalities[place]
    if equality.unclear:
        return None
    try:
        return (
            _of_value(here, place, before)
            or _of_equation(here, place, before, history)
            or _of_inequality(here, place, before)
        )
    except (Unsupported, ZeroDivisionError):
        return None


def is_solution(equality: Equality) -> bool:
    """Whether it is a letter and its value."""
    left, right = equality.left.tree, equality.right.tree
    return equality.relation in "=≈" and left.op == "letter" and left.name != "pi" and not _named(right)


def _named(tree: Node) -> frozenset[str]:
    return letters(tree) - {EITHER}


def _letters_of(equality: Equality) -> frozenset[str]:
    return _named(equality.left.tree) | _named(equality.right.tree)


def _premise(here: Statement, place: int, before: Statement | None) -> tuple[Equality, str] | None:
    """The equation before one, past other solutions, and the words between them."""
    equality = here.equalities[place]
    at = place - 1
    while at >= 0 and is_solution(equality) and is_solution(here.equalities[at]):
        at -= 1
    if at >= 0:
        premise = here.equalities[at]
        if at and OR.search(here.text[here.equalities[at - 1].start : premise.start]):
            return None
        if premise.start == equality.start and premise.mathematics:
            return (premise, "") if _in_rows(here, premise) else None
        return premise, here.text[premise.start : equality.start]
    if before is None:
        return None
    if len(before.equalities) > 1 and re.search(r"\bor\b", before.text[before.equalities[0].start :]):
        return None  # one of some alternatives
    premise = before.equalities[-1]
    return premise, here.text[: equality.start]


def _in_rows(here: Statement, premise: Equality) -> bool:
    """Whether the equations of a display stand one below the other, each from the one before."""
    inside = here.text[premise.start :]
    end = inside.find("\\end{")
    inside = inside[: end if end >= 0 else None]
    if "=>" in inside or "\\Rightarrow" in inside or "\\implies" in inside:
        return True
    return "\\\\" in inside and not re.search(r"[,;]|\\(?:text|quad|qquad|mbox)", inside)


def _derived(between: str, here: Statement, before: Statement | None, premise: Equality) -> bool:
    """Whether words or the layout say that one follows from the other, and nothing is supposed between."""
    whole = here.text if premise in here.equalities else f"{before.text if before else ''} {here.text}"
    if SUPPOSES.search(whole):
        return False
    if not between or not re.search(r"[A-Za-z]{2,}", between):
        # Formulas alone, on lines of their own.
        return not between or "\n" in between or (premise not in here.equalities) or "=>" in between
    return bool(DERIVES.search(between))


def _of_equation(here: Statement, place: int, before: Statement | None, history: str) -> Conclusion | None:
    equality = here.equalities[place]
    source = _premise(here, place, before)
    if source is None or equality.relation != "=" or source[0].relation != "=" or source[0].unclear:
        return None
    premise, between = source
    if not _derived(between, here, before, premise):
        return None
    name = _letter(premise)
    if name is None:
        return _of_system(here, place, before) if is_solution(equality) else None
    if is_solution(equality) and equality.left.tree.name == name and not is_solution(premise):
        return _solution(equality, premise, here, place, history)
    if is_solution(premise) or _letter(equality) != name:
        return None
    first, second = _linear(premise, name), _linear(equality, name)
    if first is None or second is None or abs(first - second) <= abs(first) / 50:
        return None
    says = f"{equality.text} says that {name} = {shown(second)}, and {premise.text} that it is {shown(first)}"
    return Conclusion(False, says)


def _letter(equality: Equality) -> str | None:
    """The one letter of an equation, if it is no function's name."""
    names = _named(equality.left.tree) | _named(equality.right.tree)
    name = next(iter(names), "")
    return name if len(names) == 1 and name not in APPLIED and len(name.partition("_")[0]) == 1 else None


def _linear(equality: Equality, name: str) -> Fraction | None:
    """The solution of an equation that is linear in its letter."""
    difference = value(equality.left.tree) - value(equality.right.tree)
    slope = difference.over.get((((name, 1),), 1))
    if not slope or set(difference.over) - {(((name, 1),), 1), ONE} or set(difference.under) != {ONE}:
        return None
    return -Fraction(difference.over.get(ONE, 0)) / slope


def values_of(tree: Node) -> list[Exact]:
    """The values of a side: two, if it holds a ±."""
    if not any(node.op in "±∓" for node in nodes(tree)):
        return [value(tree)]
    plain = value(tree)
    return [_with_sign(plain, sign) for sign in (1, -1)]


def _with_sign(worth: Exact, sign: int) -> Exact:
    over: Terms = {}
    for (mono, inside), number in worth.over.items():
        rest = tuple(pair for pair in mono if pair[0] != EITHER)
        key = (rest, inside)
        over[key] = over.get(key, 0) + (number * sign if rest != mono else number)
    return Exact({key: number for key, number in over.items() if number}, worth.under)


def _sides_at(premise: Equality, at: dict[str, Exact]) -> tuple[Exact, Exact]:
    meaning = Meaning(dict(at))
    return value(premise.left.tree, meaning=meaning), value(premise.right.tree, meaning=meaning)


def _differ(a: Exact, b: Exact, rounded: bool) -> bool:
    """Whether two values differ, by more than rounding if a number was rounded."""
    if a == b or a.unknowns() or b.unknowns():
        return False
    gap, size = abs(fraction(a) - fraction(b)), max(abs(fraction(a)), abs(fraction(b)))
    return gap > size / 20 if rounded else gap > size / 10**12


def _rounds(*equalities: Equality) -> bool:
    trees = [side.tree for equality in equalities for side in (equality.left, equality.right)]
    return any(node.decimals or node.op == "percent" for tree in trees for node in nodes(tree))


def _solution(
    equality: Equality, premise: Equality, here: Statement, place: int, history: str
) -> Conclusion | None:
    name = equality.left.tree.name
    for worth in values_of(equality.right.tree):
        a, b = _sides_at(premise, {name: worth})
        if _differ(a, b, _rounds(equality, premise)):
            sides = f"{shown(a)} and {shown(b)}"
            return Conclusion(False, f"at {name} = {shown(worth)} the sides of {premise.text} are {sides}")
        if a != b:
            return None
    group = [one for one in here.equalities if is_solution(one) and one.left.tree.name == name]
    opening = here.text[: premise.start] if premise in here.equalities else history
    # Only what is solved for all its solutions loses one: an equation by itself, or "Solve ...".
    if re.search(r"[A-Za-z]{2}", opening) and not re.search(r"\b[Ss]olve\b", opening):
        return None
    if not re.fullmatch(r"[^A-Za-z]*[a-z]\s*=[^,;A-Za-z]*", here.text[equality.start :]):
        return None
    if group[-1] is not equality or RESTRICTS.search(f"{history} {here.text}"):
        return None
    stated = [worth for one in group for worth in values_of(one.right.tree)]
    if any(worth.rational() is None for worth in stated):
        return None
    lost = another_root(premise, name, {worth.rational() or Fraction(0) for worth in stated})
    if lost is None:
        return None
    return Conclusion(None, f"{lost} solves {premise.text} too")


def _of_system(here: Statement, place: int, before: Statement | None) -> Conclusion | None:
    """Values of several letters, put into the equations before them."""
    solutions = [one for one in here.equalities if is_solution(one)]
    if here.equalities[place] is not solutions[-1] or len(solutions) < 2:
        return None
    names = [one.left.tree.name for one in solutions]
    premises = [one for one in here.equalities if not is_solution(one)]
    if not premises and before:
        premises = list(before.equalities)
    at = {one.left.tree.name: value(one.right.tree) for one in solutions}
    if len(set(names)) < len(names) or any(one.relation != "=" or one.unclear for one in premises):
        return None
    for premise in premises:
        if not (_named(premise.left.tree) | _named(premise.right.tree)) <= set(names):
            return None
    for premise in premises:
        a, b = _sides_at(premise, at)
        if _differ(a, b, _rounds(premise, *solutions)):
            where = ", ".join(f"{name} = {shown(worth)}" for name, worth in at.items())
            return Conclusion(False, f"at {where} the sides of {premise.text} are {shown(a)} and {shown(b)}")
    return None


def _of_value(here: Statement, place: int, before: Statement | None) -> Conclusion | None:
    """An equation about letters whose values were just stated."""
    equality = here.equalities[place]
    if equality.relation != "=" or is_solution(equality):
        return None
    if _named(equality.left.tree) and _named(equality.right.tree):
        return None
    at = place - 1
    while at >= 0 and not is_solution(here.equalities[at]):
        at -= 1
    source, last = (here, at) if at >= 0 else (before, len(before.equalities) - 1 if before else -1)
    if source is None or last < 0 or not is_solution(source.equalities[last]):
        return None
    bound: dict[str, Exact] = {}
    while last >= 0 and is_solution(source.equalities[last]):
        one = source.equalities[last]
        if one.left.tree.name in bound or one.unclear or len(values_of(one.right.tree)) > 1:
            return None
        bound[one.left.tree.name] = value(one.right.tree)
        last -= 1
    # What stands before the values may be an equation that they do not solve.
    if any(one.relation != "=" for one in source.equalities) or (at >= 0 and at + 1 != place):
        return None
    first = source.equalities[last + 1]
    opening = source.text[: first.start]
    between = here.text[first.start if at >= 0 else 0 : equality.start]
    names = _named(equality.left.tree) | _named(equality.right.tree)
    introduced = BINDS.search(opening) or source is before or not re.search("[A-Za-z]{2}", opening)
    if not names or not names <= set(bound) or not introduced or ASKS.search(between) or OR.search(between):
        return None
    if source is before and any(_letters_of(one) & names for one in here.equalities[:place]):
        return None  # what stands before it in the step may open another case
    if source is before and not (DERIVES.search(between) or not re.search("[A-Za-z]{2}", between)):
        return None
    a, b = _sides_at(equality, {name: bound[name] for name in names})
    if not _differ(a, b, _rounds(equality, *source.equalities[last + 1 :])):
        return None
    where = ", ".join(f"{name} = {shown(bound[name])}" for name in sorted(names))
    computed, stated = (equality.left.text, a), b
    if not _named(equality.left.tree):
        computed, stated = (equality.right.text, b), a
    return Conclusion(False, f"{computed[0]} = {shown(computed[1])}, not {shown(stated)}, where {where}")


def _of_inequality(here: Statement, place: int, before: Statement | None) -> Conclusion | None:
    """A linear inequality from a linear inequality in the same letter."""
    equality = here.equalities[place]
    source = _premise(here, place, before)
    if source is None or equality.relation not in ORDERS or source[0].relation not in ORDERS:
        return None
    premise, between = source
    if premise not in here.equalities and len(re.findall(r"[A-Za-z]{2,}", between)) > MAX_LEAD:
        return None  # of something else
    name = _letter(premise)
    if _chained(here) or (before and _chained(before)):
        return None
    if name is None or name != _letter(equality) or not _derived(between, here, before, premise):
        return None
    bounds = [_linear(premise, name), _linear(equality, name)]
    if bounds[0] is None or bounds[1] is None or _rounds(premise, equality):
        return None
    # For whole numbers k <= 803.2 is k <= 803.
    if bounds[0].denominator != 1 and abs(bounds[0] - bounds[1]) < 1:
        return None
    points = {bound + step for bound in bounds if bound is not None for step in (-1, 0, 1)}
    points.add((bounds[0] + bounds[1]) / 2)
    for point in sorted(points, key=abs):
        first, second = (_holds(one, {name: exact(point)}) for one in (premise, equality))
        if first and not second:
            says = f"{name} = {shown(point)} satisfies {premise.text} and not {equality.text}"
            return Conclusion(False, says)
    return Conclusion(True, f"it follows from {premise.text}")


def _chained(of: Statement) -> bool:
    """Whether a relation of it goes on from another, as in 1 < x < 3."""
    return any(a.right.tree == b.left.tree for a, b in pairwise(of.equalities))


def _holds(inequality: Equality, at: dict[str, Exact]) -> bool:
    a, b = _sides_at(inequality, at)
    return bool(ORDERS[inequality.relation](fraction(a), fraction(b)))

r"""Relations of a step that nothing decides and that nothing else in it needs: such a step is not valid.

    3^3 = 27, so n \ge 4                          n \ge 4 was not decided
    a + c = 3, and 2 + 2 = 4                      a + c = 3 was not decided
    a + 30 = 8, so a = -22                        valid: the second follows from the first
    Let a = 3. Then a + 2 = 5                     valid: the first is a definition

An equation with letters may state a new fact, from geometry or from the problem, that no algebra proves. It
counts as granted where a decided equation follows from it or goes on from one of its sides, where it was
stated before, and where it is supposed, as in "let a = 3". Every other one leaves its step open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from journey.exact.surds import Unsupported
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.tokens import DRAWING
from journey.solution_text.reading.trees import Node, nodes
from journey.solution_text.values.evaluate import letters, value
from journey.solution_text.values.letters import Meaning
from journey.solution_text.verdicts.conclusions import RELATION
from journey.solution_text.verdicts.forms import FLIPPED, order_of
from journey.solution_text.verdicts.rewriting import DEFINED, Premises

INTRODUCES = re.compile(
    r"\b(?:let|suppos\w*|assum\w*|if|when\w*|where|for|set\w*|tak\w*|substitut\w*|plug\w*|put\w*|try\w*|test\w*|"
    r"consider\w*|cases?|denote\w*|defin\w*|such that)\b"
    r"(?:(?!\b(?:then|so|thus|hence|therefore|gives?|yields?|get|have|has|obtains?|becomes?|or)\b)[^.;]){0,60}$",
    re.IGNORECASE,
)
"""Right before an equation: it is supposed, and not claimed as what "Setting x = 1, we get" says."""
PUTS_IN = re.compile(r"\b(?:substitut\w*|plug\w*|put\w*)\b[^.;]{0,60}$", re.IGNORECASE)
"""Right before an equation: an older one is used. Only the value of a letter can be new there."""
GENERAL = ("it follows from the equations before it", "so it is by the equations before it")
"""The evidence of a proof that does not say from which equation."""
ASIDE = re.compile(re.escape(DRAWING) + r".*?(?:\[/asy\]|$)|_\s*\{[^{}]*\}", re.DOTALL)
"""Drawings and what stands below a sign, as in \\sum_{k=1}: their relations are no claims."""


def open_relation(
    stated: list[Equality], proofs: Mapping[int, str], before: Premises, text: str
) -> tuple[Equality | None, str] | None:
    """The first relation of a step that is left open, and why, or None.

    Args:
        stated: the relations of the step that were read.
        proofs: the evidence of each of them that holds, by its place.
        before: what was known before the step.
        text: the step.
    """
    granted = _granted(stated, proofs)
    for place, equality in enumerate(stated):
        left, right = equality.left.tree, equality.right.tree
        again = any({left, right} == {one.left.tree, one.right.tree} for one in stated[:place])
        if place in granted or again or before.stated(equality) or not letters(left) | letters(right):
            continue
        lead = text[: equality.start]
        if equality.relation not in "=≈≡":
            used = any(why.endswith(f" {equality.text}") for why in proofs.values())
            if not used and not is_known_order(equality, before):
                return equality, f"{equality.text} is not decided"
            continue
        supposed = INTRODUCES.search(lead) and (left.op == "letter" or not PUTS_IN.search(lead))
        if not (supposed or _is_used(place, stated, proofs, before)):
            return equality, f"{equality.text} is not decided"
    formulas = any(equality.mathematics for equality in stated) and ("$" in text or "\\" in text)
    if formulas and len(RELATION.findall(ASIDE.sub("", text))) - _named_in_words(text, stated) > len(stated):
        return None, "a relation in it is not read"
    return None


def is_known_order(equality: Equality, premises: Premises) -> bool:
    """Whether this inequality was stated before."""
    left, right, relation = equality.left.tree, equality.right.tree, equality.relation
    if relation == "≠":
        unequal = [one for one in premises.relations if one.relation == "≠"]
        return any({left, right} == {one.left, one.right} for one in unequal)
    stated = (order_of(*one[:3]) for one in premises.relations if one.relation in FLIPPED)
    return relation in FLIPPED and order_of(left, relation, right) in stated


IN_WORDS = re.compile(
    r"(?:\$|\\\[|\\\\|&|\})[^$=<>&]*\\(?:text|mbox|textrm|mathrm|textbf)\s*\{[^{}]*[A-Za-z]{3,}[^{}]*\}[^$=<>]*"
    r"=(?=[^$=<>]*=)"
)
"""Of \\frac{\\text{red}}{\\text{all}} = 96/216 = 4/9, what stands before the calculation names its result."""


def _named_in_words(text: str, stated: list[Equality]) -> int:
    """How many relations that were not read only name in words what a chain then computes."""
    read = sum(bool(one.mathematics and one.left.units) for one in stated)
    return max(0, len(IN_WORDS.findall(text)) - read)


def _granted(stated: list[Equality], proofs: Mapping[int, str]) -> set[int]:
    """The places of the relations that hold, and of the links of a chain that lead up to them.

    A link leads up to the next one if it puts numbers in for letters, or if it names what is computed.
    """
    granted = {
        place for place, one in enumerate(stated) if place in proofs or one.left.tree == one.right.tree
    }
    for place in range(len(stated) - 2, -1, -1):
        here, after = stated[place], stated[place + 1]
        goes_on = here.relation == "=" and place + 1 in granted and here.right.tree == after.left.tree
        if here.relation == "=" and here.right.tree.op == "column":
            items = [one.left.tree for one in stated[place + 1 : place + 1 + len(here.right.tree.parts)]]
            goes_on = here.right.tree.parts == tuple(items) and granted.issuperset(
                range(place + 1, place + 1 + len(items))
            )
        if goes_on and (_is_name(here.left.tree) or is_instance(here.left.tree, here.right.tree, {})):
            granted.add(place)
    return granted


def _is_monomial(tree: Node) -> bool:
    """Whether it is a letter, or one quantity written as some: the AB and AB^2 of a segment."""
    plain = tree.op == "^" or tree.op == "*" or (tree.op == "letter" and tree.name != "pi")
    leaves = [node for node in nodes(tree) if not node.parts]
    powers = [node.parts[1] for node in nodes(tree) if node.op == "^"]
    return plain and all(leaf.op == "letter" or leaf in powers for leaf in leaves)


def _is_name(tree: Node) -> bool:
    """Whether it names one quantity, as x, AB^2 and the cosine of A do; no sum or difference does."""
    return not any(node.op in "+-±∓" and len(node.parts) > 1 for node in nodes(tree))


def is_instance(general: Node, special: Node, put_in: dict[Node, Node]) -> bool:
    """Whether an expression is another one with numbers in the places of its letters.

    >>> from journey.solution_text.claims.equalities import equalities
    >>> sides = next(equalities("$ab + a = 3 * 4 + 3$"))
    >>> is_instance(sides.left.tree, sides.right.tree, {})
    True
    """
    if _is_monomial(general):
        return put_in.setdefault(general, special) == special and not letters(special) and _is_name(special)
    if general.op != special.op or len(general.parts) != len(special.parts):
        return False
    if not general.parts:
        return general == special
    return all(is_instance(a, b, put_in) for a, b in zip(general.parts, special.parts, strict=True))


def _is_used(place: int, stated: list[Equality], proofs: Mapping[int, str], before: Premises) -> bool:
    """Whether an equation of the step that holds follows from this one, or goes on from one of its sides."""
    here = stated[place]
    general = []
    for other, why in proofs.items():
        if here.text in why:
            return True
        names = letters(here.left.tree)
        if here.left.tree.op == "letter" and f"{here.left.tree.name} = " in why:
            return True
        if here.left.tree.op == "apply" and here.left.tree.name in why.partition(DEFINED)[2].split():
            return True
        if why in GENERAL and other > place and names | letters(here.right.tree):
            general.append(other)
    if general and _is_needed(place, stated, general[0], before):
        return True
    names = letters(here.left.tree) | letters(here.right.tree)
    values = before.values_around([one for one in stated if one is not here])
    if not names <= set(values):
        return False
    meaning = Meaning(values, before.functions)
    try:
        return value(here.left.tree, meaning=meaning) == value(here.right.tree, meaning=meaning)
    except (Unsupported, ZeroDivisionError):
        return False


def _is_needed(place: int, stated: list[Equality], last: int, before: Premises) -> bool:
    """Whether the equation at `last` does not follow without the one at `place`."""
    without = before.copy()
    for one in [*stated[:place], *stated[place + 1 : last]]:
        without.learn(one)
    return not without.why(stated[last], [])

"""What a solution stated before: equations with their forms, and relations of any kind."""

from __future__ import annotations

from typing import NamedTuple

from journey.exact.surds import Terms
from journey.solution_text.claims.equalities import Equality
from journey.solution_text.reading.trees import Node
from journey.solution_text.values.evaluate import letters

ONE_OF_SOME = "one of these holds"
"""How the evidence of alternatives begins: x = 3 or x = -2."""


class Fact:
    """An equation that was stated."""

    def __init__(self, left: Node, right: Node, text: str, form: Terms) -> None:
        self.left, self.right, self.text = left, right, text
        self.form = form
        """Its two sides' difference, over one denominator and scaled: equal for equivalent equations."""
        self.letters = letters(left) | letters(right)
        self.square: Terms | None = None
        self.put_in: tuple[int, Terms] = (-1, {})
        """Which values were put in last, and the form it then has."""

    def states(self, left: Node, right: Node) -> bool:
        """Whether it is this equation, side by side."""
        return {self.left, self.right} == {left, right}


class Stated(NamedTuple):
    """A relation that was stated, of any kind."""

    left: Node
    relation: str
    right: Node
    text: str

    @classmethod
    def of(cls, equality: Equality) -> Stated:
        """The same without what stands around it."""
        return cls(equality.left.tree, equality.relation, equality.right.tree, equality.text)

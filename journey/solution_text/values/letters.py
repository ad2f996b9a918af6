"""How to take what people write in several ways, and what is known of letters and functions."""

from __future__ import annotations

from typing import NamedTuple

from journey.exact.surds import Exact, Terms, Unsupported, unknown
from journey.solution_text.reading.trees import Node

MAX_NAME = 400
"""Characters of the name of an unknown such as sqrt(x + 1)."""


VECTOR = "mathbf"
"""How the names of unknowns that are vectors begin."""


class Reading(NamedTuple):
    """How to take what people write in two ways."""

    percent: bool = True
    """5% is 5/100; otherwise it is 5 of a unit called percent."""
    mixed: bool = True
    """2 1/2 is two and a half; otherwise it is a product."""
    nested: bool = False
    """72 / 3/4 is 72 / (3/4); otherwise it is (72 / 3) / 4."""


READINGS = [
    Reading(percent, mixed, nested)
    for percent in (True, False)
    for mixed in (True, False)
    for nested in (False, True)
]


class Meaning:
    """What is known of letters, functions and whole expressions; and the squares of the unknowns made."""

    def __init__(
        self,
        letters: dict[str, Exact] | None = None,
        functions: dict[str, tuple[tuple[str, ...], Node]] | None = None,
    ) -> None:
        self.letters = letters or {}
        self.functions = functions or {}
        self.powers: dict[str, tuple[int, Exact]] = {}
        """Of the unknowns made here: which power is known, and what it is."""
        self.sides: dict[Node, Exact] = {}
        self.depth = 0
        self.cost = 0
        """Terms computed so far."""

    def concerns(self, names: frozenset[str]) -> bool:
        """Whether something is known of one of these letters and functions."""
        if not names.isdisjoint(self.letters):
            return True
        return bool(self.functions) and any(name.rstrip("'") in self.functions for name in names)

    def named(self, name: str, parts: list[Exact]) -> Exact:
        """The unknown that stands for a function of these values."""
        label = f"{name}({','.join(key(part) for part in parts)})"
        if len(label) > MAX_NAME:
            raise Unsupported("a long name")
        return unknown(label)


def key(value: Exact) -> str:
    """A text that is the same for values of the same form."""
    return f"{_terms(value.over)}/{_terms(value.under)}"


def _terms(terms: Terms) -> str:
    return ";".join(f"{term}: {number}" for term, number in sorted(terms.items()))

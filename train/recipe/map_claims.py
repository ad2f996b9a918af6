"""The settings of a map, the measures that it compares families by, and the claims about them.

A map's claims have one form, such as `the difference grows with the search needed`. The difference is that of
the journey and the shortcut arm on one family and level (`train.analysis.map_cells`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import log2
from typing import Any, Literal

from pydantic import Field

from journey.errors import InputError, unknown_name
from train.recipe.settings import Section


class MapSettings(Section):
    """How a recipe runs once for each of its families (`journey map`)."""

    set: dict[str, dict[str, Any]] = Field(default={})
    """By family: overrides for the run of that family, such as {roots: {training.tokens: 3000000}}."""
    claims: list[str] = Field(default=[])
    """Claims about all families, such as `the difference grows with the search needed`."""


Scale = Literal["doubling", "doubling of one more", "one more"]
Direction = Literal["grows", "falls"]


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of the problems of one family and level."""

    key: str
    """A key of `train.analysis.map_schema.Cell.measures`."""
    name: str
    """As claims name it, after `the`."""
    scale: Scale
    """The unit of its slope: a doubling, a doubling of the measure plus one, or one more."""
    of_search: bool
    """Whether it is one of the measures of search that are fitted together."""

    def scaled(self, value: float) -> float:
        """The value on the scale of the regression."""
        if self.scale == "one more":
            return value
        return log2(value + (self.scale == "doubling of one more"))


MEASURES = {
    measure.key: measure
    for measure in (
        Measure("states", "search needed", "doubling", True),
        Measure("off_path", "states off the solution", "doubling of one more", False),
        Measure("branching", "branching", "one more", True),
        Measure("longest_run", "dead ends in a row", "doubling of one more", True),
        Measure("to_proof", "steps to a proof", "doubling of one more", True),
        Measure("length_ratio", "length of a journey in shortcuts", "doubling", False),
        Measure("teacher_steps", "teacher's cost", "doubling", False),
    )
}
"""By key. The search needed is the number of states that the systematic search reaches before the goal; most
of them can be those of the solution itself, and those off the solution are a measure of their own."""
PATTERN = r"the difference (grows|falls) with the (.+)"


@dataclass(frozen=True, slots=True)
class MapClaim:
    """A claim about all families of a map."""

    text: str
    direction: Direction
    measure: Measure


def parse_map_claim(text: str) -> MapClaim:
    """Parses a claim.

    >>> claim = parse_map_claim("the difference grows with the search needed")
    >>> claim.direction, claim.measure.key
    ('grows', 'states')

    Raises:
        InputError: it has another form, or there is no such measure.
    """
    match = re.fullmatch(PATTERN, text.strip())
    if match is None:
        raise InputError(f"a map's claim reads `the difference grows with the search needed`, not {text!r}")
    by_name = {measure.name: measure for measure in MEASURES.values()}
    if match[2] not in by_name:
        raise unknown_name("measure of a map", match[2], by_name)
    direction: Direction = "grows" if match[1] == "grows" else "falls"
    return MapClaim(text.strip(), direction, by_name[match[2]])

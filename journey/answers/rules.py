"""What counts as the same answer where public graders disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from journey.errors import unknown_name

Units = Literal["convert", "strict", "ignore"]
Rounding = Literal["reference", "exact", "lenient"]

UNITS: dict[str, str] = {
    "convert": "units are converted, and one may be left out",
    "strict": "the same unit on both sides, or none",
    "ignore": "the numbers alone are compared",
}
ROUNDING: dict[str, str] = {
    "reference": "an exact value may round to a reference of two digits or more",
    "exact": "a decimal equals itself alone",
    "lenient": "either side may be the other one rounded, to three digits or more",
}


@dataclass(frozen=True, slots=True)
class Rules:
    """How strictly answers are compared.

    >>> Rules(units="sloppy")
    Traceback (most recent call last):
    journey.errors.InputError: no rule for units 'sloppy'. Known: convert, ignore, strict
    """

    units: Units = "convert"
    """One of `UNITS`."""
    rounding: Rounding = "reference"
    """One of `ROUNDING`."""

    def __post_init__(self) -> None:
        if self.units not in get_args(Units):
            raise unknown_name("rule for units", self.units, UNITS)
        if self.rounding not in get_args(Rounding):
            raise unknown_name("rule for rounding", self.rounding, ROUNDING)


DEFAULT = Rules()

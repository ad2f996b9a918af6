"""What counts as the same answer where public graders disagree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

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
    """How strictly answers are compared."""

    units: Units = "convert"
    """One of `UNITS`."""
    rounding: Rounding = "reference"
    """One of `ROUNDING`."""


DEFAULT = Rules()


def rules_of(units: str, rounding: str) -> Rules:
    """The rules of these names.

    >>> rules_of("sloppy", "exact")
    Traceback (most recent call last):
    journey.errors.InputError: no rule for units 'sloppy'. Known: convert, ignore, strict
    """
    for what, name, known in (("units", units, UNITS), ("rounding", rounding, ROUNDING)):
        if name not in known:
            raise unknown_name(f"rule for {what}", name, known)
    return Rules(cast("Units", units), cast("Rounding", rounding))

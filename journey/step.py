"""Moves, verdicts and evidence: what a step does, and whether it is right.

A proposer makes a `Move`: an operation, its operands and the result that it claims. The checker alone gives
the `Verdict`, with the `Evidence` that proves it in words that a trace can quote.

    Move("*", (Operand(3, at=0), Operand(4, at=1)), result=13)
    Verdict.WRONG, Evidence("unequal", ("3*4", 12, 13))        "3*4 = 12, not 13"
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

Value = int | str
"""An operand, a result or a value in evidence: an integer, or the canonical text of an expression."""


class Verdict(StrEnum):
    """Whether a step follows from its state."""

    VALID = "valid"
    """The new state follows: same value, same solution set."""
    LOSES = "loses"
    """A solution of the old state is lost (divided by x; took one of two roots)."""
    ADDS = "adds"
    """An extraneous solution was added (squared both sides); allowed if candidates are checked later."""
    WRONG = "wrong"
    """The new state does not follow."""
    UNKNOWN = "unknown"
    """Not decided within the limits. It never counts as valid."""


REFUTED = (Verdict.WRONG, Verdict.LOSES, Verdict.ADDS)
"""Verdicts with a proof that the step does not follow."""


@dataclass(frozen=True, slots=True)
class Operand:
    """A quantity that a move uses. `at` identifies it: it tells two 3s apart."""

    value: Value
    at: int | None = None
    """Its position in a state with several quantities; None if the state does not contain it."""


@dataclass(frozen=True, slots=True)
class Move:
    """A proposed step: `operation` applied to `operands`, and the claimed `result`, right or wrong."""

    operation: str
    operands: tuple[Operand, ...]
    result: Value


EVIDENCE_TEXTS: dict[str, tuple[str, str]] = {
    # kind: (the sentence, its one new fact, which is all that the terse style writes)
    "unequal": ("{0} = {1}, not {2}", "{1}"),
    "residue": ("{0} = {1} mod {3}, not {2}", "{1}"),
    "remainder": ("{1} does not divide {0}, which leaves {2}", "{2}"),
    "exhausted": ("leaves {0}, and no operation makes {1}", ""),
    "missed": ("{0} is left, not {1}", ""),
    "missing": ("{0} is not among {1}", ""),
    "inexact": ("{0} is not a whole number", ""),
    "negative": ("{0} is below zero", ""),
    "unready": ("{0} is not known yet", "{0}"),
    "misread": ("{0} is {1} here, not {2}", "{1}"),
    "misplaced": ("{0} cannot be done here", ""),
    "lost": ("{0} solves the line before and not this one", "{0}"),
    "added": ("{0} solves this line and not the one before", "{0}"),
    "differs": ("it is {0} at {1}, not {2}", "{0}"),
    "derivative": ("its derivative is {2} at {1}, not {0}", "{0}"),
    "undefined": ("{0} divides by zero at {1}", ""),
    "sides": ("{0} says {1} at {2}", "{1}"),
    "solves": ("{0} solves {1}", "{0}"),
    "grown": ("the power of x has grown from {1} to {0}", "{0}"),
    "undecided": ("not decided: {0}", "?"),
    "refused": ("the answer {0} is not right", ""),
    "dead_end": ("no step from here leads to an answer", ""),
    "stated": ("{0}", "{0}"),
    "unverified": ("{0}", "{0}"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """The fact that proves a verdict, or proves that no goal can be reached from a state.

    >>> print(Evidence("unequal", ("3*4", 12, 13)))
    3*4 = 12, not 13
    >>> Evidence("unequal", ("3*4", 12, 13)).terse()
    '12'
    """

    kind: str
    """A key of `EVIDENCE_TEXTS`. The kind "unverified" holds words that no checker has verified."""
    values: tuple[Value, ...]

    def __str__(self) -> str:
        return EVIDENCE_TEXTS[self.kind][0].format(*self.values)

    def terse(self) -> str:
        """The one new fact, as the terse style writes it."""
        return EVIDENCE_TEXTS[self.kind][1].format(*self.values)


class Finding(NamedTuple):
    """A verdict and the evidence that proves it; None for a valid step."""

    verdict: Verdict
    evidence: Evidence | None


VALID = Finding(Verdict.VALID, None)


@dataclass(frozen=True, slots=True)
class Step:
    """An edge: a move from `source` with the checker's verdict."""

    source: str
    target: str
    order: int
    """The position in the order of exploration, from 0; the edge's key."""
    move: Move
    verdict: Verdict
    evidence: Evidence | None
    """The proof of the verdict; None for a valid step."""
    proposer: str
    mistake: str | None = None
    """The name of the misconception that proposed it, or None. The verdict does not depend on it."""
    logprob: float | None = None
    label: int | None = None
    """The human label from a record: 1 right, -1 wrong, 0 neither. It is not a verdict."""
    share: float | None = None
    """For a step that cannot be checked: the share of continuations with a right answer
    (`search.soft_estimation`). It is not a verdict."""

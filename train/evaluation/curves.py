"""The file of a learning curve: greedy accuracy on validation problems during a training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from journey.runs.store import read_lines

CURVE_FILE = "curve.jsonl"
"""In the folder of a supervised stage."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The accuracy of one training at several points."""

    tokens: tuple[int, ...]
    """Training tokens seen at each point, from 0 to the full budget of the stage."""
    solved: tuple[float, ...]
    """The share of validation problems solved greedily at each point."""
    n: int
    """Validation problems, the same at each point."""


def read_curve(path: Path) -> Curve | None:
    """The curve in a file of `train.trainers.curve_callback`; None if there is no such file."""
    if not path.exists():
        return None
    rows = list(read_lines(path, dict))
    return Curve(tuple(row["tokens"] for row in rows), tuple(row["pass@1"] for row in rows), rows[0]["n"])

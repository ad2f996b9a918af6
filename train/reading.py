"""How results.json is read: which stages there are, which one arms are compared on, which levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def stages_of(results: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each arm with each of its stages and the figures of that."""
    for arm, stages in results["arms"].items():
        for stage, found in stages.items():
            yield arm, stage, found


def primary(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Each arm's stage that arms are compared on: the first in which none has another's model.

    An arm that does not come so far is compared by its last stage.
    """
    arms: dict[str, Any] = {arm: stages for arm, stages in results["arms"].items() if stages}
    begun = {stage for stages in arms.values() for stage, found in stages.items() if "same_as" in found}
    return {
        arm: next((found for stage, found in stages.items() if stage not in begun), list(stages.values())[-1])
        for arm, stages in arms.items()
    }


def level_names(results: dict[str, Any]) -> list[str]:
    """The levels of the held-out problems."""
    return sorted({level for _, _, found in stages_of(results) for level in found["levels"]}, key=int)

"""How results.json is read: which stages there are, which one arms are compared on, which levels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from train.recipe.settings import Kind

STAGES: tuple[str, ...] = get_args(Kind)
"""The kinds of stage, whose names are acronyms."""

UNRIPE = "\u2020"
"""At the figure of an arm that is not converged (`train.analysis.convergence`)."""


def label(stage: str) -> str:
    """A stage as it is shown: the kinds are acronyms, a name of its own is as it was given.

    >>> label("dpo"), label("tuned")
    ('DPO', 'tuned')
    """
    return stage.upper() if stage in STAGES else stage


def stages_of(results: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each arm with each of its stages and the figures of that."""
    for arm, stages in results["arms"].items():
        for stage, found in stages.items():
            yield arm, stage, found


def own_stages(results: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The same without those whose model is that of another arm, which began alike."""
    return (row for row in stages_of(results) if "same_as" not in row[2])


def compared(results: dict[str, Any]) -> dict[str, str]:
    """By arm, the stage that arms are compared on: the first in which none has another's model.

    An arm that does not come so far is compared by its last stage.
    """
    begun = {stage for _, stage, found in stages_of(results) if "same_as" in found}
    return {
        arm: next((stage for stage in stages if stage not in begun), list(stages)[-1])
        for arm, stages in results["arms"].items()
        if stages
    }


def primary(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By arm, the figures of the stage that arms are compared on."""
    return {arm: results["arms"][arm][stage] for arm, stage in compared(results).items()}


def level_names(results: dict[str, Any]) -> list[str]:
    """The levels of the held-out problems."""
    return sorted({level for _, _, found in stages_of(results) for level in found["levels"]}, key=int)

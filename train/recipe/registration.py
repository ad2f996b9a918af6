"""Pre-registration: RUN/claims.json says what was claimed before anything was trained.

    {"schema_version": 1, "claims": ["journey > shortcut on pass@1"], "claims_sha256": "5f0c...",
     "recipe_sha256": "9a1b...", "stages": ["problems", ..., "base"], "trained": [], "history": []}

It is written before the first stage of training. If the claims or the recipe differ later (`journey run
RECIPE --update`), what was registered before goes into `history`, oldest first, and `trained` lists the
models that were there by then: a claim that was made in sight of results is known as such. There are no times
in it, so that a run which was interrupted ends with the same bytes (DESIGN rule 11).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from journey.runs.store import Run, read_json, reader, record, write_json
from train.recipe.recipe import Recipe

FILE = "claims.json"
BEFORE, AFTER = "before training", "after training"


@dataclass(frozen=True, slots=True)
class Registration:
    """What was claimed at one time."""

    claims: list[str]
    """Verbatim."""
    claims_sha256: str
    """Of the claims as canonical JSON."""
    recipe_sha256: str
    """Of everything else in the recipe that results depend on."""
    stages: list[str]
    """What of the run was done."""
    trained: list[str]
    """The models that had been trained, as ARM/STAGE."""


@dataclass(frozen=True, slots=True)
class Registered(Registration):
    """What is claimed now, and what was before."""

    history: list[Registration] = field(default_factory=list)

    @property
    def all(self) -> Sequence[Registration]:
        """Every registration, oldest first."""
        return (*self.history, self)

    @property
    def in_sight(self) -> int:
        """Of `all`, the first that was made when a model had been trained; those after it were too.

        A model that an update removed has been seen all the same.
        """
        return next((at for at, each in enumerate(self.all) if each.trained), len(self.all))

    def when(self, claim: str) -> str:
        """Whether a claim was registered before training or after some of it."""
        first = next((at for at, each in enumerate(self.all) if claim in each.claims), self.in_sight)
        return BEFORE if first < self.in_sight else AFTER

    @property
    def withdrawn(self) -> list[str]:
        """Claims that were given up after some model was trained."""
        stood = (claim for each in self.all[max(0, self.in_sight - 1) :] for claim in each.claims)
        return [claim for claim in dict.fromkeys(stood) if claim not in self.claims]

    @property
    def recipe_changes(self) -> int:
        """How often the rest of the recipe was changed after some model was trained."""
        digests = [each.recipe_sha256 for each in self.all[max(0, self.in_sight - 1) :]]
        return sum(old != new for old, new in pairwise(digests))


def register(run: Run, recipe: Recipe) -> bool:
    """Registers a recipe's claims, unless they are registered as they are; returns whether it did."""
    known = read(run.path)
    now = Registration(
        recipe.claims,
        _sha256(recipe.claims),
        _sha256(recipe.model_dump(mode="json", exclude=ELSEWHERE)),
        list(run.manifest.get("stages", {})),
        trained(run.path),
    )
    before: list[Registration] = []
    if known is not None:
        last = known.all[-1]
        if (last.claims_sha256, last.recipe_sha256) == (now.claims_sha256, now.recipe_sha256):
            return False
        before = [*known.history, Registration(*(getattr(known, name) for name in Registration.__slots__))]
    write_json(run.path / FILE, {**record(now), "history": before})
    return True


ELSEWHERE: dict[str, Any] = {"claims": True, "search": {"workers"}, "training": {"side_by_side"}}
"""What of a recipe has a digest of its own, or changes no result."""


def read(run: Path) -> Registered | None:
    """What is registered in a run folder; None where nothing is."""
    path = run / FILE
    return reader(Registered)(read_json(path)) if path.exists() else None


def trained(run: Path) -> list[str]:
    """The models of a run folder that have been trained, as ARM/STAGE."""
    found = run.glob("models/*/*/training.json")
    return sorted(path.parent.relative_to(run / "models").as_posix() for path in found)


def _sha256(data: Any) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()

"""Pre-registration: RUN/claims.json records the claims before any training.

    {"schema_version": 1, "claims": ["journey > shortcut on pass@1"], "claims_sha256": "5f0c...",
     "recipe_sha256": "9a1b...", "stages": ["problems", ..., "base"], "trained": [], "history": []}

The file is written before the first training stage. If `journey run RECIPE --update` changes the claims or
the recipe, the earlier registrations move to `history`, oldest first. `trained` lists the models that existed
at each registration, which shows the claims that were made after seeing results. The file holds no times, so
an interrupted run ends with the same bytes as an uninterrupted one (DESIGN rule 11).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from journey.runs.store import Run, read_json, reader, record, write_json
from train.recipe.recipe import Recipe

FILE = "claims.json"
BEFORE: Final = "before training"
AFTER: Final = "after training"


@dataclass(frozen=True, slots=True)
class Registration:
    """The claims at one time, and what the run held then."""

    claims: list[str]
    """The claims, verbatim."""
    claims_sha256: str
    """Digest of the claims as canonical JSON."""
    recipe_sha256: str
    """Digest of everything else in the recipe that results depend on."""
    stages: list[str]
    """The finished stages of the run."""
    trained: list[str]
    """The trained models, as ARM/STAGE."""


@dataclass(frozen=True, slots=True)
class ClaimsFile(Registration):
    """The contents of claims.json: the current registration and the earlier ones."""

    history: list[Registration] = field(default_factory=list)

    @property
    def all(self) -> Sequence[Registration]:
        """Every registration, oldest first."""
        return (*self.history, self)

    @property
    def first_after_training(self) -> int:
        """Index in `all` of the first registration made after some training; `len(all)` if there is none.

        Registrations after it count as made after training even if an update removed the models.
        """
        return next((at for at, each in enumerate(self.all) if each.trained), len(self.all))

    def when(self, claim: str) -> str:
        """When a claim was first registered: `BEFORE` or `AFTER` the first training."""
        first = next(
            (at for at, each in enumerate(self.all) if claim in each.claims), self.first_after_training
        )
        return BEFORE if first < self.first_after_training else AFTER

    @property
    def withdrawn(self) -> list[str]:
        """Claims that were dropped after some training."""
        claims = (claim for each in self._since_training for claim in each.claims)
        return [claim for claim in dict.fromkeys(claims) if claim not in self.claims]

    @property
    def recipe_changes(self) -> int:
        """How often the rest of the recipe was changed after some training."""
        digests = [each.recipe_sha256 for each in self._since_training]
        return sum(old != new for old, new in pairwise(digests))

    @property
    def _since_training(self) -> Sequence[Registration]:
        """The last registration before the first training, and all later ones."""
        return self.all[max(0, self.first_after_training - 1) :]


def register(run: Run, recipe: Recipe) -> bool:
    """Registers a recipe's claims, unless the current registration has the same claims and recipe.

    Returns:
        Whether anything was registered.
    """
    registered = read(run.path)
    now = Registration(
        recipe.claims,
        sha256(recipe.claims),
        sha256(recipe.model_dump(mode="json", exclude=NOT_DIGESTED)),
        list(run.manifest.get("stages", {})),
        trained(run.path),
    )
    history: list[Registration] = []
    if registered is not None:
        last = registered.all[-1]
        if (last.claims_sha256, last.recipe_sha256) == (now.claims_sha256, now.recipe_sha256):
            return False
        fields = (getattr(registered, name) for name in Registration.__slots__)
        history = [*registered.history, Registration(*fields)]
    write_json(run.path / FILE, {**record(now), "history": history})
    return True


NOT_DIGESTED: dict[str, Any] = {"claims": True, "search": {"workers"}, "training": {"side_by_side"}}
"""Keys left out of `recipe_sha256`: claims have their own digest, and the others change no result."""


def read(run: Path) -> ClaimsFile | None:
    """The registrations of a run folder; None if there are none."""
    path = run / FILE
    return reader(ClaimsFile)(read_json(path)) if path.exists() else None


def trained(run: Path) -> list[str]:
    """The trained models of a run folder, as ARM/STAGE."""
    paths = run.glob("models/*/*/training.json")
    return sorted(path.parent.relative_to(run / "models").as_posix() for path in paths)


def sha256(data: Any) -> str:
    """The digest of data as canonical JSON."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()

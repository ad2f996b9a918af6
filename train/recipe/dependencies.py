"""What each stage of a run depends on, so that a changed recipe redoes what the change touches, and no more.

Every stage has a digest of the settings that it was made by and of the stages before it. `journey run RECIPE
--out RUN --update` compares those of the folder's old recipe with those of the new one: a stage whose digest
differs loses its mark and its files.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from journey.runs.store import Run, replace
from traces import curate
from train.recipe.recipe import Recipe, Replica
from train.recipe.settings import Stage


@dataclass(frozen=True, slots=True)
class Planned:
    """A stage of a run."""

    mark: str
    """Its completion mark in the manifest."""
    digest: str
    paths: tuple[str, ...]
    """What it writes, in the run folder."""


def plan(recipe: Recipe) -> Iterator[Planned]:
    """Every stage of a recipe, each after those that it depends on."""
    problems = _digest(recipe.problems.model_dump(), recipe.seed)
    yield Planned("problems", problems, ("problems",))
    graphs = _digest(problems, recipe.search.model_dump(exclude={"workers"}), recipe.traces.style)
    yield Planned("graphs", graphs, ("graphs", "answers"))
    variants = {name: str(variant) for name, variant in sorted(recipe.variants().items())}
    traces = _digest(graphs, variants, recipe.pair_kinds(), recipe.traces.style)
    yield Planned("traces", traces, ("traces", "pairs"))
    curation = _digest(traces, recipe.curation.model_dump())
    yield Planned("curation", curation, (curate.FILE,))
    bases = {}
    for replica in recipe.replicas():
        sizes = recipe.of(replica.arm).base.model_dump()
        bases[replica.base] = _digest(curation, sizes, replica.seed)
    for name, digest in bases.items():
        yield Planned(name, digest, (f"models/{name}",))
    for replica in recipe.replicas():
        yield from _of_replica(recipe, replica, bases[replica.base])


def _of_replica(recipe: Recipe, replica: Replica, digest: str) -> Iterator[Planned]:
    copies = recipe.evaluation.samples.get(replica.arm.name, 0)
    asked = _digest(recipe.evaluation.model_dump(exclude={"samples", "curve"}), copies)
    # Every arm's context decides which problems fit, in all arms alike.
    contexts = [recipe.of(arm).base.context for arm in recipe.arms]
    for stage in replica.arm.stages:
        settings = _settings(recipe.of(replica.arm, stage), stage)
        digest = _digest(digest, replica.arm.variant, contexts, settings, replica.seed)
        name = f"{replica.name}/{stage.name}"
        yield Planned(
            f"{stage.name}-{replica.name}",
            digest,
            (f"models/{name}", f"models/{name}.partial", f"pairs/pivotal-{replica.name}.jsonl"),
        )
        place = f"{replica.name}-{stage.name}"
        yield Planned(f"eval-{place}", _digest(digest, asked), (f"evals/{place}",))


def _settings(recipe: Recipe, stage: Stage) -> Any:
    """What a stage is trained by, of the recipe as it is for the stage."""
    cap, curve = recipe.evaluation.max_new_tokens, recipe.evaluation.curve
    block = {**getattr(recipe, stage.kind), **stage.settings}
    of_kind: dict[str, Any] = {
        # A curve is measured on the way, so another one is another training.
        "sft": [block, curve.model_dump(), cap] if curve.points else block,
        "dpo": [block, recipe.pairs.model_dump()],
        "grpo": [block, cap],
        "rloo": [block, cap],
    }
    shared = recipe.training.model_dump(exclude={"seeds", "side_by_side"})
    said = stage.model_dump(exclude={"name", "set", "settings"})
    return [of_kind[stage.kind], shared, recipe.adapter.model_dump(), recipe.base.chat, said]


def origins(recipe: Recipe) -> dict[str, str]:
    """Every stage's mark, with that of the first stage which does the same.

    Arms that begin alike are trained alike up to where they part, so that is done once.
    """
    first: dict[str, str] = {}
    return {planned.mark: first.setdefault(planned.digest, planned.mark) for planned in plan(recipe)}


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def update(run: Run, old: Recipe, new: Recipe) -> list[str]:
    """Makes a run folder one of the new recipe; returns the marks of the stages that are to be done anew.

    Marks go first and the new settings come last: a kill in between leaves a folder of the old recipe that
    lacks some stages.
    """
    wanted = {planned.mark: planned.digest for planned in plan(new)}
    stale = [planned for planned in plan(old) if wanted.get(planned.mark) != planned.digest]
    gone = [planned.mark for planned in stale if run.done(planned.mark)]
    for mark in gone:
        del run.manifest["stages"][mark]
    run.save()
    for planned in stale:
        for name in planned.paths:
            path = run.path / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    settings = new.model_dump(mode="json")
    run.manifest |= {"settings": settings, "recipe": new.name, "seed": new.seed, "state": "running"}
    run.save()
    replace(run.path / "recipe.yaml", yaml.safe_dump(settings, sort_keys=False, width=110))
    return gone

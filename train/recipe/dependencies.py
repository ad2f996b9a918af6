"""What each stage of a run depends on, so that an update repeats only the stages that a change affects.

Each stage has a digest of its settings and of the stages before it. `journey run RECIPE --out RUN --update`
compares the digests of the folder's old recipe with those of the new one. A stage whose digest differs loses
its completion mark and its files.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from journey.runs.store import Run, replace
from traces import curate
from traces.pairs import SEARCHED
from traces.walks import WALKS
from train.recipe.recipe import Recipe, Replica
from train.recipe.stages import TRACES, Arm, Stage


@dataclass(frozen=True, slots=True)
class RunStage:
    """A stage of a run."""

    mark: str
    """The name of its completion mark in the manifest."""
    digest: str
    """Digest of its settings and of the stages before it."""
    paths: tuple[str, ...]
    """The files and folders that it writes, relative to the run folder."""


def stages(recipe: Recipe) -> Iterator[RunStage]:
    """The stages of a recipe in order of dependence."""
    problems = _digest(recipe.problems.model_dump(), recipe.seed)
    yield RunStage("problems", problems, ("problems",))
    graphs = _digest(problems, recipe.search.model_dump(exclude={"workers"}), recipe.traces.style)
    yield RunStage("graphs", graphs, ("graphs", "answers"))
    later = {arm.variant for arm in recipe.later_arms}
    every_variant = {name: str(variant) for name, variant in sorted(recipe.variants().items())}
    variants = {name: variant for name, variant in every_variant.items() if name not in later}
    traces = _digest(graphs, variants, recipe.pair_kinds(), recipe.traces.style)
    yield RunStage("traces", traces, ("traces", "pairs"))
    corpora = {name: _corpus(recipe, name, arm, traces) for name, arm in recipe.corpora().items()}
    yield from corpora.values()
    curations = {file: _curation(recipe, arms, traces, corpora) for file, arms in recipe.curations().items()}
    yield from (RunStage(file.removesuffix(".json"), digest, (file,)) for file, digest in curations.items())
    curation = curations[curate.FILE]
    if corpora:
        curation = _digest(curation, sorted(stage.digest for stage in corpora.values()))
    bases = {}
    for replica in recipe.replicas():
        sizes = recipe.for_arm(replica.arm).base.model_dump()
        bases[replica.base] = _digest(curation, sizes, replica.seed)
    for name, digest in bases.items():
        yield RunStage(name, digest, (f"models/{name}",))
    sources = {name: _mistakes(recipe, name, bases, curations) for name in recipe.mistake_sources()}
    yield from sources.values()
    later_traces = {}
    for arm in recipe.later_arms:
        source = sources[str(recipe.mistakes_from(arm))]
        # Whether a trace fits depends on the tokenizer and the chat template of the arm's base.
        base = bases[recipe.replicas([arm])[0].base]
        digest = _digest(source.digest, every_variant[arm.variant], recipe.traces.style, base)
        later_traces[arm.name] = digest
        yield RunStage(f"traces-{arm.variant}", digest, (f"traces/{arm.variant}.jsonl",))
    planted = sources.get(str(recipe.evaluation.methods.planted_from))
    fitted = []
    for replica in recipe.replicas():
        own = bases[replica.base]
        if replica.arm.name in later_traces:
            own = _digest(own, later_traces[replica.arm.name])
        for stage in _replica_stages(recipe, replica, own, curations, planted.digest if planted else None):
            yield stage
            fitted += [stage.digest] if replica.arm.name in recipe.law.arms else []
    if recipe.law.predict:
        yield RunStage("predictions", _digest(recipe.law.model_dump(), fitted), ("predictions.json",))


def _corpus(recipe: Recipe, name: str, arm: Arm, traces: str) -> RunStage:
    """The stage that makes a spoilt corpus."""
    settings = recipe.for_arm(arm).corpus
    sets = [recipe.evaluation.sets.get(str(key)) for key in (settings.leaked_set, settings.fact_set)]
    used = [None if each is None else each.model_dump() for each in sets]
    digest = _digest(traces, name, settings.model_dump(), used, recipe.evaluation.split)
    return RunStage(f"corpus-{name}", digest, (f"corpora/{name}.jsonl",))


def _curation(recipe: Recipe, arms: Sequence[Arm], traces: str, corpora: dict[str, RunStage]) -> str:
    """The digest of the stage that curates the texts of these arms."""
    own = recipe.for_arm(arms[0]).curation if arms else recipe.curation
    names = sorted({recipe.texts(arm).kind for arm in arms})
    texts = [corpora[name].digest for name in names if name in corpora]
    sets = [
        recipe.evaluation.sets[name].model_dump() for name in own.against if name in recipe.evaluation.sets
    ]
    parts: list[Any] = [part for part in (texts, sets) if part]
    if isinstance(own.rows, str):
        parts.append(_curation(recipe, [recipe.arm(own.rows)], traces, corpora))
    return _digest(traces, own.model_dump(), *parts)


def _mistakes(recipe: Recipe, name: str, bases: dict[str, str], curations: dict[str, str]) -> RunStage:
    """The stage that collects the mistakes of an arm's model."""
    replica = recipe.replicas([recipe.arm(name)])[0]
    model = next(_replica_stages(recipe, replica, bases[replica.base], curations))
    learners = any(recipe.mistakes_from(arm) == name for arm in recipe.later_arms)
    methods, evaluation = recipe.evaluation.methods, recipe.evaluation
    plants = [evaluation.split, methods.problems] if methods.planted_from == name else None
    digest = _digest(model.digest, learners, plants, evaluation.max_new_tokens)
    return RunStage(f"mistakes-{name}", digest, (f"mistakes/{name}",))


def _replica_stages(
    recipe: Recipe, replica: Replica, digest: str, curations: dict[str, str], planted: str | None = None
) -> Iterator[RunStage]:
    """The training and evaluation stages of a replica.

    Args:
        recipe: the recipe.
        replica: one of its replicas.
        digest: of its base and its traces.
        curations: digests of the files of curation.
        planted: digest of the mistakes that evaluation plants; None if they are no model's.
    """
    samples = recipe.evaluation.samples.get(replica.arm.name, 0)
    evaluation = _digest(recipe.evaluation.model_dump(exclude={"samples", "curve"}), samples)
    evaluation = evaluation if planted is None else _digest(evaluation, planted)
    # A problem is dropped from all arms if its text exceeds the context of one.
    context = min(recipe.for_arm(arm).base.context for arm in recipe.arms)
    named = {*WALKS, *(arm.name for arm in recipe.data_arms)}
    for stage in replica.arm.stages:
        pivots = pivot_files(recipe, replica, stage, digest)
        settings = _stage_settings(recipe.for_arm(replica.arm, stage), stage, sorted(pivots.values()))
        origins = {TRACES, *(each.origin for each in stage.data if each.origin in named)}
        texts = [recipe.texts_from(origin, replica.arm) for origin in origins]
        filters = sorted({curations[each.curation] for each in texts})
        variant = replica.arm.variant if stage.reads_traces else ""
        digest = _digest(digest, variant, context, settings, filters, replica.seed)
        name = f"{replica.name}/{stage.name}"
        yield RunStage(
            f"{stage.name}-{replica.name}",
            digest,
            (f"models/{name}", f"models/{name}.partial", *pivots.values()),
        )
        folder = f"{replica.name}-{stage.name}"
        yield RunStage(f"eval-{folder}", _digest(digest, evaluation), (f"evals/{folder}",))


def pivot_files(recipe: Recipe, replica: Replica, stage: Stage, start: str = "") -> dict[str, str]:
    """The files of the pivotal searches of a stage, by unit, relative to the run folder.

    Arms that search the same model with the same settings for the same problems share a file.

    Args:
        recipe: the recipe.
        replica: one of its replicas.
        stage: one of its stages.
        start: digest of the stage before it; by default it is computed.
    """
    units = {kind.partition("_")[2] for kind in stage.pairs if kind in SEARCHED}
    if not units:
        return {}
    if not start:
        before = replica.arm.stages[replica.arm.stages.index(stage) - 1]
        mark = f"{before.name}-{replica.name}"
        start = next(each.digest for each in stages(recipe) if each.mark == mark)
    own = recipe.for_arm(replica.arm, stage)
    settings = own.pairs.model_dump(exclude={"count", "batch"})
    asked = [source.model_dump() for source in stage.data if source.filters]
    sampling = own.evaluation.temperature, own.evaluation.max_new_tokens, replica.seed
    digest = _digest(start, settings, *sampling, *asked)
    return {unit: f"pivots/{unit}-{digest}.jsonl" for unit in sorted(units)}


def _stage_settings(recipe: Recipe, stage: Stage, pivots: Sequence[str]) -> Any:
    """The settings that a training stage depends on, from the recipe with the stage's overrides.

    `pivots` are the files of its pivotal searches, which are named by their settings.
    """
    max_new_tokens, curve = recipe.evaluation.max_new_tokens, recipe.evaluation.curve
    trl = {**getattr(recipe, stage.block), **stage.settings}
    by_kind: dict[str, Any] = {
        # A curve is measured during training, so a new curve needs a new training.
        "sft": [trl, curve.model_dump(), max_new_tokens] if curve.points and stage.has_curve else trl,
        "dpo": [trl, recipe.pairs.model_dump(), *pivots],
        "grpo": [trl, max_new_tokens],
        "rloo": [trl, max_new_tokens],
    }
    shared = recipe.training.model_dump(exclude={"seeds", "side_by_side"})
    own = stage.model_dump(exclude={"name", "set", "settings"})
    # A limit on the length of sampled outputs is one on the texts that are learned, and their seed depends on
    # the stage's name.
    sampling = [max_new_tokens, stage.name] if stage.samples_outputs else None
    return [by_kind[stage.block], shared, recipe.adapter.model_dump(), recipe.base.chat, own, sampling]


def first_equal_stages(recipe: Recipe) -> dict[str, str]:
    """Maps the mark of each stage to the mark of the first stage with the same digest.

    Arms that share their first stages and a base get the same models there, which are trained only once.
    """
    first: dict[str, str] = {}
    return {stage.mark: first.setdefault(stage.digest, stage.mark) for stage in stages(recipe)}


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def update(run: Run, old: Recipe, new: Recipe) -> list[str]:
    """Turns a run folder into one of the new recipe; returns the marks of the stages to repeat.

    Marks are removed first and the settings are written last. If the process is killed in between, the folder
    still belongs to the old recipe and lacks some stages.
    """
    digests = {stage.mark: stage.digest for stage in stages(new)}
    stale = [stage for stage in stages(old) if digests.get(stage.mark) != stage.digest]
    removed = [stage.mark for stage in stale if run.done(stage.mark)]
    for mark in removed:
        del run.manifest["stages"][mark]
    run.save()
    for stage in stale:
        for name in stage.paths:
            path = run.path / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    settings = new.model_dump(mode="json")
    run.manifest |= {"settings": settings, "recipe": new.name, "seed": new.seed, "state": "running"}
    run.save()
    replace(run.path / "recipe.yaml", yaml.safe_dump(settings, sort_keys=False, width=110))
    return removed

"""The job that trains one stage of one replica. It runs in a process of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from journey.errors import JourneyError
from journey.problem import Problem
from journey.runs.store import Run, appending, read_lines, reader, record
from traces.curate import dropped_ids
from traces.pairs import SAMPLED, Pair
from traces.pivots import Searched
from traces.run_files import read_pairs, read_problems, read_texts
from train.console import Progress
from train.models.token_rows import Row, encode, encode_pairs, problems_that_fit
from train.recipe import dependencies
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.settings import Stage
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.trainers.curve_callback import CurvePlan
    from train.trainers.stage import StageSpec

ROLLOUT_BATCH = 32
"""Number of problems whose rollouts are generated together."""


def train_replica(path: Path, name: str, stage_name: str, on_progress: Progress) -> None:
    """Trains one stage of one replica, from its base or from the model of the stage before."""
    from train.trainers.stage import StageSpec

    on_progress(0, 0, "loading the model and the texts")
    run = Run(path)
    recipe = recipe_of(run)
    replica = recipe.replica(name)
    stages = replica.arm.stages
    stage = replica.arm.stage(stage_name)
    at = stages.index(stage)
    own = recipe.for_arm(replica.arm, stage)
    models = path / "models"
    spec = StageSpec(
        start=models / replica.base if at == 0 else models / name / stages[at - 1].name,
        out=models / name / stage.name,
        seed=replica.seed,
        adapter=own.adapter,
        options={**getattr(own, stage.kind), **stage.settings},
        on_progress=on_progress,
    )
    train = {"sft": _sft, "dpo": _dpo, "grpo": _reinforce, "rloo": _reinforce}[stage.kind]
    train(run, recipe, replica, stage, spec)


def _sft(run: Run, recipe: Recipe, replica: Replica, stage: Stage, spec: StageSpec) -> None:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft

    own = recipe.for_arm(replica.arm, stage)
    problems = stage_problems(run, stage)
    tokenizer = AutoTokenizer.from_pretrained(spec.start)
    by_problem = training_rows(run, recipe, replica, stage, tokenizer, problems)
    facts = {"kept": len(by_problem), "truncated": 0, "dropped": len(problems) - len(by_problem)}
    rows = [row for own_rows in by_problem.values() for row in own_rows]
    problem_of = [id for id, own_rows in by_problem.items() for _ in own_rows]
    train_sft(spec, rows, own.training, facts, make_curve_plan(run, own, stage), problem_of)


def make_curve_plan(run: Run, recipe: Recipe, stage: Stage) -> CurvePlan | None:
    """How the learning curve of a stage is measured; None if the recipe has no curves or no problems fit."""
    from train.trainers.curve_callback import CurvePlan, spread_evenly

    settings = recipe.evaluation
    if not settings.curve.points:
        return None
    validation = list(stage_problems(run, stage, "validation").values())
    problems = spread_evenly(validation, settings.curve.problems)
    if not problems:
        return None
    return CurvePlan(
        problems,
        settings.curve.points,
        settings.max_new_tokens,
        slots=settings.batch,
        style=recipe.traces.style,
        chat=recipe.base.chat,
    )


def stage_problems(run: Run, stage: Stage, split: str = "train") -> dict[str, Problem]:
    """The problems of a stage's families by id, including those that curation drops."""
    return {
        problem.id: problem
        for problem in read_problems(run, split)
        if not stage.families or problem.family in stage.families
    }


def training_rows(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, tokenizer: Any, problems: Container[str]
) -> dict[str, list[Row]]:
    """The training rows of a supervised stage by problem, for `problems` whose texts fit in every arm.

    A problem has several rows if its trace erases lines (`traces.erasing`).

    Raises:
        JourneyError: there are none. The message explains why.
    """
    own = recipe.for_arm(replica.arm, stage)
    source = recipe.texts(replica.arm)
    by_file: dict[str, dict[str, list[Row]]] = {}
    # An arm that is trained later has no traces yet, and drops no problem (`train.pipeline.mistakes`).
    later = [replica.arm] if replica.arm in recipe.later_arms else []
    for arm in [*recipe.first_arms, *later]:
        other = recipe.texts(arm)
        audited = other.file == source.file and own.training.loss_on == "sound"
        if other.file not in by_file:
            # Filters differ between arms; what does not fit is dropped from all, whoever keeps it.
            texts = read_texts(run, other, "train", audited, problems, curated=False)
            by_problem = by_file[other.file] = {}
            for text, row in zip(texts, encode(tokenizer, texts, own.base.chat), strict=True):
                by_problem.setdefault(text.id, []).append(row)
    context = min(recipe.for_arm(arm).base.context for arm in recipe.arms)
    kept = problems_that_fit(by_file, context) - dropped_ids(run.path, source.curation)
    if not by_file[source.file].keys() - dropped_ids(run.path, source.curation):
        families = " of the stage's `families`" if stage.families else ""
        raise JourneyError(
            f"{replica.arm.name} has no traces{families} to train on. "
            f"`journey stats {run.path}` shows what was dropped"
        )
    if not kept:
        raise JourneyError(f"no trace fits in {context} tokens: raise base.context in the recipe")
    return {id: rows for id, rows in by_file[source.file].items() if id in kept}


def _dpo(run: Run, recipe: Recipe, replica: Replica, stage: Stage, spec: StageSpec) -> None:
    from transformers import AutoTokenizer

    from train.trainers.dpo import train_dpo

    own = recipe.for_arm(replica.arm, stage)
    if ranks.first():
        search_stage_pivots(run, own, replica, stage, spec)
    ranks.wait()
    chosen = choose_pairs(run, own, replica, stage)
    tokenizer = AutoTokenizer.from_pretrained(spec.start)
    pairs = encode_pairs(tokenizer, chosen, own.base.context, own.base.chat)
    if not pairs:
        remedy = "raise search.mistakes in the recipe"
        if any(kind in SAMPLED for kind in stage.pairs):
            remedy = f"`journey stats {run.path}` shows how many pivots its model's solutions have"
        raise JourneyError(f"no pairs of {', '.join(stage.pairs)} for {replica.name}: {remedy}")
    train_dpo(spec, pairs, own.pairs.batch, problems=len({pair.id for pair in chosen}))


def _reinforce(run: Run, recipe: Recipe, replica: Replica, stage: Stage, spec: StageSpec) -> None:
    from train.trainers.reinforce import train_reinforce

    own = recipe.for_arm(replica.arm, stage)
    train_reinforce(
        spec,
        stage.kind,
        _problems_with_traces(run, replica, stage),
        stage.rewards,
        max_new_tokens=own.evaluation.max_new_tokens,
        credit=stage.credit,
        style=own.traces.style,
        chat=own.base.chat,
    )


def _problems_with_traces(run: Run, replica: Replica, stage: Stage) -> list[Problem]:
    """The stage's training problems that have a trace of the replica's variant after curation."""
    ids = {text.id for text in read_texts(run, replica.arm.variant, "train")}
    return [problem for id, problem in stage_problems(run, stage).items() if id in ids]


def choose_pairs(run: Run, recipe: Recipe, replica: Replica, stage: Stage) -> list[Pair]:
    """A stage's preference pairs: its kinds in turn, up to `pairs.count` in total."""
    problems = stage_problems(run, stage) if stage.families else None
    pivots = dependencies.pivot_files(recipe_of(run), replica, stage)

    def of_kind(kind: str) -> Iterator[Pair]:
        pairs = read_pairs(run, kind)
        if kind in SAMPLED:
            rows = read_lines(run.path / pivots[kind.partition("_")[2]], reader(Searched))
            pairs = (pair for row in rows for pair in row.pairs if pair.kind == kind)
        return (
            pair
            for pair in pairs
            if pair.trace == replica.arm.variant and (problems is None or pair.id in problems)
        )

    alternating = chain.from_iterable(zip(*map(of_kind, stage.pairs), strict=False))
    return list(islice(alternating, recipe.pairs.count))


def search_stage_pivots(run: Run, recipe: Recipe, replica: Replica, stage: Stage, spec: StageSpec) -> None:
    """Searches the start model's solutions of its training problems until there are enough pairs.

    The control takes as many pairs, so the search goes on until both kinds have enough. A search that was
    interrupted continues at the first missing line; another arm that needs the same search waits for it.

    Args:
        run: the run folder.
        recipe: the recipe with the overrides of the stage.
        replica: the replica.
        stage: the stage.
        spec: the stage for its trainer.
    """
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.pipeline.pivotal import PivotSettings, search_pivots

    needed = -(-recipe.pairs.count // len(stage.pairs))
    files = dependencies.pivot_files(recipe_of(run), replica, stage)
    problems = _problems_with_traces(run, replica, stage) if files else []
    for unit, file in files.items():
        settings = PivotSettings(
            unit=cast(Literal["step", "token"], unit),
            rollouts=recipe.pairs.rollouts,
            fresh_rollouts=recipe.pairs.fresh_rollouts,
            threshold=recipe.pairs.threshold,
            rates=recipe.pairs.rates,
            temperature=recipe.evaluation.temperature,
            seed=replica.seed,
            max_new_tokens=recipe.evaluation.max_new_tokens,
            style=recipe.traces.style,
        )
        path = run.path / file
        with appending(path) as (have, add):
            counts: Counter[str] = Counter()
            model = CheckpointGenerator(spec.start, recipe.evaluation.batch, recipe.base.chat)
            rows = islice(read_lines(path, reader(Searched)), have)
            for start in range(0, len(problems), ROLLOUT_BATCH):
                batch = problems[start : start + ROLLOUT_BATCH]
                if start + len(batch) <= have:
                    searched = list(islice(rows, len(batch)))
                else:
                    searched = list(search_pivots(batch, model, settings, replica.arm.variant))
                    for row in searched[max(0, have - start) :]:
                        add(record(row))
                counts.update(pair.kind for row in searched for pair in row.pairs)
                fewest = min(counts[f"{kind}_{unit}"] for kind in ("pivotal", "random"))
                spec.on_progress(min(fewest, needed), needed, f"pivotal {unit}s")
                if fewest >= needed:
                    break

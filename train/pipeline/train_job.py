"""The job that trains one stage of one replica. It runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from journey.errors import JourneyError
from journey.problem import Problem
from journey.runs.store import Run, read_lines, reader, record, replacing
from traces.pairs import PIVOTAL, Pair
from traces.run_files import read_pairs, read_texts
from train.console import Progress
from train.models.token_rows import encode_pairs
from train.pipeline.branches import train_averaged
from train.pipeline.on_policy import pairs_file, sample_outputs, write_sampled_pairs
from train.pipeline.stage_data import mix, read_data, stage_problems
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.stages import SAMPLED, Stage
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.trainers.curve_callback import CurvePlan
    from train.trainers.stage import StageSpec

ROLLOUT_BATCH = 32
"""Number of problems whose rollouts are generated together."""


def train_replica(path: Path, name: str, stage_name: str, on_progress: Progress) -> None:
    """Trains one stage of one replica, from its base or from the model of the stage before.

    Raises:
        JourneyError: there is nothing to train on, such as right outputs of a rejection stage.
    """
    from train.trainers.stage import StageSpec

    on_progress(0, 0, "loading the model and the texts")
    run = Run(path)
    recipe = recipe_of(run)
    replica = recipe.replica(name)
    stage = replica.arm.stage(stage_name)
    before = replica.arm.before(stage)
    own = recipe.for_arm(replica.arm, stage)
    models = path / "models"
    spec = StageSpec(
        start=models / name / before[-1].name if before else models / replica.base,
        out=models / name / stage.name,
        seed=replica.seed,
        adapter=own.adapter,
        options={**getattr(own, stage.block), **stage.settings},
        on_progress=on_progress,
    )
    facts: dict[str, Any] = {}
    if stage.samples_outputs:
        if ranks.first():
            facts = sample_outputs(
                run, recipe, replica, stage, spec, _problems_with_traces(run, replica, stage)
            )
        ranks.wait()
    job = StageJob(run, recipe, replica, stage, facts)
    train = _sft if stage.supervised else {"dpo": _dpo, "grpo": _reinforce, "rloo": _reinforce}[stage.kind]
    if stage.average.off:
        train(job, spec, 0)
    else:
        train_averaged(spec, stage.average, models / name, lambda branch, at: train(job, branch, at))


@dataclass(frozen=True, slots=True)
class StageJob:
    """The training of one stage of one replica."""

    run: Run
    recipe: Recipe
    replica: Replica
    stage: Stage
    facts: Mapping[str, Any]
    """About its outputs, for training.json."""

    @property
    def own(self) -> Recipe:
        """The recipe with the overrides of the arm and the stage."""
        return self.recipe.for_arm(self.replica.arm, self.stage)

    @property
    def branches(self) -> int:
        """The number of models that share its tokens, pairs or steps."""
        return self.stage.average.branches


def _sft(job: StageJob, spec: StageSpec, branch: int) -> None:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft

    run, stage, own = job.run, job.stage, job.own
    tokenizer = AutoTokenizer.from_pretrained(spec.start)
    data = read_data(run, job.recipe, job.replica, stage, tokenizer)
    tokens = own.training.tokens // job.branches
    batches, sums = mix(stage, data, own.training.batch_tokens, tokens, spec.seed, spec.work)
    problems = stage_problems(run, stage)
    kept = len({text.id for text in data.texts} & set(problems))
    facts = {"kept": kept, "truncated": 0, "dropped": len(problems) - kept, "too_long": data.too_long}
    curve = make_curve_plan(run, own, stage) if stage.has_curve else None
    train_sft(
        spec,
        [text.row for text in data.texts],
        own.training,
        {**facts, **job.facts, **sums},
        curve,
        [text.id for text in data.texts],
        batches,
    )


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


def _dpo(job: StageJob, spec: StageSpec, branch: int) -> None:
    from transformers import AutoTokenizer

    from train.trainers.dpo import train_dpo

    run, stage, own, replica = job.run, job.stage, job.own, job.replica
    if ranks.first():
        if PIVOTAL in stage.pairs:
            write_pivotal_pairs(run, own, replica, stage, spec)
        if SAMPLED in stage.pairs:
            write_sampled_pairs(run, replica, stage, stage_problems(run, stage), own.traces.style)
    ranks.wait()
    chosen = choose_pairs(run, own, replica, stage)[branch :: job.branches]
    tokenizer = AutoTokenizer.from_pretrained(spec.start)
    pairs = encode_pairs(tokenizer, chosen, own.base.context, own.base.chat)
    if not pairs:
        remedy = (
            "take problems that it solves at times" if SAMPLED in stage.pairs else "raise search.mistakes"
        )
        raise JourneyError(
            f"{stage.name} of {replica.name} ends here: no pairs of {', '.join(stage.pairs)}. "
            f"{remedy[0].upper()}{remedy[1:]} in the recipe"
        )
    train_dpo(spec, pairs, own.pairs.batch, len({pair.id for pair in chosen}), job.facts)


def _reinforce(job: StageJob, spec: StageSpec, branch: int) -> None:
    from train.trainers.reinforce import STEPS, train_reinforce

    stage, own = job.stage, job.own
    steps = int(spec.options.get("max_steps", STEPS)) // job.branches
    train_reinforce(
        replace(spec, options={**spec.options, "max_steps": steps}),
        stage.kind,
        _problems_with_traces(job.run, job.replica, stage),
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
    problems = stage_problems(run, stage) if stage.data[0].filters else None

    def of_kind(kind: str) -> Iterator[Pair]:
        if kind == SAMPLED:
            return read_lines(pairs_file(run, replica, stage), reader(Pair))
        file = f"{kind}-{replica.name}" if kind == PIVOTAL else kind
        return (
            pair
            for pair in read_pairs(run, file)
            if pair.trace == replica.arm.variant and (problems is None or pair.id in problems)
        )

    alternating = chain.from_iterable(zip(*map(of_kind, stage.pairs), strict=False))
    return list(islice(alternating, recipe.pairs.count))


def write_pivotal_pairs(run: Run, recipe: Recipe, replica: Replica, stage: Stage, spec: StageSpec) -> None:
    """Writes the pivotal pairs of the start model on its training problems, unless the file exists."""
    from search.proposers.model import Model
    from train.trainers.pivotal import pivotal_pairs

    path = run.path / "pairs" / f"{PIVOTAL}-{replica.name}.jsonl"
    if path.exists():
        return
    settings = recipe.pairs
    model = Model(
        spec.start,
        settings.rollouts,
        recipe.evaluation.temperature,
        replica.seed,
        max_new_tokens=recipe.evaluation.max_new_tokens,
    )
    problems = _problems_with_traces(run, replica, stage)
    variant, style = replica.arm.variant, recipe.traces.style
    needed = -(-settings.count // len(stage.pairs))
    count = 0
    with replacing(path) as add:
        for at in range(0, len(problems), ROLLOUT_BATCH):
            batch = problems[at : at + ROLLOUT_BATCH]
            for pair in pivotal_pairs(batch, model, variant, settings.threshold, style):
                add(record(pair))
                count += 1
            spec.on_progress(min(count, needed), needed, "pivotal steps")
            if count >= needed:
                break

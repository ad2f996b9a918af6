"""The job that trains one stage of one replica. It runs in a process of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from journey.errors import JourneyError
from journey.problem import Problem
from journey.runs.store import Run, appending, read_lines, reader, record
from traces.pairs import SEARCHED, Pair
from traces.pivots import PivotSearch
from traces.run_files import read_pairs, read_texts
from train.console import Progress
from train.models.token_rows import encode_pairs
from train.pipeline.branches import train_averaged
from train.pipeline.on_policy import outputs_file, pairs_file, sample_outputs, write_sampled_pairs
from train.pipeline.stage_data import mix, problems_of, read_data, stage_problems
from train.recipe import dependencies
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.stages import OUTPUTS, SAMPLED, Stage
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
                run, recipe, replica, stage, spec, asked_problems(run, recipe, replica, stage)
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
    from train.models.loading import load_processing
    from train.trainers.sft import train_sft

    run, stage, own = job.run, job.stage, job.own
    data = read_data(run, job.recipe, job.replica, stage, load_processing(spec.start))
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
        problems_of(run, job.recipe, data.texts),
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
    facts = dict(job.facts)
    if ranks.first():
        if flops := search_stage_pivots(run, own, replica, stage, spec):
            facts["generate_flops"] = facts.get("generate_flops", 0) + flops
        if SAMPLED in stage.pairs:
            write_sampled_pairs(run, replica, stage, stage_problems(run, stage), own.traces.style)
    ranks.wait()
    chosen = choose_pairs(run, own, replica, stage)
    tokenizer = AutoTokenizer.from_pretrained(spec.start)
    pairs = encode_pairs(tokenizer, chosen[branch :: job.branches], own.base.context, own.base.chat)
    if not pairs:
        remedy = "Raise search.mistakes in the recipe"
        if SAMPLED in stage.pairs:
            remedy = "Take problems that it solves at times in the recipe"
        elif any(kind in SEARCHED for kind in stage.pairs):
            remedy = f"`journey stats {run.path}` shows how many pivots its model's solutions have"
        raise JourneyError(
            f"{stage.name} of {replica.name} ends here: no pairs of {', '.join(stage.pairs)}. {remedy}"
        )
    train_dpo(spec, pairs, own.pairs.batch, len({pair.id for pair in chosen}), facts)


def _reinforce(job: StageJob, spec: StageSpec, branch: int) -> None:
    from train.trainers.reinforce import STEPS, train_reinforce

    stage, own = job.stage, job.own
    steps = int(spec.options.get("max_steps", STEPS)) // job.branches
    train_reinforce(
        replace(spec, options={**spec.options, "max_steps": steps}),
        stage.kind,
        asked_problems(job.run, job.recipe, job.replica, stage),
        stage.rewards,
        max_new_tokens=own.evaluation.max_new_tokens,
        credit=stage.credit,
        style=own.traces.style,
        chat=own.base.chat,
    )


def made_files(run: Run, recipe: Recipe, replica: Replica, stage: Stage) -> list[Path]:
    """The files from which a stage learns and that are made while the arms are trained."""
    files = [recipe.texts(replica.arm).file, *dependencies.pivot_files(recipe, replica, stage).values()]
    paths = [run.path / file for file in files]
    paths += [outputs_file(run, replica, stage)] if stage.samples_outputs else []
    return paths + ([pairs_file(run, replica, stage)] if SAMPLED in stage.pairs else [])


def asked_problems(run: Run, recipe: Recipe, replica: Replica, stage: Stage) -> list[Problem]:
    """The training problems that the stage's model is asked: those with a text of the arm after curation."""
    ids = {text.id for text in read_texts(run, recipe.texts(replica.arm), "train")}
    asked = stage_problems(run, stage, origin=OUTPUTS if stage.kind == "rejection" else None)
    return [problem for id, problem in asked.items() if id in ids]


def choose_pairs(run: Run, recipe: Recipe, replica: Replica, stage: Stage) -> list[Pair]:
    """A stage's preference pairs: its kinds in turn, up to `pairs.count` in total."""
    problems = stage_problems(run, stage) if stage.data[0].filters else None
    pivots = dependencies.pivot_files(recipe_of(run), replica, stage)

    def of_kind(kind: str) -> Iterator[Pair]:
        if kind == SAMPLED:
            return read_lines(pairs_file(run, replica, stage), reader(Pair))
        if kind in SEARCHED:
            # As many of the pivotal kind as of its control, also where the problems ran out before.
            unit = kind.partition("_")[2]
            rows = list(read_lines(run.path / pivots[unit], reader(PivotSearch)))
            both = [list(wanted(searched_pairs(rows, f"{each}_{unit}"))) for each in ("pivotal", "random")]
            return islice(wanted(searched_pairs(rows, kind)), min(map(len, both)))
        return wanted(read_pairs(run, kind))

    def wanted(pairs: Iterable[Pair]) -> Iterator[Pair]:
        return (
            pair
            for pair in pairs
            if pair.trace == replica.arm.variant and (problems is None or pair.id in problems)
        )

    alternating = chain.from_iterable(zip(*map(of_kind, stage.pairs), strict=False))
    return list(islice(alternating, recipe.pairs.count))


def searched_pairs(rows: Iterable[PivotSearch], kind: str) -> Iterator[Pair]:
    """The pairs of a kind that searches made."""
    return (pair for row in rows for pair in row.pairs if pair.kind == kind)


def search_stage_pivots(run: Run, recipe: Recipe, replica: Replica, stage: Stage, spec: StageSpec) -> int:
    """Searches the start model's solutions of its training problems until there are enough pairs.

    The control takes as many pairs, so the search goes on until both kinds have enough. A search that was
    interrupted continues at the first missing line; another arm that needs the same search waits for it.

    Args:
        run: the run folder.
        recipe: the recipe with the overrides of the stage.
        replica: the replica.
        stage: the stage.
        spec: the stage for its trainer.

    Returns:
        The floating-point operations of the searches, whichever arm made them.
    """
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.models.flops import cost_of
    from train.pipeline.pivotal import PivotSettings, search_pivots

    needed = -(-recipe.pairs.count // len(stage.pairs))
    of_run = recipe_of(run)
    files = dependencies.pivot_files(of_run, replica, stage)
    problems = asked_problems(run, of_run, replica, stage) if files else []
    flops = 0
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
            cost = cost_of(spec.start).answer
            rows = islice(read_lines(path, reader(PivotSearch)), have)
            for start in range(0, len(problems), ROLLOUT_BATCH):
                batch = problems[start : start + ROLLOUT_BATCH]
                if start + len(batch) <= have:
                    searched = list(islice(rows, len(batch)))
                else:
                    searched = list(search_pivots(batch, model, settings, replica.arm.variant, cost))
                    for row in searched[max(0, have - start) :]:
                        add(record(row))
                counts.update(pair.kind for row in searched for pair in row.pairs)
                flops += sum(row.flops for row in searched)
                fewest = min(counts[f"{kind}_{unit}"] for kind in ("pivotal", "random"))
                spec.on_progress(min(fewest, needed), needed, f"pivotal {unit}s")
                if fewest >= needed:
                    break
    return flops

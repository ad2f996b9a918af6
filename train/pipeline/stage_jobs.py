"""What runs in a process of its own: one stage of training of one replica, or one evaluation."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import chain, compress, islice
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from journey.errors import JourneyError
from journey.problem import Problem
from journey.runs.store import Run, record, replacing, write_lines
from traces.pairs import PIVOTAL, Pair
from traces.run_files import read_pairs, read_problems, read_texts
from traces.text import prompt
from train.console import Progress, counter
from train.models.token_rows import Row, encode, encode_pairs, fitting
from train.recipe.load import recipe_of
from train.recipe.recipe import OWN_HELDOUT, Recipe, Replica
from train.recipe.settings import Stage
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.evaluation.metrics_schema import LossChange
    from train.evaluation.scoring import Sample
    from train.trainers.curve_callback import CurvePlan

TOGETHER = 32
"""Problems whose rollouts are one batch."""


def train_job(path: Path, name: str, stage_name: str, on_progress: Progress) -> None:
    """Trains one replica to one stage, from the base or from the stage before."""
    run = Run(path)
    recipe = recipe_of(run)
    replica = recipe.replica(name)
    stages = replica.arm.stages
    stage = replica.arm.stage(stage_name)
    at = stages.index(stage)
    start = path / "models" / (replica.base if at == 0 else f"{name}/{stages[at - 1].name}")
    train = {"sft": _sft, "dpo": _dpo, "grpo": _reinforce, "rloo": _reinforce}[stage.kind]
    train(run, recipe, replica, stage, start, on_progress)


def _sft(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, start: Path, on_progress: Progress
) -> None:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft

    own = recipe.for_arm(replica.arm, stage)
    problems = stage_problems(run, stage)
    rows = rows_of(run, recipe, replica, AutoTokenizer.from_pretrained(start), problems)
    facts = {"kept": len(rows), "truncated": 0, "dropped": len(problems) - len(rows)}
    train_sft(
        start,
        rows,
        own.training,
        {**own.sft, **stage.settings},
        own.adapter,
        replica.seed,
        run.path / "models" / replica.name / stage.name,
        on_progress,
        facts,
        curve_plan(run, own, stage),
    )


def curve_plan(run: Run, recipe: Recipe, stage: Stage) -> CurvePlan | None:
    """What a stage's learning curve is measured on; None if the recipe has none."""
    from train.trainers.curve_callback import CurvePlan, spread_evenly

    settings = recipe.evaluation
    if not settings.curve.points:
        return None
    problems = list(stage_problems(run, stage, "validation").values())
    asked = spread_evenly(problems, settings.curve.problems)
    cap, style, chat = settings.max_new_tokens, recipe.traces.style, recipe.base.chat
    return CurvePlan(asked, settings.curve.points, cap, settings.batch, style, chat) if asked else None


def stage_problems(run: Run, stage: Stage, split: str = "train") -> dict[str, Problem]:
    """The problems of a stage's families, by id; curation is not asked."""
    return {
        problem.id: problem
        for problem in read_problems(run, split)
        if not stage.families or problem.family in stage.families
    }


def rows_of(
    run: Run, recipe: Recipe, replica: Replica, tokenizer: Any, problems: Container[str]
) -> list[Row]:
    """The training rows of a replica: of those of these problems that fit every arm's context.

    Raises:
        JourneyError: there are none, and why.
    """
    own = recipe.for_arm(replica.arm)
    by_variant = {}
    for arm in recipe.arms:
        audited = arm.variant == replica.arm.variant and own.training.loss_on == "sound"
        if arm.variant not in by_variant:
            texts = read_texts(run, arm.variant, "train", audited)
            rows = encode(tokenizer, texts, own.base.chat)
            by_variant[arm.variant] = dict(zip([text.id for text in texts], rows, strict=True))
    context = min(recipe.for_arm(arm).base.context for arm in recipe.arms)
    kept = fitting(by_variant, context)
    if not by_variant[replica.arm.variant]:
        raise JourneyError(
            f"no trace of {replica.arm.name} to train on: `journey stats {run.path}` says what was dropped"
        )
    if not kept:
        raise JourneyError(f"no trace fits in {context} tokens: raise base.context in the recipe")
    rows = [row for id, row in by_variant[replica.arm.variant].items() if id in kept and id in problems]
    if not rows:
        raise JourneyError(f"no trace of {replica.arm.name} is of a stage's families: see its `families`")
    return rows


def _dpo(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, start: Path, on_progress: Progress
) -> None:
    from transformers import AutoTokenizer

    from train.trainers.dpo import train_dpo

    own = recipe.for_arm(replica.arm, stage)
    if PIVOTAL in stage.pairs and ranks.first():
        find_pivotal(run, own, replica, start, stage, on_progress)
    ranks.wait()
    chosen = choose_pairs(run, own, replica, stage)
    pairs = encode_pairs(AutoTokenizer.from_pretrained(start), chosen, own.base.context, own.base.chat)
    if not pairs:
        raise JourneyError(
            f"no pairs of {', '.join(stage.pairs)} for {replica.name}: raise search.mistakes in the recipe"
        )
    out = run.path / "models" / replica.name / stage.name
    config = {**own.dpo, **stage.settings}
    problems = len({pair.id for pair in chosen})
    train_dpo(start, pairs, own.pairs.batch, config, own.adapter, replica.seed, out, on_progress, problems)


def _reinforce(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, start: Path, on_progress: Progress
) -> None:
    from train.trainers.reinforce import train_reinforce

    own = recipe.for_arm(replica.arm, stage)
    kept = {text.id for text in read_texts(run, replica.arm.variant, "train")}
    problems = [problem for id, problem in stage_problems(run, stage).items() if id in kept]
    train_reinforce(
        stage.kind,
        start,
        problems,
        stage.rewards,
        {**(own.grpo if stage.kind == "grpo" else own.rloo), **stage.settings},
        own,
        replica.seed,
        run.path / "models" / replica.name / stage.name,
        on_progress,
    )


def choose_pairs(run: Run, recipe: Recipe, replica: Replica, stage: Stage) -> list[Pair]:
    """A stage's pairs: its kinds in turn, `pairs.count` in all or as many as there are."""
    asked = stage_problems(run, stage) if stage.families else None

    def of_the_arm(kind: str) -> Iterator[Pair]:
        file = f"{kind}-{replica.name}" if kind == PIVOTAL else kind
        return (
            pair
            for pair in read_pairs(run, file)
            if pair.trace == replica.arm.variant and (asked is None or pair.id in asked)
        )

    mixed = chain.from_iterable(zip(*map(of_the_arm, stage.pairs), strict=False))
    return list(islice(mixed, recipe.pairs.count))


def find_pivotal(
    run: Run, recipe: Recipe, replica: Replica, model_path: Path, stage: Stage, on_progress: Progress
) -> None:
    """Writes the pivotal pairs of a replica's model on its training problems, unless they are there."""
    from search.proposers.model import Model
    from train.trainers.pivotal import pivotal_pairs

    path = run.path / "pairs" / f"{PIVOTAL}-{replica.name}.jsonl"
    if path.exists():
        return
    settings = recipe.pairs
    model = Model(
        model_path,
        settings.rollouts,
        recipe.evaluation.temperature,
        replica.seed,
        max_new_tokens=recipe.evaluation.max_new_tokens,
    )
    variant = replica.arm.variant
    kept = {text.id for text in read_texts(run, variant, "train")}
    problems = [problem for id, problem in stage_problems(run, stage).items() if id in kept]
    wanted = -(-settings.count // len(stage.pairs))
    found = 0
    with replacing(path) as add:
        for at in range(0, len(problems), TOGETHER):
            few = problems[at : at + TOGETHER]
            for pair in pivotal_pairs(few, model, variant, settings.threshold, recipe.traces.style):
                add(record(pair))
                found += 1
            on_progress(min(found, wanted), wanted, "pivotal steps")
            if found >= wanted:
                break


def eval_job(path: Path, name: str, stage: str, on_progress: Progress) -> None:
    """Measures one model on the held-out problems, or on another split if the recipe asks for it."""
    from train.analysis.evaluations import ERRORS
    from train.evaluation import recovery
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.evaluation.decoding.methods import run_methods
    from train.evaluation.inference import generate_outputs
    from train.evaluation.metrics_schema import ModelMetrics, write_metrics
    from train.evaluation.problem_sets import evaluate_set
    from train.evaluation.recovery import count_outputs
    from train.evaluation.scoring import measure

    run = Run(path)
    recipe = recipe_of(run)
    settings = recipe.evaluation
    replica = recipe.replica(name)
    own = recipe.for_arm(replica.arm)
    problems = read_problems(run, settings.split)
    copies = settings.samples.get(replica.arm.name, 0)
    sampled = problems[: settings.sampled_problems] if copies else []
    total = len(problems) + copies * len(sampled) + settings.methods.outputs
    total += sum(wanted.count for wanted in settings.sets.values())
    more = counter(lambda done, note: on_progress(done, total, note))
    common: dict[str, Any] = {
        "max_new_tokens": settings.max_new_tokens,
        "on_progress": more,
        "style": recipe.traces.style,
    }
    model = CheckpointGenerator(path / "models" / name / stage, settings.batch, own.base.chat)
    samples = generate_outputs(model, problems, audited=True, **common)
    if sampled:
        sampling: dict[str, Any] = {
            "samples": copies,
            "temperature": settings.temperature,
            "seed": replica.seed,
        }
        samples += generate_outputs(model, sampled, **common, **sampling)
    folder = path / "evals" / f"{name}-{stage}"
    write_lines(folder / "samples.jsonl", map(record, samples))
    errors = count_outputs(problems, samples, recipe.traces.style)
    write_lines(folder / ERRORS, ({"id": id, "counts": counts} for id, counts in errors.items()))
    methods, planted = run_methods(run, recipe, replica, model, problems, samples, folder, more)
    sets = {}
    for title, problem_set in settings.sets.items():
        sets[title], outputs = evaluate_set(model, own, problem_set, more)
        write_lines(folder / f"set-{title}.jsonl", map(record, outputs))
    changes = None
    if settings.earlier:
        changes, rows = told_of_earlier(run, recipe, replica, stage, model.tokenizer)
        write_lines(folder / "forgotten.jsonl", rows)
    metrics = ModelMetrics(
        **dict(measure(problems, samples)),
        recovery=recovery.figures([errors], problems),
        flops_per_answer=flops_an_answer(model, problems, samples, recipe.traces.style),
        methods=methods,
        planted=planted,
        sets=sets or None,
        forgotten=changes,
    )
    write_metrics(folder, metrics)


def flops_an_answer(
    model: CheckpointGenerator, problems: Sequence[Problem], samples: Iterable[Sample], style: str
) -> float:
    """Floating-point operations of a greedy answer, its prompt included; the mean (`train.models.flops`)."""
    from train.models.flops import cost_of

    cost = cost_of(model.folder)
    asked = {problem.id: len(model.encode_prompt(prompt(problem, style))) for problem in problems}
    return fmean(cost.answer(asked[each.id], each.tokens) for each in samples if each.sample == 0)


def told_of_earlier(
    run: Run, recipe: Recipe, replica: Replica, stage: str, tokenizer: Any
) -> tuple[dict[str, LossChange], list[dict[str, Any]]]:
    """Of files, what the base knew; of the run's own held-out texts, what the arm's first stage taught."""
    from train.evaluation.forgetting import forgotten, rows_of_file

    own = recipe.for_arm(replica.arm)
    first = replica.arm.stages[0]
    folder = run.path / "models"
    files: dict[str, list[Row]] = {}
    texts: dict[str, list[Row]] = {}
    ids: list[str] = []
    for name in recipe.evaluation.earlier:
        if name != OWN_HELDOUT:
            files[name] = rows_of_file(Path(name), tokenizer, own.base.context)
        elif stage != first.name:
            split = recipe.evaluation.split
            known = stage_problems(run, first, split)
            told = [text for text in read_texts(run, replica.arm.variant, split) if text.id in known]
            rows = encode(tokenizer, told, own.base.chat)
            fits = [len(row["input_ids"]) <= own.base.context for row in rows]
            texts[name] = list(compress(rows, fits))
            ids = [text.id for text in compress(told, fits)]
    after = folder / replica.name / stage
    figures, changes = forgotten(folder / replica.base, after, files) if files else ({}, [])
    if texts:
        found, rows_changed = forgotten(folder / replica.name / first.name, after, texts)
        # A text is known by its problem, so that texts of one cluster are seen as such.
        own_ids = [{**row, "id": ids[int(row["id"].rpartition(":")[2])]} for row in rows_changed]
        figures, changes = figures | found, changes + own_ids
    return figures, changes

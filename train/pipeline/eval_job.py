"""The job that evaluates one model. It runs in a process of its own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from journey.runs.store import Run, record, write_lines
from traces.run_files import read_problems, read_texts
from traces.walks import WITH_MODES
from train.console import Progress, counter
from train.models.token_rows import Row, encode
from train.pipeline.mistakes import graphs_with_mistakes, require_mistakes
from train.pipeline.stage_data import stage_problems
from train.recipe.load import recipe_of
from train.recipe.recipe import OWN_HELDOUT, Recipe, Replica
from train.recipe.stages import Stage

if TYPE_CHECKING:
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.evaluation.metrics_schema import LossChange
    from train.evaluation.scoring import Sample


def evaluate_replica(path: Path, name: str, stage: str, on_progress: Progress) -> None:
    """Measures the model of one stage on the recipe's evaluation problems, and writes evals/REPLICA-STAGE.

    Raises:
        InputError: the mistakes of `methods.planted_from` are not collected yet.
    """
    from train.analysis.evaluations import ERRORS
    from train.evaluation import recovery
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.evaluation.decoding.methods import run_methods
    from train.evaluation.inference import generate_outputs
    from train.evaluation.metrics_schema import ModelMetrics, write_metrics
    from train.evaluation.problem_sets import draw_set, evaluate_set
    from train.evaluation.recovery import count_outputs
    from train.evaluation.routing import has_router, measure_routing
    from train.evaluation.scoring import measure

    run = Run(path)
    recipe = recipe_of(run)
    require_mistakes(run, recipe)
    settings = recipe.evaluation
    replica = recipe.replica(name)
    own = recipe.for_arm(replica.arm)
    problems = read_problems(run, settings.split)
    count = settings.samples.get(replica.arm.name, 0)
    sampled = problems[: settings.sampled_problems] if count else []
    total = len(problems) + count * len(sampled) + settings.methods.outputs(replica.arm.traces in WITH_MODES)
    total += sum(problem_set.count for problem_set in settings.sets.values())
    total += len(settings.rounded) * len(problems)
    on_output = counter(lambda done, note: on_progress(done, total, note))
    common: dict[str, Any] = {
        "max_new_tokens": settings.max_new_tokens,
        "on_progress": on_output,
        "style": recipe.traces.style,
    }
    model = CheckpointGenerator(path / "models" / name / stage, settings.batch, own.base.chat)
    samples = generate_outputs(model, problems, audited=True, **common)
    if sampled:
        sampling: dict[str, Any] = {
            "samples": count,
            "temperature": settings.temperature,
            "seed": replica.seed,
        }
        samples += generate_outputs(model, sampled, **common, **sampling)
    folder = path / "evals" / f"{name}-{stage}"
    write_lines(folder / "samples.jsonl", map(record, samples))
    errors = count_outputs(problems, samples, recipe.traces.style)
    write_lines(folder / ERRORS, ({"id": id, "counts": counts} for id, counts in errors.items()))
    own_graphs = []
    if (source := settings.methods.planted_from) is not None:
        asked = (problem.id for problem in problems[: settings.methods.problems])
        own_graphs = list(graphs_with_mistakes(run, source, asked))
    figures = run_methods(
        run=run,
        recipe=recipe,
        replica=replica,
        generator=model,
        problems=problems,
        samples=samples,
        folder=folder,
        on_progress=on_output,
        own_graphs=own_graphs,
    )
    sets = {}
    answered = list(zip(problems, samples, strict=False))  # The greedy outputs come first.
    for set_name, problem_set in settings.sets.items():
        sets[set_name], outputs = evaluate_set(model, own, problem_set, on_output)
        write_lines(folder / f"set-{set_name}.jsonl", map(record, outputs))
        answered += zip(draw_set(own, problem_set), outputs, strict=True)
    changes = None
    if settings.earlier:
        changes, rows = measure_forgetting(run, recipe, replica, stage, model.tokenizer)
        write_lines(folder / "forgotten.jsonl", rows)
    precision = None
    if settings.rounded:
        from train.evaluation.precision import evaluate_precisions

        precision, loss_rows = evaluate_precisions(
            model,
            settings.rounded,
            problems,
            samples,
            heldout_texts(run, recipe, replica, replica.arm.stage(stage), model.tokenizer),
            common,
            lambda name, outputs: write_lines(folder / f"set-{name}.jsonl", map(record, outputs)),
        )
        write_lines(folder / "losses.jsonl", loss_rows)
    metrics = ModelMetrics(
        **dict(measure(problems, samples)),
        recovery=recovery.figures([errors], problems),
        flops_per_answer=flops_per_answer(model, samples),
        **figures,
        sets=sets or None,
        forgotten=changes,
        precision=precision,
        router=measure_routing(model.model, model.tokenizer, answered, recipe.traces.style, own.base.chat)
        if has_router(model.model)
        else None,
    )
    write_metrics(folder, metrics)


def flops_per_answer(model: CheckpointGenerator, samples: Iterable[Sample]) -> float:
    """Mean floating-point operations of a greedy answer, including its prompt (`train.models.flops`).

    An output that erases reads again what remains.
    """
    from train.models.flops import cost_of

    cost = cost_of(model.folder)
    return fmean(
        sum(cost.answer(*context) for context in each.contexts) for each in samples if each.sample == 0
    )


def heldout_texts(
    run: Run, recipe: Recipe, replica: Replica, stage: Stage, tokenizer: Any
) -> list[tuple[str, Row]]:
    """The arm's held-out traces about a stage's problems that fit the context, each with its problem's id."""
    split = recipe.evaluation.split
    own = recipe.for_arm(replica.arm)
    texts = read_texts(run, replica.arm.variant, split, problems=stage_problems(run, stage, split))
    rows = encode(tokenizer, texts, own.base.chat)
    return [
        (text.id, row)
        for text, row in zip(texts, rows, strict=True)
        if len(row["input_ids"]) <= own.base.context
    ]


def measure_forgetting(
    run: Run, recipe: Recipe, replica: Replica, stage: str, tokenizer: Any
) -> tuple[dict[str, LossChange], list[dict[str, Any]]]:
    """The change of a model's loss on texts of earlier training, per file and per text.

    Files are compared with the base. The run's own held-out texts are compared with the arm's first stage.
    """
    from train.evaluation.forgetting import forgotten, rows_of_file

    own = recipe.for_arm(replica.arm)
    first = replica.arm.stages[0]
    folder = run.path / "models"
    files: dict[str, list[Row]] = {}
    heldout: dict[str, list[Row]] = {}
    ids: list[str] = []
    for name in recipe.evaluation.earlier:
        if name != OWN_HELDOUT:
            files[name] = rows_of_file(Path(name), tokenizer, own.base.context)
        elif stage != first.name:
            texts = heldout_texts(run, recipe, replica, first, tokenizer)
            ids, heldout[name] = [id for id, _ in texts], [row for _, row in texts]
    after = folder / replica.name / stage
    changes, by_text = forgotten(folder / replica.base, after, files) if files else ({}, [])
    if heldout:
        own_changes, own_rows = forgotten(folder / replica.name / first.name, after, heldout)
        changes |= own_changes
        # Identified by problem, so that the texts of one cluster count together.
        by_text += [{**row, "id": ids[int(row["id"].rpartition(":")[2])]} for row in own_rows]
    return changes, by_text

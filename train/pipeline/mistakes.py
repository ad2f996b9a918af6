"""The mistakes of an arm's model, and the traces of the arms that learn from them (`traces.mistakes_from`).

    mistakes/ARM/part-*.jsonl     the refuted steps of the model's outputs, a problem a line
    traces/VARIANT.jsonl          journeys over the graphs in which these steps are explored mistakes

The model is that of the arm's first stage and first training seed, so every seed of a later arm learns from
the same traces. The later arm trains on the same problems as the others: a journey that would exceed the
context with its mistakes is written without them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from journey.errors import InputError, JourneyError
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.machine import orphaned
from journey.runs.store import Run, appending, read_lines, reader, record, replacing
from traces import curate, walks
from traces.mistakes import OwnMistake, find_mistakes, holds_mistake, with_mistakes
from traces.run_files import read_problems, training_texts
from train.console import Console, Progress
from train.models.token_rows import encode
from train.pipeline.data import trace_row
from train.pipeline.processes import Job, run_jobs
from train.pipeline.run_stage import run_stage
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe
from train.recipe.stages import Arm

PART_SIZE = 2_500
"""Problems in a part file; parts are written in parallel."""
BATCH = 250
"""Problems whose outputs are generated together. Batches do not depend on what a killed run had written."""


@dataclass(frozen=True, slots=True)
class ProblemMistakes:
    """A line of a part file."""

    id: str
    outputs: int
    mistakes: list[OwnMistake]


def mark_of(arm: str) -> str:
    """The completion mark of an arm's mistakes."""
    return f"mistakes-{arm}"


def has_mistakes(run: Run, recipe: Recipe) -> bool:
    """Whether the mistakes that evaluation plants are collected; also if it plants no model's mistakes."""
    source = recipe.evaluation.methods.planted_from
    return source is None or run.done(mark_of(source))


def require_mistakes(run: Run, recipe: Recipe) -> None:
    """Refuses an evaluation that would be marked as done without the planted mistakes of a model.

    Raises:
        InputError: the mistakes of `methods.planted_from` are not collected yet.
    """
    if not has_mistakes(run, recipe):
        raise InputError(
            f"evaluation plants the mistakes of {recipe.evaluation.methods.planted_from}, which are not "
            f"collected yet. Collect them with `journey run --out {run.path}`"
        )


def collect_mistakes(run: Run, recipe: Recipe, name: str, console: Console) -> None:
    """Collects the mistakes of an arm's model on the training problems, and on those for planted errors.

    Raises:
        InputError: the arm's model is not trained yet.
    """
    if not (_model_folder(run, recipe, name) / "training.json").exists():
        raise InputError(
            f"the mistakes of {name} need its model. Train it with `journey train "
            f"{recipe.arm(name).stages[0].name} --run {run.path} --arm {name}`"
        )

    def work() -> tuple[str, dict[str, Any]]:
        parts = range(-(-len(_asked_problems(run, recipe, name)) // PART_SIZE))
        jobs = [Job(f"{name} {number}", write_part, (run.path, name, number)) for number in parts]
        run_jobs(jobs, recipe.training.side_by_side, console, "mistakes")
        rows = list(read_mistakes(run, name))
        counts = {
            "problems": len(rows),
            "outputs": sum(row.outputs for row in rows),
            "mistaken": sum(bool(row.mistakes) for row in rows),
            "mistakes": sum(len(row.mistakes) for row in rows),
        }
        text = (
            f"{name}: {counts['mistakes']:,} different refuted steps in {counts['outputs']:,} outputs, for "
        )
        return f"{text}{counts['mistaken']:,} of {counts['problems']:,} problems", counts

    run_stage(run, mark_of(name), console, work)


def write_part(path: Path, name: str, number: int, on_progress: Progress) -> None:
    """Writes one part file: samples the model's outputs and checks their steps.

    A part that was interrupted continues at the first missing line.
    """
    from train.evaluation.decoding.generators import CheckpointGenerator
    from train.evaluation.inference import generate_outputs

    run = Run(path)
    recipe = recipe_of(run)
    own, style = recipe.for_arm(recipe.arm(name)), recipe.traces.style
    settings, search = recipe.evaluation, recipe.search
    problems = _asked_problems(run, recipe, name)[number * PART_SIZE : (number + 1) * PART_SIZE]
    with appending(_part(run, name, number)) as (have, add):
        if have == len(problems):
            return
        on_progress(have, len(problems), "loading the model")
        model = CheckpointGenerator(_model_folder(run, recipe, name), settings.batch, own.base.chat)
        for start in range(have - have % BATCH, len(problems), BATCH):
            batch = problems[start : start + BATCH]
            samples = generate_outputs(
                model,
                batch,
                max_new_tokens=settings.max_new_tokens,
                samples=search.samples,
                temperature=search.temperature,
                seed=recipe.seeds[0],
                style=style,
            )
            texts: dict[str, list[str]] = {problem.id: [] for problem in batch}
            for sample in samples:
                texts[sample.id].append(sample.text)
            for problem in batch[max(0, have - start) :]:
                refuted = find_mistakes(problem, texts[problem.id], style)
                if orphaned():
                    raise JourneyError("the process that started this one is gone")
                add(record(ProblemMistakes(problem.id, len(texts[problem.id]), refuted)))
            on_progress(start + len(batch), len(problems), "")


def read_mistakes(run: Run, name: str) -> Iterator[ProblemMistakes]:
    """The mistakes of an arm's model, by problem."""
    for path in sorted((run.path / "mistakes" / name).glob("part-*.jsonl")):
        yield from read_lines(path, reader(ProblemMistakes))


def graphs_with_mistakes(run: Run, name: str, ids: Iterable[str]) -> Iterator[SolutionGraph]:
    """The graphs of these problems, in which the mistakes of an arm's model are explored steps."""
    wanted = set(ids)
    by_id = {row.id: row.mistakes for row in read_mistakes(run, name) if row.id in wanted}
    for graph in read_graphs(run.path / "graphs"):
        if graph.problem.id in wanted:
            yield with_mistakes(graph, by_id.get(graph.problem.id, []), name)


def make_later_traces(run: Run, recipe: Recipe, arm: Arm, source: str, console: Console) -> None:
    """Writes the traces of an arm that learns from the mistakes of the model of `source`.

    They are about the same problems as those of the first arms.

    Raises:
        JourneyError: a training problem has no trace that fits the context, although those of the first arms
            fit, so the arms would not train on the same problems (DESIGN rule 4).
    """
    kind, walk_settings = recipe.variants()[arm.variant]
    style = recipe.traces.style

    def work() -> tuple[str, dict[str, Any]]:
        first = run.path / "traces" / f"{recipe.first_arms[0].variant}.jsonl"
        ids = [row["id"] for row in read_lines(first, dict)]
        fits = _fit_test(run, recipe, arm)
        dropped = curate.dropped_ids(run.path)
        plain = replace(walk_settings, mistakes=0.0, mistaken=None)
        counts: Counter[str] = Counter()
        too_long: set[str] = set()
        with replacing(run.path / "traces" / f"{arm.variant}.jsonl") as add:
            for graph in graphs_with_mistakes(run, source, ids):
                traces, rows = [], []
                for chosen in (walk_settings, plain):
                    trace = walks.walk(kind, graph, chosen)
                    if trace is None:
                        raise JourneyError(f"{graph.problem.id} has no {kind}, but another arm has a trace")
                    traces.append(trace)
                    rows.append(trace_row(trace, arm.variant, chosen, style, recipe.seed))
                is_mistaken, has_space = holds_mistake(traces[0], graph, source), fits(rows[0])
                add(rows[0] if has_space else rows[1])
                if graph.problem.split == "train":
                    counts["traces"] += 1
                    counts["mistaken"] += is_mistaken and has_space
                    counts["too long"] += is_mistaken and not has_space
                    if not has_space and graph.problem.id not in dropped and not fits(rows[1]):
                        too_long.add(graph.problem.id)
            _check_dropped(run, recipe, arm, too_long, fits)
        text = f"{counts['traces']:,} {arm.variant}, {counts['mistaken']:,} with a mistake of {source}"
        text += f", {counts['too long']:,} without it to fit the context" if counts["too long"] else ""
        return text, dict(counts)

    run_stage(run, f"traces-{arm.variant}", console, work)


def _check_dropped(
    run: Run, recipe: Recipe, arm: Arm, ids: Set[str], fits: Callable[[dict[str, Any]], bool]
) -> None:
    """Checks that problems without a trace of `arm` that fits have none in another arm either."""
    kept = set(ids)
    for variant in recipe.first_variants if ids else ():
        rows = read_lines(run.path / "traces" / f"{variant}.jsonl", dict)
        kept -= {row["id"] for row in rows if row["id"] in kept and not fits(row)}
    if kept:
        raise JourneyError(
            f"{len(kept):,} traces of {arm.name} do not fit the context even without mistakes, but those of "
            "the other arms do: raise base.context in the recipe"
        )


def _fit_test(run: Run, recipe: Recipe, arm: Arm) -> Callable[[dict[str, Any]], bool]:
    """Whether the training texts of a trace row, new or read, fit the context of every arm."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / recipe.replicas([arm])[0].base)
    context = min(recipe.for_arm(each).base.context for each in recipe.arms)
    chat = recipe.for_arm(arm).base.chat

    def fits(row: dict[str, Any]) -> bool:
        problem = row["problem"]
        problem = problem if isinstance(problem, dict) else record(problem)
        texts = list(training_texts({**row, "problem": problem}))
        return all(len(tokens["input_ids"]) <= context for tokens in encode(tokenizer, texts, chat))

    return fits


def _asked_problems(run: Run, recipe: Recipe, name: str) -> list[Problem]:
    """The problems that the model of an arm is asked: those that it was trained on, and those for plants."""
    problems: list[Problem] = []
    if any(recipe.mistakes_from(arm) == name for arm in recipe.later_arms):
        dropped = curate.dropped_ids(run.path)
        problems += [problem for problem in read_problems(run, "train") if problem.id not in dropped]
    methods = recipe.evaluation.methods
    if methods.planted_from == name:
        problems += read_problems(run, recipe.evaluation.split)[: methods.problems]
    return problems


def _model_folder(run: Run, recipe: Recipe, name: str) -> Path:
    return run.path / "models" / name / recipe.arm(name).stages[0].name


def _part(run: Run, name: str, number: int) -> Path:
    return run.path / "mistakes" / name / f"part-{number:05d}.jsonl"

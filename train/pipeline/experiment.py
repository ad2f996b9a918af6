"""Runs a recipe from problems to report, in stages. Each stage reads and writes files, so it can run alone.

    problems   problems/{train,validation,heldout}.jsonl
    graphs     graphs/part-*.jsonl
    traces     traces/{shortcut,journey,stream}.jsonl, pairs/{step,recover,answer}.jsonl
    corpora    corpora/NAME.jsonl: training texts that are spoilt on purpose
    curation   curation.json: which training problems are kept; curation-ARM.json for other filters
    base       models/base
    claims     claims.json: the claims, registered before training
    mistakes   mistakes/ARM/part-*.jsonl, and the traces of the arms that learn from them
    training   models/ARM/STAGE, in the order of stages; models/ARM@SEED/STAGE for further seeds
               models/ARM/STAGE/{data,outputs,pairs}.jsonl: its texts, and what its start model sampled
               pivots/UNIT-DIGEST.jsonl: searches in the solutions of start models
    evals      evals/ARM-STAGE/{samples.jsonl,metrics.json}
    law        predictions.json: what a scaling law says of arms that are trained and evaluated last
    results    results.json, report.md, report.html, plots/

A stage with a completion mark in the manifest is skipped. The mark is written last.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.markup import escape

from journey.errors import InputError, JourneyError
from journey.runs.machine import describe
from journey.runs.store import CLAIM_LOCK, Run, read_lines, replace, write_lines
from traces.run_files import read_texts
from train.console import Console
from train.models.saving import require_space
from train.pipeline.data import generate
from train.pipeline.eval_job import evaluate_replica
from train.pipeline.mistakes import collect_mistakes, has_mistakes, make_later_traces, require_mistakes
from train.pipeline.predictions import register_predictions
from train.pipeline.replica_jobs import ReplicaStage, run_replica_stage
from train.pipeline.run_stage import run_stage
from train.pipeline.stage_data import file_texts
from train.pipeline.summaries import summarize_evaluation, summarize_training
from train.pipeline.train_job import train_replica
from train.pipeline.trl_configs import check_configs
from train.recipe import dependencies, registration, tuning
from train.recipe.load import load_recipe, recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.settings import Grid
from train.recipe.stages import Arm
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.analysis.results_schema import Results


def open_run(path: Path, recipe: Recipe, update: bool = False) -> Run:
    """The run folder for this recipe, new or resumed.

    With `update`, a folder made with another recipe is converted: the stages that the change affects are
    removed, and the others are kept.

    Raises:
        InputError: the folder was made with another recipe, and `update` is false.
    """
    run = Run(path)
    settings = recipe.model_dump(mode="json")
    if update and run.manifest.get("settings"):
        with run.lock():
            if registration.read(path) is not None or registration.trained(path):
                # Before the update removes the models whose results the user may have seen.
                registration.register(run, recipe)
            dependencies.update(run, recipe_of(run), recipe)
    run.claim(settings, {"recipe": recipe.name, "seed": recipe.seed, "machine": describe()})
    if not (path / "recipe.yaml").exists():
        with run.lock(CLAIM_LOCK, wait=True):
            replace(path / "recipe.yaml", yaml.safe_dump(settings, sort_keys=False, width=110))
    return run


def resolve(
    name: str | None, out: Path | None, changes: Sequence[str], quick: bool, update: bool = False
) -> tuple[Run, Recipe]:
    """The run folder and the recipe for the arguments of `journey run`.

    Without a recipe's name, an existing run folder continues with its own recipe. The default is `laptop`.
    """
    if name is None and out is not None and (out / "manifest.json").exists() and not (changes or quick):
        run = Run(out)
        return run, recipe_of(run)
    recipe = load_recipe(name or "laptop", changes, quick)
    if out is None:
        seed = f"-seed{recipe.seed}" if recipe.seed else ""
        out = Path("runs") / f"{recipe.name}{'-quick' if quick else ''}{seed}"
    if update or not (out / "manifest.json").exists():
        check_configs(recipe)
    return open_run(out, recipe, update), recipe


def make_data(run: Run, recipe: Recipe, console: Console) -> None:
    """Makes the problems, graphs and traces of a run, from which `run_stages` continues, on any machine."""
    with run.lock():
        generate(run, recipe, console)


def run_stages(run: Run, recipe: Recipe, console: Console, verbose: bool = False) -> Results:
    """Runs all stages, from problems to report; returns the results.

    Raises:
        InputError: a launcher started this in several processes.
        JourneyError: an arm failed. The others are trained first; they are evaluated and reported too unless
            the mistakes that evaluation plants (`methods.planted_from`) could not be collected.
    """
    from train.recipe.keys import changed_keys, render_recipe

    if ranks.processes() > 1:
        raise InputError(
            f"`journey run` needs a single process, but {ranks.processes()} were launched. "
            f"Launch `journey train STAGE --run {run.path} --arm ARM`, then `journey run --out {run.path}`"
        )
    console.print(f"[bold]{recipe.name}[/]: {recipe.question} [dim]→ {run.path}[/]", soft_wrap=True)
    changes = ", ".join(changed_keys(recipe))
    prefix = f"with {changes}; " if changes else ""
    console.print(
        f"{prefix}all settings are in {run.path}/recipe.yaml", style="dim", markup=False, soft_wrap=True
    )
    for part in render_recipe(recipe) if verbose else ():
        console.print(part)
    console.print()
    with run.lock():
        generate(run, recipe, console)
        make_bases(run, recipe, recipe.replicas(), console)
        failed = train_all(run, recipe, console)
        if recipe.law.predict and not failed:
            evaluate(run, recipe, console)
            register_predictions(run, recipe, console)
            failed = _train_arms(run, recipe, [recipe.arm(name) for name in recipe.law.predict], console)
        # An evaluation without the mistakes that it plants would be marked as done and never repeated.
        if not failed or (_trained(run, recipe) and has_mistakes(run, recipe)):
            evaluate(run, recipe, console)
            results = conclude(run, recipe, console)
            if not failed:
                run.manifest["state"] = "done"
                run.manifest.pop("failed", None)
                run.save()
                return results
        run.manifest |= {"state": "failed", "failed": failed}
        run.save()
    raise JourneyError("; ".join(failed))


def tune(name: str, out: Path | None, changes: Sequence[str], quick: bool, console: Console) -> list[Grid]:
    """Runs the trials of every grid of a recipe, each grid in its own run folder.

    Returns:
        The grids with their trials.
    """
    recipe = load_recipe(name, changes, quick)
    done = []
    for grid in tuning.require_grids(recipe):
        trials = tuning.trial_recipe(recipe, grid)
        folder = (out or Path("runs")) / trials.name
        if not (folder / "manifest.json").exists():
            check_configs(trials)
        results = run_stages(open_run(folder, trials), trials, console)
        solved = {(row.arm, row.stage): row.figures.on_set(grid.set).pass_1 for row in results.rows()}
        done.append(tuning.read_trials(recipe, grid, solved))
    return done


def train_all(run: Run, recipe: Recipe, console: Console) -> list[str]:
    """Trains every stage of every arm but the predicted ones. An arm that fails stops there.

    Returns:
        The errors of the failed stages.
    """
    register(run, recipe, console)
    first = [arm for arm in recipe.first_arms if arm.name not in recipe.law.predict]
    failed = _train_arms(run, recipe, first, console)
    later = []
    for source in recipe.mistake_sources():
        learners = [arm for arm in recipe.later_arms if recipe.mistakes_from(arm) == source]
        try:
            collect_mistakes(run, recipe, source, console)
            for arm in learners:
                make_later_traces(run, recipe, arm, source, console)
        except JourneyError as error:
            console.log("mistakes", f"[red]{escape(str(error))}[/]")
            failed.append(str(error))
        else:
            later += learners
    return failed + _train_arms(run, recipe, later, console)


def _train_arms(run: Run, recipe: Recipe, arms: Sequence[Arm], console: Console) -> list[str]:
    """Trains every stage of these arms; returns the errors of those that failed."""
    failed = []
    for name in recipe.stage_names():
        ready = [
            replica
            for replica in recipe.replicas(arms)
            if name in [stage.name for stage in replica.arm.stages]
            and (_start_model(run, replica, name)[0] / "config.json").exists()
        ]
        try:
            train(run, recipe, name, ready, console)
        except JourneyError as error:
            console.log(name, f"[red]{escape(str(error))}[/]")
            failed.append(str(error))
    return failed


def train_arm(path: Path, stage: str, arm: str, console: Console) -> None:
    """Trains one stage of one arm of a run folder, with each training seed.

    Under `accelerate launch` every process trains, and the first one writes.
    """
    run = Run.existing(path)
    recipe = recipe_of(run)
    chosen = recipe.arm(arm)
    chosen.stage(stage)
    replicas = recipe.replicas([chosen])
    with run.lock() if ranks.first() else nullcontext():
        if stage == chosen.stages[0].name:
            if not all(run.done(Path(file).stem) for file in recipe.curations()):
                raise InputError(f"{path} has no training data yet. Make it with `journey run --out {path}`")
            if ranks.first():
                make_bases(run, recipe, replicas, console)
                register(run, recipe, console)
                if (source := recipe.mistakes_from(chosen)) is not None:
                    collect_mistakes(run, recipe, source, console)
                    make_later_traces(run, recipe, chosen, source, console)
        ranks.wait()
        train(run, recipe, stage, replicas, console)


def register(run: Run, recipe: Recipe, console: Console) -> None:
    """Registers the claims before anything is trained (`train.recipe.registration`)."""
    if registration.register(run, recipe) and recipe.claims:
        registered = registration.read(run.path)
        digest = registered.claims_sha256[:12] if registered is not None else ""
        console.log("claims", f"{len(recipe.claims)} registered in {registration.FILE}, sha256 {digest}")


def make_bases(run: Run, recipe: Recipe, replicas: Sequence[Replica], console: Console) -> None:
    """Makes the base models, with a tokenizer for the training texts of all arms."""
    for name, replica in {replica.base: replica for replica in replicas}.items():

        def work(name: str = name, replica: Replica = replica) -> tuple[str, dict[str, Any]]:
            # An arm of later traces shares the tokenizer that its mistakes were written with. Arms with other
            # filters share one too, so it knows the words of all rows of spoilt texts.
            texts = [
                text.prompt + text.completion
                for source in recipe.first_texts
                for text in read_texts(run, source, "train", curated=source.folder == "traces")
            ]
            texts += file_texts(recipe.text_files)
            base = recipe.for_arm(replica.arm).base
            origin = "from scratch" if base.model is None else f"pretrained: {base.model}"
            # The libraries and a large model take up to a minute to load.
            with console.status(f"{name}: making the model, {origin}"):
                from transformers.utils.logging import disable_progress_bar

                from train.models.base import save_base

                disable_progress_bar()
                folder = run.path / "models" / name
                size = save_base(folder, texts, base, replica.seed, recipe.problems.picture)
            return f"{size}, {origin}", asdict(size)

        run_stage(run, name, console, work)


def train(run: Run, recipe: Recipe, stage: str, replicas: Sequence[Replica], console: Console) -> None:
    """Trains one stage of those of these replicas that have it.

    Raises:
        InputError: a model to start from is missing.
        JourneyError: the trained models do not fit on the disk, or a training failed.
    """
    console = console if ranks.first() else Console(quiet=True)
    chosen = [replica for replica in replicas if stage in [each.name for each in replica.arm.stages]]
    for replica in chosen:
        start, command = _start_model(run, replica, stage)
        if not (start / "config.json").exists():
            raise InputError(
                f"{stage} of {replica.arm.name} starts from {start}, which does not exist. "
                f"Make it with `{command}`"
            )
    pending = [replica.name for replica in chosen if not run.done(f"{stage}-{replica.name}")]
    for replica in chosen:
        if replica.name not in pending:
            console.log(stage, f"{replica.name}: done before")
    if not pending:
        return
    require_space(run.path, [_start_model(run, each, stage)[0] for each in chosen if each.name in pending])
    replica_stage = ReplicaStage(
        title=stage,
        name=stage,
        mark=f"{stage}-{{}}",
        folder=f"models/{{}}/{stage}",
        result="training.json",
        call=train_replica,
        summarize=summarize_training,
    )
    failure = run_replica_stage(run, recipe, replica_stage, pending, console)
    if ranks.first():
        _collect_metrics(run, recipe)
    if failure:
        raise failure


def _start_model(run: Run, replica: Replica, stage: str) -> tuple[Path, str]:
    """The folder of the model that a stage starts from, and the command that makes it."""
    names = [each.name for each in replica.arm.stages]
    at = names.index(stage)
    if at == 0:
        return run.path / "models" / replica.base, f"journey run --out {run.path}"
    command = f"journey train {names[at - 1]} --run {run.path} --arm {replica.arm.name}"
    return run.path / "models" / replica.name / names[at - 1], command


def _trained(run: Run, recipe: Recipe) -> list[tuple[Replica, str]]:
    """The replicas and stages with a trained model."""
    return [
        (replica, stage)
        for stage in recipe.stage_names()
        for replica in recipe.replicas()
        if (run.path / "models" / replica.name / stage / "training.json").exists()
    ]


def _collect_metrics(run: Run, recipe: Recipe) -> None:
    """Writes RUN/metrics.jsonl, the loss curves of all trained models."""
    rows = [
        {"arm": replica.arm.name, "seed": replica.seed, "stage": stage, **entry}
        for replica, stage in _trained(run, recipe)
        for entry in read_lines(run.path / "models" / replica.name / stage / "log.jsonl", dict)
    ]
    write_lines(run.path / "metrics.jsonl", rows)


def evaluate(run: Run, recipe: Recipe, console: Console) -> None:
    """Evaluates every trained model.

    Raises:
        InputError: there is none, or the mistakes of `methods.planted_from` are not collected yet.
    """
    from train.evaluation.metrics_schema import METRICS_FILE

    require_mistakes(run, recipe)
    models = _trained(run, recipe)
    if not models:
        raise InputError(f"{run.path} has no trained model. Train one with `journey run --out {run.path}`")
    for stage in recipe.stage_names():
        mark = f"eval-{{}}-{stage}"
        names = [replica.name for replica, other in models if other == stage]
        pending = [name for name in names if not run.done(mark.format(name))]
        if not pending:
            continue
        replica_stage = ReplicaStage(
            title=f"eval {stage}",
            name=stage,
            mark=mark,
            folder=f"evals/{{}}-{stage}",
            result=METRICS_FILE,
            call=evaluate_replica,
            summarize=summarize_evaluation,
        )
        if failure := run_replica_stage(run, recipe, replica_stage, pending, console):
            raise failure


def conclude(run: Run, recipe: Recipe, console: Console) -> Results:
    """Writes results.json and the report, and prints the results table and conclusions."""
    from train.analysis.results import gather
    from train.analysis.results_schema import write_results
    from train.pipeline.token_masks import choose_training_example
    from train.report import write_report
    from train.report.summary import answers, table

    results = gather(run, recipe)
    write_results(run.path, results)
    with console.progress("report") as make:
        make("", 1)(0, "")
        report = write_report(run, recipe, results, choose_training_example(run, recipe))
    console.print()
    console.print(table({recipe.name: results}))
    console.print()
    for sentence in answers(results):
        console.print(sentence, soft_wrap=True)
    console.print(f"\nReport: {report}   ({results.seconds.total:.0f} s)", soft_wrap=True)
    return results

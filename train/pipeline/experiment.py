"""A recipe from problems to report, in stages. Each reads files and writes files, so each can be run alone.

    problems   problems/{train,validation,heldout}.jsonl
    graphs     graphs/part-*.jsonl
    traces     traces/{shortcut,journey,stream}.jsonl, pairs/{step,recover}.jsonl
    curation   curation.json: which training problems stay
    base       models/base
    claims     claims.json: what is claimed before anything is trained
    training   models/ARM/{sft,dpo,...}, an arm's stages in turn; models/ARM@SEED with more seeds than one
    evals      evals/ARM-STAGE/{samples.jsonl,metrics.json}
    results    results.json, report.md, report.html, plots/

A stage whose completion mark is in the manifest is skipped; the mark is written last.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from rich.markup import escape

from journey.errors import InputError, JourneyError
from journey.runs.machine import describe
from journey.runs.store import Run, clock, read_json, read_lines, replace, write_lines
from traces.run_files import read_texts
from train.console import Console
from train.pipeline.data import generate, staged
from train.pipeline.processes import Job, run_all
from train.pipeline.stage_jobs import eval_job, train_job
from train.pipeline.trl_configs import check_configs
from train.recipe import dependencies, registration, tuning
from train.recipe.load import load_recipe, recipe_of
from train.recipe.recipe import Recipe, Replica
from train.recipe.settings import Grid
from train.trainers import distributed as ranks

if TYPE_CHECKING:
    from train.analysis.results_schema import Results


def open_run(path: Path, recipe: Recipe, update: bool = False) -> Run:
    """The run folder for this recipe, new or resumed.

    With `update` a folder made by another recipe is taken over: what the change touches is done anew, and
    all the rest stays.

    Raises:
        InputError: the folder was made by another recipe, and this is no update.
    """
    run = Run(path)
    settings = recipe.model_dump(mode="json")
    if update and run.manifest.get("settings"):
        with run.lock():
            if registration.read(path) is not None or registration.trained(path):
                # First, while the folder still holds what the change was made in sight of.
                registration.register(run, recipe)
            dependencies.update(run, recipe_of(run), recipe)
    run.claim(settings, {"recipe": recipe.name, "seed": recipe.seed, "machine": describe()})
    if not (path / "recipe.yaml").exists():
        with run.lock(wait=True):
            replace(path / "recipe.yaml", yaml.safe_dump(settings, sort_keys=False, width=110))
    return run


def resolve(
    name: str | None, out: Path | None, changes: Sequence[str], quick: bool, update: bool = False
) -> tuple[Run, Recipe]:
    """The run folder and recipe that the words of a command mean.

    Without a recipe's name, a run folder that is there goes on by its own recipe; else it is `laptop`.
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


def run_stages(run: Run, recipe: Recipe, console: Console, verbose: bool = False) -> Results:
    """Everything, from problems to report; returns the results.

    Raises:
        InputError: a launcher started this in several processes.
        JourneyError: an arm failed; the others are trained, evaluated and reported first.
    """
    from train.recipe import explain as manual

    if ranks.processes() > 1:
        raise InputError(
            f"`journey run` is one process, and {ranks.processes()} were launched. "
            f"Launch `journey train STAGE --run {run.path} --arm ARM`, then `journey run --out {run.path}`"
        )
    console.print(f"[bold]{recipe.name}[/]: {recipe.question} [dim]→ {run.path}[/]", soft_wrap=True)
    other = ", ".join(manual.changed_keys(recipe))
    said = f"with {other}; " if other else ""
    console.print(
        f"{said}all settings are in {run.path}/recipe.yaml", style="dim", markup=False, soft_wrap=True
    )
    for part in manual.render_recipe(recipe) if verbose else ():
        console.print(part)
    console.print()
    with run.lock():
        generate(run, recipe, console)
        make_bases(run, recipe, recipe.replicas(), console)
        failed = train_all(run, recipe, console)
        if not failed or _trained(run, recipe):
            evaluate(run, recipe, console)
            results = conclude(run, recipe, console)
            if not failed:
                return results
        run.manifest |= {"state": "failed", "failed": failed}
        run.save()
    raise JourneyError("; ".join(failed))


def tune(name: str, out: Path | None, changes: Sequence[str], quick: bool, console: Console) -> list[Grid]:
    """Runs the trials of every grid of a recipe, each in its own run folder; returns the grids with them."""
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
    """Every stage of every arm; returns what failed. An arm stops where it fails, and the others go on."""
    register(run, recipe, console)
    failed = []
    for name in recipe.stage_names():
        ready = [
            replica
            for replica in recipe.replicas()
            if name in [stage.name for stage in replica.arm.stages]
            and (_before(run, replica, name)[0] / "config.json").exists()
        ]
        try:
            train(run, recipe, name, ready, console)
        except JourneyError as fault:
            console.log(name, f"[red]{escape(str(fault))}[/]")
            failed.append(str(fault))
    return failed


def train_arm(path: Path, stage: str, arm: str, console: Console) -> None:
    """One stage of one arm of a run folder, with each of its seeds.

    Under `accelerate launch` every process trains, and the first one writes.
    """
    run = Run.existing(path)
    recipe = recipe_of(run)
    chosen = recipe.arm(arm)
    chosen.stage(stage)
    replicas = recipe.replicas([chosen])
    with run.lock() if ranks.first() else nullcontext():
        if stage == chosen.stages[0].name:
            if not run.done("curation"):
                raise InputError(f"{path} has nothing to train on yet. Go on with `journey run --out {path}`")
            if ranks.first():
                make_bases(run, recipe, replicas, console)
                register(run, recipe, console)
        ranks.wait()
        train(run, recipe, stage, replicas, console)


def register(run: Run, recipe: Recipe, console: Console) -> None:
    """Registers the claims before anything is trained (`train.recipe.registration`)."""
    if registration.register(run, recipe) and recipe.claims:
        found = registration.read(run.path)
        digest = found.claims_sha256[:12] if found is not None else ""
        console.log("claims", f"{len(recipe.claims)} registered in {registration.FILE}, sha256 {digest}")


def make_bases(run: Run, recipe: Recipe, replicas: Sequence[Replica], console: Console) -> None:
    """The models that arms start from, with a tokenizer made of all arms' training texts."""
    for name, replica in {replica.base: replica for replica in replicas}.items():

        def work(name: str = name, replica: Replica = replica) -> tuple[str, dict[str, Any]]:
            kinds = sorted({arm.variant for arm in recipe.arms})
            texts = [
                text.prompt + text.completion for kind in kinds for text in read_texts(run, kind, "train")
            ]
            sizes = recipe.for_arm(replica.arm).base
            origin = "from scratch" if sizes.model is None else f"pretrained: {sizes.model}"
            # The libraries and a large model take up to a minute to load.
            with console.status(f"{name}: making the model, {origin}"):
                from transformers.utils.logging import disable_progress_bar

                from train.models.base import save_base

                disable_progress_bar()
                parameters = save_base(run.path / "models" / name, texts, sizes, replica.seed)
            return f"{parameters / 1e6:.2f} M parameters, {origin}", {"parameters": parameters}

        staged(run, name, console, work)


def train(run: Run, recipe: Recipe, stage: str, replicas: Sequence[Replica], console: Console) -> None:
    """Trains those of these that have this stage, side by side if the recipe says so."""
    console = console if ranks.first() else Console(quiet=True)
    chosen = [replica for replica in replicas if stage in [each.name for each in replica.arm.stages]]
    for replica in chosen:
        needed, command = _before(run, replica, stage)
        if not (needed / "config.json").exists():
            raise InputError(
                f"{stage} of {replica.arm.name} starts from {needed}, which is not there. "
                f"Make it with `{command}`"
            )
    todo = [replica for replica in chosen if not run.done(f"{stage}-{replica.name}")]
    for replica in chosen:
        if replica not in todo:
            console.log(stage, f"{replica.name}: done before")
    if not todo:
        return
    seconds = clock()
    failure: JourneyError | None = None
    origin = origins(run, recipe, f"{stage}-{{}}", [replica.name for replica in todo])
    own = [replica for replica in todo if origin[replica.name] == replica.name]
    try:
        # A kill may have come between a model that was done and its mark.
        jobs = [
            Job(replica.name, train_job, (run.path, replica.name, stage))
            for replica in own
            if not (run.path / "models" / replica.name / stage / "training.json").exists()
        ]
        run_all(jobs, recipe.training.side_by_side, console, stage)
    except JourneyError as fault:
        failure = fault
    for replica in sorted(todo, key=lambda replica: replica not in own) if ranks.first() else ():
        place = run.path / "models" / replica.name / stage
        if replica not in own:
            copied(run.path / "models" / origin[replica.name] / stage, place)
        if (place / "training.json").exists():
            facts = read_json(place / "training.json")
            taken = 0.0 if replica not in own else round(seconds() / len(own), 2)
            run.mark(f"{stage}-{replica.name}", seconds=taken, **facts)
            said = told(facts) if replica in own else f"the model of {origin[replica.name]}"
            console.log(stage, f"{replica.name}: {said}", seconds() if replica in own else None)
    if ranks.first():
        _collect_metrics(run, recipe)
    if failure:
        raise failure


def told(facts: Mapping[str, Any]) -> str:
    """What a stage was trained on, in words."""
    units = {"pairs": "pairs", "train_tokens": "tokens", "outputs": "outputs"}
    amounts = [f"{facts[key]:,} {unit}" for key, unit in units.items() if key in facts]
    curve = f", learning curve {facts['curve_seconds']:.0f} s" if "curve_seconds" in facts else ""
    return f"{amounts[0]} in {facts['steps']:,} steps{curve}"


def origins(run: Run, recipe: Recipe, mark: str, names: Sequence[str]) -> dict[str, str]:
    """Whose models, or evaluations, these replicas take: their own, or that of another that does the same.

    Args:
        run: where some may be done already.
        recipe: of the run.
        mark: of the stage, with {} for the replica's name.
        names: of the replicas that are to be done.
    """
    like = dependencies.first_equal_stages(recipe)
    everyone = [replica.name for replica in recipe.replicas()]
    first: dict[str, str] = {}
    for name in [*(name for name in everyone if run.done(mark.format(name))), *names]:
        if (alike := like.get(mark.format(name))) is not None:
            first.setdefault(alike, name)
    return {name: first[like[mark.format(name)]] for name in names}


def copied(source: Path, target: Path) -> None:
    """A finished folder once more, whole or not at all; nothing if it is not there."""
    if not source.exists():
        return
    work = target.with_name(target.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, work)
    shutil.rmtree(target, ignore_errors=True)
    work.rename(target)


def _before(run: Run, replica: Replica, stage: str) -> tuple[Path, str]:
    """The model that a stage starts from, and the command that makes it."""
    names = [each.name for each in replica.arm.stages]
    at = names.index(stage)
    if at == 0:
        return run.path / "models" / replica.base, f"journey run --out {run.path}"
    command = f"journey train {names[at - 1]} --run {run.path} --arm {replica.arm.name}"
    return run.path / "models" / replica.name / names[at - 1], command


def _trained(run: Run, recipe: Recipe) -> list[tuple[Replica, str]]:
    """The replicas and stages whose models are there."""
    return [
        (replica, stage)
        for stage in recipe.stage_names()
        for replica in recipe.replicas()
        if (run.path / "models" / replica.name / stage / "training.json").exists()
    ]


def _collect_metrics(run: Run, recipe: Recipe) -> None:
    """RUN/metrics.jsonl: the loss curves of everything trained so far."""
    rows = [
        {"arm": replica.arm.name, "seed": replica.seed, "stage": stage, **entry}
        for replica, stage in _trained(run, recipe)
        for entry in read_lines(run.path / "models" / replica.name / stage / "log.jsonl", dict)
    ]
    write_lines(run.path / "metrics.jsonl", rows)


def evaluate(run: Run, recipe: Recipe, console: Console) -> None:
    """Asks every model that was trained every held-out problem."""
    from train.evaluation.metrics_schema import METRICS_FILE, read_metrics

    models = _trained(run, recipe)
    if not models:
        raise InputError(f"{run.path} holds no trained model. Train one with `journey run --out {run.path}`")
    for stage in recipe.stage_names():
        todo = [
            replica.name
            for replica, other in models
            if other == stage and not run.done(f"eval-{replica.name}-{stage}")
        ]
        if not todo:
            continue
        seconds = clock()
        failure: JourneyError | None = None
        origin = origins(run, recipe, f"eval-{{}}-{stage}", todo)
        own = [name for name in todo if origin[name] == name]
        jobs = [
            Job(name, eval_job, (run.path, name, stage))
            for name in own
            if not (run.path / "evals" / f"{name}-{stage}" / METRICS_FILE).exists()
        ]
        try:
            run_all(jobs, recipe.training.side_by_side, console, f"eval {stage}")
        except JourneyError as fault:
            failure = fault
        for name in sorted(todo, key=lambda name: name not in own):
            place = run.path / "evals" / f"{name}-{stage}"
            measured = run.path / "evals" / f"{origin[name]}-{stage}"
            if not (measured / METRICS_FILE).exists():
                continue
            if name not in own:
                copied(measured, place)
                run.mark(f"eval-{name}-{stage}", seconds=0.0)
                continue
            metrics = read_metrics(place)
            run.mark(f"eval-{name}-{stage}", seconds=round(seconds() / len(own), 2))
            low, high = metrics.ci95
            console.log(
                f"eval {stage}",
                f"{name}: {metrics.pass_1:.1%} of {metrics.n:,} ({low:.1%} to {high:.1%}), "
                f"{metrics.mean_new_tokens:.0f} tokens, {metrics.unfinished:.1%} unfinished",
                seconds(),
            )
        if failure:
            raise failure


def conclude(run: Run, recipe: Recipe, console: Console) -> Results:
    """Writes results.json and the report, prints the table and the answer; returns the results."""
    from train.analysis.results import gather
    from train.analysis.results_schema import write_results
    from train.report import write_report
    from train.report.summary import answers, table

    results = gather(run, recipe)
    write_results(run.path, results)
    with console.progress("report") as make:
        make("", 1)(0, "")
        report = write_report(run, recipe, results)
    run.manifest["state"] = "done"
    run.manifest.pop("failed", None)
    run.save()
    console.print()
    console.print(table({recipe.name: results}))
    console.print()
    for sentence in answers(results):
        console.print(sentence, soft_wrap=True)
    console.print(f"\nReport: {report}   ({results.seconds.total:.0f} s)", soft_wrap=True)
    return results

"""A recipe from problems to report, in stages. Each reads files and writes files, so each can be run alone.

    problems   problems/{train,validation,heldout}.jsonl
    graphs     graphs/part-*.jsonl
    traces     traces/{shortcut,journey,stream}.jsonl, pairs/{step,recover}.jsonl
    curation   curation.json: which training problems stay
    base       models/base
    sft, dpo   models/ARM/{sft,dpo}
    evals      evals/ARM-STAGE/{samples.jsonl,metrics.json}
    results    results.json, report.md, report.html, plots/

A stage whose completion mark is in the manifest is skipped; the mark is written last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Any

import yaml

from journey.errors import InputError, JourneyError, unknown_name
from journey.machine import describe
from journey.store import (
    Run,
    clock,
    read_json,
    read_lines,
    record,
    replace,
    replacing,
    write_json,
    write_lines,
)
from traces.pairs import PIVOTAL, Pair
from train import recipe as recipes
from train.console import Narrator
from train.data import generate, read_pairs, read_problems, read_texts, staged
from train.recipe import Arm, Recipe
from train.rows import encode, encode_pairs, fitting
from train.workers import Job, run_all

TOGETHER = 32
"""Problems whose rollouts are one batch."""


def open_run(path: Path, recipe: Recipe) -> Run:
    """The run folder for this recipe, new or resumed."""
    run = Run(path)
    run.claim(
        recipe.model_dump(mode="json"), {"recipe": recipe.name, "seed": recipe.seed, "machine": describe()}
    )
    if not (path / "recipe.yaml").exists():
        with run.lock(wait=True):
            text = yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, width=110)
            replace(path / "recipe.yaml", text)
    return run


def recipe_of(run: Run) -> Recipe:
    """The recipe that a run folder was made by."""
    return recipes.check(run.manifest["settings"], f"{run.path}/manifest.json")


def resolve(name: str | None, out: Path | None, changes: Sequence[str], quick: bool) -> tuple[Run, Recipe]:
    """The run folder and recipe that the words of a command mean.

    Without a recipe's name, a run folder that is there goes on by its own recipe; else it is `laptop`.
    """
    if name is None and out is not None and (out / "manifest.json").exists() and not (changes or quick):
        run = Run(out)
        return run, recipe_of(run)
    recipe = recipes.load(name or "laptop", changes, quick)
    if out is None:
        seed = f"-seed{recipe.seed}" if recipe.seed else ""
        out = Path("runs") / f"{recipe.name}{'-quick' if quick else ''}{seed}"
    return open_run(out, recipe), recipe


def run_stages(run: Run, recipe: Recipe, narrator: Narrator) -> dict[str, Any]:
    """Everything, from problems to report; returns the results."""
    from train.results import conclude

    narrator.out.print(f"[bold]{recipe.name}[/]: {recipe.question} [dim]→ {run.path}[/]\n", soft_wrap=True)
    with run.lock():
        generate(run, recipe, narrator)
        make_base(run, recipe, narrator)
        for stage in ("sft", "dpo"):
            train(run, recipe, stage, [arm.name for arm in recipe.arms], narrator)
        evaluate(run, recipe, narrator)
        return conclude(run, recipe, narrator)


def train_arm(path: Path, stage: str, arm: str, narrator: Narrator) -> None:
    """One stage of one arm of a run folder."""
    if stage not in ("sft", "dpo"):
        raise unknown_name("stage", stage, ["sft", "dpo"])
    run = Run.existing(path)
    recipe = recipe_of(run)
    recipe.arm(arm)
    with run.lock():
        if stage == "sft":
            if not run.done("curation"):
                raise InputError(f"{path} has nothing to train on yet. Go on with `journey run --out {path}`")
            make_base(run, recipe, narrator)
        train(run, recipe, stage, [arm], narrator)


def make_base(run: Run, recipe: Recipe, narrator: Narrator) -> None:
    """The model that every arm starts from, with a tokenizer made of all arms' training texts."""

    def work() -> tuple[str, dict[str, Any]]:
        from train.base import save_base

        kinds = sorted({arm.variant for arm in recipe.arms})
        texts = [text.prompt + text.completion for kind in kinds for text in read_texts(run, kind, "train")]
        parameters = save_base(run.path / "models" / "base", texts, recipe.base, recipe.seed)
        return f"{parameters / 1e6:.2f} M parameters, from scratch", {"parameters": parameters}

    staged(run, "base", narrator, work)


def train(run: Run, recipe: Recipe, stage: str, arms: list[str], narrator: Narrator) -> None:
    """Trains these arms to this stage, side by side if the recipe says so."""
    chosen = [recipe.arm(name) for name in arms]
    if stage == "dpo":
        chosen = [arm for arm in chosen if arm.pairs and recipe.pairs.count]
    before = "base" if stage == "sft" else None
    for arm in chosen:
        needed = run.path / "models" / (before or f"{arm.name}/sft")
        if not (needed / "config.json").exists():
            what = "journey run" if before else f"journey train sft --run {run.path} --arm {arm.name}"
            raise InputError(
                f"{stage} of {arm.name} starts from {needed}, which is not there. Make it with `{what}`"
            )
    todo = [arm for arm in chosen if not run.done(f"{stage}-{arm.name}")]
    for arm in chosen:
        if arm not in todo:
            narrator.say(f"{stage}", f"{arm.name}: done before")
    if not todo:
        return
    call = sft_job if stage == "sft" else dpo_job
    seconds = clock()
    failure: JourneyError | None = None
    try:
        jobs = [Job(arm.name, call, (run.path, arm.name)) for arm in todo]
        run_all(jobs, recipe.training.side_by_side, narrator, stage)
    except JourneyError as fault:
        failure = fault
    for arm in todo:
        place = run.path / "models" / arm.name / stage
        if (place / "training.json").exists():
            facts = read_json(place / "training.json")
            run.mark(f"{stage}-{arm.name}", seconds=round(seconds() / len(todo), 2), **facts)
            amount = f"{facts['train_tokens']:,} tokens" if stage == "sft" else f"{facts['pairs']:,} pairs"
            narrator.say(stage, f"{arm.name}: {amount} in {facts['steps']:,} steps", seconds())
    _collect_metrics(run, recipe)
    if failure:
        raise failure


def _collect_metrics(run: Run, recipe: Recipe) -> None:
    """RUN/metrics.jsonl: the loss curves of everything trained so far."""
    rows = [
        {"arm": arm.name, "stage": stage, **entry}
        for arm in recipe.arms
        for stage in ("sft", "dpo")
        if (log := run.path / "models" / arm.name / stage / "log.jsonl").exists()
        for entry in read_lines(log, dict)
    ]
    write_lines(run.path / "metrics.jsonl", rows)


def sft_job(path: Path, name: str, hear: Any) -> None:
    """Trains one arm by SFT, in a process of its own."""
    from transformers import AutoTokenizer

    from train.sft import train_sft

    run = Run(path)
    recipe = recipe_of(run)
    arm = recipe.arm(name)
    base = path / "models" / "base"
    tokenizer = AutoTokenizer.from_pretrained(base)
    by_kind = {}
    for kind in sorted({other.variant for other in recipe.arms}):
        texts = read_texts(run, kind, "train")
        by_kind[kind] = dict(zip([text.id for text in texts], encode(tokenizer, texts), strict=True))
    kept = fitting(by_kind, recipe.base.context)
    rows = [row for id, row in by_kind[arm.variant].items() if id in kept]
    if not by_kind[arm.variant]:
        raise JourneyError(f"no trace of {name} to train on: `journey stats {path}` says what was dropped")
    if not rows:
        raise JourneyError(f"no trace fits in {recipe.base.context} tokens: raise base.context in the recipe")
    settings = recipe.training
    facts = {"kept": len(rows), "truncated": 0, "dropped": recipe.problems.train - len(rows)}
    out = path / "models" / name / "sft"
    budget = (settings.tokens, settings.batch_tokens, settings.precision)
    train_sft(base, rows, *budget, recipe.sft, recipe.seed, out, hear, facts)


def dpo_job(path: Path, name: str, hear: Any) -> None:
    """Trains one arm's SFT model by DPO, in a process of its own."""
    from transformers import AutoTokenizer

    from train.dpo import train_dpo

    run = Run(path)
    recipe = recipe_of(run)
    arm = recipe.arm(name)
    sft = path / "models" / name / "sft"
    if PIVOTAL in arm.pairs:
        find_pivotal(run, recipe, arm, hear)
    pairs = encode_pairs(
        AutoTokenizer.from_pretrained(sft), choose_pairs(run, recipe, arm), recipe.base.context
    )
    if not pairs:
        raise JourneyError(
            f"no pairs of {', '.join(arm.pairs)} for {name}: raise search.mistakes in the recipe"
        )
    train_dpo(sft, pairs, recipe.pairs.batch, recipe.dpo, recipe.seed, path / "models" / name / "dpo", hear)


def choose_pairs(run: Run, recipe: Recipe, arm: Arm) -> list[Pair]:
    """The arm's pairs: its kinds in turn, `pairs.count` in all or as many as there are."""

    def of_the_arm(kind: str) -> Iterator[Pair]:
        file = f"{kind}-{arm.name}" if kind == PIVOTAL else kind
        return (pair for pair in read_pairs(run, file) if pair.trace == arm.variant)

    mixed = chain.from_iterable(zip(*map(of_the_arm, arm.pairs), strict=False))
    return list(islice(mixed, recipe.pairs.count))


def find_pivotal(run: Run, recipe: Recipe, arm: Arm, hear: Any) -> None:
    """Writes the pivotal pairs of an arm's SFT model on its training problems, unless they are there."""
    from search.proposers.model import Model
    from train.pivotal import pivotal_pairs

    path = run.path / "pairs" / f"{PIVOTAL}-{arm.name}.jsonl"
    if path.exists():
        return
    settings = recipe.pairs
    model = Model(
        run.path / "models" / arm.name / "sft",
        settings.rollouts,
        recipe.evaluation.temperature,
        recipe.seed,
        max_new_tokens=recipe.evaluation.max_new_tokens,
    )
    kept = {text.id for text in read_texts(run, arm.variant, "train")}
    problems = [problem for problem in read_problems(run, "train") if problem.id in kept]
    wanted = -(-settings.count // len(arm.pairs))
    found = 0
    with replacing(path) as add:
        for at in range(0, len(problems), TOGETHER):
            few = problems[at : at + TOGETHER]
            for pair in pivotal_pairs(few, model, arm.variant, settings.threshold, recipe.traces.style):
                add(record(pair))
                found += 1
            hear(min(found, wanted), wanted, "pivotal steps")
            if found >= wanted:
                break


def evaluate(run: Run, recipe: Recipe, narrator: Narrator) -> None:
    """Asks every model that was trained every held-out problem."""
    models = [
        (arm.name, stage)
        for arm in recipe.arms
        for stage in ("sft", "dpo")
        if (run.path / "models" / arm.name / stage / "training.json").exists()
    ]
    if not models:
        raise InputError(f"{run.path} holds no trained model. Train one with `journey run --out {run.path}`")
    todo = [(arm, stage) for arm, stage in models if not run.done(f"eval-{arm}-{stage}")]
    cores = recipe.training.side_by_side
    for stage in ("sft", "dpo"):
        jobs = [Job(f"{arm}", eval_job, (run.path, arm, stage)) for arm, other in todo if other == stage]
        if not jobs:
            continue
        seconds = clock()
        run_all(jobs, cores, narrator, f"eval {stage}")
        for job in jobs:
            figures = read_json(run.path / "evals" / f"{job.name}-{stage}" / "metrics.json")
            run.mark(f"eval-{job.name}-{stage}", seconds=round(seconds() / len(jobs), 2))
            low, high = figures["ci95"]
            narrator.say(
                f"eval {stage}",
                f"{job.name}: {figures['pass@1']:.1%} of {figures['n']:,} ({low:.1%} to {high:.1%}), "
                f"{figures['mean_new_tokens']:.0f} tokens, {figures['unfinished']:.1%} unfinished",
                seconds(),
            )


def eval_job(path: Path, name: str, stage: str, hear: Any) -> None:
    """Measures one model on the held-out problems, in a process of its own."""
    from train.evaluate import ask
    from train.measure import measure

    run = Run(path)
    recipe = recipe_of(run)
    settings = recipe.evaluation
    problems = read_problems(run, "heldout")
    copies = settings.samples.get(name, 0)
    sampled = problems[: settings.sampled_problems] if copies else []
    total = len(problems) + copies * len(sampled)
    done = 0

    def advance(more: int) -> None:
        nonlocal done
        done += more
        hear(done, total, "")

    common: dict[str, Any] = {
        "max_new_tokens": settings.max_new_tokens,
        "batch": settings.batch,
        "hear": advance,
        "style": recipe.traces.style,
    }
    model = path / "models" / name / stage
    samples = list(ask(model, problems, **common))
    if sampled:
        sampling: dict[str, Any] = {
            "samples": copies,
            "temperature": settings.temperature,
            "seed": recipe.seed,
        }
        samples += ask(model, sampled, **common, **sampling)
    folder = path / "evals" / f"{name}-{stage}"
    write_lines(folder / "samples.jsonl", map(record, samples))
    write_json(folder / "metrics.json", measure(problems, samples))

"""The command `journey`: each verb reads its options, calls one function and prints. No logic lives here.

Exit codes: 0 done, 1 failed, 2 usage or bad input, 130 interrupted.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

try:
    import typer

    from train.command import listing, machine, mapping
    from train.command import options as given
    from train.command.app import app, print_json, print_parts, verb
    from train.command.options import Json, JsonAlways, Levels, Out, Quick, RecipeName, RunFolder, Set
except KeyboardInterrupt:  # before a verb can report it
    raise SystemExit(130) from None

__all__ = ["app", "listing", "machine", "main", "mapping"]


@verb
def run(
    recipe: Annotated[str | None, typer.Argument(help="A recipe's name or path. Default: laptop.")] = None,
    out: Out = None,
    seed: Annotated[int | None, typer.Option(help="Use this seed for problems and training.")] = None,
    set_: Set = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Use small sizes: every stage in under 90 s.")
    ] = False,
    update: Annotated[
        bool,
        typer.Option("--update", help="Update a folder made by another recipe: repeat only what differs."),
    ] = False,
    data: Annotated[
        bool, typer.Option("--data", help="Make only the data. The same command without it continues.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print every setting first.")] = False,
    log_to: given.LogTo = None,
) -> None:
    """Run a recipe from problems to report. An interrupted run continues where it stopped."""
    from train.console import Console

    with Console().status("Loading the libraries"):
        from train.pipeline.experiment import make_data, resolve, run_stages
        from train.trainers.trackers import log_to as track

    changes = [*(set_ or []), *([f"seed={seed}"] if seed is not None else [])]
    track(log_to, out or Path(recipe or "laptop"))
    folder, resolved = resolve(recipe, out, changes, quick, update)
    if data:
        return make_data(folder, resolved, Console())
    run_stages(folder, resolved, Console(), verbose)


@verb
def tune(
    recipe: RecipeName,
    out: Annotated[
        Path | None, typer.Option("--out", help="Put the run folders here. Default: runs.")
    ] = None,
    set_: Set = None,
    quick: Quick = False,
    as_json: Json = False,
) -> None:
    """Try the values of the recipe's `tuning` grids on validation problems and print the results."""
    from train.console import Console
    from train.pipeline.experiment import tune as run_trials
    from train.recipe import tuning

    grids = run_trials(recipe, out, set_ or [], quick, Console(quiet=as_json))
    if as_json:
        return print_json([{**grid.model_dump(mode="json"), "best": tuning.best(grid)} for grid in grids])
    print_parts(tuning.as_yaml(grids), *(f"best {grid.key}: {tuning.best(grid)}" for grid in grids))


@verb
def generate(
    out: Annotated[Path, typer.Option("--out", help="Write to this run folder.")],
    family: Annotated[str | None, typer.Option(help="Draw problems of this family.")] = None,
    problems: Annotated[Path | None, typer.Option(help="Read problems from this JSONL file.")] = None,
    count: Annotated[int, typer.Option(min=1, help="Draw this many problems.")] = 100,
    level: Levels = None,
    split: given.Split = None,
    field: given.Field = None,
    proposer: given.Proposer = "symbolic",
    strategy: given.SearchStrategy = "depth",
    workers: given.Workers = 2,
    shard: given.Shard = "1/1",
    engine: given.Engine = "local",
    address: given.Address = None,
    seed: Annotated[int, typer.Option(min=0, help="Draw problems with this seed.")] = 0,
    recipe: Annotated[str, typer.Option(help="Take all other settings from this recipe.")] = "laptop",
    set_: Set = None,
    quick: Quick = False,
) -> None:
    """Generate problems, verified graphs, traces and pairs in a run folder."""
    from search.fleet import Fleet
    from train.console import Console
    from train.pipeline.generate import Source, generate_into, parse_fields, parse_shard

    generate_into(
        out=out,
        source=Source(
            family=family,
            file=problems,
            fields=parse_fields(field or []),
            count=count,
            levels=level or [1, 2, 3],
            split=split,
        ),
        search={"proposer": proposer, "strategy": strategy},
        seed=seed,
        changes=set_ or [],
        fleet=Fleet(engine, workers, address, parse_shard(shard)),
        console=Console(),
        origin=recipe,
        quick=quick,
    )


@verb
def train(
    stage: Annotated[str, typer.Argument(help="Train this stage of the arm, such as sft or dpo.")],
    run: Annotated[Path, typer.Option("--run", help="Train on the traces of this run folder.")],
    arm: Annotated[str, typer.Option("--arm", help="Train this arm of the run's recipe.")],
    log_to: given.LogTo = None,
) -> None:
    """Train one stage of one arm."""
    from train.console import Console

    with Console().status("Loading the libraries"):
        from train.pipeline.experiment import train_arm
        from train.trainers.trackers import log_to as track

    track(log_to, run)

    train_arm(run, stage, arm, Console())


@verb
def eval_(
    model: Annotated[Path, typer.Option("--model", help="Measure this Hugging Face model folder.")],
    problems: Annotated[str, typer.Option(help="Ask the problems of this JSONL file, or of this family.")],
    samples: Annotated[int, typer.Option(min=0, help="Sample this many outputs per problem for pass@k.")] = 0,
    max_new_tokens: Annotated[int, typer.Option(min=1, help="Limit outputs to this many tokens.")] = 256,
    count: Annotated[int, typer.Option(min=1, help="Draw this many held-out problems of a family.")] = 200,
    level: Levels = None,
    out: Annotated[Path | None, typer.Option(help="Write samples.jsonl and metrics.json here.")] = None,
    style: Annotated[
        given.Style | None, typer.Option(help="Style of the outputs. Default: prose with --chat, else terse.")
    ] = None,
    chat: Annotated[given.Chat | None, typer.Option(help="Use the chat template.")] = None,
    instruction: Annotated[
        str | None,
        typer.Option(help="Add this to each prompt. Default: with --chat, ask an instruct model for a box."),
    ] = None,
    prompt: Annotated[bool, typer.Option("--prompt", help="Print the first prompt and exit.")] = False,
    as_json: Json = False,
) -> None:
    """Measure a model on held-out problems: pass@1, pass@k, tokens, and what it does after an error.

    In prose an answer is read as `journey grade` reads it: the last box, else the last stated answer.
    """
    from train.pipeline.model_eval import EvalSettings, evaluate_model, first_prompt, format_metrics

    settings = EvalSettings(
        samples=samples,
        max_new_tokens=max_new_tokens,
        count=count,
        levels=level or [1, 2, 3],
        style=style,
        chat=chat,
        instruction=instruction,
    )
    if prompt:
        print(first_prompt(model, problems, settings))
        return
    metrics = evaluate_model(model, problems, settings, out)
    print_json(metrics.to_json()) if as_json else print_parts(*format_metrics(metrics))


@verb
def compare(runs: Annotated[list[Path], typer.Argument(metavar="RUN...")], as_json: Json = False) -> None:
    """Compare the results of one or more runs."""
    from train.analysis.results import gather_all
    from train.report.summary import format_results

    results = gather_all(runs)
    if as_json:
        return print_json({name: each.to_json() for name, each in results.items()})
    return print_parts(*format_results(results))


@verb
def report(
    run: RunFolder,
    open_: Annotated[bool, typer.Option("--open", help="Open the report in a browser.")] = False,
) -> None:
    """Write results.json, report.html, report.md and plots/ from a run's files."""
    from journey.runs.store import Run
    from train.console import Console
    from train.pipeline.experiment import conclude
    from train.recipe.load import recipe_of

    folder = Run.existing(run)
    with folder.lock():
        conclude(folder, recipe_of(folder), Console())
    if open_:
        typer.launch(str((run / "report.html").resolve()))


@verb
def show(
    run: RunFolder,
    id: Annotated[str, typer.Argument(metavar="ID", help="A problem's id or its start; `browse` shows it.")],
    graph: Annotated[bool, typer.Option("--graph", help="Show only the graph.")] = False,
    trace: Annotated[str | None, typer.Option(metavar="KIND", help="Show only this kind of trace.")] = None,
    tokens: Annotated[
        bool, typer.Option("--tokens", help="Show only which tokens each arm and stage trains on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show one problem: its graph with verdicts, its traces, and the models' outputs audited line by line."""
    from traces.show import show_problem

    report = functools.partial(print, file=sys.stderr)
    if tokens:
        from traces.masked_text import render_masks
        from traces.show import full_id
        from train.pipeline.token_masks import masked_texts

        (texts,) = masked_texts(run, [full_id(run, id, report)]).values()
        return print_json(texts) if as_json else print_parts(*render_masks(texts))
    shown = show_problem(run, id, graph, trace, report)
    return print_json(shown.record) if as_json else print_parts(*shown.parts)


@verb
def browse(run: RunFolder) -> None:
    """Browse the problems, graphs, traces, models and results of a run. The view updates live."""
    from traces.browser.start import browse

    def format_runs(runs: Mapping[str, Path], width: int) -> Any:
        # Imported when the numbers are needed: the list need not wait. So below.
        from train.report.run_numbers import format_runs

        return format_runs(runs, width)

    def read_masks(id: str) -> Any:
        from train.pipeline.token_masks import masked_texts

        return masked_texts(run, [id])[id]

    browse(run, format_runs, read_masks)


@verb
def stats(run: RunFolder, as_json: Json = False) -> None:
    """Summarize a run folder: problems, steps by verdict and mistake, traces, pairs, drops, results.

    Exit code 1 if a line cannot be read; the others are counted.
    """
    from dataclasses import asdict

    from journey.runs.store import unreadable_sentence
    from traces.summary import render_summary, summarize
    from train.analysis.results_schema import RESULTS_FILE, read_results
    from train.report.tables import format_tables

    summary = summarize(run)
    results = read_results(run) if (run / RESULTS_FILE).exists() else None
    if as_json:
        print_json({**asdict(summary), "results": results and results.to_json()})
    else:
        print_parts(*render_summary(summary), *(format_tables(results) if results else ()))
    for sentence in unreadable_sentence(summary.unreadable):
        print(f"journey: {sentence}", file=sys.stderr)
        raise typer.Exit(1)


@verb
def grade(
    file: Annotated[
        Path, typer.Argument(metavar="[FILE|-]", help="JSON lines of id, gold and pred; - is standard input.")
    ] = Path("-"),
    units: given.Units = "convert",
    rounding: given.Rounding = "reference",
    as_json: JsonAlways = False,
) -> None:
    """Grade final answers. Prints id, correct (true, false or null) and reason for each line."""
    from journey.grade import grade_file
    from journey.solution_text.answers.rules import rules_of

    for row in grade_file(file, rules_of(units, rounding)):
        print(json.dumps(row), flush=True)


@verb
def audit(
    path: Annotated[
        Path, typer.Argument(help="A run folder, a traces file, or rows of Stream of Search (JSON or JSONL).")
    ],
    as_json: JsonAlways = False,
) -> None:
    """Look for unflagged wrong steps and count undecided ones. Exit code 1 if there is a fault."""
    from traces.audit_files import audit_path
    from traces.sos.audit import audit_searches, is_search_file

    totals = audit_searches(path) if is_search_file(path) else audit_path(path)
    print_json(totals)
    typer.echo(totals.summary, err=True)
    raise typer.Exit(int(not totals.clean))


@verb
def export(
    run: RunFolder,
    form: Annotated[given.Form, typer.Option("--format", help="Write these files.")],
    out: Annotated[Path, typer.Option("--out", help="Write to this new folder.")],
    id: Annotated[
        str | None, typer.Option(help="With graphml: export one problem, by the start of its id.")
    ] = None,
    push: Annotated[
        str | None,
        typer.Option("--push", metavar="REPO", help="Then upload it to this dataset repository of the Hub."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --push: say what would be uploaded; use no network.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Export a run for TRL, `datasets` and the Hub, networkx and Gephi, or Stream of Search."""
    from dataclasses import asdict

    from journey.errors import InputError
    from traces.export import export
    from traces.export.push import check_repo
    from traces.export.push import push as upload

    if push is not None:
        check_repo(push)
    elif dry_run:
        raise InputError("--dry-run is for --push REPO")
    counts = dict(sorted(export(run, form, out, id).items()))
    if not as_json and push is None:
        for name, count in counts.items():
            print(f"{count:>9,}  {name}")
    uploaded = upload(out, push, dry_run) if push is not None else None
    if as_json:
        return print_json(counts if uploaded is None else {"rows": counts, "upload": asdict(uploaded)})
    if uploaded is not None:
        print_parts(
            *(f"{size:>9,} bytes  {name}" for name, size in uploaded.files.items()), uploaded.sentence
        )


@verb
def check(
    file: Annotated[Path, typer.Argument(metavar="[FILE|-]", help="Solutions, JSON lines.")] = Path("-"),
    as_json: JsonAlways = False,
) -> None:
    """Check the claims in solutions and prove which of them are wrong.

    Reads {"id", "steps": [..]} or {"id", "solution": ".."} a line and writes {"id", "steps": [{"text",
    "verdict", "evidence", "claims": [..]}]} a line. A step is wrong only with a proof, valid with one, else
    unknown. Exit code 1 if a line cannot be read; the others are checked.
    """
    from journey.claims import check_file

    for checked in check_file(file):
        print(json.dumps(checked), flush=True)


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()

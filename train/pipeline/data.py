"""The data of a run, stage by stage: problems, graphs, traces and pairs, and which of them are trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from journey import families
from journey.graph import SolutionGraph
from journey.problem import SPLITS, Problem, draw_distinct
from journey.runs import records
from journey.runs.graphs import read_graphs
from journey.runs.store import (
    Run,
    clock,
    record,
    replacing,
    write_json,
    write_lines,
)
from journey.step import REFUTED, Verdict
from search.explore import Budget
from search.fleet import PART_SIZE, Fleet, Search, explore_all
from traces import curate, walks
from traces.pairs import PAIRS
from traces.run_files import read_problems
from traces.text import prompt, read_steps, render
from traces.trace import Trace
from train.console import Console, counter
from train.recipe.recipe import OWN_HELDOUT, Recipe


@dataclass(frozen=True, slots=True)
class ProblemFile:
    """A file of problems, as it was read."""

    path: Path
    problems: Sequence[Problem]


def generate(
    run: Run,
    recipe: Recipe,
    console: Console,
    fleet: Fleet | None = None,
    given: ProblemFile | None = None,
) -> None:
    """Problems, graphs, traces and pairs, and which of them are trained on."""
    make_problems(run, recipe, console, given)
    make_graphs(run, recipe, console, fleet)
    make_traces(run, recipe, console)
    make_curation(run, recipe, console)


def staged(run: Run, name: str, console: Console, work: Callable[[], tuple[str, dict[str, Any]]]) -> None:
    """Does a stage unless its mark is there; `work` returns what it made, in words and as facts."""
    if run.done(name):
        console.log(name, "done before")
        return
    seconds = clock()
    said, facts = work()
    run.mark(name, seconds=round(seconds(), 2), **facts)
    console.log(name, said, run.manifest["stages"][name]["seconds"])


def make_problems(run: Run, recipe: Recipe, console: Console, given: ProblemFile | None = None) -> None:
    """Draws the problems of every split, or writes those of a file by split."""
    settings = recipe.problems

    def write(split: str, problems: Iterable[Problem]) -> int:
        return write_lines(run.path / "problems" / f"{split}.jsonl", map(record, problems))

    def copy(file: ProblemFile) -> tuple[str, dict[str, Any]]:
        made = {
            split: write(split, (each for each in file.problems if each.split == split)) for split in SPLITS
        }
        counts = ", ".join(f"{count:,} {split}" for split, count in made.items())
        said = f"{len(file.problems):,} read from {file.path}: {counts}"
        # Rows that say no split are divided by their content, which surprises who asked for training data.
        return f"{said} (by the column `split`, else by a hash of the problem)", made

    def draw() -> tuple[str, dict[str, Any]]:
        made = {}
        with console.progress("problems") as make:
            for split in SPLITS:
                total = getattr(settings, split)
                bar = make(split, total)
                problems: list[Problem] = []
                for name, share in _shares(settings.families, total).items():
                    for problem in draw_distinct(
                        families.get(name), recipe.seed, split, share, settings.levels
                    ):
                        problems.append(problem)
                        if len(problems) % 100 == 0:
                            bar(len(problems), name)
                made[split] = write(split, problems)
        return ", ".join(f"{count:,} {split}" for split, count in made.items()), made

    staged(run, "problems", console, draw if given is None else partial(copy, given))


def _shares(weights: dict[str, float], total: int) -> dict[str, int]:
    """Whole numbers in proportion to the weights that add up to `total`."""
    whole = sum(weights.values())
    shares = {name: int(total * weight / whole) for name, weight in weights.items()}
    shares[next(iter(shares))] += total - sum(shares.values())
    return shares


def make_graphs(run: Run, recipe: Recipe, console: Console, fleet: Fleet | None = None) -> None:
    """Explores every problem, in the recipe's number of local processes if no `fleet` is given."""
    fleet = fleet or Fleet(workers=recipe.search.workers)
    strategy = recipe.search.strategy

    def work() -> tuple[str, dict[str, Any]]:
        count = explore_problems(run, recipe, console, fleet)
        return f"{count:,} graphs, {strategy} search", {"graphs": count}

    staged(run, "graphs", console, work)


def explore_problems(run: Run, recipe: Recipe, console: Console, fleet: Fleet) -> int:
    """Writes the graphs that the fleet is to make, and returns how many there are to make."""
    search, style = recipe.search, recipe.traces.style
    budget = Budget(
        search.steps, search.nodes, search.depth, search.seconds, search.solutions, search.steps_after_mistake
    )
    settings = Search(
        search.strategy,
        budget,
        search.mistakes,
        recipe.seed,
        search.proposer,
        partial(read_steps, style=style) if search.output == "solution" else None,
        partial(prompt, style=style) if style != "terse" else None,
        # Absolute: a Ray worker has a working directory of its own.
        (run.path / "answers").resolve(),
        search.samples,
        search.temperature,
    )
    problems = [problem for split in SPLITS for problem in read_problems(run, split)]
    mine, of = fleet.shard
    count = sum(1 for at in range(len(problems)) if at // PART_SIZE % of == mine)
    with console.progress("search") as make:
        on_progress = counter(make(search.strategy, count))
        explore_all(problems, settings, run.path / "graphs", fleet, on_progress)
    return count


def make_traces(run: Run, recipe: Recipe, console: Console) -> None:
    """Walks every graph in every kind, and makes the pairs; a problem that one arm lacks, all lack."""
    variants = recipe.variants()
    style = recipe.traces.style
    needed = sorted({arm.variant for arm in recipe.arms})
    wanted = recipe.pair_kinds()

    def work() -> tuple[str, dict[str, Any]]:
        counts: Counter[str] = Counter()
        with ExitStack() as files, console.progress("traces") as make:
            bar = make("", run.manifest["stages"]["graphs"]["graphs"])
            traces = {
                name: files.enter_context(replacing(run.path / "traces" / f"{name}.jsonl"))
                for name in variants
            }
            pairs = {
                kind: files.enter_context(replacing(run.path / "pairs" / f"{kind}.jsonl")) for kind in PAIRS
            }
            others: dict[tuple[str, str], SolutionGraph] = {}
            mixed = [walk_settings for kind, walk_settings in variants.values() if kind in walks.TWO_PROBLEMS]
            for number, graph in enumerate(read_graphs(run.path / "graphs"), 1):
                group = (graph.problem.family, graph.problem.split)
                found = {
                    name: walks.walk(kind, graph, walk_settings, others.get(group))
                    for name, (kind, walk_settings) in variants.items()
                }
                # The first of its group has no other: a problem that one arm lacks, all lack.
                if mixed and walks.has_wrong_turns(graph, mixed[0]):
                    others[group] = graph
                counts["steps"] += graph.graph.number_of_edges()
                verdicts = Counter(step.verdict for step in graph.steps())
                counts["unknown steps"] += verdicts[Verdict.UNKNOWN]
                counts["wrong steps"] += sum(verdicts[verdict] for verdict in REFUTED)
                if any(found[name] is None for name in needed):
                    counts["unsolved" if graph.solution() is None else "dropped"] += 1
                    continue
                for name, trace in found.items():
                    if trace is not None:
                        traces[name](trace_row(trace, name, variants[name][1], style, recipe.seed))
                        counts[name] += 1
                if graph.problem.split == "train":
                    for name, pair_kind in wanted:
                        trace = found[name]
                        make_pair, seed = PAIRS[pair_kind], recipe.seed
                        pair = trace and make_pair(graph, replace(trace, kind=name), seed, style)
                        if pair:
                            pairs[pair_kind](record(pair))
                            counts["pairs"] += 1
                if number % 50 == 0:
                    bar(number, "")
        kinds = ", ".join(f"{counts[name]:,} {name}" for name in variants)
        checked = f"{counts['steps']:,} steps checked, {counts['wrong steps']:,} wrong"
        checked += f", {counts['unknown steps']:,} undecided" if counts["unknown steps"] else ""
        said = f"{kinds}; {counts['pairs']:,} pairs; {checked}; {counts['unsolved']} problems unsolved"
        said += f", {counts['dropped']} without a trace in some arm" if counts["dropped"] else ""
        return said, dict(counts)

    staged(run, "traces", console, work)


def trace_row(
    trace: Trace, name: str, walk_settings: walks.WalkSettings, style: str = "terse", seed: int = 0
) -> dict[str, Any]:
    """A trace as a row of its file: whole in itself, so that an audit needs nothing else."""
    return {
        "schema_version": 1,
        "id": trace.problem.id,
        "split": trace.problem.split,
        "kind": name,
        "knobs": walk_settings,
        "problem": trace.problem,
        "style": style,
        "prompt": prompt(trace.problem, style),
        "completion": render(trace, style, seed),
    }


def make_curation(run: Run, recipe: Recipe, console: Console) -> None:
    """Decides which training problems stay, in all arms alike; traces and pairs of the rest lie unused."""
    settings = recipe.curation

    def work() -> tuple[str, dict[str, Any]]:
        evaluation = {
            name: read_problems(run, name) if name == OWN_HELDOUT else records.read_problems(Path(name))
            for name in settings.against
        }
        curated = curate.curate(
            read_problems(run, "train"),
            curate.read_texts(run.path, sorted({arm.variant for arm in recipe.arms}), settings.limits),
            settings.limits,
            chain.from_iterable(evaluation.values()),
        )
        sizes = {name: len(problems) for name, problems in evaluation.items()}
        write_json(run.path / curate.FILE, curated.record(sizes))
        dropped = Counter(drop.filter for drop in curated.dropped.values())
        said = f"{len(curated.kept):,} of {curated.problems:,} training problems stay"
        if dropped:
            said += "; dropped: " + ", ".join(f"{count:,} {name}" for name, count in dropped.items())
        others = {name: len(read_problems(run, name)) for name in SPLITS if name != "train"}
        if any(others.values()):
            said += "; not for training: " + ", ".join(f"{n:,} {name}" for name, n in others.items() if n)
        return said, {"kept": len(curated.kept), **dropped}

    staged(run, "curation", console, work)

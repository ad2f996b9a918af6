"""Makes the data of a run in stages: problems, graphs, traces and pairs; then corpora and curation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from journey import families
from journey.graph import SolutionGraph
from journey.problem import SPLITS, Problem, draw_distinct
from journey.runs.graphs import read_graphs
from journey.runs.store import Run, record, replacing, write_lines
from journey.step import REFUTED, Verdict
from search.fleet import PART_SIZE, Fleet, explore_all
from traces import walks
from traces.pairs import PAIRS
from traces.run_files import read_problems
from traces.text import prompt, render
from traces.trace import Trace
from train.console import Console, counter
from train.evaluation.problem_sets import require_sets
from train.pipeline.corpora import make_corpora
from train.pipeline.curation import make_curations
from train.pipeline.run_stage import run_stage
from train.pipeline.searches import search_settings
from train.recipe.recipe import Recipe


@dataclass(frozen=True, slots=True)
class ProblemFile:
    """A file of problems that was read."""

    path: Path
    problems: Sequence[Problem]


def generate(
    run: Run,
    recipe: Recipe,
    console: Console,
    fleet: Fleet | None = None,
    given: ProblemFile | None = None,
) -> None:
    """Makes all data of a run: problems, graphs, traces, pairs and curation."""
    make_problems(run, recipe, console, given)
    make_graphs(run, recipe, console, fleet)
    make_traces(run, recipe, console)
    make_corpora(run, recipe, console)
    make_curations(run, recipe, console)


def make_problems(run: Run, recipe: Recipe, console: Console, given: ProblemFile | None = None) -> None:
    """Draws the problems of every split, or writes those of a file by split."""
    settings = recipe.problems

    def write(split: str, problems: Iterable[Problem]) -> int:
        return write_lines(run.path / "problems" / f"{split}.jsonl", map(record, problems))

    def copy(file: ProblemFile) -> tuple[str, dict[str, Any]]:
        require_sets(recipe)
        counts = {
            split: write(split, (each for each in file.problems if each.split == split)) for split in SPLITS
        }
        by_split = ", ".join(f"{count:,} {split}" for split, count in counts.items())
        text = f"{len(file.problems):,} read from {file.path}: {by_split}"
        # Rows without a split are split by their content, which users may not expect.
        return f"{text} (by the column `split`, else by a hash of the problem)", counts

    def draw() -> tuple[str, dict[str, Any]]:
        require_sets(recipe)
        counts = {}
        with console.progress("problems") as add_bar:
            for split in SPLITS:
                total = getattr(settings, split)
                move_bar = add_bar(split, total)
                problems: list[Problem] = []
                for name, share in _shares(settings.families, total).items():
                    for problem in draw_distinct(
                        families.get(name),
                        recipe.seed,
                        split,
                        share,
                        settings.levels,
                        settings.numbers,
                        settings.sampling.get(name, {}),
                    ):
                        problems.append(problem)
                        if len(problems) % 100 == 0:
                            move_bar(len(problems), name)
                counts[split] = write(split, problems)
        return ", ".join(f"{count:,} {split}" for split, count in counts.items()), counts

    run_stage(run, "problems", console, draw if given is None else partial(copy, given))


def _shares(weights: dict[str, float], total: int) -> dict[str, int]:
    """Integers in proportion to the weights that add up to `total`."""
    sum_of_weights = sum(weights.values())
    shares = {name: int(total * weight / sum_of_weights) for name, weight in weights.items()}
    shares[next(iter(shares))] += total - sum(shares.values())
    return shares


def make_graphs(run: Run, recipe: Recipe, console: Console, fleet: Fleet | None = None) -> None:
    """Explores every problem. The default fleet has the recipe's number of local processes."""
    fleet = fleet or Fleet(workers=recipe.search.workers)
    strategy = recipe.search.strategy

    def work() -> tuple[str, dict[str, Any]]:
        count = explore_problems(run, recipe, console, fleet)
        return f"{count:,} graphs, {strategy} search", {"graphs": count}

    run_stage(run, "graphs", console, work)


def explore_problems(run: Run, recipe: Recipe, console: Console, fleet: Fleet) -> int:
    """Writes the graphs of the fleet's shard of problems; returns their number."""
    settings = search_settings(run, recipe)
    problems = [problem for split in SPLITS for problem in read_problems(run, split)]
    shard, shards = fleet.shard
    count = sum(1 for at in range(len(problems)) if at // PART_SIZE % shards == shard)
    with console.progress("search") as add_bar:
        on_progress = counter(add_bar(settings.strategy, count))
        explore_all(problems, settings, run.path / "graphs", fleet, on_progress)
    return count


def make_traces(run: Run, recipe: Recipe, console: Console) -> None:
    """Writes the traces of every variant, and the pairs.

    A problem without a trace in one arm is dropped from all arms. Traces with a model's mistakes come later
    (`train.pipeline.mistakes`).
    """
    later = {arm.variant for arm in recipe.later_arms}
    variants = {name: variant for name, variant in recipe.variants().items() if name not in later}
    style = recipe.traces.style
    needed = recipe.first_variants
    pair_kinds = recipe.pair_kinds()

    def work() -> tuple[str, dict[str, Any]]:
        counts: Counter[str] = Counter()
        with ExitStack() as files, console.progress("traces") as add_bar:
            move_bar = add_bar("", run.manifest["stages"]["graphs"]["graphs"])
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
                walked = {
                    name: walks.walk(kind, graph, walk_settings, others.get(group))
                    for name, (kind, walk_settings) in variants.items()
                }
                # The first graph of its group has no other to mix with, and is dropped.
                if mixed and walks.has_wrong_turns(graph, mixed[0]):
                    others[group] = graph
                counts["steps"] += graph.graph.number_of_edges()
                verdicts = Counter(step.verdict for step in graph.steps())
                counts["unknown steps"] += verdicts[Verdict.UNKNOWN]
                counts["wrong steps"] += sum(verdicts[verdict] for verdict in REFUTED)
                if any(walked[name] is None for name in needed):
                    counts["unsolved" if graph.solution() is None else "dropped"] += 1
                    continue
                for name, trace in walked.items():
                    if trace is not None:
                        traces[name](trace_row(trace, name, variants[name][1], style, recipe.seed))
                        counts[name] += 1
                if graph.problem.split == "train":
                    for name, pair_kind in pair_kinds:
                        trace = walked[name]
                        make_pair, seed = PAIRS[pair_kind], recipe.seed
                        pair = trace and make_pair(graph, replace(trace, kind=name), seed, style)
                        if pair:
                            pairs[pair_kind](record(pair))
                            counts["pairs"] += 1
                if number % 50 == 0:
                    move_bar(number, "")
        kinds = ", ".join(f"{counts[name]:,} {name}" for name in variants)
        checked = f"{counts['steps']:,} steps checked, {counts['wrong steps']:,} wrong"
        checked += f", {counts['unknown steps']:,} undecided" if counts["unknown steps"] else ""
        text = f"{kinds}; {counts['pairs']:,} pairs; {checked}; {counts['unsolved']} problems unsolved"
        text += f", {counts['dropped']} without a trace in some arm" if counts["dropped"] else ""
        return text, dict(counts)

    run_stage(run, "traces", console, work)


def trace_row(
    trace: Trace, name: str, walk_settings: walks.WalkSettings, style: str = "terse", seed: int = 0
) -> dict[str, Any]:
    """A trace as a row of its file. The row includes its problem, so that it can be audited alone."""
    return {
        "schema_version": 1,
        "id": trace.problem.id,
        "split": trace.problem.split,
        "kind": name,
        "walk_settings": walk_settings,
        "problem": trace.problem,
        "style": style,
        "prompt": prompt(trace.problem, style),
        "completion": render(trace, style, seed),
    }

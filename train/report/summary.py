"""The results of a run in sentences and in one table, as the terminal and the reports print them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rich.console import RenderableType
from rich.table import Table

from traces.walks import WALKS
from train.analysis.convergence import NOT_CONVERGED, caveat
from train.analysis.results_schema import Difference, Results, StageFigures
from train.report import curve_tables
from train.report.claims import claim_sentences
from train.report.formatting import NOT_CONVERGED_MARK, STAGE_KINDS, plural, stage_label

TUNING = ("dpo", "grpo", "rloo")
"""Names of stages that tune what a model has learned."""


def answers(results: Results) -> list[str]:
    """The results in sentences: the comparisons of arms and stages, then the claims."""
    return [*comparisons(results), *claim_sentences(results)]


def comparisons(results: Results) -> list[str]:
    """The comparison of each pair of arms after its last stage of learning, and what later stages changed.

    Stages named after preferences or rewards do not count as learning: their changes are stated anyway.
    """
    sentences = []
    for pair, by_stage in results.paired.items():
        if by_stage:
            learning = [stage for stage in by_stage if stage not in TUNING]
            stage = (learning or list(by_stage))[-1]
            sentences.append(_comparison(results, pair, stage, by_stage[stage]))
    for arm, changes in results.stage_changes.items():
        for stage, change in changes.items():
            low, high = (100 * bound for bound in change.ci95)
            subject = stage_label(stage) if stage in STAGE_KINDS else f"The stage {stage}"
            sentences.append(
                f"{subject} changes {arm} by {100 * change.delta:+.1f} points "
                f"(95 % interval {low:+.1f} to {high:+.1f})."
            )
    return sentences


def _comparison(results: Results, pair: str, stage: str, difference: Difference) -> str:
    """Two arms after a stage, in a sentence, with what a reader must know about it."""
    first, _, second = pair.partition("-")
    one, other = results.arms[first][stage], results.arms[second][stage]
    low, high = (100 * bound for bound in difference.ci95)
    clusters = f" in {one.clusters:,} clusters" if one.clusters < one.n else ""
    seeds = f" with {plural(len(one.seeds), 'seed')}" if len(one.seeds) > 1 else ""
    names = [first, second]
    if {first, second} <= set(WALKS):
        names = [f"the {first}-learned model", f"the {second}-learned one"]
    text = (
        f"On {one.n:,} {results.split} problems{clusters}{seeds}{_budget(one, other)}, {names[0]} solves "
        f"{one.pass_1:.1%} and {names[1]} {other.pass_1:.1%} (difference "
        f"{100 * difference.delta:.1f} points, 95 % interval {low:.1f} to {high:.1f})."
    )
    return f"{text} {caveat(results.arms, [(first, stage), (second, stage)])}".rstrip()


def _budget(one: StageFigures, other: StageFigures) -> str:
    if one.train_tokens is None or other.train_tokens is None:
        return ""
    return f", at equal training tokens ({amount(one.train_tokens)} each)"


def amount(tokens: int) -> str:
    """A number of tokens, rounded.

    >>> amount(4_500_123), amount(30_000)
    ('4.5 M', '30,000')
    """
    return f"{tokens / 1e6:.1f} M" if tokens >= 1e6 else f"{tokens:,}"


def table(runs: Mapping[str, Results]) -> Table:
    """The figures of one run or of several, with a row for each arm and stage. Fits 80 columns."""
    several = len(runs) > 1
    grid = Table(title=None, header_style="bold", show_edge=False, pad_edge=False)
    for name in (*(["run"] if several else []), "arm", "stage"):
        grid.add_column(name, no_wrap=True)
    for name in ("pass@1", "95 % interval", "unfinished", "tokens", "n"):
        grid.add_column(name, justify="right", no_wrap=True)
    for run, results in runs.items():
        first = [run] if several else []
        for arm, stage, figures in results.rows():
            low, high = figures.ci95
            mark = NOT_CONVERGED_MARK if figures.converged is False else ""
            grid.add_row(*first, arm, stage, f"{figures.pass_1:.1%}{mark}",
                         f"{100 * low:.1f} to {100 * high:.1f}", f"{figures.unfinished:.1%}",
                         f"{figures.mean_new_tokens:.1f}", f"{figures.n:,}")  # fmt: skip
        ceiling, tokens = results.teacher.within_budget, results.teacher.mean_new_tokens
        grid.add_row(*first, "teacher", "", f"{ceiling:.1%}", "", "", f"{tokens:.1f}", "", style="dim")
    if any(row.figures.converged is False for results in runs.values() for row in results.rows()):
        grid.caption = f"{NOT_CONVERGED_MARK} {NOT_CONVERGED.rstrip(': ')}"
        grid.caption_justify = "left"
    return grid


def format_results(runs: Mapping[str, Results]) -> Iterator[RenderableType]:
    """The results of one run or of several for a terminal: a table, sentences, the tokens to learn."""
    prefix = "{}: " if len(runs) > 1 else ""
    yield table(runs)
    for name, results in runs.items():
        yield from (prefix.format(name) + sentence for sentence in answers(results))
    for name, results in runs.items():
        if (curves := curve_tables.tokens_to(results)) is not None:
            yield replace(curves, title=prefix.format(name) + curves.title)

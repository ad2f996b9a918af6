"""The results of a run in sentences and in one table, as the terminal and the reports print them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rich.table import Table

from traces.walks import WALKS
from train.analysis.convergence import NOT_CONVERGED, caveat
from train.analysis.reading import STAGES, UNRIPE, label
from train.report import curve_tables
from train.report.claim_sentences import verdicts


def answers(results: dict[str, Any], claims: bool = True) -> list[str]:
    """The results in sentences: the comparisons after the first stage, what later stages changed, claims.

    `claims` leaves those out where they are shown otherwise.
    """
    said = []
    for pair, by_stage in results["paired"].items():
        if not by_stage:
            continue
        first, _, second = pair.partition("-")
        stage, found = next(iter(by_stage.items()))
        one, other = results["arms"][first][stage], results["arms"][second][stage]
        low, high = (100 * bound for bound in found["ci95"])
        clusters = f" in {one['clusters']:,} clusters" if one["clusters"] < one["n"] else ""
        seeds = f" and {len(one['seeds'])} seeds" if len(one["seeds"]) > 1 else ""
        equal = "train_tokens" in one and "train_tokens" in other
        who = [first, second]
        if {first, second} <= set(WALKS):
            who = [f"the {first}-learned model", f"the {second}-learned one"]
        given = f", at equal training tokens ({amount(one['train_tokens'])} each)" if equal else ""
        said.append(
            f"On {one['n']:,} {results['split']} problems{clusters}{seeds}{given}, {who[0]} solves "
            f"{one['pass@1']:.1%} and {who[1]} {other['pass@1']:.1%} (difference "
            f"{100 * found['delta']:.1f} points, 95 % interval {low:.1f} to {high:.1f})."
            f" {caveat(results, [(first, stage), (second, stage)])}".rstrip()
        )
    for arm, changes in results["stage_changes"].items():
        for stage, change in changes.items():
            low, high = (100 * bound for bound in change["ci95"])
            said.append(
                f"{label(stage) if stage in STAGES else f'The stage {stage}'} changes {arm} by "
                f"{100 * change['delta']:+.1f} points (95 % interval {low:+.1f} to {high:+.1f})."
            )
    return said + (list(verdicts(results)) if claims else [])


def amount(tokens: int) -> str:
    """A number of tokens as people say it.

    >>> amount(4_500_123), amount(30_000)
    ('4.5 M', '30,000')
    """
    return f"{tokens / 1e6:.1f} M" if tokens >= 1e6 else f"{tokens:,}"


def table(runs: dict[str, dict[str, Any]]) -> Table:
    """The figures of one run or of several, a row an arm and stage. Fits 80 columns."""
    many = len(runs) > 1
    unripe = False
    grid = Table(title=None, header_style="bold", show_edge=False, pad_edge=False)
    for name in (*(["run"] if many else []), "arm", "stage"):
        grid.add_column(name, no_wrap=True)
    for name in ("pass@1", "95 % interval", "unfinished", "tokens", "n"):
        grid.add_column(name, justify="right", no_wrap=True)
    for run, results in runs.items():
        rows = [(arm, *stage) for arm, stages in results["arms"].items() for stage in stages.items()]
        for arm, stage, figures in rows:
            low, high = figures["ci95"]
            interval = f"{100 * low:.1f} to {100 * high:.1f}"
            spent = f"{figures['mean_new_tokens']:.1f}"
            unripe = unripe or figures.get("converged") is False
            solved = f"{figures['pass@1']:.1%}{UNRIPE if figures.get('converged') is False else ''}"
            cells = [arm, stage, solved, interval, f"{figures['unfinished']:.1%}", spent]
            grid.add_row(*([run] if many else []), *cells, f"{figures['n']:,}")
        ceiling = results["teacher"]
        cells = [
            "teacher",
            "",
            f"{ceiling['within_budget']:.1%}",
            "",
            "",
            f"{ceiling['mean_new_tokens']:.1f}",
        ]
        grid.add_row(*([run] if many else []), *cells, "", style="dim")
    if unripe:
        grid.caption, grid.caption_justify = f"{UNRIPE} {NOT_CONVERGED.rstrip(': ')}", "left"
    return grid


def told(runs: Mapping[str, dict[str, Any]]) -> list[Any]:
    """The results of one run or of several as people read them: a table, sentences, the tokens to learn."""
    begin = "{}: " if len(runs) > 1 else ""
    said = (begin.format(name) + text for name, results in runs.items() for text in answers(results))
    curves = ((name, curve_tables.tokens_to(results)) for name, results in runs.items())
    learned = (replace(each, title=begin.format(name) + each.title) for name, each in curves if each)
    return [table(dict(runs)), *said, *learned]

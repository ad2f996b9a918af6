"""The tables of a run's results, for report.html, report.md and the terminal (DESIGN 8).

Each function makes one `Table`, or None if the results have nothing for it. Stages come in the order of their
arm. Claims, learning curves, errors and token costs have modules of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from train.analysis.results_schema import Difference, Results, StageFigures
from train.evaluation.metrics_schema import SetAccuracy
from train.recipe.keys import flatten
from train.recipe.stages import TRACES
from train.report import base_tables, claims, curve_tables, error_tables, precision_tables, token_costs
from train.report.formatting import (
    NONE,
    NOT_CONVERGED_MARK,
    Table,
    count,
    interval,
    operations,
    points,
    share,
    size,
    stage_label,
)

if TYPE_CHECKING:
    from traces.curate import CurationCounts
    from train.recipe.recipe import Recipe
    from train.recipe.stages import Stage


def tables(results: Results) -> list[Table]:
    """Every table that needs the results alone."""
    makers = (claims.table, figures, base_tables.sizes, differences, curve_tables.convergence,
              curve_tables.tokens_to,
              token_costs.frontier_table, token_costs.choices, token_costs.points_table, levels, sets,
              error_tables.reading, error_tables.verified, error_tables.recovery, error_tables.fates,
              error_tables.recovery_levels, error_tables.planted, base_tables.routers, forgotten,
              precision_tables.precision, precision_tables.law, precision_tables.predictions, generated,
              counts)  # fmt: skip
    return [table for make in makers if (table := make(results)) is not None]


def format_tables(results: Results) -> Iterator[RenderableType]:
    """The results as a terminal shows them: the content of report.html without plots and problems."""
    from train.report.summary import comparisons

    yield Text("\nThe results", style="bold underline")
    yield from map(Text, comparisons(results))
    yield from tables(results)


def figures(results: Results) -> Table:
    """Accuracy, cost and training of every arm and stage, and the teacher's ceiling."""
    rows: list[tuple[str, ...]] = [
        (
            arm,
            stage_label(stage),
            share(each.pass_1) + (f" {NOT_CONVERGED_MARK}" if each.converged is False else ""),
            interval(each.ci95),
            share(each.unfinished),
            f"{each.mean_new_tokens:.1f}",
            operations(each.flops_per_answer),
            _trained_on(each),
            count(each.problems),
            operations(each.train_flops),
            size(each.n, each.clusters),
            _seeds(each),
        )
        for arm, stage, each in results.rows()
    ]
    teacher = results.teacher
    cost = f"{teacher.mean_new_tokens:.1f}"
    rows.append(("teacher", "", share(teacher.within_budget), NONE, NONE, cost, *[NONE] * 6))
    columns = ("arm", "stage", "pass@1", "95 % interval", "unfinished", "tokens an answer", "FLOPs an answer",
               "training tokens", "different problems", "training FLOPs", "n", "number of seeds")  # fmt: skip
    note = (
        "Greedy decoding under the same token cap for every arm. An unfinished output is wrong. Intervals "
        "are over clusters of problems that share their structure, and over seeds if there are several. "
        "FLOPs are those of matrix products; an answer's include its prompt. The teacher is "
        f"the search itself under the same cap. Without a cap it solves {share(teacher.solved)}."
    )
    if any(NOT_CONVERGED_MARK in row[2] for row in rows):
        note += f" {NOT_CONVERGED_MARK} Not converged."
    return Table("figures", "Problems solved", columns, rows, note, words=2)


def _trained_on(figures: StageFigures) -> str:
    """What a stage was trained on."""
    if figures.same_as is not None:
        return f"as {figures.same_as}"
    if figures.train_tokens is not None:
        return count(figures.train_tokens)
    amounts = {"pairs": figures.pairs, "outputs": figures.outputs}
    return next((f"+ {amount:,} {unit}" for unit, amount in amounts.items() if amount), NONE)


def _seeds(figures: StageFigures) -> str:
    """The number of training seeds, with the range and the interquartile mean of their accuracies."""
    if len(figures.by_seed) < 2:
        return count(len(figures.seeds))
    iqm = f", IQM {100 * figures.iqm:.1f}" if figures.iqm is not None else ""
    return f"{len(figures.seeds)} ({interval((min(figures.by_seed), max(figures.by_seed)))}{iqm})"


def differences(results: Results) -> Table | None:
    """Paired differences between arms, and between the stages of an arm."""
    rows = [
        (f"{pair.replace('-', ' minus ', 1)}, {stage_label(stage)}", *_difference(change))
        for pair, by_stage in results.paired.items()
        for stage, change in by_stage.items()
    ]
    rows += [
        (f"{arm}: {stage_label(stage)} minus {stage_label(change.before)}", *_difference(change))
        for arm, changes in results.stage_changes.items()
        for stage, change in changes.items()
    ]
    columns = ("compared on the same problems", "points", "95 % interval", "p", "IQM over seeds",
               "P(first is better)", "n", "number of seeds")  # fmt: skip
    note = (
        "Clusters of problems are resampled, and seeds with them. p comes from the same resamples and is not "
        "corrected for the number of rows. IQM is the mean of the middle half of the seeds' differences. "
        "P(first is better) is the probability that the first solves more than the second for two random "
        "seeds; a tie counts half."
    )
    return Table("differences", "Differences between arms", columns, rows, note) if rows else None


def _difference(change: Difference) -> tuple[str, ...]:
    better = change.improvement
    return (
        points(change.delta),
        interval(change.ci95, signed=True),
        f"{change.p:.2g}",
        points(change.iqm),
        NONE if better is None else f"{share(better)} ({interval(change.improvement_ci95)})",
        size(change.n, change.clusters),
        count(change.seeds),
    )


def levels(results: Results) -> Table | None:
    """Accuracy by level."""
    names = results.level_names()
    if not names:
        return None
    rows = []
    for arm, stage, each in results.distinct_rows():
        parts = (each.levels.get(name) for name in names)
        cells = (f"{share(part.pass_1)} ({interval(part.ci95)})" if part else NONE for part in parts)
        rows.append((arm, stage_label(stage), *cells))
    first = next(iter(results.compared_figures().values())).levels
    heads = (
        f"level {name}"
        + (f", n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{first[name].n:,}" if name in first else "")
        for name in names
    )
    return Table("levels", "Problems solved by level", ("arm", "stage", *heads), rows, words=2)


def sets(results: Results) -> Table | None:
    """Accuracy on other sets, next to that on the held-out problems."""
    rows: list[tuple[str, ...]] = []
    first: dict[str, SetAccuracy] = {}
    for row in results.distinct_rows():
        first = {**(row.figures.sets or {}), **first}
    for arm, stage, each in results.distinct_rows():
        if each.sets is not None:
            parts = (each, *(each.sets.get(name) for name in first))
            cells = (f"{share(part.pass_1)} ({interval(part.ci95)})" if part else NONE for part in parts)
            rows.append((arm, stage_label(stage), *cells))
    if not rows:
        return None
    note = "Greedy decoding under the same cap. In distribution: the held-out problems."
    if unreadable := {name: part.unreadable for name, part in first.items() if part.unreadable}:
        text = ", ".join(f"{share(part)} of {name}" for name, part in unreadable.items())
        note += f" The model's vocabulary lacks a word of {text}."
    heads = (f"{name} (n = {count(part.n)})" for name, part in first.items())
    columns = ("arm", "stage", "in distribution", *heads)
    return Table("sets", "Harder problems, and other families", columns, rows, note, words=2)


def forgotten(results: Results) -> Table | None:
    """The loss on earlier data before and after training."""
    rows = [
        (arm, stage_label(stage), file, f"{part.before:.3f}", f"{part.after:.3f}",
         f"{part.after - part.before:+.3f}", count(part.tokens))
        for arm, stage, each in results.distinct_rows()
        for file, part in (each.forgotten or {}).items()
    ]  # fmt: skip
    columns = ("arm", "stage", "earlier data", "before", "after", "change", "tokens")
    note = (
        'Mean cross-entropy in nats per token, on texts of an earlier training. "heldout" are held-out texts '
        "of the arm's first stage."
    )
    return Table("forgotten", "Forgetting", columns, rows, note, words=3) if rows else None


def generated(results: Results) -> Table | None:
    """The outputs that models sampled for their own training."""
    rows = [
        (arm, stage_label(stage), count(each.outputs), count(each.generated_tokens), count(each.accepted))
        for arm, stage, each in results.distinct_rows()
        if each.generated_tokens is not None
    ]
    columns = ("arm", "stage", "outputs", "generated tokens", "right")
    note = "Each stage's start model wrote these outputs, and the checker accepted those that count as right."
    return Table("generated", "Outputs sampled for training", columns, rows, note, words=2) if rows else None


def counts(results: Results) -> Table | None:
    """Training examples kept, truncated and dropped."""
    rows = [
        (arm, count(each.kept), count(each.truncated), count(each.dropped), *_seen(results, arm))
        for arm, each in results.counts.items()
    ]
    columns = ("arm", "examples kept", "truncated", "dropped", "examples seen", "epochs")
    note = (
        "All arms share problems, graphs, renderer, base, optimizer and number of training tokens. A problem "
        "dropped for one arm is dropped for all. A shorter trace is seen more often."
    )
    return Table("counts", "Training examples", columns, rows, note) if rows else None


def _seen(results: Results, arm: str) -> tuple[str, str]:
    """The examples seen and the epochs of an arm's first stage."""
    first = next(iter(results.arms.get(arm, {}).values()), None)
    if first is None:
        return NONE, NONE
    return count(first.examples_seen), NONE if first.epochs is None else f"{first.epochs:g}"


def arms(recipe: Recipe) -> Table:
    """The arms: their stages, and every setting in which they differ."""
    settings = [flatten(recipe.for_arm(arm).model_dump(mode="json", exclude={"arms"})) for arm in recipe.arms]
    every = dict.fromkeys(key for each in settings for key in each)
    keys = [key for key in every if any(each.get(key) != settings[0].get(key) for each in settings)]
    rows = [
        (
            arm.name,
            arm.traces,
            ", then ".join(map(stage_in_words, arm.stages)),
            *(_words(own.get(key)) for key in keys),
        )
        for arm, own in zip(recipe.arms, settings, strict=True)
    ]
    note = "All other settings are the same in every arm."
    return Table("arms", "The arms", ("arm", "trained on", "stages", *keys), rows, note, words=3)


def stage_in_words(stage: Stage) -> str:
    """A stage with its training data and its settings.

    >>> from train.recipe.stages import Stage
    >>> stage_in_words(Stage(kind="dpo", name="dpo", pairs=["step"], set={"pairs.count": 9}))
    'DPO on step pairs (pairs.count = 9)'
    >>> stage_in_words(Stage(kind="grpo", name="grpo", rewards=["verified"], credit="steps"))
    'GRPO for verified with credit to steps'
    """
    kind = stage_label(stage.kind)
    name = kind if stage.name == stage.kind else f"{stage.name} ({kind})"
    on = f" on {', '.join(stage.pairs)} pairs" if stage.pairs else ""
    on += f" for {', '.join(stage.rewards)}" if stage.kind in ("grpo", "rloo") else ""
    on += " with credit to steps" if stage.credit == "steps" else ""
    on += f" on {stage.data_words}" if stage.data_words != TRACES else ""
    on += f", {stage.samples} outputs a problem" if stage.samples_outputs else ""
    on += f", {stage.choose} chosen" if stage.kind == "rejection" else ""
    on += f", average of {stage.average.words}" if not stage.average.off else ""
    other = ", ".join(f"{key} = {value}" for key, value in {**stage.settings, **stage.set}.items())
    return f"{name}{on}" + (f" ({other})" if other else "")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return NONE if value is None else str(value)


def curation(record: CurationCounts | None) -> Table | None:
    """The training problems that each filter dropped, by kind of trace (`traces.curate`)."""
    if not record:
        return None
    kinds = list(next(iter(record.counts.values()), {}))
    rows = [
        (name.replace("_", " "), *(f"{by[kind]['own']:,} + {by[kind]['others']:,}" for kind in kinds))
        for name, by in record.counts.items()
    ]
    rows.append(("kept", *[count(record.kept)] * len(kinds)))
    note = "1 + 2: the filter dropped 1 problem for this kind of trace and 2 for other kinds."
    return Table("curation", "Training problems dropped, by filter", ("filter", *kinds), rows, note)


def corpora(records: Mapping[str, CurationCounts]) -> Table | None:
    """The rows of each defect that the filters of each arm dropped (`traces.corpus`)."""
    defects = sorted({defect for record in records.values() for defect in record.defects})
    if not defects:
        return None
    rows = []
    for arms, record in records.items():
        cells = []
        for defect in defects:
            by = record.defects.get(defect, {})
            total = sum(by.values())
            cells.append(f"{total - by.get('kept', 0):,} of {total:,}" if total else NONE)
        rows.append((arms, count(record.kept), *cells))
    heads = ("arms", "rows kept", *(defect.replace("_", " ") for defect in defects))
    note = "How many of the rows that were spoilt in each way the filters of these arms dropped."
    return Table("corpora", "Spoilt rows dropped, by arm", heads, rows, note)

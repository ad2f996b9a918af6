"""The tables of a run's results as words, made once for report.html, report.md and the terminal (DESIGN 8).

Each function takes what results.json holds and returns a `Table`, or None where there is nothing to tell.
Whatever stages an arm has are told, in its order; the first is the one that arms are compared on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from journey.runs.store import read_json
from train.analysis.reading import UNRIPE, label, level_names, own_stages, primary, stages_of
from train.recipe.explain import flatten
from train.report import curve_tables
from train.report import extra_tables as beyond
from train.report import token_costs as spent
from train.report.claim_sentences import SIGNS, in_units, smallest, summary
from train.report.table import NONE, Table, between, count, operations, points, share, size

if TYPE_CHECKING:
    from train.recipe.recipe import Recipe
    from train.recipe.settings import Stage

FATES = {
    "noticed": "noticed and left",
    "left": "left unproved",
    "answered": "reaches the answer",
    "open": "no answer given",
}
"""What became of an output's first error (`train.evaluation.recovery`), in words."""
LEVELS_TOLD = ("error", "noticed", "left", "answered")
"""Of the shares of `train.evaluation.recovery`, those that are told by level."""


def tables(results: dict[str, Any]) -> list[Table]:
    """Every table that needs the results alone."""
    made = (claims, figures, differences, curve_tables.convergence, curve_tables.tokens_to, spent.choices,
            spent.sampled, levels, beyond.sets, recovery, fates, recovery_levels, beyond.planted,
            beyond.forgotten, counts)  # fmt: skip
    return [table for make in made if (table := make(results)) is not None]


def results_of(run: Path) -> dict[str, Any] | None:
    """The results of a run folder; None where it has not come to that yet."""
    return read_json(run / "results.json") if (run / "results.json").exists() else None


def told(results: dict[str, Any]) -> Iterator[RenderableType]:
    """The results as a terminal shows them: what report.html says, but for the plots and the problems."""
    from train.report.summary import answers

    yield Text("\nThe results", style="bold underline")
    yield from map(Text, answers(results, claims=False))
    yield from tables(results)


def claims(results: dict[str, Any]) -> Table | None:
    """What the run set out to say, and whether it can."""
    rows = [
        (
            f"{SIGNS.get(claim['verdict'], '?')} {claim['verdict']}",
            claim["claim"],
            "; ".join(filter(None, (claim.get("note"), claim["needs"]))) or NONE,
            in_units(claim, claim["delta"]),
            " to ".join(in_units(claim, bound, unit=False) for bound in claim["ci95"]),
            f"{claim['p']:.2g}",
            f"{claim['p_holm']:.2g}",
            smallest(claim),
            size(claim),
            count(claim["seeds"]),
            claim["registered"] or "no",
        )
        for claim in results["claims"]
    ]
    columns = ("verdict", "claim", "what would decide it", "difference", "95 % interval", "p", "p, corrected",
               "could have been found", "n", "seeds", "registered")  # fmt: skip
    if not rows:
        return None
    note = (
        f"{summary(results)} A verdict rests on the corrected p; an interval is that of its claim alone. "
        "What could have been found is what this design finds with a power of 80 %."
    )
    return Table("claims", "The claims", columns, rows, note, words=3)


def figures(results: dict[str, Any]) -> Table:
    """Accuracy, cost and training of every arm and stage, and the teacher's ceiling."""
    rows: list[tuple[str, ...]] = [
        (
            arm,
            label(stage),
            share(found["pass@1"]) + (f" {UNRIPE}" if found.get("converged") is False else ""),
            between(found["ci95"]),
            share(found["unfinished"]),
            f"{found['mean_new_tokens']:.1f}",
            operations(found.get("flops_per_answer")),
            _given(found),
            count(found.get("problems")),
            operations(found.get("train_flops")),
            size(found),
            _seeds(found),
        )
        for arm, stage, found in stages_of(results)
    ]
    teacher = results["teacher"]
    cost = f"{teacher['mean_new_tokens']:.1f}"
    rows.append(("teacher", "", share(teacher["within_budget"]), NONE, NONE, cost, *[NONE] * 6))
    columns = ("arm", "stage", "pass@1", "95 % interval", "unfinished", "tokens an answer", "FLOPs an answer",
               "training tokens", "different problems", "training FLOPs", "n", "seeds")  # fmt: skip
    note = (
        "Greedy decoding under one token cap for every arm; an unfinished output is wrong. Intervals are "
        "over clusters of problems that share their structure, and over seeds where there are several. "
        "FLOPs are those of matrix products: an answer's with its prompt, and of training each stage's own. "
        f"The teacher is the search itself under the same cap; without a cap it solves "
        f"{share(teacher['solved'])}."
    )
    if any(UNRIPE in row[2] for row in rows):
        note += f" {UNRIPE} Not converged."
    return Table("figures", "Problems solved", columns, rows, note, words=2)


def _given(found: Mapping[str, Any]) -> str:
    """What a stage was trained on."""
    if "same_as" in found:
        return f"as {found['same_as']}"
    if "train_tokens" in found:
        return count(found["train_tokens"])
    said = (f"+ {found[key]:,} {key}" for key in ("pairs", "outputs") if found.get(key))
    return next(said, NONE)


def differences(results: dict[str, Any]) -> Table | None:
    """Paired differences: between arms, and between an arm's stages."""
    rows = [
        (f"{pair.replace('-', ' minus ', 1)}, {label(stage)}", *_difference(change))
        for pair, by_stage in results["paired"].items()
        for stage, change in by_stage.items()
    ]
    rows += [
        (f"{arm}: {label(stage)} minus {label(change['before'])}", *_difference(change))
        for arm, changes in results["stage_changes"].items()
        for stage, change in changes.items()
    ]
    columns = ("compared on the same problems", "points", "95 % interval", "p", "IQM over seeds",
               "P(first is better)", "n", "seeds")  # fmt: skip
    note = (
        "Whole clusters of problems are resampled, and seeds with them; p comes from the same resamples and "
        "is not corrected for the number of rows. IQM: mean of the middle half of the seeds' differences. P: "
        "the probability that the first solves more than the second for two random seeds, a tie being half."
    )
    return Table("differences", "Differences between arms", columns, rows, note) if rows else None


def _difference(change: Mapping[str, Any]) -> tuple[str, ...]:
    better = change["improvement"]
    return (
        points(change["delta"]),
        between(change["ci95"], signed=True),
        f"{change['p']:.2g}",
        points(change["iqm"]),
        NONE if better is None else f"{share(better)} ({between(change['improvement_ci95'])})",
        size(change),
        count(change["seeds"]),
    )


def levels(results: dict[str, Any]) -> Table | None:
    """Accuracy by level."""
    names = level_names(results)
    rows = []
    for arm, stage, found in own_stages(results):
        cells = [found["levels"].get(name) for name in names]
        said = [f"{share(c['pass@1'])} ({between(c['ci95'])})" if c else NONE for c in cells]
        rows.append((arm, label(stage), *said))
    first = next(iter(primary(results).values()))["levels"]
    heads = (
        f"level {name}, n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}{count(first.get(name, {}).get('n'))}"
        for name in names
    )
    title = "Problems solved by level"
    return Table("levels", title, ("arm", "stage", *heads), rows, words=2) if names else None


def recovery(results: dict[str, Any]) -> Table | None:
    """What the arms do after an error."""
    told = ("error", "noticed", "right_noticed", "left", "right_left", "answered", "false_alarms", "unproved")
    rows = [
        (arm, label(stage), *(_part(found["recovery"][name]) for name in told))
        for arm, stage, found in own_stages(results)
        if "recovery" in found
    ]
    columns = ("arm", "stage", "P(error)", "P(notice | error)", "P(right | noticed)",
               "P(left unproved | error)", "P(right | left unproved)", "errors that reach the answer",
               "false alarms", "unproved notices")  # fmt: skip
    note = (
        "Greedy outputs, audited line by line. An error is a step that is refuted and may not stay; a dead "
        "end is none. Of an output with several the first one counts: noticed and left with words that prove "
        "it; left without such words; or still on the way when the answer is given. A false alarm is a "
        "notice of what is neither wrong nor hopeless; an unproved notice is due, but its words do not prove "
        "it. In brackets counts and 95 % intervals over clusters of problems, and over seeds."
    )
    return Table("recovery", "After an error", columns, rows, note, words=2) if rows else None


def fates(results: dict[str, Any]) -> Table | None:
    """What became of first errors, and all errors, as counts."""
    rows = []
    for arm, stage, found in own_stages(results):
        if "recovery" in found:
            part, made = found["recovery"]["fates"], found["recovery"]["counts"]
            every = ("errors", "errors noticed", "errors answered", "undecided", "unreadable", "outputs")
            shown = [count(part[name]) for name in FATES] + [count(made.get(name, 0)) for name in every]
            rows.append((arm, label(stage), *shown))
    columns = ("arm", "stage", *(f"first error {words}" for words in FATES.values()), "all errors",
               "of them noticed", "on the way to the answer", "undecided steps",
               "outputs with an unreadable line", "outputs")  # fmt: skip
    return Table("fates", "Errors, counted", columns, rows, words=2) if rows else None


def recovery_levels(results: dict[str, Any]) -> Table | None:
    """What the arms do after an error, by level."""
    rows = [
        (arm, label(stage), level, *(_part(part[name]) for name in LEVELS_TOLD))
        for arm, stage, found in own_stages(results)
        for level, part in found.get("recovery", {}).get("levels", {}).items()
    ]
    columns = ("arm", "stage", "level", "P(error)", "P(notice | error)", "P(left unproved | error)",
               "errors that reach the answer")  # fmt: skip
    return Table("recovery-levels", "After an error, by level", columns, rows, words=3) if rows else None


def counts(results: dict[str, Any]) -> Table | None:
    """Training examples kept, truncated and dropped."""
    rows = [
        (arm, *(count(found.get(name)) for name in ("kept", "truncated", "dropped")), *_seen(results, arm))
        for arm, found in results["counts"].items()
    ]
    columns = ("arm", "examples kept", "truncated", "dropped", "examples seen", "epochs")
    note = (
        "Same problems, graphs, renderer, base, optimizer and number of training tokens. A problem that one "
        "arm drops, all drop. A shorter trace is seen more often."
    )
    return Table("counts", "Training examples", columns, rows, note) if rows else None


def _seen(results: dict[str, Any], arm: str) -> tuple[str, str]:
    found: dict[str, Any] = next(iter(results["arms"].get(arm, {}).values()), {})
    epochs = found.get("epochs")
    return count(found.get("examples_seen")), NONE if epochs is None else f"{epochs:g}"


def arms(recipe: Recipe) -> Table:
    """What the arms are: their stages, and every setting that is not the same in all of them."""
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
    note = "All that is not told here is the same in every arm."
    return Table("arms", "The arms", ("arm", "trained on", "stages", *keys), rows, note, words=3)


def stage_in_words(stage: Stage) -> str:
    """A stage with what it is trained on and what it sets.

    >>> from train.recipe.settings import Stage
    >>> stage_in_words(Stage(kind="dpo", name="dpo", pairs=["step"], set={"pairs.count": 9}))
    'DPO on step pairs (pairs.count = 9)'
    """
    name = stage.name.upper() if stage.name == stage.kind else f"{stage.name} ({stage.kind.upper()})"
    on = f" on {', '.join(stage.pairs)} pairs" if stage.pairs else ""
    on += f" for {', '.join(stage.rewards)}" if stage.kind in ("grpo", "rloo") else ""
    on += f" on {', '.join(stage.families)}" if stage.families else ""
    other = ", ".join(f"{key} = {value}" for key, value in {**stage.settings, **stage.set}.items())
    return f"{name}{on}" + (f" ({other})" if other else "")


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return NONE if value is None else str(value)


def curation(found: dict[str, Any] | None) -> Table | None:
    """What each filter dropped of the training problems, by kind of trace (`traces.curate`)."""
    if not found:
        return None
    kinds = list(next(iter(found["counts"].values()), {}))
    rows = [
        (name.replace("_", " "), *(f"{by[kind]['own']:,} + {by[kind]['others']:,}" for kind in kinds))
        for name, by in found["counts"].items()
    ]
    rows.append(("kept", *[count(found["kept"])] * len(kinds)))
    note = "1 + 2: 1 for what the filter found in this kind of trace, 2 for what it found in other kinds."
    return Table("curation", "Training problems dropped, by filter", ("filter", *kinds), rows, note)


def _part(part: Mapping[str, Any]) -> str:
    if part["share"] is None:
        return NONE
    return f"{share(part['share'])} ({part['count']:,} of {part['n']:,}; {between(part['ci95'])})"


def _seeds(found: Mapping[str, Any]) -> str:
    said = ", ".join(map(str, found.get("seeds", []))) or NONE
    single = found.get("by_seed", [])
    if len(single) < 2:
        return said
    middle = f", IQM {100 * found['iqm']:.1f}" if "iqm" in found else ""
    return f"{said} ({between([min(single), max(single)])}{middle})"

"""The tables of a map: the cells for people, and every figure of them as rows for CSV and Parquet."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from train.analysis.map_regression import NO_JOINT_FIT
from train.analysis.map_schema import Cell, CellVerdict, LearningMap, Slope
from train.evaluation.metrics_schema import SetAccuracy
from train.recipe.map_claims import MEASURES
from train.report.formatting import NONE, Table, count, interval, plural, points, share

BOUNDS = ("low", "high")
SIGNS: dict[CellVerdict, str] = {
    "pays": "●",
    "pays only without a checker": "◐",
    "does not pay": "○",
    "undecided": "?",
    "not ripe": "",
}
"""The signs of verdicts in the heat map and on a terminal; a cell that is not ripe looks different anyway."""


def flat_row(cell: Cell) -> dict[str, Any]:
    """A cell as one row: nested keys are joined by dots, intervals are two columns, lists are JSON text."""
    return dict(_flatten(cell.model_dump(mode="json", by_alias=True), ""))


def _flatten(record: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{path}{key}.")
        elif key == "ci95":
            yield from zip((f"{path}ci95.{bound}" for bound in BOUNDS), value, strict=True)
        else:
            yield f"{path}{key}", json.dumps(value) if isinstance(value, list) else value


def grid(learning_map: LearningMap) -> Table | None:
    """Families by levels, for a terminal: the sign of the verdict and the difference."""
    by_place = {(cell.family, cell.level): cell for cell in learning_map.cells}
    levels = learning_map.levels()
    names = dict.fromkeys(cell.family for cell in learning_map.cells)
    rows = [(name, *(_in_grid(by_place.get((name, level))) for level in levels)) for name in names]
    if not rows:
        return None
    signs = ", ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items() if sign)
    note = f"Journey minus shortcut in points. {signs}, (in brackets) not ripe."
    return Table("map-grid", "Where learning the search pays", ("family", *map(_level, levels)), rows, note)


def _level(level: int) -> str:
    return f"level {level}"


def _in_grid(cell: Cell | None) -> str:
    if cell is None:
        return NONE
    difference = points(cell.difference.delta)
    return f"{SIGNS[cell.verdict]} {difference}" if cell.ripe else f"({difference})"


def map_tables(learning_map: LearningMap) -> list[Table]:
    """Every table of a map."""
    makers = (cells, equal_cost, effort, slopes, transfer, families, missing)
    return [table for make in makers if (table := make(learning_map)) is not None]


def verdict_counts(learning_map: LearningMap) -> str:
    """How many cells have each verdict, in words."""
    counts = Counter(cell.verdict for cell in learning_map.cells)
    parts = [f"{verdict}: {counts[verdict]}" for verdict in get_args(CellVerdict) if counts[verdict]]
    if not parts:
        return "No cell yet."
    return f"{plural(len(learning_map.cells), 'cell')}. {'; '.join(parts).capitalize()}."


def cells(learning_map: LearningMap) -> Table | None:
    """The difference, both arms and the verdict of each cell."""
    rows = [
        (
            cell.family,
            str(cell.level),
            cell.verdict,
            cell.why,
            f"{points(cell.difference.delta)} ({interval(cell.difference.ci95, signed=True)})",
            f"{share(cell.shortcut.pass_1)} ({interval(cell.shortcut.ci95)})",
            f"{share(cell.journey.pass_1)} ({interval(cell.journey.ci95)})",
            count(cell.difference.n),
            str(cell.difference.clusters),
            str(cell.difference.seeds),
        )
        for cell in learning_map.cells
    ]
    if not rows:
        return None
    columns = ("family", "level", "verdict", "because", "journey minus shortcut", "shortcut", "journey", "n",
               "clusters", "seeds")  # fmt: skip
    note = (
        "Greedy answers on held-out problems, at equal training tokens. Intervals are at 95 %, over clusters "
        "of problems and seeds. A cell is not ripe if an arm has not converged, has one seed, or neither arm "
        "has learned anything. A cell is undecided if an interval leaves open both no gain and one of "
        "5 points. Verdicts are not corrected for their number. A learning curve is of all levels together, "
        "so a single level may still rise in a ripe cell."
    )
    return Table("map-cells", "The cells", columns, rows, note, words=4)


def equal_cost(learning_map: LearningMap) -> Table | None:
    """The shortcut at the journey's inference cost."""
    rows = []
    for cell in learning_map.cells:
        for chooser, each in cell.equal_cost.items():
            rows.append(
                (
                    cell.family,
                    str(cell.level),
                    chooser,
                    str(each.samples) + ("" if each.enough else " (too few)"),
                    f"{each.tokens:.0f}",
                    f"{each.journey_tokens:.0f}",
                    f"{share(each.solved)} ({interval(each.ci95)})",
                    f"{points(each.difference.delta)} ({interval(each.difference.ci95, signed=True)})",
                    count(each.difference.n),
                )
            )
    if not rows:
        return None
    columns = ("family", "level", "chosen by", "samples", "their tokens", "the journey's tokens", "solved",
               "journey minus this", "n")  # fmt: skip
    note = (
        "The shortcut arm draws the smallest of 1, 2, 4, ... samples that cost as many tokens as the "
        "journey's greedy answer, so it may spend up to twice as many. Too few: more samples than were drawn "
        "would be needed. Tokens are means over the problems that were sampled."
    )
    return Table("map-cost", "The shortcut at equal inference cost", columns, rows, note, words=3)


def effort(learning_map: LearningMap) -> Table | None:
    """The search that problems need, and the tokens of traces."""
    rows = []
    for cell in learning_map.cells:
        searched = cell.effort
        means = (
            ["states", "off_path", "branching", "dead_ends", "longest_run", "to_proof", "teacher_steps"]
            if searched is not None
            else []
        )
        figures = [f"{getattr(searched, name):.1f}" for name in means] or [NONE] * 7
        traces = [each.trace_tokens for each in (cell.shortcut, cell.journey)]
        rows.append(
            (
                cell.family,
                str(cell.level),
                *figures,
                *(NONE if each is None else f"{each:.0f}" for each in traces),
                share(cell.teacher.within_budget),
                f"{searched.n} of {searched.n + searched.unsolved}" if searched is not None else "0",
            )
        )
    if not rows:
        return None
    columns = ("family", "level", "states", "off the solution", "branching", "dead ends", "in a row",
               "steps to a proof", "teacher's steps", "shortcut's tokens", "journey's tokens",
               "teacher within the limit", "solved by the search")  # fmt: skip
    note = (
        "Means over the held-out problems that the systematic search solved. States are those that sound "
        "moves reach before the goal. A dead end is a move from the solution to a state without one; steps "
        "to a proof are those below it before that was proved. The teacher's steps are all that it checked, "
        "mistakes included."
    )
    return Table("map-search", "The search that problems need", columns, rows, note, words=2)


def slopes(learning_map: LearningMap) -> Table | None:
    """The regressions of the difference on the measures."""
    regression = learning_map.regression
    if regression is None:
        return None
    fits = {"alone": regression.alone, "within families": regression.within, "together": regression.together}
    rows = [
        (
            MEASURES[slope.measure].name,
            name,
            f"{points(slope.slope)} ({interval(slope.ci95, signed=True)})",
            slope.unit,
            _p(slope),
            str(slope.n),
            str(slope.families),
        )
        for name, fit in fits.items()
        for slope in fit
    ]
    omitted = "".join(
        f" The {MEASURES[key].name} has no slope: {why}." for key, why in regression.omitted.items()
    )
    explained = (
        f" Together the measures of search explain {share(regression.r2)} of the variance between cells, and "
        f"{share(regression.r2_left_out)} in families left out."
        if regression.r2 is not None
        else f" {NO_JOINT_FIT}"
    )
    note = (
        "Slopes are in points for one unit of the measure. Least squares over ripe cells; intervals and p "
        "come from leaving out each family in turn. p is corrected for the measures of its fit (Holm)."
        f"{explained}{omitted}"
    )
    columns = ("measure", "fit", "slope", "for each", "p", "cells", "families")
    return Table("map-slopes", "What separates the cells", columns, rows, note, words=2)


def _p(slope: Slope) -> str:
    return "< 0.001" if slope.p_holm < 0.001 else f"{slope.p_holm:.3f}"


UNREAD = "*"
"""After a share, where most of the problems hold a word that the model has never seen."""
MOST = 0.5


def transfer(learning_map: LearningMap) -> Table | None:
    """What the models of each family solve of other sets, which are problems of other families."""
    measured = [
        (each.family, arm, sets) for each in learning_map.families for arm, sets in (each.sets or {}).items()
    ]
    names = sorted({name for _, _, sets in measured for name in sets})
    sizes = sorted({accuracy.n for _, _, sets in measured for accuracy in sets.values()})
    if not measured:
        return None
    rows = [(family, arm, *(_of_set(sets.get(name)) for name in names)) for family, arm, sets in measured]
    note = (
        f"Greedy answers to {' or '.join(map(str, sizes))} held-out problems of each set, by the models of "
        f"all training seeds. {UNREAD} More than half of the problems hold a word that no training text has."
    )
    columns = ("trained on", "arm", *names)
    return Table("map-transfer", "What a model of one family solves of others", columns, rows, note, words=2)


def _of_set(accuracy: SetAccuracy | None) -> str:
    if accuracy is None:
        return NONE
    mark = UNREAD if accuracy.unreadable > MOST else ""
    return f"{share(accuracy.pass_1)}{mark} ({interval(accuracy.ci95)})"


def families(learning_map: LearningMap) -> Table | None:
    """Whether each family's arms have converged, and why nothing was learned where it was not."""
    rows = [
        (
            each.family,
            *(_in_words(each.converged[arm]) for arm in ("shortcut", "journey")),
            each.reason or "",
            *(share(each.solved[arm]) for arm in ("shortcut", "journey")),
            ", ".join(map(str, each.seeds)),
        )
        for each in learning_map.families
    ]
    if not rows:
        return None
    columns = ("family", "shortcut converged", "journey converged", "why nothing was learned", "shortcut",
               "journey", "training seeds")  # fmt: skip
    return Table("map-families", "The families", columns, rows, " ".join(learning_map.notes), words=4)


def _in_words(converged: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[converged]


def missing(learning_map: LearningMap) -> Table | None:
    """The families without a finished run."""
    rows = [(each.family, each.why) for each in learning_map.missing]
    note = "Run one with `journey map --out DIR --family FAMILY`."
    return (
        Table("map-missing", "Missing families", ("family", "state"), rows, note, words=2) if rows else None
    )

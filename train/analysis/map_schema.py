"""The schema of map.json: where learning the search pays, over families and levels.

learning_map = read_map(Path("runs/map"))
learning_map.cells[0].family, learning_map.cells[0].difference.delta, learning_map.cells[0].verdict
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from journey.errors import InputError
from journey.runs.store import write_json
from train.analysis.judging import Verdict
from train.analysis.results_schema import TeacherFigures
from train.evaluation.metrics_schema import IfMeasured, Schema, SetAccuracy, read_schema

MAP_FILE = "map.json"
Registered = Literal["before training", "after training"]
CellVerdict = Literal["pays", "pays only without a checker", "does not pay", "undecided", "not ripe"]
Chooser = Literal["checker", "majority"]


class CellDifference(Schema):
    """The journey arm minus another side on the same problems and seeds, in shares of the problems."""

    delta: float
    ci95: tuple[float, float]
    """From seeds and clusters of problems, both resampled (`train.statistics.resampling`)."""
    n: int
    """Problems."""
    clusters: int
    seeds: int


class CellArm(Schema):
    """One arm on the problems of a cell."""

    pass_1: float
    ci95: tuple[float, float]
    by_seed: list[float]
    mean_new_tokens: float
    """Tokens generated for an answer."""
    unfinished: float
    trace_tokens: float | None
    """Tokens of a trace about these problems, the end of sequence included; the mean. None without traces."""
    train_tokens: int
    """Training tokens seen, for all levels together."""
    converged: bool | None
    """Whether the learning curve is flat, and the seeds agree on this level's problems. The curve is of the
    family's levels together: a rise of one level of five counts for a fifth there."""
    why: str


class EqualCost(Schema):
    """The best of k samples of the shortcut arm, at the cost of the journey's answer or more."""

    samples: int
    """k: the smallest power of 2 that costs as much, or the most that were drawn."""
    tokens: float
    """Tokens generated for a problem; the mean."""
    journey_tokens: float
    """Tokens of the journey's answers to the same problems; the mean."""
    enough: bool
    """Whether they cost as much as the journey's answer."""
    solved: float
    ci95: tuple[float, float]
    difference: CellDifference
    """The journey's greedy answer minus this."""


class CellEffort(Schema):
    """The search that a problem of a cell takes (`search.effort`); means over the problems solved."""

    n: int
    """Problems that the search solved."""
    unsolved: int
    states: float
    off_path: float
    """States off the solution."""
    branching: float
    dead_ends: float
    longest_run: float
    to_proof: float
    teacher_steps: float
    """Steps that the search checked, mistakes included: what the teacher costs."""


class Cell(Schema):
    """One family and level."""

    family: str
    level: int
    difference: CellDifference
    """Journey minus shortcut, greedy."""
    shortcut: CellArm
    journey: CellArm
    equal_cost: dict[Chooser, EqualCost]
    effort: IfMeasured[CellEffort] = None
    """None if the search solved no problem."""
    teacher: TeacherFigures
    ripe: bool
    """Whether both arms have converged and one of them has learned something. The regression takes these.
    As curves are of all levels together, this level alone may still rise."""
    verdict: CellVerdict
    why: str
    """The reason for the verdict, in words."""

    def measures(self) -> dict[str, float]:
        """The measures of `train.recipe.map_claims`, by key; empty if the search solved no problem."""
        journey, shortcut = self.journey.trace_tokens, self.shortcut.trace_tokens
        if self.effort is None or journey is None or shortcut is None:
            return {}
        return {**self.effort.model_dump(exclude={"n", "unsolved"}), "length_ratio": journey / shortcut}


class FamilyRun(Schema):
    """The run of one family."""

    family: str
    folder: str
    seeds: list[int]
    converged: dict[str, bool | None]
    """By arm, over all levels."""
    solved: dict[str, float]
    """By arm: the share of the problems of all levels."""
    reason: IfMeasured[str] = None
    """Why neither arm learned anything, as far as the run shows it; None if one did."""
    registered: Registered
    """When the recipe with the map's claims was registered."""
    claims: list[str]
    """The map's claims in its recipe."""
    settings: dict[str, Any]
    """Its recipe, without what differs between families by nature."""
    sets: IfMeasured[dict[str, dict[str, SetAccuracy]]] = None
    """By arm and name: `evaluation.sets`, such as problems of other families."""


class Missing(Schema):
    """A family without a finished run that can be read."""

    family: str
    """The name of its folder if the folder does not tell the family."""
    why: str


class Slope(Schema):
    """What the difference gains with a measure, in shares of the problems."""

    measure: str
    """A key of `train.recipe.map_claims.MEASURES`."""
    unit: str
    slope: float
    ci95: tuple[float, float]
    """From families left out in turn (`train.statistics.regression`). Of this slope alone."""
    p: float
    p_holm: float
    """Corrected for the other measures of the same table."""
    n: int
    """Cells."""
    families: int


class Regression(Schema):
    """What separates the cells."""

    n: int
    """Ripe cells."""
    families: int
    alone: list[Slope]
    """Each measure by itself."""
    within: list[Slope]
    """Each measure by itself, within families: from level to level."""
    together: list[Slope]
    """The measures of search in one fit; empty if they cannot be told apart."""
    r2: float | None
    """The share of the variance that the measures of search explain together."""
    r2_left_out: float | None
    """The same in families that the fit has not seen; below 0 if their mean would predict better.
    None, as `r2`, if there is no fit together."""
    omitted: dict[str, str]
    """By measure, why it has no slope."""


class JudgedMapClaim(Schema):
    """A claim about all families and its verdict."""

    claim: str
    verdict: Verdict
    correlation: float | None
    """Spearman's, over the ripe cells; None if there are too few."""
    ci95: tuple[float, float]
    p: float
    p_holm: float
    """Corrected for the map's other claims. The verdict rests on it."""
    n: int
    families: int
    registered: Registered


class LearningMap(Schema):
    """map.json."""

    families: list[FamilyRun]
    missing: list[Missing]
    cells: list[Cell]
    regression: IfMeasured[Regression] = None
    """None if fewer than three families have ripe cells."""
    sentence: str
    """What follows from the regression."""
    claims: list[JudgedMapClaim]
    notes: list[str]
    """What a reader must know, such as settings that differ between families."""

    def levels(self) -> list[int]:
        """The levels of all cells, lowest first."""
        return sorted({cell.level for cell in self.cells})


def write_map(folder: Path, learning_map: LearningMap) -> None:
    """Writes map.json into a folder."""
    write_json(folder / MAP_FILE, learning_map.to_json())


def read_map(path: Path) -> LearningMap:
    """Reads map.json of a folder, or a file of this kind.

    Raises:
        InputError: there is none, or it does not fit the schema.
    """
    if path.suffix == ".json":
        return read_schema(path, LearningMap, "Rebuild it with `journey map report` where its runs are")
    if not (path / MAP_FILE).exists():
        raise InputError(f"{path} has no {MAP_FILE} yet. Make it with `journey map report {path}`")
    return read_schema(path / MAP_FILE, LearningMap, f"Rebuild it with `journey map report {path}`")

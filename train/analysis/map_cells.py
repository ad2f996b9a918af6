"""The cells of a map from the run of one family: what each level shows, and whether the search pays there.

A cell's verdict takes three differences on the same problems and seeds: the journey arm minus the shortcut
arm, minus the shortcut's majority vote at equal cost, and minus its best of k by the checker at equal cost.
Equal cost favours the shortcut: it gets the smallest k of 1, 2, 4, ... whose tokens reach the journey's. A
difference is a gain if its interval is above 0, and no gain if its interval ends below `MATTERS`.

| verdict | |
|---|---|
| pays | all three are gains |
| pays only without a checker | the third is no gain |
| does not pay | the first or the second is no gain |
| undecided | an interval leaves both open, or too few samples were drawn for equal cost |
| not ripe | an arm has not converged or has one seed, or neither arm has learned anything |

Whether the seeds of an arm agree is judged on the cell's own problems. Whether the arm still rises is not:
the file of a learning curve holds the share of all levels together (`train.evaluation.curves`). A rise at one
level of five counts for a fifth there, so a cell that still rises can count as ripe. The verdict says so.
Verdicts are not corrected for their number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from journey.errors import InputError
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.store import Run, read_lines
from search.effort import search_effort
from traces.run_files import read_problems, read_texts
from train.analysis.convergence import NOT_CONVERGED, UNKNOWN, judge_training
from train.analysis.evaluations import Evaluations
from train.analysis.map_schema import (
    Cell,
    CellArm,
    CellDifference,
    CellEffort,
    CellVerdict,
    Chooser,
    EqualCost,
)
from train.analysis.results import read_evaluations, side_by_side
from train.analysis.results_schema import Results, StageFigures, read_results
from train.recipe.recipe import Recipe
from train.statistics import comparison
from train.statistics.clusters import clusters_of

JOURNEY, SHORTCUT = "journey", "shortcut"
METHODS: dict[Chooser, str] = {"majority": "majority", "checker": "best_of_n"}
MATTERS = 0.05
"""A gain that matters, in shares of the problems."""
LEARNED = 0.03
"""An arm that solves less has learned next to nothing, as in `train.analysis.convergence`."""
ONE_SEED = "one seed: how training varies is unknown"
SHARED_CURVE = "ripe by the learning curve of all levels together"
"""Ends the reason for the verdict on a ripe cell of a family with several levels."""


@dataclass(frozen=True, slots=True)
class _Family:
    """What the cells of a family are made of."""

    recipe: Recipe
    results: Results
    figures: Mapping[str, StageFigures]
    evaluations: Mapping[str, Evaluations]


def cells_of(run: Run, recipe: Recipe) -> list[Cell]:
    """The cells of a finished run with the arms `journey` and `shortcut`, one for each level.

    Raises:
        InputError: the run is not finished, lacks an arm, or has no samples of the shortcut arm.
    """
    results = read_results(run.path)
    stages = results.compared_stages()
    if missing := {JOURNEY, SHORTCUT} - set(stages):
        raise InputError(
            f"{run.path} has no arm {' and no arm '.join(sorted(missing))}, which a map compares"
        )
    problems = read_problems(run, recipe.evaluation.split)
    evaluations = read_evaluations(run, recipe, clusters_of(problems))
    arms = (JOURNEY, SHORTCUT)
    family = _Family(
        recipe,
        results,
        {arm: results.arms[arm][stages[arm]] for arm in arms},
        {arm: evaluations[arm, stages[arm]] for arm in arms},
    )
    graphs = read_heldout_graphs(run, recipe.evaluation.split)
    lengths = {arm: trace_lengths(run, recipe, arm) for arm in arms}
    by_level: dict[int, list[Problem]] = defaultdict(list)
    for problem in problems:
        if problem.level is not None:
            by_level[problem.level].append(problem)
    return [
        _cell(family, level, [problem.id for problem in by_level[level]], graphs, lengths)
        for level in sorted(by_level)
    ]


def _cell(
    family: _Family,
    level: int,
    ids: Sequence[str],
    graphs: Mapping[str, SolutionGraph],
    lengths: Mapping[str, Mapping[str, int]],
) -> Cell:
    arms = {arm: _arm(family, arm, level, ids, lengths[arm]) for arm in (JOURNEY, SHORTCUT)}
    difference = _difference(family, "pass@1", ids)
    equal_cost = {chooser: _equal_cost(family, chooser, level, ids) for chooser in METHODS}
    reasons = list(_unripe(arms, difference))
    verdict: CellVerdict
    verdict, why = ("not ripe", "; ".join(reasons)) if reasons else judge_cell(difference, equal_cost)
    if not reasons and len(family.results.level_names()) > 1:
        why = f"{why}; {SHARED_CURVE}"
    return Cell(
        family=next(iter(family.recipe.problems.families)),
        level=level,
        difference=difference,
        shortcut=arms[SHORTCUT],
        journey=arms[JOURNEY],
        equal_cost=equal_cost,
        effort=effort_of([graphs[id] for id in ids if id in graphs]),
        teacher=family.results.teacher.levels[str(level)],
        ripe=not reasons,
        verdict=verdict,
        why=why,
    )


def _arm(family: _Family, arm: str, level: int, ids: Sequence[str], lengths: Mapping[str, int]) -> CellArm:
    evaluations, figures = family.evaluations[arm], family.figures[arm]
    part = figures.levels[str(level)]
    order, values = evaluations.values("pass@1")
    chosen = set(ids)
    correct = values[:, [at for at, id in enumerate(order) if id in chosen]]
    training = judge_training(arm, list(evaluations.curves.values()), correct)
    traces = [lengths[id] for id in ids if id in lengths]
    return CellArm(
        pass_1=part.pass_1,
        ci95=part.ci95,
        by_seed=correct.mean(axis=1).tolist(),
        mean_new_tokens=part.mean_new_tokens,
        unfinished=part.unfinished,
        trace_tokens=fmean(traces) if traces else None,
        train_tokens=figures.train_tokens or 0,
        converged=training.converged,
        why=training.why,
    )


def _difference(family: _Family, against: str, ids: Sequence[str]) -> CellDifference:
    """The journey's greedy answers minus the shortcut's answers by the metric `against`."""
    journey, shortcut = (family.evaluations[arm] for arm in (JOURNEY, SHORTCUT))
    sides = side_by_side(journey, shortcut, "pass@1", against, frozenset(ids))
    mean = comparison.difference(*sides, seed=family.recipe.seed)
    return CellDifference(
        delta=mean.mean, ci95=mean.interval(), n=mean.n, clusters=mean.clusters, seeds=mean.seeds
    )


def _equal_cost(family: _Family, chooser: Chooser, level: int, ids: Sequence[str]) -> EqualCost:
    method = METHODS[chooser]
    by_count = {
        int(count): figures.levels[str(level)]
        for count, figures in (family.figures[SHORTCUT].methods or {}).get(method, {}).items()
        if str(level) in figures.levels
    }
    if not by_count:
        raise InputError(
            f"{family.results.recipe} has no samples of {SHORTCUT} at level {level}: "
            f"raise evaluation.samples.{SHORTCUT} and evaluation.sampled_problems"
        )
    # On the problems that were sampled: they are fewer than those that the journey arm answered.
    sampled = f"{method}@{min(by_count)}"
    journey, shortcut = (family.evaluations[arm] for arm in (JOURNEY, SHORTCUT))
    cost = float(side_by_side(journey, shortcut, "tokens", sampled, frozenset(ids)).first.mean())
    enough = [count for count, figures in by_count.items() if figures.tokens >= cost]
    count = min(enough) if enough else max(by_count)
    chosen = by_count[count]
    return EqualCost(
        samples=count,
        tokens=chosen.tokens,
        journey_tokens=cost,
        enough=bool(enough),
        solved=chosen.solved,
        ci95=chosen.ci95,
        difference=_difference(family, f"{method}@{count}", ids),
    )


def _unripe(arms: Mapping[str, CellArm], difference: CellDifference) -> list[str]:
    """Why a cell says nothing yet."""
    if all(arm.pass_1 < LEARNED for arm in arms.values()):
        return [f"neither arm solves {100 * LEARNED:.0f} % of these problems"]
    reasons = [
        arm.why.removeprefix(NOT_CONVERGED).removeprefix(UNKNOWN)
        for arm in arms.values()
        # An arm that has learned nothing here has no plateau to reach, and can be compared all the same.
        if arm.converged is False or (arm.converged is None and arm.pass_1 >= LEARNED)
    ]
    if difference.seeds == 1 and not any(ONE_SEED in reason for reason in reasons):
        reasons.append(ONE_SEED)
    return reasons


def judge_cell(
    difference: CellDifference, equal_cost: Mapping[Chooser, EqualCost]
) -> tuple[CellVerdict, str]:
    """The verdict on a ripe cell, and its reason.

    Args:
        difference: journey minus shortcut, greedy.
        equal_cost: the shortcut at the journey's cost, by what chooses its answer.
    """
    majority, checker = equal_cost["majority"], equal_cost["checker"]
    trials: list[tuple[str, CellDifference, bool, CellVerdict]] = [
        ("the shortcut", difference, True, "does not pay"),
        (
            f"the majority of {majority.samples} shortcuts",
            majority.difference,
            majority.enough,
            "does not pay",
        ),
        (
            f"the checker's choice of {checker.samples} shortcuts",
            checker.difference,
            checker.enough,
            "pays only without a checker",
        ),
    ]
    for against, each, enough, otherwise in trials:
        gained, text = gain(each), f"{_in_words(each)} against {against}"
        if gained is False:
            return otherwise, text
        if gained is None:
            return "undecided", text
        if not enough:
            return "undecided", f"{text}, which cost fewer tokens than a journey: draw more samples"
    return "pays", text


def gain(difference: CellDifference) -> bool | None:
    """Whether a difference is a gain; None if its interval leaves open both no gain and one that matters."""
    low, high = difference.ci95
    if low > 0:
        return True
    return False if high < MATTERS else None


def _in_words(difference: CellDifference) -> str:
    low, high = difference.ci95
    return f"{100 * difference.delta:+.1f} points ({100 * low:+.1f} to {100 * high:+.1f})"


def effort_of(graphs: Sequence[SolutionGraph]) -> CellEffort | None:
    """The mean search effort of some graphs; None if none is solved."""
    solved = [(graph, effort) for graph in graphs if (effort := search_effort(graph)) is not None]
    if not solved:
        return None
    names = ("states", "branching", "dead_ends", "longest_run", "to_proof")
    means: dict[str, Any] = {name: fmean(getattr(effort, name) for _, effort in solved) for name in names}
    paths = [len(graph.solution() or ()) for graph, _ in solved]
    off_path = fmean(effort.states - 1 - path for (_, effort), path in zip(solved, paths, strict=True))
    return CellEffort(
        n=len(solved),
        unsolved=len(graphs) - len(solved),
        off_path=off_path,
        teacher_steps=fmean(graph.graph.number_of_edges() for graph, _ in solved),
        **means,
    )


def read_heldout_graphs(run: Run, split: str) -> dict[str, SolutionGraph]:
    """The graphs of one split, by the problem's id; those of other splits are not decoded."""
    return {
        record["problem"]["id"]: SolutionGraph.from_record(record)
        for path in sorted((run.path / "graphs").glob("part-*.jsonl"))
        for record in read_lines(path, dict)
        if record["problem"]["split"] == split
    }


def trace_lengths(run: Run, recipe: Recipe, arm: str) -> dict[str, int]:
    """The tokens of an arm's traces of the evaluation problems, by the problem's id."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        run.path / "models" / recipe.replicas([recipe.arm(arm)])[0].base
    )
    texts = read_texts(run, recipe.arm(arm).variant, recipe.evaluation.split)
    encoded = tokenizer([text.completion for text in texts])["input_ids"] if texts else []
    return {text.id: len(ids) + 1 for text, ids in zip(texts, encoded, strict=True)}

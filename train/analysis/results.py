"""Gathers the figures of a run into results.json.

Every share comes with its interval. Every difference between arms is paired over the same problems and seeds.
The teacher's own ceiling at the same token cap is part of them (DESIGN 8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from journey.errors import InputError
from journey.problem import Problem
from journey.runs.store import Run
from traces.run_files import read_problems, read_texts
from train.analysis.aggregate import pool_seeds
from train.analysis.convergence import Convergence, judge_training, withheld
from train.analysis.evaluations import Evaluations
from train.analysis.judging import Judgement, judge_together
from train.analysis.learning_curves import curve_figures, tokens_to_difference, with_late_seeds
from train.analysis.results_schema import (
    Difference,
    ExampleCounts,
    JudgedClaim,
    RegistrationFigures,
    Results,
    Seconds,
    StageChange,
    StageFigures,
    StageKey,
    Teacher,
    TeacherFigures,
    TunedSetting,
)
from train.analysis.scaling_law import law_figures
from train.evaluation.curves import Curve
from train.evaluation.problem_sets import draw_set
from train.recipe import registration
from train.recipe.claims import RecipeClaim, parse_claim, stage_of
from train.recipe.dependencies import first_equal_stages
from train.recipe.load import recipe_of
from train.recipe.recipe import Recipe
from train.recipe.tuning import tuning_results
from train.statistics import comparison
from train.statistics.clusters import clusters_of
from train.statistics.comparison import Paired, compare
from train.statistics.resampling import Estimate, Values

TRAINING_FACTS = (
    *("train_tokens", "examples_seen", "epochs", "pairs", "outputs", "problems", "train_flops"),
    *("generated_tokens", "accepted", "curve_seconds"),
)
"""The facts of a stage's completion mark that the results repeat."""
SIZES = ("parameters", "active_parameters", "cache_bytes")
"""The facts of a base's completion mark that the results repeat."""


def gather(run: Run, recipe: Recipe) -> Results:
    """The results of a run, as far as it has come.

    Raises:
        InputError: nothing is evaluated yet, or a file of an evaluation does not fit its schema.
    """
    problems = read_problems(run, recipe.evaluation.split)
    problems += [problem for each in recipe.evaluation.sets.values() for problem in draw_set(recipe, each)]
    evaluations = read_evaluations(run, recipe, clusters_of(problems))
    if not evaluations:
        raise InputError(f"{run.path} holds no evaluation yet. Go on with `journey run --out {run.path}`")
    marks = run.manifest["stages"]
    arms = gather_arms(run, recipe, evaluations, problems)
    seconds = {
        "generate": _seconds(marks, "problems", "graphs", "traces", "corpus-", "curation", "mistakes-"),
        "train": _seconds(marks, "base", *(f"{name}-" for name in recipe.stage_names())),
        "eval": _seconds(marks, "eval-"),
    }
    registered = registration.read(run.path)
    withdrawn = registered.withdrawn if registered else []
    judged = [withheld(each, arms) for each in judge_claims(recipe, evaluations, len(withdrawn))]
    training = {arm.name: marks.get(f"{arm.stages[0].name}-{arm.name}") for arm in recipe.arms}
    return Results(
        recipe=recipe.name,
        split="held-out" if recipe.evaluation.split == "heldout" else recipe.evaluation.split,
        seconds=Seconds(**seconds, total=round(sum(seconds.values()), 2)),
        arms=arms,
        paired=paired_differences(recipe, evaluations),
        stage_changes=stage_changes(recipe, evaluations),
        claims=[
            JudgedClaim.model_validate(
                {**asdict(each), "registered": registered.when(each.claim) if registered else None}
            )
            for each in judged
        ],
        registration=RegistrationFigures(
            claims_sha256=registered.claims_sha256,
            recipe_sha256=registered.recipe_sha256,
            recipe_changes=registered.recipe_changes,
            withdrawn=withdrawn,
        )
        if registered
        else None,
        tuning=[TunedSetting(**row) for row in tuning_results(recipe)],
        teacher=teacher(run, recipe),
        counts={
            arm: ExampleCounts(**{key: facts[key] for key in ("kept", "truncated", "dropped")})
            for arm, facts in training.items()
            if facts
        },
        law=law_figures(run, recipe, evaluations),
    )


def gather_arms(
    run: Run, recipe: Recipe, evaluations: Mapping[StageKey, Evaluations], problems: Sequence[Problem]
) -> dict[str, dict[str, StageFigures]]:
    """The figures of every arm after every stage that was evaluated."""
    marks = run.manifest["stages"]
    first_alike = first_equal_stages(recipe)
    arms: dict[str, dict[str, StageFigures]] = {}
    convergence: dict[str, Convergence] = {}
    for (arm, stage), each in evaluations.items():
        figures = pool_seeds(each, problems, recipe.traces.style)
        facts = marks.get(f"{stage}-{arm}", {})
        figures |= {key: facts[key] for key in TRAINING_FACTS if key in facts}
        origin = first_alike.get(f"{stage}-{arm}", "").removeprefix(f"{stage}-")
        if origin != arm and (origin, stage) in evaluations:
            figures["same_as"] = origin
        if (base := recipe.replicas([recipe.arm(arm)])[0].base) in marks:
            figures |= {key: marks[base][key] for key in SIZES if key in marks[base]}
        correct = each.values("pass@1")[1]
        convergence[arm] = judge_training(arm, list(each.curves.values()), correct, convergence.get(arm))
        figures |= curve_figures(each.curves)
        figures |= {"converged": convergence[arm].converged, "why": convergence[arm].why}
        arms.setdefault(arm, {})[stage] = StageFigures(**figures)
    return arms


def read_evaluations(
    run: Run, recipe: Recipe, clusters: Mapping[str, str] | None = None
) -> dict[StageKey, Evaluations]:
    """Everything that was evaluated, by arm and stage, without the seeds that are not done yet.

    `clusters` are those of the problems, by id. Without them every problem is a cluster of its own.
    """
    evaluations = {}
    for arm in recipe.arms:
        for stage in arm.stages:
            done = [
                replica for replica in recipe.replicas([arm]) if run.done(f"eval-{replica.name}-{stage.name}")
            ]
            folders = {each.seed: run.path / "evals" / f"{each.name}-{stage.name}" for each in done}
            models = {each.seed: run.path / "models" / each.name / stage.name for each in done}
            if folders:
                evaluations[arm.name, stage.name] = Evaluations(
                    arm.name, stage.name, folders, clusters or {}, models
                )
    return evaluations


def difference(first: Evaluations, second: Evaluations, recipe: Recipe, metric: str = "pass@1") -> Paired:
    """The difference of two arms or stages on the same problems, each seed paired with the same seed."""
    return compare(*side_by_side(first, second, metric, metric), recipe.seed)


class Sides(NamedTuple):
    """The values of two sides on the same problems and seeds, in the same order."""

    first: Values
    """Of shape (seeds, problems)."""
    second: Values
    clusters: list[str]
    """Of each problem."""


def side_by_side(
    first: Evaluations, second: Evaluations, metric: str, against: str, among: frozenset[str] | None = None
) -> Sides:
    """The values of two sides on the problems and seeds that both were measured on.

    Args:
        first: the first side.
        second: the second side.
        metric: of the first side.
        against: the metric of the second side.
        among: take only problems with these ids.

    Raises:
        InputError: there are none.
    """
    (ids, one), (others, other) = first.values(metric), second.values(against)
    place = {id: at for at, id in enumerate(others)}
    at = [number for number, id in enumerate(ids) if id in place and (among is None or id in among)]
    both = [ids[number] for number in at]
    seeds = [seed for seed in first.folders if seed in second.folders]
    if not both or not seeds:
        what = "problem" if seeds else "seed"
        raise InputError(f"{metric} and {against} were measured on no {what} in common")
    rows = [[list(side.folders).index(seed) for seed in seeds] for side in (first, second)]
    return Sides(
        one[np.ix_(rows[0], at)],
        other[np.ix_(rows[1], [place[id] for id in both])],
        first.clusters_of(both),
    )


def paired_differences(
    recipe: Recipe, evaluations: Mapping[StageKey, Evaluations]
) -> dict[str, dict[str, Difference]]:
    """The differences of compared arms, by FIRST-SECOND and stage; none where both share one model."""
    first_alike = first_equal_stages(recipe)
    return {
        f"{one}-{other}": {
            name: Difference(**asdict(difference(evaluations[one, name], evaluations[other, name], recipe)))
            for name in recipe.stage_names()
            if (one, name) in evaluations
            and (other, name) in evaluations
            and first_alike.get(f"{name}-{one}") != first_alike.get(f"{name}-{other}")
        }
        for one, other in recipe.comparisons()
    }


def stage_changes(
    recipe: Recipe, evaluations: Mapping[StageKey, Evaluations]
) -> dict[str, dict[str, StageChange]]:
    """What each later stage changed, by arm and stage: it minus the stage before."""
    changes: dict[str, dict[str, StageChange]] = {}
    for arm in recipe.arms:
        for before, after in pairwise(arm.stages):
            earlier, later = (evaluations.get((arm.name, stage.name)) for stage in (before, after))
            if earlier is not None and later is not None:
                change = StageChange(before=before.name, **asdict(difference(later, earlier, recipe)))
                changes.setdefault(arm.name, {})[after.name] = change
    return changes


def judge_claims(
    recipe: Recipe, evaluations: Mapping[StageKey, Evaluations], withdrawn: int = 0
) -> list[Judgement]:
    """The verdicts on the claims whose arms are evaluated, corrected for all claims of the recipe.

    `withdrawn` is the number of claims that were registered and later removed. The correction counts them.
    """
    claims = list(map(parse_claim, recipe.claims))
    measured: list[tuple[RecipeClaim, Estimate | str]] = []
    curves: list[tuple[Mapping[int, Curve], Mapping[int, Curve]]] = []
    for claim in claims:
        sides = [
            evaluations.get((side.arm, stage_of(recipe.arm(side.arm), side, metric).name))
            for side, metric in claim.sides
        ]
        if sides[0] is not None and sides[1] is not None:
            measured.append((claim, _measured(claim, sides[0], sides[1], recipe.seed)))
            curves.append((sides[0].curves, sides[1].curves))
    judged = judge_together(measured, len(claims) + withdrawn)
    return [
        with_late_seeds(each, claim, *by_seed) if claim.sides[0][1].share is not None else each
        for each, (claim, _), by_seed in zip(judged, measured, curves, strict=True)
    ]


def _measured(claim: RecipeClaim, one: Evaluations, other: Evaluations, seed: int) -> Estimate | str:
    """The difference that a claim is about, or why there is none. Either way the run gets its report."""
    try:
        if claim.sides[0][1].share is not None:
            return tokens_to_difference(claim, one.curves, other.curves)
        sides = side_by_side(one, other, claim.metric, claim.against)
    except InputError as fault:
        return str(fault)
    if len(set(sides.clusters)) == 1:
        return "problems of more than one structure: all of these share theirs"
    return comparison.difference(*sides, bounded=claim.bounded, seed=seed)


def gather_all(paths: Sequence[Path]) -> dict[str, Results]:
    """The results of several runs, by the name of the run folder."""
    same_name = len({path.name for path in paths}) < len(paths)
    runs = {str(path) if same_name else path.name: Run.existing(path) for path in paths}
    return {name: gather(run, recipe_of(run)) for name, run in runs.items()}


def _seconds(marks: Mapping[str, Any], *prefixes: str) -> float:
    """The seconds of the stages whose names begin with one of the prefixes."""
    seconds = [float(facts.get("seconds", 0)) for name, facts in marks.items() if name.startswith(prefixes)]
    return round(sum(seconds), 2)


def teacher(run: Run, recipe: Recipe) -> Teacher:
    """What the journey's own search solves of the held-out problems: at all, and within the token cap.

    These are the traces of the arm `journey`, or of that kind if no arm has the name. No student of them can
    be expected to do better at this budget.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / recipe.replicas()[0].base)
    variant = next((arm.variant for arm in recipe.arms if arm.name == "journey"), "journey")
    texts = read_texts(run, variant, recipe.evaluation.split)
    encoded = tokenizer([text.completion for text in texts])["input_ids"] if texts else []
    lengths = {text.id: len(ids) + 1 for text, ids in zip(texts, encoded, strict=True)}
    cap = recipe.evaluation.max_new_tokens
    problems = read_problems(run, recipe.evaluation.split)

    def figures(ids: Sequence[str]) -> dict[str, float]:
        solved = [lengths[id] for id in ids if id in lengths]
        return {
            "solved": len(solved) / max(1, len(ids)),
            "within_budget": sum(length <= cap for length in solved) / max(1, len(ids)),
            "mean_new_tokens": sum(solved) / max(1, len(solved)),
        }

    levels = sorted({problem.level for problem in problems if problem.level is not None})
    by_level = {
        str(level): TeacherFigures(**figures([problem.id for problem in problems if problem.level == level]))
        for level in levels
    }
    return Teacher(**figures([problem.id for problem in problems]), levels=by_level)

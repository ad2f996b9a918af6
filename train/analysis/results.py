"""The figures of a run, gathered into results.json, and the sentence that says what they mean.

Every share comes with its interval, every difference between arms is paired over the same problems and seeds,
and both arms' figures stand beside the teacher's own ceiling at the same token cap (DESIGN 8).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from journey.errors import InputError
from journey.runs.store import Run
from traces.run_files import read_problems, read_texts
from train.analysis import aggregate as pooling
from train.analysis.convergence import Verdict, judge_training, withheld
from train.analysis.judging import Judgement, judge_together
from train.analysis.learning_curves import curve_figures, tokens_to_difference, with_late_seeds
from train.analysis.outcomes import Outcomes
from train.evaluation.curves import Curve
from train.evaluation.problem_sets import drawn
from train.recipe import registration
from train.recipe.claims import Claim, parse_claim, stage_of
from train.recipe.dependencies import first_equal_stages
from train.recipe.recipe import Recipe
from train.recipe.tuning import tuning_results
from train.statistics import comparison
from train.statistics.clusters import clusters_of
from train.statistics.comparison import Paired, compare
from train.statistics.resampling import Estimate, Values

TRAINED = (
    *("train_tokens", "examples_seen", "epochs", "pairs", "outputs", "problems", "train_flops"),
    "curve_seconds",
)
"""What a stage's mark says about its training that the results repeat."""


def gather(run: Run, recipe: Recipe) -> dict[str, Any]:
    """results.json from the files of a run, as far as it has come."""
    problems = read_problems(run, recipe.evaluation.split)
    problems += [problem for wanted in recipe.evaluation.sets.values() for problem in drawn(recipe, wanted)]
    outcomes = read_outcomes(run, recipe, clusters_of(problems))
    if not outcomes:
        raise InputError(f"{run.path} holds no evaluation yet. Go on with `journey run --out {run.path}`")
    stages = run.manifest["stages"]
    like = first_equal_stages(recipe)
    arms: dict[str, Any] = {}
    verdicts: dict[str, Verdict] = {}
    for (arm, stage), found in outcomes.items():
        facts = stages.get(f"{stage}-{arm}", {})
        train = {key: facts[key] for key in TRAINED if key in facts}
        figures = pooling.figures(found, problems, recipe.traces.style)
        origin = like.get(f"{stage}-{arm}", "").removeprefix(f"{stage}-")
        if origin != arm and (origin, stage) in outcomes:
            figures["same_as"] = origin
        if (base := recipe.replicas([recipe.arm(arm)])[0].base) in stages:
            figures["parameters"] = stages[base].get("parameters")
        right = found.values("pass@1")[1]
        verdict = judge_training(arm, list(found.curves.values()), right, verdicts.get(arm))
        verdicts[arm] = verdict
        figures |= curve_figures(found.curves) | {"converged": verdict.converged, "why": verdict.why}
        arms.setdefault(arm, {})[stage] = {**figures, **train}
    spent = {
        "generate": _seconds(stages, "problems", "graphs", "traces", "curation"),
        "train": _seconds(stages, "base", *(f"{name}-" for name in recipe.stage_names())),
        "eval": _seconds(stages, "eval-"),
    }
    registered = registration.read(run.path)
    withdrawn = registered.withdrawn if registered else []
    counted = {arm.name: stages.get(f"{arm.stages[0].name}-{arm.name}") for arm in recipe.arms}
    return {
        "schema_version": 1,
        "recipe": recipe.name,
        "split": "held-out" if recipe.evaluation.split == "heldout" else recipe.evaluation.split,
        "seconds": {**spent, "total": round(sum(spent.values()), 2)},
        "arms": arms,
        "paired": {
            f"{one}-{other}": {
                name: asdict(difference(outcomes[one, name], outcomes[other, name], recipe))
                for name in recipe.stage_names()
                if (one, name) in outcomes
                and (other, name) in outcomes
                and like.get(f"{name}-{one}") != like.get(f"{name}-{other}")
            }
            for one, other in recipe.comparisons()
        },
        "stage_changes": stage_changes(recipe, outcomes),
        "claims": [
            {
                **asdict(withheld(judged, {"arms": arms})),
                "registered": registered and registered.when(judged.claim),
            }
            for judged in judge_claims(recipe, outcomes, len(withdrawn))
        ],
        "registration": registered
        and {
            "claims_sha256": registered.claims_sha256,
            "recipe_sha256": registered.recipe_sha256,
            "recipe_changes": registered.recipe_changes,
            "withdrawn": withdrawn,
        },
        "tuning": tuning_results(recipe),
        "teacher": teacher(run, recipe),
        "counts": {
            arm: {key: facts[key] for key in ("kept", "truncated", "dropped")}
            for arm, facts in counted.items()
            if facts
        },
    }


def read_outcomes(
    run: Run, recipe: Recipe, clusters: Mapping[str, str] | None = None
) -> dict[tuple[str, str], Outcomes]:
    """What was evaluated, by arm and stage; seeds that are not done yet are left out.

    `clusters` are those of problems by id; without them every problem is one of its own.
    """
    found = {}
    for arm in recipe.arms:
        for stage in arm.stages:
            done = [
                replica for replica in recipe.replicas([arm]) if run.done(f"eval-{replica.name}-{stage.name}")
            ]
            folders = {each.seed: run.path / "evals" / f"{each.name}-{stage.name}" for each in done}
            models = {each.seed: run.path / "models" / each.name / stage.name for each in done}
            if folders:
                found[arm.name, stage.name] = Outcomes(arm.name, stage.name, folders, clusters or {}, models)
    return found


def difference(first: Outcomes, second: Outcomes, recipe: Recipe, metric: str = "pass@1") -> Paired:
    """How two arms or stages differ on the same problems, each seed beside the same seed."""
    return compare(*side_by_side(first, second, metric, metric), recipe.seed)


class Sides(NamedTuple):
    """Two sides measured on the same problems and seeds, in the same order."""

    first: Values
    """Of shape (seeds, problems)."""
    second: Values
    clusters: list[str]
    """Of each problem."""


def side_by_side(first: Outcomes, second: Outcomes, metric: str, against: str) -> Sides:
    """The values of two sides on the problems and seeds that both were measured on.

    Raises:
        InputError: there are none.
    """
    (ids, one), (others, other) = first.values(metric), second.values(against)
    place = {id: at for at, id in enumerate(others)}
    both = [id for id in ids if id in place]
    seeds = [seed for seed in first.folders if seed in second.folders]
    if not both or not seeds:
        what = "problem" if seeds else "seed"
        raise InputError(f"{metric} and {against} were measured on no {what} in common")
    at = [number for number, id in enumerate(ids) if id in place]
    rows = [[list(side.folders).index(seed) for seed in seeds] for side in (first, second)]
    return Sides(
        one[np.ix_(rows[0], at)],
        other[np.ix_(rows[1], [place[id] for id in both])],
        first.clusters_of(both),
    )


def stage_changes(recipe: Recipe, outcomes: Mapping[tuple[str, str], Outcomes]) -> dict[str, Any]:
    """What each later stage changed, by arm and stage: it minus the stage before it."""
    changes: dict[str, Any] = {}
    for arm in recipe.arms:
        for before, after in pairwise(arm.stages):
            if (arm.name, before.name) in outcomes and (arm.name, after.name) in outcomes:
                change = difference(outcomes[arm.name, after.name], outcomes[arm.name, before.name], recipe)
                changes.setdefault(arm.name, {})[after.name] = {"before": before.name, **asdict(change)}
    return changes


def judge_claims(
    recipe: Recipe, outcomes: Mapping[tuple[str, str], Outcomes], withdrawn: int = 0
) -> list[Judgement]:
    """The recipe's claims, those of arms that are evaluated, corrected for all of them.

    `withdrawn` is how many claims were registered and are in the recipe no more: they count in the
    correction.
    """
    claims = list(map(parse_claim, recipe.claims))
    measured: list[tuple[Claim, Estimate | str]] = []
    curves: list[tuple[Mapping[int, Curve], Mapping[int, Curve]]] = []
    for claim in claims:
        sides = [
            outcomes.get((side.arm, stage_of(recipe.arm(side.arm), side, metric).name))
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


def _measured(claim: Claim, one: Outcomes, other: Outcomes, seed: int) -> Estimate | str:
    """The difference that a claim is about, or why it is not known: a run of hours still gets its report."""
    try:
        if claim.sides[0][1].share is not None:
            return tokens_to_difference(claim, one.curves, other.curves)
        sides = side_by_side(one, other, claim.metric, claim.against)
    except InputError as fault:
        return str(fault)
    if len(set(sides.clusters)) == 1:
        return "problems of more than one structure: these share theirs, and say nothing about others"
    return comparison.difference(*sides, bounded=claim.bounded, seed=seed)


def gather_all(paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    """The results of several runs, by the run folder's name."""
    from train.recipe.load import recipe_of

    runs = {path.name if len({p.name for p in paths}) == len(paths) else str(path): path for path in paths}
    return {name: gather(run := Run.existing(path), recipe_of(run)) for name, path in runs.items()}


def _seconds(stages: dict[str, Any], *prefixes: str) -> float:
    spent = [float(facts.get("seconds", 0)) for name, facts in stages.items() if name.startswith(prefixes)]
    return round(sum(spent), 2)


def teacher(run: Run, recipe: Recipe) -> dict[str, Any]:
    """What the journey's own search reaches on the held-out problems: at all, and within the token cap.

    No student of these traces can be expected to do better at this budget. By level too.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(run.path / "models" / recipe.replicas()[0].base)
    texts = read_texts(run, "journey", recipe.evaluation.split)
    encoded = tokenizer([text.completion for text in texts])["input_ids"] if texts else []
    lengths = {text.id: len(ids) + 1 for text, ids in zip(texts, encoded, strict=True)}
    cap = recipe.evaluation.max_new_tokens
    problems = read_problems(run, recipe.evaluation.split)

    def reached(ids: Sequence[str]) -> dict[str, float]:
        solved = [lengths[id] for id in ids if id in lengths]
        return {
            "solved": len(solved) / max(1, len(ids)),
            "within_budget": sum(length <= cap for length in solved) / max(1, len(ids)),
            "mean_new_tokens": sum(solved) / max(1, len(solved)),
        }

    levels = sorted({problem.level for problem in problems if problem.level is not None})
    return {
        **reached([problem.id for problem in problems]),
        "levels": {
            str(level): reached([problem.id for problem in problems if problem.level == level])
            for level in levels
        },
    }

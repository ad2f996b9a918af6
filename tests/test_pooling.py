"""Figures over seeds: means of what has one, and intervals from every problem and seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from scipy import stats

from journey import families
from journey.errors import InputError
from journey.problem import Problem, draw_distinct
from journey.runs.store import read_json, record, write_lines
from train.analysis.aggregate import pool_seeds
from train.analysis.evaluations import Evaluations
from train.analysis.results import judge_claims, side_by_side
from train.analysis.results_schema import StageFigures
from train.evaluation.decoding.answers import Answer, summarize
from train.evaluation.decoding.planted import Planted
from train.evaluation.decoding.planted import summarize as summarize_planted
from train.evaluation.metrics_schema import LossChange, ModelMetrics, SetAccuracy, write_metrics
from train.evaluation.recovery import recovery
from train.evaluation.scoring import Sample, measure
from train.recipe.load import load_recipe
from train.statistics.clusters import clusters_of
from train.statistics.comparison import compare

DRAWN = list(draw_distinct(families.get("diophantine"), 0, "train", 60, [1, 2, 3]))
PROBLEMS = [replace(problem, level=index % 2 + 1) for index, problem in enumerate(DRAWN[:40])]
OTHERS = [replace(problem, level=4) for problem in DRAWN[40:]]
ALL = [*PROBLEMS, *OTHERS]
LEVELS = {problem.id: problem.level for problem in ALL}
PAIRS = {problem.id: tuple(sorted((problem.givens["a"], problem.givens["b"]))) for problem in ALL}


def sample(problem: Problem, number: int, right: bool) -> Sample:
    return Sample(problem.id, number, "", 10 + number, True, right, None)


def evaluated(folder: Path, seed: int, share: float) -> Path:
    """An evaluation of a model that solves such a share of everything."""
    random = Random(seed)

    def lucky() -> bool:
        return random.random() < share

    samples = [sample(problem, 0, lucky()) for problem in PROBLEMS]
    samples += [sample(problem, number, lucky()) for problem in PROBLEMS[:20] for number in (1, 2, 3, 4)]
    answers = [Answer(problem.id, "beam", 60, "", 50, lucky()) for problem in PROBLEMS[:30]]
    plants = [
        Planted(problem.id, "", "", "", 9, True, lucky() or index < 2, lucky())
        for index, problem in enumerate(PROBLEMS[:25])
    ]
    harder = [sample(problem, 0, lucky()) for problem in OTHERS]
    for name, rows in (
        ("samples", samples),
        ("answers", answers),
        ("planted", plants),
        ("planted-own", plants[:9]),
        ("set-harder", harder),
    ):
        write_lines(folder / f"{name}.jsonl", map(record, rows))
    changes = (share - 0.1, share + 0.1)
    write_lines(folder / "forgotten.jsonl", ({"id": "f:0", "tokens": 5, "change": each} for each in changes))
    metrics = ModelMetrics(
        **dict(measure(PROBLEMS, samples)),
        recovery=recovery(PROBLEMS, samples),
        methods=summarize(PROBLEMS, answers),
        planted=summarize_planted([plants], {}),
        planted_own=summarize_planted([plants[:9]], {}),
        sets={"harder": SetAccuracy(**dict(measure(OTHERS, harder)), unreadable=0.0)},
        forgotten={"f": LossChange(tokens=5, before=1.0, after=1.0 + share)},
    )
    write_metrics(folder, metrics)
    return folder


def pooled(evaluations: Evaluations, problems: list[Problem]) -> dict[str, Any]:
    """The fields of results.json, as JSON has them, without those that need a run."""
    figures = StageFigures(**pool_seeds(evaluations, problems), converged=None, why="")
    return figures.model_dump()


@pytest.fixture(scope="module")
def evaluations(tmp_path_factory: pytest.TempPathFactory) -> Evaluations:
    path = tmp_path_factory.mktemp("evals")
    shares = {0: 0.2, 1: 0.5, 2: 0.8}
    folders = {seed: evaluated(path / str(seed), seed, shares[seed]) for seed in shares}
    return Evaluations("arm", "sft", folders, clusters_of(ALL))


def everything(result: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(result, dict):
        return {path: result}
    return {name: value for key in result for name, value in everything(result[key], f"{path}/{key}").items()}


def test_every_interval_contains_its_share(evaluations: Evaluations) -> None:
    together = pooled(evaluations, ALL)
    first = pooled(replace(evaluations, folders={0: evaluations.folders[0]}), ALL)
    intervals = {place: result for place, result in everything(together).items() if place.endswith("ci95")}
    shares, alone = everything(together), everything(first)
    assert len(intervals) == len([place for place in alone if place.endswith("ci95")]) > 20
    for place, (low, high) in intervals.items():
        above = place.removesuffix("/ci95")
        value = next(shares[f"{above}/{name}"] for name in ("pass@1", "solved", "share")
                     if f"{above}/{name}" in shares)  # fmt: skip
        assert value is None or low <= value <= high, place
        assert shares[f"{above}/n"] >= shares[f"{above}/clusters"] >= 0, place
        if above:
            assert (shares[f"{above}/seeds"], alone[f"{above}/seeds"]) == (3, 1), place
        # Seeds that differ so much leave a wide interval; few outputs err or notice in one seed alone.
        if "recovery" not in place and "if_noticed" not in place:
            assert high - low > alone[place][1] - alone[place][0], place
    assert (together["seeds"], first["seeds"]) == ([0, 1, 2], [0])


def test_one_seed_has_the_figures_of_its_own_evaluation(evaluations: Evaluations) -> None:
    first = pooled(replace(evaluations, folders={0: evaluations.folders[0]}), ALL)
    stored = read_json(evaluations.folders[0] / "metrics.json")
    assert list(first["ci95"]) == stored["ci95"]
    assert first["levels"]["1"] == {**stored["levels"]["1"], "ci95": tuple(stored["levels"]["1"]["ci95"])}
    assert first["pass@1"] == stored["pass@1"]
    assert "iqm" not in first


def test_what_an_interval_rests_on_is_counted(evaluations: Evaluations) -> None:
    together = pooled(evaluations, ALL)
    ids, right = evaluations.values("beam@60")
    assert right.shape == (3, 30)
    beam = together["methods"]["beam"]["60"]
    assert beam["solved"] == pytest.approx(float(right.mean()))
    assert (beam["n"], beam["clusters"]) == (30, len({PAIRS[id] for id in ids}))
    here = [id for id in ids if LEVELS[id] == 1]
    assert (beam["levels"]["1"]["n"], beam["levels"]["1"]["clusters"]) == (
        len(here),
        len({PAIRS[id] for id in here}),
    )
    harder = together["sets"]["harder"]
    assert (harder["n"], harder["clusters"]) == (20, len({PAIRS[problem.id] for problem in OTHERS}))
    assert together["by_seed"] == [float(row.mean()) for row in evaluations.values("pass@1")[1]]
    assert together["iqm"] == pytest.approx(np.sort(np.repeat(together["by_seed"], 4))[3:9].mean(), abs=1e-12)
    assert together["forgotten"]["f"]["after"] == pytest.approx(1.5)


def test_an_interval_is_that_of_a_two_way_analysis_of_variance(evaluations: Evaluations) -> None:
    """Ten clusters of four problems: the variance of their mean has a closed form.

    The bounds are the two shares that the measured one is just as far from as the test allows, with the
    effective number of trials in the place of the number of answers.
    """
    ids, right = evaluations.values("pass@1")
    equal = replace(evaluations, clusters={id: str(place % 10) for place, id in enumerate(ids)})
    result = pooled(equal, ALL)
    means = right.reshape(3, 4, 10).mean(axis=1)
    share, of_seeds, of_clusters = means.mean(), means.mean(axis=1), means.mean(axis=0)
    rest = means - of_seeds[:, None] - of_clusters[None, :] + share
    parts = (
        of_seeds.var(ddof=1) / 3,
        of_clusters.var(ddof=1) / 10,
        (rest**2).sum() / (2 * 9) / (3 * 10),
    )
    scale = (parts[0] * stats.t.ppf(0.975, 2) ** 2 + parts[1] * stats.t.ppf(0.975, 9) ** 2) / sum(parts[:2])
    trials = share * (1 - share) / sum(parts)
    for bound in result["ci95"]:
        away = abs(share - bound) / (bound * (1 - bound) / trials) ** 0.5
        assert away == pytest.approx(scale**0.5, rel=0.05)
    assert result["clusters"] == 10


def test_planted_errors_are_pooled_by_problem(evaluations: Evaluations) -> None:
    result = pooled(evaluations, ALL)["planted"]
    noticed = evaluations.values("noticed")[1]
    assert result["n"] == 25
    assert result["noticed"]["share"] == pytest.approx(float(noticed.mean()))
    assert result["solved_if_noticed"]["n"] == int(noticed.sum())
    low, high = result["solved_if_noticed"]["ci95"]
    assert low < result["solved_if_noticed"]["share"] < high
    right, recovered = (evaluations.values(name)[1] for name in ("right_after_error", "recovered"))
    assert (recovered == noticed * right).all()
    assert result["solved"]["share"] == pytest.approx(float(right.mean()))


def test_own_planted_errors_are_pooled_apart(evaluations: Evaluations) -> None:
    result = pooled(evaluations, ALL)["planted_own"]
    ids, noticed = evaluations.values("noticed in own")
    assert result["n"] == len(ids) == 9
    assert result["noticed"]["share"] == pytest.approx(float(noticed.mean()))
    assert ids == evaluations.values("noticed")[0][:9]


def test_sides_are_paired_on_common_problems(evaluations: Evaluations) -> None:
    one, other, clusters = side_by_side(evaluations, evaluations, "beam@60", "pass@1")
    assert one.shape == other.shape == (3, 30)
    ids, beam = evaluations.values("beam@60")
    order = {id: at for at, id in enumerate(evaluations.values("pass@1")[0])}
    greedy = evaluations.values("pass@1")[1][:, [order[id] for id in ids]]
    assert (one == beam).all()
    assert (other == greedy).all()
    assert clusters == ["diophantine:{},{}".format(*PAIRS[id]) for id in ids]
    assert compare(one, other, clusters).delta == pytest.approx(float((beam - greedy).mean()))


def test_sides_are_paired_on_the_seeds_that_both_have(evaluations: Evaluations) -> None:
    folders = evaluations.folders
    one, other, _ = side_by_side(
        replace(evaluations, folders={0: folders[0], 2: folders[2]}),
        replace(evaluations, folders={1: folders[1], 2: folders[2]}),
        "pass@1",
        "pass@1",
    )
    assert one.shape == (1, 40)
    assert (one == other).all(), "seed 2 beside seed 2"
    with pytest.raises(InputError, match="no seed in common"):
        side_by_side(
            replace(evaluations, folders={0: folders[0]}),
            replace(evaluations, folders={1: folders[1]}),
            "pass@1",
            "pass@1",
        )


def test_a_claim_about_problems_of_one_structure_ends_undecided(tmp_path: Path) -> None:
    good, bad = evaluated(tmp_path / "good", 0, 1.0), evaluated(tmp_path / "bad", 1, 0.0)
    one = {problem.id: "the same" for problem in ALL}
    result = {
        (arm, "sft"): Evaluations(arm, "sft", {0: folder}, one)
        for arm, folder in (("journey", good), ("shortcut", bad))
    }
    (judged,) = judge_claims(load_recipe("laptop", ["claims=[journey.sft > shortcut.sft on pass@1]"]), result)
    assert judged.verdict == "undecided"
    assert "more than one structure" in str(judged.needs)


def test_a_claim_measured_on_no_problem_is_undecided(tmp_path: Path) -> None:
    folder = evaluated(tmp_path, 0, 0.5)
    write_lines(folder / "planted.jsonl", [])
    changes = ["claims=[journey > shortcut on noticed]", "evaluation.methods={problems: 9, planted: true}"]
    result = {(arm, stage): Evaluations(arm, stage, {0: folder})
             for arm in ("journey", "shortcut") for stage in ("sft", "dpo")}  # fmt: skip
    (judged,) = judge_claims(load_recipe("laptop", changes), result)
    assert (judged.verdict, judged.n) == ("undecided", 0)
    assert judged.needs == "noticed of journey was measured on no problem: raise search.mistakes"


def test_pass_at_k_and_forgetting_have_values_too(evaluations: Evaluations) -> None:
    ids, two = evaluations.values("pass@2")
    assert len(ids) == 20
    assert {*np.unique(two)} <= {0.0, 0.5, 5 / 6, 1.0}
    assert evaluations.values("forgotten")[0] == ["f:0"]
    assert evaluations.values("forgotten")[1][:, 0] == pytest.approx([0.2, 0.5, 0.8]), "the mean of its texts"

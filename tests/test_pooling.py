"""Figures over seeds: means of what has one, and intervals made anew from every problem and seed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from journey import families
from journey.problem import Problem, draw_distinct
from journey.store import record, write_json, write_lines
from train.decoding.answers import Answer, summary
from train.decoding.planted import Planted
from train.decoding.planted import summary as planted_summary
from train.measure import Sample, measure
from train.outcomes import Outcomes
from train.pooling import figures
from train.recipe import load
from train.results import judge_claims, paired_difference, side_by_side
from train.stats import interval_over_seeds

DRAWN = list(draw_distinct(families.get("diophantine"), 0, "train", 60, [1, 2, 3]))
PROBLEMS = [replace(problem, level=index % 2 + 1) for index, problem in enumerate(DRAWN[:40])]
OTHERS = [replace(problem, level=4) for problem in DRAWN[40:]]
LEVELS = {problem.id: problem.level for problem in [*PROBLEMS, *OTHERS]}


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
        ("set-harder", harder),
    ):
        write_lines(folder / f"{name}.jsonl", map(record, rows))
    write_lines(folder / "forgotten.jsonl", [{"id": "f:0", "tokens": 5, "change": share}])
    write_json(
        folder / "metrics.json",
        {
            **measure(PROBLEMS, samples),
            "methods": summary(PROBLEMS, answers),
            "planted": planted_summary(plants),
            "sets": {"harder": measure(OTHERS, harder) | {"unreadable": 0.0}},
            "forgotten": {"f": {"tokens": 5, "before": 1.0, "after": 1.0 + share}},
        },
    )
    return folder


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    path = tmp_path_factory.mktemp("evals")
    shares = {0: 0.2, 1: 0.5, 2: 0.8}
    return Outcomes("arm", "sft", {seed: evaluated(path / str(seed), seed, shares[seed]) for seed in shares})


def everything(found: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(found, dict):
        return {path: found}
    return {name: value for key in found for name, value in everything(found[key], f"{path}/{key}").items()}


def test_every_interval_holds_its_share_and_is_no_seeds_own(outcomes: Outcomes) -> None:
    together = figures(outcomes, LEVELS)
    first = figures(Outcomes("arm", "sft", {0: outcomes.folders[0]}), LEVELS)
    intervals = {place: found for place, found in everything(together).items() if place.endswith("ci95")}
    alone = everything(first)
    assert len(intervals) == len([place for place in alone if place.endswith("ci95")])
    shares = everything(together)
    for place, (low, high) in intervals.items():
        above = place.removesuffix("/ci95")
        value = next(shares[f"{above}/{name}"] for name in ("pass@1", "solved", "share")
                     if f"{above}/{name}" in shares)  # fmt: skip
        assert low <= value <= high, place
        # Seeds that differ so much leave a wide interval; of the noticed each seed alone has few.
        assert "if_noticed" in place or high - low > alone[place][1] - alone[place][0], place


def test_intervals_are_over_seeds_and_problems(outcomes: Outcomes) -> None:
    together = figures(outcomes, LEVELS)
    ids, right = outcomes.values("beam@60")
    assert right.shape == (3, 30)
    beam = together["methods"]["beam"]["60"]
    assert beam["solved"] == pytest.approx(float(right.mean()))
    assert beam["ci95"] == interval_over_seeds(right)
    here = [at for at, id in enumerate(ids) if LEVELS[id] == 1]
    assert beam["levels"]["1"]["ci95"] == interval_over_seeds(right[:, here])
    assert together["sets"]["harder"]["ci95"] == interval_over_seeds(outcomes.values("pass@1 in harder")[1])
    assert together["by_seed"] == [float(row.mean()) for row in outcomes.values("pass@1")[1]]
    assert together["forgotten"]["f"]["after"] == pytest.approx(1.5)


def test_planted_errors_are_pooled_by_problem_and_the_noticed_counted(outcomes: Outcomes) -> None:
    found = figures(outcomes, LEVELS)["planted"]
    noticed = outcomes.values("noticed")[1]
    assert found["n"] == 25
    assert found["noticed"]["share"] == pytest.approx(float(noticed.mean()))
    assert found["solved_if_noticed"]["n"] == int(noticed.sum())
    low, high = found["solved_if_noticed"]["ci95"]
    assert low < found["solved_if_noticed"]["share"] < high


def test_sides_are_paired_on_the_problems_that_both_were_measured_on(outcomes: Outcomes) -> None:
    one, other = side_by_side(outcomes, outcomes, "beam@60", "pass@1")
    assert one.shape == other.shape == (3, 30)
    ids, beam = outcomes.values("beam@60")
    order = {id: at for at, id in enumerate(outcomes.values("pass@1")[0])}
    greedy = outcomes.values("pass@1")[1][:, [order[id] for id in ids]]
    assert (one == beam).all()
    assert (other == greedy).all()
    assert paired_difference(one, other, 0).delta == pytest.approx(float((beam - greedy).mean()))


def test_a_claim_about_what_was_measured_on_no_problem_ends_undecided(tmp_path: Path) -> None:
    folder = evaluated(tmp_path, 0, 0.5)
    write_lines(folder / "planted.jsonl", [])
    changes = ["claims=[journey > shortcut on noticed]", "evaluation.methods={problems: 9, planted: true}"]
    found = {(arm, stage): Outcomes(arm, stage, {0: folder})
             for arm in ("journey", "shortcut") for stage in ("sft", "dpo")}  # fmt: skip
    (judged,) = judge_claims(load("laptop", changes), found)
    assert (judged.verdict, judged.n) == ("undecided", 0)
    assert judged.needs == "noticed of journey was measured on no problem: raise search.mistakes"


def test_pass_at_k_and_forgetting_have_values_too(outcomes: Outcomes) -> None:
    ids, two = outcomes.values("pass@2")
    assert len(ids) == 20
    assert {*np.unique(two)} <= {0.0, 0.5, 5 / 6, 1.0}
    assert outcomes.values("forgotten")[0] == ["f:0"]
    assert outcomes.values("forgotten")[1].tolist() == [[0.2], [0.5], [0.8]]

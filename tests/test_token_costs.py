"""Accuracy against tokens: cost points, the best within a budget, and their tables and plots."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.made_up import alone, results, stage
from train.report import cost_plots, error_tables, plots, tables, token_costs
from train.report.canvas import ink
from train.statistics.closed_form import wilson


def solved(n: int, right: int, tokens: float) -> dict[str, Any]:
    whole = {"n": n, "solved": right / n, "ci95": wilson(right, n), "tokens": tokens, **alone(n)}
    return {**whole, "levels": {"1": {**whole, "tokens": tokens / 2}, "2": whole}}


def drawn(tokens: float, *shares: float) -> dict[str, Any]:
    by_k = {str(2**power): share for power, share in enumerate(shares)}
    return {"n": 40, "samples": 2 ** (len(shares) - 1), "mean_new_tokens": tokens, "pass@k": by_k}


def measured(**more: Any) -> dict[str, Any]:
    """An arm that was asked in every way; level 1 costs it half."""
    result = stage(100, 30, 15.0, train_tokens=1_000, **more)
    for level, cell in result["levels"].items():
        result["levels"][level] = {**cell, "mean_new_tokens": 15.0 if level == "2" else 7.5}
    result["sampled"] = drawn(15.0, 0.3, 0.45, 0.6)
    result["methods"] = {
        "majority": {"1": solved(40, 12, 15.0), "4": solved(40, 14, 60.0)},
        "best_of_n": {"1": solved(40, 12, 15.0), "4": solved(40, 24, 60.0)},
        "tree": {"100": solved(20, 16, 70.0)},
        "budget_forcing": {"30": solved(20, 7, 33.0)},
    }
    return result


MADE = results({"plain": {"sft": measured()}, "journey": {"sft": stage(100, 60, 45.0, train_tokens=1_000)}})


def label(mark: token_costs.CostPoint | None) -> str:
    return "nothing" if mark is None else f"{mark.arm}, {mark.label}"


def test_the_best_choice_needs_no_perfect_selector() -> None:
    marks = token_costs.cost_points(MADE)
    assert {mark.label for mark in marks if mark.arm == "plain"} >= {
        "greedy", "pass@4 (perfect selector)", "majority vote of 4", "best of 4 (checker)",
        "tree search (checker), 100 tokens", "forced to 30 tokens",
    }  # fmt: skip
    assert label(token_costs.best(marks, 14)) == "nothing"
    assert label(token_costs.best(marks, 15)) == "plain, greedy"
    assert label(token_costs.best(marks, 64)) == "journey, greedy", "best of 4 solves as much and costs more"
    assert label(token_costs.best(marks, 70)) == "plain, tree search (checker), 100 tokens"
    assert [label(mark) for mark in token_costs.frontier(marks)] == [
        "plain, greedy",
        "plain, forced to 30 tokens",
        "journey, greedy",
        "plain, tree search (checker), 100 tokens",
    ]  # fmt: skip


def test_the_cheapest_ways_are_listed_and_by_level() -> None:
    frontier = token_costs.frontier_table(MADE)
    assert frontier is not None
    assert frontier.rows == [
        ("plain", "greedy", "15", "30.0 %"),
        ("plain", "forced to 30 tokens", "33", "35.0 %"),
        ("journey", "greedy", "45", "60.0 %"),
        ("plain", "tree search (checker), 100 tokens", "70", "80.0 %"),
    ]
    table = token_costs.choices(MADE)
    assert table is not None
    assert table.columns == ("budget", "all", "level 1", "level 2")
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["16"] == ("30.0 % (plain, greedy)",) * 3
    assert rows["128"][0] == "80.0 % (plain, tree search (checker), 100 tokens)"
    assert rows["64"][1] == "80.0 % (plain, tree search (checker), 100 tokens)"
    assert rows["8"][0] == "none"
    plain = results({"plain": {"sft": stage(100, 30, 15.0, train_tokens=1_000)}})
    assert token_costs.choices(plain) is token_costs.frontier_table(plain) is None


def test_token_costs_grow_with_parameters() -> None:
    large = stage(100, 60, 15.0, train_tokens=1_000, parameters=3_000_000)
    made = results({"small": {"sft": measured(parameters=1_000_000)}, "large": {"sft": large}})
    costs = {(mark.arm, mark.label): mark.cost for mark in token_costs.cost_points(made)}
    assert costs["large", "greedy"] == 45
    assert costs["small", "greedy"] == 15
    assert token_costs.unit(made) == "tokens of the smallest model"
    assert token_costs.unit(MADE) == "tokens a problem"


def test_arms_that_begin_alike_are_compared_where_they_part() -> None:
    made = results(
        {
            "one": {"sft": stage(100, 50, 9), "tuned": stage(100, 60, 9)},
            "two": {"sft": stage(100, 50, 9, same_as="one"), "tuned": stage(100, 70, 9)},
            "none": {"sft": stage(100, 50, 9, same_as="one")},
        }
    )
    assert made.compared_stages() == {"one": "tuned", "two": "tuned", "none": "sft"}
    assert made.compared_figures()["two"].pass_1 == 0.7
    with ink():
        assert "two SFT" not in plots.accuracy(made).alt


def test_every_way_is_in_the_pictures_without_a_warning() -> None:
    with warnings.catch_warnings(), ink():
        warnings.simplefilter("error")
        whole, by_level = cost_plots.tokens(MADE), cost_plots.by_level(MADE)
        dotted = plots.accuracy(results({"plain": {"sft": measured(by_seed=[0.2, 0.3, 0.4])}}))
    assert "plain tree search (checker), 100 tokens 80.0% at 70 tokens" in whole.alt
    assert "the teacher 96.0% at 40 tokens" in whole.alt
    assert by_level is not None
    assert "level 1: plain greedy 30.0% at 8 tokens" in by_level.alt
    assert dotted.note.endswith("Dots: seeds.")
    assert dotted.svg.count("<use") >= 3
    older = results({"plain": {"sft": stage(100, 30, 15.0)}})
    with ink():
        assert cost_plots.by_level(older) is None
        assert cost_plots.tokens(older).name == "tokens"


def test_tables_show_sets_planted_errors_and_forgetting() -> None:
    share = {"share": 0.25, "n": 20, "ci95": [0.1, 0.5], **alone(20)}
    never = {"share": None, "n": 0, "ci95": [0, 1], **alone(0)}
    harder = {"n": 20, "pass@1": 0.1, "ci95": [0.0, 0.2], **alone(20)}
    harder |= {"mean_new_tokens": 9.0, "unfinished": 0.0}
    result = stage(
        100,
        30,
        15.0,
        sets={"harder": {**harder, "levels": {}, "unreadable": 0.5}},
        planted={"n": 20, "noticed": share, "solved": share, "solved_if_noticed": never, "tokens": 12.0},
        planted_own={"n": 7, "noticed": never, "solved": share, "solved_if_noticed": never, "tokens": 5.0},
        forgotten={"old.txt": {"tokens": 900, "before": 1.5, "after": 2.0}},
    )
    made = results({"plain": {"sft": result}, "other": {"sft": stage(100, 40, 9.0)}})
    sets, planted, forgotten = tables.sets(made), error_tables.planted(made), tables.forgotten(made)
    assert sets is not None
    assert sets.columns[2:] == ("in distribution", "harder (n = 20)")
    assert [row[2:] for row in sets.rows] == [("30.0 % (21.9 to 39.6)", "10.0 % (0.0 to 20.0)")]
    assert "The model's vocabulary lacks a word of 50.0 % of harder." in sets.note
    assert planted is not None
    assert [row[2] for row in planted.rows] == ["search", "model"]
    assert planted.rows[1][-1] == "7"
    assert planted.rows[0][3:] == (
        "25.0 % (10.0 to 50.0; n = 20)", "25.0 % (10.0 to 50.0; n = 20)", "–", "12.0", "20",
    )  # fmt: skip
    assert forgotten is not None
    assert forgotten.rows[0][2:] == ("old.txt", "1.500", "2.000", "+0.500", "900")
    bare = results({"other": {"sft": stage(100, 40, 9.0)}})
    assert tables.sets(bare) is error_tables.planted(bare) is tables.forgotten(bare) is None


@pytest.mark.parametrize("method", sorted(cost_plots.METHODS))
def test_every_method_that_is_drawn_has_a_name(method: str) -> None:
    assert method in token_costs.NAMES

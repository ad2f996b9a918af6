"""Ways to spend tokens: their marks, the best within a budget, and the tables and pictures that tell them."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from tests.made_up import results, stage
from train.analysis.reading import compared, primary
from train.report import extra_tables as beyond
from train.report import plots, spend_plots
from train.report import token_costs as spent
from train.report.canvas import ink
from train.statistics.closed_form import wilson


def solved(n: int, right: int, tokens: float) -> dict[str, Any]:
    whole = {"n": n, "solved": right / n, "ci95": wilson(right, n), "tokens": tokens}
    return {**whole, "levels": {"1": {**whole, "tokens": tokens / 2}, "2": whole}}


def drawn(tokens: float, *shares: float) -> dict[str, Any]:
    by_k = {str(2**power): share for power, share in enumerate(shares)}
    return {"n": 40, "samples": 2 ** (len(shares) - 1), "mean_new_tokens": tokens, "pass@k": by_k}


def measured(**more: Any) -> dict[str, Any]:
    """An arm that was asked in every way; level 1 costs it half."""
    found = stage(100, 30, 15.0, train_tokens=1_000, **more)
    for level, cell in found["levels"].items():
        found["levels"][level] = {**cell, "mean_new_tokens": 15.0 if level == "2" else 7.5}
    found["sampled"] = drawn(15.0, 0.3, 0.45, 0.6)
    found["methods"] = {
        "majority": {"1": solved(40, 12, 15.0), "4": solved(40, 14, 60.0)},
        "best_of_n": {"1": solved(40, 12, 15.0), "4": solved(40, 24, 60.0)},
        "tree": {"100": solved(20, 16, 70.0)},
        "budget_forcing": {"30": solved(20, 7, 33.0)},
    }
    return found


MADE = results({"plain": {"sft": measured()}, "journey": {"sft": stage(100, 60, 45.0, train_tokens=1_000)}})


def label(mark: spent.Mark | None) -> str:
    return "nothing" if mark is None else f"{mark.arm}, {mark.label}"


def test_the_best_choice_needs_no_perfect_selector() -> None:
    marks = spent.marks(MADE)
    assert {mark.label for mark in marks if mark.arm == "plain"} >= {
        "greedy", "pass@4", "majority of 4", "best of 4", "tree, 100 tokens", "forced to 30 tokens",
    }  # fmt: skip
    assert label(spent.best(marks, 14)) == "nothing"
    assert label(spent.best(marks, 15)) == "plain, greedy"
    assert label(spent.best(marks, 64)) == "journey, greedy", "best of 4 solves as much and costs more"
    assert label(spent.best(marks, 70)) == "plain, tree, 100 tokens"
    assert [label(mark) for mark in spent.frontier(marks)] == [
        "plain, greedy", "plain, forced to 30 tokens", "journey, greedy", "plain, tree, 100 tokens",
    ]  # fmt: skip


def test_the_choice_is_told_in_a_sentence_and_by_level() -> None:
    assert spent.told(MADE) == (
        "What solves most for the tokens spent on a problem: from 15 plain, greedy (30.0 %); from 33 plain, "
        "forced to 30 tokens (35.0 %); from 45 journey, greedy (60.0 %); from 70 plain, tree, 100 tokens "
        "(80.0 %)."
    )
    table = spent.choices(MADE)
    assert table is not None
    assert table.columns == ("budget", "all", "level 1", "level 2")
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["16"] == ("30.0 % (plain, greedy)",) * 3
    assert rows["128"][0] == "80.0 % (plain, tree, 100 tokens)"
    assert rows["64"][1] == "80.0 % (plain, tree, 100 tokens)", "level 1 takes half the tokens"
    assert rows["8"][0] == "none"
    plain = results({"plain": {"sft": stage(100, 30, 15.0, train_tokens=1_000)}})
    assert spent.choices(plain) is None, "there is nothing to choose from"


def test_token_costs_grow_with_parameters() -> None:
    large = stage(100, 60, 15.0, train_tokens=1_000, parameters=3_000_000)
    made = results({"small": {"sft": measured(parameters=1_000_000)}, "large": {"sft": large}})
    costs = {(mark.arm, mark.label): mark.cost for mark in spent.marks(made)}
    assert costs["large", "greedy"] == 45
    assert costs["small", "greedy"] == 15
    assert spent.unit(made) == "tokens of the smallest model"
    assert spent.unit(MADE) == "tokens a problem"


def test_arms_that_begin_alike_are_compared_where_they_part() -> None:
    made = results(
        {
            "one": {"sft": stage(100, 50, 9), "tuned": stage(100, 60, 9)},
            "two": {"sft": stage(100, 50, 9, same_as="one"), "tuned": stage(100, 70, 9)},
            "none": {"sft": stage(100, 50, 9, same_as="one")},
        }
    )
    assert compared(made) == {"one": "tuned", "two": "tuned", "none": "sft"}
    assert primary(made)["two"]["pass@1"] == 0.7
    with ink():
        assert "two SFT" not in plots.accuracy(made).alt


def test_every_way_is_in_the_pictures_without_a_warning() -> None:
    with warnings.catch_warnings(), ink():
        warnings.simplefilter("error")
        whole, by_level = spend_plots.tokens(MADE), spend_plots.by_level(MADE)
        dotted = plots.accuracy(results({"plain": {"sft": measured(by_seed=[0.2, 0.3, 0.4])}}))
    assert "plain tree, 100 tokens 80.0% at 70 tokens" in whole.alt
    assert "the teacher 96.0% at 40 tokens" in whole.alt
    assert by_level is not None
    assert "level 1: plain greedy 30.0% at 8 tokens" in by_level.alt
    assert dotted.note.endswith("Dots: seeds.")
    assert dotted.svg.count("<use") >= 3
    older = results({"plain": {"sft": stage(100, 30, 15.0)}})
    with ink():
        assert spend_plots.by_level(older) is None
        assert spend_plots.tokens(older).name == "tokens"


def test_tables_show_sets_planted_errors_and_forgetting() -> None:
    share = {"share": 0.25, "n": 20, "ci95": [0.1, 0.5]}
    never = {"share": None, "n": 0, "ci95": [0, 1]}
    found = stage(
        100,
        30,
        15.0,
        sets={"harder": {"n": 20, "pass@1": 0.1, "ci95": [0.0, 0.2], "unreadable": 0.5}},
        planted={"n": 20, "noticed": share, "solved": share, "solved_if_noticed": never, "tokens": 12.0},
        forgotten={"old.txt": {"tokens": 900, "before": 1.5, "after": 2.0}},
    )
    made = results({"plain": {"sft": found}, "other": {"sft": stage(100, 40, 9.0)}})
    sets, planted, forgotten = beyond.sets(made), beyond.planted(made), beyond.forgotten(made)
    assert sets is not None
    assert sets.columns[2:] == ("in distribution", "harder (n = 20)")
    assert [row[2:] for row in sets.rows] == [("30.0 % (21.9 to 39.6)", "10.0 % (0.0 to 20.0)")]
    assert "Words that the model's vocabulary lacks are in 50.0 % of harder." in sets.note
    assert planted is not None
    assert planted.rows[0][2:] == (
        "25.0 % (10.0 to 50.0; n = 20)", "25.0 % (10.0 to 50.0; n = 20)", "–", "12.0", "20",
    )  # fmt: skip
    assert forgotten is not None
    assert forgotten.rows[0][2:] == ("old.txt", "1.500", "2.000", "+0.500", "900")
    bare = results({"other": {"sft": stage(100, 40, 9.0)}})
    assert beyond.sets(bare) is beyond.planted(bare) is beyond.forgotten(bare) is None


@pytest.mark.parametrize("method", sorted(spend_plots.METHODS))
def test_every_method_that_is_drawn_has_a_name(method: str) -> None:
    assert method in spent.NAMES

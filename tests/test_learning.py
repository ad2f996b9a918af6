"""Learning curves as numbers: the tokens that a share takes, and claims about them."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.errors import InputError
from journey.runs.store import write_lines
from tests.made_up import results, stage
from train.analysis.evaluations import Evaluations
from train.analysis.judging import CONTRADICTED, SUPPORTED, UNDECIDED, Judgement, judge_together
from train.analysis.learning_curves import (
    SHARES,
    capped_tokens,
    curve_figures,
    tokens_to,
    tokens_to_difference,
    with_late_seeds,
)
from train.evaluation.curves import CURVE_FILE, Curve, read_curve
from train.recipe.claims import parse_claim, stage_of
from train.recipe.load import load_recipe
from train.recipe.metrics import missing_setting, parse_metric
from train.report import curve_plots, curve_tables
from train.report.canvas import COLOURS, ink

BUDGET = 4_000_000


def reaching(at: int | None, share: float = 0.9) -> Curve:
    """A curve that comes to a share after so many tokens, or never."""
    if at is None:
        return Curve((0, BUDGET), (0.0, share - 0.1), 200)
    return Curve((0, at, BUDGET), (0.0, share, 1.0), 200)


# --- the tokens to a share ---


@given(some.lists(some.floats(0, 1), min_size=1, max_size=15), some.floats(0.01, 1))
def test_tokens_to_a_share_agree_with_walking_along_the_curve(solved: list[float], share: float) -> None:
    tokens = tuple(1000 * at for at in range(len(solved)))
    result = tokens_to(Curve(tokens, tuple(solved), 50), share)
    walked = np.interp(np.arange(tokens[-1] + 1), tokens, solved)
    there = np.flatnonzero(walked >= share)
    if result is None:
        assert max(solved) < share
    else:
        assert there.size == 0 or result == pytest.approx(there[0], abs=1)


def test_a_share_that_the_start_solves_takes_no_tokens() -> None:
    curve = Curve((0, 100, 200), (0.6, 0.4, 0.8), 50)
    assert tokens_to(curve, 0.5) == 0, "first reached, though lost again"
    assert tokens_to(curve, 0.7) == 175


def test_a_curve_is_read_and_told_in_the_results(tmp_path: Path) -> None:
    rows = [
        {"step": step, "tokens": 100 * step, "n": 20, "pass@1": solved}
        for step, solved in ((0, 0.0), (4, 0.4), (8, 0.92))
    ]
    write_lines(tmp_path / CURVE_FILE, rows)
    curve = read_curve(tmp_path / CURVE_FILE)
    assert curve == Curve((0, 400, 800), (0.0, 0.4, 0.92), 20)
    assert read_curve(tmp_path / "none.jsonl") is None
    assert json.loads(json.dumps(curve_figures({0: curve, 3: reaching(None, 0.5)}))) == {
        "curve": {"0": [[0, 0.0], [400, 0.4], [800, 0.92]], "3": [[0, 0.0], [BUDGET, 0.4]]},
        "curve_problems": 20,
        "tokens_to": {
            "0.5": {"0": 477, "3": None},
            "0.9": {"0": 785, "3": None},
            "0.95": {"0": None, "3": None},
        },
    }
    assert curve_figures({}) == {}


def test_a_metric_has_one_value_a_seed(tmp_path: Path) -> None:
    for seed, solved in ((0, 0.95), (1, 0.5)):
        rows = [{"tokens": 0, "n": 20, "pass@1": 0.0}, {"tokens": 1000, "n": 20, "pass@1": solved}]
        write_lines(tmp_path / str(seed) / CURVE_FILE, rows)
    models = {seed: tmp_path / str(seed) for seed in (0, 1, 2)}
    outcomes = Evaluations("journey", "sft", {}, models=models)
    ids, values = outcomes.values("tokens_to(0.9)")
    assert list(outcomes.curves) == [0, 1], "seed 2 was trained without"
    assert (len(ids), values.shape) == (1, (2, 1))
    assert values[:, 0].tolist() == [947, 1000], "what is not reached counts as the budget"
    with pytest.raises(InputError, match="needs a learning curve"):
        Evaluations("journey", "sft", {}).values("tokens_to(0.9)")


def test_the_table_names_every_seed_and_what_was_never_reached() -> None:
    curves = {0: reaching(2_143_000), 2: reaching(None, 0.5)}
    made = results({"journey": {"sft": stage(100, 50, 9, curve_seconds=30.6, **curve_figures(curves))}})
    table = curve_tables.tokens_to(made)
    assert table is not None
    assert table.columns[3:6] == ("to 50 %", "to 90 %", "to 95 %")
    assert [row[:3] for row in table.rows] == [("journey", "SFT", "0"), ("journey", "SFT", "2")]
    assert table.rows[0][3:5] == ("1.19 M", "2.14 M")
    assert table.rows[1][3:] == ("never", "never", "never", "40.0 %", "4.00 M")
    assert "200 validation problems" in table.note and "31 s" in table.note
    assert curve_tables.tokens_to(results({"journey": {"sft": stage(100, 50, 9)}})) is None


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_plot_has_a_line_for_every_seed(seeds: int) -> None:
    curves = {seed: reaching(2_000_000 + 1000 * seed) for seed in range(seeds)}
    arms = {
        name: {"sft": stage(100, 50, 9, converged=name == "a", **curve_figures(curves))}
        for name in ("a", "b")
    }
    with warnings.catch_warnings(), ink():
        warnings.simplefilter("error")
        plot = curve_plots.curve(results(arms))
        assert curve_plots.curve(results({"a": {"sft": stage(100, 50, 9)}})) is None
    assert plot is not None
    word = "1 seed: 100.0 %" if seeds == 1 else "3 seeds: 100.0 % to 100.0 %"
    assert f"a, {word} after 4.00 M tokens, converged; b, {word} after 4.00 M tokens, not" in plot.alt
    for colour in COLOURS[:2]:
        drawn = re.findall(rf'clip-path="[^"]*" style="fill: none;[^"]* stroke: {colour.lower()}', plot.svg)
        assert len(drawn) == (1 if seeds == 1 else seeds + 1), "every seed, and the mean of several"


# --- claims about it ---


def judged_alone(text: str, first: dict[int, Curve], second: dict[int, Curve]) -> Judgement:
    """The only claim of a recipe."""
    claim = parse_claim(text)
    (judged,) = judge_together([(claim, tokens_to_difference(claim, first, second))])
    return with_late_seeds(judged, claim, first, second)


M = 1_000_000
FAST = [1.0 * M, 1.1 * M, 0.9 * M]
SLOW = [2.0 * M, 2.2 * M, 2.1 * M]
LATE = [2.0 * M, None, 2.1 * M]
NEVER = [None, None, None]


@pytest.mark.parametrize(
    ("text", "first", "second", "verdict"),
    [
        ("a < b on tokens_to(0.9)", FAST, SLOW, SUPPORTED),
        ("a > b on tokens_to(0.9)", FAST, SLOW, CONTRADICTED),
        ("a < b by 500000 on tokens_to(0.9)", FAST, SLOW, SUPPORTED),
        ("a < b by 1100000 on tokens_to(0.9)", FAST, SLOW, UNDECIDED),
        ("a < b by 2000000 on tokens_to(0.9)", FAST, SLOW, CONTRADICTED),
        ("a ~ b within 2000000 on tokens_to(0.9)", FAST, SLOW, SUPPORTED),
        ("a < b on tokens_to(0.9)", FAST[:1], SLOW[:1], UNDECIDED),
        # A side that is late takes at least its budget: more would only make these the surer,
        ("a < b on tokens_to(0.9)", FAST, NEVER, SUPPORTED),
        ("a < b on tokens_to(0.9)", NEVER, FAST, CONTRADICTED),
        ("a > b on tokens_to(0.9)", NEVER, FAST, SUPPORTED),
        ("a ~ b within 100000 on tokens_to(0.9)", FAST, NEVER, CONTRADICTED),
        # and these might turn out otherwise.
        ("a < b by 3500000 on tokens_to(0.9)", FAST, NEVER, UNDECIDED),
        ("a ~ b within 3500000 on tokens_to(0.9)", FAST, NEVER, UNDECIDED),
        ("a < b on tokens_to(0.9)", NEVER, NEVER, UNDECIDED),
        ("a ~ b within 100000 on tokens_to(0.9)", NEVER, NEVER, UNDECIDED),
        ("a < b on tokens_to(0.9)", LATE, NEVER, UNDECIDED),
    ],
)
def test_a_claim_about_tokens_is_judged_over_seeds(
    text: str, first: list[float | None], second: list[float | None], verdict: str
) -> None:
    sides = [
        {seed: reaching(None if at is None else int(at)) for seed, at in enumerate(side)}
        for side in (first, second)
    ]
    result = judged_alone(text, *sides)
    assert result.verdict == verdict
    assert (result.n, result.seeds) == (200, len(first))
    assert -BUDGET <= result.ci95[0] <= result.delta <= result.ci95[1] <= BUDGET
    assert (result.needs is not None) == (verdict == UNDECIDED)
    late = [name for name, side in (("a", first), ("b", second)) if None in side]
    assert [f"{name} does not reach 90 %" in str(result.note) for name in ("a", "b")] == [
        name in late for name in ("a", "b")
    ]


def test_the_interval_is_students_over_the_seeds_of_both_sides() -> None:
    from scipy.stats import ttest_rel

    one, other = [1.0 * M, 1.4 * M, 0.8 * M, 1.1 * M], [1.2 * M, 1.3 * M, 1.3 * M, 1.0 * M]
    sides = [{seed: reaching(int(at)) for seed, at in enumerate(side)} for side in (one, other)]
    result = judged_alone("a < b on tokens_to(0.9)", sides[0], {**sides[1], 9: reaching(5)})
    expected = ttest_rel(one, other).confidence_interval()
    assert result.ci95 == pytest.approx((expected.low, expected.high))
    assert "seeds instead of 4" in str(result.needs)
    with pytest.raises(InputError, match="no seed of a and b has a learning curve"):
        judged_alone("a < b on tokens_to(0.9)", sides[0], {})


def test_what_is_not_reached_counts_as_the_budget() -> None:
    curves = [reaching(1_000_000), reaching(None)]
    assert capped_tokens(curves, 0.9).tolist() == [[1_000_000], [BUDGET]]
    assert SHARES == (0.5, 0.9, 0.95)


# --- the words of claims and recipes ---


@pytest.mark.parametrize(
    ("words", "at_budget", "tokens"),
    [
        ("", False, None),
        (" at the budget", True, None),
        (" at 4M tokens", True, 4_000_000),
        (" at 1.8 M tokens", True, 1_800_000),
        (" at 30k tokens", True, 30_000),
        (" at 4,000,000 tokens", True, 4_000_000),
    ],
)
@pytest.mark.parametrize("metric", ["pass@1", "tokens", "pass@1 in harder", "best_of_n@4 against pass@1"])
def test_a_claim_may_name_its_budget(metric: str, words: str, at_budget: bool, tokens: int | None) -> None:
    claim = parse_claim(f"journey > shortcut by 3 on {metric}{words}")
    assert (claim.at_budget, claim.tokens) == (at_budget, tokens)
    assert claim.metric == metric.partition(" against ")[0]


@pytest.mark.parametrize("words", ["at a budget", "at 4M", "at tokens", "at the budget on tokens"])
def test_a_budget_that_is_none_is_reported(words: str) -> None:
    with pytest.raises(InputError, match="not a claim"):
        parse_claim(f"journey > shortcut on pass@1 {words}")


def test_another_budget_than_the_recipes_is_refused() -> None:
    load_recipe("laptop", ["claims=[journey > shortcut on pass@1 at 1.5M tokens]"])
    with pytest.raises(InputError, match="the budget of journey is 1,500,000 tokens"):
        load_recipe("laptop", ["claims=[journey > shortcut on pass@1 at 3M tokens]"])
    with pytest.raises(InputError, match="the budget of journey is 50 tokens"):
        load_recipe("laptop", ["claims=[journey > shortcut on pass@1 at 1.5M tokens]", "training.tokens=50"])


def test_the_share_of_a_metric_is_read() -> None:
    for text, share in (("tokens_to(0.9)", 0.9), ("tokens_to(.5)", 0.5), ("tokens_to(1)", 1.0)):
        assert parse_metric(text).share == share
    for text in ("tokens_to", "tokens_to(0)", "tokens_to(1.5)", "tokens_to(90)", "tokens_to(0.9) in harder"):
        with pytest.raises(InputError, match=r"no metric|needs a share above 0"):
            parse_metric(text)
    with pytest.raises(InputError, match="compares training tokens with tokens"):
        parse_claim("a < b on tokens_to(0.9) against tokens")


def test_a_claim_about_tokens_to_a_share_needs_a_curve() -> None:
    text = "claims=[journey < shortcut on tokens_to(0.9)]"
    recipe = load_recipe("laptop", [text])
    claim = parse_claim(recipe.claims[0])
    stages = [stage_of(recipe.arm(side.arm), side, metric).name for side, metric in claim.sides]
    assert stages == ["sft", "sft"], "the last stage that has a curve, and not dpo"
    with pytest.raises(InputError, match=r"not measured: raise evaluation\.curve\.points above 0"):
        load_recipe("laptop", [text, "evaluation.curve.points=0"])
    with pytest.raises(InputError, match="dpo of journey has no learning curve"):
        load_recipe("laptop", ["claims=[journey.dpo < shortcut on tokens_to(0.9)]"])
    assert missing_setting(parse_metric("tokens_to(0.9)"), recipe.arm("journey"), recipe.evaluation) is None

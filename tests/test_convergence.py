"""When arms are ripe to be compared, on curves and outcomes that are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from tests.made_up import changed, results, stage
from train.analysis.convergence import (
    ONE_SEED,
    Convergence,
    judge_training,
    not_converged,
    rise_of,
    spread_of,
    withheld,
)
from train.analysis.judging import CONTRADICTED, SUPPORTED, UNDECIDED, Judgement, Verdict
from train.analysis.learning_curves import curve_figures
from train.analysis.results_schema import JudgedClaim
from train.evaluation.curves import Curve
from train.recipe.claims import parse_claim
from train.report import claims, curve_tables, tables
from train.report.summary import answers, table

BUDGET, POINTS, PROBLEMS = 4_000_000, 12, 200
TOKENS = tuple(round(BUDGET * at / POINTS) for at in range(POINTS + 1))
X = np.array(TOKENS) / BUDGET

Values = NDArray[np.float64]
Shape = Callable[[Values], Values]


def flat(x: Values) -> Values:
    """Learns in the first third, and then no more."""
    return 0.48 * np.minimum(1, 3 * x)


def rising(x: Values) -> Values:
    """Half way up a steep curve, as the journey arm of the recipe `laptop` once was."""
    return 0.9 / (1 + np.exp(-12 * (x - 0.8)))


def ceiling(x: Values) -> Values:
    """Solves everything, the last of it in the last third."""
    return np.minimum(1, 1.2 * x)


def decayed(x: Values) -> Values:
    """A plateau, and 2 points more as the learning rate decays."""
    return flat(x) + 0.02 * np.maximum(0, 3 * x - 2)


def cut_off(x: Values) -> Values:
    """Still learning until the learning rate is next to 0; then flat, for the schedule's sake."""
    return 0.7 * np.sin(np.pi / 2 * np.minimum(1, x / 0.92))


def unlearned(x: Values) -> Values:
    """Has not begun."""
    return 0 * x


def drawn(shape: Shape, seeds: int, number: int = 0, wobble: float = 0.0) -> list[Curve]:
    """Curves of this shape with the noise of the problems; `wobble` is the training's own."""
    rng = np.random.default_rng(number)
    noise = rng.normal(0, wobble, (seeds, len(X)))
    solved = rng.binomial(PROBLEMS, np.clip(shape(X) + noise, 0, 1)) / PROBLEMS
    return [Curve(TOKENS, tuple(map(float, row)), PROBLEMS) for row in solved]


def outcomes(*shares: float, n: int = 1000, nested: bool = False, number: int = 0) -> Values:
    """What seeds that solve these shares made of the problems; `nested`: the easier ones first, in all."""
    rng = np.random.default_rng(number)
    difficulty = rng.random(n) if nested else rng.random((len(shares), n))
    return (difficulty < np.array(shares)[:, None]).astype(float)


def exactly(*right: int, n: int = 1000, nested: bool = False) -> Values:
    """The outcomes of seeds that solve exactly so many of the problems."""
    order = np.random.default_rng(0).permuted(np.tile(np.arange(n), (len(right), 1)), axis=1)
    ranks = np.arange(n)[None] if nested else order
    return (ranks < np.array(right)[:, None]).astype(float)


# --- the cases that the verdict is for ---


@pytest.mark.parametrize(
    ("shape", "converged", "words"),
    [
        (flat, True, " points over the last 33 % of training, within noise; 3 seeds agree"),
        (decayed, True, " points over the last 33 % of training, within noise; 3 seeds agree"),
        (ceiling, True, "100.0 % solved, which leaves too little to gain; 3 seeds agree"),
        (rising, False, "not converged: journey still gained "),
        (cut_off, False, "points over its last 33 % of training; more tokens would change this"),
        (unlearned, None, "journey solves next to nothing, and may not have begun to rise"),
    ],
)
def test_a_curve_of_each_kind(shape: Shape, converged: bool | None, words: str) -> None:
    last = float(shape(X)[-1])
    result = judge_training("journey", drawn(shape, 3), outcomes(last, last, last))
    assert (result.converged, words in result.why) == (converged, True), result.why


@pytest.mark.parametrize("nested", [False, True])
def test_only_the_arm_whose_seeds_differ_is_caught(nested: bool) -> None:
    """The measured shares that started this: seeds 0 to 3 of one recipe, 1,000 problems, no curves."""
    journey = judge_training("journey", [], exactly(827, 796, 682, 442, nested=nested))
    shortcut = judge_training("shortcut", [], exactly(483, 475, 453, 476, nested=nested))
    assert journey.converged is False
    assert journey.why == (
        "not converged: the seeds of journey lie 44 to 83 %, further apart than 1,000 problems explain"
    )
    assert shortcut.converged is None
    assert shortcut.why == "unknown: no learning curve says whether shortcut still rises; 4 seeds agree"


def test_seeds_may_split_though_their_curves_are_flat() -> None:
    result = judge_training("k2", drawn(flat, 2), outcomes(0.4, 0.9))
    assert result.converged is False
    assert "the seeds of k2 lie " in result.why and "gained" not in result.why


def test_both_signs_are_reported() -> None:
    result = judge_training("journey", drawn(rising, 4), outcomes(0.827, 0.796, 0.682, 0.442))
    assert "still gained" in result.why and "further apart than" in result.why


def test_near_the_ceiling_a_small_spread_condemns_nobody() -> None:
    right = outcomes(0.999, 0.97, 0.995, n=5000, nested=True)
    result = spread_of(right)
    assert result is not None and result.p < 1e-6
    assert judge_training("journey", drawn(ceiling, 3), right).converged is True


def test_one_seed_says_nothing_about_seeds() -> None:
    assert spread_of(outcomes(0.5)) is None
    for shape, converged in ((flat, True), (rising, False)):
        result = judge_training("a", drawn(shape, 1), outcomes(0.5))
        assert (result.converged, result.why.endswith(f"; {ONE_SEED}")) == (converged, True)
    assert judge_training("a", [], outcomes(0.5)).converged is None


def test_a_later_stage_inherits_missing_convergence() -> None:
    first = judge_training("journey", drawn(rising, 3), outcomes(0.8, 0.8, 0.8))
    later = judge_training("journey", [], outcomes(0.82, 0.82, 0.82), before=first)
    assert later.why == first.why
    tuned = judge_training("journey", drawn(flat, 3), outcomes(0.5, 0.5, 0.5), before=first)
    assert tuned.converged is True, "a curve of its own counts"


def test_a_rise_that_is_sure_but_small_does_not_matter() -> None:
    many = [Curve(TOKENS, tuple(0.5 + 0.06 * X), 100_000)]
    result = judge_training("a", many, outcomes(0.5))
    assert result.converged is True
    assert result.why.startswith("converged: +2.0 points over the last 33 % of training, too few to matter; ")


def test_few_points_are_judged_and_two_are_needed() -> None:
    thirds = Curve((0, 30, 60, 90), (0.0, 0.1, 0.3, 0.7), 200)
    result = rise_of([thirds])
    assert result is not None and result.matters
    assert result.gain == pytest.approx(0.4) and result.part == pytest.approx(1 / 3)
    halves = rise_of([Curve((0, 45, 90), (0.0, 0.2, 0.7), 200)])
    assert halves is not None and halves.part == pytest.approx(1 / 2)
    assert rise_of([Curve((0,), (0.3,), 200)]) is None
    assert rise_of([]) is None


# --- how often it is wrong ---


def share_caught(shape: Shape, seeds: int, wobble: float = 0.0) -> float:
    result = [rise_of(drawn(shape, seeds, number, wobble)) for number in range(400)]
    return sum(rise is not None and rise.matters for rise in result) / len(result)


@pytest.mark.parametrize("seeds", [1, 3])
def test_noise_and_rise_are_seldom_confused(seeds: int) -> None:
    assert share_caught(flat, seeds) < 0.06
    assert share_caught(flat, seeds, wobble=0.03) < 0.12
    assert share_caught(lambda x: flat(x) + 0.12 * np.maximum(0, 3 * x - 2), seeds) > 0.75


def test_equal_seeds_are_seldom_found_to_lie_apart() -> None:
    result = [spread_of(outcomes(*[0.7] * 4, n=100, number=number)) for number in range(400)]
    assert sum(each is not None and each.p < 0.05 for each in result) / 400 == pytest.approx(0.05, abs=0.03)
    assert sum(each is not None and each.matters for each in result) / 400 < 0.02


# --- beside other ways to count ---


@given(some.lists(some.tuples(some.booleans(), some.booleans()), min_size=2, max_size=60))
def test_for_two_seeds_cochrans_test_is_mcnemars(pairs: list[tuple[bool, bool]]) -> None:
    from scipy.stats import chi2

    result = spread_of(np.array(pairs, dtype=float).T)
    only_first, only_second = (sum(pair == both for pair in pairs) for both in ((True, False), (False, True)))
    differing = only_first + only_second
    expected = chi2.sf((only_first - only_second) ** 2 / differing, 1) if differing else 1.0
    assert result is not None and result.p == pytest.approx(expected)


def test_cochrans_test_agrees_with_permutations() -> None:
    right = outcomes(0.6, 0.66, 0.7, n=120, nested=True, number=5)
    rng = np.random.default_rng(0)
    spread = right.sum(axis=1).var()
    drawn_again = [rng.permuted(right, axis=0).sum(axis=1).var() >= spread for _ in range(4000)]
    result = spread_of(right)
    assert result is not None and result.p == pytest.approx(float(np.mean(drawn_again)), abs=0.02)


def test_the_deviation_is_that_of_the_seeds_alone() -> None:
    """Of shares that vary by 8 points it finds 8, though 200 problems add 3 of their own."""
    rng = np.random.default_rng(0)
    squares = []
    for number in range(300):
        result = spread_of(outcomes(*rng.normal(0.5, 0.08, 4), n=200, number=number))
        assert result is not None
        squares.append(result.deviation**2)
    assert float(np.mean(squares)) ** 0.5 == pytest.approx(0.08, abs=0.008)


# --- what becomes of claims, sentences and tables ---


def figures(arm: str, shape: Shape, right: Values) -> dict[str, Any]:
    curves = drawn(shape, len(right))
    verdict: Convergence = judge_training(arm, curves, right)
    seeds = dict(enumerate(curves))
    return stage(
        right.shape[1], int(right.mean() * right.shape[1]), 15, train_tokens=BUDGET, seeds=list(seeds),
        curve_seconds=31.4, **curve_figures(seeds), converged=verdict.converged, why=verdict.why,
    )  # fmt: skip


RESULTS = results(
    {
        "shortcut": {"sft": figures("shortcut", flat, outcomes(0.48, 0.47, 0.49))},
        "journey": {"sft": figures("journey", rising, outcomes(0.83, 0.79, 0.44))},
    }
)


def judged_as(text: str, verdict: Verdict, **more: Any) -> Judgement:
    """A claim that was judged by its interval alone."""
    fields: dict[str, Any] = {
        "delta": 0.2, "ci95": (0.1, 0.3), "n": 1000, "clusters": 100, "seeds": 3, "p": 0.001,
        "p_holm": 0.001, "minimum_detectable": 0.05, "needs": None,
    }  # fmt: skip
    return Judgement(claim=text, verdict=verdict, **{**fields, **more})


SURE = judged_as("journey > shortcut on pass@1", SUPPORTED)


@pytest.mark.parametrize(
    ("text", "ripe"),
    [
        ("journey > shortcut on pass@1", False),
        ("journey.sft < shortcut on tokens", False),
        ("journey > shortcut by 10 on pass@1 at the budget", True),
        ("journey > shortcut on pass@1 in harder at 4M tokens", True),
        ("journey < shortcut on tokens_to(0.9)", True),
    ],
)
def test_an_unripe_claim_is_undecided_unless_at_the_budget(text: str, ripe: bool) -> None:
    reason = not_converged(RESULTS.arms, parse_claim(text))
    judged = judged_as(text, SUPPORTED)
    if ripe:
        assert reason is None
        assert withheld(judged, RESULTS.arms) == judged
    else:
        assert reason is not None and reason.startswith("not converged: the seeds of journey lie ")
        assert "shortcut" not in reason
        result = withheld(judged, RESULTS.arms)
        assert (result.verdict, result.note, result.delta) == (UNDECIDED, reason, 0.2)
        assert result.needs == "more training tokens; or the claim may say `at the budget`"


def test_a_reason_that_two_stages_share_is_reported_once() -> None:
    sft = figures("journey", rising, outcomes(0.7, 0.7, 0.7))
    staged = results({"journey": {"sft": sft, "dpo": sft}})
    reason = not_converged(staged.arms, parse_claim("journey.dpo > journey.sft on pass@1"))
    assert reason is not None and reason.count("still gained") == 1


def test_a_claim_between_ripe_arms_is_judged_as_it_was() -> None:
    ripe = results({"a": {"sft": figures("a", flat, outcomes(0.5, 0.5))}, "b": {"sft": stage(100, 20, 9)}})
    judged = judged_as("a > b on pass@1", CONTRADICTED)
    assert withheld(judged, ripe.arms) == judged


def test_the_headline_the_tables_and_the_claims_say_so() -> None:
    judged = [{**asdict(withheld(SURE, RESULTS.arms)), "registered": None}]
    output = answers(changed(RESULTS, claims=judged))
    assert "Not converged: the seeds of journey lie " in output[0]
    assert "further apart than 1,000 problems explain; journey still gained " in output[0]
    assert output[0].endswith("more tokens would change this.")
    assert "the seeds of shortcut" not in output[0]
    assert output[-1].startswith("? undecided: journey > shortcut on pass@1 (+20.0 points")
    assert "3 seeds; not converged: the seeds of journey lie " in output[-1]
    assert output[-1].endswith("or the claim may say `at the budget`).")
    rows = tables.figures(RESULTS)
    assert [row[2][-1] for row in rows.rows] == ["%", "†", "%"]
    assert "† Not converged." in rows.note
    assert table({"run": RESULTS}).caption == "† not converged"
    verdicts = curve_tables.convergence(RESULTS)
    assert verdicts is not None
    assert [(*row[:2], row[2].partition(":")[0]) for row in verdicts.rows] == [
        ("shortcut", "SFT", "converged"),
        ("journey", "SFT", "not converged"),
    ]
    needs = claims.table(changed(RESULTS, claims=judged))
    assert needs is not None and needs.rows[0][2].startswith("not converged: the seeds of journey lie ")


def test_one_seed_is_reported_next_to_the_comparison() -> None:
    ones = {arm: {"sft": figures(arm, flat, outcomes(0.5))} for arm in ("shortcut", "journey")}
    output = answers(results(ones))[0]
    assert output.endswith("). One seed: how training varies is unknown.")
    older = results({arm: {"sft": stage(100, 50, 9)} for arm in ("shortcut", "journey")})
    assert answers(older)[0].endswith(").")


def test_a_judged_claim_is_reported_with_its_note() -> None:
    interval = (-2_000_000, -1_000_000)
    text, note = "a < b on tokens_to(0.9)", "b does not reach 90 %"
    judged = judged_as(text, SUPPORTED, delta=-1_500_000, ci95=interval, n=200, note=note)
    assert claims.sentence(JudgedClaim(**asdict(judged), registered=None)) == (
        "✓ supported: a < b on tokens_to(0.9) (-1,500,000 training tokens, 95 % interval -2,000,000 to "
        "-1,000,000, p = 0.001, 200 problems in 100 clusters, 3 seeds; b does not reach 90 %)."
    )

"""Claims about arms: what they say, and how they end."""

from __future__ import annotations

from itertools import chain, combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from journey.errors import InputError
from train.analysis.judging import CONTRADICTED, SUPPORTED, UNDECIDED, Judgement, judge_together
from train.recipe.claims import Side, parse_claim
from train.statistics.closed_form import holm
from train.statistics.resampling import Cells, Estimate, estimate


@pytest.mark.parametrize(
    ("text", "sides", "margin"),
    [
        ("journey > shortcut on pass@1", (Side("journey", None), Side("shortcut", None)), 0.0),
        ("a.dpo < a.sft by 2.5 on pass@8", (Side("a", "dpo"), Side("a", "sft")), 0.025),
        ("a ~ b within 3 on tokens", (Side("a", None), Side("b", None)), 3.0),
    ],
)
def test_a_claim_is_read(text: str, sides: tuple[Side, Side], margin: float) -> None:
    claim = parse_claim(text)
    assert (claim.first, claim.second) == sides
    assert claim.margin == margin


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("journey beats shortcut", "An example is `journey > shortcut by 30 on pass@1`"),
        ("a > b on beauty", "not a claim"),
        ("a ~ b on pass@1", "needs a margin"),
        ("a > a on pass@1", "compares a with itself"),
        ("a > b by ten on pass@1", "not a claim"),
    ],
)
def test_a_claim_that_is_none_is_reported(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_claim(text)


def found_of(differences: Any, clusters: int | None = None) -> Estimate:
    array = np.array(differences, dtype=float)
    many = clusters or array.shape[1]
    return estimate(Cells.of(array, [str(place % many) for place in range(array.shape[1])]))


def judged(text: str, differences: Any) -> Judgement:
    (result,) = judge_together([(parse_claim(text), found_of(differences))])
    return result


CLEAR = [[1.0] * 60 + [0.0] * 40] * 3
NOISE = [[1.0, -1.0] * 50, [-1.0, 1.0] * 50, [1.0, -1.0] * 49 + [1.0, 0.0]]


@pytest.mark.parametrize(
    ("text", "differences", "verdict"),
    [
        ("a > b on pass@1", CLEAR, SUPPORTED),
        ("a < b on pass@1", CLEAR, CONTRADICTED),
        ("a > b by 40 on pass@1", CLEAR, SUPPORTED),
        ("a > b by 60 on pass@1", CLEAR, UNDECIDED),
        ("a > b by 80 on pass@1", CLEAR, CONTRADICTED),
        ("a < b by 10 on pass@1", -np.array(CLEAR), SUPPORTED),
        ("a ~ b within 75 on pass@1", CLEAR, SUPPORTED),
        ("a ~ b within 65 on pass@1", CLEAR, UNDECIDED),
        ("a ~ b within 10 on pass@1", CLEAR, CONTRADICTED),
        ("a ~ b within 10 on pass@1", -np.array(CLEAR), CONTRADICTED),
        ("a > b on pass@1", NOISE, UNDECIDED),
    ],
)
def test_a_claim_ends_as_its_interval_says(text: str, differences: Any, verdict: str) -> None:
    """A claim that stands alone needs no correction, so its interval and its test agree."""
    result = judged(text, differences)
    assert result.verdict == verdict
    assert (result.needs is None) == (verdict != UNDECIDED)
    assert (result.n, result.clusters, result.seeds) == (100, 100, 3)
    assert result.p == result.p_holm
    claim = parse_claim(text)
    edges = (-claim.margin, claim.margin) if claim.relation == "~" else (
        claim.margin if claim.relation == ">" else -claim.margin,)  # fmt: skip
    assert any(result.ci95[0] <= edge <= result.ci95[1] for edge in edges) == (verdict == UNDECIDED)


def test_an_undecided_claim_says_what_would_decide_it() -> None:
    rng = np.random.default_rng(0)
    # No difference between seeds: more problems help. 200 problems, mean near 0.05, deviation 0.5.
    problems = np.repeat(rng.normal(0.05, 0.5, 200)[None], 3, axis=0)
    problems += 0.05 - problems.mean()
    result = judged("a > b on pass@1", problems)
    assert result.verdict == UNDECIDED
    number = int(str(result.needs).split()[1].replace(",", ""))
    assert 350 <= number <= 500, "(1.96 * 0.5 / 0.05)² is 384"
    assert str(result.needs).endswith("problems instead of 200, which would support it")
    against = judged("a < b on pass@1", problems)
    assert against.needs == str(result.needs).replace("support", "contradict"), "it points the other way"
    # The same problems in 40 clusters: it is those that there must be more of.
    (few,) = judge_together([(parse_claim("a > b on pass@1"), found_of(problems, clusters=40))])
    assert "clusters of problems instead of 40" in str(few.needs)
    # All of it between seeds: no number of problems helps.
    seeds = np.array([[0.3] * 200, [-0.1] * 200, [0.05] * 200]) + rng.normal(0, 0.01, (3, 200))
    assert "seeds instead of 3" in str(judged("a > b on pass@1", seeds).needs)
    # A large difference that two degrees of freedom leave open: t falls fast with more seeds.
    large = np.array([[0.45] * 200, [0.65] * 200, [0.2] * 200]) + rng.normal(0, 0.01, (3, 200))
    assert "about 4 seeds instead of 3, which would support it" in str(judged("a > b on pass@1", large).needs)
    one = judged("a > b on pass@1", [[1.0, -1.0] * 50])
    assert "one seed does not show how training varies" in str(one.needs)


@given(some.lists(some.floats(0, 0.2), min_size=1, max_size=6))
def test_holm_rejects_all_that_bonferroni_rejects(p_values: list[float]) -> None:
    """Holm's procedure is the closed test of Bonferroni's (Marcus, Peritz & Gabriel 1976)."""
    many = range(len(p_values))
    sets = list(chain.from_iterable(combinations(many, size + 1) for size in many))

    def closed(place: int, alpha: float) -> bool:
        return all(min(p_values[at] for at in each) * len(each) <= alpha for each in sets if place in each)

    for place, adjusted in enumerate(holm(p_values)):
        if adjusted < 1:
            assert closed(place, adjusted + 1e-12)
        assert not closed(place, adjusted - 1e-9)


def test_a_recipe_s_claims_are_corrected_together() -> None:
    weak = found_of([[1.0] * 10 + [0.0] * 86 + [-1.0] * 4])
    assert weak.interval()[0] < 0 < 2 * weak.mean
    clear = found_of([[1.0] * 11 + [0.0] * 86 + [-1.0] * 3])
    claims = [parse_claim(f"{name} > b on pass@1") for name in ("c", "d", "e")]
    (alone,) = judge_together([(claims[0], clear)])
    assert alone.verdict == SUPPORTED
    together = judge_together([(claims[0], clear), (claims[1], weak), (claims[2], "not measured")])
    assert [each.verdict for each in together] == [UNDECIDED] * 3
    assert together[0].p == alone.p
    assert together[0].p_holm == pytest.approx(3 * alone.p)
    assert together[0].ci95 == alone.ci95
    assert together[2].needs == "not measured"
    (counted,) = judge_together([(claims[0], clear)], family=3)
    assert counted.p_holm == pytest.approx(3 * alone.p), "a claim that is not tested counts all the same"


def arms(rng: np.random.Generator, seeds: int, clusters: int, effect: float) -> Estimate:
    """The difference of two arms whose seeds and clusters vary by 0.05 each, 5 problems a cluster."""
    parts = rng.normal(0, 0.05, (seeds, 1)) + rng.normal(0, 0.05, (1, clusters))
    cells = effect + parts + rng.normal(0, 0.05, (seeds, clusters))
    return estimate(Cells(5 * cells, np.full_like(cells, 5.0), 5 * clusters))


@pytest.mark.parametrize("seeds", [1, 3, 8])
def test_false_claims_are_seldom_decided(seeds: int) -> None:
    """Four claims at the edge of what they claim: 5 of 100 families may decide one, 11 by chance."""
    rng = np.random.default_rng(seeds)
    texts = ("a > b on pass@1", "a < b on pass@1", "a > b by 10 on pass@1", "a ~ b within 30 on pass@1")
    edges = (0.0, 0.0, 0.1, 0.3)
    wrong = alone = 0
    trials = 120
    for _ in range(trials):
        result = [arms(rng, seeds, 12, edge) for edge in edges]
        if seeds == 1:
            # One seed: the truth is that of this training, which the claim is then about.
            result = [arms_of_one_training(rng, edge) for edge in edges]
        claims = list(map(parse_claim, texts))
        wrong += any(
            each.verdict != UNDECIDED for each in judge_together(list(zip(claims, result, strict=True)))
        )
        alone += any(
            judge_together([pair])[0].verdict != UNDECIDED for pair in zip(claims, result, strict=True)
        )
    assert wrong <= 0.11 * trials
    assert alone >= wrong


def arms_of_one_training(rng: np.random.Generator, effect: float) -> Estimate:
    cells = effect + rng.normal(0, 0.05, (1, 12))
    return estimate(Cells(5 * cells, np.full_like(cells, 5.0), 60))


def test_the_minimum_detectable_difference_is_detected() -> None:
    """At the smallest detectable difference 80 of 100 are; the variance is conservative, so rather more."""
    rng = np.random.default_rng(0)
    claim = parse_claim("a > b on pass@1")
    message = [judge_together([(claim, arms(rng, 8, 30, 0.0))])[0].minimum_detectable for _ in range(60)]
    size = float(np.median([each for each in message if each is not None]))
    truth = (0.05**2 / 8 + 0.05**2 / 30 + 0.05**2 / 240) ** 0.5
    assert (stats.norm.isf(0.025) + stats.norm.isf(0.2)) * truth < size < 3.7 * truth
    result = [judge_together([(claim, arms(rng, 8, 30, size))])[0].verdict for _ in range(150)]
    assert 0.7 <= np.mean([verdict == SUPPORTED for verdict in result]) <= 0.95
    same = parse_claim("a ~ b within 1 on pass@1")
    (equal,) = judge_together([(same, arms(rng, 8, 30, 0.0))])
    assert equal.minimum_detectable is not None
    margin = f"a ~ b within {100 * equal.minimum_detectable:.1f} on pass@1"
    result = [judge_together([(parse_claim(margin), arms(rng, 8, 30, 0.0))])[0].verdict for _ in range(150)]
    assert np.mean([verdict == SUPPORTED for verdict in result]) >= 0.6


def test_of_several_claims_the_detectable_difference_is_larger() -> None:
    result = found_of(NOISE)
    claims = [parse_claim(f"{name} > b on pass@1") for name in ("c", "d", "e")]
    (alone,) = judge_together([(claims[0], result)])
    together = judge_together([(claim, result) for claim in claims])
    assert alone.minimum_detectable is not None
    assert together[0].minimum_detectable is not None
    assert together[0].minimum_detectable > alone.minimum_detectable
    by_ten = judged("a > b by 10 on pass@1", NOISE).minimum_detectable
    assert by_ten == pytest.approx(alone.minimum_detectable + 0.1)

"""Claims about arms: what they say, and how they end."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.errors import InputError
from train.claims import CONTRADICTED, SUPPORTED, UNDECIDED, Side, judge, parse_claim
from train.stats import interval_over_seeds, paired_over_seeds


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
    ("text", "said"),
    [
        ("journey beats shortcut", "Say for example `journey > shortcut by 30 on pass@1`"),
        ("a > b on beauty", "not a claim"),
        ("a ~ b on pass@1", "needs a margin"),
        ("a > a on pass@1", "compares a with itself"),
        ("a > b by ten on pass@1", "not a claim"),
    ],
)
def test_a_claim_that_is_none_is_told(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parse_claim(text)


def judged(text: str, differences: Any) -> Any:
    array = np.array(differences, dtype=float)
    found = paired_over_seeds(array)
    return judge(parse_claim(text), array, found.delta, found.ci95)


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
        ("a ~ b within 75 on pass@1", CLEAR, SUPPORTED),
        ("a ~ b within 10 on pass@1", CLEAR, CONTRADICTED),
        ("a > b on pass@1", NOISE, UNDECIDED),
    ],
)
def test_a_claim_ends_as_its_interval_says(text: str, differences: Any, verdict: str) -> None:
    found = judged(text, differences)
    assert found.verdict == verdict
    assert (found.needs is None) == (verdict != UNDECIDED)
    assert (found.n, found.seeds) == (100, 3)


def test_an_undecided_claim_says_what_would_decide_it() -> None:
    rng = np.random.default_rng(0)
    # No difference between seeds: more problems help. 200 problems, mean near 0.05, deviation 0.5.
    problems = np.repeat(rng.normal(0.05, 0.5, 200)[None], 3, axis=0)
    problems += 0.05 - problems.mean()
    found = judged("a > b on pass@1", problems)
    assert found.verdict == UNDECIDED
    number = int(found.needs.split()[1].replace(",", ""))
    assert 350 <= number <= 500, "(1.96 * 0.5 / 0.05)² is 384"
    # All of it between seeds: no number of problems helps.
    seeds = np.array([[0.3] * 200, [-0.1] * 200, [0.05] * 200]) + rng.normal(0, 0.01, (3, 200))
    assert "seeds instead of 3" in judged("a > b on pass@1", seeds).needs
    one = judged("a > b on pass@1", [[1.0, -1.0] * 50])
    assert "one says nothing about how training varies" in one.needs


def test_an_interval_over_seeds_covers_what_it_should() -> None:
    """Problems and seeds both drawn anew: a 95 % interval covers the truth in most of 60 trials."""
    rng = np.random.default_rng(1)
    covered = 0
    for trial in range(60):
        seed, problem = rng.normal(0, 0.05, (5, 1)), rng.normal(0, 0.4, (1, 150))
        low, high = interval_over_seeds(0.2 + seed + problem + rng.normal(0, 0.3, (5, 150)), trial)
        covered += low <= 0.2 <= high
    assert 51 <= covered <= 60
    # Problems alone would say much less than there is to say.
    spread = np.array([[0.0] * 100, [1.0] * 100])
    low, high = interval_over_seeds(spread)
    assert (low, high) == (0.0, 1.0)


@given(some.lists(some.sampled_from([0.0, 1.0]), min_size=4, max_size=40))
def test_one_seed_gives_the_interval_of_its_problems(row: list[float]) -> None:
    low, high = interval_over_seeds(np.array([row]))
    assert low <= sum(row) / len(row) <= high
    assert low < high

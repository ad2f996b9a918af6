"""Identity, splits and drawing."""

from __future__ import annotations

import pytest

from journey import families
from journey.errors import InputError
from journey.problem import SPLITS, canonical_id, draw, draw_distinct, largest_number, split_of


def test_identity_is_content_and_not_the_order_of_keys() -> None:
    assert canonical_id("countdown", {"a": 1, "b": 2}) == canonical_id("countdown", {"b": 2, "a": 1})
    assert canonical_id("countdown", {"a": 1}) != canonical_id("factoring", {"a": 1})


def test_splits_have_their_shares() -> None:
    count = 5_000
    result = [split_of("countdown", str(key)) for key in range(count)]
    for split, percent in SPLITS.items():
        assert abs(result.count(split) / count - percent / 100) < 0.02


def test_a_drawing_does_not_depend_on_the_others(family: str) -> None:
    known = families.get(family)
    in_order = list(draw_distinct(known, 0, "train", 30, [1, 2]))
    by_source = {problem.source: problem for problem in in_order}
    for problem in reversed(in_order):
        index = int(problem.source.rpartition(":")[2])
        assert draw(known, 0, "train", index, [1, 2]) == by_source[problem.source]


def test_distinct_means_distinct(family: str) -> None:
    drawn = list(draw_distinct(families.get(family), 0, "train", 300, [1, 2]))
    assert len({problem.id for problem in drawn}) == 300


def test_asking_for_too_many_is_an_error_with_the_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journey.problem.MAX_REPEATED_DRAWS", 1_000)
    with pytest.raises(InputError, match=r"only about \d+ heldout problems at levels \[1\], not 100000"):
        list(draw_distinct(families.get("diophantine"), 0, "heldout", 100_000, [1]))


def test_numbers_bound_the_largest_number_of_a_problem(family: str) -> None:
    known = families.get(family)
    largest = sorted(largest_number(each.givens) for each in draw_distinct(known, 0, "train", 60, [1, 2]))
    low, high = largest[15], largest[45]
    for problem in draw_distinct(known, 0, "train", 10, [1, 2], (low, high)):
        assert low <= largest_number(problem.givens) <= high


def test_numbers_that_no_problem_has_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("journey.problem.MAX_REPEATED_DRAWS", 1_000)
    with pytest.raises(InputError, match="with numbers from 100000 to 200000, not 1"):
        list(draw_distinct(families.get("diophantine"), 0, "train", 1, [1], (100_000, 200_000)))

"""Rule 8: item i depends on (seed, split, i) alone: not on order, worker count or resume."""

from __future__ import annotations

from journey import families
from journey.problem import draw, draw_distinct
from journey.runs.store import encode
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic


def test_neighbouring_seeds_share_no_more_than_chance(family: str) -> None:
    known = families.get(family)
    one = {draw(known, 42, "train", i, [3]).id for i in range(100)}
    next_seed = [draw(known, 43, "train", i, [3]).id for i in range(100)]
    assert len(one & set(next_seed)) < 20, "with seed + i nearly all would be shared"


def test_a_longer_drawing_begins_with_the_shorter(family: str) -> None:
    known = families.get(family)
    short = list(draw_distinct(known, 0, "train", 20, [2]))
    assert list(draw_distinct(known, 0, "train", 40, [2]))[:20] == short


def test_a_graph_does_not_depend_on_what_was_explored_before(family: str) -> None:
    known = families.get(family)
    problems = [draw(known, 0, "train", i, [1, 2]) for i in range(10)]

    def graphs(order: list[int]) -> dict[int, bytes]:
        proposer = Symbolic(0.5, 0)
        return {i: encode(explore(problems[i], proposer, "depth", Budget()).to_record()) for i in order}

    assert graphs(list(range(10))) == graphs(list(reversed(range(10))))

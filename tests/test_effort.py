"""How much search a problem needs."""

from __future__ import annotations

from statistics import fmean

import pytest

from journey import families
from journey.graph import SolutionGraph, State
from journey.problem import draw_distinct, make_problem
from search.effort import SearchEffort, search_effort
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic


def explored(family: str, givens: dict[str, int], mistakes: float = 0.0) -> SolutionGraph:
    problem = make_problem(families.get(family), givens)
    return explore(problem, Symbolic(mistakes, seed=0), "depth", Budget())


def test_the_effort_of_a_small_problem_by_hand() -> None:
    """7x + 12y = 173: y = 0 fails at once, y = 1 leads to x = 23."""
    graph = explored("diophantine", {"a": 7, "b": 12, "c": 173})
    assert search_effort(graph) == SearchEffort(
        states=4, branching=1.5, dead_ends=1, longest_run=1, to_proof=0.0
    )


def test_mistakes_do_not_count_as_effort() -> None:
    givens = {"a": 9, "b": 13, "c": 203}
    plain, with_mistakes = (search_effort(explored("diophantine", givens, rate)) for rate in (0.0, 1.0))
    assert plain is not None
    assert plain == with_mistakes
    assert plain.longest_run >= 3


def test_an_unsolved_graph_has_no_effort() -> None:
    problem = make_problem(families.get("diophantine"), {"a": 7, "b": 12, "c": 173})
    graph = SolutionGraph(problem, "root")
    graph.add_state(State("root"))
    assert search_effort(graph) is None


@pytest.mark.parametrize(
    ("family", "levels"), [("diophantine", (1, 2, 3)), ("congruence", (1, 2, 4)), ("countdown", (2, 3))]
)
def test_higher_levels_need_more_search(family: str, levels: tuple[int, ...]) -> None:
    def mean(level: int) -> float:
        problems = draw_distinct(families.get(family), 0, "train", 60, [level])
        graphs = (explore(each, Symbolic(0, 0), "depth", Budget()) for each in problems)
        return fmean(effort.states for graph in graphs if (effort := search_effort(graph)) is not None)

    means = [mean(level) for level in levels]
    assert means == sorted(means)
    assert means[-1] > 1.5 * means[0]


def test_dead_ends_proved_late_take_steps() -> None:
    """A wrong first pair of Countdown numbers is proved wrong only after all that follows was tried."""
    problems = draw_distinct(families.get("countdown"), 0, "train", 40, [2])
    efforts = [search_effort(explore(each, Symbolic(0, 0), "depth", Budget())) for each in problems]
    assert max(each.to_proof for each in efforts if each is not None) > 1

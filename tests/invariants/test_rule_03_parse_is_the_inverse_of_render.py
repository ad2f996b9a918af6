"""Rule 3: parse(render(trace)) == trace."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as some

from journey import families
from search.strategies import STRATEGIES
from tests.conftest import graph_of
from traces import walks
from traces.text import parse, render


@settings(max_examples=150, deadline=None)
@given(
    family=some.sampled_from(families.NAMES),
    index=some.integers(0, 30),
    strategy=some.sampled_from(sorted(STRATEGIES)),
    kind=some.sampled_from(sorted({*walks.WALKS} - {*walks.QUOTED})),
    walk_settings=some.builds(
        walks.WalkSettings,
        wrong_turns=some.integers(0, 8),
        total=some.none() | some.integers(0, 6),
        depth=some.none() | some.integers(1, 4),
        mistakes=some.floats(0, 1),
        dead_ends=some.floats(0, 1),
        restart=some.booleans(),
        seed=some.integers(0, 9),
    ),
)
def test_parse_is_the_inverse_of_render(
    family: str, index: int, strategy: str, kind: str, walk_settings: walks.WalkSettings
) -> None:
    graph = graph_of(family, index, strategy)
    trace = walks.walk(kind, graph, walk_settings, graph_of(family, index + 1, strategy))
    if trace is None:
        return
    again = parse(graph.problem, render(trace))
    assert again == trace
    assert render(again) == render(trace)

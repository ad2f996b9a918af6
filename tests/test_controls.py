"""Controls that take something away from a journey and keep its answer: swapped, scrambled, wrong."""

from __future__ import annotations

from collections import Counter

import pytest

from search.strategies import STRATEGIES
from tests.conftest import graph_of
from traces.audit import audit
from traces.text import STYLES, answer_in, parse, render
from traces.trace import Mode, Trace
from traces.walks import UNPROVED, WalkSettings, walk

STYLE_NAMES = sorted(STYLES)


def made(kind: str, family: str, index: int, style: str = "terse", strategy: str = "depth") -> Trace | None:
    graph, other = (graph_of(family, each, strategy) for each in (index, index + 1))
    return walk(kind, graph, WalkSettings(seed=index, style=style), other)


def lines_of(kind: str, family: str, index: int, style: str) -> tuple[list[str], str | None]:
    """The lines before the answer, and the answer."""
    trace = made(kind, family, index, style)
    assert trace is not None
    *body, end = render(trace, style, index).split("\n")
    return body, answer_in(trace.problem, end, style)


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_swapped_is_the_other_journey_with_this_answer(family: str, style: str) -> None:
    for index in range(6):
        body, answer = lines_of("swapped", family, index, style)
        assert answer == lines_of("journey", family, index, style)[1]
        other = walk("journey", graph_of(family, index + 1), WalkSettings(seed=index))
        assert other is not None
        assert body == render(other, style, index).split("\n")[:-1]


def test_swapped_needs_another_problem(family: str) -> None:
    assert walk("swapped", graph_of(family, 0), WalkSettings()) is None


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_scrambled_has_the_lines_of_the_journey(family: str, style: str) -> None:
    moved = 0
    for index in range(12):
        journey, scrambled = (lines_of(kind, family, index, style) for kind in ("journey", "scrambled"))
        assert scrambled[1] == journey[1]
        assert Counter(scrambled[0]) == Counter(journey[0])
        moved += scrambled[0] != journey[0]
    assert moved >= 6, "few journeys have so few lines that no other order is left"


@pytest.mark.parametrize("strategy", sorted(STRATEGIES))
def test_wrong_has_unnoticed_errors_and_the_right_answer(family: str, strategy: str) -> None:
    count = 0
    for index in range(12):
        trace = made("wrong", family, index, strategy=strategy)
        if trace is None:
            continue  # no step of this solution has a mistake, or a beam cut the way to the goal
        count += 1
        report = audit(trace.problem, render(trace))
        assert report.solved
        assert report.unflagged
        assert not report.unparsed
    assert count >= 6


@pytest.mark.parametrize("style", STYLE_NAMES)
def test_mixed_announces_a_shortcut_or_a_journey(family: str, style: str) -> None:
    modes = Counter[str]()
    for index in range(12):
        graph, settings = graph_of(family, index), WalkSettings(dropped=0, seed=index)
        trace = walk("mixed", graph, settings)
        assert trace is not None
        mode, *events = trace.events
        assert isinstance(mode, Mode)
        expected = walk({"fast": "shortcut", "slow": "journey"}[mode.name], graph, settings)
        assert expected is not None
        assert tuple(events) == expected.events
        assert parse(graph.problem, render(trace, style, index), style) == trace
        modes[mode.name] += 1
    assert set(modes) == {"fast", "slow"}


def test_some_mixed_journeys_lack_wrong_turns(family: str) -> None:
    def lines(dropped: float) -> int:
        traces = (
            walk("mixed", graph_of(family, i), WalkSettings(fast=0, dropped=dropped)) for i in range(12)
        )
        return sum(len(trace.events) for trace in traces if trace is not None)

    assert lines(1) < lines(0)


def test_the_audit_skips_all_of_them() -> None:
    assert {"swapped", "scrambled", "wrong", "shuffled"} == {*UNPROVED}

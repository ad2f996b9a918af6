"""The kinds of walk and their settings: what each promises about the traces it makes."""

from __future__ import annotations

import importlib
from dataclasses import replace
from itertools import pairwise

import pytest

from journey import families
from journey.graph import SolutionGraph
from journey.runs.records import Attempt, Record
from search.explore import Budget, explore
from search.proposers.replay import Replay
from tests.conftest import graph_of, problem_of
from traces.audit import audit
from traces.text import length, render
from traces.trace import Back, Conclude, Filler, Notice, Take, Trace, Verify
from traces.walks import WalkSettings, walk

PROSE = replace(
    problem_of("story", 0),
    id="prose-2",
    family="prose",
    givens={"problem": "Ann has 3 pens and buys 2 packs of 4. How many pens has she?", "answer": "11"},
    answer="11",
)


def made(
    kind: str, graph: SolutionGraph, other: SolutionGraph | None = None, **walk_settings: object
) -> Trace:
    trace = walk(kind, graph, WalkSettings(**walk_settings), other)  # type: ignore[arg-type]
    assert trace is not None
    return trace


def turns(trace: Trace) -> int:
    return sum(isinstance(event, Notice) for event in trace.events)


@pytest.fixture(params=range(5))
def graph(request: pytest.FixtureRequest, family: str) -> SolutionGraph:
    return graph_of(family, request.param)


def test_without_wrong_turns_a_journey_is_the_shortcut(graph: SolutionGraph) -> None:
    short = made("shortcut", graph).events
    assert made("journey", graph, wrong_turns=0).events == short
    assert made("journey", graph, total=0).events == short
    assert made("journey", graph, mistakes=0.0, dead_ends=0.0).events == short


def test_wrong_turns_are_limited_a_state_and_in_all(graph: SolutionGraph) -> None:
    path = graph.solution() or []
    total = turns(made("journey", graph))
    for most in (1, 2):
        assert turns(made("journey", graph, wrong_turns=most)) <= most * len(path)
        assert turns(made("journey", graph, total=most)) == min(most, total)


def test_shares_choose_between_mistakes_and_dead_ends(graph: SolutionGraph) -> None:
    def verdicts(mistakes: float = 1.0, dead_ends: float = 1.0) -> set[bool]:
        trace = made("journey", graph, mistakes=mistakes, dead_ends=dead_ends)
        lines = audit(graph.problem, render(trace)).lines
        noticed = [before for before, line in pairwise(lines) if line.says == "notice"]
        return {line.sound for line in noticed}

    assert verdicts(mistakes=0.0) <= {True}, "only dead ends, whose steps are right"
    assert verdicts(dead_ends=0.0) <= {False}, "only mistakes"


def test_a_wrong_turn_is_noticed_after_the_given_steps(family: str) -> None:
    followed = {1: 0, 2: 0, None: 0}
    for index in range(20):
        graph = graph_of(family, index)
        for depth in followed:
            run = longest = 0
            for event in made("journey", graph, depth=depth).events:
                run = run + 1 if isinstance(event, Take) else 0
                if isinstance(event, Take):
                    longest = run
                if isinstance(event, Back):
                    followed[depth] = max(followed[depth], longest)
    assert followed[1] <= followed[2] <= followed[None]


def test_a_restart_takes_the_path_again(family: str) -> None:
    for index in range(20):
        graph = graph_of(family, index)
        plain, again = (made("journey", graph, restart=restart) for restart in (False, True))
        report = audit(graph.problem, render(again))
        assert report.solved
        assert not report.unflagged
        assert turns(plain) == turns(again)
        homes = [event.to for event in plain.events if isinstance(event, Back)]
        starts = [event for event in again.events if isinstance(event, Back) and event.to == graph.root]
        assert len(starts) == len(homes), "each wrong turn ends at the start"
        assert (len(again.events) > len(plain.events)) == any(home != graph.root for home in homes)


def test_a_shortened_stream_leaves_hopeless_states_at_once(graph: SolutionGraph) -> None:
    full, short = made("stream", graph), made("shortened", graph)
    assert len(short.events) <= len(full.events)
    dead = {state.key for state in graph.states() if state.hopeless}
    for event, after in pairwise(short.events):
        if isinstance(event, Back):
            assert event.to not in dead
        assert not (isinstance(event, Notice) and not isinstance(after, Back))
    report = audit(graph.problem, render(short))
    for line, after_line in pairwise(report.lines):
        if line.says == "take" and not line.sound:
            assert after_line.says == "notice", "a wrong step is left at once"


def test_a_checked_shortcut_puts_its_answer_into_the_problem(family: str) -> None:
    verified = 0
    for index in range(12):
        graph = graph_of(family, index)
        *steps, last = made("checked", graph).events
        assert isinstance(last, Conclude)
        expected = families.get(family).verification_line(graph.problem.givens, last.answer)
        assert [event.text for event in steps if isinstance(event, Verify)] == (
            [expected] if expected else []
        )
        verified += bool(expected)
        lines = render(made("checked", graph)).split("\n")
        if expected:
            spoilt = [*lines[:-2], lines[-2].replace("=", "=1", 1), lines[-1]]
            report = audit(graph.problem, "\n".join(spoilt))
            assert len(report.false_verifications) == 1
    module = importlib.import_module(f"journey.families.{family}")
    assert bool(verified) == hasattr(module, "verification_line")


def test_filler_is_as_long_as_the_journey_and_says_nothing(graph: SolutionGraph) -> None:
    full, pad = made("journey", graph), made("filler", graph)
    assert length(render(pad)) == length(render(full))
    assert [event for event in pad.events if not isinstance(event, Filler)] == list(
        made("shortcut", graph).events
    )


def test_filler_in_prose_is_as_long_as_the_journey_in_prose(graph: SolutionGraph) -> None:
    """Nearly: the wordings of the steps that stay are chosen anew."""
    full, pad = made("journey", graph), made("filler", graph, style="prose")
    full_length = length(render(full, "prose"))
    assert abs(length(render(pad, "prose")) - full_length) <= 0.25 * full_length
    if len(full.events) > 2 * len(pad.events):
        assert length(render(made("filler", graph), "prose")) < 0.8 * full_length, "terse filler is shorter"


def test_shuffled_journeys_hold_foreign_wrong_turns(family: str) -> None:
    for index in range(20):
        graph, other = graph_of(family, index), graph_of(family, index + 1)
        trace = walk("shuffled", graph, WalkSettings(), other)
        if trace is None:
            assert turns(made("journey", graph)), "there is another only where one is needed"
            assert not turns(made("journey", other))
            continue
        report = audit(graph.problem, render(trace))
        assert report.solved
        assert not report.unparsed
        unproved = [e for e in trace.events if isinstance(e, Notice) and e.evidence.kind == "unverified"]
        assert len(report.false_notices) >= len(unproved)
        short = [event for event in made("shortcut", graph).events if isinstance(event, Take)]
        assert [event for event in trace.events if isinstance(event, Take) and event in short][-1] == short[
            -1
        ]
    assert walk("shuffled", graph_of(family, 0), WalkSettings()) is None, "there is no other"


@pytest.mark.parametrize("name", ["diophantine", "factoring", "roots"])
def test_most_notices_of_another_problem_are_false(name: str) -> None:
    traces = [walk("shuffled", graph_of(name, i), WalkSettings(), graph_of(name, i + 1)) for i in range(20)]
    shuffled = [trace for trace in traces if trace is not None]
    false = sum(len(audit(trace.problem, render(trace)).false_notices) for trace in shuffled)
    assert false > sum(map(turns, shuffled)) / 2


def test_a_prose_attempt_with_a_wrong_answer_is_a_wrong_turn() -> None:
    right = ("We add up.", "She has 3+2*4 = 11 pens.", "The answer is 11.")
    wrong = ("We add up.", "She has 3+2 = 5 pens.", "The answer is 5.")
    records = [Record(PROSE, tuple(map(Attempt, (wrong, right))))]
    graph = explore(PROSE, Replay(records), "depth", Budget())
    lines = render(made("journey", graph)).split("\n")
    assert lines == [right[0], *wrong[1:], "!<", "<", *right[1:], "=11"]
    report = audit(PROSE, "\n".join(lines))
    assert report.solved
    assert not report.false_notices
    assert not report.unflagged

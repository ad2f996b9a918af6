"""Proposers other than the family itself: recorded solutions, models, servers good and bad."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import networkx as nx
import pytest
from rich.console import Console

from journey import families
from journey.check import hopeless
from journey.errors import InputError
from journey.graph import SolutionGraph
from journey.runs.records import Attempt, Record
from journey.runs.store import encode
from journey.step import Verdict
from search.explore import Budget, explore, explore_together
from search.proposers.replay import Replay
from search.proposers.sampling import Completion, Prompt, SamplingProposer
from search.proposers.spec import make_proposer
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES
from tests.conftest import graph_of, problem_of
from tests.fake_server import GUESS, PROSE, RIGHT, WRONG, replayed
from traces.show import graph_tree
from traces.text import read_steps, render
from traces.trace import Take
from traces.walks import WalkSettings, walk


def test_attempts_share_a_prefix_and_branch_where_they_differ() -> None:
    graph = replayed(RIGHT, WRONG, RIGHT)
    steps = graph.steps()
    assert len(steps) == 5
    assert [step.verdict for step in graph.steps_from(graph.root)] == [Verdict.VALID]
    second = {step.move.result: step.verdict for step in steps if step.source == steps[0].target}
    assert second == {RIGHT[1]: Verdict.VALID, WRONG[1]: Verdict.WRONG}
    path = graph.solution()
    assert path is not None
    assert [step.move.result for step in path] == list(RIGHT)
    hopeless = [state.key for state in graph.states() if state.hopeless]
    assert not hopeless, "nobody knows all moves of prose, and the wrong answer comes after a wrong step"


def test_a_journey_over_attempts_proves_the_wrong_one() -> None:
    trace = walk("journey", replayed(WRONG, RIGHT), WalkSettings())
    assert trace is not None
    assert render(trace).split("\n") == [RIGHT[0], WRONG[1], "!3+8 = 11, not 12<", *RIGHT[1:], "=11"]


def test_replaying_a_family_s_own_traces_gives_their_steps() -> None:
    graph = graph_of("factoring", 1)
    path = graph.solution() or []
    family = families.get("factoring")
    state, lines = family.start(graph.problem.givens), []
    for step in path:
        lines.append(family.write(state, step.move))
        state = family.apply(state, step.move)
    again = replayed(tuple(lines), ("nonsense",), problem=graph.problem)
    assert [step.move for step in again.steps()] == [step.move for step in path]


def test_whole_outputs_are_read_as_the_steps_they_take(family: str) -> None:
    graph = graph_of(family, 2)
    trace = walk("journey", graph, WalkSettings())
    assert trace is not None
    steps = read_steps(trace.problem, render(trace) + "\nnonsense")
    assert [move for _, move in steps] == [event.move for event in trace.events if isinstance(event, Take)]
    rules = families.get(family)
    edges = {(step.source, step.move) for step in graph.steps()}
    assert {(rules.key(state), move) for state, move in steps} <= edges


def test_attempts_that_come_to_one_state_by_two_ways_both_go_on() -> None:
    """Whatever the way there: what an attempt did in a state is proposed there."""
    family = families.get("countdown")
    for index in range(8):
        full_graph = graph_of("countdown", index, mistakes=0.0, solutions=1_000)
        goal = (full_graph.solution() or [])[-1].target
        attempts, steps = [], set()
        for path in _paths(full_graph, goal):
            state, lines = family.start(full_graph.problem.givens), []
            for source, target, order in path:
                move = full_graph.graph.edges[source, target, order]["move"]
                lines.append(family.write(state, move))
                steps.add((source, move))
                state = family.apply(state, move)
            attempts.append(tuple(lines))
        again = replayed(*attempts, problem=full_graph.problem)
        assert {(step.source, step.move) for step in again.steps()} == steps


def _paths(graph: SolutionGraph, goal: str) -> Iterator[Any]:
    yield from nx.all_simple_edge_paths(graph.graph, graph.root, goal)


def test_a_step_without_proof_is_judged_by_where_it_leads() -> None:
    graph = replayed((GUESS, *RIGHT), (GUESS, *RIGHT[:2], "The answer is 12."), (GUESS, *WRONG), (GUESS,))
    first, *_ = graph.steps()
    assert first.verdict is Verdict.UNKNOWN
    assert first.evidence is not None
    assert first.share == pytest.approx(1 / 3), "an attempt that was broken off took no way"
    shares = {step.move.result: step.share for step in graph.steps()}
    assert [shares[line] for line in (RIGHT[0], RIGHT[1], WRONG[1])] == [None] * 3, "they have proofs"
    refused = next(step for step in graph.steps() if step.move.result == "The answer is 12.")
    assert refused.share == 0.0
    again = SolutionGraph.from_record(json.loads(encode(graph.to_record())))
    assert [step.share for step in again.steps()] == [step.share for step in graph.steps()]
    assert "share" not in json.loads(encode(graph.to_record()))["edges"][1]


def test_no_share_without_an_end() -> None:
    problem = replace(PROSE, id="open")
    record = Record(problem, (Attempt((GUESS, *RIGHT)),))
    graph = explore(problem, Replay([record]), "depth", Budget(steps=2))
    assert [step.share for step in graph.steps()] == [None, None]


def test_what_people_said_of_steps_is_kept_next_to_the_verdicts() -> None:
    samples = (Attempt(RIGHT, (1, 1, 1)), Attempt(WRONG, (1, 1, -1)))
    graph = explore(PROSE, Replay([Record(PROSE, samples)]), "depth", Budget())
    judgements = {step.move.result: (step.label, step.verdict) for step in graph.steps()}
    assert judgements[RIGHT[0]] == (1, Verdict.VALID)
    assert judgements[WRONG[1]] == (1, Verdict.WRONG), "people erred here, and the proof says so"
    assert judgements[WRONG[2]][0] == -1
    printed = Console(width=200, record=True)
    printed.print(graph_tree(graph))
    assert "labelled -1" in printed.export_text()


def test_every_strategy_follows_recorded_attempts_to_their_ends() -> None:
    steps = []
    for strategy in STRATEGIES:
        record = Record(PROSE, tuple(map(Attempt, ((GUESS, *WRONG), (GUESS, *RIGHT), WRONG))))
        graph = explore(PROSE, Replay([record]), strategy, Budget(solutions=1, steps_after_mistake=0))
        steps.append({(step.source, step.move) for step in graph.steps()})
        assert graph.solution() is not None
    assert len(steps[0]) == 9
    assert all(edges == steps[0] for edges in steps)


def test_dead_ends_are_proved_for_an_incomplete_proposer(family: str) -> None:
    """The attempt of a journey: its dead ends are hopeless in the graph too, proved by the checker."""
    marked = 0
    rules = families.get(family)
    for index in range(12):
        graph = graph_of(family, index)
        trace = walk("journey", graph, WalkSettings())
        assert trace is not None
        model = Sampled(render(trace))
        again = explore(graph.problem, model, "depth", Budget())
        states = {rules.key(state): state for state, _ in read_steps(graph.problem, render(trace))}
        for state in again.states():
            if state.hopeless:
                marked += 1
                assert not state.expanded
                assert state.key not in states or hopeless(rules, states[state.key])
        dead = {state.key for state in graph.states() if state.hopeless}
        sound = nx.descendants(again.valid(), again.root)
        assert {key for key in dead if key in sound} <= {s.key for s in again.states() if s.hopeless}
    if family in ("countdown", "diophantine", "factoring"):
        assert marked


class Sampled(SamplingProposer):
    """A model that writes one text."""

    def __init__(self, text: str) -> None:
        super().__init__(read_steps)
        self.text = text

    def generate(self, prompts: Sequence[Prompt]) -> list[list[Completion]]:
        return [[(self.text, None)] for _ in prompts]


def test_proposers_are_named_and_mistakes_in_names_are_reported() -> None:
    assert isinstance(make_proposer("symbolic", 0.2, 0), Symbolic)
    for spec, message in (
        ("replya:x", "did you mean 'replay'"),
        ("replay", "replay:FILE"),
        ("model:/no/such", "config.json"),
        ("server:localhost", "URL#MODEL"),
    ):
        with pytest.raises(InputError, match=message):
            make_proposer(spec, 0.2, 0)


def test_searches_side_by_side_are_the_searches_alone(family: str) -> None:
    problems = [problem_of(family, index) for index in range(4)]
    alone = [encode(explore(p, Symbolic(0.3, 0), "best", Budget()).to_record()) for p in problems]
    together = explore_together(problems, Symbolic(0.3, 0), "best", Budget())
    assert [encode(graph.to_record()) for graph in together] == alone

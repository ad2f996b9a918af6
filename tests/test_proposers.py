"""Proposers other than the family itself: recorded solutions, models, servers good and bad."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from rich.console import Console

from journey import families
from journey.check import hopeless
from journey.errors import InputError, JourneyError
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.records import Record, Sample
from journey.step import Verdict
from journey.store import encode
from search.explore import Budget, explore, explore_together
from search.proposers import Asked
from search.proposers.catalogue import make
from search.proposers.replay import Replay
from search.proposers.sampling import Sampling, Wanted, Written
from search.proposers.server import Server
from search.proposers.symbolic import Symbolic
from search.strategies import STRATEGIES
from tests.conftest import graph_of, problem_of
from traces.show import graph_tree
from traces.text import render, taken
from traces.trace import Take
from traces.walks import Knobs, walk

PROSE = replace(
    problem_of("story", 0),
    id="prose-1",
    family="prose",
    givens={"problem": "Ann has 3 pens and buys 2 packs of 4. How many pens has she?", "answer": "11"},
    answer="11",
)
RIGHT = ("She buys 2*4 = 8 pens.", "She has 3+8 = 11 pens.", "The answer is 11.")
WRONG = ("She buys 2*4 = 8 pens.", "She has 3+8 = 12 pens.", "The answer is 12.")


def replayed(*samples: tuple[str, ...], problem: Problem = PROSE) -> SolutionGraph:
    return explore(problem, Replay([Record(problem, tuple(map(Sample, samples)))]), "depth", Budget())


def test_attempts_share_their_beginning_and_branch_where_they_part() -> None:
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


def test_a_journey_over_attempts_notices_the_wrong_one_by_its_proof() -> None:
    trace = walk("journey", replayed(WRONG, RIGHT), Knobs())
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
    trace = walk("journey", graph, Knobs())
    assert trace is not None
    found = taken(trace.problem, render(trace) + "\nnonsense")
    assert [move for _, move in found] == [event.move for event in trace.events if isinstance(event, Take)]
    known = families.get(family)
    edges = {(step.source, step.move) for step in graph.steps()}
    assert {(known.key(state), move) for state, move in found} <= edges


def test_attempts_that_come_to_one_state_by_two_ways_both_go_on() -> None:
    """Whatever the way there: what an attempt did in a state is proposed there."""
    family = families.get("countdown")
    for index in range(8):
        whole = graph_of("countdown", index, mistakes=0.0, solutions=1_000)
        goal = (whole.solution() or [])[-1].target
        attempts, steps = [], set()
        for way in _paths(whole, goal):
            state, lines = family.start(whole.problem.givens), []
            for source, target, order in way:
                move = whole.graph.edges[source, target, order]["move"]
                lines.append(family.write(state, move))
                steps.add((source, move))
                state = family.apply(state, move)
            attempts.append(tuple(lines))
        again = replayed(*attempts, problem=whole.problem)
        assert {(step.source, step.move) for step in again.steps()} == steps


def _paths(graph: SolutionGraph, goal: str) -> Iterator[Any]:
    yield from nx.all_simple_edge_paths(graph.graph, graph.root, goal)


GUESS = "Let us see what she has."


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
    record = Record(problem, (Sample((GUESS, *RIGHT)),))
    graph = explore(problem, Replay([record]), "depth", Budget(steps=2))
    assert [step.share for step in graph.steps()] == [None, None]


def test_what_people_said_of_steps_is_kept_beside_the_verdicts() -> None:
    samples = (Sample(RIGHT, (1, 1, 1)), Sample(WRONG, (1, 1, -1)))
    graph = explore(PROSE, Replay([Record(PROSE, samples)]), "depth", Budget())
    found = {step.move.result: (step.label, step.verdict) for step in graph.steps()}
    assert found[RIGHT[0]] == (1, Verdict.VALID)
    assert found[WRONG[1]] == (1, Verdict.WRONG), "people erred here, and the proof says so"
    assert found[WRONG[2]][0] == -1
    printed = Console(width=200, record=True)
    printed.print(graph_tree(graph))
    assert "labelled -1" in printed.export_text()


def test_every_strategy_follows_recorded_attempts_to_their_ends() -> None:
    steps = []
    for strategy in STRATEGIES:
        record = Record(PROSE, tuple(map(Sample, ((GUESS, *WRONG), (GUESS, *RIGHT), WRONG))))
        graph = explore(PROSE, Replay([record]), strategy, Budget(solutions=1, astray=0))
        steps.append({(step.source, step.move) for step in graph.steps()})
        assert graph.solution() is not None
    assert len(steps[0]) == 9
    assert all(found == steps[0] for found in steps)


def test_dead_ends_are_proved_where_a_proposer_does_not_know_all_moves(family: str) -> None:
    """The attempt of a journey: its dead ends are hopeless in the graph too, proved by the checker."""
    marked = 0
    known = families.get(family)
    for index in range(12):
        graph = graph_of(family, index)
        trace = walk("journey", graph, Knobs())
        assert trace is not None
        model = Sampled(render(trace))
        again = explore(graph.problem, model, "depth", Budget())
        states = {known.key(state): state for state, _ in taken(graph.problem, render(trace))}
        for state in again.states():
            if state.hopeless:
                marked += 1
                assert not state.expanded
                assert state.key not in states or hopeless(known, states[state.key])
        dead = {state.key for state in graph.states() if state.hopeless}
        sound = nx.descendants(again.valid(), again.root)
        assert {key for key in dead if key in sound} <= {s.key for s in again.states() if s.hopeless}
    if family in ("countdown", "diophantine", "factoring"):
        assert marked


class Sampled(Sampling):
    """A model that writes one text."""

    def __init__(self, text: str) -> None:
        super().__init__(taken)
        self.text = text

    def write(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        return [[(self.text, None)] for _ in wanted]


def test_a_model_asked_for_lines_is_asked_in_each_state_that_the_search_goes_on_from(fake: Fake) -> None:
    said = iter([[RIGHT[0]], [RIGHT[1], WRONG[1]], [RIGHT[2]]])

    def answer(body: dict[str, Any], count: int) -> tuple[int, bytes]:
        texts = next(said)
        return 200, fake.answer(body, [(texts[at % len(texts)], -1.0) for at in range(body["n"])])

    fake.behave = answer
    graph = explore(PROSE, asking(fake, read=None), "best", Budget())
    assert [step.move.result for step in graph.solution() or []] == list(RIGHT)
    asked = [body["messages"][0]["content"] for body in fake.bodies]
    assert ["Write the next step only" in each for each in asked] == [False, True, True]


def test_proposers_are_named_and_mistakes_in_names_are_told() -> None:
    assert isinstance(make("symbolic", 0.2, 0), Symbolic)
    for words, said in (
        ("replya:x", "did you mean 'replay'"),
        ("replay", "replay:FILE"),
        ("model:/no/such", "config.json"),
        ("server:localhost", "URL#MODEL"),
    ):
        with pytest.raises(InputError, match=said):
            make(words, 0.2, 0)


def test_searches_side_by_side_are_the_searches_alone(family: str) -> None:
    problems = [problem_of(family, index) for index in range(4)]
    alone = [encode(explore(p, Symbolic(0.3, 0), "best", Budget()).to_record()) for p in problems]
    together = explore_together(problems, Symbolic(0.3, 0), "best", Budget())
    assert [encode(graph.to_record()) for graph in together] == alone


OUTPUTS = (("\n".join(RIGHT), -0.5), ("\n".join(WRONG), -1.5))


class Fake:
    """An OpenAI-compatible server that does as it is told."""

    def __init__(self) -> None:
        self.behave: Callable[[dict[str, Any], int], tuple[int, bytes] | None] = lambda body, count: None
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[str | None] = []
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                fake.bodies.append(body)
                fake.headers.append(self.headers.get("Authorization"))
                told = fake.behave(body, len(fake.bodies))
                status, content = told if told is not None else (200, fake.answer(body))
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, body: dict[str, Any], texts: Sequence[tuple[str, float]] = OUTPUTS) -> bytes:
        choices = [
            {
                "index": at,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": texts[(body["seed"] + at) % len(texts)][0]},
                "logprobs": {
                    "content": [{"token": "x", "logprob": texts[at % len(texts)][1], "top_logprobs": []}]
                },
            }
            for at in range(body.get("n", 1))
        ]
        return json.dumps(
            {
                "id": "1",
                "created": 0,
                "model": body["model"],
                "system_fingerprint": "",
                "choices": choices,
                "usage": {"completion_tokens": 1, "prompt_tokens": 1, "total_tokens": 2},
            }
        ).encode()


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    yield server
    server.server.shutdown()


def asking(fake: Fake, **settings: Any) -> Server:
    known: dict[str, Any] = {"samples": 2, "read": taken, "patience": 20.0, "timeout": 5.0}
    return Server(fake.url, "m", **known | settings)


def test_a_server_s_outputs_become_a_graph(fake: Fake) -> None:
    graph = explore(PROSE, asking(fake), "depth", Budget())
    recorded = encode(replayed(RIGHT, WRONG).to_record())
    assert encode(graph.to_record()).replace(b'"server"', b'"replay"') == recorded
    assert fake.bodies[0]["n"] == 2
    assert "step by step" in fake.bodies[0]["messages"][0]["content"]


def test_what_a_server_lacks_is_found_out(fake: Fake) -> None:
    whole = encode(explore(PROSE, asking(fake), "depth", Budget()).to_record())
    fake.bodies.clear()

    def plain(body: dict[str, Any], count: int) -> tuple[int, bytes] | None:
        if "logprobs" in body or "stop" in body:
            return 400, b'{"error": "unknown option"}'
        return 200, fake.answer({**body, "n": 1})

    fake.behave = plain
    assert encode(explore(PROSE, asking(fake), "depth", Budget()).to_record()) == whole
    assert fake.bodies[-1]["n"] == 1


GARBAGE = [
    (500, b"no"),
    (429, b'{"error": "slow down"}'),
    (503, b""),
    (200, b"<html>"),
    (200, b'{"choices": []}'),
    (200, b'{"choices": [{"message": {"role": "assistant"'),
    (200, b"\xff\xfe"),
    (200, b"{}"),
]


def test_a_server_that_fails_for_a_while_costs_time_and_nothing_else(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.proposers.server.LONGEST_PAUSE", 0.05)
    whole = encode(explore(PROSE, asking(fake), "depth", Budget()).to_record())
    fake.bodies.clear()
    fake.behave = lambda body, count: GARBAGE[count - 1] if count <= len(GARBAGE) else None
    server = asking(fake, answers=tmp_path)
    assert encode(explore(PROSE, server, "depth", Budget()).to_record()) == whole
    # The answers are kept: the same search asks nothing, though the server is gone.
    fake.server.shutdown()
    again = asking(fake, answers=tmp_path)
    assert encode(explore(PROSE, again, "depth", Budget()).to_record()) == whole
    assert again.asked == 0


def test_a_server_that_slows_down_is_asked_again(fake: Fake) -> None:
    def slow(body: dict[str, Any], count: int) -> tuple[int, bytes] | None:
        if count == 1:
            time.sleep(1.5)
        return None

    fake.behave = slow
    graph = explore(PROSE, asking(fake, timeout=0.5), "depth", Budget())
    assert graph.solution() is not None
    assert len(fake.bodies) >= 2


def test_patience_ends_and_refusals_are_told(fake: Fake) -> None:
    fake.behave = lambda body, count: (401, b'{"error": "who are you"}')
    with pytest.raises(JourneyError, match="refused a request: 401"):
        explore(PROSE, asking(fake), "depth", Budget())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Server(f"http://127.0.0.1:{free.getsockname()[1]}/v1", "m", patience=1.0, read=taken)
        with pytest.raises(JourneyError, match="did not answer"):
            explore(PROSE, nobody, "depth", Budget())


def test_the_key_comes_from_the_environment_and_is_written_nowhere(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEY_API_KEY", "very-secret-key")
    graph = explore(PROSE, asking(fake, answers=tmp_path), "depth", Budget())
    assert fake.headers[0] == "Bearer very-secret-key"
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert kept
    assert b"very-secret" not in kept + encode(graph.to_record())


def test_requests_under_way_are_limited(fake: Fake) -> None:
    now, most, guard = [0], [0], threading.Lock()

    def count(body: dict[str, Any], number: int) -> tuple[int, bytes] | None:
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.05)
        with guard:
            now[0] -= 1
        return None

    fake.behave = count
    problems = [
        replace(PROSE, id=f"p{at}", givens={**PROSE.givens, "problem": f"Problem {at}"}) for at in range(12)
    ]
    server = asking(fake, concurrency=3)
    states = [families.get("prose").start(problem.givens) for problem in problems]
    server.propose([Asked(p, s, ()) for p, s in zip(problems, states, strict=True)])
    assert 2 <= most[0] <= 3

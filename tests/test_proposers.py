"""Proposers other than the family itself: recorded solutions, models, servers good and bad."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from journey import families
from journey.errors import InputError, JourneyError
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.records import Record
from journey.step import Verdict
from journey.store import encode
from search.explore import Budget, explore, explore_together
from search.proposers import Asked
from search.proposers.catalogue import make
from search.proposers.replay import Replay
from search.proposers.server import Server
from search.proposers.symbolic import Symbolic
from tests.conftest import graph_of, problem_of
from traces.text import render, ways
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
EVERYTHING = Budget(solutions=1_000, astray=10)


def replayed(*samples: tuple[str, ...], problem: Problem = PROSE) -> SolutionGraph:
    return explore(problem, Replay([Record(problem, samples)]), "depth", EVERYTHING)


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
    assert not any(state.hopeless for state in graph.states()), "nobody knows all moves of prose"


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


def test_whole_outputs_are_read_as_the_ways_they_went() -> None:
    trace = walk("journey", graph_of("diophantine", 2), Knobs())
    assert trace is not None
    found = ways(trace.problem, render(trace) + "\n")
    assert max(map(len, found)) == len([step for step in graph_of("diophantine", 2).solution() or []])
    assert len(found) == len([line for line in render(trace).split("\n") if line[0] not in "!=<@"])


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

    def answer(self, body: dict[str, Any]) -> bytes:
        texts = [("\n".join(RIGHT), -0.5), ("\n".join(WRONG), -1.5)]
        choices = [
            {
                "index": at,
                "finish_reason": "stop",
                "message": {"role": "assistant", "content": texts[(body["seed"] + at) % 2][0]},
                "logprobs": {"content": [{"token": "x", "logprob": texts[at % 2][1], "top_logprobs": []}]},
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
    known: dict[str, Any] = {"samples": 2, "ways": ways, "patience": 20.0, "timeout": 5.0}
    return Server(fake.url, "m", **known | settings)


def test_a_server_s_outputs_become_a_graph(fake: Fake) -> None:
    graph = explore(PROSE, asking(fake), "depth", EVERYTHING)
    recorded = encode(replayed(RIGHT, WRONG).to_record())
    assert encode(graph.to_record()).replace(b'"server"', b'"replay"') == recorded
    assert fake.bodies[0]["n"] == 2
    assert "step by step" in fake.bodies[0]["messages"][0]["content"]


def test_what_a_server_lacks_is_found_out(fake: Fake) -> None:
    whole = encode(explore(PROSE, asking(fake), "depth", EVERYTHING).to_record())
    fake.bodies.clear()

    def plain(body: dict[str, Any], count: int) -> tuple[int, bytes] | None:
        if "logprobs" in body or "stop" in body:
            return 400, b'{"error": "unknown option"}'
        return 200, fake.answer({**body, "n": 1})

    fake.behave = plain
    assert encode(explore(PROSE, asking(fake), "depth", EVERYTHING).to_record()) == whole
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
    whole = encode(explore(PROSE, asking(fake), "depth", EVERYTHING).to_record())
    fake.bodies.clear()
    fake.behave = lambda body, count: GARBAGE[count - 1] if count <= len(GARBAGE) else None
    server = asking(fake, answers=tmp_path)
    assert encode(explore(PROSE, server, "depth", EVERYTHING).to_record()) == whole
    # The answers are kept: the same search asks nothing, though the server is gone.
    fake.server.shutdown()
    again = asking(fake, answers=tmp_path)
    assert encode(explore(PROSE, again, "depth", EVERYTHING).to_record()) == whole
    assert again.asked == 0


def test_a_server_that_slows_down_is_asked_again(fake: Fake) -> None:
    def slow(body: dict[str, Any], count: int) -> tuple[int, bytes] | None:
        if count == 1:
            time.sleep(1.5)
        return None

    fake.behave = slow
    graph = explore(PROSE, asking(fake, timeout=0.5), "depth", EVERYTHING)
    assert graph.solution() is not None
    assert len(fake.bodies) >= 2


def test_patience_ends_and_refusals_are_told(fake: Fake) -> None:
    fake.behave = lambda body, count: (401, b'{"error": "who are you"}')
    with pytest.raises(JourneyError, match="refused a request: 401"):
        explore(PROSE, asking(fake), "depth", EVERYTHING)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Server(f"http://127.0.0.1:{free.getsockname()[1]}/v1", "m", patience=1.0, ways=ways)
        with pytest.raises(JourneyError, match="did not answer"):
            explore(PROSE, nobody, "depth", EVERYTHING)


def test_the_key_comes_from_the_environment_and_is_written_nowhere(
    fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOURNEY_API_KEY", "very-secret-key")
    graph = explore(PROSE, asking(fake, answers=tmp_path), "depth", EVERYTHING)
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

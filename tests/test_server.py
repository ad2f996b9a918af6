"""Servers good and bad, and what is kept of their answers."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from journey import families
from journey.errors import JourneyError
from journey.runs.store import encode
from search.explore import Budget, explore, explore_together
from search.proposers import ProposalRequest
from search.proposers.sampling import make_prompt
from search.proposers.server import Server
from tests.fake_server import GUESS, PROSE, RIGHT, WRONG, Fake, asking, replayed
from tests.timing import PATIENCE
from traces.text import read_steps


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.proposers.server.LONGEST_PAUSE", 0.05)


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake()
    yield server
    server.server.shutdown()


def test_a_line_model_is_asked_in_each_state(fake: Fake) -> None:
    replies = iter([[RIGHT[0]], [RIGHT[1], WRONG[1]], [RIGHT[2]]])

    def answer(body: dict[str, Any], count: int) -> tuple[int, bytes]:
        texts = next(replies)
        return 200, fake.answer(body, [(texts[at % len(texts)], -1.0) for at in range(body["n"])])

    fake.behave = answer
    graph = explore(PROSE, asking(fake, read=None), "best", Budget())
    assert [step.move.result for step in graph.solution() or []] == list(RIGHT)
    prompts = [body["messages"][0]["content"] for body in fake.bodies]
    assert ["Write the next step only" in each for each in prompts] == [False, True, True]


def test_a_server_s_outputs_become_a_graph(fake: Fake) -> None:
    graph = explore(PROSE, asking(fake), "depth", Budget())
    recorded = encode(replayed(RIGHT, WRONG).to_record())
    assert encode(graph.to_record()).replace(b'"server"', b'"replay"') == recorded
    assert fake.bodies[0]["n"] == 2
    assert "step by step" in fake.bodies[0]["messages"][0]["content"]


@pytest.mark.parametrize(
    ("lacks", "status"),
    [({"logprobs"}, 400), ({"stop"}, 500), ({"n"}, 500), ({"n", "logprobs", "stop"}, 422), (set(), 200)],
)
@pytest.mark.parametrize("read", [read_steps, None])
def test_only_what_a_server_lacks_is_left_out(fake: Fake, lacks: set[str], status: int, read: Any) -> None:
    graph = explore(PROSE, asking(fake, read=read), "depth", Budget(steps=4))
    fake.bodies.clear()

    def plain(body: dict[str, Any], count: int) -> tuple[int, bytes] | None:
        return (status, b'{"error": "unknown option"}') if lacks & body.keys() else None

    fake.behave = plain
    server = asking(fake, read=read)
    again = explore(PROSE, server, "depth", Budget(steps=4))
    assert [(s.move, s.verdict) for s in again.steps()] == [(s.move, s.verdict) for s in graph.steps()]
    sent = {"n", "logprobs"} | ({"stop"} if read is None else set())
    assert server.unsupported == lacks & sent
    full_requests = [body for body in fake.bodies if body["max_tokens"] > 1]
    assert full_requests[-1].keys() & {"n", "logprobs", "stop"} == sent - lacks


@pytest.mark.parametrize("failing", range(1, 12))
def test_a_bad_moment_is_not_taken_for_what_a_server_lacks(fake: Fake, failing: int) -> None:
    expected = encode(explore(PROSE, asking(fake), "depth", Budget()).to_record())
    fake.bodies.clear()
    fake.behave = lambda body, count: (500, b"no") if count <= failing or count == failing + 2 else None
    server = asking(fake)
    assert encode(explore(PROSE, server, "depth", Budget()).to_record()) == expected
    assert not server.unsupported
    assert {"n", "logprobs"} <= fake.bodies[-1].keys()


def test_an_option_that_was_understood_once_is_never_doubted(fake: Fake) -> None:
    server = asking(fake)
    explore(PROSE, server, "depth", Budget())
    sent_before = server.requests_sent
    fake.behave = lambda body, count: (500, b"no") if "logprobs" in body and count < 6 else None
    other = replace(PROSE, id="other", statement="Another problem.")
    assert explore(other, server, "depth", Budget()).solution() is not None
    assert not server.unsupported
    assert all("logprobs" in body for body in fake.bodies[sent_before:])


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


def test_a_failing_server_costs_only_time(fake: Fake, tmp_path: Path) -> None:
    expected = encode(explore(PROSE, asking(fake), "depth", Budget()).to_record())
    fake.bodies.clear()
    fake.behave = lambda body, count: GARBAGE[count - 1] if count <= len(GARBAGE) else None
    server = asking(fake, answers=tmp_path)
    assert encode(explore(PROSE, server, "depth", Budget()).to_record()) == expected
    # The answers are kept: the same search asks nothing, though the server is gone.
    fake.server.shutdown()
    again = asking(fake, answers=tmp_path)
    assert encode(explore(PROSE, again, "depth", Budget()).to_record()) == expected
    assert again.requests_sent == 0


def test_a_server_that_slows_down_is_asked_again(fake: Fake) -> None:
    again = threading.Event()

    def slow(body: dict[str, Any], count: int) -> tuple[int, bytes] | None:
        """The first request is answered only when another one has come."""
        if count > 1:
            again.set()
        assert again.wait(PATIENCE)
        return None

    fake.behave = slow
    graph = explore(PROSE, asking(fake, timeout=0.5), "depth", Budget())
    assert graph.solution() is not None
    assert len(fake.bodies) >= 2


def test_patience_ends_and_refusals_are_reported(fake: Fake) -> None:
    fake.behave = lambda body, count: (401, b'{"error": "who are you"}')
    with pytest.raises(JourneyError, match="refused a request: 401"):
        explore(PROSE, asking(fake), "depth", Budget())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Server(f"http://127.0.0.1:{free.getsockname()[1]}/v1", "m", patience=1.0, read=read_steps)
        with pytest.raises(JourneyError, match="did not answer"):
            explore(PROSE, nobody, "depth", Budget())


def test_the_api_key_is_written_nowhere(fake: Fake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOURNEY_API_KEY", "very-secret-key")
    graph = explore(PROSE, asking(fake, answers=tmp_path), "depth", Budget())
    assert fake.headers[0] == "Bearer very-secret-key"
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert kept
    assert b"very-secret" not in kept + encode(graph.to_record())


def test_requests_under_way_are_limited(fake: Fake) -> None:
    now, most, guard = [0], [0], threading.Lock()
    three = threading.Barrier(3)

    def count(body: dict[str, Any], number: int) -> tuple[int, bytes] | None:
        """Requests are answered three at a time, so three must be under way at once."""
        with guard:
            now[0] += 1
            most[0] = max(most[0], now[0])
        three.wait(PATIENCE)
        with guard:
            now[0] -= 1
        return None

    fake.behave = count
    problems = [replace(PROSE, id=f"p{at}", statement=f"Problem {at}") for at in range(12)]
    server = asking(fake, concurrency=3)
    states = [families.get("prose").start(problem.givens) for problem in problems]
    server.propose([ProposalRequest(p, s, ()) for p, s in zip(problems, states, strict=True)])
    assert most[0] == 3
    assert len(fake.bodies) == 12


def one_by_one(fake: Fake, body: dict[str, Any], text: str) -> tuple[int, bytes]:
    """An answer of one text, whatever `n` says."""
    return 200, fake.answer({**body, "n": 1}, [(text, -1.0)])


def test_a_text_that_came_is_not_asked_for_again(fake: Fake, tmp_path: Path) -> None:
    def once(body: dict[str, Any], count: int) -> tuple[int, bytes]:
        return one_by_one(fake, body, "\n".join(RIGHT)) if count == 1 else (401, b"{}")

    fake.behave = once
    with pytest.raises(JourneyError, match="refused a request: 401"):
        explore(PROSE, asking(fake, answers=tmp_path), "depth", Budget())
    fake.behave = lambda body, count: one_by_one(fake, body, "\n".join(WRONG))
    server = asking(fake, answers=tmp_path)
    graph = explore(PROSE, server, "depth", Budget())
    assert server.requests_sent == 1
    assert fake.bodies[-1]["seed"] == 1
    assert len(graph.steps()) == 5, "what came before and what came after"
    # A kill in the middle of writing costs that text and no other.
    (file,) = tmp_path.rglob("*.jsonl")
    file.write_bytes(file.read_bytes()[:-9])
    server = asking(fake, answers=tmp_path)
    assert encode(explore(PROSE, server, "depth", Budget()).to_record()) == encode(graph.to_record())
    assert (server.requests_sent, fake.bodies[-1]["seed"]) == (1, 1)


def test_problems_in_the_same_words_share_an_answer(fake: Fake, tmp_path: Path) -> None:
    texts = ["\n".join(RIGHT), "\n".join(WRONG), GUESS, "\n".join(RIGHT[:2])]
    fake.behave = lambda body, count: one_by_one(fake, body, texts[count % 4])
    problems = [PROSE, replace(PROSE, id="gold-12", givens={**PROSE.givens, "answer": "12"}, answer="12")]
    graphs = list(explore_together(problems, asking(fake, answers=tmp_path), "depth", Budget()))
    assert len(fake.bodies) == 2
    again = explore_together(problems, asking(fake, answers=tmp_path), "depth", Budget())
    assert [encode(g.to_record()) for g in again] == [encode(g.to_record()) for g in graphs]


def test_concurrent_requests_share_one_answer(fake: Fake, tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def together(body: dict[str, Any], count: int) -> tuple[int, bytes]:
        if body["seed"] == 0:
            both.wait(PATIENCE)
        return one_by_one(fake, body, f"She has {len(fake.bodies)}+{threading.get_ident()} pens.")

    fake.behave = together
    start = families.get("prose").start(PROSE.givens)
    prompt = make_prompt(ProposalRequest(PROSE, start, ()), to_end=True)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(
            lambda server: server.generate([prompt]), [asking(fake, answers=tmp_path) for _ in range(2)]
        )
    assert first == second == asking(fake, answers=tmp_path).generate([prompt])


def sentence(fake: Fake, body: dict[str, Any], content: str | None, ended: str) -> tuple[int, bytes]:
    """An answer with this content, ended so."""
    answer = json.loads(fake.answer(body))
    for choice in answer["choices"]:
        choice["message"]["content"], choice["finish_reason"] = content, ended
    return 200, json.dumps(answer).encode()


@pytest.mark.parametrize(
    ("content", "ended", "steps"),
    [
        ("\n".join(RIGHT), "stop", 3),
        ("\n".join(RIGHT), "length", 2),
        ("\n".join(RIGHT) + "\n", "length", 3),
        (RIGHT[0], "length", 0),
        (None, "length", 0),
        (f"{RIGHT[0]}\nShe has 3+8 = 11 \ud800.", "stop", 2),
    ],
)
def test_a_line_that_was_cut_short_is_no_step(
    fake: Fake, tmp_path: Path, content: str | None, ended: str, steps: int
) -> None:
    fake.behave = lambda body, count: sentence(fake, body, content, ended)
    server = asking(fake, answers=tmp_path)
    graph = explore(PROSE, server, "depth", Budget())
    assert len(graph.steps()) == steps
    assert server.requests_sent == 1, "an answer without a step is an answer"
    assert encode(graph.to_record())


def test_a_local_server_is_asked_while_offline(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert explore(PROSE, asking(fake), "depth", Budget()).solution() is not None


def test_the_likeliest_text_is_asked_for_once(fake: Fake) -> None:
    explore(PROSE, asking(fake, temperature=0.0), "depth", Budget())
    assert len(fake.bodies) == 1
    assert "n" not in fake.bodies[0]

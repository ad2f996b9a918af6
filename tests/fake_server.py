"""A scripted fake model server, and its right and wrong answers to one problem."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.records import Attempt, Record
from search.explore import Budget, explore
from search.proposers.replay import Replay
from search.proposers.server import Server
from tests.conftest import problem_of
from tests.timing import PATIENCE
from traces.text import read_steps

PROSE = replace(
    problem_of("story", 0),
    id="prose-1",
    family="prose",
    givens={"problem": "Ann has 3 pens and buys 2 packs of 4. How many pens has she?", "answer": "11"},
    answer="11",
)
RIGHT = ("She buys 2*4 = 8 pens.", "She has 3+8 = 11 pens.", "The answer is 11.")
WRONG = ("She buys 2*4 = 8 pens.", "She has 3+8 = 12 pens.", "The answer is 12.")
GUESS = "Let us see what she has."


def replayed(*samples: tuple[str, ...], problem: Problem = PROSE) -> SolutionGraph:
    return explore(problem, Replay([Record(problem, tuple(map(Attempt, samples)))]), "depth", Budget())


OUTPUTS = (("\n".join(RIGHT), -0.5), ("\n".join(WRONG), -1.5))


class Fake:
    """A scripted OpenAI-compatible server."""

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
                reply = fake.behave(body, len(fake.bodies))
                status, content = reply if reply is not None else (200, fake.answer(body))
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


def asking(fake: Fake, **settings: Any) -> Server:
    defaults: dict[str, Any] = {"samples": 2, "read": read_steps, "patience": PATIENCE, "timeout": PATIENCE}
    return Server(fake.url, "m", **defaults | settings)

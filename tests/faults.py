"""A real `transformers serve` process, and a proxy before it that fails on request."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

from tests.timing import PATIENCE, until

PROGRAM = Path(sys.executable).with_name("transformers")
LACKING = [name for name in ("fastapi", "uvicorn", "openai") if find_spec(name) is None]
FAULTS = ("slow", "dripping", "429", "500", "503", "garbage", "half", "dropped")


def free_port() -> int:
    """A port of this machine that nobody listens at."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Serving:
    """`transformers serve MODEL` on loopback: started, killed, stopped and continued as a process."""

    def __init__(self, model: Path, log: Path) -> None:
        self.model, self.log, self.port = model, log, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where its interface begins."""
        return f"http://127.0.0.1:{self.port}/v1"

    def start(self) -> None:
        """Starts it, always at the same port; it answers some seconds later."""
        command = [PROGRAM, "serve", self.model, "--host", "127.0.0.1", "--port", str(self.port)]
        settings = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*map(str, command), "--device", "cpu"],
                env=os.environ | settings,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Waits until it answers."""
        until(self._answers, "answer of the server")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text()[-2000:]
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5).close()
        except OSError:
            return False
        return True

    def send(self, number: signal.Signals) -> None:
        """Sends it a signal, and waits for its end if that is SIGKILL."""
        assert self.process is not None
        self.process.send_signal(number)
        if number is signal.SIGKILL:
            self.process.wait()


class Proxy:
    """Passes requests on, except where `plan` has a fault for their number (from 1).

    Args:
        port: of the server behind it.
        limit: seconds after which a client has given up.
    """

    def __init__(self, port: int, limit: float) -> None:
        self.port, self.limit = port, limit
        self.plan: Callable[[int], str | None] = lambda number: None
        self.count = 0
        self.faults_made: list[str] = []
        """The faults so far."""
        self.answered: list[str] = []
        """The requests whose answers came to the client whole and in time."""
        self.late: list[str] = []
        """Those of which nobody can say whether they came in time."""
        self.slowest = 0.0
        """Seconds for which a client has waited for an answer, at most."""
        guard, proxy = threading.Lock(), self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                begun = time.monotonic()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with guard:
                    proxy.count += 1
                    fault = proxy.plan(proxy.count)
                    if fault:
                        proxy.faults_made.append(fault)
                try:
                    status = proxy.answer(self, fault or "", body)
                except (OSError, HTTPException):
                    return  # whichever side is gone, the other one sees a connection that ends
                if not fault and status == 200:
                    # The client's clock began before this one, much before on a busy machine.
                    taken = time.monotonic() - begun
                    early = taken < 0.3 * proxy.limit
                    proxy.slowest = max(proxy.slowest, taken)
                    (proxy.answered if early else proxy.late).append(canonical(body))

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Ends it: nobody listens any more."""
        self.server.shutdown()
        self.server.server_close()

    def answer(self, client: BaseHTTPRequestHandler, fault: str, body: bytes) -> int:
        """Answers one request, well or as the fault says, and returns the status."""
        if fault.isdecimal():
            return send(client, int(fault), b'{"error": "not now"}')
        if fault == "garbage":
            return send(client, 200, b"<html>\xff\xfe It works!")
        if fault == "slow":
            time.sleep(1.5 * self.limit)
        status, content = self.passed_on(client.path, body)
        if gone(client.connection) or fault == "dropped":
            raise ConnectionError("nobody is to be answered")
        if fault == "half":
            return send(client, status, content, content[: len(content) // 2])
        if fault == "dripping":
            send(client, status, content, b"")
            for at in range(len(content)):
                time.sleep(self.limit / 4)
                client.wfile.write(content[at : at + 1])
            return status
        return send(client, status, content)

    def passed_on(self, path: str, body: bytes) -> tuple[int, bytes]:
        """What the server behind answers."""
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as fault:
            return fault.code, fault.read()


def send(client: BaseHTTPRequestHandler, status: int, content: bytes, sent: bytes | None = None) -> int:
    """Answers with `content`, of which only `sent` is sent; returns the status."""
    client.send_response(status)
    client.send_header("Content-Type", "application/json")
    client.send_header("Content-Length", str(len(content)))
    client.end_headers()
    client.wfile.write(content if sent is None else sent)
    return status


def gone(connection: socket.socket) -> bool:
    """Whether the other side has closed the connection."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable) and connection.recv(1, socket.MSG_PEEK) == b""


def canonical(body: bytes) -> str:
    """A request's body, however it was written."""
    return json.dumps(json.loads(body), sort_keys=True)

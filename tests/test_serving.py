"""A model that the suite trained, served by a real `transformers serve`, which is killed, stopped and slowed.

Whatever happens, the run goes on; each request that was answered is kept once and not asked again; and the
graphs are those of an undisturbed replay of the answers, byte for byte.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.graphs import read_graphs
from journey.runs.records import read_problems
from journey.runs.store import encode
from journey.step import REFUTED, Verdict
from search.explore import Budget, explore_together
from search.proposers.sampling import StepReader
from search.proposers.server import Server
from tests.faults import FAULTS, LACKING, PROGRAM, Proxy, Serving
from tests.timing import PATIENCE, until
from tests.trained import LEVELS, family_problems, word_problems
from traces.text import read_steps

pytestmark = pytest.mark.skipif(
    bool(LACKING) or not PROGRAM.exists(), reason=f"transformers serve is not installed: {LACKING}"
)
LIMIT = 3.0
"""Seconds after which a client gives up, or so many times as long as the slowest answer takes here."""
SAMPLES = 4


@pytest.fixture(scope="module")
def serving(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    served = Serving(trained, tmp_path_factory.mktemp("serving") / "log")
    served.start()
    try:
        served.wait()
        yield served
    finally:
        served.send(signal.SIGKILL)


@pytest.fixture(scope="module")
def limit(serving: Serving, tmp_path_factory: pytest.TempPathFactory) -> float:
    """`LIMIT` for this machine: an undisturbed search says how long the slowest answer takes."""
    folder = tmp_path_factory.mktemp("limit")
    proxy = Proxy(serving.port, PATIENCE)
    search(some_problems(folder), proxy.url, serving.model, folder / "answers", limit=PATIENCE)
    proxy.close()
    return LIMIT * max(1.0, proxy.slowest)


@pytest.fixture
def proxy(serving: Serving, limit: float, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    monkeypatch.setattr("search.proposers.server.LONGEST_PAUSE", 0.5)
    made = Proxy(serving.port, limit)
    yield made
    made.close()


def search(
    problems: Sequence[Problem],
    url: str,
    model: Path,
    answers: Path,
    steps: int = 60,
    read: StepReader | None = read_steps,
    limit: float = PATIENCE,
) -> tuple[list[SolutionGraph], Server]:
    settings: dict[str, Any] = {"samples": SAMPLES, "concurrency": 4, "max_new_tokens": 96}
    settings |= {"timeout": limit, "read": read, "patience": PATIENCE}
    server = Server(url, str(model), answers=answers, **settings)
    return list(explore_together(problems, server, "depth", Budget(steps=steps))), server


def records(graphs: Sequence[SolutionGraph]) -> list[bytes]:
    return [encode(graph.to_record()) for graph in graphs]


def each_answer_is_kept_once(proxy: Proxy, answers: Path) -> None:
    """What the proxy saw answered, beside what lies in the folder."""
    answered, late = texts_asked(proxy.answered), texts_asked(proxy.late)
    assert max(Counter(answered).values()) == 1, "asked again after it was answered"
    states = Counter(state for state, _ in {*answered, *late})
    assert states == texts_kept(answers)
    assert len(states) == sum(1 for _ in answers.rglob("*.jsonl"))
    assert set(states.values()) == {SAMPLES}


State = tuple[str, int]
"""What is asked about, and how much is wanted: the end, or a line."""


def texts_asked(bodies: Sequence[str]) -> list[tuple[State, int]]:
    """The texts that requests are about, each by its state and its number there."""
    requests = [(asked_about(body), body["seed"]) for body in map(json.loads, bodies)]
    # A request for one token finds out what the server understands; no text comes of it.
    return [each for each in requests if each[0][1] > 1]


def asked_about(body: dict[str, Any]) -> State:
    return body["messages"][0]["content"], body["max_tokens"]


def right_and_wrong(graphs: Sequence[SolutionGraph]) -> None:
    steps = [step for graph in graphs for step in graph.steps()]
    assert {step.proposer for step in steps} == {"server"}
    verdicts = Counter(step.verdict for step in steps)
    assert verdicts[Verdict.VALID]
    assert verdicts[Verdict.WRONG]
    assert all(step.evidence is not None for step in steps if step.verdict in REFUTED)
    assert any(graph.solution() for graph in graphs)
    assert any(len(graph.steps_from(graph.root)) > 1 for graph in graphs), "it samples"


def some_problems(folder: Path) -> list[Problem]:
    """Of the family half known and half not, and the word problems."""
    return [*family_problems(19)[13:], *read_problems(word_problems(folder / "words.jsonl"))]


def disturbed(serving: Serving, proxy: Proxy, folder: Path) -> None:
    """A search that is disturbed as the proxy's plan says, and then an undisturbed one without a server."""
    problems, answers = some_problems(folder), folder / "answers"
    graphs, _ = search(problems, proxy.url, serving.model, answers, limit=proxy.limit)
    by_lines, server = search(
        problems[:2], proxy.url, serving.model, answers, steps=6, read=None, limit=proxy.limit
    )
    assert server.unsupported == {"n", "stop"}, "which this server ignores, and fails at; faults are no proof"
    right_and_wrong(graphs)
    each_answer_is_kept_once(proxy, answers)
    proxy.close()
    again, server = search(problems, proxy.url, serving.model, answers)
    assert (server.requests_sent, records(again)) == (0, records(graphs))
    again, server = search(problems[:2], proxy.url, serving.model, answers, steps=6, read=None)
    assert (server.requests_sent, records(again)) == (0, records(by_lines))


def test_faults_of_every_kind_cost_nothing_but_time(serving: Serving, proxy: Proxy, tmp_path: Path) -> None:
    every = {3 * place: fault for place, fault in enumerate(FAULTS * 2, 1)}
    proxy.plan = every.get
    disturbed(serving, proxy, tmp_path)
    assert sorted(proxy.faults_made) == sorted(FAULTS * 2)


def test_a_restarted_server_costs_only_time(serving: Serving, proxy: Proxy, tmp_path: Path) -> None:
    def plan(number: int) -> None:
        if number == 10:
            serving.send(signal.SIGSTOP)
            threading.Timer(1.5 * proxy.limit, serving.send, [signal.SIGCONT]).start()
        if number == 40:
            serving.send(signal.SIGKILL)
            serving.start()

    proxy.plan = plan
    disturbed(serving, proxy, tmp_path)
    assert proxy.count > 40


def generated(out: Path, url: str, model: Path) -> list[str]:
    """The command that searches the family's first problems with the served model."""
    levels = [word for level in LEVELS for word in ("--level", str(level))]
    words = ["generate", "--family", "diophantine", "--count", "10", *levels, "--out", str(out)]
    return [sys.executable, "-m", "cli", *words, "--proposer", f"server:{url}#{model}"]


def test_a_run_that_is_killed_goes_on_without_asking_twice(
    serving: Serving, proxy: Proxy, tmp_path: Path
) -> None:
    first, again = tmp_path / "first", tmp_path / "again"
    proxy.limit = PATIENCE
    # The Hub being out of bounds is no reason not to ask a server of one's own.
    environment = os.environ | {"HF_HUB_OFFLINE": "1"}
    command = generated(first, proxy.url, serving.model)
    run = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: len(proxy.answered) >= 20 or run.poll() is not None, "20 answers")
        assert run.poll() is None
    finally:
        run.kill()
        run.wait()
    kept = texts_kept(first / "answers")
    answered_before = len(proxy.answered)
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sum(kept.values()) >= answered_before - 16, "lost more than what was under way"
    for state, number in texts_asked(proxy.answered[answered_before:]):
        assert number >= kept[state], "asked again"
    assert set(texts_kept(first / "answers").values()) == {SAMPLES}
    proxy.close()
    again.mkdir()
    shutil.copytree(first / "answers", again / "answers")
    replay = subprocess.run(
        generated(again, proxy.url, serving.model),
        env=environment,
        capture_output=True,
        text=True,
    )
    assert replay.returncode == 0, replay.stderr
    for name in ("graphs/part-00000.jsonl", "traces/journey.jsonl"):
        assert (again / name).read_bytes() == (first / name).read_bytes()
    right_and_wrong(list(read_graphs(first / "graphs")))


def texts_kept(answers: Path) -> Counter[State]:
    """How many texts lie in a folder of answers, for each state; a line cut short is none."""
    kept: Counter[State] = Counter()
    for path in answers.rglob("*.jsonl"):
        lines = path.read_text().split("\n")[:-1]
        if lines:
            kept[asked_about(json.loads(lines[0])["request"])] += len(lines) - 1
    return kept


GSM8K = Path(__file__).parents[2] / "shared" / "data" / "gsm8k" / "train.jsonl"


@pytest.mark.skipif(not GSM8K.exists(), reason=f"there is no {GSM8K}")
def test_problems_of_gsm8k_become_graphs_of_audited_steps(serving: Serving, tmp_path: Path) -> None:
    some = tmp_path / "some.jsonl"
    with open(GSM8K) as rows:
        some.write_text("".join(next(rows) for _ in range(2)))
    graphs, _ = search(read_problems(some), serving.url, serving.model, tmp_path / "answers", steps=8)
    lines = {
        line.strip()
        for path in (tmp_path / "answers").rglob("*.jsonl")
        for row in path.read_text().splitlines()[1:]
        for line in json.loads(row)["text"].split("\n")
    }
    steps = [step for graph in graphs for step in graph.steps()]
    assert steps
    for step in steps:
        assert str(step.move.result).strip() in lines, "no step that the server did not write"
        assert step.evidence is not None or step.verdict not in REFUTED, "no verdict without its proof"

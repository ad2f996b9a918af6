"""`journey generate` killed at fifty random moments and at each of its file operations, its disk full, a
worker of its pool dead: nothing whole is lost, and the same command ends with the same bytes.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, ForkServerProcess, SpawnProcess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from journey.errors import JourneyError
from journey.problem import Problem
from journey.runs.store import clock
from search import fleet
from search.explore import Budget
from search.fleet import Fleet, Search
from tests.conftest import problem_of

KILLS = 50
STAGES = ("start", "problems", "graphs", "traces", "curation")
"""What a run is at, by the marks in its manifest."""
DONE = "done"
OPERATIONS = ("open", "os.rename")
"""The audit events between which the files of a run change."""


@dataclass(frozen=True)
class Size:
    """How large a run is; part files are small, so that it has many."""

    problems: int
    part: int
    family: str = "story"

    def words(self, out: Path, workers: int = 1) -> list[str]:
        words = f"--family {self.family} --strategy mcts --count {self.problems} --workers {workers} --out"
        return ["generate", *words.split(), str(out)]


WHOLE = Size(60, 12)
TINY = Size(4, 2, "diophantine")
SEARCH = Search("depth", Budget(), 0.3, 0)


def journey(words: list[str], part: int, limit: int | None, fatal: int | None, channel: Connection) -> None:
    """The command, in a process of its own; it sends its exit code and what it said.

    Args:
        words: of the command line.
        part: problems a part file.
        limit: bytes that a file may have: the system refuses what is beyond, as a full disk does.
        fatal: the file operation before which the process is killed, counted from 1.
        channel: where the outcome goes.
    """
    import cli
    from train.pipeline import data

    fleet.PART_SIZE = data.PART_SIZE = part  # type: ignore[attr-defined]
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    if fatal is not None:
        sys.addaudithook(_killer(words[words.index("--out") + 1], fatal))
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    code: Any = 0
    try:
        cli.app(words)
    except SystemExit as end:
        code = end.code
    except BaseException:
        code = traceback.format_exc()
    channel.send((code, sys.stderr.getvalue()))


def _killer(folder: str, fatal: int) -> Callable[[str, tuple[Any, ...]], None]:
    numbers = count(1)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in OPERATIONS or not str(arguments[0]).startswith(folder):
            return
        reads = event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if not reads and next(numbers) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)

    return hook


class Started:
    """A command under way."""

    def __init__(self, context: ForkServerContext, words: list[str], size: Size, **more: int | None) -> None:
        self.channel, theirs = context.Pipe(duplex=False)
        arguments = (words, size.part, more.get("limit"), more.get("fatal"), theirs)
        self.process: ForkServerProcess = context.Process(target=journey, args=arguments)
        self.process.start()
        theirs.close()

    def over(self) -> bool:
        return not self.process.is_alive()

    def kill(self) -> None:
        self.process.kill()
        self.process.join()

    def outcome(self) -> tuple[Any, str]:
        """Exit code and words; (-9, "") if it was killed."""
        self.process.join()
        assert self.process.exitcode in (0, -signal.SIGKILL), self.process.exitcode
        if self.process.exitcode:
            return self.process.exitcode, ""
        code, text = self.channel.recv()
        return code, text


Start = Callable[..., Started]


@pytest.fixture(scope="module")
def start() -> Start:
    """Starts a command in a fork of a process that has imported everything: it costs milliseconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["pytest", "cli", "train.pipeline.generate", "train.console", __name__])
    return lambda words, size, **more: Started(context, words, size, **more)


def at(out: Path) -> str:
    """The stage that a run is at."""
    manifest = out / "manifest.json"
    if not manifest.exists():
        return STAGES[0]
    marks = json.loads(manifest.read_bytes())["stages"]
    return next((stage for stage in STAGES[1:] if stage not in marks), DONE)


def content(out: Path) -> dict[str, bytes]:
    """Every file of a run, but for the times in its manifest."""
    result = {str(file.relative_to(out)): file.read_bytes() for file in out.rglob("*") if file.is_file()}
    manifest = json.loads(result["manifest.json"])
    for facts in manifest["stages"].values():
        facts.pop("seconds")
    return {**result, "manifest.json": json.dumps(manifest).encode()}


def whole(out: Path) -> dict[Path, bytes]:
    """What must stay: the whole lines of the part files."""
    files = sorted(out.glob("graphs/part-*.jsonl"))
    return {file: held[: held.rfind(b"\n") + 1] for file in files if (held := file.read_bytes())}


def kept(out: Path, before: dict[Path, bytes]) -> dict[Path, bytes]:
    """What must stay now; all that had to stay before is among it."""
    now = whole(out)
    for file, lines in before.items():
        assert now[file].startswith(lines), f"{file.name} lost whole lines"
    return now


@dataclass(frozen=True)
class Undisturbed:
    """A run that nothing befell, and how long each stage took."""

    files: dict[str, bytes]
    took: dict[str, float]


def undisturbed(start: Start, size: Size, out: Path) -> Undisturbed:
    going = start(size.words(out), size)
    took = dict.fromkeys((*STAGES, DONE), 0.0)
    seconds = clock()
    while not going.over():
        took[at(out)] = seconds()
        time.sleep(0.001)
    assert going.outcome() == (0, "")
    ends = [0.0, *(took[stage] for stage in STAGES)]
    return Undisturbed(content(out), {s: ends[i + 1] - ends[i] for i, s in enumerate(STAGES)})


@pytest.fixture(scope="module")
def model(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(start, WHOLE, tmp_path_factory.mktemp("model") / "run")


@pytest.fixture(scope="module")
def tiny(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(start, TINY, tmp_path_factory.mktemp("tiny") / "run")


def killed(going: Started, run: Path, begun: Callable[[], bool], moment: float) -> str | None:
    """Kills the command `moment` seconds after it has `begun`; where it was, None if it was at its end."""
    before = whole(run)
    seconds: Callable[[], float] | None = None
    while not going.over() and (seconds is None or seconds() < moment):
        if seconds is None and begun():
            seconds = clock()
        for file, lines in before.items():
            assert file.stat().st_size >= len(lines), "whole lines were made again"
        time.sleep(0.0005)
    going.kill()
    return at(run) if going.process.exitcode else None


def test_fifty_kills_lose_nothing_whole(start: Start, model: Undisturbed, tmp_path: Path) -> None:
    random = Random(50)
    fell: Counter[tuple[str, int]] = Counter()

    def trial(run: Path, workers: int, share: float) -> None:
        """A run that is killed in each stage, or as often as its stages last.

        A kill comes at a random moment of a stage's first `share`, by how long the stage took undisturbed.
        """
        before: dict[Path, bytes] = {}

        def begun(stage: str) -> bool:
            # Workers take a second to start; a kill before they work would be like any other.
            idle = workers == 2 and at(run) == "graphs" and whole(run) == before
            return at(run) not in STAGES[: STAGES.index(stage)] and not idle

        for stage in ("start", "problems", "graphs", "graphs", "graphs", "traces", "curation"):
            going = start(WHOLE.words(run, workers), WHOLE)
            # A run comes three times to its graphs; and its last stage must not end before it is killed.
            most = share * model.took[stage] / {"graphs": 4, "curation": 2}.get(stage, 1)
            moment = random.uniform(0, most)
            result = killed(going, run, partial(begun, stage), moment)
            before = kept(run, before)
            if result is None:
                break
            fell[result, workers] += 1
        assert start(WHOLE.words(run), WHOLE).outcome() == (0, "")
        kept(run, before)
        assert content(run) == model.files

    def enough() -> bool:
        everywhere = all(fell[stage, 1] >= 3 for stage in STAGES) and fell["graphs", 2] >= 2
        return everywhere and fell.total() >= KILLS

    for number in range(60):
        if enough():
            break
        # The machine may have become faster since the stages were timed: then kills come ever earlier.
        share = 0.8 ** max(0, number - 10)
        trial(tmp_path / f"run-{number}", workers=1 if fell["graphs", 2] >= 2 else 2, share=share)
    assert enough(), fell


def test_a_kill_before_any_operation_on_a_file(start: Start, tiny: Undisturbed, tmp_path: Path) -> None:
    for fatal in count(1):
        out = tmp_path / f"run-{fatal}"
        if start(TINY.words(out), TINY, fatal=fatal).outcome()[0] == 0:
            break
        before = whole(out)
        assert start(TINY.words(out), TINY).outcome() == (0, ""), f"after a kill before operation {fatal}"
        kept(out, before)
        assert content(out) == tiny.files, f"after a kill before operation {fatal}"
    assert fatal > 20


def test_a_disk_that_is_full_again_and_again(start: Start, model: Undisturbed, tmp_path: Path) -> None:
    """Each file in turn finds no room for its last byte; what is whole stays, and the rest comes later."""
    out = tmp_path / "run"
    sizes = {out / name: len(held) for name, held in model.files.items() if held}
    full: set[str] = set()
    before: dict[Path, bytes] = {}
    for limit in (100, *sorted({size - 1 for size in sizes.values()})):
        code, text = start(WHOLE.words(out), WHOLE, limit=limit).outcome()
        assert code == 1, (code, text)
        assert text.startswith("journey: cannot write ") and "run the command again" in text
        path = Path(text.split()[3].rstrip(":"))
        assert sizes[path] > limit, "another file is blamed"
        assert not list(out.rglob("*.partial"))
        before = kept(out, before)
        full.add(path.relative_to(out).parts[0])
    assert full >= {"manifest.json", "graphs"}
    assert full & {"traces", "pairs"}
    assert start(WHOLE.words(out), WHOLE).outcome() == (0, "")
    assert content(out) == model.files


def test_a_full_disk_is_reported_by_workers_too(start: Start, tiny: Undisturbed, tmp_path: Path) -> None:
    out = tmp_path / "run"
    limit = len(tiny.files["graphs/part-00000.jsonl"]) - 1
    code, text = start(TINY.words(out, workers=2), TINY, limit=limit).outcome()
    assert code == 1 and text.startswith(f"journey: cannot write {out / 'graphs' / 'part-0000'}"), text
    before = whole(out)
    assert any(before.values())
    assert start(TINY.words(out), TINY).outcome() == (0, "")
    kept(out, before)
    assert content(out) == tiny.files


def test_shards_that_start_at_once(start: Start, tiny: Undisturbed, tmp_path: Path) -> None:
    for number in range(4):
        out = tmp_path / f"run-{number}"
        shards = [start([*TINY.words(out), "--shard", f"{i}/4"], TINY) for i in (1, 2, 3, 4)]
        assert [shard.outcome() for shard in shards] == [(0, "")] * 4
        assert start(TINY.words(out), TINY).outcome() == (0, "")
        assert content(out) == tiny.files


class Deadly(Search):
    """Ends its process after the first graph."""

    def graphs(self, problems: Sequence[Problem]) -> Iterator[dict[str, Any]]:
        for graph in super().graphs(problems):
            yield graph
            os.kill(os.getpid(), signal.SIGKILL)


def test_a_worker_that_dies_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "PART_SIZE", 20)
    problems = [problem_of("countdown", index) for index in range(100)]
    fleet.explore_all(problems, SEARCH, tmp_path / "here" / "graphs", Fleet(), lambda done: None)
    heard: list[int] = []

    def on_progress(done: int) -> None:
        heard.append(done)
        if len(heard) == 1:
            for worker in multiprocessing.active_children():
                if isinstance(worker, SpawnProcess):
                    worker.kill()

    fleet.explore_all(problems, SEARCH, tmp_path / "there" / "graphs", Fleet(workers=2), on_progress)
    assert heard == [20] * 5
    assert list(whole(tmp_path / "there").values()) == list(whole(tmp_path / "here").values())


def test_what_kills_every_worker_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet, "PART_SIZE", 3)
    monkeypatch.setattr(fleet, "MAX_WORKER_DEATHS", 2)
    problems = [problem_of("countdown", index) for index in range(6)]
    deadly = Deadly(SEARCH.strategy, SEARCH.budget, SEARCH.mistakes, SEARCH.seed)
    with pytest.raises(
        JourneyError, match=r"2 workers died at .*part-0000\d.jsonl, the last with exit code -9"
    ):
        fleet.explore_all(problems, deadly, tmp_path / "graphs", Fleet(workers=2), lambda done: None)
    assert sum(held.count(b"\n") for held in whole(tmp_path).values()) >= 2

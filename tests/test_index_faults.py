"""The index of a run folder: broken rows, kills, damage, two at once, folders that may only be read."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from journey.errors import InputError, JourneyError
from journey.runs import index as indexing
from journey.runs import index_file
from journey.runs.graphs import find_graph
from journey.runs.index import Index, open_index
from journey.runs.problem_list import Query
from journey.runs.store import INDEX, Run, encode, write_lines
from tests.indexed import (
    GRAPHS,
    KINDS,
    Reads,
    anew,
    contents,
    make_run,
    part,
    rows,
    samples,
)
from tests.timing import within
from traces.show import show_problem
from traces.walks import WalkSettings, walk
from train.pipeline.data import trace_row


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("made") / "run")


@pytest.fixture
def run(tmp_path: Path, made: Path) -> Path:
    """A run folder of one's own, not indexed yet."""
    return Path(shutil.copytree(made, tmp_path / "run", ignore=shutil.ignore_patterns(INDEX)))


def test_broken_rows_are_listed_and_stop_nothing(run: Path) -> None:
    faults = [
        (b"not json", "expected"),
        (b"[1, 2]", "not an object"),
        (b"{}", "schema version None"),
        (b"", "EOF"),
        (b"\xff\xfe", "expected"),
        (b'{"schema_version": 1}', "no 'problem'"),
        (b'{"schema_version": 1, "problem": 5, "edges": [], "nodes": []}', "not subscriptable"),
        (b'{"schema_version": 1, "problem": {"level": 1e99}, "edges": []}', "not a number"),
        (b'{"schema_version": 1, "problem": {"level": 9999999999999999999999}, "edges": []}', "not a number"),
        (b'{"schema_version": 1, "problem": {"level": 1, "id": 7}, "edges": []}', "id is '7', not a text"),
        (b'{"schema_version": 1, "problem": {"level": 1, "id": "\\ud800"}, "edges": []}', "hex escape"),
        (b"[" * 100_000, "recursion"),
    ]
    lines = part(run, 1).read_bytes().splitlines(keepends=True)
    part(run, 1).write_bytes(b"".join([*lines[:5], *(line + b"\n" for line, _ in faults), *lines[5:]]))
    trace = rows(run / "traces/journey.jsonl")
    del trace[2]["completion"]
    write_lines(run / "traces/journey.jsonl", trace)
    asked = samples("journey-sft")
    asked[4]["correct"] = None
    asked[5].update(sample="first", correct=True)
    write_lines(run / "evals/journey-sft/samples.jsonl", asked)
    (run / "traces/folder.jsonl").mkdir()
    (run / "traces/gone.jsonl").symlink_to(run / "nowhere")
    with open_index(run) as index:
        broken = index.broken()
        in_graphs = [row for row in broken if row.file == "graphs/part-00001.jsonl"]
        assert [row.line for row in in_graphs] == list(range(6, 6 + len(faults)))
        for row, (_, message) in zip(in_graphs, faults, strict=True):
            assert message.lower() in row.fault.lower()
        assert [(row.file, row.line, row.fault) for row in broken if row not in in_graphs] == [
            ("evals/journey-sft/samples.jsonl", 5, "sample '0' is 'None', not true or false"),
            ("evals/journey-sft/samples.jsonl", 6, "sample 'first' is 'True', not true or false"),
            ("traces/folder.jsonl", 0, "cannot be read: Is a directory"),
            ("traces/gone.jsonl", 0, "cannot be read: No such file or directory"),
            ("traces/journey.jsonl", 3, "no 'completion'"),
        ]
        assert len(index.broken(limit=3)) == 3
        assert index.count() == len(GRAPHS)
        assert index.trace("journey", trace[3]["id"]) == trace[3]
        assert index.trace("journey", trace[2]["id"]) is None
        part(run, 1).write_bytes(b"".join(lines))
        index.refresh()
        assert not [row for row in index.broken() if row.file.startswith("graphs")]


def test_a_graph_that_does_not_fit_is_reported(run: Path) -> None:
    row = rows(part(run, 0))[0]
    row["edges"][0]["verdict"] = "perhaps"
    write_lines(part(run, 0), [row])
    with (
        open_index(run) as index,
        pytest.raises(InputError, match=r"the graph of .* does not fit: .*verdict"),
    ):
        find_graph(index, row["problem"]["id"])


KILLED = """
import os, signal, sys
from pathlib import Path
from journey.runs import index_file
from journey.runs.index import Index

plain, left = index_file.read_facts, int(sys.argv[2])

def killing(*args):
    global left
    reading = plain(*args)
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return reading

index_file.BATCH, index_file.read_facts = 3, killing
Index(Path(sys.argv[1])).refresh()
"""


@pytest.mark.parametrize("readings", [0, 1, 4, 9, 25])
def test_a_kill_loses_the_batch_in_hand(run: Path, tmp_path: Path, readings: int) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(run), str(readings)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Index(run) as index:
        # Its files say what they hold, no more and no less: nothing is half read.
        assert index.count() <= 3 * readings
        index.refresh()
        assert contents(index) == anew(run, tmp_path)


REFRESH = """
import sys
from pathlib import Path
from journey.runs import index_file
from journey.runs.index import Index
index_file.BATCH = 2
print("ready", flush=True)
sys.stdin.readline()
Index(Path(sys.argv[1])).refresh()
"""


def refresher(run: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", REFRESH, str(run)]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def test_a_kill_at_any_moment_leaves_an_index_that_goes_on(run: Path, tmp_path: Path) -> None:
    """Two lines a transaction: nearly every moment is one within a commit."""
    for milliseconds in (2, 8, 15, 30, 60):
        process = refresher(run)
        go(process)
        time.sleep(milliseconds / 1000)
        process.kill()
        process.communicate()
        with Index(run) as index:
            index.count()
    with open_index(run) as index:
        assert contents(index) == anew(run, tmp_path)


def test_two_that_refresh_at_once_share_the_work(run: Path, tmp_path: Path) -> None:
    processes = [refresher(run) for _ in range(3)]
    for process in processes:
        go(process)
    for process in processes:
        process.communicate()
        assert process.returncode == 0
    with open_index(run) as index:
        assert contents(index) == anew(run, tmp_path)


@pytest.mark.parametrize("damage", ["text", "cut", "version", "zeros"])
def test_a_damaged_index_is_made_again(run: Path, tmp_path: Path, damage: str) -> None:
    expected = anew(run, tmp_path)
    with open_index(run) as index:
        index.count()
    path = run / INDEX
    whole = path.read_bytes()
    if damage == "version":
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version = 99")
        connection.execute("ALTER TABLE problems RENAME TO others")
        connection.close()
    else:
        damaged = {
            "text": b"not a database",
            "cut": whole[: len(whole) // 2],
            "zeros": whole[:4096] + bytes(20_000),
        }
        path.write_bytes(damaged[damage])
    with open_index(run) as index:
        assert contents(index) == expected


def test_an_index_may_be_deleted_while_it_is_open(run: Path, tmp_path: Path) -> None:
    with open_index(run) as index:
        assert index.count() == len(GRAPHS)
        index.path.unlink()
        with open_index(run) as other:
            assert other.count() == len(GRAPHS)
        write_lines(part(run, 7), [])
        index.refresh()
        assert contents(index) == anew(run, tmp_path)
    assert [path.name for path in run.iterdir() if path.name.startswith(INDEX)] == [INDEX]


@pytest.fixture
def shared(made: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A run folder that others may read, and a temporary folder of one's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = Path(shutil.copytree(made, folder / "run", ignore=shutil.ignore_patterns(INDEX)))
        (folder / "temporary").mkdir()
        for path in [folder, run, *run.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        (folder / "temporary").chmod(0o777)
        monkeypatch.setattr(tempfile, "tempdir", str(folder / "temporary"))
        yield run


@contextmanager
def only_reading(run: Path) -> Iterator[None]:
    """Takes away the right to write to the folder; root, who has it always, becomes another user."""
    root = os.geteuid() == 0
    rights = {path: path.stat().st_mode for path in (run, run / INDEX) if path.exists() and not root}
    for path, mode in rights.items():
        path.chmod(mode & 0o555)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        for path, mode in rights.items():
            path.chmod(mode)


def test_a_folder_that_may_only_be_read_is_indexed_elsewhere(shared: Path) -> None:
    before = sorted(shared.rglob("*"))
    with only_reading(shared):
        with open_index(shared) as index:
            assert not index.path.is_relative_to(shared)
            assert index.path.parent.stat().st_mode & 0o077 == 0, "nobody else reads or replaces it"
            assert index.count() == len(GRAPHS)
        with Index(shared) as again:
            assert again.count() == len(GRAPHS), "it is kept for the next time"
        again.path.parent.chmod(0o777)
        with pytest.raises(JourneyError, match="is not this user's alone"):
            Index(shared)
    assert sorted(shared.rglob("*")) == before


def test_a_read_only_index_is_used_while_up_to_date(shared: Path) -> None:
    open_index(shared).close()
    with only_reading(shared):
        index = open_index(shared)
        assert index.path == shared / INDEX
        assert index.count() == len(GRAPHS)
    part(shared, 2).unlink()
    with only_reading(shared), index:
        index.refresh()
        assert not index.path.is_relative_to(shared)
        assert index.count() == 20
        with open_index(shared) as another:
            assert another.path == index.path


def test_the_index_is_no_file_of_a_run(run: Path) -> None:
    """It neither keeps a folder from being taken for a run, nor is it missed or changed by one."""
    open_index(run).close()
    shutil.rmtree(run / "graphs")
    for name in ("manifest.json", "traces", "evals"):
        path = run / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    Run(run).claim({}, {})


def test_a_person_sees_why_they_wait(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output: list[str] = []
    open_index(run, output.append).close()
    assert output == []
    (run / INDEX).unlink()
    monkeypatch.setattr(indexing, "SLOW", 0.0)
    monkeypatch.setattr(index_file, "BATCH", 5)
    open_index(run, output.append).close()
    assert len(output) == 1
    assert str(run) in output[0]
    open_index(run, output.append).close()
    assert len(output) == 1, "there is nothing to read"


def test_show_reads_one_line_of_each_file(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_index(run).close()
    reads = Reads(monkeypatch)
    shown = show_problem(run, GRAPHS[12].problem.id[:9], False, None)
    assert shown.record["problem"] == GRAPHS[12].problem
    assert set(shown.record["traces"]) == set(KINDS)
    assert reads.taken() == []


@pytest.mark.slow
def test_any_one_of_100_000_is_found_at_once(tmp_path: Path) -> None:
    """Ids are made up; all else is of one real graph. In the time of the processor: others may use it too."""
    graph = next(graph for graph in GRAPHS if graph.problem.family == "diophantine")
    trace = walk("journey", graph, WalkSettings())
    assert trace is not None
    id = graph.problem.id.encode()
    lines = {
        "graphs": encode(graph.to_record()),
        "traces": encode(trace_row(trace, "journey", WalkSettings())),
    }
    ids = [b"%016x" % random.Random(number).getrandbits(64) for number in range(100_000)]
    for folder in ("graphs", "traces"):
        (tmp_path / folder).mkdir()
    for at in range(0, len(ids), 250):
        part(tmp_path, at // 250).write_bytes(
            b"".join(lines["graphs"].replace(id, each) + b"\n" for each in ids[at : at + 250])
        )
    for kind in KINDS:
        (tmp_path / f"traces/{kind}.jsonl").write_bytes(
            b"".join(lines["traces"].replace(id, each) + b"\n" for each in ids)
        )
    with within(40, "the index is made"):
        open_index(tmp_path).close()
    with within(0.2, "it is opened again"):
        index = open_index(tmp_path)
    with index:
        with within(0.1, "all are counted"):
            assert index.count() == len(ids)
        with within(200 * 0.005, "200 problems are found"):
            for each in random.Random(0).sample(ids, 200):
                index.graph(each.decode()[:12])
                index.trace("journey", each.decode())
        for number, query in enumerate([Query("7"), Query("zzz"), Query(sort="steps"), Query(mistakes=True)]):
            with within(0.05, str(query)):
                index.problems(query, offset=number * 20_000)
                index.count(query)

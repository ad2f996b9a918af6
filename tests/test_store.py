"""Appending, replacing, resuming, refusing."""

from __future__ import annotations

import errno
import json
import resource
import threading
from pathlib import Path

import pytest

from journey.errors import InputError, JourneyError
from journey.problem import Problem
from journey.runs.store import (
    Run,
    appending,
    differing_keys,
    encode,
    read_json,
    read_lines,
    reader,
    record,
    replace,
    write_json,
    write_lines,
)
from tests.conftest import problem_of


def test_records_survive_their_file(tmp_path: Path) -> None:
    problems = [problem_of("countdown", index) for index in range(5)]
    path = tmp_path / "deep" / "problems.jsonl"
    assert write_lines(path, map(record, problems)) == 5
    assert list(read_lines(path, reader(Problem))) == problems
    assert json.loads(path.read_bytes().splitlines()[0])["schema_version"] == 1


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"not json", "does not hold a record"),
        (b"[1, 2]", "not an object"),
        (b"{}", "schema version None"),
        (b'{"schema_version": 99}', "schema version 99, not 1"),
        (b'{"schema_version": 1, "id": 5}', "id"),
        (b"\xff\xfe", "does not hold a record"),
        (b"", "does not hold a record"),
    ],
)
def test_a_corrupt_line_is_named_by_file_and_number(tmp_path: Path, line: bytes, text: str) -> None:
    path = tmp_path / "problems.jsonl"
    path.write_bytes(encode(record(problem_of("countdown", 0))) + b"\n" + line + b"\n")
    with pytest.raises(InputError, match=r"problems\.jsonl:2") as caught:
        list(read_lines(path, reader(Problem)))
    assert text in str(caught.value)
    assert "line 1" not in str(caught.value)  # of the JSON: a second place in one message


def test_a_missing_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        list(read_lines(tmp_path / "none.jsonl", dict))
    with pytest.raises(InputError, match="No such file"):
        read_json(tmp_path / "none.json")


def test_a_torn_last_line_is_owed_again(tmp_path: Path) -> None:
    path = tmp_path / "part.jsonl"
    with appending(path) as (have, add):
        assert have == 0
        add({"n": 1})
        add({"n": 2})
    whole = path.read_bytes()
    for cut in range(len(whole) // 2 + 1, len(whole)):
        path.write_bytes(whole[:cut])
        with appending(path) as (have, add):
            assert have == 1
            add({"n": 2})
        assert path.read_bytes() == whole


def test_a_failed_replacement_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "file.jsonl"
    write_lines(path, [{"old": True}])

    def breaking() -> object:
        yield {"new": True}
        raise RuntimeError("killed here")

    with pytest.raises(RuntimeError):
        write_lines(path, breaking())  # type: ignore[arg-type]
    assert path.read_bytes() == b'{"old":true}\n'
    assert [item.name for item in tmp_path.iterdir()] == ["file.jsonl"]


def test_a_full_disk_is_reported_and_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file.json"
    write_json(path, {"old": 1})

    def full(number: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(JourneyError, match=r"cannot write .*No space left on device.*run the command again"):
        replace(path, "new")
    assert read_json(path) == {"old": 1}


def test_a_place_where_nothing_can_be_written_is_reported(tmp_path: Path) -> None:
    """There the unfinished file cannot be removed either, as on a read-only disk."""
    (tmp_path / "file").write_text("")
    with pytest.raises(JourneyError, match=r"cannot write .*file.results\.json: File exists"):
        write_json(tmp_path / "file" / "results.json", {})


def test_appending_to_a_full_disk_fails_and_keeps_full_lines(tmp_path: Path) -> None:
    """A limit on the size of files makes the system refuse the write for real, as a full disk does."""
    path = tmp_path / "part.jsonl"
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(JourneyError, match=r"cannot write .*part\.jsonl"), appending(path) as (_, add):
            for number in range(50):
                add({"n": number})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with appending(path) as (have, add):
        assert 0 < have < 50
        for number in range(have, 50):
            add({"n": number})
    assert [row["n"] for row in read_lines(path, dict)] == list(range(50))


def test_another_recipe_is_refused_by_its_keys(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    run.claim({"a": 1, "b": {"c": 2, "d": [1]}}, {})
    Run(tmp_path / "run").claim({"a": 1, "b": {"c": 2, "d": [1]}}, {})
    with pytest.raises(InputError, match=r"b\.c, e differ"):
        Run(tmp_path / "run").claim({"a": 1, "b": {"c": 3, "d": [1]}, "e": 0}, {})


def test_a_folder_of_other_things_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(InputError, match="holds files that are not a run's"):
        Run(tmp_path).claim({}, {})
    with pytest.raises(InputError, match="is not a run folder"):
        Run.existing(tmp_path)
    with pytest.raises(InputError, match="is a file, and a run needs a folder"):
        Run(tmp_path / "thesis.tex").claim({}, {})


def test_two_processes_cannot_write_to_one_run(tmp_path: Path) -> None:
    with (
        Run(tmp_path).lock(),
        pytest.raises(JourneyError, match=r"another process is writing to .*Wait until it ends"),
        Run(tmp_path).lock(),
    ):
        pass


def test_a_claim_does_not_wait_for_a_run(tmp_path: Path) -> None:
    """Else the second of two commands that start together waits for hours and says nothing."""
    first, second = Run(tmp_path), Run(tmp_path)
    first.claim({"a": 1}, {})
    with first.lock():
        claim = threading.Thread(target=second.claim, args=({"a": 1}, {}), daemon=True)
        claim.start()
        claim.join(20)
        assert not claim.is_alive()
    assert second.manifest["settings"] == {"a": 1}


def test_differing_keys_are_dotted() -> None:
    assert differing_keys({"a": {"b": 1}}, {"a": {"b": 1}}) == []
    assert differing_keys({"a": {"b": 1}, "c": 1}, {"a": 2}) == ["a", "c"]

"""Problem files in the schemas that are about, and what is wrong with the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError
from journey.runs.records import Attempt, read_problems, read_records
from journey.runs.store import encode
from tests.conftest import problem_of

GSM8K = {"question": "Ann has 3 pens and buys 4. How many?", "answer": "She has 3+4=<<3+4=7>>7 pens.\n#### 7"}
MATH = {
    "problem": "Compute $2+3$.",
    "solution": "We add. Then $2+3=\\boxed{5}$.",
    "level": "Level 3",
    "type": "Algebra",
}
SAMPLES = {
    "id": "a1",
    "problem": "Compute $2+3$.",
    "answer": "5",
    "samples": ["2+3=5\nSo \\boxed{5}", "It is 6."],
}
LABELLED = {"problem": "Add 1 and 1.", "steps": ["1+1=3", " ", "So \\boxed{3}"], "labels": [-1, 0, 1]}


def written(path: Path, *rows: Any) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_known_schemas_are_read(tmp_path: Path) -> None:
    records = list(read_records(written(tmp_path / "a.jsonl", GSM8K, MATH, SAMPLES, LABELLED)))
    assert [record.problem.answer for record in records] == ["7", "5", "5", ""]
    assert {record.problem.family for record in records} == {"prose"}
    assert records[1].problem.level == 3
    assert len(records[0].samples) == 1
    assert [len(sample.steps) for sample in records[2].samples] == [2, 1]
    assert records[3].samples == (Attempt(("1+1=3", "So \\boxed{3}"), (-1, 1)),)


def test_rows_of_one_problem_share_it_and_splits_are_by_content(tmp_path: Path) -> None:
    other = {**GSM8K, "answer": "3+4=7, so #### 7"}
    problems = read_problems(written(tmp_path / "a.jsonl", GSM8K, other, MATH))
    assert len(problems) == 2
    again = read_problems(written(tmp_path / "b.jsonl", MATH, GSM8K))
    assert {p.id: p.split for p in problems} == {p.id: p.split for p in again}
    held = read_problems(written(tmp_path / "c.jsonl", {**MATH, "split": "test"}))
    assert held[0].split == "heldout"


def test_our_own_schema_is_taken_as_it_is(tmp_path: Path) -> None:
    problem = problem_of("factoring", 3)
    path = tmp_path / "a.jsonl"
    path.write_bytes(encode({"schema_version": 1, **json.loads(encode(problem))}) + b"\n")
    assert read_problems(path) == [problem]


def test_fields_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", {"input": "Add 1 and 1.", "output": "2"})
    with pytest.raises(InputError, match="no problem under problem or question"):
        read_problems(path)
    named = read_problems(path, {"problem": "input", "answer": "output"})
    assert named[0].answer == "2"
    with pytest.raises(InputError, match="did you mean 'problem'"):
        read_problems(path, {"problm": "input"})


@pytest.mark.parametrize(
    "row",
    [
        3,
        "text",
        [],
        {"problem": "x"},
        {"problem": "", "answer": 1},
        {"problem": 3},
        {**LABELLED, "labels": [1]},
        {**LABELLED, "labels": [1, 7, 1]},
    ],
)
def test_other_rows_are_errors_with_their_line(tmp_path: Path, row: Any) -> None:
    with pytest.raises(InputError, match=r"a\.jsonl:2"):
        read_problems(written(tmp_path / "a.jsonl", GSM8K, row))
    with pytest.raises(InputError):
        read_problems(written(tmp_path / "b.jsonl"))

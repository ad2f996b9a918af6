"""Rule 10: an unfinished or over-budget output is wrong, and the share of those is reported."""

from __future__ import annotations

import json
from pathlib import Path

from journey.runs.store import read_json
from tests.conftest import problem_of
from train.evaluation.scoring import grade


def test_a_right_answer_that_did_not_end_is_wrong(family: str) -> None:
    problem = problem_of(family, 0)
    assert grade(problem, f"={problem.answer}", finished=True)[0] is True
    assert grade(problem, f"={problem.answer}", finished=False)[0] is False


def test_no_sample_is_over_the_cap_and_none_unfinished_is_right(quick_run: Path) -> None:
    cap = read_json(quick_run / "manifest.json")["settings"]["evaluation"]["max_new_tokens"]
    for folder in (quick_run / "evals").iterdir():
        rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
        assert all(row["tokens"] <= cap for row in rows)
        assert not any(row["correct"] for row in rows if not row["finished"])
        greedy = [row for row in rows if row["sample"] == 0]
        share = sum(not row["finished"] for row in greedy) / len(greedy)
        assert read_json(folder / "metrics.json")["unfinished"] == share

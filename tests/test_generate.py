"""`journey generate`, as far as it does not need a model: what it makes of its words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from journey.runs.store import Run, read_lines
from search.fleet import Fleet
from train.console import Console
from train.pipeline.generate import Source, generate_into
from train.recipe.recipe import recipe_of

ROW = {
    "problem": "Ann has 3 pens and buys 2 packs of 4. How many pens has she?",
    "answer": "11",
    "split": "train",
    "samples": [
        "She buys 2*4 = 8 pens.\nShe has 3+8 = 12 pens.\nThe answer is 12.",
        "She buys 2*4 = 8 pens.\nShe has 3+8 = 11 pens.\nThe answer is 11.",
    ],
}


def generated(out: Path, proposer: str, *changes: str, **source: Any) -> Run:
    settings = {"proposer": proposer, "strategy": "depth"}
    generate_into(out, Source(**source), settings, 0, changes, Fleet(), Console(quiet=True))
    return Run(out)


def test_a_place_may_be_called_as_it_likes(tmp_path: Path) -> None:
    file = tmp_path / 'my #1 "file": it.jsonl'
    file.write_text(json.dumps(ROW) + "\n")
    run = generated(tmp_path / "run", f"replay:{file}")
    assert recipe_of(run).search.proposer == f"replay:{file}"


def test_real_mistakes_are_kept_and_invented_ones_rare(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW) + "\n")
    run = generated(tmp_path / "run", f"replay:{file}")
    (trace,) = read_lines(run.path / "traces" / "journey.jsonl", dict)
    assert "She has 3+8 = 12 pens.\n!3+8 = 11, not 12<" in trace["completion"]
    none = generated(tmp_path / "none", f"replay:{file}", "traces.mistakes=0")
    (trace,) = read_lines(none.path / "traces" / "journey.jsonl", dict)
    assert "12 pens" not in trace["completion"]
    drawn = generated(tmp_path / "drawn", "symbolic", family="countdown", count=2)
    assert recipe_of(drawn).traces.mistakes == 0.02


def test_a_new_run_may_begin_with_the_answers_of_another(tmp_path: Path) -> None:
    (tmp_path / "run" / "answers").mkdir(parents=True)
    run = generated(tmp_path / "run", "symbolic", family="countdown", count=2)
    assert run.done("traces")

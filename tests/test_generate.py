"""`journey generate`, as far as it does not need a model: what it makes of its words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from journey.runs.store import Run, read_lines
from search.fleet import Fleet
from tests.conftest import Journey
from train.console import Console
from train.pipeline.generate import Source, generate_into
from train.recipe.load import recipe_of

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


def test_what_was_read_is_reported_and_how_it_was_split(tmp_path: Path, here: Journey) -> None:
    file = tmp_path / "ten.jsonl"
    rows = [
        {"question": f"What is {n} + 4?", "answer": f"{n} + 4 = {n + 4}\n#### {n + 4}"} for n in range(10)
    ]
    rows[0]["split"] = "heldout"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("generate", "--problems", file, "--proposer", f"replay:{file}", "--out", tmp_path / "run")
    first = here(*words).stdout
    counts = {
        name: len(list(read_lines(tmp_path / "run" / "problems" / f"{name}.jsonl", dict)))
        for name in ("train", "validation", "heldout")
    }
    assert counts["heldout"] > 0
    output = ", ".join(f"{count} {name}" for name, count in counts.items())
    assert f"10 read from {file}: {output} (by the column `split`, else by a hash of the problem)" in first
    assert "done before" not in first
    others = ", ".join(f"{counts[name]} {name}" for name in ("validation", "heldout") if counts[name])
    assert f"training problems kept; not for training: {others}" in first
    assert "done before" in here(*words).stdout


def test_a_split_is_for_drawn_problems_only(tmp_path: Path, here: Journey) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(ROW) + "\n")
    done = here("generate", "--problems", file, "--split", "heldout", "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "--split is for problems drawn with --family" in done.stderr
    assert '"split": "heldout"' in done.stderr
    assert not (tmp_path / "run").exists()
    assert "80 % train" in " ".join(here("generate", "--help").stdout.replace("│", " ").split())

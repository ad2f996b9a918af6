"""Rule 9: train and held-out share no canonical problem, and no structure."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

from journey import families
from journey.problem import SPLITS, draw


def test_splits_share_neither_problems_nor_structures(family: str) -> None:
    known = families.get(family)
    ids, structures = {}, {}
    for split in SPLITS:
        drawn = [draw(known, 0, split, i, [1, 2, 3]) for i in range(300)]
        ids[split] = {problem.id for problem in drawn}
        structures[split] = {known.split_key(problem.givens) for problem in drawn}
    for one, other in combinations(SPLITS, 2):
        assert not ids[one] & ids[other]
        assert not structures[one] & structures[other]


def test_structures_ignore_what_a_model_could_carry_over() -> None:
    diophantine = families.get("diophantine")
    assert diophantine.split_key({"a": 3, "b": 7, "c": 40}) == diophantine.split_key(
        {"a": 7, "b": 3, "c": 41}
    )
    factoring = families.get("factoring")
    assert factoring.split_key({"a": 2, "b": 7, "c": -15}) == factoring.split_key({"a": 2, "b": -7, "c": -15})


def test_the_files_of_a_run_are_disjoint_too(quick_run: Path) -> None:
    rows = {
        split: [
            json.loads(line) for line in (quick_run / "problems" / f"{split}.jsonl").read_text().splitlines()
        ]
        for split in SPLITS
    }
    for one, other in combinations(SPLITS, 2):
        assert not {row["id"] for row in rows[one]} & {row["id"] for row in rows[other]}
    graphs = (line for part in (quick_run / "graphs").iterdir() for line in part.read_text().splitlines())
    trained = {row["id"] for row in rows["train"]}
    pairs = [
        json.loads(line)
        for kind in ("step", "recover")
        for line in (quick_run / "pairs" / f"{kind}.jsonl").open()
    ]
    assert {pair["id"] for pair in pairs} <= trained, "no pair is made of a held-out problem"
    assert sum(1 for _ in graphs) == sum(map(len, rows.values()))

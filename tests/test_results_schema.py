"""results.json and metrics.json are written and read through one schema, which refuses everything else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from journey.errors import InputError
from journey.runs.store import write_json
from tests.made_up import CLAIMS, NINE, REGISTRATION, change, changed, results, stage
from train.analysis.results_schema import Results, read_results, write_results
from train.evaluation.metrics_schema import read_metrics, write_metrics

STAGES = {"sft": stage(100, 50, 9.0), "dpo": stage(100, 60, 9.0)}
FULL = results(
    {"a": STAGES, "b": {"sft": stage(100, 40, 7.5, same_as="a", parameters=3, curve={"0": [(0, 0.0)]})}},
    stage_changes={"a": {"dpo": {"before": "sft", **change()}}},
    claims=CLAIMS,
    registration=REGISTRATION,
)


def edited(path: Path, *keys: str, **values: Any) -> Path:
    """Sets values of a JSON file within the object at these keys; None removes a key."""
    content = json.loads(path.read_text())
    part = content
    for key in keys:
        part = part[key]
    for key, value in values.items():
        if value is None:
            del part[key]
        else:
            part[key] = value
    write_json(path, content)
    return path


@pytest.mark.parametrize("made", [FULL, NINE], ids=["full", "nine arms"])
def test_made_up_results_come_back_as_they_were(made: Results, tmp_path: Path) -> None:
    write_results(tmp_path, made)
    assert read_results(tmp_path) == made
    content = json.loads((tmp_path / "results.json").read_text())
    assert content["schema_version"] == 1
    assert "iqm" not in next(iter(content["arms"].values()))["sft"], "what was not measured has no key"


def test_the_files_of_a_run_come_back_byte_for_byte(quick_run: Path, tmp_path: Path) -> None:
    write_results(tmp_path, read_results(quick_run))
    assert (tmp_path / "results.json").read_bytes() == (quick_run / "results.json").read_bytes()
    for folder in (quick_run / "evals").iterdir():
        write_metrics(tmp_path, read_metrics(folder))
        assert (tmp_path / "metrics.json").read_bytes() == (folder / "metrics.json").read_bytes()


@pytest.mark.parametrize(
    ("keys", "values", "message"),
    [
        (("arms", "a", "sft"), {"n": "100"}, r"arms\.a\.sft\.n: Input should be a valid integer"),
        (("arms", "a", "sft"), {"pass@1": [0.5]}, r"arms\.a\.sft\.pass@1: Input should be a valid number"),
        (("arms", "a", "sft"), {"pass_1": 0.5}, r"arms\.a\.sft\.pass_1: Extra inputs are not permitted"),
        (("arms", "a", "sft"), {"why": None}, r"arms\.a\.sft\.why: Field required"),
        ((), {"recepie": "laptop"}, r"recepie: Extra inputs are not permitted"),
        ((), {"teacher": None, "split": None}, r"split: Field required \(1 more keys do not fit\)"),
        ((), {"schema_version": 7}, r"has schema version 7, not 1"),
    ],
)
def test_what_does_not_fit_names_file_and_key(
    keys: tuple[str, ...], values: dict[str, Any], message: str, tmp_path: Path
) -> None:
    write_results(tmp_path, FULL)
    path = edited(tmp_path / "results.json", *keys, **values)
    with pytest.raises(InputError, match=message) as caught:
        read_results(tmp_path)
    assert str(path) in str(caught.value)
    assert str(caught.value).endswith(f"Rebuild it with `journey report {tmp_path}`")


def test_a_claim_has_one_of_three_verdicts() -> None:
    with pytest.raises(ValueError, match="supported"):
        changed(FULL, claims=[{**CLAIMS[0].model_dump(), "verdict": "likely"}])


def test_a_file_that_holds_no_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no results.json yet"):
        read_results(tmp_path)
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(InputError, match="does not hold an object"):
        read_results(tmp_path)
    (tmp_path / "metrics.json").write_text('{"n": 8}')
    with pytest.raises(InputError, match=r"metrics.json: pass@1: Field required"):
        read_metrics(tmp_path)

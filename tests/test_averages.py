"""Averages of models' weights: of branches of one stage, and of earlier stages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from journey.errors import JourneyError
from journey.runs.store import read_lines, write_json, write_lines
from train.pipeline import branches
from train.recipe.settings import Adapter
from train.recipe.stages import Average
from train.trainers.stage import StageSpec


def folder_of(path: Path, shift: float, hidden: int = 16) -> Path:
    """A tiny model with the weights of seed 0 plus `shift`."""
    import torch

    from tests.test_train import SMALL as BASE
    from train.models.base import save_base

    size = {"hidden": hidden, "layers": 1, "heads": 2, "kv_heads": 1, "intermediate": 16}
    save_base(path, ["7x+12y=173"], BASE.model_validate({**BASE.model_dump(), "size": size}), seed=0)
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(path)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(shift)
    model.save_pretrained(path)
    return path


def test_the_average_is_that_of_the_weights(tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from train.models.averaging import average_models

    folders = [folder_of(tmp_path / str(shift), shift) for shift in (0.0, 1.0, 5.0)]
    average_models(folders, tmp_path / "mean")
    first, mean = (AutoModelForCausalLM.from_pretrained(path) for path in (folders[0], tmp_path / "mean"))
    for one, other in zip(first.parameters(), mean.parameters(), strict=True):
        assert torch.allclose(one + 2.0, other, atol=1e-5)
    assert AutoTokenizer.from_pretrained(tmp_path / "mean").get_vocab()
    with pytest.raises(JourneyError, match="cannot be averaged"):
        average_models([folders[0], folder_of(tmp_path / "wide", 0.0, hidden=32)], tmp_path / "none")


def test_a_killed_average_trains_only_the_missing_branches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from train.models import averaging

    averaged: list[list[str]] = []

    def average(folders: Sequence[Path], out: Path) -> None:
        averaged.append([folder.relative_to(tmp_path).as_posix() for folder in folders])
        if len(averaged) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(averaging, "average_models", average)
    trained: list[int] = []

    def train(spec: StageSpec, at: int) -> None:
        if at == 1 and len(trained) == 1:
            trained.append(-1)
            raise KeyboardInterrupt
        trained.append(at)
        assert spec.start == tmp_path / "sft" and (spec.seed == 3) == (at == 0)
        write_json(spec.out / "training.json", {"steps": 5, "train_tokens": 100, "train_flops": 7, "kept": 2})
        write_lines(spec.out / "log.jsonl", [{"step": 5, "loss": 1.0}])

    spec = StageSpec(tmp_path / "sft", tmp_path / "round2", 3, Adapter(), {})
    plan = Average(branches=2, stages=["round1"])
    for _ in ("the second branch", "the average"):
        with pytest.raises(KeyboardInterrupt):
            branches.train_averaged(spec, plan, tmp_path, train)
        assert not spec.out.exists()
    branches.train_averaged(spec, plan, tmp_path, train)
    assert trained == [0, -1, 1]
    assert len(averaged) == 2, "an average that was not saved is made again"
    assert averaged[0] == averaged[1] == ["round2.partial/branches/0", "round2.partial/branches/1", "round1"]
    facts = json.loads((tmp_path / "round2" / "training.json").read_text())
    assert (facts["steps"], facts["train_tokens"], facts["kept"]) == (10, 200, 2)
    assert facts["averaged"] == ["branch 0", "branch 1", "round1"]
    assert [row["branch"] for row in read_lines(tmp_path / "round2" / "log.jsonl", dict)] == [0, 1]
    assert not (tmp_path / "round2.partial").exists() and not (tmp_path / "round2" / "branches").exists()

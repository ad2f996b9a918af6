"""Rule 12: DPO's reference is the SFT model, by path, and the policy starts from the same weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def test_the_first_dpo_step_finds_policy_and_reference_equal(quick_run: Path) -> None:
    """With equal models every reward is zero, so the first loss is -log(1/2)."""
    rows = [json.loads(line) for line in (quick_run / "metrics.jsonl").read_text().splitlines()]
    for arm in ("shortcut", "journey"):
        first = next(row for row in rows if row["arm"] == arm and row["stage"] == "dpo")
        assert first["loss"] == pytest.approx(0.6931, abs=2e-3)


def test_the_reference_is_checked_by_its_path(
    quick_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers import AutoModelForCausalLM

    from journey.errors import JourneyError
    from train.recipe.settings import Adapter
    from train.trainers import dpo
    from train.trainers.stage import StageSpec

    sft = quick_run / "models" / "journey" / "sft"
    pairs = [{"prompt_ids": [5, 6], "chosen_ids": [7], "rejected_ids": [8]}] * 4
    seen: dict[str, Any] = {}

    class Watched(dpo.StepPairTrainer):
        def train(self, *args: Any, **settings: Any) -> Any:
            seen["path"] = self.ref_model.config._name_or_path
            same = zip(self.model.parameters(), self.ref_model.parameters(), strict=True)
            seen["equal"] = all(bool((one == other).all()) for one, other in same)
            raise InterruptedError

    monkeypatch.setattr(dpo, "StepPairTrainer", Watched)
    with pytest.raises((InterruptedError, JourneyError)):
        dpo.train_dpo(StageSpec(sft, tmp_path / "dpo", 0, Adapter(), {}), pairs, batch=2)
    assert seen == {"path": str(sft), "equal": True}

    class Misled(Watched):
        def __init__(self, **settings: Any) -> None:
            settings["ref_model"] = AutoModelForCausalLM.from_pretrained(quick_run / "models" / "base")
            super().__init__(**settings)

    monkeypatch.setattr(dpo, "StepPairTrainer", Misled)
    with pytest.raises(JourneyError, match=r"DPO's reference is .*base"):
        dpo.train_dpo(StageSpec(sft, tmp_path / "other", 0, Adapter(), {}), pairs, batch=2)

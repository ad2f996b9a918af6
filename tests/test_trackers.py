"""`--log-to` and `export --push`: off by default, no network, and a sentence where something is missing."""

from __future__ import annotations

import importlib.util
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Journey
from train.recipe.settings import Adapter
from train.trainers import trackers
from train.trainers.sft import make_sft_config
from train.trainers.stage import StageSpec


def config_of(options: dict[str, Any], out: Path) -> Any:
    return make_sft_config(StageSpec(out.parent, out, 0, Adapter(), options), 2)


def test_nothing_is_tracked_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(trackers.VARIABLE, raising=False)
    trackers.log_to(None, tmp_path)
    assert trackers.VARIABLE not in os.environ
    assert config_of({}, tmp_path / "models/journey/sft").report_to == []


@pytest.mark.parametrize("tracker", trackers.TRACKERS)
def test_a_missing_tracker_is_a_sentence(
    tracker: str, here: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trackers, "find_spec", lambda name: None)
    for words in (["run", "laptop"], ["train", "sft", "--run", "nowhere", "--arm", "journey"]):
        done = here(*words, "--log-to", tracker)
        assert done.returncode == 2
        assert f"Install it with `pip install {tracker}`" in done.stderr


@pytest.mark.parametrize("tracker", trackers.TRACKERS)
def test_a_stage_reports_to_the_tracker(
    tracker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = ("WANDB_MODE", "WANDB_PROJECT", "WANDB_DIR", "TENSORBOARD_LOGGING_DIR")
    for name in (trackers.VARIABLE, *variables):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")  # so that it is restored after the test
        monkeypatch.delenv(name)
    monkeypatch.setattr(trackers, "find_spec", lambda name: importlib.util.find_spec("json"))
    run = tmp_path / "mine"
    trackers.log_to(tracker, run)
    config = config_of({}, run / "models/journey@1/sft")
    assert (config.report_to, config.run_name, config.project) == ([tracker], "journey@1-sft", "mine")
    mode = "offline" if tracker == "wandb" else None
    assert os.environ.get("WANDB_MODE") == mode, "no network by itself, and no word of wandb elsewhere"
    assert os.environ.get("WANDB_DIR") == (str(run) if tracker == "wandb" else None)
    assert config.trackio_space_id is None, "no network by itself"
    if tracker == "tensorboard":
        assert os.environ["TENSORBOARD_LOGGING_DIR"] == str(run / "logs" / "journey@1-sft")
    own = config_of({"report_to": ["none"]}, run / "models/journey/sft")
    assert own.report_to == [], "a recipe's own key wins"


class Hub:
    """A stand-in for `HfApi` that notes its calls."""

    calls: list[tuple[str, dict[str, Any]]] = []  # noqa: RUF012 - shared by the instance that `push` makes

    def create_repo(self, repo: str, **words: Any) -> None:
        self.calls.append(("create", {"repo_id": repo, **words}))

    def upload_folder(self, **words: Any) -> None:
        self.calls.append(("upload", words))


@pytest.fixture
def run(tmp_path: Path, here: Journey) -> Path:
    out = tmp_path / "run"
    assert here("generate", "--family", "linear", "--count", 3, "--out", out).returncode == 0
    return out


def test_a_dry_run_says_what_would_be_uploaded(
    run: Path, tmp_path: Path, here: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi", None)
    words = ("export", run, "--format", "trl", "--push", "me/linear", "--dry-run")
    done = here(*words, "--out", tmp_path / "one")
    assert done.returncode == 0, done.stderr
    files = {str(path.relative_to(tmp_path / "one")) for path in (tmp_path / "one").rglob("*.jsonl")}
    assert all(f"bytes  {name}" in done.stdout for name in files)
    assert "would be uploaded to the dataset repository me/linear" in done.stdout
    output = json.loads(here(*words, "--out", tmp_path / "two", "--json").stdout)
    assert files <= {*output["upload"]["files"]}
    assert output["upload"]["dry_run"] is True


def test_push_creates_a_private_dataset(
    run: Path, tmp_path: Path, here: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    monkeypatch.setattr(Hub, "calls", [])
    out = tmp_path / "out"
    done = here("export", run, "--format", "trl", "--out", out, "--push", "me/linear")
    assert done.returncode == 0, done.stderr
    assert "were uploaded to the dataset repository me/linear" in done.stdout
    about = {"repo_id": "me/linear", "repo_type": "dataset"}
    assert Hub.calls == [
        ("create", {**about, "private": True, "exist_ok": True}),
        ("upload", {**about, "folder_path": out}),
    ]


def test_what_the_hub_refuses_is_a_sentence(
    run: Path, tmp_path: Path, here: Journey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no token")

    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    monkeypatch.setattr(Hub, "create_repo", refuse)
    done = here("export", run, "--format", "trl", "--out", tmp_path / "out", "--push", "me/linear")
    assert done.returncode == 1
    again = f"then `hf upload me/linear {tmp_path / 'out'} . --repo-type dataset --private`"
    assert f"no token. The exported files are kept. Log in with `hf auth login`, {again}" in done.stderr
    assert any((tmp_path / "out").rglob("*.jsonl"))


@pytest.mark.parametrize("words", [["--push", "linear"], ["--push", "a/b/c"], ["--dry-run"]])
def test_a_bad_push_exports_nothing(words: list[str], run: Path, tmp_path: Path, here: Journey) -> None:
    done = here("export", run, "--format", "trl", "--out", tmp_path / "out", *words)
    assert done.returncode == 2
    assert not (tmp_path / "out").exists()

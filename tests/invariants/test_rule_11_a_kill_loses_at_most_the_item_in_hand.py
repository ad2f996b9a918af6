"""Rule 11: marks are written last, and a resumed run's files equal an undisturbed one's byte for byte."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Journey

SIZES = [
    "problems.train=120",
    "problems.validation=5",
    "problems.heldout=30",
    "training.tokens=20000",
    "pairs.count=64",
    "evaluation.max_new_tokens=40",
    "evaluation.samples={}",
]
SETTINGS = [word for size in SIZES for word in ("--set", size)]
DATA = ("problems", "graphs", "traces", "pairs")


def digest(run: Path, folders: tuple[str, ...]) -> dict[str, str]:
    files = sorted(file for folder in folders for file in (run / folder).rglob("*") if file.is_file())
    return {str(file.relative_to(run)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def start(out: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cli", "run", "--out", str(out), *SETTINGS],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, journey: Journey) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    assert journey("run", "--out", out, *SETTINGS, timeout=280).returncode == 0
    return out


def test_a_run_that_is_killed_and_interrupted_ends_with_the_same_files(
    tmp_path: Path, undisturbed: Path, journey: Journey
) -> None:
    out = tmp_path / "run"
    for at in (0.7, 1.4, 2.2, 3.5):
        process = start(out)
        time.sleep(at)
        process.kill()
        process.wait()
    # Then Ctrl-C, once the first model is being trained; a kill may have left its folder behind.
    left = {path: path.stat().st_mtime_ns for path in out.glob("models/*/sft.partial")}
    process = start(out)
    for _ in range(1200):
        begun = [path for path in out.glob("models/*/sft.partial") if (path / "checkpoints").exists()]
        if any(path.stat().st_mtime_ns != left.get(path) for path in begun) or process.poll() is not None:
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "interrupted" in said
    assert journey("run", "--out", out, *SETTINGS, timeout=280).returncode == 0
    assert digest(out, DATA) == digest(undisturbed, DATA)
    weights = [digest(run, ("models",)) for run in (out, undisturbed)]
    for name, value in weights[1].items():
        if name.endswith(".safetensors"):
            assert weights[0][name] == value, f"{name} differs"
    assert digest(out, ("evals",)) == digest(undisturbed, ("evals",))


def test_a_second_call_does_nothing_again(undisturbed: Path, journey: Journey) -> None:
    before = digest(undisturbed, (*DATA, "models", "evals"))
    done = journey("run", "--out", undisturbed, *SETTINGS)
    assert done.returncode == 0
    assert done.stdout.count("done before") >= 7
    assert digest(undisturbed, (*DATA, "models", "evals")) == before


def test_another_recipe_is_refused_by_its_keys(undisturbed: Path, journey: Journey) -> None:
    done = journey("run", "--out", undisturbed, *SETTINGS, "--set", "sft.learning_rate=0.5", "--seed", "3")
    assert done.returncode == 2
    assert "seed, sft.learning_rate differ" in done.stderr

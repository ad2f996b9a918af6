"""What is printed while a run works, in a terminal and without one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from journey.runs.store import Run
from tests.standins import make
from train.console import Console, Forecast
from train.pipeline.processes import Job, run_jobs


def slow(on_progress: object) -> None:
    """A job whose first step takes a while."""
    assert callable(on_progress)
    on_progress(0, 0, "loading the model")
    on_progress(0, 3, "first step")
    for step in range(1, 4):
        time.sleep(0.05)
        on_progress(step, 3, f"loss {4 - step}.000")


def test_a_job_is_reported_before_it_starts_and_then_forecast(capsys: pytest.CaptureFixture[str]) -> None:
    run_jobs([Job("journey", slow, ())], False, Console(), "sft")
    lines = capsys.readouterr().err.splitlines()
    assert lines[:3] == [
        "sft journey: loading the libraries",
        "sft journey: loading the model",
        "sft journey: 0/3 first step",
    ]
    assert lines[3].startswith("sft journey: 1/3 loss 3.000 ETA 0:00:0")
    assert len(lines) == 4, "then a line every half minute"


def test_a_slow_step_has_an_eta_and_a_resumed_one_too() -> None:
    now = 0.0
    forecast = Forecast(lambda: now)
    assert forecast.ends(40, 100) is None
    now = 300.0
    assert forecast.ends(40, 100) is None, "an answer asked meanwhile is no step"
    now = 400.0
    assert forecast.ends(41, 100) == 400 + 59 * 100, "what an earlier run did took no time"
    assert forecast.ends(42, None) is None


def test_training_shows_a_sign_of_life_within_seconds(tmp_path: Path) -> None:
    """A pretrained model is loaded before anything is trained; the first line comes before that."""
    model = make(tmp_path / "model", ["1 2 3 4 5 6 7 8 9 = + - x The answer is"] * 20)
    out = tmp_path / "run"
    settings = [
        "--set",
        f"base.model={model}",
        "--set",
        "training.tokens=1000",
        "--set",
        "traces.style=prose",
    ]
    words = ["generate", "--family", "linear", "--count", "8", "--out", str(out), *settings]
    subprocess.run([sys.executable, "-m", "cli", *words], check=True, capture_output=True)
    assert Run(out).done("curation")
    train = [sys.executable, "-m", "cli", "train", "sft", "--run", str(out), "--arm", "journey"]
    began, text = time.monotonic(), ""
    with subprocess.Popen(
        train,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A shell that runs the tests in the background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        assert process.stdout is not None
        text = process.stdout.readline()
        # Where other programs use the machine too, seconds mean little.
        patience = 5 * max(1.0, 2 * os.getloadavg()[0] / (os.cpu_count() or 1))
        assert time.monotonic() - began < patience, text
        while "sft journey: loading the libraries" not in text:
            line = process.stdout.readline()
            assert line, text
            text += line
        os.killpg(process.pid, signal.SIGINT)  # As Ctrl-C in a terminal: every process gets it.
        text += process.stdout.read()
    assert process.returncode == 130, text
    assert f"base: making the model, pretrained: {model}" in text
    assert "Traceback" not in text
    assert "Writing model shards" not in text

"""What goes wrong while models are trained: an arm that fails, and kills in any stage."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from journey.errors import JourneyError
from journey.runs.store import Run
from tests.conftest import problem_of, training
from tests.test_train import SMALL, texts
from train.console import Console, Progress
from train.models.token_rows import encode
from train.pipeline import processes
from train.pipeline.experiment import open_run, run_stages
from train.pipeline.processes import Job, run_jobs
from train.recipe.load import load_recipe
from train.recipe.settings import Adapter
from train.trainers import stage as loop
from train.trainers.stage import StageSpec


class Killed(BaseException):
    """What no handler catches."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from train.models.base import save_base

    path = tmp_path_factory.mktemp("base") / "base"
    save_base(path, [text.prompt + text.completion for text in texts()], SMALL, seed=0)
    return path


def lora(base: Path, out: Path, on_progress: Progress) -> None:
    from transformers import AutoTokenizer

    from train.trainers.sft import train_sft

    rows = encode(AutoTokenizer.from_pretrained(base), texts())
    adapter = Adapter(kind="lora", rank=2)
    spec = StageSpec(base, out, 0, adapter, {"learning_rate": 1e-2}, on_progress)
    train_sft(spec, rows, training(3_000, precision="bfloat16"))


def dpo(base: Path, out: Path, on_progress: Progress) -> None:
    """One pair more than its steps take, so that an epoch has a batch that is not for it."""
    from train.trainers.dpo import train_dpo

    pairs = [{"prompt_ids": [5, 6], "chosen_ids": [7 + n], "rejected_ids": [20 + n]} for n in range(13)]
    train_dpo(StageSpec(base, out, 0, Adapter(), {"learning_rate": 1e-2}, on_progress), pairs, batch=2)


def grpo(base: Path, out: Path, on_progress: Progress) -> None:
    from train.trainers.reinforce import train_reinforce

    problems = [problem_of("diophantine", index) for index in range(8)]
    config = {"max_steps": 6, "num_generations": 4, "per_device_train_batch_size": 4, "learning_rate": 1e-3}
    spec = StageSpec(base, out, 0, Adapter(), config, on_progress)
    train_reinforce(spec, "grpo", problems, ["steps"], max_new_tokens=8)


@pytest.mark.parametrize("stage", [lora, dpo, grpo])
def test_a_kill_in_any_stage_changes_nothing_in_the_end(
    stage: Callable[[Path, Path, Progress], None], base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in the middle, then while the model is saved; the third call ends with the same weights."""
    import torch
    from transformers import AutoModelForCausalLM

    stage(base, tmp_path / "whole", lambda *_: None)
    begun: list[int] = []

    def dying(done: int, total: int, note: str) -> None:
        if done == total // 2 + 1:
            raise Killed

    def hearing(done: int, total: int, note: str) -> None:
        if done:
            begun.append(done)

    def killed(*_: Any) -> None:
        raise Killed

    out = tmp_path / "cut"
    with pytest.raises(Killed):
        stage(base, out, dying)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(loop, "_save_model", killed)
        stage(base, out, hearing)
    assert begun[0] > 1, "it did not begin again"
    assert not out.exists()
    begun.clear()
    stage(base, out, hearing)
    assert begun[0] > 1
    facts = json.loads((out / "training.json").read_text())
    assert begun[-1] == facts["steps"], "and not one step more"
    assert facts == json.loads((tmp_path / "whole" / "training.json").read_text())
    assert facts["train_flops"] > 0
    if stage is not grpo:  # its log has seconds
        assert (out / "log.jsonl").read_bytes() == (tmp_path / "whole" / "log.jsonl").read_bytes()
    one, other = (
        AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict() for name in ("whole", "cut")
    )
    assert all(torch.equal(one[name], other[name]) for name in one)


FAILING = """
from: laptop
name: failing
claims: [hot > cool on pass@1]
problems: {train: 30, validation: 0, heldout: 4}
search: {workers: 1}
base: {size: {hidden: 16, layers: 1, heads: 2, kv_heads: 1, intermediate: 16}}
training: {tokens: 2000, batch_tokens: 256, precision: float32, side_by_side: false}
pairs: {count: 8, batch: 4}
evaluation: {max_new_tokens: 8, samples: {}, sampled_problems: 0}
arms:
  - name: hot
    traces: journey
    set: {sft.learning_rate: 1.0e+30, sft.max_grad_norm: 0.0}
    stages: [sft, {kind: dpo, pairs: [step]}]
  - {name: cool, traces: journey, stages: [sft, {kind: dpo, pairs: [step]}]}
"""


def test_an_arm_with_a_nan_loss_stops_and_the_others_go_on(tmp_path: Path) -> None:
    (tmp_path / "failing.yaml").write_text(FAILING)
    recipe = load_recipe(str(tmp_path / "failing.yaml"))
    run = open_run(tmp_path / "run", recipe)
    with pytest.raises(
        JourneyError,
        match=r"^sft hot, hot@1, hot@2 failed: the loss is nan at step \d+: lower `learning_rate`",
    ):
        run_stages(run, recipe, Console(quiet=True))
    result = Run(run.path)
    assert result.manifest["state"] == "failed"
    assert [message.partition(" at step")[0] for message in result.manifest["failed"]] == [
        "sft hot, hot@1, hot@2 failed: the loss is nan"
    ]
    assert {"sft-cool", "dpo-cool", "eval-cool-sft", "eval-cool-dpo"} <= set(result.manifest["stages"])
    assert not any("hot" in mark for mark in result.manifest["stages"])
    results = json.loads((run.path / "results.json").read_text())
    assert sorted(results["arms"]) == ["cool"]
    assert (run.path / "report.html").exists()
    assert yaml.safe_load((run.path / "recipe.yaml").read_text())["name"] == "failing"


def test_a_disk_that_cannot_hold_the_models_stops_the_stage_before_it_trains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "failing.yaml").write_text(FAILING)
    run = open_run(tmp_path / "run", load_recipe(str(tmp_path / "failing.yaml")))
    monkeypatch.setattr("train.models.saving.shutil.disk_usage", lambda path: SimpleNamespace(free=100))
    reason = rf"the disk of {run.path} has 0.0 MB free, and 6 trained models take 0.\d MB"
    with pytest.raises(JourneyError, match=reason):
        run_stages(run, load_recipe(str(tmp_path / "failing.yaml")), Console(quiet=True))
    assert not list(run.path.glob("models/*/sft*")), "something was trained"


def divided(on_progress: Progress) -> None:
    """Fails as nobody foresaw."""
    raise ZeroDivisionError("0 of 0")


class Impatient:
    """A channel to a parent that is interrupted again while a job reports that it was."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def put(self, message: tuple[str, str, object]) -> None:
        os.kill(os.getpid(), signal.SIGUSR1)
        self.events.append(message[1])


def interrupted(on_progress: Progress) -> None:
    raise KeyboardInterrupt


def test_ctrl_c_twice_prints_no_traceback_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(processes, "_silence_libraries", lambda: None)
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGUSR1)}
    channel = Impatient()
    try:
        processes._run_in_child(Job("sft", interrupted, ()), torch.get_num_threads(), channel)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert channel.events == ["interrupted"]


class Starting:
    """A process that gets Ctrl-C while it starts, by way of the thread that draws the bars."""

    pid, started = 1, False

    def start(self) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(50):  # Python acts on a signal between two of these
            time.sleep(0.001)
        self.started = True

    def is_alive(self) -> bool:
        return True

    def join(self) -> None:
        pass


def test_ctrl_c_while_a_job_starts_waits_for_it_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that nobody waits for prints a traceback over the next prompt, as its queue is gone."""
    process, sent, messages = Starting(), [], []

    class Context:
        def Queue(self) -> Any:
            return SimpleNamespace(get=lambda timeout: ("one", "interrupted", None))

        def Process(self, **_: Any) -> Starting:
            return process

    kill = os.kill
    monkeypatch.setattr(os, "kill", lambda pid, s: sent.append(s) if pid == process.pid else kill(pid, s))
    monkeypatch.setattr(processes, "_context", Context)
    drawing = threading.Event()
    drawer = threading.Thread(target=drawing.wait)
    drawer.start()
    pool = processes._Pool([Job("one", divided, ())] * 2, 1, 1, lambda *_: lambda *_, **__: None)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in the background
    try:
        with pytest.raises(KeyboardInterrupt):
            pool.run(lambda: messages.append(processes.STOPPING))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
        drawing.set()
        drawer.join()
    assert process.started and sent == [signal.SIGUSR1], "the job was started, then interrupted"
    assert messages == ["Stopping. What is done will be kept."]
    assert len(pool.waiting) == 1, "the other was not started"


def test_a_fault_that_nobody_foresaw_is_reported_in_a_line() -> None:
    with pytest.raises(JourneyError, match=r"^work bad failed: ZeroDivisionError: 0 of 0$"):
        run_jobs([Job("bad", divided, ())], False, Console(quiet=True), "work")

"""Several processes that train one model: the same losses and weights as one process, written once."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from journey.errors import InputError
from journey.runs.store import Run, read_lines
from train.console import Console
from train.pipeline import processes as workers
from train.pipeline.data import generate
from train.pipeline.experiment import make_bases, open_run, run_stages
from train.pipeline.train_job import train_replica
from train.recipe.load import load_recipe, recipe_of
from train.recipe.settings import Adapter
from train.trainers import distributed as ranks
from train.trainers.stage import StageSpec, trl_arguments

SMALL = [
    *("problems.train=40", "problems.validation=4", "problems.heldout=2", "search.workers=1"),
    *("training.tokens=3000", "training.batch_tokens=256", "training.precision=float32"),
    *("pairs.count=16", "pairs.batch=4", "sft.warmup_steps=0", "evaluation.samples={}"),
    *("evaluation.max_new_tokens=20", "evaluation.curve={points: 2, problems: 3}"),
    "base.size={hidden: 16, layers: 1, heads: 2, kv_heads: 1, intermediate: 16}",
    "arms=[{name: whole, traces: journey, stages: [sft, {kind: dpo, pairs: [step]}]},"
    " {name: lora, traces: journey, set: {adapter.kind: lora, training.precision: bfloat16}}]",
    *("claims=[]", "compare=[]"),
]
STAGES = [("sft", "whole"), ("dpo", "whole"), ("sft", "lora")]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with everything that comes before training."""
    path = tmp_path_factory.mktemp("ranks") / "run"
    recipe = load_recipe("laptop", SMALL)
    run = open_run(path, recipe)
    with run.lock():
        generate(run, recipe, Console(quiet=True))
        make_bases(run, recipe, recipe.replicas(), Console(quiet=True))
    return path


def launch(run: Path, processes: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Stages of a run folder in so many processes of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"),
        *("--num_processes", str(processes), "--num_machines", "1", "--mixed_precision", "no"),
        *("--dynamo_backend", "no", "--main_process_port", str(port)),
        *("--module", "tests.launched", str(run), *words),
    ]
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root), "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True)


def test_two_processes_learn_what_one_learns(prepared: Path, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    alone = shutil.copytree(prepared, tmp_path / "alone")
    for stage, arm in STAGES:
        train_replica(alone, arm, stage, lambda *_: None)
    done = launch(prepared, 2, *(f"{stage}:{arm}" for stage, arm in STAGES))
    assert done.returncode == 0, done.stderr[-2000:]
    marks = Run(prepared).manifest["stages"]
    for stage, arm in STAGES:
        one, two = (
            list(read_lines(path / "models" / arm / stage / "log.jsonl", dict)) for path in (alone, prepared)
        )
        assert [entry["step"] for entry in two] == [entry["step"] for entry in one]
        assert [entry["loss"] for entry in two] == pytest.approx([entry["loss"] for entry in one], rel=2e-3)
        weights = [
            AutoModelForCausalLM.from_pretrained(path / "models" / arm / stage).state_dict()
            for path in (alone, prepared)
        ]
        assert all(torch.allclose(weights[0][name], weights[1][name], atol=2e-3) for name in weights[0])
        if stage == "sft":
            # One process asks and the other waits.
            curves = [
                list(read_lines(path / "models" / arm / stage / "curve.jsonl", dict))
                for path in (alone, prepared)
            ]
            assert [len(curve) for curve in curves] == [3, 3]
            assert [row["tokens"] for row in curves[1]] == [row["tokens"] for row in curves[0]]
        assert f"{stage}-{arm}" in marks
        assert not (prepared / "models" / arm / f"{stage}.partial").exists()
    rows: list[Any] = list(read_lines(prepared / "metrics.jsonl", dict))
    assert {(row["stage"], row["arm"]) for row in rows} == set(STAGES)


def test_a_batch_is_shared_and_no_process_is_without_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    shares = []
    for rank in range(3):
        monkeypatch.setenv("RANK", str(rank))
        shares.append((ranks.share([4, 5, 6, 7, 8], 99), ranks.share([4], 99), ranks.first()))
    assert shares == [([4, 7], [4], True), ([5, 8], [99], False), ([6], [99], False)]
    spec = StageSpec(Path(), Path("sft"), 0, Adapter(), {})
    with pytest.raises(InputError, match="3 processes cannot share a batch of 32 evenly"):
        trl_arguments(spec, 1, {"per_device_train_batch_size": 32})
    assert trl_arguments(spec, 1, {"per_device_train_batch_size": 33})["per_device_train_batch_size"] == 11


def test_a_whole_run_in_several_processes_is_refused(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    run = Run(prepared)
    with pytest.raises(InputError, match="`journey run` needs a single process, but 2 were launched"):
        run_stages(run, recipe_of(run), Console(quiet=True))


def test_each_job_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []

    class Context:
        def Queue(self) -> None:
            pass

        def Process(self, name: str, **_: Any) -> Any:
            return SimpleNamespace(start=lambda: seen.append((name, os.environ["CUDA_VISIBLE_DEVICES"])))

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    monkeypatch.setattr(workers, "_context", Context)
    pool = workers._Pool([], 2, 1, lambda name, total: lambda done, note="", total=None: None)
    jobs = {name: workers.Job(name, print, ()) for name in ("one", "two", "three")}
    pool._start(jobs["one"])
    pool._start(jobs["two"])
    del pool.running["one"]
    pool._start(jobs["three"])
    assert seen == [("one", "3"), ("two", "5"), ("three", "3")]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3,5"

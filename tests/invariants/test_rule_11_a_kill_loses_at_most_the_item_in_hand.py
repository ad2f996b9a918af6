"""Rule 11: marks are written last, and a resumed run's files equal an undisturbed one's byte for byte."""

from __future__ import annotations

import hashlib
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from journey.runs.store import Run, record, write_lines
from search.fleet import Fleet
from tests.conftest import Journey, problem_of
from tests.timing import until
from train.console import Console
from train.pipeline import data, experiment, generate
from train.recipe.load import load_recipe

SIZES = [
    "problems.train=120",
    "problems.validation=5",
    "problems.heldout=30",
    "training.tokens=20000",
    "pairs.count=64",
    "evaluation.max_new_tokens=40",
    "evaluation.samples={}",
    "evaluation.curve={points: 5, problems: 5}",
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
        # A suite that a shell runs in the background ignores Ctrl-C, and so would this command.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, journey: Journey) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    assert journey("run", "--out", out, *SETTINGS).returncode == 0
    return out


def test_a_killed_run_ends_with_the_same_files(tmp_path: Path, undisturbed: Path, journey: Journey) -> None:
    out = tmp_path / "run"
    for at in (0.7, 1.4, 2.2, 3.5, 6.0):
        process = start(out)
        time.sleep(at)
        process.kill()
        process.wait()
    # Then Ctrl-C, once the first model is being trained. A kill may have left its folder behind.
    for left in out.glob("models/*/*.partial"):
        shutil.rmtree(left)
    process = start(out)
    until(lambda: list(out.glob("models/*/sft.partial")) or process.poll() is not None, "model in training")
    process.send_signal(signal.SIGINT)
    _, message = process.communicate()
    assert process.returncode == 130, message
    assert "interrupted" in message
    assert journey("run", "--out", out, *SETTINGS).returncode == 0
    assert digest(out, DATA) == digest(undisturbed, DATA)
    weights = [digest(run, ("models",)) for run in (out, undisturbed)]
    for name, value in weights[1].items():
        if name.endswith((".safetensors", "curve.jsonl", "log.jsonl")):
            assert weights[0][name] == value, f"{name} differs"
    assert digest(out, ("evals",)) == digest(undisturbed, ("evals",))
    assert (out / "claims.json").read_bytes() == (undisturbed / "claims.json").read_bytes()


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


class Killed(BaseException):
    """What no handler catches."""


def killed(*_: Any, **__: Any) -> Any:
    raise Killed


TINY = ["problems.train=6", "problems.validation=0", "problems.heldout=0", "search.workers=1"]
RECIPE = load_recipe("laptop", TINY)
QUIET = Console(quiet=True)


def from_a_file(run: Run) -> None:
    """`journey generate --problems FILE`, which writes the problems itself."""
    file = run.path.parent / "problems.jsonl"
    write_lines(file, [record(problem_of("diophantine", 0))])
    search = {"proposer": "symbolic", "strategy": "depth"}
    generate.generate_into(run.path, generate.Source(file=file), search, 0, TINY, Fleet(), QUIET)


REPLICAS = [RECIPE.replica("journey")]

WORKS: dict[str, tuple[str, Callable[[Run], Any]]] = {
    "problems": ("train.pipeline.data.write_lines", lambda run: data.make_problems(run, RECIPE, QUIET)),
    "graphs": ("train.pipeline.data.explore_all", lambda run: data.make_graphs(run, RECIPE, QUIET)),
    "traces": ("traces.walks.walk", lambda run: data.make_traces(run, RECIPE, QUIET)),
    "base": ("train.models.base.save_base", lambda run: experiment.make_bases(run, RECIPE, REPLICAS, QUIET)),
    "sft-journey": (
        "train.pipeline.replica_jobs.run_jobs",
        lambda run: experiment.train(run, RECIPE, "sft", REPLICAS, QUIET),
    ),
    "dpo-journey": (
        "train.pipeline.replica_jobs.run_jobs",
        lambda run: experiment.train(run, RECIPE, "dpo", REPLICAS, QUIET),
    ),
    "eval-journey-sft": (
        "train.pipeline.replica_jobs.run_jobs",
        lambda run: experiment.evaluate(run, RECIPE, QUIET),
    ),
    "problems of a file": ("train.pipeline.data.write_lines", from_a_file),
}
"""By the mark that a stage writes: what does its work, and the call of the stage."""


@pytest.fixture(scope="module")
def half_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with problems, graphs and traces, and with model folders that look trained."""
    run = experiment.open_run(tmp_path_factory.mktemp("half") / "run", RECIPE)
    data.generate(run, RECIPE, QUIET)
    for name in ("base", "journey/sft", "journey/dpo"):
        folder = run.path / "models" / name
        folder.mkdir(parents=True)
        for file in ("config.json", "training.json"):
            (folder / file).write_text("{}")
    return run.path


@pytest.mark.parametrize("mark", WORKS)
def test_a_stage_killed_at_its_work_has_no_mark(
    mark: str, half_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever order a kill finds: while a stage still works, the manifest on disk does not call it done."""
    path = tmp_path / "run"
    stage = mark.partition(" ")[0]
    if stage == mark:
        shutil.copytree(half_made, path)
        run = Run(path)
        run.manifest["stages"].pop(stage, None)
        run.save()
    work, call = WORKS[mark]
    monkeypatch.setattr(work, killed)
    with pytest.raises(Killed):
        call(Run(path))
    assert not Run(path).done(stage)


def test_a_model_killed_while_it_is_saved_is_not_there(tmp_path: Path) -> None:
    from train.recipe.settings import Adapter
    from train.trainers.stage import StageCallback, StageSpec, train_and_save

    out, work = tmp_path / "sft", tmp_path / "sft.partial"
    work.mkdir()

    class Trainer:
        state = SimpleNamespace(log_history=[])

        def remove_callback(self, _: object) -> None:
            pass

        def train(self, **_: object) -> None:
            assert not out.exists()

        def save_model(self, to: str) -> None:
            assert not list(tmp_path.glob("**/training.json")), "it says that the model is whole"
            raise Killed

    with pytest.raises(Killed):
        spec = StageSpec(work, out, 0, Adapter(), {})
        train_and_save(Trainer(), StageCallback(spec.on_progress), spec, {})  # type: ignore[arg-type]
    assert not out.exists()


def test_a_file_is_seen_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"

    def rows() -> Iterator[dict[str, int]]:
        for number in range(3):
            assert not path.exists()
            yield {"n": number}
        raise Killed

    with pytest.raises(Killed):
        write_lines(path, rows())
    assert not list(tmp_path.iterdir())

"""What the tests share: explored graphs of every family, and one quick run of the whole pipeline."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from hypothesis import settings

from journey import families
from journey.graph import SolutionGraph
from journey.problem import Problem, draw
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic

# Tests run on every core (pytest-xdist); two threads of one process that wait for each other would be slower.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A first example pays for imports; how long one takes is not what these tests are about.
settings.register_profile("journey", deadline=None)
settings.load_profile("journey")

Journey = Callable[..., "subprocess.CompletedProcess[str]"]


@cache
def problem_of(family: str, index: int, split: str = "train", seed: int = 0) -> Problem:
    """One small problem, at levels whose graphs can be explored by the hundred (`tests.oracles`)."""
    oracle = importlib.import_module(f"tests.oracles.{family}")
    return draw(families.get(family), seed, split, index, getattr(oracle, "LEVELS", [1, 2, 3, 4]))


@cache
def graph_of(
    family: str,
    index: int,
    strategy: str = "depth",
    mistakes: float = 0.5,
    solutions: int = 1,
    steps: int = 3000,
) -> SolutionGraph:
    """The explored graph of one small problem."""
    budget = Budget(steps=steps, solutions=solutions)
    return explore(problem_of(family, index), Symbolic(mistakes, 0), strategy, budget)


def states_of(graph: SolutionGraph) -> dict[str, families.State]:
    """The family's own states of an explored graph, by their keys."""
    known = families.get(graph.problem.family)
    states = {graph.root: known.start(graph.problem.givens)}
    for step in graph.steps():
        states.setdefault(step.target, known.apply(states[step.source], step.move))
    return states


@pytest.fixture(params=families.NAMES)
def family(request: pytest.FixtureRequest) -> str:
    """Each family in turn."""
    return str(request.param)


@pytest.fixture(scope="session")
def journey() -> Journey:
    """The command, run as a user runs it."""

    def call(*words: object, **settings: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "cli", *map(str, words)]
        return subprocess.run(command, capture_output=True, text=True, **settings)  # type: ignore[call-overload, no-any-return]

    return call


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Journey:
    """The command in this process: its words, errors and exit codes without the seconds of a new Python."""

    import cli

    def call(*words: object) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["journey", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        output = capsys.readouterr()
        return subprocess.CompletedProcess(
            [*map(str, words)], int(ended.value.code or 0), output.out, output.err
        )

    return call


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """What `make` returns for a new folder; made by the first worker of the suite that needs it."""
    alone = "PYTEST_XDIST_WORKER" not in os.environ
    folder = (factory.getbasetemp() if alone else factory.getbasetemp().parent) / name
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        known = folder / "made"
        if not known.exists():
            known.write_text(str(make(folder / "run")))
        return Path(known.read_text())


@pytest.fixture(scope="session")
def quick_run(tmp_path_factory: pytest.TempPathFactory, journey: Journey) -> Path:
    """A run folder made by `journey run --quick`. Tests read it and leave it as it is."""

    def make(out: Path) -> Path:
        done = journey("run", "--quick", "--out", out)
        assert done.returncode == 0, done.stderr
        return out

    return once(tmp_path_factory, "quick", make)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that the suite trained (`tests.trained`)."""
    from tests.trained import train

    return once(tmp_path_factory, "trained", train)


def training(tokens: int, *, batch_tokens: int = 256, **settings: Any) -> Any:
    """A recipe's `training` section for a short SFT stage."""
    from train.recipe.settings import Training

    settings = {"precision": "float32", "side_by_side": False, **settings}
    return Training(tokens=tokens, batch_tokens=batch_tokens, **settings)

"""Two Ray nodes on this machine, one of which dies in the middle: every problem once, the same files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search import fleet
from search.explore import Budget
from search.fleet import Fleet, Search, explore_all
from tests.conftest import problem_of
from train.console import Console
from train.pipeline import data
from train.pipeline.experiment import open_run
from train.recipe.load import load_recipe

pytest.importorskip("ray", reason="Ray is not installed")
SEARCH = Search("depth", Budget(), 0.3, 0)


@pytest.fixture
def cluster() -> Iterator[Any]:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    yield made
    ray.shutdown()
    made.shutdown()


def test_a_node_that_dies_costs_nothing_but_time(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet, "PART_SIZE", 20)
    problems = [problem_of("countdown", index) for index in range(120)]
    explore_all(problems, SEARCH, tmp_path / "here", Fleet(), lambda done: None)
    second = cluster.add_node(num_cpus=1)
    progress: list[int] = []

    def on_progress(done: int) -> None:
        progress.append(done)
        if len(progress) == 1:
            cluster.remove_node(second, allow_graceful=False)

    there = tmp_path / "there"
    explore_all(problems, SEARCH, there, Fleet("ray", 4, cluster.address), on_progress)
    assert sum(progress) == 120
    names = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert len(names) == 6
    assert [path.name for path in sorted(there.iterdir())] == names
    for name in names:
        assert (there / name).read_bytes() == (tmp_path / "here" / name).read_bytes()
    # What a kill here left of a part is made whole there; what is there is not made again.
    torn = there / names[2]
    torn.write_bytes(torn.read_bytes()[:-100])
    before = {name: (there / name).stat().st_mtime_ns for name in names}
    explore_all(problems, SEARCH, there, Fleet("ray", 2, cluster.address), progress.append)
    assert torn.read_bytes() == (tmp_path / "here" / names[2]).read_bytes()
    after = {name: (there / name).stat().st_mtime_ns for name in names}
    assert [name for name in names if after[name] != before[name]] == [names[2]]


def test_a_worker_elsewhere_finds_the_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its working directory is another than that of the command, in which the run folder was named."""
    monkeypatch.chdir(tmp_path)
    settings: list[Search] = []
    monkeypatch.setattr(data, "explore_all", lambda _problems, search, *_: settings.append(search))
    recipe = load_recipe("laptop", ["problems.train=2", "problems.validation=0", "problems.heldout=0"])
    run = open_run(Path("run"), recipe)
    quiet = Console(quiet=True)
    data.make_problems(run, recipe, quiet)
    data.make_graphs(run, recipe, quiet, Fleet("ray"))
    assert settings[0].answers == tmp_path / "run" / "answers"

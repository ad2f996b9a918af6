"""Runs one stage of training, or its evaluation, for several replicas.

Replicas that would get the same result share it: it is computed once and copied.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from journey.errors import JourneyError
from journey.runs.store import Run, clock
from train.console import Console
from train.pipeline.processes import Job, run_jobs
from train.recipe import dependencies
from train.recipe.recipe import Recipe
from train.trainers import distributed as ranks


@dataclass(frozen=True, slots=True)
class ReplicaStage:
    """A stage that runs as one job for each replica."""

    title: str
    """Printed before each line."""
    name: str
    """The stage's name, passed to the job."""
    mark: str
    """Its completion mark, with {} for the replica's name."""
    folder: str
    """Its folder in the run folder, with {} for the replica's name."""
    result: str
    """The file in the folder that is written last."""
    call: Callable[..., Any]
    """The job: takes the run folder, the replica's name and the stage's name."""
    summarize: Callable[[Path], tuple[str, dict[str, Any]]]
    """Reads a finished folder: a line to print, and facts for the completion mark."""

    def is_finished(self, run: Run, replica: str) -> bool:
        """Whether a replica's folder is complete."""
        return (run.path / self.folder.format(replica) / self.result).exists()


def run_replica_stage(
    run: Run, recipe: Recipe, stage: ReplicaStage, replicas: Sequence[str], console: Console
) -> JourneyError | None:
    """Runs a stage for these replicas, none of which is marked as done, and marks those that finish.

    Returns:
        The error if jobs failed. The others are finished and marked all the same.
    """
    seconds = clock()
    failure: JourneyError | None = None
    sources = find_sources(run, recipe, stage.mark, replicas)
    own = [name for name in replicas if sources[name] == name]
    # A result can exist without its mark if the process was killed in between.
    jobs = [Job(name, stage.call, (run.path, name, stage.name)) for name in own
            if not stage.is_finished(run, name)]  # fmt: skip
    try:
        run_jobs(jobs, recipe.training.side_by_side, console, stage.title)
    except JourneyError as error:
        failure = error
    if not ranks.first():
        return failure
    for name in sorted(replicas, key=lambda name: name not in own):
        source, folder = sources[name], run.path / stage.folder.format(name)
        if name not in own:
            copy_folder(run.path / stage.folder.format(source), folder)
        if not stage.is_finished(run, name):
            continue
        text, facts = stage.summarize(folder)
        taken = round(seconds() / len(own), 2) if name in own else 0.0
        run.mark(stage.mark.format(name), seconds=taken, **facts)
        if name in own:
            console.log(stage.title, f"{name}: {text}", seconds())
        else:
            console.log(stage.title, f"{name}: same as {source}")
    return failure


def find_sources(run: Run, recipe: Recipe, mark: str, replicas: Sequence[str]) -> dict[str, str]:
    """Maps each replica to the one whose result it uses: itself, or another one with the same digest.

    Args:
        run: the run folder, where some results may exist.
        recipe: the run's recipe.
        mark: the stage's completion mark, with {} for the replica's name.
        replicas: names of the replicas to run.
    """
    first_equal = dependencies.first_equal_stages(recipe)
    done = [replica.name for replica in recipe.replicas() if run.done(mark.format(replica.name))]
    sources: dict[str, str] = {}
    for name in [*done, *replicas]:
        if (equal := first_equal.get(mark.format(name))) is not None:
            sources.setdefault(equal, name)
    return {name: sources[first_equal[mark.format(name)]] for name in replicas}


def copy_folder(source: Path, target: Path) -> None:
    """Copies a finished folder, if it exists. A copy that is interrupted leaves no target."""
    if not source.exists():
        return
    work = target.with_name(target.name + ".partial")
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(source, work)
    shutil.rmtree(target, ignore_errors=True)
    work.rename(target)

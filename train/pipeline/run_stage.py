"""Runs one stage of a run and marks it as done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from journey.runs.store import Run, clock
from train.console import Console


def run_stage(run: Run, name: str, console: Console, work: Callable[[], tuple[str, dict[str, Any]]]) -> None:
    """Runs a stage unless it is marked as done, and marks it.

    Args:
        run: the run folder.
        name: the name of the completion mark.
        console: prints the result.
        work: does the stage; returns a line to print, and facts for the completion mark.
    """
    if run.done(name):
        console.log(name, "done before")
        return
    seconds = clock()
    text, facts = work()
    run.mark(name, seconds=round(seconds(), 2), **facts)
    console.log(name, text, run.manifest["stages"][name]["seconds"])

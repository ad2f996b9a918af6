"""Many problems at once: local worker processes, one part file at a time.

Problem `i` goes to part `i // PART`, whatever the number of workers; within its part it is line `i % PART`. A
worker appends graphs in that order, so the files are the same for one worker and for many, and after a kill
the part goes on at its first missing line.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path

from pebble import ProcessPool

from journey.errors import JourneyError
from journey.problem import Problem
from journey.store import appending
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic

PART = 250
"""Problems a part file."""


@dataclass(frozen=True, slots=True)
class Search:
    """How each problem is searched."""

    strategy: str
    budget: Budget
    mistakes: float
    """The share of moves before which a mistake is proposed."""
    seed: int


def explore_part(problems: Sequence[Problem], search: Search, path: Path) -> int:
    """Explores the problems whose graphs the part file lacks, in order; returns how many it has then."""
    proposer = Symbolic(search.mistakes, search.seed)
    parent = os.getppid()
    with appending(path) as (have, add):
        for problem in problems[have:]:
            if os.getppid() != parent:
                raise JourneyError("the process that started this one is gone")
            add(explore(problem, proposer, search.strategy, search.budget).to_record())
    return len(problems)


def explore_all(
    problems: Sequence[Problem], search: Search, folder: Path, workers: int, advance: Callable[[int], None]
) -> None:
    """Explores every problem into `folder`/part-*.jsonl. `advance` hears how many each done part holds."""
    parts = [
        (problems[at : at + PART], search, folder / f"part-{at // PART:05d}.jsonl")
        for at in range(0, len(problems), PART)
    ]
    if workers <= 1:
        for part in parts:
            advance(explore_part(*part))
        return
    # Spawned, not forked: a fork beside torch's threads can deadlock.
    context = multiprocessing.get_context("spawn")
    with ProcessPool(
        max_workers=min(workers, len(parts) or 1), initializer=_ignore_interrupts, context=context
    ) as pool:
        waiting: set[Future[int]] = {pool.schedule(explore_part, args=part) for part in parts}
        try:
            while waiting:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    advance(future.result())
        except BaseException:
            pool.stop()
            raise


def _ignore_interrupts() -> None:
    # Ctrl-C reaches every process of the terminal; the parent alone decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)

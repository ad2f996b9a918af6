"""Jobs in processes of their own, one after another or side by side on a share of the cores.

Two threads of one process that wait for each other make a small model slower than two processes of one
thread each; and a job that dies takes nothing with it. A job is a module-level function whose keyword
`hear` takes (done, total, note).
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from typing import Any

from journey.errors import JourneyError
from journey.machine import orphaned
from train.console import Narrator, Update

CHECK_EVERY = 0.5
"""Seconds between looks at whether a silent job is still alive."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a module-level function."""

    name: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


def _work(job: Job, threads: int, channel: Any) -> None:
    try:
        # Ctrl-C reaches every process of a terminal; the parent alone decides, and passes it on as SIGUSR1.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.default_int_handler)

        def hear(done: int, total: int, note: str = "") -> None:
            if orphaned():
                raise JourneyError("the process that started this one is gone")
            channel.put((job.name, "hear", (done, total, note)))

        import torch

        if orphaned():
            raise JourneyError("the process that started this one is gone")
        _hush()
        torch.set_num_threads(threads)
        job.call(*job.arguments, hear=hear)
        channel.put((job.name, "done", None))
    except KeyboardInterrupt:
        channel.put((job.name, "interrupted", None))
    except JourneyError as fault:
        channel.put((job.name, "failed", str(fault)))
    except BaseException:
        channel.put((job.name, "failed", traceback.format_exc()))


def _hush() -> None:
    """The libraries' own bars and notices would break the bars of the narrator; errors still raise."""
    import logging
    import warnings

    from datasets import disable_progress_bars
    from transformers.utils import logging as transformers_logging

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    transformers_logging.disable_progress_bar()
    disable_progress_bars()


def run_all(jobs: list[Job], side_by_side: bool, narrator: Narrator, title: str) -> None:
    """Runs every job; if some fail the others go on, and then the failures are raised together.

    Raises:
        KeyboardInterrupt: the jobs were interrupted, and each has saved what it can go on from.
        JourneyError: the jobs that failed, and why.
    """
    cores = os.cpu_count() or 1
    groups = [jobs] if side_by_side and len(jobs) <= cores else [[job] for job in jobs]
    failures: dict[str, str] = {}
    with narrator.bars(title) as make:
        for group in groups:
            failures |= _run_group(group, max(1, cores // len(group)), make)
    if failures:
        raise JourneyError("; ".join(f"{title} {name} failed: {why}" for name, why in failures.items()))


def _run_group(jobs: list[Job], threads: int, make: Callable[[str, int], Update]) -> dict[str, str]:
    context = multiprocessing.get_context("spawn")
    channel = context.Queue()
    # Read by OpenMP when torch is imported, so it must be set before a process starts.
    before = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(threads)
    processes: dict[str, BaseProcess] = {}
    try:
        for job in jobs:
            process = context.Process(target=_work, args=(job, threads, channel), name=job.name)
            process.start()
            processes[job.name] = process
    finally:
        os.environ.pop("OMP_NUM_THREADS") if before is None else os.environ.update(OMP_NUM_THREADS=before)
    return _listen(processes, channel, make)


def _listen(
    processes: Mapping[str, BaseProcess], channel: Any, make: Callable[[str, int], Update]
) -> dict[str, str]:
    bars: dict[str, Update] = {}
    failures: dict[str, str] = {}
    ended: set[str] = set()
    interrupted = False
    while len(ended) < len(processes):
        try:
            name, word, content = channel.get(timeout=CHECK_EVERY)
        except queue.Empty:
            for name, process in processes.items():
                if name not in ended and not process.is_alive() and channel.empty():
                    failures[name] = f"its process ended with exit code {process.exitcode}"
                    ended.add(name)
            continue
        except KeyboardInterrupt:
            interrupted = True
            for process in processes.values():
                if process.is_alive() and process.pid:
                    os.kill(process.pid, signal.SIGUSR1)
            continue
        if word == "hear":
            done, total, note = content
            if name not in bars:
                bars[name] = make(name, total)
            bars[name](done, note)
        else:
            ended.add(name)
            interrupted = interrupted or word == "interrupted"
            if word == "failed":
                failures[name] = content
    for process in processes.values():
        process.join()
    if interrupted:
        raise KeyboardInterrupt
    return failures

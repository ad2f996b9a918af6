"""Jobs in processes of their own, one after another or side by side on a share of the cores.

Two threads of one process that wait for each other make a small model slower than two processes of one
thread each; and a job that dies takes nothing with it. A job is a module-level function whose keyword
`on_progress` takes (done, total, note).
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from journey.errors import JourneyError
from journey.runs.machine import cores, gpus, orphaned
from train.console import AddBar, Bar, Console
from train.trainers import distributed as ranks

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

        def on_progress(done: int, total: int, note: str = "") -> None:
            if orphaned():
                raise JourneyError("the process that started this one is gone")
            channel.put((job.name, "on_progress", (done, total, note)))

        import torch

        if orphaned():
            raise JourneyError("the process that started this one is gone")
        _hush()
        torch.set_num_threads(threads)
        job.call(*job.arguments, on_progress=on_progress)
        channel.put((job.name, "done", None))
    except KeyboardInterrupt:
        channel.put((job.name, "interrupted", None))
    except JourneyError as fault:
        channel.put((job.name, "failed", str(fault)))
    except BaseException as fault:
        traceback.print_exc()
        channel.put((job.name, "failed", f"{type(fault).__name__}: {fault}"))


def _hush() -> None:
    """The libraries' own bars and notices would break the bars of the console; errors still raise."""
    import logging
    import warnings

    from datasets import disable_progress_bars
    from transformers.utils import logging as transformers_logging

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    transformers_logging.disable_progress_bar()
    disable_progress_bars()


def run_all(jobs: Sequence[Job], side_by_side: bool, console: Console, title: str) -> None:
    """Runs every job; if some fail the others go on, and then the failures are raised together.

    With `side_by_side` as many run at a time as there are GPUs, or cores if there is none, else one with all
    cores. A job has one GPU at most. Where a launcher started several processes, each of them runs every job
    itself, one after another.

    Raises:
        KeyboardInterrupt: the jobs were interrupted, and each has saved what it can go on from.
        JourneyError: the jobs that failed, and why.
    """
    if not jobs:
        return
    if ranks.processes() > 1:
        return _run_here(jobs, console, title)
    at_once = min(len(jobs), len(gpus()) or cores()) if side_by_side else 1
    with console.progress(title) as make:
        failures = _Pool(jobs, at_once, max(1, cores() // max(1, at_once)), make).run()
    if failures:
        raise JourneyError("; ".join(f"{title} {name} failed: {why}" for name, why in failures.items()))


def _run_here(jobs: Sequence[Job], console: Console, title: str) -> None:
    """Runs jobs that other processes run too; a fault ends this one, and so the launcher ends them all."""
    _hush()
    with console.progress(title) as make:
        for job in jobs:
            job.call(*job.arguments, on_progress=_heard(make, job.name))


def _heard(make: AddBar, name: str) -> Callable[[int, int, str], None]:
    bars: list[Bar] = []

    def on_progress(done: int, total: int, note: str = "") -> None:
        if not bars:
            bars.append(make(name, None))
        bars[0](done, note, total or None)

    return on_progress


def _context() -> Any:
    """How processes start: forked from a server that imported torch and trl, which takes seconds, or anew.

    A process forked from one that looked for a GPU cannot use it, and forking is safe on Linux only.
    """
    if sys.platform != "linux" or Path("/dev/nvidiactl").exists():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["train.trainers.sft", "train.trainers.dpo", "train.evaluation.inference"])
    return context


@contextmanager
def _environment(words: Mapping[str, str]) -> Iterator[None]:
    """These variables for a moment, for a process that starts in it."""
    before = {name: os.environ.get(name) for name in words}
    os.environ.update(words)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


class _Pool:
    """Processes of a job each, `at_once` at a time."""

    def __init__(self, jobs: Sequence[Job], at_once: int, threads: int, make: AddBar) -> None:
        self.waiting = list(jobs)
        self.at_once, self.threads, self.make = at_once, threads, make
        self.context = _context()
        self.channel = self.context.Queue()
        self.running: dict[str, BaseProcess] = {}
        self.gpus = gpus()
        self.places: dict[str, str] = {}
        """The GPU of each job, by its name."""
        self.bars: dict[str, Bar] = {}
        self.failures: dict[str, str] = {}
        self.interrupted = False

    def run(self) -> dict[str, str]:
        """Runs all of them; returns why some failed, by name."""
        while self.running or (self.waiting and not self.interrupted):
            try:
                while self.waiting and len(self.running) < self.at_once and not self.interrupted:
                    self._start(self.waiting.pop(0))
                self._listen()
            except KeyboardInterrupt:
                self.interrupted = True
                for process in self.running.values():
                    if process.is_alive() and process.pid:
                        os.kill(process.pid, signal.SIGUSR1)
        if self.interrupted:
            raise KeyboardInterrupt
        return self.failures

    def _start(self, job: Job) -> None:
        # Shown at once: the libraries and the model take up to a minute to load before the first step.
        self.bars[job.name] = self.make(job.name, None)
        self.bars[job.name](0, "loading the libraries")
        process = self.context.Process(target=_work, args=(job, self.threads, self.channel), name=job.name)
        # Read when torch is imported, so they must be set before a process starts.
        words = {"OMP_NUM_THREADS": str(self.threads)}
        if self.gpus:
            taken = {self.places[name] for name in self.running}
            # With several of them in sight, a trainer would cut each batch up among all.
            self.places[job.name] = next((gpu for gpu in self.gpus if gpu not in taken), self.gpus[0])
            words["CUDA_VISIBLE_DEVICES"] = self.places[job.name]
        with _environment(words):
            process.start()
        self.running[job.name] = process

    def _listen(self) -> None:
        try:
            name, word, content = self.channel.get(timeout=CHECK_EVERY)
        except queue.Empty:
            for name, process in list(self.running.items()):
                if not process.is_alive() and self.channel.empty():
                    self.failures[name] = f"its process ended with exit code {process.exitcode}"
                    del self.running[name]
            return
        if word == "on_progress":
            done, total, note = content
            self.bars[name](done, note, total or None)
            return
        self.interrupted = self.interrupted or word == "interrupted"
        if word == "failed":
            self.failures[name] = content
        if name in self.running:
            self.running.pop(name).join()

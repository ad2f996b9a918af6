"""Runs jobs in processes of their own, one at a time or in parallel on a share of the cores.

Two processes with one thread each train small models faster than one process with two threads. And a job that
dies takes no other with it. A job is a module-level function that takes the keyword `on_progress`.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from journey.errors import JourneyError
from journey.runs.machine import cores, gpus, orphaned
from train.console import AddBar, Bar, Console
from train.trainers import distributed as ranks

CHECK_EVERY = 0.5
"""Seconds between checks whether silent jobs are alive."""
STOPPING = "Stopping. What is done will be kept."
"""Printed at Ctrl-C, because a job may take some seconds to end."""


@dataclass(frozen=True, slots=True)
class Job:
    """One call of a module-level function."""

    name: str
    call: Callable[..., Any]
    arguments: tuple[Any, ...]


def _run_in_child(job: Job, threads: int, channel: Any) -> None:
    try:
        # Ctrl-C reaches every process of a terminal. The parent decides, and passes it on as SIGUSR1.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGUSR1, signal.default_int_handler)

        def on_progress(done: int, total: int, note: str = "") -> None:
            if orphaned():
                raise JourneyError("the parent process has ended")
            channel.put((job.name, "progress", (done, total, note)))

        import torch

        if orphaned():
            raise JourneyError("the parent process has ended")
        _silence_libraries()
        torch.set_num_threads(threads)
        job.call(*job.arguments, on_progress=on_progress)
        channel.put((job.name, "done", None))
    except KeyboardInterrupt:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # Ctrl-C again, while this one is reported
        channel.put((job.name, "interrupted", None))
    except JourneyError as error:
        channel.put((job.name, "failed", str(error)))
    except BaseException as error:
        traceback.print_exc()
        channel.put((job.name, "failed", f"{type(error).__name__}: {error}"))


def _silence_libraries() -> None:
    """Turns off the libraries' progress bars and warnings, which would break the console's bars."""
    import logging
    import warnings

    from datasets import disable_progress_bars
    from transformers.utils import logging as transformers_logging

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    transformers_logging.disable_progress_bar()
    disable_progress_bars()


def run_jobs(jobs: Sequence[Job], side_by_side: bool, console: Console, title: str) -> None:
    """Runs every job. If some fail, the others finish first, and then all failures are raised together.

    Under a launcher, each of its processes runs every job itself, one at a time.

    Args:
        jobs: the jobs.
        side_by_side: run one job per GPU in parallel, or one per core without a GPU. Otherwise run one job at
            a time with all cores. A job uses at most one GPU.
        console: shows a progress bar for each job.
        title: shown before each bar and failure.

    Raises:
        KeyboardInterrupt: the jobs were interrupted. Each has saved a checkpoint to resume from.
        JourneyError: jobs failed. The message names each and its reason.
    """
    if not jobs:
        return
    if ranks.processes() > 1:
        return _run_here(jobs, console, title)
    at_once = min(len(jobs), len(gpus()) or cores()) if side_by_side else 1
    with console.progress(title) as make:
        pool = _Pool(jobs, at_once, max(1, cores() // max(1, at_once)), make)
        failures = pool.run(lambda: console.err.print(STOPPING))
    if failures:
        raise JourneyError("; ".join(_sentences(title, failures)))


def _sentences(title: str, failures: Mapping[str, str]) -> Iterator[str]:
    """Says each reason once, after the names of all jobs that failed for it.

    >>> list(_sentences("sft", {"journey": "no memory", "hot": "the loss is nan", "shortcut": "no memory"}))
    ['sft journey, shortcut failed: no memory', 'sft hot failed: the loss is nan']
    """
    for reason in dict.fromkeys(failures.values()):
        names = [name for name, other in failures.items() if other == reason]
        yield f"{title} {', '.join(names)} failed: {reason}"


def _run_here(jobs: Sequence[Job], console: Console, title: str) -> None:
    """Runs jobs in this process, under a launcher, which ends all processes if one raises an error."""
    _silence_libraries()
    with console.progress(title) as make:
        for job in jobs:
            job.call(*job.arguments, on_progress=_report_to_bar(make, job.name))


def _report_to_bar(make: AddBar, name: str) -> Callable[[int, int, str], None]:
    bars: list[Bar] = []

    def on_progress(done: int, total: int, note: str = "") -> None:
        if not bars:
            bars.append(make(name, None))
        bars[0](done, note, total or None)

    return on_progress


def _context() -> Any:
    """How processes start: forked from a server that has imported torch and trl, which saves seconds.

    Elsewhere than on Linux, or with a GPU, they are spawned. A process cannot use a GPU if it was forked from
    one that had initialized CUDA.
    """
    if sys.platform != "linux" or Path("/dev/nvidiactl").exists():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["train.trainers.sft", "train.trainers.dpo", "train.evaluation.inference"])
    return context


@contextmanager
def _on_interrupt(call: Callable[[], None]) -> Iterator[None]:
    """Calls a function at Ctrl-C within the block, where no KeyboardInterrupt is raised.

    Blocking the signal in this thread would not do: the thread that draws the bars receives it, and Python
    raises the KeyboardInterrupt here all the same, maybe between the start of a process and its registration.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:  # as under `nohup`
        signal.signal(signal.SIGINT, lambda *_: call())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _inherits_blocked_interrupt() -> Iterator[None]:
    """A program that is started within the block never sees Ctrl-C, so it prints no traceback."""
    # Starting the tracker would unblock the signal, so it comes first.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Sets environment variables within the block, for a process that starts there."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


class _Pool:
    """Runs each job in a process, `at_once` at a time."""

    def __init__(self, jobs: Sequence[Job], at_once: int, threads: int, make: AddBar) -> None:
        self.waiting = list(jobs)
        self.at_once, self.threads, self.make = at_once, threads, make
        self.context = _context()
        self.channel = self.context.Queue()
        self.running: dict[str, BaseProcess] = {}
        self.gpus = gpus()
        self.assigned: dict[str, str] = {}
        """The GPU of each job, by the job's name."""
        self.bars: dict[str, Bar] = {}
        self.failures: dict[str, str] = {}
        self.interrupted = False

    def run(self, on_interrupt: Callable[[], None]) -> dict[str, str]:
        """Runs all jobs; returns the reasons of failures by job name.

        Calls `on_interrupt` at the first Ctrl-C. Raises KeyboardInterrupt when the running jobs have ended.
        """

        def stop() -> None:
            if not self.interrupted:
                on_interrupt()
            self.interrupted = True
            self._interrupt(self.running.values())

        with _on_interrupt(stop):
            while self.running or (self.waiting and not self.interrupted):
                while self.waiting and len(self.running) < self.at_once and not self.interrupted:
                    self._start(self.waiting.pop(0))
                self._listen()
        if self.interrupted:
            raise KeyboardInterrupt
        return self.failures

    def _interrupt(self, processes: Iterable[BaseProcess]) -> None:
        for process in processes:
            if process.is_alive() and process.pid:
                os.kill(process.pid, signal.SIGUSR1)

    def _start(self, job: Job) -> None:
        # Shown at once: the libraries and the model take up to a minute to load before the first step.
        self.bars[job.name] = self.make(job.name, None)
        self.bars[job.name](0, "loading the libraries")
        process = self.context.Process(
            target=_run_in_child, args=(job, self.threads, self.channel), name=job.name
        )
        # torch reads these when it is imported, so they are set before the process starts.
        variables = {"OMP_NUM_THREADS": str(self.threads)}
        if self.gpus:
            taken = {self.assigned[name] for name in self.running}
            # With several visible GPUs, a trainer would split each batch over all of them.
            self.assigned[job.name] = next((gpu for gpu in self.gpus if gpu not in taken), self.gpus[0])
            variables["CUDA_VISIBLE_DEVICES"] = self.assigned[job.name]
        with _environment(variables):
            forked = isinstance(self.context, ForkServerContext)
            with _inherits_blocked_interrupt():
                forkserver.ensure_running() if forked else process.start()
            if forked:
                process.start()  # waits until the server has loaded the libraries, but answers Ctrl-C
        self.running[job.name] = process
        if self.interrupted:
            self._interrupt([process])

    def _listen(self) -> None:
        try:
            name, event, content = self.channel.get(timeout=CHECK_EVERY)
        except queue.Empty:
            for name, process in list(self.running.items()):
                if not process.is_alive() and self.channel.empty():
                    self.failures[name] = f"its process ended with exit code {process.exitcode}"
                    del self.running[name]
            return
        if event == "progress":
            done, total, note = content
            self.bars[name](done, note, total or None)
            return
        self.interrupted = self.interrupted or event == "interrupted"
        if event == "failed":
            self.failures[name] = content
        if name in self.running:
            self.running.pop(name).join()

"""Workers that can be killed: at their limit, at their memory, and when nobody is left to ask for them."""

from __future__ import annotations

import math
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from journey.runs.sandbox import Died, Sandbox, TimedOut
from tests.invariants.test_floors import ROOT
from tests.timing import until


def power(exponent: int) -> int:
    """Hangs inside C code, where no signal handler of Python runs."""
    return int(7**exponent % 2)


def eat(size: int) -> int:
    return len(bytearray(size))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One whose limit is far off: what is quick ends before it on any machine."""
    with Sandbox(seconds=120.0, memory=512 * 1024**2) as one:
        yield one


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rpartition(")")[2].split()[0] != "Z"


def gone(pid: int) -> bool:
    try:
        return not alive(pid)
    except FileNotFoundError:
        return True


def test_a_result_comes_back(sandbox: Sandbox) -> None:
    assert sandbox.run(math.factorial, 20) == math.factorial(20)


def test_a_worker_is_kept_and_is_another_process(sandbox: Sandbox) -> None:
    first, second = sandbox.run(str, 1), sandbox.run(math.sqrt, 4)
    assert (first, second) == ("1", 2.0)
    pid = sandbox.run(os.getpgid, 0)
    assert isinstance(pid, int)


def test_a_hang_in_c_code_is_killed_at_its_limit() -> None:
    before = {*multiprocessing.active_children()}
    with Sandbox(seconds=1.0) as sandbox:
        # On a busy machine even this may take longer than the limit.
        until(lambda: sandbox.run(abs, -1) == 1, "worker")
        (worker,) = {*multiprocessing.active_children()} - before
        assert sandbox.run(power, 10**9) == TimedOut(1.0)
        until(lambda: not worker.is_alive(), "end of the worker")
        until(lambda: sandbox.run(abs, -1) == 1, "worker for the next item")


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    assert sandbox.run(eat, 2 * 1024**3) == Died("out of memory")
    assert sandbox.run(eat, 1024) == 1024


def test_an_exception_and_a_death_are_outcomes(sandbox: Sandbox) -> None:
    assert sandbox.run(math.sqrt, -1.0) == Died("ValueError: math domain error")
    assert isinstance(sandbox.run(os._exit, 3), Died)
    assert isinstance(sandbox.run(sys.exit, 3), Died)
    assert isinstance(sandbox.run(len, lambda: 0), Died), "an item that cannot be sent"  # type: ignore[arg-type]
    assert sandbox.run(abs, -1) == 1


def test_waiting_for_a_worker_costs_an_item_nothing() -> None:
    """Eight threads ask at once, and together they take longer than one item may."""
    results: list[object] = []
    with Sandbox(seconds=7.0) as sandbox:
        threads = [
            threading.Thread(target=lambda: results.append(sandbox.run(time.sleep, 1))) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [None] * 8


def test_no_worker_is_left_behind_when_it_is_closed() -> None:
    before = set(multiprocessing.active_children())
    with Sandbox(seconds=120) as one:
        one.run(abs, 1)
        workers = set(multiprocessing.active_children()) - before
        assert workers
    assert not any(worker.is_alive() for worker in workers)


SCRIPT = """
import multiprocessing, sys, threading, time
from journey.runs.sandbox import Sandbox
from tests.test_sandbox import power
sandbox = Sandbox(seconds=2.0)
while sandbox.run(abs, 1) != 1:
    pass
print(multiprocessing.active_children()[0].pid, flush=True)
if {busy}:
    threading.Thread(target=sandbox.run, args=(power, 10**9), daemon=True).start()
time.sleep({wait})
"""


def test_no_worker_outlives_a_killed_parent() -> None:
    # The script has no `__main__` guard and is no file: neither may matter.
    parents = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT.format(busy=busy, wait=60)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )
        for busy in (False, True)
    ]  # fmt: skip
    workers = [int(parent.stdout.readline()) for parent in parents if parent.stdout]
    time.sleep(0.3)  # if the second worker has not begun its item by then, it is as idle as the first
    for parent in parents:
        parent.kill()
        parent.wait()
    for worker in workers:
        until(partial(gone, worker), "end of the worker")


def test_a_program_ends_though_its_sandbox_was_not_closed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(busy=True, wait=0.2)],
        capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    until(lambda: gone(int(done.stdout)), "end of the worker")

"""Killable workers: runs functions that may hang or use too much memory, with limits on time and memory.

sympy can loop for hours inside C code (`2003**(2002**2001)`), where neither an exception nor a thread can
stop it. So the function runs in a separate process of a pebble pool, which kills it at its time limit and
starts another.

    with Sandbox(seconds=5) as sandbox:
        sandbox.run(math.factorial, 5)          120
        sandbox.run(math.factorial, 10**9)      TimedOut(seconds=5)
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.util import Finalize
from types import ModuleType
from typing import TYPE_CHECKING, Any, Self, TypeVar

if TYPE_CHECKING:
    from pebble import ProcessPool

Item = TypeVar("Item")
Result = TypeVar("Result")

SECONDS = 5.0
"""Time limit of one item."""
MEMORY = 2 * 1024**3
"""Bytes of address space per worker. Beyond it, the function gets a MemoryError."""
START_SECONDS = 60.0
"""Time limit for a worker to start, imports included, on a busy machine."""
GRACE = 5.0
"""Seconds beyond its limit after which an item ends itself, in case no parent is left to kill it."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The function was still running at its limit, and was killed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Died:
    """The function raised, ran out of memory, or took its process down."""

    reason: str


class _Process(SpawnProcess):
    # A spawned child runs its parent's main script again. A script without a `__main__` guard would start
    # more workers there, and a script from standard input has no file. Our functions are imported by name
    # and need no main script, so it is hidden from the child.
    _hiding = threading.Lock()

    @staticmethod
    def _Popen(process_obj: Any) -> Any:
        with _Process._hiding:
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                return SpawnProcess._Popen(process_obj)
            finally:
                sys.modules["__main__"] = main


class _Context(SpawnContext):
    Process = _Process


def _start(memory: int, prepare: Callable[[], object] | None) -> None:
    """The first thing a worker does: sets its limits, then imports what its functions need."""
    # pebble ends a worker with SIGTERM and waits. A Python handler would never run during a hung C call.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # macOS does not bound address space
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if prepare is not None:
        prepare()


def _bounded(function: Callable[[Item], Result], item: Item, seconds: float) -> Result | Died:
    # The kernel's alarm without a handler ends the process even in C code and even without a parent.
    signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)
    try:
        return function(item)
    except MemoryError:
        return Died("out of memory")
    except BaseException as fault:  # math-verify's TimeoutException is no Exception, nor is SystemExit
        return Died(f"{type(fault).__name__}: {str(fault)[:200]}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


class Sandbox:
    """A pool of workers that start when first needed; `close` it, or use it in a `with`.

    Args:
        seconds: time limit of one item.
        memory: bytes of address space per worker.
        workers: how many items may run at once; further threads wait.
        prepare: a module-level function that each worker calls when it starts, before any time limit.
    """

    def __init__(
        self,
        seconds: float = SECONDS,
        memory: int = MEMORY,
        workers: int = 1,
        prepare: Callable[[], object] | None = None,
    ) -> None:
        self.seconds = seconds
        self._memory = memory
        self._workers = workers
        self._prepare = prepare
        self._pool: ProcessPool | None = None
        self._owner = os.getpid()
        self._changing = threading.Lock()
        # Acquired before an item is submitted, so that waiting for a worker does not count as its time.
        self._free = threading.BoundedSemaphore(workers)

    def run(self, function: Callable[[Item], Result], item: Item) -> Result | TimedOut | Died:
        """Computes `function(item)` in a worker and waits for the result. Any thread may call it.

        The function must be importable by name; item and result must be picklable. Failures of the function
        are returned as `TimedOut` or `Died`, not raised.

        >>> with Sandbox() as sandbox:
        ...     sandbox.run(abs, -3)
        3
        """
        with self._free:
            pool = self._running()
            try:
                future = pool.schedule(_bounded, args=(function, item, self.seconds), timeout=self.seconds)
                return future.result(timeout=self.seconds + START_SECONDS)
            except Late:
                # pebble's own clock starts when a worker takes the item; without a worker it never starts.
                if not future.done():
                    self._drop(pool)
                return TimedOut(self.seconds)
            except (CancelledError, Exception) as fault:
                if not pool.active:
                    self._drop(pool)
                return Died(f"{type(fault).__name__}: {str(fault)[:200]}")

    def _running(self) -> ProcessPool:
        from pebble import ProcessPool

        with self._changing:
            if self._owner != os.getpid():  # after a fork, the pool's threads are gone
                self._pool, self._owner = None, os.getpid()
            if self._pool is not None and not self._pool.active:
                _stop(self._pool)
                self._pool = None
            if self._pool is None:
                self._pool = ProcessPool(
                    max_workers=self._workers,
                    initializer=_start,
                    initargs=(self._memory, self._prepare),
                    context=_Context(),
                )
            return self._pool

    def _drop(self, pool: ProcessPool) -> None:
        with self._changing:
            if self._pool is pool:
                self._pool = None
        _stop(pool)

    def close(self) -> None:
        """Stops the workers; the next `run` starts new ones."""
        with self._changing:
            pool, self._pool = self._pool, None
        if pool is not None and self._owner == os.getpid():
            _stop(pool)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _stop(pool: ProcessPool) -> None:
    pool.stop()
    pool.join()


@cache
def shared_sandbox(prepare: Callable[[], object] | None = None) -> Sandbox:
    """A sandbox shared by all callers with the same `prepare`; it is closed when the program ends."""
    sandbox = Sandbox(prepare=prepare)
    # Not atexit: a multiprocessing child joins its own children before that, and would wait for ever.
    Finalize(None, sandbox.close, exitpriority=1)
    return sandbox

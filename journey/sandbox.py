"""Killable, bounded workers: a function that may hang or eat memory runs elsewhere, and an answer comes back.

sympy can loop for hours inside C code (`2003**(2002**2001)`), where no exception and no thread reaches it. So
the work is done in a process of its own, on pebble's pool, which kills it at its limit and starts another.

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
"""What one item may take."""
MEMORY = 2 * 1024**3
"""Bytes of address space a worker may take; beyond it its function gets a MemoryError."""
START_SECONDS = 60.0
"""What a worker may take to start, imports included, on a busy machine."""
GRACE = 5.0
"""How much longer than its limit an item may live if nobody is left to kill it."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The function was still running at its limit, and was killed."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Died:
    """The function raised, ran out of memory, or took its process down."""

    reason: str


class _Process(SpawnProcess):
    # A spawned child runs its parent's main script again: a script without a `__main__` guard would start
    # workers of its own in there, and one read from standard input is not a file at all. Our functions are
    # imported by name and need no main script, so the child is not told of one.
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
    """What a worker does first: bounds itself, then imports what its functions need."""
    # pebble ends a worker by SIGTERM, and waits; a Python handler would never run inside a hung C call.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError, ValueError):  # macOS does not bound address space
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    if prepare is not None:
        prepare()


def _bounded(function: Callable[[Item], Result], item: Item, seconds: float) -> Result | Died:
    # The kernel's alarm, with no handler, ends the process even inside C code and even if its parent is gone.
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
    """A few workers, started when first needed and kept; `close` it, or use it in a `with`.

    Args:
        seconds: what one item may take.
        memory: bytes of address space a worker may take.
        workers: how many items may run at once; further threads wait.
        prepare: a module-level function that each worker calls as it starts, outside of any item's time.
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
        # Taken before an item is handed over, so that the time it waits for a worker is not its own.
        self._free = threading.BoundedSemaphore(workers)

    def run(self, function: Callable[[Item], Result], item: Item) -> Result | TimedOut | Died:
        """`function(item)`, computed in a worker. Any thread may call; it blocks.

        The function must be importable by name, and item and result must pickle.

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
                # pebble's own clock starts when a worker takes the item up; without a worker it never does.
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
            if self._owner != os.getpid():  # forked: the pool's threads stayed behind
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
        """Ends the workers; the next `run` starts new ones."""
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
def lasting(prepare: Callable[[], object] | None = None) -> Sandbox:
    """The sandbox that all callers with the same `prepare` share; it ends with the program."""
    sandbox = Sandbox(prepare=prepare)
    # Not atexit: a multiprocessing child joins its own children before that, and would wait for ever.
    Finalize(None, sandbox.close, exitpriority=1)
    return sandbox

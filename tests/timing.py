"""How the tests wait, and how they bound what a call costs: no verdict hangs on the moment or the machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 600.0
"""Seconds after which what does not come never comes. A passing test waits no longer than it must."""
LEEWAY = 10
"""How much longer than expected a call may take. What hangs or explodes takes a thousand times longer."""
REFERENCE = 0.01
"""Seconds of the processor that `_work` takes on the machine for which the limits of `within` are stated."""


def until(true: Callable[[], T], what: str) -> T:
    """Waits until something is true, and returns it."""
    end = time.monotonic() + PATIENCE
    while not (result := true()):
        assert time.monotonic() < end, f"after {PATIENCE:.0f} s: no {what}"
        time.sleep(0.01)
    return result


@contextmanager
def within(seconds: float, what: str) -> Iterator[None]:
    """Asserts that the body takes no more of this process's time on the processor than it should.

    `seconds` are those of an ordinary machine. A slower or busy one is allowed as many times more, and each
    is allowed `LEEWAY` times more. Work in other processes does not count.
    """
    begun = time.process_time()
    yield
    taken = time.process_time() - begun
    if taken > LEEWAY * seconds * _slowness():
        allowed = LEEWAY * seconds * max(_slowness(), _measured())
        assert taken <= allowed, f"{taken:.1f} s of the processor, where {allowed:.1f} are many: {what}"


@cache
def _slowness() -> float:
    """How many times longer than an ordinary machine this one takes, at least 1."""
    return max(1.0, _measured())


def _measured() -> float:
    return min(_work() for _ in range(3)) / REFERENCE


def _work() -> float:
    """The seconds of the processor that a fixed piece of work takes here and now."""
    begun = time.process_time()
    seen: dict[tuple[int, int], str] = {}
    for number in range(60_000):
        seen[number % 1_000, number % 7] = str(number * number)
    assert len(seen) == 7_000
    return time.process_time() - begun

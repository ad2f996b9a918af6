"""Processes that train one model together, as `accelerate launch` and `torchrun` start them.

The environment gives each process its rank. All of them train; only the first one holds the run's lock and
writes to its folder.
"""

from __future__ import annotations

import os


def processes() -> int:
    """The number of processes that train together; 1 without a launcher."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """The index of this process, from 0."""
    return int(os.environ.get("RANK", "0")) if processes() > 1 else 0


def first() -> bool:
    """Whether this is the process that writes."""
    return rank() == 0


def wait() -> None:
    """Waits until all processes have reached this call."""
    if processes() > 1:
        import torch
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()


def share(batch: list[int], empty_row: int) -> list[int]:
    """The rows of a batch that this process computes: every n-th row for n processes.

    A process without rows gets `empty_row`, which has no loss.
    """
    return batch[rank() :: processes()] or [empty_row]

"""Processes that train one model together, as `accelerate launch` and `torchrun` start them.

Each is told its rank by the environment. The first one alone holds the run's lock and writes to its folder;
all of them train.
"""

from __future__ import annotations

import os


def processes() -> int:
    """How many train together: 1, unless a launcher says otherwise."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0")) if processes() > 1 else 0


def first() -> bool:
    """Whether this is the one that writes."""
    return rank() == 0


def wait() -> None:
    """Waits until all of them have come here."""
    if processes() > 1:
        import torch
        from accelerate import PartialState

        PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()


def share(batch: list[int], blank: int) -> list[int]:
    """What of a batch this process computes: each row is one process', and the loads are as even as can be.

    One that comes away empty takes the row `blank`, which carries no loss.
    """
    return batch[rank() :: processes()] or [blank]

"""Errors for a model or a checkpoint that cannot be written, before training and after it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from journey.errors import JourneyError
from journey.runs.store import cannot_write

TORCH_WRITER = "inline_container.cc"
"""The source file of torch that writes checkpoints; its errors name it, and not the reason."""


@contextmanager
def saving(folder: Path) -> Iterator[None]:
    """Raises what fails while `folder` is written as a JourneyError that says so.

    On a full disk, Python raises an OSError, safetensors a SafetensorError, and `torch.save` a RuntimeError.

    Raises:
        JourneyError: the folder cannot be written.
    """
    from safetensors import SafetensorError

    try:
        yield
    except OSError as fault:
        raise cannot_write(folder, fault) from fault
    except SafetensorError as fault:
        # Its text is the reason after the name of the failed step, and Rust's "(os error 28)" after that.
        reason = str(fault).rpartition(": ")[2].partition(" (os error")[0]
        raise cannot_write(folder, OSError(reason)) from fault
    except RuntimeError as fault:
        if TORCH_WRITER not in str(fault):
            raise
        why = OSError("torch gives no reason, the disk may be full")
        raise cannot_write(folder, why) from fault


def require_space(folder: Path, starts: Sequence[Path]) -> None:
    """Checks that a trained model for each start model fits on the disk, before hours of training are lost.

    Checkpoints take more for a time; a stage that cannot write one ends there with an error of its own.

    Raises:
        JourneyError: there is too little space.
    """
    needed = sum(file.stat().st_size for start in starts for file in start.glob("*.safetensors"))
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise JourneyError(
            f"the disk of {folder} has {free / 1e6:,.1f} MB free, and {len(starts)} trained models take "
            f"{needed / 1e6:,.1f} MB. No finished work is lost: make room, then run the command again"
        )

"""One error for what the libraries raise when a model or a checkpoint cannot be written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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

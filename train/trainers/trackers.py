"""`--log-to`: sends the losses of training to a tracker through transformers' own integration.

Trainers run in processes of their own, which inherit the environment, so the choice is a variable of it. It
is no key of a recipe, because it changes no result. Nothing is sent over a network: wandb writes to RUN/wandb
until `wandb sync`, trackio keeps a local database, and tensorboard writes to RUN/logs.
"""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

from journey.errors import InputError

Tracker = Literal["trackio", "tensorboard", "wandb"]
TRACKERS: tuple[str, ...] = get_args(Tracker)
VARIABLE = "JOURNEY_LOG_TO"


def log_to(tracker: str | None, run: Path) -> None:
    """Makes every stage that is trained from now on log to this tracker; None changes nothing.

    Raises:
        InputError: the tracker's package is not installed.
    """
    if tracker is None:
        return
    if find_spec(tracker) is None:
        raise InputError(
            f"--log-to {tracker} needs the package {tracker}. Install it with `pip install {tracker}`"
        )
    os.environ[VARIABLE] = tracker
    if tracker == "wandb":
        os.environ.setdefault("WANDB_MODE", "offline")
        os.environ.setdefault("WANDB_PROJECT", run.resolve().name)


def tracking(work: Path) -> dict[str, Any]:
    """Arguments of a trainer that works in RUN/models/ARM/STAGE.partial: none of them tracks by default."""
    tracker = os.environ.get(VARIABLE)
    if tracker is None:
        return {"report_to": "none"}
    arm, run = work.resolve().parent, work.resolve().parents[:3][-1]
    name = f"{arm.name}-{work.stem}"
    if tracker == "tensorboard":
        # Otherwise it would write next to the checkpoints, which are removed at the end.
        os.environ["TENSORBOARD_LOGGING_DIR"] = str(run / "logs" / name)
    if tracker == "wandb":
        os.environ.setdefault("WANDB_DIR", str(run))
    return {"report_to": tracker, "run_name": name, "project": run.name}

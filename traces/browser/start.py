"""Starts the terminal browser on a run folder."""

from __future__ import annotations

import gc
from pathlib import Path

from journey.runs.index import Index
from journey.runs.store import Run
from traces.browser.app import Browser
from traces.browser.numbers import FormatRuns
from traces.masked_text import ReadMasks


def browse(run: Path, format_runs: FormatRuns, read_masks: ReadMasks) -> None:
    """Runs the browser on a run folder until the user quits.

    Args:
        run: the run folder.
        format_runs: renders the results of runs.
        read_masks: reads which tokens of the texts about a problem are trained on.

    Raises:
        InputError: the folder is not a run folder.
    """
    # Asks the terminal for its graphics and the size of a cell, which it cannot once the application runs.
    import textual_image.widget  # noqa: F401

    app = Browser(Index(Run.existing(run).path), format_runs, read_masks)
    # A full garbage collection over all imported modules delays a key by 0.15 s. So existing objects are
    # frozen, and new ones are collected in small steps.
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    app.run()

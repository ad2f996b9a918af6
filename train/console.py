"""What a run prints: a progress bar with an ETA for each running job, and one line for each finished one.

Bars go to stderr, and only to a terminal. Lines go to stdout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rich.console
import rich.progress

Progress = Callable[[int, int, str], None]
"""Reports progress: the amount done, the total, and a note."""
Bar = Callable[[int, str], None]
"""Moves a bar: the amount done, and a note shown next to the bar."""
AddBar = Callable[[str, int], Bar]
"""Adds a bar with a label and a total."""


def counter(bar: Bar) -> Callable[[int], None]:
    """A callback that takes an increment and moves the bar to the sum of all increments."""
    done = 0

    def add(count: int) -> None:
        nonlocal done
        done += count
        bar(done, "")

    return add


class Console:
    """Prints the progress of a run; prints nothing if `quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.out = rich.console.Console(quiet=quiet, highlight=False)
        self.err = rich.console.Console(quiet=quiet, stderr=True)

    def print(self, *parts: Any, **options: Any) -> None:
        """Prints to stdout, with the options of rich's `Console.print`."""
        self.out.print(*parts, **options)

    def log(self, stage: str, text: str, seconds: float | None = None) -> None:
        """Prints one line about a stage, with the time it took."""
        took = "" if seconds is None else f"[dim] {seconds:6.1f} s[/]"
        self.print(f"[bold]{stage:<10}[/] {text}{took}", soft_wrap=True)

    @contextmanager
    def status(self, text: str) -> Iterator[None]:
        """Shows a spinner next to a text while the block runs."""
        if self.quiet or not self.err.is_terminal:
            yield
            return
        with self.err.status(text):
            yield

    @contextmanager
    def progress(self, title: str) -> Iterator[AddBar]:
        """Shows the progress bars of one stage while the block runs."""
        progress = rich.progress.Progress(
            rich.progress.TextColumn("[bold]{task.description:<20}"),
            rich.progress.BarColumn(bar_width=None),
            rich.progress.MofNCompleteColumn(),
            rich.progress.TextColumn("{task.fields[note]}"),
            rich.progress.TimeElapsedColumn(),
            rich.progress.TextColumn("ETA"),
            rich.progress.TimeRemainingColumn(),
            console=self.err,
            transient=True,
            disable=self.quiet or not self.err.is_terminal,
        )

        def add_bar(label: str, total: int) -> Bar:
            task = progress.add_task(f"{title} {label}".strip(), total=total, note="")

            def move(done: int, note: str = "") -> None:
                progress.update(task, completed=done, note=note)

            return move

        with progress:
            yield add_bar

"""What a person sees while a run works: a bar with an ETA for each thing in hand, a line on what each made.

Bars go to stderr and only to a terminal; the lines go to stdout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

Update = Callable[[int, str], None]
"""Sets how much is done, and a note beside the bar."""
MakeBar = Callable[[str, int], Update]
"""Adds a bar of this label and total."""


def counting(update: Update) -> Callable[[int], None]:
    """Hears how much more is done, and sets a bar to how much that is in all."""
    done = 0

    def more(count: int) -> None:
        nonlocal done
        done += count
        update(done, "")

    return more


class Narrator:
    """Tells a run as it happens; says nothing if `quiet`."""

    def __init__(self, quiet: bool = False) -> None:
        self.quiet = quiet
        self.out = Console(quiet=quiet, highlight=False)
        self.err = Console(quiet=quiet, stderr=True)

    def say(self, title: str, text: str, seconds: float | None = None) -> None:
        """One line on what a stage made."""
        took = "" if seconds is None else f"[dim] {seconds:6.1f} s[/]"
        self.out.print(f"[bold]{title:<10}[/] {text}{took}", soft_wrap=True)

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """A sign of life beside a text, while something is done that has no parts."""
        if self.quiet or not self.err.is_terminal:
            yield
            return
        with self.err.status(text):
            yield

    @contextmanager
    def bars(self, title: str) -> Iterator[MakeBar]:
        """Room for the bars of one stage; they vanish when it is done."""
        progress = Progress(
            TextColumn("[bold]{task.description:<20}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            TimeElapsedColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=self.err,
            transient=True,
            disable=self.quiet or not self.err.is_terminal,
        )

        def make(label: str, total: int) -> Update:
            task = progress.add_task(f"{title} {label}".strip(), total=total, note="")

            def update(done: int, note: str = "") -> None:
                progress.update(task, completed=done, note=note)

            return update

        with progress:
            yield make

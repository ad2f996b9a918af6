"""What a run prints: a progress bar with an ETA for each running job, and one line for each finished one.

Bars go to stderr. Where that is no terminal, a job of unknown length prints its progress as lines instead.
Lines on what was done go to stdout.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

import rich.console
import rich.progress
from rich.text import Text

Progress = Callable[[int, int, str], None]
"""Reports progress: the amount done, the total, and a note."""
AddBar = Callable[[str, int | None], "Bar"]
"""Adds a bar with a label and a total; None until the total is known."""

LINE_EVERY = 30.0
"""Seconds between two lines of a job where there is no terminal."""


class Bar(Protocol):
    """Moves a bar: the amount done, a note shown next to the bar, and the total if it was not known."""

    def __call__(self, done: int, note: str = "", total: int | None = None) -> None:
        """Moves it."""


class Forecast:
    """When something will be done, from the time that its parts took so far.

    rich forgets what is older than 30 s, so that slow steps would never have an ETA. What was done before the
    first report, by a run that is resumed, says nothing about the time.

    >>> seconds = iter([0.0, 100.0, 110.0])
    >>> forecast = Forecast(lambda: next(seconds))
    >>> [forecast.ends(done, 5) for done in (2, 2, 3)]
    [None, None, 130.0]
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.now, self.first, self.began = now, -1, 0.0

    def ends(self, done: int, total: int | None) -> float | None:
        """The time, as `now` tells it, when all will be done; None before the first part is."""
        now = self.now()
        if self.first < 0 or done <= self.first:
            self.first, self.began = done, now
            return None
        return now + (now - self.began) / (done - self.first) * (total - done) if total else None


class Remaining(rich.progress.ProgressColumn):
    """The time left, counted down between two reports."""

    def render(self, task: rich.progress.Task) -> Text:
        """The field `ends` of a task as time from now."""
        return Text(format_eta(task.fields["ends"]), style="progress.remaining")


def format_eta(ends: float | None) -> str:
    """The time until `ends`, in the form h:mm:ss."""
    return "-:--:--" if ends is None else str(timedelta(seconds=max(0, round(ends - time.monotonic()))))


def counter(bar: Callable[[int, str], None]) -> Callable[[int], None]:
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
        """Shows a spinner next to a text while the block runs; where there is no terminal, the text alone."""
        if self.quiet or not self.err.is_terminal:
            self.err.print(text, highlight=False, soft_wrap=True)
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
            Remaining(),
            console=self.err,
            transient=True,
            disable=self.quiet or not self.err.is_terminal,
        )

        def add_bar(label: str, total: int | None) -> Bar:
            name, forecast = f"{title} {label}".strip(), Forecast()
            task = progress.add_task(name, total=total, note="", ends=None)
            line = self._lines(name) if total is None and progress.disable and not self.quiet else None

            def move(done: int, note: str = "", total: int | None = None) -> None:
                whole = total or progress.tasks[task].total
                ends = forecast.ends(done, int(whole) if whole else None)
                progress.update(task, completed=done, total=whole, note=note, ends=ends)
                if line:
                    line(done, int(whole) if whole else None, note, ends)

            return move

        with progress:
            yield add_bar

    def _lines(self, name: str) -> Callable[[int, int | None, str, float | None], None]:
        """Prints the first reports of a job until one has an ETA, then one every `LINE_EVERY` seconds."""
        last, counted, timed = 0.0, False, False

        def line(done: int, total: int | None, note: str, ends: float | None) -> None:
            nonlocal last, counted, timed
            new = total is None or not counted or (ends is not None and not timed)
            if not new and time.monotonic() - last < LINE_EVERY:
                return
            last, counted, timed = time.monotonic(), total is not None, timed or ends is not None
            count = f" {done:,}/{total:,}" if total else ""
            eta = f" ETA {format_eta(ends)}" if ends is not None else ""
            self.err.print(f"{name}:{count} {note}{eta}", highlight=False, soft_wrap=True)

        return line

"""The pane of numbers: the results of the run, optionally next to those of another run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from traces.browser import figures
from traces.browser.problem_view import FAULTS

FormatResults = Callable[[dict[str, dict[str, Any]]], Iterable[RenderableType]]
"""Renders results.json files by run name, as `journey compare` prints them."""


class Numbers(VerticalScroll):
    """The results of one or two runs."""

    class Loaded(Message):
        """Posted when the results have been read."""

        def __init__(self, parts: list[RenderableType]) -> None:
            super().__init__()
            self.parts = parts

    def __init__(self, run: Path, format_results: FormatResults) -> None:
        super().__init__(id="numbers")
        self.border_title = "Numbers"
        self._runs, self._format_results = [run], format_results

    def compose(self) -> ComposeResult:
        """One text for all results."""
        yield Static(Text("reading the results", style="dim"), id="figures")

    def compare_with(self, run: Path | None) -> None:
        """Compares with another run; None ends the comparison."""
        self._runs = [self._runs[0], *([run] if run is not None else [])]
        self.renew()

    @work(thread=True, exclusive=True)
    def renew(self) -> None:
        """Reads the results in a worker, because the first time needs slow imports."""
        worker = get_current_worker()
        try:
            parts = self._parts()
        except FAULTS as fault:
            parts = [Text().append(f"these results cannot be shown: {fault}", style="red")]
        if not worker.is_cancelled:
            self.post_message(self.Loaded(parts))

    def on_numbers_loaded(self, message: Loaded) -> None:
        """Shows the results."""
        self.query_one("#figures", Static).update(Group(*message.parts))

    def _parts(self) -> list[RenderableType]:
        folders = [run.resolve() for run in self._runs]
        same = len({folder.name for folder in folders}) < len(folders)
        names = {str(folder) if same else folder.name: folder for folder in folders}
        results = {name: figures.results_of(run) for name, run in names.items()}
        available = {name: content for name, content in results.items() if content is not None}
        parts: list[RenderableType] = []
        try:
            parts += [*self._format_results(available), ""] if available else []
        except FAULTS as fault:
            message = f"the table cannot be shown: {type(fault).__name__} {fault} in results.json. "
            parts += [Text().append(message + "Rebuild it with `journey report RUN`", style="red"), ""]
        for name in results.keys() - available.keys():
            parts += [Text(f"{name} has no results.json yet", style="italic"), ""]
        evaluated = {name: figures.accuracies(run) for name, run in names.items()}
        if any(evaluated.values()):
            return [*parts, figures.bars(evaluated, 40 if self.app.size.width >= 90 else 24)]
        return [*parts, Text("no model has been evaluated yet", style="dim")]

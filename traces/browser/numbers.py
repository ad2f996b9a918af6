"""The pane of numbers: the results of the run, optionally next to those of another run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from traces.browser.problem_view import FAULTS

FormatRuns = Callable[[Mapping[str, Path], int], Iterable[RenderableType]]
"""Renders the results of run folders, given by name, for a width in columns."""


class Numbers(VerticalScroll):
    """The results of one or two runs."""

    class Loaded(Message):
        """Posted when the results have been read."""

        def __init__(self, parts: list[RenderableType]) -> None:
            super().__init__()
            self.parts = parts

    def __init__(self, run: Path, format_runs: FormatRuns) -> None:
        super().__init__(id="numbers")
        self.border_title = "Numbers"
        self._runs, self._format_runs = [run], format_runs

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
        return list(self._format_runs(names, self.app.size.width))


def siblings(run: Path) -> list[Path]:
    """The other run folders with results in the same parent folder."""
    folder = run.resolve()
    return [path.parent for path in sorted(folder.parent.glob("*/results.json")) if path.parent != folder]

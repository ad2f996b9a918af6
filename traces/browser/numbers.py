"""The pane of numbers: the run's results, and those of another run beside them."""

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
from traces.browser.opened import FAULTS

Tell = Callable[[dict[str, dict[str, Any]]], Iterable[RenderableType]]
"""The table and the sentences of results.json, by the run's name: what `journey compare` prints."""


class Numbers(VerticalScroll):
    """The results of one run or of two."""

    class Told(Message):
        """What there is to show."""

        def __init__(self, parts: list[RenderableType]) -> None:
            super().__init__()
            self.parts = parts

    def __init__(self, run: Path, tell: Tell) -> None:
        super().__init__(id="numbers")
        self.border_title = "Numbers"
        self._runs, self._tell = [run], tell

    def compose(self) -> ComposeResult:
        """All in one text."""
        yield Static(Text("reading the results", style="dim"), id="figures")

    def beside(self, run: Path | None) -> None:
        """Compares with another run; None for no other."""
        self._runs = [self._runs[0], *([run] if run is not None else [])]
        self.renew()

    @work(thread=True, exclusive=True)
    def renew(self) -> None:
        """Reads the results anew, beside the keys: the first time, what explains them is imported."""
        worker = get_current_worker()
        try:
            parts = self._parts()
        except FAULTS as fault:
            parts = [Text().append(f"these results cannot be shown: {fault}", style="red")]
        if not worker.is_cancelled:
            self.post_message(self.Told(parts))

    def on_numbers_told(self, message: Told) -> None:
        """Shows what was read."""
        self.query_one("#figures", Static).update(Group(*message.parts))

    def _parts(self) -> list[RenderableType]:
        folders = [run.resolve() for run in self._runs]
        same = len({folder.name for folder in folders}) < len(folders)
        names = {str(folder) if same else folder.name: folder for folder in folders}
        results = {name: figures.results_of(run) for name, run in names.items()}
        known = {name: found for name, found in results.items() if found is not None}
        parts: list[RenderableType] = []
        try:
            parts += [*self._tell(known), ""] if known else []
        except FAULTS as fault:
            old = f"the table cannot be shown: {type(fault).__name__} {fault} in results.json. "
            parts += [Text().append(old + "Make it anew with `journey report RUN`", style="red"), ""]
        for name in results.keys() - known.keys():
            parts += [Text(f"{name} has no results.json yet", style="italic"), ""]
        evaluated = {name: figures.accuracies(run) for name, run in names.items()}
        if any(evaluated.values()):
            return [*parts, figures.bars(evaluated, 40 if self.app.size.width >= 90 else 24)]
        return [*parts, Text("no model was evaluated yet", style="dim")]

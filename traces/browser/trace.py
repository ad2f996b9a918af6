"""The pane of traces: two texts about one problem, side by side."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal

from traces.browser.column import TextColumn
from traces.browser.problem_view import ProblemView


class Trace(Horizontal):
    """Shows the shortcut next to the journey, or any two of the traces and greedy outputs."""

    def __init__(self) -> None:
        super().__init__(id="trace")
        self.border_title = "Trace"

    def compose(self) -> ComposeResult:
        """Two columns."""
        yield TextColumn("left", "shortcut", choice=True)
        yield TextColumn("right", "journey", choice=True)

    def show(self, view: ProblemView | None) -> None:
        """Shows the texts of a problem; None for no problem."""
        columns = view.columns if view is not None else {}
        self.query_one("#left", TextColumn).offer(columns, 0)
        self.query_one("#right", TextColumn).offer(columns, 1)

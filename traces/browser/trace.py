"""The pane of traces: two texts about one problem, side by side."""

from __future__ import annotations

from threading import Lock

from textual import work
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.worker import get_current_worker

from traces.browser.column import TextColumn
from traces.browser.problem_view import FAULTS, Column, ProblemView, fault_text
from traces.browser.tokens import masked_columns
from traces.masked_text import LEGEND, ReadMasks


class Trace(Horizontal):
    """Shows the shortcut next to the journey, or any two of the traces and greedy outputs.

    With `show_tokens` it shows the texts that the arms train on instead, with the trained tokens marked.
    """

    class MasksRead(Message):
        """Posted when the texts with their loss masks have been read, or cannot be."""

        def __init__(self, id: str, columns: dict[str, Column], empty: str) -> None:
            super().__init__()
            self.id, self.columns, self.empty = id, columns, empty

    def __init__(self, read_masks: ReadMasks) -> None:
        super().__init__(id="trace")
        self.border_title = "Trace"
        self.show_tokens = False
        self._read_masks = read_masks
        self._reading = Lock()
        self._view: ProblemView | None = None
        self._masks_id: str | None = None
        """The problem whose masks are read or being read."""

    def compose(self) -> ComposeResult:
        """Two columns."""
        yield TextColumn("left", "shortcut", choice=True)
        yield TextColumn("right", "journey", choice=True)

    def show(self, view: ProblemView | None) -> None:
        """Shows the texts of a problem; None for no problem."""
        self._view = view
        if not self.show_tokens or view is None:
            self._offer(view.columns if view is not None else {}, "no text")
        elif self._masks_id != view.id:
            self._masks_id = view.id
            self._offer({}, "reading the tokens")
            self._read(view.id)

    def toggle_tokens(self) -> None:
        """Shows the texts that the arms train on, or the traces again."""
        self.show_tokens = not self.show_tokens
        self._masks_id = None
        self.border_title = f"Trained tokens: {LEGEND}" if self.show_tokens else "Trace"
        self.show(self._view)

    @work(thread=True, exclusive=True)
    def _read(self, id: str) -> None:
        worker = get_current_worker()
        with self._reading:  # one after the other, and only the last: each takes seconds of a core
            if worker.is_cancelled:
                return
            try:
                columns = masked_columns(id, self._read_masks(id))
                empty = "no stage trains on this problem"
            except (*FAULTS, OSError) as fault:
                columns, empty = {}, fault_text(fault)
        if not worker.is_cancelled:
            self.post_message(self.MasksRead(id, columns, empty))

    def on_trace_masks_read(self, message: MasksRead) -> None:
        """Shows the masks if they are still needed."""
        if self.show_tokens and message.id == self._masks_id:
            self._offer(message.columns, message.empty)

    def _offer(self, columns: dict[str, Column], empty: str) -> None:
        self.query_one("#left", TextColumn).offer(columns, 0, empty)
        self.query_one("#right", TextColumn).offer(columns, 1, empty)

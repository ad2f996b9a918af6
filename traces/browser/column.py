"""A column of the trace and model panes: an audited text with a cursor."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Select, Static
from textual.widgets.option_list import Option

from traces.browser.problem_view import Column, Edge, Line

MAX_LINES = 3000
"""Maximum number of lines shown; the rest is only counted."""


class TextColumn(Vertical):
    """A column. With `choice`, its head lets the user choose among the problem's texts."""

    class Selected(Message):
        """Posted when a line is selected."""

        def __init__(self, edge: Edge | None) -> None:
            super().__init__()
            self.edge = edge

    def __init__(self, id: str, preferred: str = "", choice: bool = False) -> None:
        super().__init__(id=id)
        self._preferred = [preferred]
        """The names of the texts that were chosen, the last one first. A problem shows the first it has."""
        self._choice = choice
        self._columns: dict[str, Column] = {}
        self.column: Column | None = None

    def compose(self) -> ComposeResult:
        """The head, the summary and the lines of the text."""
        if self._choice:
            yield Select[str]([], prompt="no trace", compact=True, classes="head")
        yield Static(classes="verdict")
        yield OptionList(classes="lines", compact=True)

    def offer(self, columns: dict[str, Column], default: int = 0, empty: str = "no text") -> None:
        """Offers the texts of a problem; shows the one chosen last, else the one at index `default`.

        Without texts, shows the sentence `empty`.
        """
        names = list(columns)
        self._columns = columns
        fallback = names[min(default, len(names) - 1)] if names else ""
        name_shown = next((name for name in self._preferred if name in columns), fallback)
        head = self.query_one(Select)
        with self.prevent(Select.Changed):
            head.set_options((name, name) for name in names)
            if name_shown:
                head.value = name_shown
        self.show(columns.get(name_shown), empty)

    def cycle(self, by: int = 1) -> None:
        """Shows the next of the texts."""
        names = list(self._columns)
        if names and self.column is not None:
            at = names.index(self.column.name) if self.column.name in names else 0
            self.query_one(Select).value = names[(at + by) % len(names)]

    def on_select_changed(self, event: Select.Changed) -> None:
        """Shows the text that was chosen."""
        event.stop()
        if isinstance(event.value, str) and event.value in self._columns:
            self._preferred = [event.value, *(name for name in self._preferred if name != event.value)]
            self.show(self._columns[event.value])

    def show(self, column: Column | None, empty: str = "no text") -> None:
        """Shows a text, or the sentence `empty` if it is None."""
        self.column = column
        lines = self.query_one(OptionList)
        lines.clear_options()
        summary = Text(empty, style="dim")
        if column is not None:
            summary = column.verdict
            lines.add_options([Option(line.text) for line in column.lines[:MAX_LINES]])
            if len(column.lines) > MAX_LINES:
                more = Text(f"{len(column.lines) - MAX_LINES:,} more lines", style="dim")
                lines.add_option(Option(more, disabled=True))
        if not self._choice and column is not None:
            summary = Text.assemble((column.name, "bold"), ": ", summary)
        self.query_one(".verdict", Static).update(summary)

    def select(self, edge: Edge | None) -> None:
        """Moves the cursor to the first line about a step."""
        matches = (i for i, line in enumerate(self._lines()) if edge is not None and line.edge == edge)
        if (index := next(matches, None)) is not None:
            self.query_one(OptionList).highlighted = index

    def turn(self, by: int) -> bool:
        """Moves to the next (1) or previous (-1) wrong turn; returns False if there is none."""
        turns = [index for index, line in enumerate(self._lines()) if line.turn]
        lines = self.query_one(OptionList)
        current = lines.highlighted if lines.highlighted is not None else -1
        candidates = [i for i in turns if i > current] if by > 0 else [i for i in turns[::-1] if i < current]
        if candidates:
            lines.highlighted = candidates[0]
            self.post_message(self.Selected(self._lines()[candidates[0]].edge))
        return bool(candidates)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Reports the line if the user moved there."""
        event.stop()
        if event.option_list.has_focus and event.option_index < len(self._lines()):
            self.post_message(self.Selected(self._lines()[event.option_index].edge))

    def _lines(self) -> list[Line]:
        return self.column.lines[:MAX_LINES] if self.column is not None else []

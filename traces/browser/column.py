"""A text, audited line by line, with a cursor: a column of the panes of traces and of models."""

from __future__ import annotations

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList, Select, Static
from textual.widgets.option_list import Option

from traces.browser.opened import Column, Edge, Line

MOST = 3000
"""Lines that are shown; of a longer text the rest is counted."""


class TextColumn(Vertical):
    """A column; with `choice` another of the problem's texts can be chosen in its head."""

    class Selected(Message):
        """A line was selected here."""

        def __init__(self, edge: Edge | None) -> None:
            super().__init__()
            self.edge = edge

    def __init__(self, id: str, wanted: str = "", choice: bool = False) -> None:
        super().__init__(id=id)
        self.wanted = wanted
        """The name of the text that was chosen; it is shown where a problem has it."""
        self._choice = choice
        self._columns: dict[str, Column] = {}
        self.column: Column | None = None

    def compose(self) -> ComposeResult:
        """The head, what there is to say of the text, its lines."""
        if self._choice:
            yield Select[str]([], prompt="no trace", compact=True, classes="head")
        yield Static(classes="verdict")
        yield OptionList(classes="lines", compact=True)

    def offer(self, columns: dict[str, Column], otherwise: int = 0) -> None:
        """Offers the texts of a problem, and shows the one that was chosen, else the `otherwise`-th."""
        names = list(columns)
        self._columns = columns
        shown = (
            self.wanted
            if self.wanted in columns
            else (names[min(otherwise, len(names) - 1)] if names else "")
        )
        head = self.query_one(Select)
        with self.prevent(Select.Changed):
            head.set_options((name, name) for name in names)
            if shown:
                head.value = shown
        self.show(columns.get(shown))

    def cycle(self, by: int = 1) -> None:
        """Shows the next of the texts."""
        names = list(self._columns)
        if names and self.column is not None:
            at = names.index(self.column.name) if self.column.name in names else 0
            self.query_one(Select).value = names[(at + by) % len(names)]

    def on_select_changed(self, event: Select.Changed) -> None:
        """Another text was chosen."""
        event.stop()
        if isinstance(event.value, str) and event.value in self._columns:
            self.wanted = event.value
            self.show(self._columns[event.value])

    def show(self, column: Column | None) -> None:
        """Shows a text; None for none."""
        self.column = column
        lines = self.query_one(OptionList)
        lines.clear_options()
        told = Text("there is none", style="dim")
        if column is not None:
            told = column.verdict
            lines.add_options([Option(line.text) for line in column.lines[:MOST]])
            if len(column.lines) > MOST:
                more = Text(f"{len(column.lines) - MOST:,} more lines", style="dim")
                lines.add_option(Option(more, disabled=True))
        if not self._choice and column is not None:
            told = Text.assemble((column.name, "bold"), ": ", told)
        self.query_one(".verdict", Static).update(told)

    def select(self, edge: Edge | None) -> None:
        """Puts the cursor on the first line that is about a step."""
        found = (at for at, line in enumerate(self._lines()) if edge is not None and line.edge == edge)
        if (at := next(found, None)) is not None:
            self.query_one(OptionList).highlighted = at

    def turn(self, by: int) -> bool:
        """Goes to the next wrong turn, or the one before (-1); False if there is none."""
        turns = [at for at, line in enumerate(self._lines()) if line.turn]
        lines = self.query_one(OptionList)
        here = lines.highlighted if lines.highlighted is not None else -1
        further = [at for at in turns if at > here] if by > 0 else [at for at in turns[::-1] if at < here]
        if further:
            lines.highlighted = further[0]
            self.post_message(self.Selected(self._lines()[further[0]].edge))
        return bool(further)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Tells of the line if a person went there."""
        event.stop()
        if event.option_list.has_focus and event.option_index < len(self._lines()):
            self.post_message(self.Selected(self._lines()[event.option_index].edge))

    def _lines(self) -> list[Line]:
        return self.column.lines[:MOST] if self.column is not None else []

"""What opens over the panes: the filters, a question, a text to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from journey.catalogue import Query
from traces.browser.queries import Choice, cleared

CLOSE = Binding("escape,q", "close", "Close", show=False)


class Reading(ModalScreen[None]):
    """A text to read."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE, Binding("question_mark", "close", show=False)]

    def __init__(self, title: str, text: RenderableType) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """The text, scrolled if it is long."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title, box.border_subtitle = self._title, "esc: close"
            yield Static(self._text)

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)


class Filters(ModalScreen[None]):
    """Every filter there is; each takes effect at once."""

    BINDINGS: ClassVar[list[BindingType]] = [
        CLOSE,
        Binding("f", "close", show=False),
        Binding("x", "clear", show=False),
    ]

    def __init__(
        self, query: Query, choices: Callable[[Query], list[Choice]], seek: Callable[[Query], None]
    ) -> None:
        super().__init__()
        self._query_now, self._choices, self._seek = query, choices, seek
        self._offered: list[Choice] = []

    def compose(self) -> ComposeResult:
        """The list of filters."""
        with Vertical(classes="dialog") as box:
            box.border_title, box.border_subtitle = "Filters", "enter: on or off   x: all off   esc: close"
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        """The first filter is selected."""
        self._offer()
        self.query_one(OptionList).action_first()

    def _offer(self) -> None:
        listed = self.query_one(OptionList)
        here = listed.highlighted
        listed.clear_options()
        self._offered = self._choices(self._query_now)
        section = ""
        for at, choice in enumerate(self._offered):
            if choice.section != section:
                section = choice.section
                listed.add_option(Option(Text(section, style="bold underline"), disabled=True))
            box = "[x]" if choice.on else "[ ]"
            count = "" if choice.count is None else f"  {choice.count:,}"
            words = Text(f"  {box} {choice.words}", style="bold" if choice.on else "")
            listed.add_option(Option(words.append(count, style="dim"), id=str(at)))
        listed.highlighted = here

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Puts a filter on or takes it off."""
        if event.option_id is not None:
            self._apply(self._offered[int(event.option_id)].query)

    def action_clear(self) -> None:
        """Takes all filters off."""
        self._apply(cleared(self._query_now))

    def _apply(self, query: Query) -> None:
        self._query_now = query
        self._seek(query)
        self._offer()

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)


class AskForRun(ModalScreen[Path | None]):
    """Which run to compare with: one of those beside it, or a path that is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, near: Sequence[Path]) -> None:
        super().__init__()
        self._near = near

    def compose(self) -> ComposeResult:
        """A field over a list."""
        with Vertical(classes="dialog") as box:
            box.border_title, box.border_subtitle = "Compare with another run", "enter: compare   esc: close"
            yield Input(placeholder="the path of a run folder; empty for none", compact=True)
            yield Label("beside this run:" if self._near else "no run with results lies beside this one")
            yield OptionList(*(Text(str(path)) for path in self._near), compact=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """One of those in the list."""
        self.dismiss(self._near[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A path that was typed."""
        self.dismiss(Path(event.value) if event.value.strip() else None)

    def action_close(self) -> None:
        """Nothing changes."""
        self.app.pop_screen()

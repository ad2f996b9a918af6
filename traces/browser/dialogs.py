"""The dialogs: filters, the choice of a run, a text to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from journey.runs.problem_list import Query
from traces.browser.queries import Choice, cleared

if TYPE_CHECKING:
    from PIL.Image import Image

CLOSE = Binding("escape,q", "close", "Close", show=False)


class Reading(ModalScreen[None]):
    """A scrollable text."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE, Binding("question_mark", "close", show=False)]

    def __init__(self, title: str, text: RenderableType) -> None:
        super().__init__()
        self._title, self._text = title, text

    def compose(self) -> ComposeResult:
        """The text in a scrollable box."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title, box.border_subtitle = self._title, "esc: close"
            yield Static(self._text)

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)


class Drawn(ModalScreen[None]):
    """A picture, in pixels if the terminal has sixel or kitty graphics, else in half blocks."""

    BINDINGS: ClassVar[list[BindingType]] = [CLOSE, Binding("v", "close", show=False)]

    def __init__(self, picture: Image) -> None:
        super().__init__()
        self._picture = picture

    def compose(self) -> ComposeResult:
        """The picture in a box."""
        from textual_image.widget import Image as Picture

        with Vertical(classes="dialog") as box:
            box.border_title, box.border_subtitle = "The problem as a picture", "esc: close"
            yield Picture(self._picture.convert("RGB"), id="drawn")

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)


class Filters(ModalScreen[None]):
    """The list of filters; each takes effect immediately."""

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
        self._listed: list[Choice] = []

    def compose(self) -> ComposeResult:
        """The list of filters."""
        with Vertical(classes="dialog") as box:
            box.border_title, box.border_subtitle = "Filters", "enter: on or off   x: all off   esc: close"
            yield OptionList(compact=True)

    def on_mount(self) -> None:
        """Selects the first filter."""
        self._list_choices()
        self.query_one(OptionList).action_first()

    def _list_choices(self) -> None:
        option_list = self.query_one(OptionList)
        highlighted = option_list.highlighted
        option_list.clear_options()
        self._listed = self._choices(self._query_now)
        section = ""
        for index, choice in enumerate(self._listed):
            if choice.section != section:
                section = choice.section
                option_list.add_option(Option(Text(section, style="bold underline"), disabled=True))
            box = "[x]" if choice.on else "[ ]"
            count = "" if choice.count is None else f"  {choice.count:,}"
            words = Text(f"  {box} {choice.words}", style="bold" if choice.on else "")
            option_list.add_option(Option(words.append(count, style="dim"), id=str(index)))
        option_list.highlighted = highlighted

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Turns a filter on or off."""
        if event.option_id is not None:
            self._apply(self._listed[int(event.option_id)].query)

    def action_clear(self) -> None:
        """Turns all filters off."""
        self._apply(cleared(self._query_now))

    def _apply(self, query: Query) -> None:
        self._query_now = query
        self._seek(query)
        self._list_choices()

    def action_close(self) -> None:
        """Back to the panes."""
        self.dismiss(None)


class AskForRun(ModalScreen[Path | None]):
    """Asks which run to compare with: one from the list, or a typed path."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    def __init__(self, runs: Sequence[Path]) -> None:
        super().__init__()
        self._runs = runs

    def compose(self) -> ComposeResult:
        """A field over a list."""
        with Vertical(classes="dialog") as box:
            box.border_title, box.border_subtitle = "Compare with another run", "enter: compare   esc: close"
            yield Input(placeholder="the path of a run folder; empty for none", compact=True)
            yield Label("runs in the same folder:" if self._runs else "no other run in the same folder")
            yield OptionList(*(Text(str(path)) for path in self._runs), compact=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Chooses a run from the list."""
        self.dismiss(self._runs[event.option_index])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Chooses the typed path."""
        self.dismiss(Path(event.value) if event.value.strip() else None)

    def action_close(self) -> None:
        """Closes the dialog without a choice."""
        self.app.pop_screen()

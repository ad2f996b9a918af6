"""A list of any length with a cursor: only the lines on the screen are ever made."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

KEPT = 200
"""Lines kept as they were painted."""


class Listing(ScrollView, can_focus=True):
    """Lines made by a function of their number."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "go(0)", "First", show=False),
        Binding("end", "go(-1)", "Last", show=False),
        Binding("enter", "choose", "Open", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"listing--cursor"}

    cursor = reactive(0)
    """The number of the selected line."""

    class Moved(Message):
        """The cursor is on another line, or on what is another line now."""

    class Chosen(Message):
        """Enter was pressed, or a line was clicked twice."""

    def __init__(self, line: Callable[[int, int], Text | None], id: str | None = None) -> None:
        """`line` gives the text of a line for a width, or None where there is none any more."""
        super().__init__(id=id)
        self._line = line
        self.count = 0
        self._painted: dict[tuple[int, bool], Strip] = {}
        """Lines as they were painted last: by number, and whether the cursor was there."""

    def show(self, count: int, cursor: int = 0) -> None:
        """Shows so many lines, made anew."""
        self.count = count
        self._painted.clear()
        self.virtual_size = Size(self.size.width, count)
        self.set_reactive(Listing.cursor, max(0, min(cursor, count - 1)))
        self._in_view()
        self.refresh()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """The cursor stays in view."""
        self._painted.clear()
        self.virtual_size = Size(self.size.width, self.count)
        self._in_view()

    def notify_style_update(self) -> None:
        """What was painted is of another theme, or of another focus."""
        self._painted.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """The line at a row of the screen."""
        at = y + self.scroll_offset.y
        place = at, at == self.cursor
        if place not in self._painted:
            width = self.scrollable_content_region.width
            text = self._line(at, width) if at < self.count else None
            strip = Strip(text.render(self.app.console)) if text is not None else Strip([])
            style = self.get_component_rich_style("listing--cursor") if place[1] else self.rich_style
            if len(self._painted) >= KEPT:
                self._painted.clear()
            self._painted[place] = strip.adjust_cell_length(width, style).apply_style(style)
        return self._painted[place]

    def validate_cursor(self, cursor: int) -> int:
        """Within the list."""
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, before: int, cursor: int) -> None:
        """Keeps it in view, and tells."""
        self._in_view()
        self.refresh_line(before)
        self.refresh_line(cursor)
        if before != cursor:
            self.post_message(self.Moved())

    def _in_view(self) -> None:
        if self.count and self.size.height:
            self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def action_move(self, by: int) -> None:
        """A line up or down."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """A screen up or down."""
        self.cursor += by * max(1, self.scrollable_content_region.height - 1)

    def action_go(self, at: int) -> None:
        """To the first line, or the last (-1)."""
        self.cursor = at if at >= 0 else self.count - 1

    def action_choose(self) -> None:
        """Opens the line."""
        self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Selects the line; a second click opens it."""
        at = event.y + self.scroll_offset.y
        if at < self.count:
            self.cursor = at
            if event.chain > 1:
                self.post_message(self.Chosen())

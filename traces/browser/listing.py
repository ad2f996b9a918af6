"""A list of any length with a cursor; only visible lines are rendered."""

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

MAX_CACHED = 200
"""Maximum number of rendered lines in the cache."""


class Listing(ScrollView, can_focus=True):
    """A list whose lines a function makes from their index."""

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
    """The index of the selected line."""

    class Moved(Message):
        """Posted when the cursor moves or its line changes."""

    class Chosen(Message):
        """Posted when Enter is pressed or a line is double-clicked."""

    def __init__(self, line: Callable[[int, int], Text | None], id: str | None = None) -> None:
        """`line` maps an index and a width to the text of a line, or None if it no longer exists."""
        super().__init__(id=id)
        self._line = line
        self.count = 0
        self._cached_strips: dict[tuple[int, bool], Strip] = {}
        """Rendered lines by index and whether the cursor is on them."""

    def show(self, count: int, cursor: int = 0) -> None:
        """Shows `count` lines and renders them again."""
        self.count = count
        self._cached_strips.clear()
        self.virtual_size = Size(self.size.width, count)
        self.set_reactive(Listing.cursor, max(0, min(cursor, count - 1)))
        self._scroll_to_cursor()
        self.refresh()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """Keeps the cursor visible."""
        self._cached_strips.clear()
        self.virtual_size = Size(self.size.width, self.count)
        self._scroll_to_cursor()

    def notify_style_update(self) -> None:
        """Clears the cache, because theme or focus changed."""
        self._cached_strips.clear()
        super().notify_style_update()

    def render_line(self, y: int) -> Strip:
        """Renders the line at a row of the screen."""
        index = y + self.scroll_offset.y
        key = index, index == self.cursor
        if key not in self._cached_strips:
            width = self.scrollable_content_region.width
            text = self._line(index, width) if index < self.count else None
            strip = Strip(text.render(self.app.console)) if text is not None else Strip([])
            style = self.get_component_rich_style("listing--cursor") if key[1] else self.rich_style
            if len(self._cached_strips) >= MAX_CACHED:
                self._cached_strips.clear()
            self._cached_strips[key] = strip.adjust_cell_length(width, style).apply_style(style)
        return self._cached_strips[key]

    def validate_cursor(self, cursor: int) -> int:
        """Limits the cursor to the list."""
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, old: int, cursor: int) -> None:
        """Keeps the cursor visible and posts `Moved`."""
        self._scroll_to_cursor()
        self.refresh_line(old)
        self.refresh_line(cursor)
        if old != cursor:
            self.post_message(self.Moved())

    def _scroll_to_cursor(self) -> None:
        if self.count and self.size.height:
            self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def action_move(self, by: int) -> None:
        """Moves by lines."""
        self.cursor += by

    def action_page(self, by: int) -> None:
        """Moves by screens."""
        self.cursor += by * max(1, self.scrollable_content_region.height - 1)

    def action_go(self, index: int) -> None:
        """Moves to the first line, or to the last (-1)."""
        self.cursor = index if index >= 0 else self.count - 1

    def action_choose(self) -> None:
        """Opens the line."""
        self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Selects the line; a second click opens it."""
        index = event.y + self.scroll_offset.y
        if index < self.count:
            self.cursor = index
            if event.chain > 1:
                self.post_message(self.Chosen())

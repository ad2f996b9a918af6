"""The pane of problems: incremental search, filters, sorting and counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from journey.runs.index import Index, ProblemRow
from journey.runs.problem_list import Query
from traces.browser.listing import Listing
from traces.browser.queries import ASKED_FIRST, describe
from traces.browser.rows import common_beginnings, heading, legend, plain, problem_line

PAGE = 60
"""Problems per page."""
MAX_PAGES = 100
"""Maximum number of pages in memory."""


class Problems(Vertical):
    """A search field above the list of problems. `index` returns the application's current index."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to_list", show=False),
    ]

    class Picked(Message):
        """Posted when another problem is selected."""

        def __init__(self, id: str | None) -> None:
            super().__init__()
            self.id = id

    class Entered(Message):
        """Posted when Enter is pressed on a problem."""

    def __init__(self, index: Callable[[], Index]) -> None:
        super().__init__(id="problems")
        self._index = index
        self.query_now = Query()
        self._pages: dict[int, list[ProblemRow]] = {}
        self._begin: dict[int, dict[str, int]] = {}
        self._version: tuple[int, int] | None = None
        self._families = self._total = 0
        self._filters: str | None = None
        self._models: list[str] = []
        self._picked: str | None = None

    def compose(self) -> ComposeResult:
        """The search field, the filters, the names of the models, the heading and the list."""
        yield Input(placeholder="search by words or id", compact=True, id="search")
        yield Static(id="filters")
        yield Static(id="legend")
        yield Static(id="heading")
        yield Listing(self._line, id="list")

    def on_mount(self) -> None:
        """Shows the list."""
        self.renew()

    def open_where_asked(self) -> None:
        """Sorts the problems with outputs of models to the top, unless the user has searched or moved."""
        untouched = self.query_now == Query() and not self.query_one(Listing).cursor
        if untouched and self._index().models():
            self.seek(ASKED_FIRST)

    def seek(self, query: Query) -> None:
        """Shows the problems of another query, from the first one."""
        self.query_now = query
        self.renew(keep=False)

    def renew(self, keep: bool = True) -> None:
        """Reads the list again; with `keep` the cursor stays where it is."""
        index, listing = self._index(), self.query_one(Listing)
        if index.version() != self._version:
            self._version, self._total = index.version(), index.count()
            self._models, self._families = index.models(), len(index.counts("family"))
            names = self.query_one("#legend", Static)
            names.update(legend(self._models))
            names.display = bool(self._models)
        if any(model not in self._models for model, _ in self.query_now.greedy):
            self.query_now = replace(self.query_now, greedy=())
        count = index.count(self.query_now)
        self._pages.clear()
        count_text = f"{count:,} of {self._total:,}" if count != self._total else f"{count:,}"
        self.border_title = f"Problems: {count_text}"
        if (filters := describe(self.query_now)) != self._filters:
            self._filters = filters
            shown = self.query_one("#filters", Static)
            shown.update(Text().append(filters, style="italic"))
            shown.display = bool(filters)
        self._show_heading()
        listing.show(count, listing.cursor if keep else 0)

    def _show_heading(self) -> None:
        first, common = self.row(0), ""
        if first is not None and self._families == 1:
            common = plain(first)[: self._begin[0].get(first.facts.family, 0)]
        self.query_one("#heading", Static).update(heading(self._models, self._families, common))

    def row(self, index: int) -> ProblemRow | None:
        """The problem at an index of the list; None if it no longer exists."""
        page, offset = divmod(index, PAGE)
        if page not in self._pages:
            while len(self._pages) >= MAX_PAGES:
                del self._pages[next(iter(self._pages))]
            self._pages[page] = self._index().problems(self.query_now, PAGE, page * PAGE)
            self._begin[page] = common_beginnings(self._pages[page])
        rows = self._pages[page]
        return rows[offset] if offset < len(rows) else None

    def _line(self, index: int, width: int) -> Text | None:
        row = self.row(index)
        if row is None:
            return None
        begin = self._begin[index // PAGE].get(row.facts.family, 0)
        return problem_line(row, self._models, self._families, self.query_now.text, width, begin)

    def on_listing_moved(self) -> None:
        """Posts `Picked` if another problem is selected."""
        listing = self.query_one(Listing)
        row = self.row(listing.cursor) if listing.count else None
        listing.border_subtitle = f"{listing.cursor + 1:,}" if row else ""
        picked = row.facts.id if row else None
        if picked != self._picked:
            self._picked = picked
            self.post_message(self.Picked(picked))

    def on_listing_chosen(self) -> None:
        """Posts `Entered`."""
        self.post_message(self.Entered())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Searches while the user types."""
        self.seek(replace(self.query_now, text=event.value))

    def on_input_submitted(self) -> None:
        """Goes to the list on Enter."""
        self.action_to_list()

    def action_to_list(self) -> None:
        """Moves the focus to the list."""
        self.query_one(Listing).focus()

    def action_search(self) -> None:
        """Moves the focus to the search field."""
        self.query_one(Input).focus()

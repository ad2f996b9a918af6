"""The pane of problems: searched as one types, filtered, sorted, counted."""

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

from journey.catalogue import Query
from journey.index import Index, ProblemRow
from traces.browser.listing import Listing
from traces.browser.queries import told
from traces.browser.rows import common_beginnings, heading, problem_line

PAGE = 60
"""Problems read at a time."""
KEPT = 100
"""Pages kept in memory."""


class Problems(Vertical):
    """A search field over the list of problems. The index is the application's."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "to_list", show=False),
    ]

    class Picked(Message):
        """Another problem is selected."""

        def __init__(self, id: str | None) -> None:
            super().__init__()
            self.id = id

    class Entered(Message):
        """A problem is to be looked at."""

    def __init__(self, index: Callable[[], Index]) -> None:
        super().__init__(id="problems")
        self._index = index
        self.query_now = Query()
        self._pages: dict[int, list[ProblemRow]] = {}
        self._begin: dict[int, dict[str, int]] = {}
        self._version: tuple[int, int] | None = None
        self._families = self._whole = 0
        self._filters: str | None = None
        self._models: list[str] = []
        self._picked: str | None = None

    def compose(self) -> ComposeResult:
        """The field, the filters in words, the heading, the list."""
        yield Input(placeholder="search the words or the id", compact=True, id="search")
        yield Static(id="filters")
        yield Static(id="heading")
        yield Listing(self._line, id="list")

    def on_mount(self) -> None:
        """Shows what is there."""
        self.renew()

    def seek(self, query: Query) -> None:
        """Shows what another query is about, from its first problem on."""
        self.query_now = query
        self.renew(keep=False)

    def renew(self, keep: bool = True) -> None:
        """Shows the list anew; with `keep` the cursor stays where it is."""
        index, listing = self._index(), self.query_one(Listing)
        if index.version() != self._version:
            self._version, self._whole = index.version(), index.count()
            self._models, self._families = index.models(), len(index.counts("family"))
            self.query_one("#heading", Static).update(heading(self._models, self._families))
        if any(model not in self._models for model, _ in self.query_now.greedy):
            self.query_now = replace(self.query_now, greedy=())
        count = index.count(self.query_now)
        self._pages.clear()
        few = f"{count:,} of {self._whole:,}" if count != self._whole else f"{count:,}"
        self.border_title = f"Problems: {few}"
        if (filters := told(self.query_now)) != self._filters:
            self._filters = filters
            shown = self.query_one("#filters", Static)
            shown.update(Text().append(filters, style="italic"))
            shown.display = bool(filters)
        listing.show(count, listing.cursor if keep else 0)

    def row(self, at: int) -> ProblemRow | None:
        """The problem at a place of the list; None if it went away meanwhile."""
        page, place = divmod(at, PAGE)
        if page not in self._pages:
            while len(self._pages) >= KEPT:
                del self._pages[next(iter(self._pages))]
            self._pages[page] = self._index().problems(self.query_now, PAGE, page * PAGE)
            self._begin[page] = common_beginnings(self._pages[page])
        rows = self._pages[page]
        return rows[place] if place < len(rows) else None

    def _line(self, at: int, width: int) -> Text | None:
        row = self.row(at)
        if row is None:
            return None
        begin = self._begin[at // PAGE].get(row.facts.family, 0)
        return problem_line(row, self._models, self._families, self.query_now.text, width, begin)

    def on_listing_moved(self) -> None:
        """Tells which problem is selected, if it is another."""
        listing = self.query_one(Listing)
        row = self.row(listing.cursor) if listing.count else None
        listing.border_subtitle = f"{listing.cursor + 1:,}" if row else ""
        picked = row.facts.id if row else None
        if picked != self._picked:
            self._picked = picked
            self.post_message(self.Picked(picked))

    def on_listing_chosen(self) -> None:
        """Enter on a problem."""
        self.post_message(self.Entered())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Searches at each key."""
        self.seek(replace(self.query_now, text=event.value))

    def on_input_submitted(self) -> None:
        """Enter in the field goes to the list."""
        self.action_to_list()

    def action_to_list(self) -> None:
        """From the field to the list."""
        self.query_one(Listing).focus()

    def action_search(self) -> None:
        """To the field."""
        self.query_one(Input).focus()

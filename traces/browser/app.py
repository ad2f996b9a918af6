"""The terminal browser: one screen with panes, its keys, and the worker that follows the run's files.

There are two indexes of the run. One belongs to the keys and holds its lists still; the other is brought up
to date beside them, in a worker, and the two change places when there is something new. What is selected is
checked in a worker too, so that no key waits for sympy.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import App, ComposeResult, SystemCommand
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.events import Resize
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, OptionList, Static
from textual.worker import get_current_worker

from journey.catalogue import Query
from journey.errors import JourneyError
from journey.index import Index
from journey.store import Run
from traces.browser import actions, queries
from traces.browser.column import TextColumn
from traces.browser.dialogs import AskForRun, Filters
from traces.browser.figures import siblings
from traces.browser.graph import Graph
from traces.browser.keys import BINDINGS, FIRST_FOCUS, VIEWS, in_force, shown_panes
from traces.browser.models import Models
from traces.browser.numbers import Numbers, Tell
from traces.browser.opened import Opened, opened
from traces.browser.problems import Problems
from traces.browser.read import Records, read_records
from traces.browser.trace import Trace

WIDE, TALL = 120, 40
"""Columns and rows from which on several panes stand side by side."""
FOLLOWING = 2.0
"""Seconds between two looks at the run's files."""
RESTING = 0.06
"""Seconds that a problem must stay selected before it is opened."""


class Stopped(Exception):
    """The worker is not wanted any more."""


class Browser(App[None]):
    """Journey's browser."""

    CSS_PATH = "browser.tcss"
    TITLE = "journey"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - the base does not let it be a ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = BINDINGS

    view = reactive("problems")
    """Which pane is looked at."""

    class Followed(Message):
        """The files were looked at."""

        def __init__(self, spare: Index | None, fault: str | None = None) -> None:
            super().__init__()
            self.spare, self.fault = spare, fault

    class Reading(Message):
        """The files are being indexed."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    class Ready(Message):
        """A stage of the selected problem."""

        def __init__(self, opened: Opened) -> None:
            super().__init__()
            self.opened = opened

    def __init__(self, index: Index, tell: Tell) -> None:
        """`index` is the application's from now on; `tell` says what results.json holds."""
        super().__init__()
        self.index = index
        self._spare: Index | None = None
        self.bar, self.head = Static(id="bar"), Static("no problem is selected", id="head")
        self.problems, self.graph, self.trace, self.models = (
            Problems(lambda: self.index),
            Graph(),
            Trace(),
            Models(),
        )
        self.numbers = Numbers(index.run, tell)
        self.records: Records | None = None
        self.opened: Opened | None = None
        self._wanted: str | None = None
        self._rest: Timer | None = None
        self._following = False
        self._status = ""

    def compose(self) -> ComposeResult:
        """The bar, the problems, and the other panes beside them."""
        yield self.bar
        with Horizontal(id="body"):
            yield self.problems
            with Vertical(id="beside"):
                yield self.head
                yield from (self.graph, self.trace, self.models, self.numbers)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """The list is there at once; the files are looked at from now on."""
        self.index.held = True
        self.watch_view()
        self.set_interval(FOLLOWING, self.follow)
        self.follow()

    def on_unmount(self) -> None:
        """Closes the index of the keys; the worker closes its own."""
        for index in (self.index, self._spare):
            if index is not None:
                index.close()

    @property
    def base(self) -> Screen[object]:
        """The screen of the panes, whatever lies over it."""
        return self.screen_stack[0]

    @property
    def leaving(self) -> bool:
        """The panes are gone, or going; messages of workers come too late."""
        return not self.problems.is_running

    # What is looked at

    def watch_view(self) -> None:
        """Shows the pane, with its first widget in focus."""
        self._arrange()
        if self.view == "numbers":
            self.numbers.renew()
        self.base.query_one(FIRST_FOCUS[self.view]).focus()
        self._tell_bar()
        self.refresh_bindings()

    def on_resize(self, event: Resize) -> None:
        """As many panes as there is room for."""
        self._arrange(event.size)

    def _arrange(self, size: Size | None = None) -> None:
        """Shows the panes of the view; a style sheet would work out all styles anew at each such key."""
        size = size or self.size
        shown = shown_panes(self.view, size.width >= WIDE, size.height >= TALL)
        panes = (self.problems, self.graph, self.trace, self.models, self.numbers)
        for view, pane in zip(VIEWS, panes, strict=True):
            pane.display = view in shown
        self.base.query_one("#beside").display = shown != {"problems"}
        self.head.display = self.view != "numbers"

    def action_view(self, view: str) -> None:
        """Looks at another pane."""
        self.view = view

    def action_home(self) -> None:
        """To the list of problems."""
        self.view = "problems"
        self.problems.action_to_list()

    def action_search(self) -> None:
        """To the search field."""
        self.view = "problems"
        self.problems.action_search()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that are of no use in a pane are not in force there."""
        return in_force(action, self.view, self.base.has_class("-wide"))

    def _tell_bar(self) -> None:
        bar = "".join(
            f"[{'reverse bold' if view == self.view else 'not bold'} @click=app.view('{view}')]"
            f" {at} {view.title()} [/] "
            for at, view in enumerate(VIEWS, 1)
        )
        status = self._status or self.index.run.resolve().name
        self.bar.update(Content.from_markup(bar + "[dim]$status[/]", status=status))

    # The run's files

    def follow(self) -> None:
        """Looks at the files beside the keys, unless that is being done."""
        if not self._following:
            self._following = True
            self._follow(self._spare, self.problems.query_now)
            self._spare = None

    @work(thread=True, group="follow", exit_on_error=False)
    def _follow(self, spare: Index | None, query: Query) -> None:
        worker = get_current_worker()

        def hear(rows: int) -> None:
            if worker.is_cancelled:
                raise Stopped
            self.post_message(self.Reading(rows))

        try:
            spare = spare or Index(self.index.run)
            spare.held = False
            spare.refresh(hear)
            spare.count(query if {model for model, _ in query.greedy} <= {*spare.models()} else None)
            spare.held = True
            self.post_message(self.Followed(spare))
        except Stopped:
            if spare is not None:
                spare.close()
        except JourneyError as fault:
            self.post_message(self.Followed(None, str(fault)))

    def on_browser_reading(self, message: Reading) -> None:
        """Says how far the indexing has come, and shows what is there where nothing was."""
        if self.leaving:
            return
        self._status = f"indexing: {message.rows:,} rows"
        if not self.index.count():
            self.index.held = False
            self.problems.renew()
            self.index.held = True
        self._tell_bar()

    def on_browser_followed(self, message: Followed) -> None:
        """Takes the other index if its lists differ."""
        if self.leaving:
            if message.spare is not None:
                message.spare.close()
            return
        self._following, self._status = False, message.fault or ""
        spare = message.spare
        if spare is not None and spare.version() != self.index.version():
            self.index, spare = spare, self.index
            self.problems.renew()
        self._spare = spare
        broken = len(self.index.broken())
        if broken and not self._status:
            self._status = f"{self.index.run.name} · ! {broken:,} broken row{'s' if broken > 1 else ''} (b)"
        self._tell_bar()
        if self._wanted is not None and self.opened is not None and self.opened.whole:
            self._open(again=True)

    # The selected problem

    def on_problems_picked(self, message: Problems.Picked) -> None:
        """Opens the problem once the cursor rests on it."""
        self._wanted = message.id
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(RESTING, self._open)

    def on_problems_entered(self) -> None:
        """Looks at the selected problem's graph."""
        self.view = "graph"

    def _open(self, again: bool = False) -> None:
        if self._wanted is None:
            self.records = None
            self._show(None)
            return
        records = read_records(self.index, self._wanted)
        if records != self.records or not again:
            self.records = records
            self._check(records)

    @work(thread=True, exclusive=True, group="open")
    def _check(self, records: Records) -> None:
        # sympy's printer is loaded here, so that the first step is drawn at once.
        import traces.browser.detail  # noqa: F401

        worker = get_current_worker()
        for stage in opened(records):
            if worker.is_cancelled:
                return
            self.post_message(self.Ready(stage))

    def on_browser_ready(self, message: Ready) -> None:
        """Shows a stage of the selected problem."""
        if message.opened.id == self._wanted and not self.leaving:
            self._show(message.opened)

    def _show(self, found: Opened | None) -> None:
        before, self.opened = self.opened, found
        self.head.update(found.head if found is not None else "no problem is selected")
        if found is None or before is None or before.root is not found.root:
            self.graph.show(found)
        if found is None or before is None or before.columns != found.columns:
            self.trace.show(found)
        if found is None or found.whole or (before is not None and before.outputs):
            self.models.show(found)

    def on_graph_selected(self, message: Graph.Selected) -> None:
        """The lines about the step are selected."""
        for column in self.base.query(TextColumn):
            column.select(message.edge)

    def on_text_column_selected(self, message: TextColumn.Selected) -> None:
        """The step that the line is about is selected."""
        self.graph.select(message.edge)

    def active(self) -> TextColumn:
        """The column that keys are about: the one in focus, else the journey's or the output's."""
        focused = next((column for column in self.base.query(TextColumn) if column.has_focus_within), None)
        return focused or self.base.query_one("#output" if self.view == "models" else "#right", TextColumn)

    def action_turn(self, by: int) -> None:
        """To the next wrong turn, or the one before."""
        column = self.active()
        if not column.turn(by):
            self.notify("no further wrong turn" if by > 0 else "no wrong turn before", timeout=2)
        elif self.view in ("trace", "models"):
            column.query_one(OptionList).focus()

    def action_cycle(self, side: str) -> None:
        """Another text in the left or the right column."""
        self.base.query_one(f"#{side}", TextColumn).cycle()

    # Filters and orders

    def action_filter(self) -> None:
        """Opens the filters."""
        pane = self.problems
        self.push_screen(Filters(pane.query_now, lambda q: queries.choices(self.index, q), pane.seek))

    def action_sort(self) -> None:
        """The next order."""
        pane = self.problems
        pane.seek(queries.next_sort(pane.query_now))

    def action_reverse(self) -> None:
        """The same order from its other end."""
        pane = self.problems
        pane.seek(queries.reversed_order(pane.query_now))

    # All else: see `traces.browser.actions`

    def action_copy(self) -> None:
        """Copies the text of the active column."""
        actions.copy(self, self.active().column)

    def action_export(self) -> None:
        """Writes the active column as JSON."""
        actions.export(self, self.active().column, self._wanted)

    def action_report(self) -> None:
        """Opens report.html."""
        actions.open_report(self, self.index.run)

    def action_picture(self) -> None:
        """Writes the screen as SVG."""
        actions.picture(self)

    def action_broken(self) -> None:
        """Lists the broken rows."""
        actions.list_broken(self, self.index)

    def action_help(self) -> None:
        """Explains keys and signs."""
        actions.explain(self)

    def action_dark(self) -> None:
        """From dark to light, or back."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"

    def action_compare(self) -> None:
        """Asks for another run."""
        self.push_screen(AskForRun(siblings(self.index.run)), self.numbers.beside)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: Textual's own commands, then every key of ours by its name."""
        yield from super().get_system_commands(screen)
        yield from actions.commands(self)


def browse(run: Path, tell: Tell) -> None:
    """Opens the browser on a run folder until it is left.

    Raises:
        InputError: it is no run folder.
    """
    app = Browser(Index(Run.existing(run).path), tell)
    # To look through all that was imported for garbage costs a key 0.15 s again and again: what is there
    # stays, and what comes is looked through in small parts.
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
    app.run()

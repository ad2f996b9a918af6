"""The terminal browser: one screen with panes, its keys, and the worker that follows the run's files.

There are two indexes of the run. The user interface reads one, which stays fixed. A worker updates the other,
and the two are swapped when there is something new. Another worker checks the selected problem, so that no
key waits for sympy.
"""

from __future__ import annotations

from collections.abc import Iterable
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

from journey.errors import JourneyError
from journey.runs.index import Index
from journey.runs.problem_list import Query
from traces.browser import actions, queries
from traces.browser.column import TextColumn
from traces.browser.dialogs import AskForRun, Filters
from traces.browser.graph import Graph
from traces.browser.keys import BINDINGS, FIRST_FOCUS, VIEWS, is_enabled, shown_panes
from traces.browser.models import Models
from traces.browser.numbers import FormatRuns, Numbers, siblings
from traces.browser.problem_view import ProblemView, problem_views
from traces.browser.problems import Problems
from traces.browser.records import Records, read_records
from traces.browser.trace import Trace
from traces.masked_text import ReadMasks

WIDE, TALL = 120, 40
"""The terminal size, in columns and rows, from which several panes are shown."""
POLL_INTERVAL = 2.0
"""Seconds between two updates from the run's files."""
OPEN_DELAY = 0.06
"""Seconds a problem must stay selected before it is opened."""


class Stopped(Exception):
    """Raised in a worker that was cancelled."""


class Browser(App[None]):
    """Journey's browser."""

    CSS_PATH = "browser.tcss"
    TITLE = "journey"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - the base does not let it be a ClassVar
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = BINDINGS

    view = reactive("problems")
    """The name of the current view."""

    class Followed(Message):
        """Posted after an update from the run's files."""

        def __init__(self, spare: Index | None, fault: str | None = None) -> None:
            super().__init__()
            self.spare, self.fault = spare, fault

    class Reading(Message):
        """Posted while files are being indexed."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    class Ready(Message):
        """Posted for each stage of the selected problem."""

        def __init__(self, problem_view: ProblemView) -> None:
            super().__init__()
            self.problem_view = problem_view

    def __init__(self, index: Index, format_runs: FormatRuns, read_masks: ReadMasks) -> None:
        """Takes over `index` and closes it; the functions render the results and read the loss masks."""
        super().__init__()
        self.index = index
        self._spare: Index | None = None
        self.bar, self.head = Static(id="bar"), Static("no problem is selected", id="head")
        self.problems, self.graph, self.trace, self.models = (
            Problems(lambda: self.index),
            Graph(),
            Trace(read_masks),
            Models(),
        )
        self.numbers = Numbers(index.run, format_runs)
        self.records: Records | None = None
        self.problem_view: ProblemView | None = None
        self._selected_id: str | None = None
        self._open_timer: Timer | None = None
        self._following = False
        self._opened = False
        """Whether the files have been read once."""
        self._status = ""

    def compose(self) -> ComposeResult:
        """The bar, the list of problems and the other panes."""
        yield self.bar
        with Horizontal(id="body"):
            yield self.problems
            with Vertical(id="panes"):
                yield self.head
                yield from (self.graph, self.trace, self.models, self.numbers)
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Shows the list and starts to follow the run's files."""
        self.index.frozen = True
        self.problems.open_where_asked()
        self.watch_view()
        self.set_interval(POLL_INTERVAL, self.follow)
        self.follow()

    def on_unmount(self) -> None:
        """Closes the indexes that no worker holds."""
        for index in (self.index, self._spare):
            if index is not None:
                index.close()

    @property
    def base(self) -> Screen[object]:
        """The screen of the panes, below any dialog."""
        return self.screen_stack[0]

    @property
    def leaving(self) -> bool:
        """Whether the application is closing, so that messages of workers must be ignored."""
        return not self.problems.is_running

    # Views

    def watch_view(self) -> None:
        """Shows the view and focuses its first widget."""
        self._arrange()
        if self.view == "numbers":
            self.numbers.renew()
        self.base.query_one(FIRST_FOCUS[self.view]).focus()
        self._update_bar()
        self.refresh_bindings()

    def on_resize(self, event: Resize) -> None:
        """Shows as many panes as fit."""
        self._arrange(event.size)

    def _arrange(self, size: Size | None = None) -> None:
        """Shows the panes of the view. CSS classes would recompute all styles at each such key."""
        size = size or self.size
        shown = shown_panes(self.view, size.width >= WIDE, size.height >= TALL)
        panes = (self.problems, self.graph, self.trace, self.models, self.numbers)
        for view, pane in zip(VIEWS, panes, strict=True):
            pane.display = view in shown
        self.base.query_one("#panes").display = shown != {"problems"}
        self.head.display = self.view != "numbers"

    def action_view(self, view: str) -> None:
        """Switches to another view."""
        self.view = view

    def action_home(self) -> None:
        """Goes to the list of problems."""
        self.view = "problems"
        self.problems.action_to_list()

    def action_search(self) -> None:
        """Goes to the search field."""
        self.view = "problems"
        self.problems.action_search()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disables keys that have no effect in the current view."""
        return is_enabled(action, self.view, self.base.has_class("-wide"))

    def _update_bar(self) -> None:
        bar = "".join(
            f"[{'reverse bold' if view == self.view else 'not bold'} @click=app.view('{view}')]"
            f" {at} {view.title()} [/] "
            for at, view in enumerate(VIEWS, 1)
        )
        status = self._status or self.index.run.resolve().name
        self.bar.update(Content.from_markup(bar + "[dim]$status[/]", status=status))

    # The run's files

    def follow(self) -> None:
        """Updates the spare index in a worker, unless an update is running."""
        if not self._following:
            self._following = True
            self._follow(self._spare, self.problems.query_now)
            self._spare = None

    @work(thread=True, group="follow", exit_on_error=False)
    def _follow(self, spare: Index | None, query: Query) -> None:
        worker = get_current_worker()

        def on_progress(rows: int) -> None:
            if worker.is_cancelled:
                raise Stopped
            self.post_message(self.Reading(rows))

        try:
            spare = spare or Index(self.index.run)
            spare.frozen = False
            spare.refresh(on_progress)
            spare.count(query if {model for model, _ in query.greedy} <= {*spare.models()} else None)
            spare.frozen = True
            self.post_message(self.Followed(spare))
        except Stopped:
            if spare is not None:
                spare.close()
        except JourneyError as fault:
            self.post_message(self.Followed(None, str(fault)))

    def on_browser_reading(self, message: Reading) -> None:
        """Shows the progress of indexing, and the first problems if the list is empty."""
        if self.leaving:
            return
        self._status = f"indexing: {message.rows:,} rows"
        if not self.index.count():
            self.index.frozen = False
            self.problems.renew()
            self.index.frozen = True
        self._update_bar()

    def on_browser_followed(self, message: Followed) -> None:
        """Swaps the indexes if the updated one differs."""
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
        if not self._opened and message.fault is None:
            self._opened = True
            self.problems.open_where_asked()
            # Read before they are needed: the statistics take a while to import.
            self.numbers.renew()
        broken = len(self.index.broken())
        if broken and not self._status:
            self._status = f"{self.index.run.name} · ! {broken:,} broken row{'s' if broken > 1 else ''} (b)"
        self._update_bar()
        if self._selected_id is not None and self.problem_view is not None and self.problem_view.complete:
            self._open(again=True)

    # The selected problem

    def on_problems_picked(self, message: Problems.Picked) -> None:
        """Opens the problem when it stays selected for `OPEN_DELAY`."""
        self._selected_id = message.id
        if self._open_timer is not None:
            self._open_timer.stop()
        self._open_timer = self.set_timer(OPEN_DELAY, self._open)

    def on_problems_entered(self) -> None:
        """Shows the selected problem's graph."""
        self.view = "graph"

    def _open(self, again: bool = False) -> None:
        if self._selected_id is None:
            self.records = None
            self._show(None)
            return
        records = read_records(self.index, self._selected_id)
        if records != self.records or not again:
            self.records = records
            self._check(records)

    @work(thread=True, exclusive=True, group="open")
    def _check(self, records: Records) -> None:
        # Imports sympy's printer in the worker, so that the first step is drawn without delay.
        import traces.browser.detail  # noqa: F401

        worker = get_current_worker()
        for stage in problem_views(records):
            if worker.is_cancelled:
                return
            self.post_message(self.Ready(stage))

    def on_browser_ready(self, message: Ready) -> None:
        """Shows a stage of the selected problem."""
        if message.problem_view.id == self._selected_id and not self.leaving:
            self._show(message.problem_view)

    def _show(self, view: ProblemView | None) -> None:
        old, self.problem_view = self.problem_view, view
        self.head.update(view.head if view is not None else "no problem is selected")
        if view is None or old is None or old.root is not view.root:
            self.graph.show(view)
        if view is None or old is None or old.columns != view.columns:
            self.trace.show(view)
        if view is None or view.complete or (old is not None and old.outputs):
            self.models.show(view)

    def on_graph_selected(self, message: Graph.Selected) -> None:
        """Selects the lines about the step."""
        for column in self.base.query(TextColumn):
            column.select(message.edge)

    def on_text_column_selected(self, message: TextColumn.Selected) -> None:
        """Selects the step of the line."""
        self.graph.select(message.edge)

    def active(self) -> TextColumn:
        """The column that keys act on: the focused one, else that of the journey or the output."""
        focused = next((column for column in self.base.query(TextColumn) if column.has_focus_within), None)
        return focused or self.base.query_one("#output" if self.view == "models" else "#right", TextColumn)

    def action_turn(self, by: int) -> None:
        """Goes to the next or the previous wrong turn."""
        column = self.active()
        if not column.turn(by):
            self.notify("no further wrong turn" if by > 0 else "no wrong turn before", timeout=2)
        elif self.view in ("trace", "models"):
            column.query_one(OptionList).focus()

    def action_cycle(self, side: str) -> None:
        """Shows another text in the left or the right column."""
        self.base.query_one(f"#{side}", TextColumn).cycle()

    def action_tokens(self) -> None:
        """Shows which tokens the arms train on, or the traces again."""
        if not self.trace.display:
            self.view = "trace"
        self.trace.toggle_tokens()

    def action_filter(self) -> None:
        """Opens the filters."""
        pane = self.problems
        self.push_screen(Filters(pane.query_now, lambda q: queries.choices(self.index, q), pane.seek))

    def action_sort(self) -> None:
        """Sorts by the next criterion."""
        pane = self.problems
        pane.seek(queries.next_sort(pane.query_now))

    def action_reverse(self) -> None:
        """Reverses the order."""
        pane = self.problems
        pane.seek(queries.reversed_order(pane.query_now))

    # Other actions: see `traces.browser.actions`

    def action_copy(self) -> None:
        """Copies the text of the active column."""
        actions.copy(self, self.active().column)

    def action_export(self) -> None:
        """Writes the active column as JSON."""
        actions.export(self, self.active().column, self._selected_id)

    def action_report(self) -> None:
        """Opens report.html."""
        actions.open_report(self, self.index.run)

    def action_picture(self) -> None:
        """Shows the problem as a picture."""
        actions.show_picture(self, self.index.run, self.problem_view)

    def action_save_screen(self) -> None:
        """Writes the screen as SVG."""
        actions.screenshot(self)

    def action_broken(self) -> None:
        """Lists the broken rows."""
        actions.list_broken(self, self.index)

    def action_help(self) -> None:
        """Explains keys and signs."""
        actions.explain(self)

    def action_dark(self) -> None:
        """Toggles the dark theme."""
        self.theme = "textual-light" if self.current_theme.dark else "textual-dark"

    def action_compare(self) -> None:
        """Asks for another run to compare with."""
        self.push_screen(AskForRun(siblings(self.index.run)), self.numbers.compare_with)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The command palette: Textual's own commands, then all keys of the browser."""
        yield from super().get_system_commands(screen)
        yield from actions.commands(self)

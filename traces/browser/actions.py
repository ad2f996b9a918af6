"""Actions outside the panes: copy, export, report, help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text
from textual.app import App, SystemCommand
from textual.binding import Binding

from journey.errors import JourneyError
from journey.runs.index import Index
from journey.runs.store import Run, replace, write_json
from traces.browser.dialogs import Drawn, Reading
from traces.browser.keys import BINDINGS
from traces.browser.problem_view import Column, ProblemView
from traces.outline import LEGEND
from traces.pictures import SIDE, draw
from traces.pictures.shown import side_of
from traces.summary import two_columns

KEYS = {
    "Everywhere": (
        ("1 2 3 4 5", "problems, graph, trace, models, numbers"),
        ("tab, mouse", "to the next part of the screen"),
        ("esc", "back to the problems"),
        ("ctrl+p", "the command palette"),
        ("o", "open the report"),
        ("b", "list the broken rows"),
        ("d", "dark or light"),
        ("v", "the problem as a picture"),
        ("ctrl+s", "the screen as an SVG file"),
        ("q", "quit"),
    ),
    "Problems": (
        ("/", "search by words or id, as you type"),
        ("f", "filter: family, level, split, models right or wrong, mistakes, unknown"),
        ("s, S", "sort by the next criterion; reverse the order"),
        ("enter", "show the graph"),
    ),
    "Graph, trace and models": (
        ("arrows", "select a step or a line; its counterpart is selected too"),
        ("space", "fold or unfold a step of the graph"),
        ("n, p", "the next or previous wrong turn"),
        ("[, ]", "another trace or output in the left or right column"),
        ("t", "the texts that the arms train on, with the trained tokens in ⟦ ⟧; again: the traces"),
        ("y", "copy the trace or output"),
        ("e", "export it with its audit as JSON to the current folder"),
    ),
    "Numbers": (("c", "compare with another run"),),
}


COLUMNS = (
    ("a, b, ...", "a model's greedy output: ✓ right, ✗ wrong, - not asked; the models are named above"),
    ("L", "level"),
    ("✗", "refuted steps of the graph"),
    ("?", "undecided steps of the graph"),
)


LINE_SIGNS = (
    "· step",
    "✗ wrong step, or wrong answer",
    "∅ step of a wrong turn that is a dead end",
    "← noticed and left, with the proof",
    "✓ right answer",
    "? unproved or unreadable",
)


def explain(app: App[None]) -> None:
    """Shows the help: keys and signs."""
    parts: list[RenderableType] = []
    for section, keys in KEYS.items():
        parts += [Text(section, style="bold underline"), two_columns(keys), ""]
    parts += [Text("Columns of the problems", style="bold underline"), two_columns(COLUMNS), ""]
    parts += [Text("Signs of the graph", style="bold underline"), Text(LEGEND.replace("   ", "\n")), ""]
    parts += [Text("Signs of a trace", style="bold underline"), Text("\n".join(LINE_SIGNS))]
    app.push_screen(Reading("Help", Group(*parts)))


def copy(app: App[None], column: Column | None) -> None:
    """Copies a text through the terminal (OSC 52); works over ssh, and in tmux if it is allowed there."""
    if column is None:
        app.notify("there is no trace to copy", severity="warning")
        return
    app.copy_to_clipboard(column.text)
    app.notify(f"copied {column.name}: {column.text.count(chr(10)) + 1} lines")


def export(app: App[None], column: Column | None, id: str | None) -> None:
    """Exports a text with its problem and audit as JSON."""
    if column is None or not column.record:
        app.notify("there is no trace to export", severity="warning")
        return
    path = Path(f"{id}-{column.name.replace(' ', '-')}.json").resolve()
    _write_and_notify(app, path, lambda: write_json(path, column.record))


def screenshot(app: App[None]) -> None:
    """Saves the screen as SVG."""
    path = Path(f"journey-{getattr(app, 'view', 'browser')}.svg").resolve()
    svg = app.export_screenshot(title="journey browse")
    _write_and_notify(app, path, lambda: replace(path, svg))


def show_picture(app: App[None], run: Path, view: ProblemView | None) -> None:
    """Shows the problem as the run's models see it, or in the usual size if they are given text."""
    if view is None or view.graph is None:
        app.notify("no problem is selected", severity="warning")
        return
    try:
        picture = draw(view.graph.problem, side_of(Run(run)) or SIDE)
    except JourneyError as fault:
        app.notify(str(fault), severity="error")
    else:
        app.push_screen(Drawn(picture))


def _write_and_notify(app: App[None], path: Path, write: Callable[[], None]) -> None:
    try:
        write()
    except JourneyError as fault:
        app.notify(str(fault), severity="error")
    else:
        app.notify(f"wrote {path}")


def open_report(app: App[None], run: Path) -> None:
    """Opens report.html in a web browser, and shows its path for remote sessions."""
    path = (run / "report.html").resolve()
    if not path.exists():
        app.notify(f"{run} has no report yet: `journey report {run}` writes it", severity="warning")
        return
    app.open_url(path.as_uri())
    app.notify(f"the report is {path}")


def list_broken(app: App[None], index: Index) -> None:
    """Lists the lines of the run's files that cannot be read."""
    rows = [(f"{row.file}:{row.line}", row.fault) for row in index.broken()]
    none = Text("no broken rows in the indexed files")
    app.push_screen(Reading("Broken rows", two_columns(rows) if rows else none))


def commands(app: App[None]) -> Iterator[SystemCommand]:
    """Yields all keys as commands for the command palette."""
    for binding in BINDINGS:
        if isinstance(binding, Binding) and binding.action != "quit":
            help_text = f"key {binding.key_display or binding.key}"
            run = partial(app.run_action, binding.action)
            yield SystemCommand(f"Journey: {binding.description}", help_text, run)

"""The keys of the application, and where each is of use."""

from __future__ import annotations

from textual.binding import Binding, BindingType

VIEWS = ("problems", "graph", "trace", "models", "numbers")
FIRST_FOCUS = {
    "problems": "#list",
    "graph": "#tree",
    "trace": "#right .lines",
    "models": "#outputs",
    "numbers": "#numbers",
}
"""Where the keys go first in each view."""
IN_VIEWS = {
    "turn": ("graph", "trace", "models"),
    "cycle": ("graph", "trace"),
    "compare": ("numbers",),
    "filter": ("problems",),
    "sort": ("problems",),
    "reverse": ("problems",),
    "export": ("graph", "trace", "models"),
    "copy": ("graph", "trace", "models"),
    "report": ("problems", "numbers"),
}
"""Where a key is of use; elsewhere the footer does not show it."""
BINDINGS: list[BindingType] = [
    *(Binding(str(at), f"view('{view}')", view.title(), show=False) for at, view in enumerate(VIEWS, 1)),
    Binding("slash", "search", "Search", key_display="/"),
    Binding("f", "filter", "Filter"),
    Binding("s", "sort", "Sort"),
    Binding("S", "reverse", "Reverse the order", show=False),
    Binding("n", "turn(1)", "Wrong turns", key_display="n p"),
    Binding("p", "turn(-1)", "The wrong turn before", show=False),
    Binding("left_square_bracket", "cycle('left')", "Columns", key_display="[ ]"),
    Binding("right_square_bracket", "cycle('right')", "Another trace on the right", show=False),
    Binding("c", "compare", "Compare with another run"),
    Binding("y", "copy", "Copy"),
    Binding("e", "export", "Export"),
    Binding("o", "report", "Report"),
    Binding("b", "broken", "Broken rows", show=False),
    Binding("d", "dark", "Dark or light", show=False),
    Binding("ctrl+s", "picture", "Screenshot as SVG", show=False),
    Binding("escape", "home", "Problems", show=False),
    Binding("question_mark", "help", "Help", key_display="?"),
    Binding("q", "quit", "Quit"),
]


def in_force(action: str, view: str, wide: bool) -> bool:
    """Whether a key is of use in a view, or in a pane that stands beside it on a wide screen."""
    if action not in IN_VIEWS or view in IN_VIEWS[action]:
        return True
    beside = "graph" if view == "problems" else "problems"
    return wide and view != "numbers" and beside in IN_VIEWS[action]


def shown_panes(view: str, wide: bool, tall: bool) -> set[str]:
    """Narrow: one pane. Wide: the problems on the left. Wide and tall: the graph over the trace.

    >>> sorted(shown_panes("trace", True, True)), sorted(shown_panes("trace", False, True))
    (['graph', 'problems', 'trace'], ['trace'])
    """
    if not wide or view == "numbers":
        return {view}
    shown = {"problems", "graph" if view == "problems" else view}
    return shown | {"graph", "trace"} if tall and view != "models" else shown

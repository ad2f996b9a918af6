"""The keys of the browser and the views in which each has an effect."""

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
"""The widget that is focused first in each view."""
VIEWS_OF_ACTION = {
    "turn": ("graph", "trace", "models"),
    "cycle": ("graph", "trace"),
    "tokens": ("graph", "trace"),
    "compare": ("numbers",),
    "filter": ("problems",),
    "sort": ("problems",),
    "reverse": ("problems",),
    "export": ("graph", "trace", "models"),
    "copy": ("graph", "trace", "models"),
    "report": ("problems", "numbers"),
}
"""The views in which an action has an effect; the footer hides its key elsewhere."""
BINDINGS: list[BindingType] = [
    *(Binding(str(at), f"view('{view}')", view.title(), show=False) for at, view in enumerate(VIEWS, 1)),
    Binding("slash", "search", "Search", key_display="/"),
    Binding("f", "filter", "Filter"),
    Binding("s", "sort", "Sort"),
    Binding("S", "reverse", "Reverse the order", show=False),
    Binding("n", "turn(1)", "Turns", key_display="n p"),
    Binding("p", "turn(-1)", "The wrong turn before", show=False),
    Binding("left_square_bracket", "cycle('left')", "Texts", key_display="[ ]"),
    Binding("right_square_bracket", "cycle('right')", "Another trace on the right", show=False),
    Binding("t", "tokens", "Tokens"),
    Binding("c", "compare", "Compare with another run"),
    Binding("y", "copy", "Copy"),
    Binding("e", "export", "Export"),
    Binding("o", "report", "Report"),
    Binding("b", "broken", "Broken rows", show=False),
    Binding("d", "dark", "Dark or light", show=False),
    Binding("v", "picture", "The problem as a picture", show=False),
    Binding("ctrl+s", "save_screen", "Screenshot as SVG", show=False),
    Binding("escape", "home", "Problems", show=False),
    Binding("question_mark", "help", "Help", key_display="?"),
    Binding("q", "quit", "Quit"),
    Binding("ctrl+c", "quit", "Quit", show=False),
]


def is_enabled(action: str, view: str, wide: bool) -> bool:
    """Whether an action has an effect in a view, or in the pane next to it on a wide screen."""
    if action not in VIEWS_OF_ACTION or view in VIEWS_OF_ACTION[action]:
        return True
    neighbour = "graph" if view == "problems" else "problems"
    return wide and view != "numbers" and neighbour in VIEWS_OF_ACTION[action]


def shown_panes(view: str, wide: bool, tall: bool) -> set[str]:
    """The panes of a view: one if narrow; also the problems if wide; also graph and trace if wide and tall.

    >>> sorted(shown_panes("trace", True, True)), sorted(shown_panes("trace", False, True))
    (['graph', 'problems', 'trace'], ['trace'])
    """
    if not wide or view == "numbers":
        return {view}
    shown = {"problems", "graph" if view == "problems" else view}
    return shown | {"graph", "trace"} if tall and view != "models" else shown

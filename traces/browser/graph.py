"""The pane of the solution graph: a foldable tree, and all about the selected step."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from traces.browser.opened import Edge, Opened
from traces.outline import Branch, Standing, label

MANY = 60
"""Steps up to which the whole tree is unfolded at first; of a larger one the solution path is."""


class Graph(Horizontal):
    """The tree on the left or above, the step beside or below it."""

    class Selected(Message):
        """A step was selected here."""

        def __init__(self, edge: Edge | None) -> None:
            super().__init__()
            self.edge = edge

    def __init__(self) -> None:
        super().__init__(id="graph")
        self.border_title = "Graph"
        self._places: dict[Edge, TreeNode[Branch]] = {}
        self._opened: Opened | None = None

    def compose(self) -> ComposeResult:
        """The tree and the details."""
        yield Tree[Branch]("", id="tree")
        with VerticalScroll(id="detail"):
            yield Static(id="step")

    def show(self, opened: Opened | None) -> None:
        """Shows the graph of a problem; None for no problem."""
        tree: Tree[Branch] = self.query_one("#tree", Tree)
        self._opened, self._places = opened, {}
        self.query_one("#step", Static).update("")
        tree.clear()
        if opened is None or opened.root is None or opened.graph is None:
            tree.root.set_label(Text("no graph", style="dim"))
            self.border_title = "Graph"
            return
        root, steps = opened.root, opened.graph.graph.number_of_edges()
        self.border_title = f"Graph: {len(opened.graph):,} states, {steps:,} steps"
        tree.root.data = root
        tree.root.set_label(label(root))
        todo = [(tree.root, root)]
        while todo:
            above, branch = todo.pop()
            above.allow_expand = bool(branch.below)
            unfolded = branch.standing is Standing.PATH or steps <= MANY
            if unfolded and branch.below:
                above.expand()
            for further in branch.below:
                node = above.add(label(further), further)
                if further.step is not None:
                    self._places[further.step.source, further.step.order] = node
                todo.append((node, further))
        tree.cursor_line = 0
        self._tell(root)

    def select(self, edge: Edge | None) -> None:
        """Puts the cursor on a step, unfolding what hides it."""
        if edge not in self._places:
            return
        tree, node = self.query_one("#tree", Tree), self._places[edge]
        above = node.parent
        while above is not None:
            above.expand()
            above = above.parent
        # Asking for the last line lays the tree out anew, so that the node knows its own.
        if tree.last_line >= 0:
            tree.move_cursor(node)
        if node.data is not None:
            self._tell(node.data)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Branch]) -> None:
        """Shows the step; tells of it if a person went there."""
        branch: Any = event.node.data
        if branch is None:
            return
        self._tell(branch)
        if event.node.tree.has_focus:
            step = branch.step
            self.post_message(self.Selected(None if step is None else (step.source, step.order)))

    def _tell(self, branch: Branch) -> None:
        from traces.browser.detail import detail

        if self._opened is not None and self._opened.graph is not None:
            self.query_one("#step", Static).update(detail(self._opened.graph, branch))
            self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

"""The pane of the solution graph: a foldable tree and the details of the selected step."""

from __future__ import annotations

from typing import Any

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from traces.browser.problem_view import Edge, ProblemView
from traces.outline import Branch, Standing, label

MAX_UNFOLDED = 60
"""Trees with more steps than this are initially unfolded only along the solution path."""


class Graph(Horizontal):
    """The tree, with the details of the selected step to its right or below it."""

    class Selected(Message):
        """Posted when a step is selected."""

        def __init__(self, edge: Edge | None) -> None:
            super().__init__()
            self.edge = edge

    def __init__(self) -> None:
        super().__init__(id="graph")
        self.border_title = "Graph"
        self._tree_nodes: dict[Edge, TreeNode[Branch]] = {}
        self._view: ProblemView | None = None

    def compose(self) -> ComposeResult:
        """The tree and the details."""
        yield Tree[Branch]("", id="tree")
        with VerticalScroll(id="detail"):
            yield Static(id="step")

    def show(self, view: ProblemView | None) -> None:
        """Shows the graph of a problem; None for no problem."""
        tree: Tree[Branch] = self.query_one("#tree", Tree)
        self._view, self._tree_nodes = view, {}
        self.query_one("#step", Static).update("")
        tree.clear()
        if view is None or view.root is None or view.graph is None:
            tree.root.set_label(Text("no graph", style="dim"))
            self.border_title = "Graph"
            return
        root, steps = view.root, view.graph.graph.number_of_edges()
        self.border_title = f"Graph: {len(view.graph):,} states, {steps:,} steps"
        tree.root.data = root
        tree.root.set_label(label(root))
        stack = [(tree.root, root)]
        while stack:
            parent, branch = stack.pop()
            parent.allow_expand = bool(branch.children)
            unfolded = branch.standing is Standing.PATH or steps <= MAX_UNFOLDED
            if unfolded and branch.children:
                parent.expand()
            for child in branch.children:
                node = parent.add(label(child), child)
                if child.step is not None:
                    self._tree_nodes[child.step.source, child.step.order] = node
                stack.append((node, child))
        tree.cursor_line = 0
        self._show_step(root)

    def select(self, edge: Edge | None) -> None:
        """Moves the cursor to a step and unfolds its ancestors."""
        if edge not in self._tree_nodes:
            return
        tree, node = self.query_one("#tree", Tree), self._tree_nodes[edge]
        parent = node.parent
        while parent is not None:
            parent.expand()
            parent = parent.parent
        # Reading `last_line` updates the tree's layout, so that the node has its line number.
        if tree.last_line >= 0:
            tree.move_cursor(node)
        if node.data is not None:
            self._show_step(node.data)

    def on_tree_node_highlighted(self, event: Tree.NodeHighlighted[Branch]) -> None:
        """Shows the step, and reports it if the user moved there."""
        branch: Any = event.node.data
        if branch is None:
            return
        self._show_step(branch)
        if event.node.tree.has_focus:
            step = branch.step
            self.post_message(self.Selected(None if step is None else (step.source, step.order)))

    def _show_step(self, branch: Branch) -> None:
        from traces.browser.detail import detail

        if self._view is not None and self._view.graph is not None:
            self.query_one("#step", Static).update(detail(self._view.graph, branch))
            self.query_one("#detail", VerticalScroll).scroll_home(animate=False)

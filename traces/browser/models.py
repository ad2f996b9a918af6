"""The pane of models: each model's audited outputs next to the teacher's trace."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from traces.browser.column import TextColumn
from traces.browser.problem_view import ProblemView


class Models(Vertical):
    """The list of outputs above, the selected one and the teacher's trace below."""

    def __init__(self) -> None:
        super().__init__(id="models")
        self.border_title = "Models"
        self._view: ProblemView | None = None

    def compose(self) -> ComposeResult:
        """The list and two columns."""
        yield OptionList(id="outputs", compact=True)
        with Horizontal():
            yield TextColumn("output")
            yield TextColumn("teacher")

    def show(self, view: ProblemView | None) -> None:
        """Shows the outputs for a problem; None for no problem."""
        self._view = view
        outputs = view.outputs if view is not None else []
        right = sum(output.label.plain.startswith("✓") for output in outputs)
        self.border_title = f"Models: {right} of {len(outputs)} outputs right" if outputs else "Models"
        listed = self.query_one("#outputs", OptionList)
        listed.clear_options()
        listed.add_options([Option(output.label) for output in outputs])
        if not outputs:
            listed.add_option(Option("no model was evaluated on this problem", disabled=True))
        teacher = view.columns.get(view.teacher) if view is not None and view.teacher else None
        self.query_one("#teacher", TextColumn).show(teacher)
        self.query_one("#output", TextColumn).show(outputs[0].column if outputs else None)
        listed.highlighted = 0 if outputs else None

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Shows the selected output."""
        if self._view is not None and event.option_index < len(self._view.outputs):
            self.query_one("#output", TextColumn).show(self._view.outputs[event.option_index].column)

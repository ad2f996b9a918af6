"""The details of one step of a graph."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from journey.graph import SolutionGraph
from traces.browser.pretty import pretty
from traces.outline import SIGNS, Branch
from traces.styles import words


def detail(graph: SolutionGraph, branch: Branch) -> RenderableType:
    """Renders a step: its operation, verdict, evidence and mistake, and its target state."""
    sign, style = SIGNS[branch.standing]
    rows: list[tuple[str, RenderableType]] = []
    step, state = branch.step, branch.state
    if step is not None:
        operands = ", ".join(str(operand.value) for operand in step.move.operands)
        rows.append(
            ("operation", Text(f"{step.move.operation} {operands}".strip() + f" → {step.move.result}"))
        )
        rows.append(("verdict", Text(f"{step.verdict}", style=style)))
        if step.evidence is not None:
            rows.append(("evidence", Text(str(step.evidence))))
        if step.mistake is not None:
            rows.append(("mistake", Text(step.mistake)))
        rows.append(("in the search", Text(f"{sign} {branch.standing}", style=style)))
        place = f"{step.order + 1} of {graph.graph.number_of_edges()}, {step.proposer}"
        rows.append(("explored", Text(place)))
    if branch.dead_end_evidence is not None:
        rows.append(("dead end", Text(str(branch.dead_end_evidence))))
    if branch.elsewhere is not None:
        rows.append(("shown", Text(f"under {branch.elsewhere}, with its steps")))
    if branch.parents:
        rows.append(("also from", Text("\n".join(branch.parents))))
    marks = [name for name in ("solved", "hopeless", "expanded") if getattr(state, name)]
    rows.append(("state", Text(", ".join(marks) or "not fully explored")))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for row in rows:
        table.add_row(*row)
    return Group(Text(drawn(graph, state.key), style="bold", no_wrap=True), "", table)


def drawn(graph: SolutionGraph, key: str) -> str:
    """A state as a two-dimensional formula, unless it is English."""
    return key if words.of(graph.problem.family).english else pretty(key)

"""A graph and a trace as they are printed in a terminal. Signs say what colours say, for NO_COLOR too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from journey.errors import unknown_name
from journey.graph import SolutionGraph, find_graph
from journey.index import fresh
from journey.store import Run
from traces.audit import audit
from traces.outline import LEGEND, label, outline, sign_of


def graph_tree(graph: SolutionGraph) -> Tree:
    """The graph as a tree from its root; a state with several parents is shown once, then referred to."""
    root = outline(graph)
    tree = Tree(label(root), guide_style="dim")
    todo = [(tree, root)]
    while todo:
        above, branch = todo.pop()
        todo += [(above.add(label(further)), further) for further in branch.below]
    return tree


def trace_text(graph: SolutionGraph, text: str, style: str = "terse") -> Text:
    """A trace, audited as it is shown: wrong turns indented, corrections marked with their proof."""
    shown = Text()
    for line in audit(graph.problem, text, style).lines:
        sign, colour = sign_of(line)
        shown.append(f"{sign} ", style=f"bold {colour}")
        shown.append("  " * line.depth + line.text, style=colour if sign != "·" else "")
        if line.evidence:
            shown.append(f"   {line.evidence}", style="dim")
        shown.append("\n")
    shown.rstrip()
    return shown


@dataclass(frozen=True, slots=True)
class Shown:
    """One problem as it is printed, and as a record for programs."""

    parts: list[RenderableType]
    record: dict[str, Any]


def show_problem(
    run: Path, id: str, only_graph: bool, kind: str | None, tell: Callable[[str], None] = lambda text: None
) -> Shown:
    """The graph and the traces of one problem of a run, and what its models wrote; `id` may be a beginning.

    `tell` hears why it takes long, if the run is to be indexed first.

    Raises:
        InputError: no problem, or several, have such an id; or there is no trace of this kind.
    """
    texts: dict[str, tuple[str, str]] = {}
    with fresh(Run.existing(run).path, tell) as index:
        graph = find_graph(index, id)
        problem = graph.problem
        kinds = [] if only_graph else index.kinds(problem.id)
        if kind is not None and kind not in kinds and not only_graph:
            raise unknown_name("trace of this problem", kind, kinds)
        for name in [kind] if kind in kinds else kinds:
            if row := index.trace(name, problem.id):
                texts[name] = row["completion"], row.get("style", "terse")
        greedy = [] if only_graph or kind else [row for row in index.samples(problem.id) if not row.sample]
        outputs = {row.model: index.read(row.place) for row in greedy}
    head = Text.assemble(
        (problem.statement, "bold"), f"\n{problem.id}, {problem.family}, level {problem.level}, "
    )
    head.append(f"{problem.split}; one right answer: {problem.answer}\n")
    parts: list[RenderableType] = [head]
    record: dict[str, Any] = {"problem": problem}
    if kind is None:
        parts += [graph_tree(graph), Text(LEGEND + "\n", style="dim")]
        record["graph"] = graph.to_record()
    if not only_graph:
        for name, (text, style) in texts.items():
            parts += [Text(name, style="bold underline"), trace_text(graph, text, style), ""]
        record["traces"] = {
            name: {"text": text, "lines": audit(problem, text, style).lines}
            for name, (text, style) in texts.items()
        }
    if outputs:
        # All of a run's texts are of one style.
        style = next((style for _, style in texts.values()), "terse")
        for model, said in outputs.items():
            told = f"{model} wrote, {'right' if said['correct'] else 'wrong'}, {said['tokens']} tokens"
            parts += [Text(told, style="bold underline"), trace_text(graph, said["text"], style), ""]
        record["outputs"] = {
            model: {**said, "lines": audit(problem, said["text"], style).lines}
            for model, said in outputs.items()
        }
    return Shown(parts, record)

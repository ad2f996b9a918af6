"""Renders a graph and its traces for a terminal. Signs carry all information, so NO_COLOR loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from journey.errors import unknown_name
from journey.graph import SolutionGraph
from journey.runs.graphs import find_graph
from journey.runs.index import open_index
from journey.runs.store import Run
from traces.audit import audit
from traces.outline import LEGEND, label, outline, sign_of
from traces.pictures import draw
from traces.pictures.shown import data_uri, in_terminal, side_of


def graph_tree(graph: SolutionGraph) -> Tree:
    """The graph as a tree from its root; a state with several parents is shown once, else referenced."""
    root = outline(graph)
    tree = Tree(label(root), guide_style="dim")
    stack = [(tree, root)]
    while stack:
        parent, branch = stack.pop()
        stack += [(parent.add(label(child)), child) for child in branch.children]
    return tree


def trace_text(graph: SolutionGraph, text: str, style: str = "terse") -> Text:
    """A trace with its audit: steps are indented by depth, faults and corrections have their proof."""
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
    """One problem in printable parts and as a record for `--json`."""

    parts: list[RenderableType]
    record: dict[str, Any]


def full_id(run: Path, id: str, on_progress: Callable[[str], None] = lambda text: None) -> str:
    """The id of the problem that a prefix names.

    Raises:
        InputError: the prefix matches no problem or several.
    """
    with open_index(Run.existing(run).path, on_progress) as index:
        return find_graph(index, id).problem.id


def show_problem(
    run: Path,
    id: str,
    only_graph: bool,
    kind: str | None,
    on_progress: Callable[[str], None] = lambda text: None,
) -> Shown:
    """Renders the picture, the graph, the traces and the greedy outputs of one problem of a run.

    Args:
        run: a run folder.
        id: the problem's id, or a unique prefix of it.
        only_graph: show the graph alone.
        kind: show only this kind of trace; None shows all kinds.
        on_progress: called with a message if the run must be indexed first.

    Raises:
        InputError: the id matches no problem or several, or there is no trace of this kind.
    """
    texts: dict[str, tuple[str, str]] = {}
    with open_index(Run.existing(run).path, on_progress) as index:
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
    header = Text.assemble(
        (problem.statement, "bold"), f"\n{problem.id}, {problem.family}, level {problem.level}, "
    )
    header.append(f"{problem.split}; one right answer: {problem.answer}\n")
    parts: list[RenderableType] = [header]
    record: dict[str, Any] = {"problem": problem}
    if (side := side_of(Run(run))) is not None:
        picture = draw(problem, side)
        parts += [in_terminal(picture), ""]
        record["picture"] = data_uri(picture)
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
        # All texts of a run have one style.
        style = next((style for _, style in texts.values()), "terse")
        for model, output in outputs.items():
            title = f"{model} wrote, {'right' if output['correct'] else 'wrong'}, {output['tokens']} tokens"
            if output.get("misread"):
                title += f", misread as {output['given'].strip()}"
            parts += [Text(title, style="bold underline"), trace_text(graph, output["text"], style), ""]
        record["outputs"] = {
            model: {**output, "lines": audit(problem, output["text"], style).lines}
            for model, output in outputs.items()
        }
    return Shown(parts, record)

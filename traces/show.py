"""A graph and a trace as they are printed in a terminal. Signs say what colours say, for NO_COLOR too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
from rich.console import RenderableType
from rich.markup import escape
from rich.text import Text
from rich.tree import Tree

from journey import families
from journey.errors import unknown_name
from journey.graph import SolutionGraph, Step, find_graph
from journey.index import fresh
from journey.store import Run
from traces.audit import AuditedLine, audit

LEGEND = "✓ on the solution path   · valid   ✗ wrong   ∅ hopeless: proved a dead end   ≡ shown above"


def graph_tree(graph: SolutionGraph) -> Tree:
    """The graph as a tree from its root; a state with several parents is shown once, then referred to."""
    path = {(step.source, step.order) for step in graph.solution() or []}
    family = families.get(graph.problem.family)
    tree = Tree(f"[bold]{escape(graph.root)}[/]", guide_style="dim")
    shown = {graph.root}

    def grow(branch: Tree, step: Step) -> None:
        state = graph.state(step.target)
        repeated = step.target in shown
        label = _label(step, graph.sound(step), (step.source, step.order) in path, state.hopeless)
        if repeated:
            label.append(" ≡", style="dim")
        elif state.hopeless and graph.sound(step):
            label.append("  " + str(family.stuck(_replayed(graph, step))), style="dim")
        below = branch.add(label)
        if not repeated:
            shown.add(step.target)
            for further in graph.steps_from(step.target):
                grow(below, further)

    for step in graph.steps_from(graph.root):
        grow(tree, step)
    return tree


def _replayed(graph: SolutionGraph, last: Step) -> object:
    """The family's state after a step, found by walking there from the root."""
    family = families.get(graph.problem.family)
    state = family.start(graph.problem.givens)
    keys = nx.shortest_path(graph.graph, graph.root, last.source)
    for source, target in pairwise(keys):
        step = min((s for s in graph.steps_from(source) if s.target == target), key=lambda s: s.order)
        state = family.apply(state, step.move)
    return family.apply(state, last.move)


def _label(step: Step, sound: bool, on_path: bool, hopeless: bool) -> Text:
    if on_path:
        label = Text("✓ ", style="bold green")
    elif not sound:
        label = Text("✗ ", style="bold red")
    else:
        label = Text("∅ " if hopeless else "· ", style="yellow" if hopeless else "")
    label.append(step.target)
    if step.evidence is not None:
        label.append(f"  {step.verdict}: {step.evidence}", style="red")
        if step.mistake:
            label.append(f" ({step.mistake})", style="dim")
    if step.share is not None:
        label.append(f"  {step.share:.0%} of the ways on end right", style="dim")
    if step.label is not None:
        label.append(f"  labelled {step.label}", style="dim")
    return label


def trace_text(graph: SolutionGraph, text: str, style: str = "terse") -> Text:
    """A trace, audited as it is shown: wrong turns indented, corrections marked with their proof."""
    shown = Text()
    for line in audit(graph.problem, text, style).lines:
        mark, colour = _mark(line)
        shown.append(f"{mark} ", style=f"bold {colour}")
        shown.append("  " * line.depth + line.text, style=colour if mark not in "·" else "")
        if line.evidence:
            shown.append(f"   {line.evidence}", style="dim")
        shown.append("\n")
    shown.rstrip()
    return shown


def _mark(line: AuditedLine) -> tuple[str, str]:
    if line.says == "take":
        return ("·", "default") if line.sound else ("✗", "red")
    if line.says == "notice":
        return ("←", "yellow") if line.right else ("?", "red")
    if line.says == "filler":
        return "~", "dim"
    if line.says in ("conclude", "verify"):
        return ("✓", "green") if line.right else ("✗", "red")
    return ("←", "dim") if line.says == "back" else ("?", "red")


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

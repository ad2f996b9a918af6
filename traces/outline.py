"""Lays out a graph as a tree of steps, with a sign for each step and each line of a trace.

The printed graph (`traces.show`) and the browser share this layout. Every colour has a sign, so the display
also works without colours (NO_COLOR).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
from rich.text import Text

from journey import families
from journey.graph import SolutionGraph, State
from journey.step import Evidence, Step, Verdict

if TYPE_CHECKING:
    from traces.audit import AuditedLine


class Sign(NamedTuple):
    """A sign and its colour."""

    sign: str
    style: str


class Standing(StrEnum):
    """The role of a step in the search; the first role that fits."""

    PATH = "on the solution path"
    WRONG = "wrong"
    """The verdict excludes it from every solution."""
    HOPELESS = "hopeless: proved a dead end"
    UNKNOWN = "not decided"
    DEAD_END = "dead end: no goal was found below"
    VALID = "valid"


SIGNS = {
    Standing.PATH: Sign("✓", "bold green"),
    Standing.VALID: Sign("·", ""),
    Standing.WRONG: Sign("✗", "bold red"),
    Standing.HOPELESS: Sign("∅", "yellow"),
    Standing.DEAD_END: Sign("○", "cyan"),
    Standing.UNKNOWN: Sign("?", "magenta"),
}
SHOWN_ONCE = "≡"
LEGEND = ("   ".join(f"{sign.sign} {standing}" for standing, sign in SIGNS.items())) + (
    f"   {SHOWN_ONCE} one state with several parents, shown once"
)


@dataclass(slots=True)
class Branch:
    """A step of the graph, with the state it leads to and the steps from there."""

    step: Step | None
    """None at the root."""
    state: State
    standing: Standing
    elsewhere: str | None = None
    """The parent under which the state and its steps are shown, if it is another one."""
    parents: tuple[str, ...] = ()
    """The other parents of the state."""
    dead_end_evidence: Evidence | None = None
    """The proof that a hopeless state is a dead end."""
    children: list[Branch] = field(default_factory=list)
    """The steps from the state."""


def outline(graph: SolutionGraph) -> Branch:
    """Lays out the graph as a tree from its root.

    A state with several parents is shown once, preferably on the solution path or else after sound steps. The
    other parents refer to it.
    """
    family = families.get(graph.problem.family)
    path = {(step.source, step.order) for step in graph.solution() or []}
    solvable = _solvable_states(graph)
    homes = _homes(graph, path)
    root = Branch(None, graph.state(graph.root), Standing.PATH)
    stack = [(root, family.start(graph.problem.givens), step) for step in _steps_reversed(graph, graph.root)]
    while stack:
        parent, parent_state, step = stack.pop()
        state, home = graph.state(step.target), homes[step.target]
        standing = _standing(graph, step, state, path, solvable)
        branch = Branch(step, state, standing, parents=_other_parents(graph, step))
        parent.children.append(branch)
        if (step.source, step.order) != home:
            branch.elsewhere = home[0]
            continue
        child_state = family.apply(parent_state, step.move)
        if standing is Standing.HOPELESS:
            branch.dead_end_evidence = family.dead_end_evidence(child_state)
        stack += [(branch, child_state, next_step) for next_step in _steps_reversed(graph, step.target)]
    return root


def _homes(graph: SolutionGraph, path: set[tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """For each state, the edge (source and order) under which it is shown."""
    sound = {graph.root, *nx.descendants(graph.valid(), graph.root)}
    homes: dict[str, tuple[tuple[bool, bool], tuple[str, int]]] = {}
    for step in graph.steps():
        edge = (step.source, step.order)
        rank = (edge in path, step.source in sound and graph.sound(step))
        if step.target not in homes or rank > homes[step.target][0]:
            homes[step.target] = rank, edge
    return {key: edge for key, (_, edge) in homes.items()}


def _steps_reversed(graph: SolutionGraph, key: str) -> list[Step]:
    return graph.steps_from(key)[::-1]


def _other_parents(graph: SolutionGraph, step: Step) -> tuple[str, ...]:
    return tuple(parent for parent in graph.graph.predecessors(step.target) if parent != step.source)


def _solvable_states(graph: SolutionGraph) -> set[str]:
    """The states from which explored sound steps lead to a goal."""
    valid = graph.valid()
    solvable = {state.key for state in graph.states() if state.solved}
    stack = list(solvable)
    while stack:
        parents = set(valid.predecessors(stack.pop())) - solvable
        solvable |= parents
        stack += parents
    return solvable


def _standing(
    graph: SolutionGraph, step: Step, state: State, path: set[tuple[str, int]], solvable: set[str]
) -> Standing:
    if (step.source, step.order) in path:
        return Standing.PATH
    if not graph.sound(step):
        return Standing.UNKNOWN if step.verdict is Verdict.UNKNOWN else Standing.WRONG
    if state.hopeless:
        return Standing.HOPELESS
    if step.verdict is Verdict.UNKNOWN:
        return Standing.UNKNOWN
    return Standing.VALID if step.target in solvable else Standing.DEAD_END


def label(branch: Branch) -> Text:
    """A step as a line of the tree: its sign, its target state and the proof of its verdict."""
    step = branch.step
    if step is None:
        return Text().append(branch.state.key, style="bold")
    sign, style = SIGNS[branch.standing]
    text = Text().append(f"{sign} ", style=style)
    text.append(step.target, style=style if branch.standing is Standing.PATH else "")
    if step.evidence is not None:
        style = SIGNS[Standing.UNKNOWN if step.verdict is Verdict.UNKNOWN else Standing.WRONG].style
        text.append(f"  {step.verdict}: {step.evidence}", style=style.split()[-1])
        if step.mistake:
            text.append(f" ({step.mistake})", style="dim")
    if step.share is not None:
        text.append(f"  {step.share:.0%} of the continuations end right", style="dim")
    if step.label is not None:
        text.append(f"  labelled {step.label}", style="dim")
    if branch.elsewhere is not None:
        text.append(f" {SHOWN_ONCE} shown after {branch.elsewhere}", style="dim")
    elif branch.parents:
        text.append(f" {SHOWN_ONCE} also from {'; '.join(branch.parents)}", style="dim")
    if branch.dead_end_evidence is not None:
        text.append(f"  {branch.dead_end_evidence}", style="dim")
    return text


def sign_of(line: AuditedLine) -> Sign:
    """The sign of an audited line of a trace."""
    if line.says == "take":
        if not line.sound:
            return Sign("✗", "red")
        return Sign("∅", "yellow") if line.left else Sign("·", "default")
    if line.says == "notice":
        return Sign("←", "yellow") if line.right else Sign("?", "red")
    if line.says in ("filler", "mode"):
        return Sign("~", "dim")
    if line.says in ("conclude", "verify"):
        return Sign("✓", "green") if line.right else Sign("✗", "red")
    return Sign("←", "dim") if line.says == "back" else Sign("?", "red")

"""A graph as a tree of steps from its root, and the signs that say what a step or a line of a trace is.

What is shown is decided here, for the printed graph (`traces.show`) and for the browser alike. A sign says
all that a colour says, for those who see no colours and for NO_COLOR.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
from rich.text import Text

from journey import families
from journey.graph import SolutionGraph, State, Step
from journey.step import Evidence, Verdict

if TYPE_CHECKING:
    from traces.audit import AuditedLine


class Sign(NamedTuple):
    """A sign and its colour."""

    sign: str
    style: str


class Standing(StrEnum):
    """What a step is in the search, beyond its verdict. The first that fits."""

    PATH = "on the solution path"
    WRONG = "wrong"
    """Its verdict keeps it off every way to an answer."""
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
    """The parent under which the state is shown with the steps from it, if that is not here."""
    parents: tuple[str, ...] = ()
    """The other states that lead to this one."""
    dead_end_evidence: Evidence | None = None
    """Why nothing right lies below a hopeless state."""
    below: list[Branch] = field(default_factory=list)


def outline(graph: SolutionGraph) -> Branch:
    """The graph as a tree from its root.

    A state with several parents is shown once, on the solution path or after sound steps where it can be, and
    referred to from the others.
    """
    family = families.get(graph.problem.family)
    path = {(step.source, step.order) for step in graph.solution() or []}
    living = _living(graph)
    homes = _homes(graph, path)
    root = Branch(None, graph.state(graph.root), Standing.PATH)
    todo = [(root, family.start(graph.problem.givens), step) for step in _last_first(graph, graph.root)]
    while todo:
        above, here, step = todo.pop()
        state, home = graph.state(step.target), homes[step.target]
        standing = _standing(graph, step, state, path, living)
        branch = Branch(step, state, standing, parents=_other_parents(graph, step))
        above.below.append(branch)
        if (step.source, step.order) != home:
            branch.elsewhere = home[0]
            continue
        there = family.apply(here, step.move)
        if standing is Standing.HOPELESS:
            branch.dead_end_evidence = family.dead_end_evidence(there)
        todo += [(branch, there, further) for further in _last_first(graph, step.target)]
    return root


def _homes(graph: SolutionGraph, path: set[tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """For each state, the step (its source and order) under which it is shown."""
    sound = {graph.root, *nx.descendants(graph.valid(), graph.root)}
    homes: dict[str, tuple[tuple[bool, bool], tuple[str, int]]] = {}
    for step in graph.steps():
        place = (step.source, step.order)
        rank = (place in path, step.source in sound and graph.sound(step))
        if step.target not in homes or rank > homes[step.target][0]:
            homes[step.target] = rank, place
    return {key: place for key, (_, place) in homes.items()}


def _last_first(graph: SolutionGraph, key: str) -> list[Step]:
    return graph.steps_from(key)[::-1]


def _other_parents(graph: SolutionGraph, step: Step) -> tuple[str, ...]:
    return tuple(parent for parent in graph.graph.predecessors(step.target) if parent != step.source)


def _living(graph: SolutionGraph) -> set[str]:
    """The states from which sound steps lead to a goal that was found."""
    valid = graph.valid()
    living = {state.key for state in graph.states() if state.solved}
    todo = list(living)
    while todo:
        before = set(valid.predecessors(todo.pop())) - living
        living |= before
        todo += before
    return living


def _standing(
    graph: SolutionGraph, step: Step, state: State, path: set[tuple[str, int]], living: set[str]
) -> Standing:
    if (step.source, step.order) in path:
        return Standing.PATH
    if not graph.sound(step):
        return Standing.UNKNOWN if step.verdict is Verdict.UNKNOWN else Standing.WRONG
    if state.hopeless:
        return Standing.HOPELESS
    if step.verdict is Verdict.UNKNOWN:
        return Standing.UNKNOWN
    return Standing.VALID if step.target in living else Standing.DEAD_END


def label(branch: Branch) -> Text:
    """A step as a line of the tree: its sign, the state it leads to, and what proves its verdict."""
    step = branch.step
    if step is None:
        return Text().append(branch.state.key, style="bold")
    sign, style = SIGNS[branch.standing]
    said = Text().append(f"{sign} ", style=style)
    said.append(step.target, style=style if branch.standing is Standing.PATH else "")
    if step.evidence is not None:
        style = SIGNS[Standing.UNKNOWN if step.verdict is Verdict.UNKNOWN else Standing.WRONG].style
        said.append(f"  {step.verdict}: {step.evidence}", style=style.split()[-1])
        if step.mistake:
            said.append(f" ({step.mistake})", style="dim")
    if step.share is not None:
        said.append(f"  {step.share:.0%} of the ways on end right", style="dim")
    if step.label is not None:
        said.append(f"  labelled {step.label}", style="dim")
    if branch.elsewhere is not None:
        said.append(f" {SHOWN_ONCE} shown after {branch.elsewhere}", style="dim")
    elif branch.parents:
        said.append(f" {SHOWN_ONCE} also from {'; '.join(branch.parents)}", style="dim")
    if branch.dead_end_evidence is not None:
        said.append(f"  {branch.dead_end_evidence}", style="dim")
    return said


def sign_of(line: AuditedLine) -> Sign:
    """What a line of a trace is, as its audit found it."""
    if line.says == "take":
        if not line.sound:
            return Sign("✗", "red")
        return Sign("∅", "yellow") if line.left else Sign("·", "default")
    if line.says == "notice":
        return Sign("←", "yellow") if line.right else Sign("?", "red")
    if line.says == "filler":
        return Sign("~", "dim")
    if line.says in ("conclude", "verify"):
        return Sign("✓", "green") if line.right else Sign("✗", "red")
    return Sign("←", "dim") if line.says == "back" else Sign("?", "red")

"""A model's own mistakes: the refuted steps of its outputs, and graphs in which they are explored mistakes.

    find_mistakes(problem, outputs)              the steps that the checker refutes
    with_mistakes(graph, mistakes, "none")       the graph in which the search explored them too
    holds_mistake(trace, graph, "none")          whether a trace takes one of them

Models often do not notice mistakes that others made up, because their own are different ("Synthetic error
injection fails", Wu et al. 2025, arXiv 2512.02389). Here the mistakes are the model's, and the proofs are the
checker's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import networkx as nx

from journey import families
from journey.check import check_move, sound
from journey.errors import MoveError
from journey.families import Family, State
from journey.graph import SolutionGraph
from journey.graph import State as Node
from journey.problem import Problem
from journey.step import REFUTED, Evidence, Move, Step, Verdict
from traces.text import apply_event, read_steps
from traces.trace import Take, Trace, Walk


@dataclass(frozen=True, slots=True)
class OwnMistake:
    """A refuted step that a model wrote."""

    source: str
    """The key of the state before it."""
    target: str
    """The key of the state after it."""
    move: Move
    verdict: Verdict
    evidence: Evidence
    """The proof of the verdict."""
    tried: tuple[str, ...]
    """The states that the same output had reached from `source` before."""
    solved: bool
    """Whether the goal would be reached if the step were right."""
    count: int = 1
    """The number of outputs with this step."""


def find_mistakes(problem: Problem, texts: Iterable[str], style: str = "terse") -> list[OwnMistake]:
    """The refuted steps of a model's outputs for one problem, each once, in the order of first occurrence.

    Undecided steps are not refuted (DESIGN rule 7). Steps after a mistake are judged from the state that the
    mistake led to.
    """
    family = families.get(problem.family)
    mistakes: dict[tuple[str, Move], OwnMistake] = {}
    for text in texts:
        reached: dict[str, list[str]] = {}
        refuted: set[tuple[str, Move]] = set()
        for state, move in read_steps(problem, text, style):
            source, after = family.key(state), family.apply(state, move)
            verdict, evidence = check_move(family, state, move)
            place = source, move
            if evidence is not None and verdict in REFUTED and not sound(family, verdict):
                if place not in mistakes and _reads_back(family, state, move):
                    tried = tuple(reached.get(source, ()))
                    mistakes[place] = OwnMistake(
                        source, family.key(after), move, verdict, evidence, tried, family.solved(after), 0
                    )
                refuted.add(place)
            reached.setdefault(source, []).append(family.key(after))
        for place in refuted & mistakes.keys():
            mistakes[place] = replace(mistakes[place], count=mistakes[place].count + 1)
    return list(mistakes.values())


def _reads_back(family: Family, state: State, move: Move) -> bool:
    """Whether the line of a move is read as the same move, so that a trace can contain it."""
    try:
        return family.read(state, family.write(state, move)) == move
    except MoveError:
        return False


def with_mistakes(graph: SolutionGraph, mistakes: Sequence[OwnMistake], proposer: str) -> SolutionGraph:
    """A copy of a graph in which these mistakes are explored steps.

    Each comes where the model made it: after the steps from its state that the model had tried before, and
    before the next one. Mistakes from states that the search did not reach are left out, as are those that
    would close a cycle.

    Args:
        graph: the graph of the problem.
        mistakes: of the same problem.
        proposer: the proposer of the new steps (`Step.proposer`).
    """
    steps = graph.steps()
    reaches: nx.MultiDiGraph[str] = graph.graph.copy()
    added = {}
    for mistake in mistakes:
        source, target = mistake.source, mistake.target
        if source not in graph or (target in reaches and nx.has_path(reaches, target, source)):
            continue
        reaches.add_edge(source, target)
        if target not in graph:
            added[target] = Node(target, solved=mistake.solved, visits=1)
        here = [at for at, step in enumerate(steps) if step.source == source]
        last = max((at for at in here if steps[at].target in mistake.tried), default=-1)
        place = next((at for at in here if at > last), len(steps))
        step = Step(source, target, 0, mistake.move, mistake.verdict, mistake.evidence, proposer)
        steps.insert(place, step)
    copy = SolutionGraph(graph.problem, graph.root)
    for node in [*graph.states(), *added.values()]:
        copy.add_state(node)
    for order, step in enumerate(steps):
        copy.add_step(replace(step, order=order))
    return copy


def holds_mistake(trace: Trace, graph: SolutionGraph, proposer: str) -> bool:
    """Whether a trace over a graph takes an unsound step of this proposer."""
    walk = Walk(trace.problem)
    for event in trace.events:
        if isinstance(event, Take) and walk.here.key in graph:
            steps = (step for step in graph.steps_from(walk.here.key) if step.move == event.move)
            if any(step.proposer == proposer and not graph.sound(step) for step in steps):
                return True
        apply_event(walk, event)
    return False

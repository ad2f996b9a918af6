"""The one loop of every search: propose, check, add.

The strategy says which state to go on from, the proposer what to try there, the checker what it is worth; the
graph records it all. Proposals are drawn one at a time, so a depth-first search that finds the goal at the
third try has three tries in its graph. No text is written here (DESIGN rule 1).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from journey import families
from journey.check import check_move, sound
from journey.families import State
from journey.graph import SolutionGraph, Step
from journey.graph import State as Node
from journey.problem import Problem
from journey.step import Move, Verdict
from search import strategies
from search.proposers import Proposal, Proposer


@dataclass(frozen=True, slots=True)
class Budget:
    """What one search may cost. Steps, not seconds: a result must not depend on the machine's speed."""

    steps: int = 5_000
    """The most steps checked."""
    solutions: int = 1
    """Stop after this many goals were reached."""
    astray: int = 1
    """How many steps beyond a wrong one are explored."""


def explore(problem: Problem, proposer: Proposer, strategy: str, budget: Budget) -> SolutionGraph:
    """The graph of one search.

    A state reached only through wrong steps is *astray*: it is explored for `budget.astray` steps, and a goal
    found there is no solution. A valid step that reaches it later puts it right.
    """
    family = families.get(problem.family)
    start = family.start(problem.givens)
    graph = SolutionGraph(problem, family.key(start))
    open_states = strategies.make(strategy)
    states: dict[str, State] = {graph.root: start}
    proposals: dict[str, Iterator[Proposal]] = {}
    astray: dict[str, int] = {}
    solutions: set[str] = set()

    def reach(key: str, distance: int) -> None:
        """The state can be reached `distance` steps beyond a wrong one, 0 if by valid steps alone."""
        if distance >= astray.get(key, budget.astray + 1):
            return
        astray[key] = distance
        if family.solved(states[key]):
            if not distance:
                solutions.add(key)
        elif key not in proposals:
            proposals[key] = proposer.propose(problem, states[key])
            open_states.push(key, family.estimate(states[key]))
        for step in graph.steps_from(key):
            reach(step.target, beyond(distance, step.verdict))

    def beyond(distance: int, verdict: Verdict) -> int:
        return distance + 1 if distance or not sound(family, verdict) else 0

    graph.add_state(Node(graph.root, solved=family.solved(start), value=family.estimate(start)))
    reach(graph.root, 0)
    checked = 0
    seen: set[tuple[str, Move]] = set()
    while checked < budget.steps and len(solutions) < budget.solutions:
        source = open_states.next()
        if source is None:
            break
        proposal = next(proposals[source], None)
        if proposal is None:
            open_states.close(source)
            graph.graph.nodes[source]["expanded"] = proposer.complete()
            continue
        if (source, proposal.move) in seen:
            continue
        seen.add((source, proposal.move))
        verdict, evidence = check_move(family, states[source], proposal.move)
        state = family.apply(states[source], proposal.move)
        target = family.key(state)
        if target not in graph:
            states[target] = state
            graph.add_state(Node(target, solved=family.solved(state), value=family.estimate(state)))
        step = Step(
            source,
            target,
            checked,
            proposal.move,
            verdict,
            evidence,
            proposer.name,
            proposal.mistake,
            proposal.logprob,
        )
        if graph.add_step(step):
            checked += 1
            graph.graph.nodes[target]["visits"] += 1
            reach(target, beyond(astray[source], verdict))
    graph.settle()
    return graph

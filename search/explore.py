"""The loop that every search runs: propose a step, check it, add it to the graph.

The strategy chooses the state to expand, the proposer suggests moves there, and the checker gives the
verdict. Proposals are drawn one at a time: a depth-first search that reaches the goal with its third proposal
has three steps in its graph. No text is written here (DESIGN rule 1).

`search_coroutine` is the loop as a coroutine. It yields a request for each state that needs proposals and
receives the proposals. `explore` runs one search; `explore_together` runs many and batches their requests,
so that a model sees all waiting states at once.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from journey import families
from journey.check import check_move, hopeless, sound
from journey.families import Family, State
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.store import clock
from journey.step import Move, Verdict
from search import strategies
from search.proposers import Proposal, ProposalRequest, Proposer
from search.soft_estimation import set_shares, weights
from search.strategies import Strategy

MAX_DEAD_END_STATES = 1_000
"""State limit for proving a dead end when the proposer does not try every move."""
MAX_ROLLOUT_STEPS = 40
"""Step limit for a rollout when the budget has no depth limit."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The limits of one search; None means no limit.

    Every limit except `seconds` gives the same graph on every machine.
    """

    steps: int = 5_000
    """Maximum number of checked proposals."""
    nodes: int | None = None
    """Maximum number of states."""
    depth: int | None = None
    """States at this distance from the start are not expanded."""
    seconds: float | None = None
    """Wall-clock limit; the graph holds what was explored until then."""
    solutions: int = 1
    """Stop after reaching this many goals. Recorded attempts are always followed to their ends."""
    steps_after_mistake: int = 1
    """How many steps after a mistake are explored. Recorded attempts have no limit."""


@dataclass(slots=True)
class _Node:
    """A state of the search and its progress."""

    state: State
    moves: tuple[Move, ...]
    """The path on which it was first reached."""
    solved: bool
    heuristic: float
    distance: int
    """Number of steps since the first mistake on the best path here; 0 if sound steps alone lead here."""
    open: bool = False
    """Whether the strategy has it."""
    exhausted: bool = False
    """Whether the proposer has no more proposals here."""
    visits: int = 0
    proposals: Iterator[Proposal] | None = None
    steps: list[tuple[str, bool]] = field(default_factory=list)
    """For each step from here, the key of its target and whether it is sound."""
    refused: list[tuple[str, bool]] = field(default_factory=list)
    """The same for the steps that the graph refused because they close a cycle."""


SearchCoroutine = Generator[ProposalRequest, Iterator[Proposal], SolutionGraph]


def search_coroutine(
    problem: Problem, proposer: Proposer, strategy: str, budget: Budget, seed: int = 0
) -> SearchCoroutine:
    """Runs one search as a coroutine: yields requests, receives proposals, returns the graph.

    A state that is reached only after a mistake is explored for at most `budget.steps_after_mistake` steps.
    A goal reached that way is not a solution, unless a sound path reaches it later.
    """
    family = families.get(problem.family)
    start = family.start(problem.givens)
    root = family.key(start)
    nodes: dict[str, _Node] = {}
    steps: list[tuple[str, str, dict[str, Any]]] = []
    solutions: set[str] = set()
    tried: set[tuple[str, Move]] = set()
    elapsed = clock()
    if proposer.recorded:
        budget = replace(budget, solutions=sys.maxsize, steps_after_mistake=sys.maxsize - 1)
    guide = strategies.make(strategy)
    random = Random(f"{seed}:{problem.id}")

    def add(key: str, state: State, moves: tuple[Move, ...]) -> _Node:
        node = _Node(
            state, moves, family.solved(state), family.heuristic(state), budget.steps_after_mistake + 1
        )
        nodes[key] = node
        return node

    def reach(key: str, distance: int) -> None:
        """Records a path to the state with `distance` steps since its first mistake (0: no mistake)."""
        node = nodes[key]
        if distance >= node.distance:
            return
        node.distance = distance
        if node.solved:
            if not distance:
                solutions.add(key)
        elif not node.open and (budget.depth is None or len(node.moves) < budget.depth):
            node.open = True
            guide.push(key, node.heuristic)
        for target, is_sound in node.steps:
            reach(target, distance + 1 if distance or not is_sound else 0)

    add(root, start, ())
    reach(root, 0)
    while len(steps) < budget.steps and len(solutions) < budget.solutions:
        if budget.seconds is not None and elapsed() > budget.seconds:
            break
        if budget.nodes is not None and len(nodes) >= budget.nodes:
            break
        source = guide.next()
        if source is None:
            break
        source_node = nodes[source]
        if source_node.proposals is None:
            source_node.proposals = yield ProposalRequest(problem, source_node.state, source_node.moves)
        proposal = next(source_node.proposals, None)
        if proposal is None:
            source_node.exhausted = True
            value = 0.0
            if guide.uses_rollouts:
                value = yield from _rollout(problem, source_node, proposer, budget, random)
            guide.close(source, value)
            continue
        move = proposal.move
        if (source, move) in tried:
            continue
        tried.add((source, move))
        verdict, evidence = check_move(family, source_node.state, move)
        state = family.apply(source_node.state, move)
        target = family.key(state)
        target_node = nodes.get(target)
        if target_node is None:
            target_node = add(target, state, (*source_node.moves, move))
        elif target == source or (target_node.steps and _leads_to(nodes, target, source)):
            source_node.refused.append((target, sound(family, verdict)))
            continue
        facts = {
            "move": move,
            "verdict": verdict,
            "evidence": evidence,
            "proposer": proposer.name,
            "mistake": proposal.mistake,
            "logprob": proposal.logprob,
            "label": proposal.label,
            "share": None,
        }
        steps.append((source, target, facts))
        is_sound = sound(family, verdict)
        source_node.steps.append((target, is_sound))
        target_node.visits += 1
        reach(target, source_node.distance + 1 if source_node.distance or not is_sound else 0)
        guide.add_step(source, target, is_sound, proposal.logprob)
    return _graph(problem, root, nodes, steps, guide, proposer.complete)


def _leads_to(nodes: dict[str, _Node], source: str, target: str) -> bool:
    """Whether a path leads from `source` to `target`."""
    seen, stack = {source}, [source]
    while stack:
        for key, _ in nodes[stack.pop()].steps:
            if key == target:
                return True
            if key not in seen:
                seen.add(key)
                stack.append(key)
    return False


def _graph(
    problem: Problem,
    root: str,
    nodes: dict[str, _Node],
    steps: list[tuple[str, str, dict[str, Any]]],
    guide: Strategy,
    complete: bool,
) -> SolutionGraph:
    statistics = guide.statistics()
    dead_ends = (
        _exhausted_dead_ends(nodes) if complete else _proved_dead_ends(families.get(problem.family), nodes)
    )
    graph = SolutionGraph(problem, root)
    for key, node in nodes.items():
        visits, value = statistics.get(key, (node.visits, node.heuristic))
        graph.graph.add_node(
            key,
            solved=node.solved,
            expanded=complete and node.exhausted,
            hopeless=key in dead_ends,
            visits=visits,
            value=value,
        )
    for order, (source, target, facts) in enumerate(steps):
        graph.graph.add_edge(source, target, order, **facts)
    if any(facts["verdict"] is Verdict.UNKNOWN for _, _, facts in steps):
        set_shares(graph, {key for key, node in nodes.items() if node.exhausted})
    return graph


def _proved_dead_ends(family: Family, nodes: dict[str, _Node]) -> set[str]:
    """The states on sound paths from which every sequence of legal moves fails to reach a goal.

    A proposer that does not try every legal move proves nothing, so the checker tries them, as the audit
    does.
    """
    return {
        key
        for key, node in nodes.items()
        if not node.solved and not node.distance and hopeless(family, node.state, MAX_DEAD_END_STATES) is True
    }


def _exhausted_dead_ends(nodes: dict[str, _Node]) -> set[str]:
    """The states from which sound steps reach exhausted states alone and no goal.

    Sound steps that the graph refused count as well: a state that leads back to an open one is not dead.
    """
    sources: dict[str, list[str]] = {key: [] for key in nodes}
    for key, node in nodes.items():
        for target, is_sound in (*node.steps, *node.refused):
            if is_sound:
                sources[target].append(key)
    alive = {key for key, node in nodes.items() if node.solved or not node.exhausted}
    stack = [*alive]
    while stack:
        for key in sources[stack.pop()]:
            if key not in alive:
                alive.add(key)
                stack.append(key)
    return nodes.keys() - alive


def _rollout(
    problem: Problem, node: _Node, proposer: Proposer, budget: Budget, random: Random
) -> Generator[ProposalRequest, Iterator[Proposal], float]:
    """Takes random checked moves from a state; MCTS uses the result as the state's value.

    The moves are the family's legal moves. If the proposer does not know them all, they are sampled from its
    proposals by probability. Returns 1.0 if sound steps reached a goal, else 0.0.
    """
    family = families.get(problem.family)
    state, moves = node.state, list(node.moves)
    for _ in range(budget.depth or MAX_ROLLOUT_STEPS):
        if family.solved(state):
            return 1.0
        if proposer.complete:
            legal = list(family.moves(state))
            probabilities = [1.0] * len(legal)
        else:
            proposals = list((yield ProposalRequest(problem, state, tuple(moves))))
            legal = [each.move for each in proposals]
            probabilities = weights([each.logprob for each in proposals])
        if not legal:
            return 0.0
        (move,) = random.choices(legal, probabilities)
        if not sound(family, check_move(family, state, move).verdict):
            return 0.0
        state = family.apply(state, move)
        moves.append(move)
    return 0.0


def explore(
    problem: Problem, proposer: Proposer, strategy: str, budget: Budget, seed: int = 0
) -> SolutionGraph:
    """Searches one problem and returns its graph.

    Args:
        problem: the problem to search.
        proposer: the source of next steps.
        strategy: a key of `search.strategies.STRATEGIES`.
        budget: the limits of the search.
        seed: seeds the rollouts of MCTS.

    Raises:
        InputError: the strategy is unknown.
    """
    coroutine = search_coroutine(problem, proposer, strategy, budget, seed)
    try:
        request = next(coroutine)
        while True:
            request = coroutine.send(iter(proposer.propose((request,))[0]))
    except StopIteration as end:
        graph: SolutionGraph = end.value
        return graph


def explore_together(
    problems: Sequence[Problem],
    proposer: Proposer,
    strategy: str,
    budget: Budget,
    seed: int = 0,
) -> Iterator[SolutionGraph]:
    """Searches many problems side by side and yields their graphs in order.

    The requests of all searches that wait at the same time go to the proposer as one batch.
    """
    running = {
        index: search_coroutine(p, proposer, strategy, budget, seed) for index, p in enumerate(problems)
    }
    waiting: dict[int, ProposalRequest] = {}
    finished: dict[int, SolutionGraph] = {}
    yielded = 0

    def advance(index: int, proposals: Iterator[Proposal] | None) -> None:
        try:
            waiting[index] = running[index].send(proposals)  # type: ignore[arg-type]
        except StopIteration as end:
            finished[index] = end.value
            del running[index]

    for index in list(running):
        advance(index, None)
    while yielded < len(problems):
        while yielded in finished:
            yield finished.pop(yielded)
            yielded += 1
        if waiting:
            requests, indices = list(waiting.values()), list(waiting)
            waiting.clear()
            for index, proposals in zip(indices, proposer.propose(requests), strict=True):
                advance(index, iter(proposals))

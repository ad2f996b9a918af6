"""The one loop of every search: propose, check, add.

The strategy says which state to go on from, the proposer what to try there, the checker what it is worth;
the graph records it all. Proposals are drawn one at a time, so a depth-first search that finds the goal
at the third try has three tries in its graph. No text is written here (DESIGN rule 1).

`searching` is the loop as a generator: it yields each state that it needs proposals for and is sent them.
So `explore` drives one search with a proposer that answers at once, and `explore_together` many, whose
states a model then sees in one batch.
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
from journey.step import Move, Verdict
from journey.store import clock
from search import strategies
from search.judge import judge, weights
from search.proposers import Asked, Proposal, Proposer
from search.strategies import Strategy

BARREN = 1_000
"""The most states that are tried to prove a dead end where the proposer does not try every move."""
ROLLOUT = 40
"""The most steps of a rollout where the budget has no depth."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one search may cost; None is no limit.

    All but `seconds` leave the result the same on any machine.
    """

    steps: int = 5_000
    """The most proposals checked."""
    nodes: int | None = None
    """The most states."""
    depth: int | None = None
    """How many steps from the start a state may lie and still be gone on from."""
    seconds: float | None = None
    """Of the clock, for this search; whatever it found by then is its graph."""
    solutions: int = 1
    """Stop after this many goals were reached; attempts that were recorded are followed to their ends."""
    astray: int = 1
    """How many steps beyond a wrong one are explored; in recorded attempts all."""


@dataclass(slots=True)
class _Place:
    """A state of the search, and what has been done from there."""

    state: State
    moves: tuple[Move, ...]
    """The way on which it was found."""
    solved: bool
    estimate: float
    astray: int
    """How many steps beyond a wrong one it can be reached, 0 if by sound steps alone."""
    open: bool = False
    """The strategy knows of it."""
    spent: bool = False
    """The proposer has no more to say here."""
    visits: int = 0
    proposals: Iterator[Proposal] | None = None
    below: list[tuple[str, bool]] = field(default_factory=list)
    """Where each step from here leads, and whether it is sound."""


Searching = Generator[Asked, Iterator[Proposal], SolutionGraph]


def searching(
    problem: Problem, proposer: Proposer, strategy: str, budget: Budget, seed: int = 0
) -> Searching:
    """One search, as a generator that yields what it asks the proposer for; it returns the graph.

    A state reached only through wrong steps is *astray*: it is explored for `budget.astray` steps, and a
    goal found there is no solution. A sound step that reaches it later puts it right.
    """
    family = families.get(problem.family)
    start = family.start(problem.givens)
    root = family.key(start)
    places: dict[str, _Place] = {}
    steps: list[tuple[str, str, dict[str, Any]]] = []
    solutions: set[str] = set()
    seen: set[tuple[str, Move]] = set()
    seconds = clock()
    if proposer.recorded:
        budget = replace(budget, solutions=sys.maxsize, astray=sys.maxsize - 1)
    guide = strategies.make(strategy)
    random = Random(f"{seed}:{problem.id}")

    def add(key: str, state: State, moves: tuple[Move, ...]) -> _Place:
        place = _Place(state, moves, family.solved(state), family.estimate(state), budget.astray + 1)
        places[key] = place
        return place

    def reach(key: str, distance: int) -> None:
        """The state can be reached `distance` steps beyond a wrong one, 0 if by sound steps alone."""
        place = places[key]
        if distance >= place.astray:
            return
        place.astray = distance
        if place.solved:
            if not distance:
                solutions.add(key)
        elif not place.open and (budget.depth is None or len(place.moves) < budget.depth):
            place.open = True
            guide.push(key, place.estimate)
        for target, good in place.below:
            reach(target, distance + 1 if distance or not good else 0)

    add(root, start, ())
    reach(root, 0)
    while len(steps) < budget.steps and len(solutions) < budget.solutions:
        if budget.seconds is not None and seconds() > budget.seconds:
            break
        if budget.nodes is not None and len(places) >= budget.nodes:
            break
        source = guide.next()
        if source is None:
            break
        here = places[source]
        if here.proposals is None:
            here.proposals = yield Asked(problem, here.state, here.moves)
        proposal = next(here.proposals, None)
        if proposal is None:
            here.spent = True
            value = 0.0
            if guide.rolls_out:
                value = yield from _rolled_out(problem, here, proposer, budget, random)
            guide.close(source, value)
            continue
        move = proposal.move
        if (source, move) in seen:
            continue
        seen.add((source, move))
        verdict, evidence = check_move(family, here.state, move)
        state = family.apply(here.state, move)
        target = family.key(state)
        there = places.get(target)
        if there is None:
            there = add(target, state, (*here.moves, move))
        elif target == source or (there.below and _leads_to(places, target, source)):
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
        good = sound(family, verdict)
        here.below.append((target, good))
        there.visits += 1
        reach(target, here.astray + 1 if here.astray or not good else 0)
        guide.stepped(source, target, good, proposal.logprob)
    return _graph(problem, root, places, steps, guide, proposer.complete)


def _leads_to(places: dict[str, _Place], source: str, target: str) -> bool:
    """Whether steps lead from one state to another."""
    seen, waiting = {source}, [source]
    while waiting:
        for key, _ in places[waiting.pop()].below:
            if key == target:
                return True
            if key not in seen:
                seen.add(key)
                waiting.append(key)
    return False


def _graph(
    problem: Problem,
    root: str,
    places: dict[str, _Place],
    steps: list[tuple[str, str, dict[str, Any]]],
    guide: Strategy,
    complete: bool,
) -> SolutionGraph:
    learned = guide.learned()
    dead = _exhausted(places) if complete else _barren(families.get(problem.family), places)
    graph = SolutionGraph(problem, root)
    for key, place in places.items():
        visits, value = learned.get(key, (place.visits, place.estimate))
        graph.graph.add_node(
            key,
            solved=place.solved,
            expanded=complete and place.spent,
            hopeless=key in dead,
            visits=visits,
            value=value,
        )
    for order, (source, target, facts) in enumerate(steps):
        graph.graph.add_edge(source, target, order, **facts)
    if any(facts["verdict"] is Verdict.UNKNOWN for _, _, facts in steps):
        judge(graph, {key for key, place in places.items() if place.spent})
    return graph


def _barren(family: Family, places: dict[str, _Place]) -> set[str]:
    """The states reached by sound steps from which trying every legal move finds no goal.

    For a proposer that does not try every legal move, the checker does, as an audit does.
    """
    return {
        key
        for key, place in places.items()
        if not place.solved and not place.astray and hopeless(family, place.state, BARREN) is True
    }


def _exhausted(places: dict[str, _Place]) -> set[str]:
    """The states from which every legal move was explored and no goal was reached."""
    dead: set[str] = set()
    settled: set[str] = set()
    for root in places:
        waiting = [root]
        while waiting:
            key = waiting[-1]
            place = places[key]
            if key not in settled:
                settled.add(key)
                if place.spent and not place.solved:
                    waiting += [target for target, good in place.below if good and target not in settled]
                continue
            waiting.pop()
            barren = all(target in dead for target, good in place.below if good)
            if barren and place.spent and not place.solved:
                dead.add(key)
    return dead


def _rolled_out(
    problem: Problem, place: _Place, proposer: Proposer, budget: Budget, random: Random
) -> Generator[Asked, Iterator[Proposal], float]:
    """Plays on from a state at random, each move checked; what MCTS values a state by.

    The moves are the family's legal ones, or where they are not all known, those that the proposer makes,
    as often as it makes them. Returns 1 if sound steps reached a goal, so an answer that is graded right;
    else 0.
    """
    family = families.get(problem.family)
    state, moves = place.state, list(place.moves)
    for _ in range(budget.depth or ROLLOUT):
        if family.solved(state):
            return 1.0
        if proposer.complete:
            legal = list(family.moves(state))
            chances = [1.0] * len(legal)
        else:
            proposals = list((yield Asked(problem, state, tuple(moves))))
            legal = [each.move for each in proposals]
            chances = weights([each.logprob for each in proposals])
        if not legal:
            return 0.0
        (move,) = random.choices(legal, chances)
        if not sound(family, check_move(family, state, move).verdict):
            return 0.0
        state = family.apply(state, move)
        moves.append(move)
    return 0.0


def explore(
    problem: Problem, proposer: Proposer, strategy: str, budget: Budget, seed: int = 0
) -> SolutionGraph:
    """The graph of one search."""
    search = searching(problem, proposer, strategy, budget, seed)
    try:
        asked = next(search)
        while True:
            asked = search.send(iter(proposer.propose((asked,))[0]))
    except StopIteration as end:
        found: SolutionGraph = end.value
        return found


def explore_together(
    problems: Sequence[Problem],
    proposer: Proposer,
    strategy: str,
    budget: Budget,
    seed: int = 0,
) -> Iterator[SolutionGraph]:
    """The graphs of many problems, in their order; what their searches ask for at a time is one batch."""
    going = {at: searching(p, proposer, strategy, budget, seed) for at, p in enumerate(problems)}
    waiting: dict[int, Asked] = {}
    done: dict[int, SolutionGraph] = {}
    given = 0

    def go_on(at: int, proposals: Iterator[Proposal] | None) -> None:
        try:
            waiting[at] = going[at].send(proposals)  # type: ignore[arg-type]
        except StopIteration as end:
            done[at] = end.value
            del going[at]

    for at in list(going):
        go_on(at, None)
    while given < len(problems):
        while given in done:
            yield done.pop(given)
            given += 1
        if waiting:
            asked, places = list(waiting.values()), list(waiting)
            waiting.clear()
            for at, proposals in zip(places, proposer.propose(asked), strict=True):
                go_on(at, iter(proposals))

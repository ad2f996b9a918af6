"""Which of the explored mistakes and dead ends a journey takes as wrong turns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from random import Random
from typing import TYPE_CHECKING

import networkx as nx

from journey import families
from journey.graph import SolutionGraph
from journey.step import Step, Verdict

if TYPE_CHECKING:
    from traces.walks import WalkSettings

Turn = list[Step]
"""The steps of a wrong turn."""


def choose_turns(graph: SolutionGraph, path: Sequence[Step], settings: WalkSettings) -> list[list[Turn]]:
    """The wrong turns at the state before each step of `path`, in the order of exploration.

    With `settings.mistaken`, the dead ends are those of the journey without mistakes, so that arms with
    different shares differ in the mistake alone (DESIGN rule 4). Where `settings` allow no further wrong
    turn, the mistake takes the place of one dead end.
    """
    random = Random(f"{settings.seed}:{graph.problem.id}")
    explored = settings if settings.mistaken is None else replace(settings, mistakes=0.0)
    turns = [_wrong_turns(graph, right_step, explored, random) for right_step in path]
    if settings.total is not None and sum(map(len, turns)) > settings.total:
        kept = {turn[0].order for turn in random.sample([*chain(*turns)], settings.total)}
        turns = [[turn for turn in here if turn[0].order in kept] for here in turns]
    if settings.mistaken is not None:
        turns = _with_one_mistake(graph, path, turns, settings, settings.mistaken)
    return turns


def _wrong_turns(
    graph: SolutionGraph, right_step: Step, settings: WalkSettings, random: Random
) -> list[Turn]:
    """The wrong turns at the state before `right_step`."""
    turns: list[Turn] = []
    for step in graph.steps_from(right_step.source):
        turn = None if step.target == right_step.target else _path_to_proof(graph, step)
        mistakes = settings.mistakes * (settings.mistakes_from in (None, step.proposer))
        kept_share = settings.dead_ends if graph.sound(step) else mistakes
        # Without a draw for what is never kept, the dead ends do not depend on the explored mistakes then.
        if turn and kept_share and (kept_share >= 1 or random.random() < kept_share):
            turns.append(turn)
    if len(turns) > settings.wrong_turns:
        turns = sorted(random.sample(turns, settings.wrong_turns), key=lambda turn: turn[0].order)
    return [_followed(graph, turn, settings.depth, random) for turn in turns]


def _followed(graph: SolutionGraph, turn: Turn, depth: int | None, random: Random) -> Turn:
    """A wrong turn, followed without branching to `depth` steps; None: until no further step exists."""
    turn = list(turn)
    while len(turn) == 1 or graph.sound(turn[-1]):
        next_steps = [step for step in graph.steps_from(turn[-1].target) if graph.sound(step)]
        if not next_steps or (depth is not None and len(turn) >= depth):
            break
        turn.append(random.choice(next_steps))
    return turn


def _with_one_mistake(
    graph: SolutionGraph, path: Sequence[Step], turns: list[list[Turn]], settings: WalkSettings, share: float
) -> list[list[Turn]]:
    """The dead ends by state, with one mistake in this share of the graphs."""
    random = Random(f"{settings.seed}:{graph.problem.id}:mistaken")
    is_mistaken = random.random() < share
    mistakes = [
        (at, step)
        for at, right_step in enumerate(path)
        for step in graph.steps_from(right_step.source)
        if step.target != right_step.target
        and not graph.sound(step)
        and settings.mistakes_from in (None, step.proposer)
    ]
    if not is_mistaken or not mistakes or 0 in (settings.wrong_turns, settings.total):
        return turns
    at, mistake = random.choice(mistakes)
    turn = _followed(graph, [mistake], settings.depth, random)
    replaceable: list[Turn] = []
    if len(turns[at]) >= settings.wrong_turns:
        replaceable = turns[at]
    elif settings.total is not None and sum(map(len, turns)) >= settings.total:
        replaceable = [*chain(*turns)]
    replaced = random.choice(replaceable) if replaceable else None
    turns = [[other for other in here if other is not replaced] for here in turns]
    turns[at] = sorted([*turns[at], turn], key=lambda turn: turn[0].order)
    return turns


def _path_to_proof(graph: SolutionGraph, step: Step) -> list[Step] | None:
    """The steps from `step` to the proof that it is a wrong turn; None if there is no proof."""
    if not graph.sound(step) or graph.state(step.target).hopeless:
        return [step]
    if Verdict.UNKNOWN not in families.get(graph.problem.family).ALLOWED_VERDICTS:
        return None
    below = {step.target, *nx.descendants(graph.valid(), step.target)}
    if any(graph.state(key).solved for key in below):
        return None
    paths = [[step]]
    for path in paths:
        for next_step in graph.steps_from(path[-1].target):
            longer = [*path, next_step]
            if not graph.sound(next_step) or graph.state(next_step.target).hopeless:
                return longer
            paths.append(longer)
    return None

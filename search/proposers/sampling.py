"""Language models as proposers: what they are given to go on from, and how what they write becomes moves.

At the start of a problem a model writes several whole outputs, and the ways they went are followed step for
step: its own wrong turns, judged by the checker, become branches of the graph. In a state where none of
them goes on it is asked for next lines. Where the model runs is the subclass's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, log
from typing import NamedTuple

from journey import families
from journey.errors import MoveError
from journey.families import READ
from journey.problem import Problem
from journey.step import Move
from search.proposers import Asked, Proposal
from search.proposers.replay import next_steps

MAX_LINE = 1_000
"""Characters of a line; what is longer is no step."""
INSTRUCTION = (
    "Solve the problem step by step, one step a line. Write each calculation as an equation, and end with "
    "the final answer in \\boxed{}."
)

Ways = Callable[[Problem, str], list[tuple[Move, ...]]]
"""Reads a whole output as the ways its writer went, each as its moves from the start."""
Written = tuple[str, float | None]
"""A text, and the natural logarithm of its probability where it is known."""


class Wanted(NamedTuple):
    """What a model is to go on from."""

    question: str
    """The problem: for the style `terse` its one line, for prose the problem and what to do."""
    lines: str
    """The steps so far, a line each, with a newline after the last."""
    whole: bool
    """To the end; else one line."""


class Sampling:
    """Proposes what a language model writes.

    Args:
        ways: how a whole output is read; without it the model is only asked for next lines.
    """

    name = "sampling"
    complete = False

    def __init__(self, ways: Ways | None) -> None:
        self.ways = ways
        self.attempts: dict[str, list[tuple[Move, ...]]] = {}
        """Of each problem that was begun: the ways its outputs went."""

    def write(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        """What the model writes next, several times for each."""
        raise NotImplementedError

    def propose(self, asked: Sequence[Asked]) -> list[list[Proposal]]:
        """What the model's outputs do in each state, or where they do nothing, the next lines it writes."""
        new = {each.problem.id: each for each in asked if each.problem.id not in self.attempts}
        if self.ways is not None and new:
            starts = [wanted(Asked(each.problem, each.state, ()), whole=True) for each in new.values()]
            for each, texts in zip(new.values(), self.write(starts), strict=True):
                found = [way for text, _ in texts for way in self.ways(each.problem, text)]
                self.attempts[each.problem.id] = found
        known = [next_steps(self.attempts.get(each.problem.id, ()), each.moves) for each in asked]
        silent = [each for each, found in zip(asked, known, strict=True) if not found]
        lines = iter(self.write([wanted(each, whole=False) for each in silent]) if silent else ())
        return [found or proposals(each, next(lines)) for each, found in zip(asked, known, strict=True)]


def wanted(asked: Asked, whole: bool) -> Wanted:
    r"""What a model is given in a state.

    >>> from journey.problem import draw
    >>> problem = draw(families.get("factoring"), 0, "train", 0, [1])
    >>> state = families.get("factoring").start(problem.givens)
    >>> wanted(Asked(problem, state, ()), whole=True).question.endswith("\n")
    True
    """
    family = families.get(asked.problem.family)
    question = family.prompt(asked.problem.givens) + "\n"
    if family.NAME in READ:
        question = f"{asked.problem.statement}\n\n{INSTRUCTION}"
    state = family.start(asked.problem.givens)
    lines = ""
    for move in asked.moves:
        lines += family.write(state, move) + "\n"
        state = family.apply(state, move)
    return Wanted(question, lines, whole)


def proposals(asked: Asked, written: Iterable[Written]) -> list[Proposal]:
    """The moves that the first lines of some texts say, likeliest first, each once."""
    family = families.get(asked.problem.family)
    found: dict[Move, float | None] = {}
    for text, logprob in written:
        line = next((line.rstrip() for line in text.split("\n") if line.strip()), "")
        try:
            if len(line) > MAX_LINE:
                continue
            move = family.read(asked.state, line)
            family.claims(asked.state, move)
        except MoveError:
            continue
        known = found.get(move)
        both = known is not None and logprob is not None and known != logprob
        # Two ways of writing one move: their probabilities add up.
        found[move] = log(exp(known) + exp(logprob)) if both else logprob  # type: ignore[arg-type]
    ranked = sorted(found.items(), key=lambda pair: -(pair[1] or 0.0))
    return [Proposal(move, logprob=logprob) for move, logprob in ranked]

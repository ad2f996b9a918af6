"""Language models as proposers: what they are given to go on from, and how what they write becomes moves.

Asked for `whole` outputs, a model writes several at the start of a problem, and the ways they went are
followed step for step: its own wrong turns, judged by the checker, become branches of the graph. Asked
for `lines`, it writes several next lines in each state that the strategy goes on from. Where the model
runs is the subclass's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import exp, log1p
from typing import NamedTuple

from journey import families
from journey.errors import MoveError
from journey.families import READ, State
from journey.problem import Problem
from journey.step import Move
from search.proposers import Asked, Proposal
from search.proposers.replay import Attempts, Taken

MAX_LINE = 1_000
"""Characters of a line; what is longer is no step."""
INSTRUCTION = (
    "Solve the problem step by step, one step a line. Write each calculation as an equation, and end with "
    "the final answer in \\boxed{}."
)

Read = Callable[[Problem, str], list[tuple[State, Move]]]
"""Reads a whole output as the steps it takes, each with the state it is taken in."""
Question = Callable[[Problem], str]
"""What a model is asked about a problem."""
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
        read: how a whole output is read; without it the model is asked for next lines.
        question: what is asked for a whole output, if not the family's one line. Problems from files have
            a question of their own.
    """

    name = "sampling"
    complete = False

    def __init__(self, read: Read | None, question: Question | None = None) -> None:
        self.read, self.question = read, question
        self.recorded = read is not None
        self.attempts: dict[str, Attempts] = {}
        """At each problem that was begun."""

    def write(self, wanted: Sequence[Wanted]) -> list[list[Written]]:
        """What the model writes next, several times for each."""
        raise NotImplementedError

    def propose(self, asked: Sequence[Asked]) -> list[list[Proposal]]:
        """What the model's outputs do in each state, or the next lines that it writes there."""
        if self.read is None:
            return self._lines(asked)
        new = {each.problem.id: each.problem for each in asked if each.problem.id not in self.attempts}
        if new:
            for problem, texts in zip(
                new.values(), self.write(list(map(self._begun, new.values()))), strict=True
            ):
                steps = (Taken(*step) for text, _ in texts for step in self.read(problem, text))
                self.attempts[problem.id] = Attempts(problem, steps)
        return [self.attempts[each.problem.id].next(each.state) for each in asked]

    def _begun(self, problem: Problem) -> Wanted:
        found = wanted(Asked(problem, families.get(problem.family).start(problem.givens), ()), whole=True)
        if self.question is None or problem.family in READ:
            return found
        return found._replace(question=self.question(problem))

    def _lines(self, asked: Sequence[Asked]) -> list[list[Proposal]]:
        found: list[list[Proposal]] = [[] for _ in asked]
        open_ = [at for at, each in enumerate(asked) if not _at_its_end(each)]
        if open_:
            texts = self.write([wanted(asked[at], whole=False) for at in open_])
            for at, written in zip(open_, texts, strict=True):
                found[at] = proposals(asked[at], written)
        return found


def _at_its_end(asked: Asked) -> bool:
    """Whether no legal move is left: nobody pays for a line there that could only be wrong."""
    family = families.get(asked.problem.family)
    try:
        return next(iter(family.moves(asked.state)), None) is None
    except MoveError:
        return False


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
        found[move] = _sum(known, logprob) if both else logprob  # type: ignore[arg-type]
    ranked = sorted(found.items(), key=lambda pair: -(pair[1] or 0.0))
    return [Proposal(move, logprob=logprob) for move, logprob in ranked]


def _sum(first: float, second: float) -> float:
    """The logarithm of the sum of two probabilities, which may be too small for a float.

    >>> _sum(-9999.0, -9998.0) > -9998.0
    True
    """
    return max(first, second) + log1p(exp(-abs(first - second)))


def whole_lines(text: str) -> str:
    r"""A text that was cut short, without the line that it was cut in: half a line is no step.

    >>> whole_lines("She has 3+8 = 11 pens.\nThe answer is 1")
    'She has 3+8 = 11 pens.\n'
    """
    return text[: text.rfind("\n") + 1]

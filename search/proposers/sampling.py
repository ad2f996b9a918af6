"""Language models as proposers: their prompts, and how their outputs become moves.

There are two modes. With full solutions, the model writes several solutions at the start of a problem, and
the search follows their steps: the checker judges the model's own wrong turns, which become branches of the
graph. With next lines, the model writes several next lines in each state that the strategy expands.
Subclasses run the model.
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
from search.proposers import Proposal, ProposalRequest
from search.proposers.replay import Attempts, RecordedStep

MAX_LINE = 1_000
"""Characters in a line; a longer line is not a step."""
INSTRUCTION = (
    "Solve the problem step by step, one step a line. Write each calculation as an equation, and end with "
    "the final answer in \\boxed{}."
)

StepReader = Callable[[Problem, str], list[tuple[State, Move]]]
"""Reads the steps of a complete output, each with the state before it."""
QuestionWriter = Callable[[Problem], str]
"""Writes the question that a model gets about a problem."""
Completion = tuple[str, float | None]
"""A text and the natural logarithm of its probability, None if unknown."""


class Prompt(NamedTuple):
    """The prompt of one request to a model."""

    question: str
    """The problem as one line (style `terse`), or the problem in prose with instructions."""
    lines: str
    """The steps so far, one per line, each line ending in a newline."""
    to_end: bool
    """Whether the model writes to the end of the solution; otherwise one line."""


class SamplingProposer:
    """Proposes the steps that a language model writes.

    Args:
        read: reads the steps of a complete output. None: the model writes next lines.
        question: writes the question for a complete output; None uses the family's own prompt. Problems read
            from files always use their own question.
    """

    name = "sampling"
    complete = False

    def __init__(self, read: StepReader | None, question: QuestionWriter | None = None) -> None:
        self.read, self.question = read, question
        self.recorded = read is not None
        self.attempts: dict[str, Attempts] = {}
        """By problem id, for the problems seen so far."""

    def generate(self, prompts: Sequence[Prompt]) -> list[list[Completion]]:
        """Returns several outputs of the model for each prompt."""
        raise NotImplementedError

    def propose(self, requests: Sequence[ProposalRequest]) -> list[list[Proposal]]:
        """Returns the next steps of the model's solutions in each state, or newly written next lines."""
        if self.read is None:
            return self._next_lines(requests)
        new_problems = {
            request.problem.id: request.problem
            for request in requests
            if request.problem.id not in self.attempts
        }
        if new_problems:
            for problem, outputs in zip(
                new_problems.values(),
                self.generate(list(map(self._initial_prompt, new_problems.values()))),
                strict=True,
            ):
                steps = (RecordedStep(*step) for text, _ in outputs for step in self.read(problem, text))
                self.attempts[problem.id] = Attempts(problem, steps)
        return [self.attempts[request.problem.id].proposals(request.state) for request in requests]

    def _initial_prompt(self, problem: Problem) -> Prompt:
        prompt = make_prompt(
            ProposalRequest(problem, families.get(problem.family).start(problem.givens), ()), to_end=True
        )
        if self.question is None or problem.family in READ:
            return prompt
        return prompt._replace(question=self.question(problem))

    def _next_lines(self, requests: Sequence[ProposalRequest]) -> list[list[Proposal]]:
        results: list[list[Proposal]] = [[] for _ in requests]
        open_indices = [index for index, request in enumerate(requests) if not _is_terminal(request)]
        if open_indices:
            outputs = self.generate([make_prompt(requests[index], to_end=False) for index in open_indices])
            for index, lines in zip(open_indices, outputs, strict=True):
                results[index] = proposals(requests[index], lines)
        return results


def _is_terminal(request: ProposalRequest) -> bool:
    """Whether the state has no legal move: a line sampled there could only be wrong."""
    family = families.get(request.problem.family)
    try:
        return next(iter(family.moves(request.state)), None) is None
    except MoveError:
        return False


def make_prompt(request: ProposalRequest, to_end: bool) -> Prompt:
    r"""Builds the prompt of a model for one state.

    >>> from journey.problem import draw
    >>> problem = draw(families.get("factoring"), 0, "train", 0, [1])
    >>> state = families.get("factoring").start(problem.givens)
    >>> make_prompt(ProposalRequest(problem, state, ()), to_end=True).question.endswith("\n")
    True
    """
    family = families.get(request.problem.family)
    question = family.prompt(request.problem.givens) + "\n"
    if family.NAME in READ:
        question = f"{request.problem.statement}\n\n{INSTRUCTION}"
    state = family.start(request.problem.givens)
    lines = ""
    for move in request.moves:
        lines += family.write(state, move) + "\n"
        state = family.apply(state, move)
    return Prompt(question, lines, to_end)


def proposals(request: ProposalRequest, outputs: Iterable[Completion]) -> list[Proposal]:
    """Parses the first line of each output as a move; returns each move once, the most likely first."""
    family = families.get(request.problem.family)
    logprobs: dict[Move, float | None] = {}
    for text, logprob in outputs:
        line = next((line.rstrip() for line in text.split("\n") if line.strip()), "")
        try:
            if len(line) > MAX_LINE:
                continue
            move = family.read(request.state, line)
            family.claims(request.state, move)
        except MoveError:
            continue
        earlier = logprobs.get(move)
        add_up = earlier is not None and logprob is not None and earlier != logprob
        # Two spellings of one move: their probabilities add up.
        logprobs[move] = _log_sum(earlier, logprob) if add_up else logprob  # type: ignore[arg-type]
    ranked = sorted(logprobs.items(), key=lambda pair: -(pair[1] or 0.0))
    return [Proposal(move, logprob=logprob) for move, logprob in ranked]


def _log_sum(first: float, second: float) -> float:
    """Log of the sum of two probabilities given as logs, stable where they underflow.

    >>> _log_sum(-9999.0, -9998.0) > -9998.0
    True
    """
    return max(first, second) + log1p(exp(-abs(first - second)))


def complete_lines(text: str) -> str:
    r"""Removes the unfinished last line of a text that was cut short.

    >>> complete_lines("She has 3+8 = 11 pens.\nThe answer is 1")
    'She has 3+8 = 11 pens.\n'
    """
    return text[: text.rfind("\n") + 1]

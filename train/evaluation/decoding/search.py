"""Step-level search with the checker in the loop: beam and best-first, line by line.

A node is an output that was begun, whole lines of it. To go on from it the model is asked for several next
lines at once. The checker reads each where it stands (`traces.audit.Auditor`): a line that says nothing, a
wrong step, a notice or a verification that is not proved, and a conclusion that can be seen to be wrong are
rejected. What is left is scored by the mean log-probability of its tokens. So a wrong step is never gone on
from, while a dead end is: leaving it is the search's business, or the model's own.

A conclusion that verifies from the problem alone (`decoding.answers.verified`) ends the search. Where none
can be verified, the likeliest finished output is the answer.

All problems are searched at the same time, so that each round is one large batch. Which line is drawn
depends on the seed, the problem, the lines before it and how often they were gone on from, and on nothing
else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from journey.families import READ
from journey.problem import Problem
from traces.audit import AuditedLine, Auditor
from traces.text import answer_in, prompt
from train.evaluation.decoding.answers import Answer, verified
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.writer import Writer
from train.evaluation.scoring import grade


class Limits(NamedTuple):
    """How far a search goes."""

    width: int = 4
    """Nodes that are gone on from in a round."""
    branch: int = 4
    """Lines drawn from each."""
    longest: int = 256
    """Tokens of one output."""
    line: int = 64
    """Tokens of one line; one that is longer is rejected."""


@dataclass(slots=True)
class _Node:
    auditor: Auditor
    ids: tuple[int, ...] = ()
    text: str = ""
    logprob: float = 0.0

    @property
    def score(self) -> float:
        return self.logprob / max(1, len(self.ids))


@dataclass(slots=True)
class _Search:
    """The search for one problem's answer."""

    problem: Problem
    root: _Node
    open: list[_Node]
    spent: int = 0
    over: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    """By text, how often it was gone on from."""
    found: list[tuple[int, float, str]] = field(default_factory=list)
    """Finished outputs: the tokens spent when each was there, its score, its text."""


Next = Callable[[_Search, list[_Node], Limits], None]
"""Decides what is open after a round, given the children that it brought."""


def beam(search: _Search, children: list[_Node], limits: Limits) -> None:
    """The `width` best children stay, and nothing else (step-level beam search, Xie et al. 2023).

    Where none is left, the search begins anew.
    """
    search.open = sorted(children, key=_best)[: limits.width] or [search.root]


def tree(search: _Search, children: list[_Node], limits: Limits) -> None:
    """Every child stays open, and so do their parents: a tree of thoughts (Yao et al. 2023), best first.

    In each round the `width` best are gone on from, first those that never were.
    """
    known = {node.text for node in search.open}
    every = [*search.open, *(node for node in children if node.text not in known)]
    search.open = sorted(every, key=lambda node: (search.asked[node.text], *_best(node)))


METHODS: dict[str, Next] = {"beam": beam, "tree": tree}


def searched(
    method: str,
    writer: Writer,
    problems: Sequence[Problem],
    budgets: Sequence[int],
    limits: Limits,
    *,
    temperature: float = 1.0,
    seed: int = 0,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """The answers of a method to some problems within each of these numbers of generated tokens.

    One search up to the largest tells them all: what it had found by then is what a smaller one finds.
    """
    searches = [_begun(problem, style) for problem in problems]
    starts = [writer.question(prompt(problem, style)) for problem in problems]
    most = max(budgets)
    while True:
        asked = [
            (at, node)
            for at, search in enumerate(searches)
            if not search.over
            for node in search.open[: limits.width]
        ]
        if not asked:
            break
        jobs = [job for at, node in asked for job in _jobs(searches[at], starts[at], node, limits, most)]
        outputs = iter(writer.write(jobs, temperature=temperature, seed=seed, lines=True))
        grown: dict[int, list[_Node]] = {}
        for at, node in asked:
            children = grown.setdefault(at, [])
            drawn = [next(outputs) for _ in range(limits.branch)]
            searches[at].asked[node.text] += 1
            children += _children(searches[at], node, drawn, writer, style)
        for at, children in grown.items():
            _close(searches[at], children, METHODS[method], limits, most)
            on_progress(int(searches[at].over))
    return [_answer(search, method, budget, style) for budget in budgets for search in searches]


def _begun(problem: Problem, style: str) -> _Search:
    root = _Node(Auditor(problem, style))
    return _Search(problem, root, [root])


def _best(node: _Node) -> tuple[float, str]:
    return (-node.score, node.text)


def _jobs(search: _Search, start: tuple[int, ...], node: _Node, limits: Limits, most: int) -> list[Job]:
    cap = max(1, min(limits.line, limits.longest - len(node.ids), most))
    first = search.asked[node.text] * limits.branch
    names = [f"{search.problem.id}:{node.text}:{copy}" for copy in range(first, first + limits.branch)]
    return [Job((*start, *node.ids), name, cap) for name in names]


def _children(
    search: _Search, node: _Node, drawn: Sequence[Output], writer: Writer, style: str
) -> list[_Node]:
    """The nodes that the drawn lines lead to, each once; finished outputs are noted."""
    search.spent += sum(len(output.ids) for output in drawn)
    children: dict[str, _Node] = {}
    for output in drawn:
        line = writer.decode(output.ids)
        row = line.rstrip("\n")
        if not output.stopped or line in children:
            continue
        ended = writer.ended(output)
        auditor = node.auditor.copy()
        entry = auditor.read(row)
        said = answer_in(search.problem, row, style)
        if said is not None:
            proved = verified(search.problem, said)
            if proved is not False:
                score = (node.logprob + sum(output.logprobs)) / (len(node.ids) + len(output.ids))
                search.found.append((0, score, node.text + row))
                search.over = search.over or proved is True
        elif _stands(entry) and not ended:
            logprob = node.logprob + sum(output.logprobs)
            children[line] = _Node(auditor, (*node.ids, *output.ids), node.text + line, logprob)
    return list(children.values())


def _stands(line: AuditedLine) -> bool:
    """Whether the checker lets a line be gone on from."""
    return line.says != "unparsed" and line.sound and line.right is not False


def _close(search: _Search, children: list[_Node], method: Next, limits: Limits, most: int) -> None:
    """Ends a round: what was found in it was there once all of it was paid for."""
    search.found = [(spent or search.spent, score, text) for spent, score, text in search.found]
    kept = [node for node in children if len(node.ids) < limits.longest]
    method(search, kept, limits)
    full = search.problem.family in READ and len(search.found) >= limits.width
    search.over = search.over or search.spent >= most or full


def _answer(search: _Search, method: str, budget: int, style: str) -> Answer:
    """The likeliest of the outputs found within a budget. Those that can be verified end the search."""
    found = [(score, text) for spent, score, text in search.found if spent <= budget]
    text = max(found)[1] if found else ""
    right, _ = grade(search.problem, text, bool(found), style)
    return Answer(search.problem.id, method, budget, text, min(search.spent, budget), right)

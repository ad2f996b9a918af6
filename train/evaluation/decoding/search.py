"""Step-level search with the checker in the loop: beam and best-first, line by line.

A node is the beginning of an output, in complete lines. To expand it the model samples several next lines at
once. The checker reads each in its place (`traces.audit.Auditor`). It rejects unreadable lines, wrong steps,
unproved notices and verifications, and conclusions that the problem refutes. The other nodes are scored by
the mean log-probability of their tokens. So a wrong step is never expanded. A dead end is: leaving it is up
to the search, or to the model.

A conclusion that the problem alone verifies (`decoding.answers.verified`) ends the search. If none can be
verified, the likeliest finished output is the answer.

All problems are searched at the same time, so that each round is one large batch. A sampled line depends only
on the seed, the problem, the lines before it and how often they were expanded.
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
from train.evaluation.decoding.generators import Generator
from train.evaluation.scoring import grade


class Limits(NamedTuple):
    """The limits of a search."""

    width: int = 4
    """Nodes that are expanded in a round."""
    branch: int = 4
    """Lines sampled from each."""
    longest: int = 256
    """Tokens of one output."""
    line: int = 64
    """Tokens of one line. A longer line is rejected."""


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
    cost: int = 0
    """Tokens generated so far."""
    over: bool = False
    expanded: Counter[str] = field(default_factory=Counter)
    """By text: how often its node was expanded."""
    finished: list[tuple[int, float, str]] = field(default_factory=list)
    """Finished outputs: the cost of the search by then, the score, the text."""


SelectNodes = Callable[[_Search, list[_Node], Limits], None]
"""Chooses the open nodes after a round, given its children."""


def beam(search: _Search, children: list[_Node], limits: Limits) -> None:
    """Keeps only the `width` best children (step-level beam search, Xie et al. 2023).

    Without children the search starts again from the root.
    """
    search.open = sorted(children, key=_best)[: limits.width] or [search.root]


def tree(search: _Search, children: list[_Node], limits: Limits) -> None:
    """Keeps all children and their parents: a tree of thoughts (Yao et al. 2023), best first.

    Each round expands the `width` best nodes, first those that were never expanded.
    """
    texts = {node.text for node in search.open}
    every = [*search.open, *(node for node in children if node.text not in texts)]
    search.open = sorted(every, key=lambda node: (search.expanded[node.text], *_best(node)))


METHODS: dict[str, SelectNodes] = {"beam": beam, "tree": tree}


def search_answers(
    method: str,
    generator: Generator,
    problems: Sequence[Problem],
    budgets: Sequence[int],
    limits: Limits,
    *,
    temperature: float = 1.0,
    seed: int = 0,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """The answers of a method within each budget of generated tokens.

    One search up to the largest budget gives them all, because a smaller one would end on its way.
    """
    searches = [_start_search(problem, style) for problem in problems]
    starts = [generator.encode_prompt(prompt(problem, style)) for problem in problems]
    most = max(budgets)
    while True:
        to_expand = [
            (at, node)
            for at, search in enumerate(searches)
            if not search.over
            for node in search.open[: limits.width]
        ]
        if not to_expand:
            break
        jobs = [job for at, node in to_expand for job in _jobs(searches[at], starts[at], node, limits, most)]
        outputs = iter(generator.generate(jobs, temperature=temperature, seed=seed, lines=True))
        by_search: dict[int, list[_Node]] = {}
        for at, node in to_expand:
            children = by_search.setdefault(at, [])
            lines = [next(outputs) for _ in range(limits.branch)]
            searches[at].expanded[node.text] += 1
            children += _children(searches[at], node, lines, generator, style)
        for at, children in by_search.items():
            _close(searches[at], children, METHODS[method], limits, most)
            on_progress(int(searches[at].over))
    return [_answer(search, method, budget, style) for budget in budgets for search in searches]


def _start_search(problem: Problem, style: str) -> _Search:
    root = _Node(Auditor(problem, style))
    return _Search(problem, root, [root])


def _best(node: _Node) -> tuple[float, str]:
    return (-node.score, node.text)


def _jobs(search: _Search, start: tuple[int, ...], node: _Node, limits: Limits, most: int) -> list[Job]:
    cap = max(1, min(limits.line, limits.longest - len(node.ids), most))
    first = search.expanded[node.text] * limits.branch
    names = [f"{search.problem.id}:{node.text}:{copy}" for copy in range(first, first + limits.branch)]
    return [Job((*start, *node.ids), name, cap) for name in names]


def _children(
    search: _Search, node: _Node, lines: Sequence[Output], generator: Generator, style: str
) -> list[_Node]:
    """The nodes of the sampled lines, each once. Finished outputs are added to the search."""
    search.cost += sum(len(output.ids) for output in lines)
    children: dict[str, _Node] = {}
    for output in lines:
        line = generator.decode(output.ids)
        row = line.rstrip("\n")
        if not output.stopped or line in children:
            continue
        ended = generator.ended(output)
        auditor = node.auditor.copy()
        entry = auditor.read(row)
        answer = answer_in(search.problem, row, style)
        if answer is not None:
            proved = verified(search.problem, answer)
            if proved is not False:
                score = (node.logprob + sum(output.logprobs)) / (len(node.ids) + len(output.ids))
                search.finished.append((0, score, node.text + row))
                search.over = search.over or proved is True
        elif _is_accepted(entry) and not ended:
            logprob = node.logprob + sum(output.logprobs)
            children[line] = _Node(auditor, (*node.ids, *output.ids), node.text + line, logprob)
    return list(children.values())


def _is_accepted(line: AuditedLine) -> bool:
    """Whether the checker accepts a line."""
    return line.says != "unparsed" and line.sound and line.right is not False


def _close(search: _Search, children: list[_Node], select: SelectNodes, limits: Limits, most: int) -> None:
    """Ends a round. Its finished outputs count as found at the cost of the full round."""
    search.finished = [(cost or search.cost, score, text) for cost, score, text in search.finished]
    kept = [node for node in children if len(node.ids) < limits.longest]
    select(search, kept, limits)
    full = search.problem.family in READ and len(search.finished) >= limits.width
    search.over = search.over or search.cost >= most or full


def _answer(search: _Search, method: str, budget: int, style: str) -> Answer:
    """The likeliest finished output within a budget; one that was verified has ended the search."""
    affordable = [(score, text) for cost, score, text in search.finished if cost <= budget]
    text = max(affordable)[1] if affordable else ""
    correct, _ = grade(search.problem, text, bool(affordable), style)
    return Answer(search.problem.id, method, budget, text, min(search.cost, budget), correct)

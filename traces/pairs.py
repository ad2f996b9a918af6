"""Preference pairs: one prompt, two continuations, and the verdicts that prove which is right.

| kind | prompt ends | chosen | rejected |
|---|---|---|---|
| step | at a branch of the graph | the right step | a wrong step from the same state |
| recover | after a wrong step | noticing it, with its proof | continuing as if it were right |
| answer | with the problem | the full trace | a trace with a wrong step and a wrong answer |
| pivotal_step | where a model's success rate jumps | a step that raises it | a step that lowers it |
| pivotal_token | the same, in a line | a token that raises it | a token that lowers it |
| random_step, random_token | anywhere in a model's solution | the one with the higher rate | the other |

In `step` and `recover` pairs both sides share all text before the step, and neither ends the solution. So the
pair is about that step alone (Step-DPO, Lai et al. 2024, section 3). `answer` pairs are the usual DPO data
for reasoning: full solutions, right over wrong (Rafailov et al. 2023). The prefix is a trace of the arm's own
kind.

A pair is stored with its problem. So `proved` can check from the text alone that the chosen side has no fault
and the rejected side has one. This does not hold for the kinds in `SEARCHED`, where the
success rates of a model choose the sides (`train.pipeline.pivotal`).
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from journey.check import hopeless
from journey.errors import MoveError
from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.step import Evidence, Move, Step, Verdict
from traces.audit import audit
from traces.text import prompt, read_line, rendered_lines
from traces.text import render_line as line_of
from traces.trace import Back, Conclude, Event, Notice, Take, Trace, Walk

MAX_CARRIED_ON_STATES = 200
"""State limit of the search for a wrong answer after a wrong step."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two continuations of one prompt."""

    id: str
    """The problem's id."""
    kind: str
    """A key of `PAIRS`, or one of `SEARCHED`."""
    trace: str
    """The kind of trace that the prompt is a prefix of."""
    prompt: str
    chosen: str
    rejected: str
    chosen_verdict: Verdict
    rejected_verdict: Verdict
    evidence: str
    """The proof that the rejected side is wrong; in `SEARCHED` kinds, the success rates."""
    mistake: str | None = None
    problem: Problem | None = None
    dead_end: bool = False
    """Whether the rejected side is a valid step into a dead end."""
    style: str = "terse"
    """The style of all three texts."""
    ids: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None = None
    """The tokens of prompt, chosen and rejected, if those of their texts could be others."""

    @property
    def ends(self) -> bool:
        """Whether both sides continue to the end of the solution."""
        return self.kind == "answer"


class LineWriter(NamedTuple):
    """Renders lines in one style, with the wordings of one seed."""

    style: str
    seed: int

    def __call__(self, walk: Walk, *events: Event) -> str:
        """Renders these events as one line at the current state of `walk`."""
        return line_of(walk, *events, style=self.style, seed=self.seed)


def invalid_reason(pair: Pair) -> str | None:
    r"""Why a pair teaches nothing: equal verdicts, equal sides, or one side extends the other; else None.

    >>> same = Pair("", "step", "", "", "y=1\n", "y=1\n", Verdict.VALID, Verdict.WRONG, "")
    >>> invalid_reason(same)
    'both sides are equal'
    """
    if pair.chosen_verdict is pair.rejected_verdict and not pair.dead_end:
        return f"both sides are {pair.chosen_verdict}"
    chosen, rejected = (" ".join(side.split()) for side in (pair.chosen, pair.rejected))
    if chosen == rejected:
        return "both sides are equal"
    if chosen.startswith(rejected) or rejected.startswith(chosen):
        return "one side extends the other"
    return None


def proved(pair: Pair) -> bool:
    """Whether an audit finds no fault in the chosen side and a fault in the rejected side."""
    if pair.problem is None or invalid_reason(pair):
        return False
    style = pair.style
    prefix = pair.prompt.removeprefix(prompt(pair.problem, style))
    right, wrong = ((prefix + side).removesuffix("\n") for side in (pair.chosen, pair.rejected))
    dead_ends = [pair.dead_end and dead_end_proof(pair.problem, side, style) for side in (right, wrong)]
    if audit(pair.problem, right, style).faults or dead_ends[0]:
        return False
    return bool(audit(pair.problem, wrong, style).faults or dead_ends[1])


def dead_end_proof(problem: Problem, text: str, style: str = "terse") -> Evidence | None:
    """The proof that a text ends in a dead end; None if a goal may be reachable."""
    walk = Walk(problem)
    for row in text.split("\n"):
        read_line(walk, row, style)
    dead = hopeless(walk.family, walk.here.state) is True
    return walk.family.dead_end_evidence(walk.here.state) if dead else None


def step_pair(graph: SolutionGraph, trace: Trace, seed: int, style: str = "terse") -> Pair | None:
    """Prefers a right step over a wrong one at a branch of the trace; None if it has no branch."""
    write_line = LineWriter(style, seed)
    branches = _branches(graph, trace, write_line)
    if not branches:
        return None
    before, walk, right, wrong = Random(f"{seed}:{graph.problem.id}:step").choice(branches)
    chosen, rejected = write_line(walk, Take(right.move)), write_line(walk, Take(wrong.move))
    return _pair("step", graph, trace, wrong, style, before=before, chosen=chosen, rejected=rejected)


def recover_pair(graph: SolutionGraph, trace: Trace, seed: int, style: str = "terse") -> Pair | None:
    """Prefers noticing a wrong step over continuing, at a branch of the trace; None if it has none."""
    write_line = LineWriter(style, seed)
    branches = _branches(graph, trace, write_line)
    for before, walk, _, wrong in Random(f"{seed}:{graph.problem.id}:recover").sample(
        branches, len(branches)
    ):
        source = walk.here.key
        before += write_line(walk, Take(wrong.move)) + "\n"
        walk.take(wrong.move)
        next_move = _next_move(graph, walk)
        if next_move is not None:
            rejected = write_line(walk, Take(next_move))
        elif walk.family.solved(walk.here.state):
            rejected = write_line(walk, Conclude(walk.family.answer(graph.problem.givens, walk.moves())))
        else:
            # Someone who believed the step would call this state a dead end. That line is wrong here but
            # right almost everywhere else: rejecting it teaches the model to doubt dead ends
            # (docs/results.md).
            continue
        chosen = write_line(walk, Notice(walk.proof(len(walk.path) - 1)), Back(source))
        return _pair("recover", graph, trace, wrong, style, before=before, chosen=chosen, rejected=rejected)
    return None


def answer_pair(graph: SolutionGraph, trace: Trace, seed: int, style: str = "terse") -> Pair | None:
    """Prefers the trace over one with a wrong step and a wrong answer; None if no branch leads to one."""
    write_line = LineWriter(style, seed)
    branches = _branches(graph, trace, write_line)
    start = prompt(graph.problem, style)
    for before, walk, _, wrong in Random(f"{seed}:{graph.problem.id}:answer").sample(branches, len(branches)):
        wrong_lines = _carry_on(graph, walk, wrong, write_line)
        if wrong_lines is not None:
            rejected = before.removeprefix(start) + "".join(f"{line}\n" for line in wrong_lines)
            solution = "".join(f"{line}\n" for _, _, line in rendered_lines(trace, style, seed))
            return _pair(
                "answer",
                graph,
                trace,
                wrong,
                style,
                before=start,
                chosen=solution[:-1],
                rejected=rejected[:-1],
            )
    return None


def _carry_on(graph: SolutionGraph, walk: Walk, wrong: Step, write_line: LineWriter) -> list[str] | None:
    """The lines from a wrong step, by legal moves, to a wrong answer; None if no wrong answer is reached."""
    first = write_line(walk, Take(wrong.move))
    walk.take(wrong.move)
    stack: list[tuple[Walk, list[str]]] = [(walk, [first])]
    for _ in range(MAX_CARRIED_ON_STATES):
        if not stack:
            return None
        reader, lines = stack.pop()
        if reader.family.solved(reader.here.state):
            answer = reader.family.answer(graph.problem.givens, reader.moves())
            if reader.family.grade(graph.problem.givens, answer):
                return [*lines, write_line(reader, Conclude(answer))]
            continue
        for move in reversed(_legal_moves(graph, reader)):
            next_reader = reader.copy()
            next_reader.take(move)
            stack.append((next_reader, [*lines, write_line(reader, Take(move))]))
    return None


def _legal_moves(graph: SolutionGraph, walk: Walk) -> list[Move]:
    """The sound moves from the current state: all legal moves, or the explored ones if they are unknown."""
    try:
        return list(walk.family.moves(walk.here.state))
    except MoveError:
        return [step.move for step in graph.steps_from(walk.here.key) if graph.sound(step)]


def _next_move(graph: SolutionGraph, walk: Walk) -> Move | None:
    """A plausible next move at the current state: an explored sound step, else any legal move."""
    explored = (step.move for step in graph.steps_from(walk.here.key) if graph.sound(step))
    try:
        return next(explored, None) or next(iter(walk.family.moves(walk.here.state)), None)
    except MoveError:
        return None


def _pair(
    kind: str,
    graph: SolutionGraph,
    trace: Trace,
    wrong: Step,
    style: str,
    *,
    before: str,
    chosen: str,
    rejected: str,
) -> Pair | None:
    evidence = wrong.evidence or Evidence("unverified", (str(wrong.verdict),))
    end = "" if kind == "answer" else "\n"
    pair = Pair(
        id=graph.problem.id,
        kind=kind,
        trace=trace.kind,
        prompt=before,
        chosen=chosen + end,
        rejected=rejected + end,
        chosen_verdict=Verdict.VALID,
        rejected_verdict=wrong.verdict,
        evidence=str(evidence),
        mistake=wrong.mistake,
        problem=graph.problem,
        style=style,
    )
    return None if invalid_reason(pair) else pair


PIVOTAL, RANDOM = ("pivotal_step", "pivotal_token"), ("random_step", "random_token")
SEARCHED = (*PIVOTAL, *RANDOM)
"""The kinds that a pivotal search makes of a model's solutions."""
PAIRS = {"step": step_pair, "recover": recover_pair, "answer": answer_pair}


def _branches(
    graph: SolutionGraph, trace: Trace, write_line: LineWriter
) -> list[tuple[str, Walk, Step, Step]]:
    """Where the trace takes a sound step and the graph has a wrong one: text before, walk, both steps.

    The wrong step is one that differs from the right step only in its result, if there is one. Otherwise it
    is the wrong step that was explored nearest to the right one.
    """
    branches: list[tuple[str, Walk, Step, Step]] = []
    before = prompt(graph.problem, write_line.style)
    for walk, (event, *_), line in rendered_lines(trace, write_line.style, write_line.seed):
        if isinstance(event, Take):
            siblings = graph.steps_from(walk.here.key)
            right = next((s for s in siblings if s.move == event.move and graph.sound(s)), None)
            wrong = [s for s in siblings if not graph.sound(s) and s.verdict is not Verdict.UNKNOWN]
            if right and wrong:
                nearest = min(
                    wrong, key=lambda step: (not _same_operation(step, right), abs(step.order - right.order))
                )
                branches.append((before, walk.copy(), right, nearest))
        before += line + "\n"
    return branches


def _same_operation(one: Step, other: Step) -> bool:
    return (one.move.operation, one.move.operands) == (other.move.operation, other.move.operands)

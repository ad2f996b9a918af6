"""Preference pairs: one prompt, two continuations, and the verdicts that prove which is right.

| kind | prompt ends | chosen | rejected |
|---|---|---|---|
| step | at a branch of the graph | the right step | a wrong sibling from the same state |
| recover | after a wrong step | noticing it, with its proof | carrying on as if it were right |
| answer | with the problem | the whole trace | one with a wrong step, carried on to an answer |
| pivotal | in a model's own solution | what succeeds there | what fails (`train.pivotal`) |

Of the first two, both sides share every word before the one that differs, and neither ends the text, so
the pair is about that step and nothing else (Step-DPO, Lai et al. 2024, section 3). `answer` is what most
call DPO on reasoning: whole solutions, right over wrong (Rafailov et al. 2023). The prefix is a trace of the
arm's own kind.

A pair is stored with its problem, so that `proved` can show anew, from the text alone, that nothing is
wrong with the one side and something with the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from journey.check import hopeless
from journey.errors import MoveError
from journey.graph import SolutionGraph, Step
from journey.problem import Problem
from journey.step import Evidence, Move, Verdict
from traces.audit import audit
from traces.text import prompt, read_line, said
from traces.text import say as line_of
from traces.trace import Back, Conclude, Event, Notice, Take, Trace, Walk

CARRIED_ON = 200
"""The most states tried on the way from a wrong step to a wrong answer."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two continuations of one prompt."""

    id: str
    """Of the problem."""
    kind: str
    """A key of `PAIRS`, or `PIVOTAL`."""
    trace: str
    """The kind of trace that the prompt is a prefix of."""
    prompt: str
    chosen: str
    rejected: str
    chosen_verdict: Verdict
    rejected_verdict: Verdict
    evidence: str
    """What proves the rejected side wrong."""
    mistake: str | None = None
    problem: Problem | None = None
    dead_end: bool = False
    """The rejected side is a valid step, and no goal lies below it."""
    style: str = "terse"
    """Of all three texts."""

    @property
    def ends(self) -> bool:
        """Whether its sides end with the text."""
        return self.kind == "answer"


class Speaker(NamedTuple):
    """Says lines in one style, with the wordings of one seed."""

    style: str
    seed: int

    def __call__(self, walk: Walk, *events: Event) -> str:
        """The line that says these events where `walk` stands."""
        return line_of(walk, *events, style=self.style, seed=self.seed)


def refusal(pair: Pair) -> str | None:
    r"""Why a pair teaches nothing: its sides do not differ in verdict, or in nothing but their length.

    >>> same = Pair("", "step", "", "", "y=1\n", "y=1\n", Verdict.VALID, Verdict.WRONG, "")
    >>> refusal(same)
    'both sides say the same'
    """
    if pair.chosen_verdict is pair.rejected_verdict and not pair.dead_end:
        return f"both sides are {pair.chosen_verdict}"
    chosen, rejected = (" ".join(side.split()) for side in (pair.chosen, pair.rejected))
    if chosen == rejected:
        return "both sides say the same"
    if chosen.startswith(rejected) or rejected.startswith(chosen):
        return "one side is the other and more"
    return None


def proved(pair: Pair) -> bool:
    """Whether the text alone shows nothing wrong with the chosen side, and something with the other."""
    if pair.problem is None or refusal(pair):
        return False
    style = pair.style
    before = pair.prompt.removeprefix(prompt(pair.problem, style))
    right, wrong = ((before + side).removesuffix("\n") for side in (pair.chosen, pair.rejected))
    nowhere = [pair.dead_end and leads_nowhere(pair.problem, side, style) for side in (right, wrong)]
    if audit(pair.problem, right, style).faults or nowhere[0]:
        return False
    return bool(audit(pair.problem, wrong, style).faults or nowhere[1])


def leads_nowhere(problem: Problem, text: str, style: str = "terse") -> Evidence | None:
    """Why no goal lies below the state in which a text ends; None if one may."""
    walk = Walk(problem)
    for row in text.split("\n"):
        read_line(walk, row, style)
    dead = hopeless(walk.family, walk.here.state) is True
    return walk.family.dead_end_evidence(walk.here.state) if dead else None


def step_pair(graph: SolutionGraph, trace: Trace, seed: int, style: str = "terse") -> Pair | None:
    """A right step over a wrong sibling, at one of the trace's branches; None where it has none."""
    say = Speaker(style, seed)
    branches = _branches(graph, trace, say)
    if not branches:
        return None
    before, walk, right, wrong = Random(f"{seed}:{graph.problem.id}:step").choice(branches)
    chosen, rejected = say(walk, Take(right.move)), say(walk, Take(wrong.move))
    return _pair("step", graph, trace, before, chosen, rejected, wrong, style)


def recover_pair(graph: SolutionGraph, trace: Trace, seed: int, style: str = "terse") -> Pair | None:
    """Noticing a wrong step over carrying on, at one of the trace's branches; None where it has none."""
    say = Speaker(style, seed)
    branches = _branches(graph, trace, say)
    for before, walk, _, wrong in Random(f"{seed}:{graph.problem.id}:recover").sample(
        branches, len(branches)
    ):
        source = walk.here.key
        before += say(walk, Take(wrong.move)) + "\n"
        walk.take(wrong.move)
        onward = _onward(graph, walk)
        if onward is not None:
            rejected = say(walk, Take(onward))
        elif walk.family.solved(walk.here.state):
            rejected = say(walk, Conclude(walk.family.answer(graph.problem.givens, walk.moves())))
        else:
            # Whoever believed the step would leave this state as a dead end. That line is wrong here and
            # right nearly everywhere else: rejecting it teaches to doubt dead ends (docs/results.md).
            continue
        chosen = say(walk, Notice(walk.proof(len(walk.path) - 1)), Back(source))
        return _pair("recover", graph, trace, before, chosen, rejected, wrong, style)
    return None


def answer_pair(graph: SolutionGraph, trace: Trace, seed: int, style: str = "terse") -> Pair | None:
    """The trace over one with a wrong step and a wrong answer; None where none leads to such an answer."""
    say = Speaker(style, seed)
    branches = _branches(graph, trace, say)
    start = prompt(graph.problem, style)
    for before, walk, _, wrong in Random(f"{seed}:{graph.problem.id}:answer").sample(branches, len(branches)):
        carried = _carried_on(graph, walk, wrong, say)
        if carried is not None:
            rejected = before.removeprefix(start) + "".join(f"{line}\n" for line in carried)
            whole = "".join(f"{line}\n" for _, _, line in said(trace, style, seed))
            return _pair("answer", graph, trace, start, whole[:-1], rejected[:-1], wrong, style)
    return None


def _carried_on(graph: SolutionGraph, walk: Walk, wrong: Step, say: Speaker) -> list[str] | None:
    """The lines from a wrong step, by right ones, to a wrong answer; None if they lead to none."""
    first = say(walk, Take(wrong.move))
    walk.take(wrong.move)
    waiting: list[tuple[Walk, list[str]]] = [(walk, [first])]
    for _ in range(CARRIED_ON):
        if not waiting:
            return None
        here, lines = waiting.pop()
        if here.family.solved(here.here.state):
            answer = here.family.answer(graph.problem.givens, here.moves())
            if here.family.grade(graph.problem.givens, answer):
                return [*lines, say(here, Conclude(answer))]
            continue
        for move in reversed(_legal(graph, here)):
            further = here.copy()
            further.take(move)
            waiting.append((further, [*lines, say(here, Take(move))]))
    return None


def _legal(graph: SolutionGraph, walk: Walk) -> list[Move]:
    """The sound moves from here: all where the family knows them, else those that were explored."""
    try:
        return list(walk.family.moves(walk.here.state))
    except MoveError:
        return [step.move for step in graph.steps_from(walk.here.key) if graph.sound(step)]


def _onward(graph: SolutionGraph, walk: Walk) -> Move | None:
    """How someone who believed the state would go on: as was explored there, else by any legal move."""
    explored = (step.move for step in graph.steps_from(walk.here.key) if graph.sound(step))
    try:
        return next(explored, None) or next(iter(walk.family.moves(walk.here.state)), None)
    except MoveError:
        return None


def _pair(
    kind: str,
    graph: SolutionGraph,
    trace: Trace,
    before: str,
    chosen: str,
    rejected: str,
    wrong: Step,
    style: str,
) -> Pair | None:
    evidence = wrong.evidence or Evidence("said", (str(wrong.verdict),))
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
    return None if refusal(pair) else pair


PIVOTAL = "pivotal"
"""The kind that a model is needed for; the others are made from graphs."""
PAIRS = {"step": step_pair, "recover": recover_pair, "answer": answer_pair}


def _branches(graph: SolutionGraph, trace: Trace, say: Speaker) -> list[tuple[str, Walk, Step, Step]]:
    """Where the trace takes a valid step and the graph has a wrong one: the text before, a walk, both steps.

    Among the wrong siblings it is one that differs in its result alone, if there is such a one, else the
    one explored nearest to the right step.
    """
    found: list[tuple[str, Walk, Step, Step]] = []
    before = prompt(graph.problem, say.style)
    for walk, (event, *_), line in said(trace, say.style, say.seed):
        if isinstance(event, Take):
            siblings = graph.steps_from(walk.here.key)
            right = next((s for s in siblings if s.move == event.move and graph.sound(s)), None)
            wrong = [s for s in siblings if not graph.sound(s) and s.verdict is not Verdict.UNKNOWN]
            if right and wrong:
                nearest = min(
                    wrong, key=lambda step: (not _alike(step, right), abs(step.order - right.order))
                )
                found.append((before, walk.copy(), right, nearest))
        before += line + "\n"
    return found


def _alike(one: Step, other: Step) -> bool:
    return (one.move.operation, one.move.operands) == (other.move.operation, other.move.operands)

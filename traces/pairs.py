"""Preference pairs: one prompt, two continuations of a line each, and the verdicts that prove which is right.

| kind | prompt ends | chosen | rejected |
|---|---|---|---|
| step | at a branch of the graph | the right step | a wrong sibling from the same state |
| recover | after a wrong step | noticing it, with its proof | carrying on as if it were right |

Both sides share every word before the one that differs, and neither ends the text, so the pair is about
that step and nothing else (Step-DPO, Lai et al. 2024, section 3). The prefix is a trace of the arm's own
kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from journey.errors import MoveError
from journey.graph import SolutionGraph, Step
from journey.step import Evidence, Move, Verdict
from traces.text import prompt, said, say
from traces.trace import Back, Notice, Take, Trace, Walk


@dataclass(frozen=True, slots=True)
class Pair:
    """Two continuations of one prompt."""

    id: str
    """Of the problem."""
    kind: str
    """step or recover."""
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


def step_pair(graph: SolutionGraph, trace: Trace, seed: int) -> Pair | None:
    """A right step over a wrong sibling, at one of the trace's branches; None where it has none."""
    branches = _branches(graph, trace)
    if not branches:
        return None
    before, walk, right, wrong = Random(f"{seed}:{graph.problem.id}:step").choice(branches)
    chosen, rejected = say(walk, Take(right.move)), say(walk, Take(wrong.move))
    return _pair("step", graph, trace, before, chosen, rejected, wrong)


def recover_pair(graph: SolutionGraph, trace: Trace, seed: int) -> Pair | None:
    """Noticing a wrong step over carrying on, at one of the trace's branches; None where it has none."""
    branches = _branches(graph, trace)
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
            rejected = "=" + walk.family.answer(graph.problem.givens, walk.moves())
        else:
            # Whoever believed the step would leave this state as a dead end. That line is wrong here and
            # right nearly everywhere else: rejecting it teaches to doubt dead ends (docs/results.md).
            continue
        chosen = say(walk, Notice(walk.proof(len(walk.path) - 1))) + say(walk, Back(source))
        return _pair("recover", graph, trace, before, chosen, rejected, wrong)
    return None


def _onward(graph: SolutionGraph, walk: Walk) -> Move | None:
    """How someone who believed the state would go on: as was explored there, else by any legal move."""
    explored = (step.move for step in graph.steps_from(walk.here.key) if graph.sound(step))
    try:
        return next(explored, None) or next(iter(walk.family.moves(walk.here.state)), None)
    except MoveError:
        return None


def _pair(
    kind: str, graph: SolutionGraph, trace: Trace, before: str, chosen: str, rejected: str, wrong: Step
) -> Pair:
    evidence = wrong.evidence or Evidence("said", (str(wrong.verdict),))
    return Pair(
        id=graph.problem.id,
        kind=kind,
        trace=trace.kind,
        prompt=before,
        chosen=chosen + "\n",
        rejected=rejected + "\n",
        chosen_verdict=Verdict.VALID,
        rejected_verdict=wrong.verdict,
        evidence=str(evidence),
        mistake=wrong.mistake,
    )


PAIRS = {"step": step_pair, "recover": recover_pair}


def _branches(graph: SolutionGraph, trace: Trace) -> list[tuple[str, Walk, Step, Step]]:
    """Where the trace takes a valid step and the graph has a wrong one: the text before, a walk, both steps.

    Among the wrong siblings it is one that differs in its result alone, if there is such a one, else the
    one explored nearest to the right step.
    """
    found: list[tuple[str, Walk, Step, Step]] = []
    before = prompt(graph.problem)
    for walk, (event, *_), line in said(trace):
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

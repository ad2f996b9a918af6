"""Robustness to a planted error: the teacher's output up to a point, one wrong step, and the model goes on.

The wrong step is one that the search explored from a state of the solution and the checker refuted, a
mistake that people really make. It is drawn by the seed and the problem alone, so every arm is given the same
one; what stands before it is the arm's own kind of trace, up to where it takes the right step from that
state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple

import numpy as np

from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.step import Step, Verdict
from traces.audit import audit
from traces.text import prompt, render_line, rendered_lines
from traces.trace import Take, Trace
from traces.walks import WalkSettings, walk
from train.evaluation.decoding.batching import Job
from train.evaluation.decoding.writer import Writer
from train.evaluation.scoring import grade
from train.statistics.resampling import Values, share_interval


class Plant(NamedTuple):
    """A problem, and an output that was begun with a wrong step."""

    problem: Problem
    before: str
    """The teacher's lines, each with its newline."""
    wrong: str
    """The wrong line."""


@dataclass(frozen=True, slots=True)
class Planted:
    """How a model went on from a plant."""

    id: str
    before: str
    wrong: str
    text: str
    """What it wrote after the wrong line."""
    tokens: int
    finished: bool
    noticed: bool
    """It says that the planted step is wrong, with the proof, and goes back to before it."""
    correct: bool


def plants(
    graphs: Sequence[SolutionGraph],
    kind: str,
    walk_settings: WalkSettings,
    style: str = "terse",
    seed: int = 0,
) -> list[Plant]:
    """A plant for each graph that holds a refuted step from a state of its solution."""
    found = []
    for graph in graphs:
        trace = walk(kind, graph, walk_settings, graph)
        wrong = _refuted(graph)
        if trace is None or not wrong:
            continue
        step = Random(f"{seed}:planted:{graph.problem.id}").choice(wrong)
        if plant := _plant(trace, step, style, seed):
            found.append(plant)
    return found


def _refuted(graph: SolutionGraph) -> list[Step]:
    """The steps from states of the solution that are proved wrong."""
    return [
        step
        for source in graph.solution() or []
        for step in graph.steps_from(source.source)
        if not graph.sound(step) and step.verdict is not Verdict.UNKNOWN
    ]


def _plant(trace: Trace, wrong: Step, style: str, seed: int) -> Plant | None:
    """The trace up to the last step that it takes from the wrong step's state; None where it takes none."""
    lines: list[str] = []
    plant = None
    for reader, events, line in rendered_lines(trace, style, seed):
        if reader.here.key == wrong.source and isinstance(events[0], Take):
            planted = render_line(reader, Take(wrong.move), style=style, seed=seed)
            plant = Plant(trace.problem, "".join(f"{each}\n" for each in lines), planted)
        lines.append(line)
    return plant


def gone_on(
    writer: Writer,
    begun: Sequence[Plant],
    longest: int,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Planted]:
    """What a model writes after each plant, the likeliest token each time, up to `longest` tokens.

    `on_progress` is called with how many more are done.
    """
    jobs = [
        Job(
            writer.question(prompt(plant.problem, style)) + writer.encode(f"{plant.before}{plant.wrong}\n"),
            "",
            longest,
        )
        for plant in begun
    ]
    found = []
    for plant, output in zip(
        begun, writer.write(jobs, temperature=0.0, seed=0, on_progress=on_progress), strict=True
    ):
        text, finished = writer.decode(output.ids), writer.ended(output)
        whole = f"{plant.before}{plant.wrong}\n{text}"
        line = audit(plant.problem, whole, style).lines[plant.before.count("\n")]
        right, _ = grade(plant.problem, whole, finished, style)
        found.append(
            Planted(
                id=plant.problem.id,
                before=plant.before,
                wrong=plant.wrong,
                text=text,
                tokens=len(output.ids),
                finished=finished,
                noticed=line.flagged,
                correct=right,
            )
        )
    return found


def summary(by_seed: Sequence[Sequence[Planted]], clusters: Mapping[str, str]) -> dict[str, Any]:
    """Shares with their intervals: noticed; right; and of those that noticed, right. And mean tokens.

    Args:
        by_seed: how the model of each training seed went on from the same plants, in the same order.
        clusters: of problems by id (`train.statistics.clusters`); a problem without one is its own.
    """
    ids = [output.id for output in by_seed[0]]
    if any([output.id for output in outputs] != ids for outputs in by_seed):
        raise ValueError("the models of several seeds went on from different plants")
    noticed, solved, tokens = (
        np.array([[float(getattr(output, name)) for output in outputs] for outputs in by_seed])
        for name in ("noticed", "correct", "tokens")
    )
    of = [clusters.get(id, id) for id in ids]

    def share(values: Values, among: Values | None = None) -> dict[str, Any]:
        whole = float(np.ones_like(values).sum() if among is None else among.sum())
        interval = share_interval(values, of, among)
        return {"share": float(values.sum()) / whole if whole else None, **interval.record()}

    return {
        "n": len(ids),
        "noticed": share(noticed),
        "solved": share(solved),
        "solved_if_noticed": share(noticed * solved, noticed),
        "tokens": float(tokens.mean()) if tokens.size else 0.0,
    }

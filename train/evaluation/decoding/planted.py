"""Robustness to a planted error: the model continues the teacher's output after one wrong step.

The search explored the wrong step from a state of the solution, and the checker refuted it: it is a mistake
that people make, or one that a model wrote (`traces.mistakes`). The seed and the problem alone decide which
one it is, so every arm gets the same. The lines before it are of the arm's own kind of trace, without
mistakes, up to where the step was explored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import NamedTuple

import numpy as np

from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.step import Step, Verdict
from traces.audit import audit
from traces.text import prompt, render_line, rendered_lines
from traces.trace import Take, Trace
from traces.walks import WalkSettings, walk
from train.evaluation.decoding.erasing import Request, write_outputs
from train.evaluation.decoding.generators import Generator
from train.evaluation.metrics_schema import PlantedFigures, PlantedShare
from train.evaluation.scoring import grade
from train.statistics.resampling import Values, share_interval


class Plant(NamedTuple):
    """A problem, and the beginning of an output that ends with a wrong step."""

    problem: Problem
    before: str
    """The teacher's lines, each with its newline."""
    wrong: str
    """The wrong line."""


@dataclass(frozen=True, slots=True)
class Planted:
    """How a model continued a plant."""

    id: str
    before: str
    wrong: str
    text: str
    """The model's text after the wrong line."""
    tokens: int
    finished: bool
    noticed: bool
    """It says that the planted step is wrong, proves it, and goes back."""
    correct: bool


def make_plants(
    graphs: Sequence[SolutionGraph],
    kind: str,
    walk_settings: WalkSettings,
    style: str = "terse",
    seed: int = 0,
    proposer: str | None = None,
) -> list[Plant]:
    """A plant for each graph that holds a refuted step from a state of its solution.

    Args:
        graphs: the graphs, in order.
        kind: the kind of trace before the wrong step.
        walk_settings: of that trace. It gets no mistakes, whatever they say.
        style: of the text.
        seed: chooses among the wrong steps.
        proposer: plants only wrong steps of this proposer; None plants any.
    """
    settings = replace(walk_settings, mistakes=0.0, mistaken=None)
    plants = []
    for graph in graphs:
        trace = walk(kind, graph, settings, graph)
        wrong = _refuted(graph, proposer)
        if trace is None or not wrong:
            continue
        step = Random(f"{seed}:planted:{graph.problem.id}").choice(wrong)
        if plant := _plant(graph, trace, step, style, seed):
            plants.append(plant)
    return plants


def _refuted(graph: SolutionGraph, proposer: str | None) -> list[Step]:
    """The refuted steps from states of the solution."""
    return [
        step
        for source in graph.solution() or []
        for step in graph.steps_from(source.source)
        if not graph.sound(step) and step.verdict is not Verdict.UNKNOWN and proposer in (None, step.proposer)
    ]


def _plant(graph: SolutionGraph, trace: Trace, wrong: Step, style: str, seed: int) -> Plant | None:
    """The trace up to the first step from the wrong step's state that was explored after it.

    Without such a step, it is the trace up to its last step from that state; None if it takes none.
    """
    orders = {step.move: step.order for step in graph.steps_from(wrong.source) if graph.sound(step)}
    lines: list[str] = []
    plant = None
    for reader, events, line in rendered_lines(trace, style, seed):
        first = events[0]
        if reader.here.key == wrong.source and isinstance(first, Take):
            planted = render_line(reader, Take(wrong.move), style=style, seed=seed)
            plant = Plant(trace.problem, "".join(f"{each}\n" for each in lines), planted)
            if orders.get(first.move, -1) > wrong.order:
                break
        lines.append(line)
    return plant


def continue_plants(
    generator: Generator,
    plants: Sequence[Plant],
    longest: int,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Planted]:
    """The greedy continuation of each plant, up to `longest` tokens.

    `on_progress` is called with the number of outputs that were finished since its last call.
    """
    requests = [
        Request(
            plant.problem,
            generator.encode_prompt(prompt(plant.problem, style)),
            f"{plant.before}{plant.wrong}\n",
            "",
            longest,
        )
        for plant in plants
    ]
    outputs = write_outputs(
        generator, requests, temperature=0.0, seed=0, style=style, on_progress=on_progress
    )
    continued = []
    for plant, output in zip(plants, outputs, strict=True):
        text, finished = output.text, output.finished
        full = f"{plant.before}{plant.wrong}\n{text}"
        line = audit(plant.problem, full, style).lines[plant.before.count("\n")]
        correct, _ = grade(plant.problem, full, finished, style)
        continued.append(
            Planted(
                id=plant.problem.id,
                before=plant.before,
                wrong=plant.wrong,
                text=text,
                tokens=output.tokens,
                finished=finished,
                noticed=line.flagged,
                correct=correct,
            )
        )
    return continued


def summarize(by_seed: Sequence[Sequence[Planted]], clusters: Mapping[str, str]) -> PlantedFigures:
    """The figures of the models of all training seeds.

    Args:
        by_seed: the outputs of each seed's model after the same plants, in the same order.
        clusters: by problem id (`train.statistics.clusters`); a problem without one is a cluster of its own.
    """
    ids = [output.id for output in by_seed[0]]
    if any([output.id for output in outputs] != ids for outputs in by_seed):
        raise ValueError("the models of several seeds continue different plants")
    noticed, solved, tokens = (
        np.array([[float(getattr(output, name)) for output in outputs] for outputs in by_seed])
        for name in ("noticed", "correct", "tokens")
    )
    of = [clusters.get(id, id) for id in ids]

    def share(values: Values, among: Values | None = None) -> PlantedShare:
        total = float(values.size if among is None else among.sum())
        interval = share_interval(values, of, among).record()
        return PlantedShare(share=float(values.sum()) / total if total else None, **interval)

    return PlantedFigures(
        n=len(ids),
        noticed=share(noticed),
        solved=share(solved),
        solved_if_noticed=share(noticed * solved, noticed),
        tokens=float(tokens.mean()) if tokens.size else 0.0,
    )

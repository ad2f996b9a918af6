"""Asks a model problems: greedy for pass@1, sampled for pass@k, under one token cap for every arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journey.problem import Problem
from traces.chat import strip_think_tags
from traces.text import prompt
from train.evaluation.decoding.batching import Job
from train.evaluation.decoding.writer import Writer
from train.evaluation.scoring import Sample, grade


def ask(
    writer: Writer,
    problems: Sequence[Problem],
    *,
    max_new_tokens: int,
    samples: int = 0,
    temperature: float = 1.0,
    seed: int = 0,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Sample]:
    """The model's outputs: one greedy output a problem if `samples` is 0, else `samples` sampled ones.

    They come in the order of the problems, the copies of one together, and none depends on what else is
    asked. `on_progress` is called with how many more are written.
    """
    asked = [(problem, copy) for problem in problems for copy in (range(1, samples + 1) if samples else [0])]
    jobs = [
        Job(writer.question(prompt(problem, style)), f"{problem.id}:{copy}", max_new_tokens)
        for problem, copy in asked
    ]
    outputs = writer.write(
        jobs, temperature=temperature if samples else 0.0, seed=seed, on_progress=on_progress
    )
    found = []
    for (problem, copy), output in zip(asked, outputs, strict=True):
        text, finished = strip_think_tags(writer.decode(output.ids)), writer.ended(output)
        correct, reason = grade(problem, text, finished, style)
        found.append(Sample(problem.id, copy, text, len(output.ids), finished, correct, reason))
    return found

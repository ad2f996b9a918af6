"""Outputs in a mode that is given: the first line that `mixed` traces teach is written for the model.

A model that learned `mixed` traces chooses its mode in a greedy output. Here it is asked for the solution
alone (`fast`) or for the search (`slow`), as Dualformer is (Su et al. 2024, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journey.problem import Problem
from traces.text import prompt, render_line
from traces.trace import Mode, Walk
from train.evaluation.decoding.answers import Answer
from train.evaluation.decoding.batching import Job
from train.evaluation.decoding.generators import Generator
from train.evaluation.scoring import grade


def answer_in_mode(
    generator: Generator,
    problems: Sequence[Problem],
    mode: str,
    max_new_tokens: int,
    *,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """The greedy answer to each problem in one mode, a key of `traces.trace.MODES`.

    The line of the mode is not counted in the cost: it is read, not generated.
    """
    jobs = []
    for problem in problems:
        line = render_line(Walk(problem), Mode(mode), style=style) + "\n"
        start = (*generator.encode_prompt(prompt(problem, style)), *generator.encode(line))
        jobs.append(Job(start, f"{problem.id}:{mode}", max_new_tokens))
    outputs = generator.generate(jobs, temperature=0.0, seed=0, on_progress=on_progress)
    answers = []
    for problem, output in zip(problems, outputs, strict=True):
        text = generator.decode(output.ids)
        correct = grade(problem, text, generator.ended(output), style)[0]
        answers.append(Answer(problem.id, mode, 1, text, len(output.ids), correct))
    return answers

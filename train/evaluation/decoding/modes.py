"""Outputs in a mode that is given: the first line that `mixed` traces teach is written for the model.

A model that learned `mixed` traces chooses its mode in a greedy output. Here it is asked for the solution
alone (`fast`) or for the search (`slow`), as Dualformer is (Su et al. 2024, section 3). Models of other
traces never saw such a line, so they are not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journey.problem import Problem
from traces.text import prompt, render_line
from traces.trace import Mode, Walk
from train.evaluation.decoding.answers import Answer
from train.evaluation.decoding.erasing import Request, write_outputs
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
    requests = []
    for problem in problems:
        line = render_line(Walk(problem), Mode(mode), style=style) + "\n"
        start = generator.encode_prompt(prompt(problem, style))
        requests.append(Request(problem, start, line, f"{problem.id}:{mode}", max_new_tokens))
    outputs = write_outputs(
        generator, requests, temperature=0.0, seed=0, style=style, on_progress=on_progress
    )
    return [
        Answer(
            problem.id,
            mode,
            1,
            output.text,
            output.tokens,
            grade(problem, output.text, output.finished, style)[0],
        )
        for problem, output in zip(problems, outputs, strict=True)
    ]

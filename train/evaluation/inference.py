"""Generates a model's outputs for problems: one greedy output for pass@1, several sampled ones for pass@k.

Every arm has the same token cap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from journey.problem import Problem
from traces.chat import strip_think_tags
from traces.text import prompt
from train.evaluation.decoding.erasing import Request, write_outputs
from train.evaluation.decoding.generators import Generator
from train.evaluation.scoring import Sample, grade, is_clean


def prompt_with(problem: Problem, style: str, instruction: str = "") -> str:
    """The prompt of a problem, followed by an instruction if there is one."""
    text = prompt(problem, style)
    return f"{text.strip()}\n\n{instruction}\n" if instruction else text


def split_prompt(text: str, expected: str) -> tuple[str, str]:
    r"""Splits the output of a model that reads pictures into the prompt that it reads and what follows.

    Args:
        text: the output.
        expected: the right prompt. Its number of lines decides.

    >>> split_prompt("7x+12y=178\ny=0:178\n!2<", "7x+12y=173\n")
    ('7x+12y=178\n', 'y=0:178\n!2<')
    """
    lines = text.split("\n")
    count = expected.count("\n")
    return "".join(f"{line}\n" for line in lines[:count]), "\n".join(lines[count:])


def generate_outputs(
    generator: Generator,
    problems: Sequence[Problem],
    *,
    max_new_tokens: int,
    samples: int = 0,
    first_sample: int = 1,
    temperature: float = 1.0,
    seed: int = 0,
    style: str = "terse",
    instruction: str = "",
    audited: bool = False,
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Sample]:
    """The outputs of a model: one greedy output for each problem if `samples` is 0, else that many samples.

    They come in the order of the problems, with the samples of one problem together, numbered from
    `first_sample`. An output depends on its problem and number, and not on the other outputs. `instruction`
    is added to each prompt (`prompt_with`). With `audited` each line of an output is checked too
    (`Sample.clean`). `on_progress` is called with the number of outputs that were finished since its last
    call.
    """
    copies = range(first_sample, first_sample + samples) if samples else [0]
    requests = [(problem, copy) for problem in problems for copy in copies]
    starts = {
        problem.id: generator.encode_prompt(prompt_with(problem, style, instruction)) for problem in problems
    }
    outputs = write_outputs(
        generator,
        [
            Request(problem, starts[problem.id], "", f"{problem.id}:{copy}", max_new_tokens)
            for problem, copy in requests
        ],
        temperature=temperature if samples else 0.0,
        seed=seed,
        style=style,
        on_progress=on_progress,
    )
    graded = []
    for (problem, copy), output in zip(requests, outputs, strict=True):
        text, finished = strip_think_tags(output.text), output.finished
        given = misread = None
        if generator.reads_pictures:
            given, text = split_prompt(text, prompt(problem, style))
            misread = given != prompt(problem, style)
        correct, reason = grade(problem, text, finished, style)
        clean = is_clean(problem, text, style) if audited else None
        graded.append(
            Sample(
                id=problem.id,
                sample=copy,
                text=text,
                tokens=output.tokens,
                finished=finished,
                correct=correct,
                reason=reason,
                clean=clean,
                contexts=tuple(output.contexts),
                given=given,
                misread=misread,
            )
        )
    return graded

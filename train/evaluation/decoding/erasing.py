"""Outputs of models that erase: an output that ends with an erasing line is continued from what remains.

A model of `erased` traces ends its output after an erasing line (`traces.erasing`). Here the erased lines are
removed from the context, and the model is asked again, until an output ends otherwise or the tokens of all
outputs reach the cap. What was erased was generated, so it counts. All problems are continued together, so
that batches stay full. Models that never erase are asked once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from journey.problem import Problem
from traces.erasing import context_of, ends_erasing
from train.evaluation.decoding.batching import Job
from train.evaluation.decoding.generators import Generator


class Request(NamedTuple):
    """The request for one output about a problem."""

    problem: Problem
    start: tuple[int, ...]
    """The tokens of the prompt."""
    before: str
    """Lines that the output begins with, each with its newline; they are read, not generated."""
    name: str
    """Seeds the sampling (`Job.name`)."""
    cap: int
    """The most tokens to generate, erased ones included."""


@dataclass(slots=True)
class Written:
    """An output."""

    text: str = ""
    """All lines, those erased included, without `Request.before`."""
    finished: bool = False
    """Whether it ended by itself."""
    contexts: list[tuple[int, int]] = field(default_factory=list)
    """Tokens read and tokens generated, for each context."""

    @property
    def tokens(self) -> int:
        """All tokens generated."""
        return sum(generated for _, generated in self.contexts)


def write_outputs(
    generator: Generator,
    requests: Sequence[Request],
    *,
    temperature: float,
    seed: int,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Written]:
    """The output for each request.

    `on_progress` is called with the number of outputs that were finished since its last call. An output that
    erases is counted when its first context ends.
    """
    outputs = [Written() for _ in requests]
    waiting = list(range(len(requests)))
    while waiting:
        jobs = [_job(generator, requests[at], outputs[at], style) for at in waiting]
        written = generator.generate(jobs, temperature=temperature, seed=seed, on_progress=on_progress)
        on_progress, continued = _ignore, []
        for at, job, part in zip(waiting, jobs, written, strict=True):
            output, request = outputs[at], requests[at]
            output.contexts.append((len(job.ids), len(part.ids)))
            output.text += ("\n" if len(output.contexts) > 1 else "") + generator.decode(part.ids)
            erases = generator.ended(part) and ends_erasing(
                request.problem, request.before + output.text, style
            )
            output.finished = generator.ended(part) and not erases
            if erases and output.tokens < request.cap:
                continued.append(at)
        waiting = continued
    return outputs


def _ignore(done: int) -> None:
    """Reports nothing: these outputs were counted when their first context ended."""


def _job(generator: Generator, request: Request, output: Written, style: str) -> Job:
    """The next context of an output, and the tokens that are left."""
    number = len(output.contexts)
    text = request.before + (f"{output.text}\n" if number else "")
    context = context_of(request.problem, text.removesuffix("\n"), style) if text else ""
    name = f"{request.name}:{number}" if number else request.name
    picture = request.problem if generator.reads_pictures else None
    ids = (*request.start, *generator.encode(context))
    return Job(ids, name, request.cap - output.tokens, picture=picture)

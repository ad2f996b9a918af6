"""Budget forcing (s1: Muennighoff et al. 2025, section 3.1), in lines.

The minimum: if an output ends before it has `minimum` tokens, its last line, the conclusion, is dropped, and
the output continues from there. s1 inserts "Wait". Our journeys have their own beginning of a notice: `!` in
terse, "Wait:" in prose. With `wait=""` nothing is inserted; the first token of the dropped conclusion is
banned instead, as in s1's plain suppression.

The maximum: if an output reaches its cap unfinished, it is cut after its last complete line, and the
beginning of a conclusion is inserted. The model has `LAST` tokens to finish it. Otherwise an unfinished
output is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from journey.problem import Problem
from traces.styles.phrases import CONCLUSIONS, OPENERS
from traces.text import prompt
from train.evaluation.decoding.answers import Answer
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.generators import Generator
from train.evaluation.scoring import grade

METHOD = "budget_forcing"
WAITS = {"terse": "!", "stated": "!", "prose": OPENERS[0].rstrip()}
"""The beginning of a notice, by style."""
ENDINGS = {"terse": "=", "stated": "=", "prose": CONCLUSIONS[0] + "$\\boxed{"}
"""The beginning of a conclusion, by style."""
LAST = 48
"""Tokens that a model has to finish an inserted conclusion."""
ATTEMPTS = 16
"""The most conclusions that are dropped in one output. The next one stays."""


@dataclass(slots=True)
class _Forced:
    """An output that is being generated."""

    problem: Problem
    start: tuple[int, ...]
    ids: list[int] = field(default_factory=list)
    banned: tuple[int, ...] = ()
    cost: int = 0
    """Tokens generated and inserted so far."""
    attempts: int = 0
    ending: bool = False
    """The beginning of its conclusion was inserted."""
    finished: bool = False
    over: bool = False


def force_budget(
    generator: Generator,
    problems: Sequence[Problem],
    minimum: int,
    longest: int,
    *,
    wait: str | None = None,
    temperature: float = 0.0,
    seed: int = 0,
    style: str = "terse",
    on_progress: Callable[[int], None] = lambda done: None,
) -> list[Answer]:
    """The answer to each problem, from an output of at least `minimum` tokens and at most `longest`.

    The cost of an answer includes dropped conclusions and inserted tokens.

    Args:
        generator: the model.
        problems: the problems.
        minimum: a conclusion before this many tokens is dropped; 0 drops none.
        longest: after this many tokens a conclusion is inserted.
        wait: the text that replaces a dropped conclusion; None is that of the style, "" bans instead.
        temperature: 0 takes the likeliest token.
        seed: of the sampling.
        style: of the outputs.
        on_progress: called with the number of answers since its last call.
    """
    doubt = generator.encode(WAITS[style] if wait is None else wait)
    runs = [_Forced(problem, generator.encode_prompt(prompt(problem, style))) for problem in problems]
    while unfinished := [run for run in runs if not run.over]:
        jobs = [
            Job(
                (*run.start, *run.ids),
                f"{run.problem.id}:{run.attempts}",
                LAST if run.ending else max(1, longest - len(run.ids)),
                run.banned,
            )
            for run in unfinished
        ]
        outputs = generator.generate(jobs, temperature=temperature, seed=seed)
        for run, output in zip(unfinished, outputs, strict=True):
            _continue(
                run=run,
                output=output,
                generator=generator,
                minimum=minimum,
                longest=longest,
                doubt=doubt,
                style=style,
            )
            on_progress(int(run.over))
    return [_answer(run, generator, minimum, style) for run in runs]


def _continue(
    run: _Forced,
    output: Output,
    generator: Generator,
    minimum: int,
    longest: int,
    doubt: Sequence[int],
    style: str,
) -> None:
    before = len(run.ids)
    run.cost += len(output.ids)
    run.ids += output.ids
    text = generator.decode(run.ids)
    ended = generator.ended(output)
    if run.ending or (ended and (len(run.ids) >= minimum or run.attempts >= ATTEMPTS)):
        run.finished, run.over = ended, True
        return
    if not ended:
        _end(run, _before_the_last_line(run.ids, text, generator), generator, style)
        return
    run.attempts += 1
    kept = _before_the_last_line(run.ids, text.rstrip("\n"), generator)
    # If no line was added since the last time, its banned tokens stay banned.
    banned = (*(run.banned if kept <= before else ()), run.ids[kept])
    run.ids = [*run.ids[:kept], *doubt]
    run.cost += len(doubt)
    run.banned = () if doubt else banned
    if len(run.ids) >= longest:
        _end(run, kept, generator, style)


def _end(run: _Forced, kept: int, generator: Generator, style: str) -> None:
    """Inserts the beginning of a conclusion."""
    opening = generator.encode(ENDINGS[style])
    run.ids = [*run.ids[:kept], *opening]
    run.cost += len(opening)
    run.banned, run.ending = (), True


def _before_the_last_line(ids: Sequence[int], text: str, generator: Generator) -> int:
    """The number of tokens before the last line of `text`, the text of the tokens."""
    length = text.rfind("\n") + 1
    return next((count for count in range(len(ids)) if len(generator.decode(ids[: count + 1])) > length), 0)


def _answer(run: _Forced, generator: Generator, minimum: int, style: str) -> Answer:
    text = generator.decode(run.ids)
    correct, _ = grade(run.problem, text, run.finished, style)
    return Answer(run.problem.id, METHOD, minimum, text, run.cost, correct)

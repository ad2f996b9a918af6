"""Budget forcing (s1: Muennighoff et al. 2025, section 3.1), in lines.

At least: where a model ends before its output has `minimum` tokens, its last line, the conclusion, is
dropped, and the output goes on from before it. s1 writes "Wait" there; our journeys have a beginning of their
own for that, the one of a notice: `!` in terse, "Wait:" in prose. With `wait=""` nothing is written; the
first token of the dropped conclusion is banned instead, which is s1's plain suppression.

At most: where an output reaches its cap unfinished, it is cut after its last whole line, and the beginning of
a conclusion is written; the model has `LAST` tokens to end it. Without that an unfinished output is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from journey.problem import Problem
from traces.styles.phrases import CONCLUSIONS, OPENERS
from traces.text import prompt
from train.evaluation.decoding.answers import Answer
from train.evaluation.decoding.batching import Job, Output
from train.evaluation.decoding.writer import Writer
from train.evaluation.scoring import grade

METHOD = "budget_forcing"
WAITS = {"terse": "!", "prose": OPENERS[0].rstrip()}
"""How a line that doubts begins, by style."""
ENDINGS = {"terse": "=", "prose": CONCLUSIONS[0] + "$\\boxed{"}
"""How a conclusion begins, by style."""
LAST = 48
"""Tokens that a model has to finish a conclusion that was begun for it."""
ATTEMPTS = 16
"""Conclusions that are dropped in one output, at most; what then comes stands."""


@dataclass(slots=True)
class _Forced:
    """An output under way."""

    problem: Problem
    start: tuple[int, ...]
    ids: list[int] = field(default_factory=list)
    banned: tuple[int, ...] = ()
    spent: int = 0
    attempts: int = 0
    ending: bool = False
    """Its conclusion was begun for it."""
    finished: bool = False
    over: bool = False


def forced(
    writer: Writer,
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
    """An answer to each problem whose output is at least `minimum` tokens long, and at most `longest`.

    The tokens of an answer are those the model wrote, dropped conclusions with them, and those that were
    written for it.

    Args:
        writer: the model.
        problems: that it is asked.
        minimum: tokens before a conclusion is let stand; 0 never drops one.
        longest: tokens before a conclusion is begun for it.
        wait: what is written where a conclusion was dropped; None is the style's own, "" bans instead.
        temperature: 0 takes the likeliest token.
        seed: of the sampling.
        style: what the model writes in.
        on_progress: called with how many more are done.
    """
    doubt = writer.encode(WAITS[style] if wait is None else wait)
    runs = [_Forced(problem, writer.question(prompt(problem, style))) for problem in problems]
    while under_way := [run for run in runs if not run.over]:
        jobs = [
            Job(
                (*run.start, *run.ids),
                f"{run.problem.id}:{run.attempts}",
                LAST if run.ending else max(1, longest - len(run.ids)),
                run.banned,
            )
            for run in under_way
        ]
        outputs = writer.write(jobs, temperature=temperature, seed=seed)
        for run, output in zip(under_way, outputs, strict=True):
            _go_on(run, output, writer, minimum, longest, doubt, style)
            on_progress(int(run.over))
    return [_answer(run, writer, minimum, style) for run in runs]


def _go_on(
    run: _Forced, output: Output, writer: Writer, minimum: int, longest: int, doubt: Sequence[int], style: str
) -> None:
    before = len(run.ids)
    run.spent += len(output.ids)
    run.ids += output.ids
    text = writer.decode(run.ids)
    ended = writer.ended(output)
    if run.ending or (ended and (len(run.ids) >= minimum or run.attempts >= ATTEMPTS)):
        run.finished, run.over = ended, True
        return
    if not ended:
        _end(run, _before_the_last_line(run.ids, text, writer), writer, style)
        return
    run.attempts += 1
    kept = _before_the_last_line(run.ids, text.rstrip("\n"), writer)
    # Where no line came since the last time, what was banned there stays so.
    banned = (*(run.banned if kept <= before else ()), run.ids[kept])
    run.ids = [*run.ids[:kept], *doubt]
    run.spent += len(doubt)
    run.banned = () if doubt else banned
    if len(run.ids) >= longest:
        _end(run, kept, writer, style)


def _end(run: _Forced, kept: int, writer: Writer, style: str) -> None:
    """Begins the conclusion."""
    opening = writer.encode(ENDINGS[style])
    run.ids = [*run.ids[:kept], *opening]
    run.spent += len(opening)
    run.banned, run.ending = (), True


def _before_the_last_line(ids: Sequence[int], text: str, writer: Writer) -> int:
    """How many tokens come before the last line of `text`, which they say."""
    wanted = text.rfind("\n") + 1
    return next((count for count in range(len(ids)) if len(writer.decode(ids[: count + 1])) > wanted), 0)


def _answer(run: _Forced, writer: Writer, minimum: int, style: str) -> Answer:
    text = writer.decode(run.ids)
    right, _ = grade(run.problem, text, run.finished, style)
    return Answer(run.problem.id, METHOD, minimum, text, run.spent, right)

"""Erasing: which lines of a text a model still reads after it has erased a dead end.

A line that erases leaves a dead end like any notice, and removes lines from the context. What remains is what
a depth-first search has to remember: the steps to the current state, and the last attempt from it in short.

    written               in the context after line 2      after line 4
    1  y=0:7x=173         y=0:7x=173
    2  !5<#               !5<#
    3  y=1:7x=166                                          y=1:7x=166
    4  !161<#                                              !161<#
    5  y=1:7x=161

The attempt itself stays, by its first line and the erasing line, until the next attempt is erased. A model
that no longer saw it would try it again, and with greedy decoding would do so forever. PENCIL (Yang et al.
2025, arXiv 2503.14337) keeps the result of an erased thought for the same reason.

The text itself keeps every line, so that it is parsed and audited like any other. Training and decoding take
their contexts from this module, so a model is trained on what it reads when it writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from journey.problem import Problem
from traces.text import read_line, style_of
from traces.trace import Erase, Take, Walk


class Part(NamedTuple):
    """A part of a text that is written in one context: up to an erasing line, or to the end."""

    context: tuple[str, ...]
    """The earlier lines that remain."""
    first: int
    """The number of its first line in the text, from 0."""
    lines: tuple[str, ...]


def split_text(problem: Problem, text: str, style: str = "terse") -> list[Part]:
    r"""The parts of a text; a single one without erasing lines.

    >>> from journey.families import get
    >>> from journey.problem import make_problem
    >>> problem = make_problem(get("diophantine"), {"a": 7, "b": 12, "c": 173})
    >>> for part in split_text(problem, "y=0:7x=173\n!5<#\ny=1:7x=166\n!161<#\ny=1:7x=161"):
    ...     print(part.context, part.lines)
    () ('y=0:7x=173', '!5<#')
    ('y=0:7x=173', '!5<#') ('y=1:7x=166', '!161<#')
    ('y=1:7x=166', '!161<#') ('y=1:7x=161',)
    """
    lines = text.split("\n")
    parts: list[Part] = []
    first = 0
    context: tuple[str, ...] = ()
    for number, kept in _erasures(problem, lines, style):
        parts.append(Part(context, first, tuple(lines[first : number + 1])))
        first, context = number + 1, tuple(lines[line] for line in kept)
    return [*parts, Part(context, first, tuple(lines[first:]))] if first < len(lines) else parts


def context_of(problem: Problem, text: str, style: str = "terse") -> str:
    """The lines of a text that are still in the context, each with its newline."""
    lines = text.split("\n")
    kept, end = [], 0
    for number, remaining in _erasures(problem, lines, style):
        kept, end = [lines[line] for line in remaining], number + 1
    return "".join(f"{line}\n" for line in [*kept, *lines[end:]])


def ends_erasing(problem: Problem, text: str, style: str = "terse") -> bool:
    """Whether the last line of a text erases a dead end."""
    if not text.endswith(style_of(style).ERASED):
        return False
    lines = text.split("\n")
    return any(number == len(lines) - 1 for number, _ in _erasures(problem, lines, style))


def _erasures(problem: Problem, lines: Sequence[str], style: str) -> Iterator[tuple[int, list[int]]]:
    """The number of each erasing line, and those of the lines that remain after it, itself included."""
    if not any(line.endswith(style_of(style).ERASED) for line in lines):
        return
    walk = Walk(problem)
    line_of: dict[int, int] = {}
    for number, text in enumerate(lines):
        before = walk.path
        events = read_line(walk, text, style).events
        if any(isinstance(event, Take) for event in events):
            line_of[walk.here.number] = number
        if any(isinstance(event, Erase) for event in events):
            path = {stop.number for stop in walk.path}
            left = [stop.number for stop in before if stop.number not in path][:1]
            yield number, sorted({*(line_of[step] for step in [*path, *left] if step), number})

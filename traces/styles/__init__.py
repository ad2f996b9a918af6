"""The interface of a text style: how the lines of a trace are written and read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from journey.problem import Problem
from traces.trace import Event, Walk

WORDS = re.compile(r"\d+|[A-Za-z]+|\S|\n")


class Line(NamedTuple):
    """One line of a text: its events, or why it has none."""

    text: str
    events: tuple[Event, ...]
    fault: str | None = None
    """Why the line could not be read."""
    left: int | None = None
    """For a notice: the depth of the state that it leaves."""


class Style(Protocol):
    """The functions of a style. A module that defines them is a style."""

    MAX_LINE: int
    """Characters in a line; a longer line is not read."""
    ERASED: str
    """The end of a line that erases the dead end it leaves."""

    def prompt(self, problem: Problem) -> str:
        """The prompt of a problem, ending on a token boundary."""
        ...

    def render_line(self, walk: Walk, events: Sequence[Event], seed: int) -> str:
        """The line of these events at the current state of `walk` (`traces.text.JOINED`)."""
        ...

    def read_line(self, walk: Walk, text: str) -> Line:
        """Reads a line at the current state of `walk`. Raises MoveError if it has no event."""
        ...

    def answer(self, problem: Problem, line: str) -> str | None:
        """The answer of a concluding line; None if the line does not conclude."""
        ...


def length(text: str) -> int:
    """Length of a text in numbers, words and signs: close to its tokens for any tokenizer.

    >>> length("y=1:7x=161")
    8
    """
    return len(WORDS.findall(text))

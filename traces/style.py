"""What a style of text is: how the lines of a trace are said, and read again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from journey.problem import Problem
from traces.trace import Event, Walk

WORDS = re.compile(r"\d+|[A-Za-z]+|\S|\n")


class Line(NamedTuple):
    """One line of a text: the events it says, or why it says none."""

    text: str
    events: tuple[Event, ...]
    fault: str | None = None
    """Why it says no event."""
    left: int | None = None
    """Of a notice: the depth of the state it says must be left."""


class Style(Protocol):
    """What a style knows. A module with these is a style."""

    MAX_LINE: int
    """Characters in a line; a longer one is not read."""

    def prompt(self, problem: Problem) -> str:
        """What a model is asked, ending on a token boundary."""
        ...

    def say(self, walk: Walk, events: Sequence[Event], seed: int) -> str:
        """The line that says these events where `walk` stands: one, or a notice and the going back."""
        ...

    def read(self, walk: Walk, text: str) -> Line:
        """What a line says where `walk` stands. Raises MoveError where it says nothing."""
        ...

    def answer(self, problem: Problem, line: str) -> str | None:
        """The answer that a line concludes with, None if it does not conclude."""
        ...


def length(text: str) -> int:
    """How much a text says, in numbers, words and signs: near to its tokens, whatever the tokenizer.

    >>> length("y=1:7x=161")
    8
    """
    return len(WORDS.findall(text))

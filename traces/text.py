"""A trace as text, and text as a trace: `parse(render(trace)) == trace`, in each style (DESIGN rule 3).

`terse` is for small models (`traces.styles.terse`), and `stated` is `terse` with the state after each step.
`prose` is for pretrained models: plain English with LaTeX (`traces.styles.prose`). In all, a line holds one
event, or a notice, the step back and the erasure of what was left. No line is evaluated: each is matched,
parsed, and then checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from journey.errors import MoveError, unknown_name
from journey.families import State
from journey.problem import Problem
from journey.step import Move
from traces.styles import Line, Style, length, prose, stated, terse
from traces.trace import Back, Erase, Event, Notice, Take, Trace, Walk

__all__ = [
    "STYLES",
    "Line",
    "length",
    "parse",
    "prompt",
    "read_line",
    "read_steps",
    "render",
    "render_line",
    "rendered_lines",
    "style_of",
]

STYLES: Mapping[str, Style] = {"terse": terse, "stated": stated, "prose": prose}
JOINED = ((Notice, Back), (Back, Erase))
"""Events that share a line with the one before."""


def style_of(name: str) -> Style:
    """Returns the style of this name.

    Raises:
        InputError: the name is unknown; the message suggests the nearest.
    """
    if name not in STYLES:
        raise unknown_name("style", name, STYLES)
    return STYLES[name]


def prompt(problem: Problem, style: str = "terse") -> str:
    """The prompt of a problem, ending on a token boundary."""
    return style_of(style).prompt(problem)


def render(trace: Trace, style: str = "terse", seed: int = 0) -> str:
    """Renders a trace as lines joined by newlines, none after the last. `seed` chooses the wordings."""
    return "\n".join(line for _, _, line in rendered_lines(trace, style, seed))


def rendered_lines(
    trace: Trace, style: str = "terse", seed: int = 0
) -> Iterator[tuple[Walk, tuple[Event, ...], str]]:
    """Renders a trace line by line; yields the walk before the line, the line's events, and its text.

    A notice, the step back after it and its erasure share a line. The yielded walk is one object that
    advances between lines.
    """
    walk = Walk(trace.problem)
    remaining = list(trace.events)
    while remaining:
        size = 1
        while size < len(remaining) and (type(remaining[size - 1]), type(remaining[size])) in JOINED:
            size += 1
        group = tuple(remaining[:size])
        del remaining[:size]
        yield walk, group, render_line(walk, *group, style=style, seed=seed)
        for event in group:
            apply_event(walk, event)


def render_line(walk: Walk, *events: Event, style: str = "terse", seed: int = 0) -> str:
    """Renders the events of one line at the current state of `walk`."""
    return style_of(style).render_line(walk, events, seed)


def apply_event(walk: Walk, event: Event) -> None:
    """Applies an event to a walk."""
    if isinstance(event, Take):
        walk.take(event.move)
    elif isinstance(event, Back):
        walk.back(event.to)


def read_line(walk: Walk, text: str, style: str = "terse") -> Line:
    """Reads a line at the current state of `walk` and applies its events. Never raises: faults are data."""
    style_functions = style_of(style)
    if len(text) > style_functions.MAX_LINE:
        return Line(text[: style_functions.MAX_LINE], (), f"a line of {len(text)} characters")
    try:
        line = style_functions.read_line(walk, text)
        for event in line.events:
            apply_event(walk, event)
    except MoveError as fault:
        return Line(text, (), str(fault))
    return line


def answer_in(problem: Problem, line: str, style: str = "terse") -> str | None:
    """The answer of a concluding line; None if the line does not conclude."""
    style_functions = style_of(style)
    return style_functions.answer(problem, line) if len(line) <= style_functions.MAX_LINE else None


def read_steps(problem: Problem, text: str, style: str = "terse") -> list[tuple[State, Move]]:
    """The steps of a text, each with the state before it; other lines are ignored.

    Model outputs are read this way before their steps become part of a graph.
    """
    walk = Walk(problem)
    steps: list[tuple[State, Move]] = []
    for line in text.split("\n"):
        here = walk.here.state
        events = read_line(walk, line, style).events
        steps += [(here, event.move) for event in events if isinstance(event, Take)]
    return steps


def parse(problem: Problem, text: str, style: str = "terse") -> Trace:
    """Parses a text as a trace.

    Raises:
        MoveError: a line has no event; the message gives its number.
    """
    walk = Walk(problem)
    events: list[Event] = []
    for number, row in enumerate(text.split("\n"), 1):
        line = read_line(walk, row, style)
        if line.fault is not None:
            raise MoveError(f"line {number}: {line.fault}")
        events.extend(line.events)
    return Trace(problem, tuple(events))

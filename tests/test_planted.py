"""Faults planted in clean traces, in each style: the audit finds every one, and none in what is clean.

Whether a plant is a fault is not asked of the audit: the checker judges the planted line where it stands,
the family grades the planted answer, and of words only those that differ from every true wording count.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count

import pytest

from journey import families
from journey.check import check_move, sound
from tests.conftest import graph_of
from traces import walks
from traces.audit import audit
from traces.styles import words
from traces.styles.phrases import CLOSINGS, OPENERS
from traces.text import STYLES, read_line, render_line
from traces.text import rendered_lines as lines_of
from traces.trace import Back, Conclude, Event, Notice, Take, Trace, Verify, Walk

TRACES = 500
"""In which each kind of fault is planted, at least."""
NUMBER = re.compile(r"(?<![\d.])\d{1,6}(?![\d.])")


@dataclass(frozen=True)
class Told:
    """A clean trace as lines, with the events of each."""

    trace: Trace
    style: str
    seed: int
    lines: tuple[str, ...]
    groups: tuple[tuple[Event, ...], ...]

    def at(self, *kinds: type[Event]) -> list[int]:
        """The lines that begin with such an event."""
        return [number for number, group in enumerate(self.groups) if isinstance(group[0], kinds)]

    def walk(self, before: int) -> Walk:
        """The reader before a line."""
        walk = Walk(self.trace.problem)
        for line in self.lines[:before]:
            read_line(walk, line, self.style)
        return walk

    def instead(self, at: int, *lines: str) -> list[str]:
        """The text with other lines in the place of one."""
        return [*self.lines[:at], *lines, *self.lines[at + 1 :]]


@cache
def output(family: str, index: int, kind: str, style: str) -> Told | None:
    trace = walks.walk(
        kind, graph_of(family, index), walks.WalkSettings(wrong_turns=2, depth=1 + index % 2, seed=index)
    )
    if trace is None:
        return None
    groups, lines = [], []
    for _, group, line in lines_of(trace, style, index):
        groups.append(group)
        lines.append(line)
    return Told(trace, style, index, tuple(lines), tuple(groups))


def is_false(clean: Told, at: int, line: str) -> bool:
    """Whether a line that stands at a place says no sound step there, by the checker alone."""
    walk = clean.walk(at)
    here = walk.here.state
    events = read_line(walk, line, clean.style).events
    if len(events) != 1 or not isinstance(events[0], Take):
        return not events
    return not sound(walk.family, check_move(walk.family, here, events[0].move).verdict)


def on_the_way(clean: Told) -> list[int]:
    """The lines of the steps that the conclusion rests on: what is put there is not noticed and left."""
    end = clean.walk(len(clean.lines))
    kept = {stop.number for stop in end.path}
    return [at for number, at in enumerate(clean.at(Take), 1) if number in kept]


def shifted(text: str, rng: random.Random) -> str | None:
    """The text with one of its numbers changed."""
    places = list(NUMBER.finditer(text))
    if not places:
        return None
    result = rng.choice(places)
    return f"{text[: result.start()]}{int(result[0]) + rng.choice((1, 2, 10))}{text[result.end() :]}"


def a_mistake_for_a_step(clean: Told, rng: random.Random) -> list[str] | None:
    """A wrong turn that people take, in the place of a right step, without a notice."""
    for at in rng.sample(right := on_the_way(clean), len(right)):
        walk = clean.walk(at)
        event = clean.groups[at][0]
        assert isinstance(event, Take)
        for _, wrong in walk.family.mistakes(walk.here.state, event.move):
            line = render_line(walk, Take(wrong), style=clean.style, seed=clean.seed)
            if is_false(clean, at, line):
                return clean.instead(at, line)
    return None


def a_changed_result(clean: Told, rng: random.Random) -> list[str] | None:
    """A number in a right step changed, so that the checker refutes it."""
    right = on_the_way(clean)
    for at in rng.sample(right, len(right)):
        line = shifted(clean.lines[at], rng)
        if line is not None and is_false(clean, at, line):
            return clean.instead(at, line)
    return None


def a_deleted_notice(clean: Told, rng: random.Random) -> list[str] | None:
    """The notice of a wrong step taken out."""
    after = [at for at in clean.at(Notice) if is_false(clean, at - 1, clean.lines[at - 1])]
    return clean.instead(rng.choice(after)) if after else None


def a_notice_in_other_words(clean: Told, rng: random.Random) -> list[str] | None:
    """A notice whose proof says another number, or another notice's proof."""
    notices = clean.at(Notice)
    for at in rng.sample(notices, len(notices)):
        line, event = clean.lines[at], clean.groups[at][0]
        assert isinstance(event, Notice)
        if clean.style != "prose":
            fact = event.evidence.terse()
            return clean.instead(at, line.replace("!" + fact, f"!{shifted(fact, rng) or '7'}", 1))
        opener = next(each for each in OPENERS if line.startswith(each))
        end = min(line.find(each) for each in CLOSINGS if line.find(each) > 0)
        clause = shifted(line[len(opener) : end], rng)
        known = words.of(clean.trace.problem.family)
        if clause is not None and clause not in words.clauses(known, event.evidence):
            return clean.instead(at, opener + clause + line[end:])
    return None


def a_wrong_conclusion(clean: Told, rng: random.Random) -> list[str] | None:
    """Another answer, which the family does not grade right."""
    problem, end = clean.trace.problem, clean.trace.events[-1]
    assert isinstance(end, Conclude)
    family = families.get(problem.family)
    for _ in range(5):
        answer = shifted(end.answer, rng) or "7"
        if family.grade(problem.givens, answer) is not None:
            line = render_line(Walk(problem), Conclude(answer), style=clean.style, seed=clean.seed)
            return clean.instead(len(clean.lines) - 1, line)
    return None


def a_step_of_another_problem(clean: Told, rng: random.Random) -> list[str] | None:
    """A line of another problem's trace in the place of a right step."""
    other = output(clean.trace.problem.family, clean.seed + 1, "journey", clean.style)
    steps = [other.lines[at] for at in other.at(Take)] if other else []
    for at in rng.sample(right := on_the_way(clean), len(right)):
        for line in rng.sample(steps, len(steps)):
            if is_false(clean, at, line):
                return clean.instead(at, line)
    return None


def a_line_twice(clean: Told, rng: random.Random) -> list[str] | None:
    """A step said once more, where the checker refutes it."""
    steps = on_the_way(clean)
    for at in rng.sample(steps, len(steps)):
        if is_false(clean, at + 1, clean.lines[at]):
            return clean.instead(at, clean.lines[at], clean.lines[at])
    return None


def a_line_left_out(clean: Told, rng: random.Random) -> list[str] | None:
    """A right step left out at the end, so that a later one no longer follows."""
    last = max(clean.at(Notice, Back), default=-1)
    steps = [at for at in clean.at(Take) if at > last]
    for at in rng.sample(steps, len(steps)):
        walk = clean.walk(at)
        for line in clean.lines[at + 1 : -1]:
            here = walk.here.state
            events = read_line(walk, line, clean.style).events
            moves = [event.move for event in events if isinstance(event, Take)]
            if not events or any(
                not sound(walk.family, check_move(walk.family, here, m).verdict) for m in moves
            ):
                return clean.instead(at)
    return None


def a_wrong_verification(clean: Told, rng: random.Random) -> list[str] | None:
    """Another sum than that of the problem with its answer."""
    for at in clean.at(Verify):
        line = shifted(clean.lines[at], rng)
        if line is not None and line != clean.lines[at]:
            return clean.instead(at, line)
    return None


Plant = Callable[[Told, random.Random], "list[str] | None"]
PLANTS: dict[Plant, str] = {
    a_mistake_for_a_step: "journey",
    a_changed_result: "journey",
    a_deleted_notice: "journey",
    a_notice_in_other_words: "journey",
    a_wrong_conclusion: "journey",
    a_step_of_another_problem: "journey",
    a_line_twice: "journey",
    a_line_left_out: "shortcut",
    a_wrong_verification: "checked",
}


def everyone(kind: str, style: str) -> Iterator[Told]:
    """Traces of every family in turn."""
    for index in count():
        for family in families.NAMES:
            result = output(family, index, kind, style)
            if result is not None:
                yield result


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_found_in_every_trace(plant: Plant, style: str) -> None:
    rng = random.Random(f"{plant.__name__}:{style}")
    planted, missed, families_ = 0, [], Counter[str]()
    for clean in everyone(PLANTS[plant], style):
        spoilt = plant(clean, rng)
        if spoilt is None:
            continue
        planted += 1
        families_[clean.trace.problem.family] += 1
        report = audit(clean.trace.problem, "\n".join(spoilt), style)
        if not report.faults:
            missed.append("\n".join(spoilt))
        if planted == TRACES:
            break
    print(f"{plant.__name__} in {style}: {planted} planted, {planted - len(missed)} found; {dict(families_)}")
    assert not missed, f"{len(missed)} missed, such as\n{missed[0]}"


@pytest.mark.parametrize("style", STYLES)
def test_clean_traces_are_flagged_nowhere(style: str) -> None:
    audited = 0
    for kind in ("journey", "checked"):
        for number, clean in enumerate(everyone(kind, style)):
            if number == TRACES // 2:
                break
            report = audit(clean.trace.problem, "\n".join(clean.lines), style)
            assert not report.faults, clean.lines
            assert report.solved
            audited += 1
    print(f"{audited} clean traces in {style}: none flagged")
    assert audited == TRACES

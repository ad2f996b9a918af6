"""A corpus that is spoilt on purpose, as the web is: what each row is, and which row is spoilt how.

A corpus has one row for each training problem, in their order. The row is the problem's own trace, or one of:

| defect | what stands in the row |
|---|---|
| duplicate | a copy of an earlier row; the n-th row is copied in proportion to 1/n (Zipf's law) |
| near_duplicate | another trace of an earlier row's problem, without some of its wrong turns |
| truncated | the first lines of the trace, without its answer |
| noise | a trace of another family |
| leaked | a trace of an evaluation problem |
| fact | an evaluation problem and its answer, without a derivation |
| wrong | the trace with a mistake that is not noticed, and the right answer (`traces.controls.spoilt`) |

FineWeb (Penedo et al. 2024, arXiv 2406.17557, section 3) filters such a corpus. There nobody knows what was
spoilt; here each row says it. Whether and how a row is spoilt depends on the seed and its number alone
(DESIGN rule 8), and a larger share of one defect spoils the same rows and more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from journey.graph import SolutionGraph
from journey.problem import Problem
from traces import walks
from traces.controls import spoilt
from traces.text import prompt, render
from traces.trace import Trace

DEFECTS = ("duplicate", "near_duplicate", "truncated", "noise", "leaked", "fact", "wrong")
"""In the order in which they are drawn: the share of one does not change which rows those before it spoil."""
COPIES = ("duplicate", "near_duplicate")
KEPT_TURNS = 0.6
"""The share of the dead ends of a trace that its near duplicates keep."""
MAX_DRAWS = 100
"""Draws of a row to copy; a row that finds no unspoilt one is not spoilt."""


@dataclass(frozen=True, slots=True)
class CorpusRow:
    """A row of a corpus file."""

    id: str
    """Of the training problem that the row replaces. Filters and arms name the row by it."""
    split: str
    kind: str
    """The kind of trace that the corpus was made of."""
    problem: Problem
    """The problem that the text is about."""
    style: str
    prompt: str
    completion: str
    defect: str | None = None
    """A key of `DEFECTS`; None for the problem's own trace."""
    source: str | None = None
    """The id of the row that this one copies, or of the problem that it was taken from."""
    schema_version: int = 1


def choose_defect(seed: int, number: int, shares: Mapping[str, float]) -> str | None:
    """How row `number` is spoilt; None if it is not.

    >>> choose_defect(0, 3, {"wrong": 1.0}), choose_defect(0, 3, {})
    ('wrong', None)
    """
    rest = 1.0
    for defect in DEFECTS:
        share = shares.get(defect, 0.0)
        if share and Random(f"{seed}:corpus:{number}:{defect}").random() * rest < share:
            return defect
        rest -= share
    return None


def choose_copied(seed: int, number: int, shares: Mapping[str, float]) -> int | None:
    """The number of the earlier unspoilt row that row `number` copies; None if no draw finds one."""
    random = Random(f"{seed}:corpus:{number}:copy")
    for _ in range(MAX_DRAWS if number else 0):
        # Uniform in its logarithm, so the n-th row is drawn in proportion to 1/n.
        earlier = int(number ** random.random()) - 1
        if choose_defect(seed, earlier, shares) is None:
            return earlier
    return None


def near_copy(graph: SolutionGraph, kind: str, settings: walks.WalkSettings, number: int) -> Trace | None:
    """Another trace of a graph's problem, for row `number`."""
    fewer = replace(settings, dead_ends=settings.dead_ends * KEPT_TURNS, seed=settings.seed + number + 1)
    return walks.walk(kind, graph, fewer)


def with_mistake(graph: SolutionGraph, kind: str, settings: walks.WalkSettings, number: int) -> Trace | None:
    """The trace of a graph with an unnoticed mistake; None if no step of its solution has a known one."""
    return spoilt(graph, walks.walk(kind, graph, settings), settings.seed + number)


def truncated(completion: str, seed: int, number: int) -> str | None:
    r"""The first lines of a text, at least one and never the last; None for a text of one line.

    >>> truncated("a\nb", 0, 0), truncated("a", 0, 0)
    ('a', None)
    """
    lines = completion.split("\n")
    if len(lines) < 2:
        return None
    return "\n".join(lines[: Random(f"{seed}:corpus:{number}:cut").randrange(1, len(lines))])


def fact(trace: Trace, style: str = "terse") -> str:
    """The answer of a trace without its derivation."""
    return render(Trace(trace.problem, trace.events[-1:]), style)


def make_row(
    id: str, trace: Trace, kind: str, style: str, seed: int, completion: str | None = None
) -> CorpusRow:
    """A row that holds a trace, or another text about its problem."""
    text = render(trace, style, seed) if completion is None else completion
    return CorpusRow(id, "train", kind, trace.problem, style, prompt(trace.problem, style), text)

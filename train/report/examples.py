"""Problems on which the compared arms differ: their graphs, the teacher's traces, what the arms wrote."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from journey.graph import SolutionGraph
from journey.problem import Problem
from journey.runs.graphs import find_graph
from journey.runs.index import Index, open_index
from journey.runs.store import Run
from traces.audit import AuditedLine, audit
from traces.run_files import read_problems
from train.analysis.outcomes import read_samples
from train.analysis.reading import compared
from train.evaluation.scoring import Sample
from train.recipe.recipe import Recipe
from train.report.graphs import draw

SHOWN = 5
BOTH_WAYS = 2
"""Of these, so many at most on which the second arm is right and the first is not, if there are any."""
READABLE = 10
"""Lines of an output that are read with ease; outputs of about this length are chosen."""
MAX_LINES = 40
"""Lines of a text that are shown."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text about a problem, audited."""

    title: str
    said: str
    """Whether it is right, and what it cost."""
    lines: list[tuple[AuditedLine, str, str]]
    """Each line with its sign and the class of its looks."""
    more: int
    """Lines that are not shown."""


@dataclass(frozen=True, slots=True)
class Example:
    """A held-out problem and all that was written about it."""

    problem: Problem
    said: str
    """Who solved it."""
    graph: Markup
    compared: list[Written]
    others: list[Written]
    traces: list[Written]


def read_greedy(run: Run, results: dict[str, Any]) -> dict[str, dict[str, Sample]]:
    """By arm and problem, the greedy outputs of the stage that arms are compared on, of its first seed."""
    greedy = {}
    for arm, stage in compared(results).items():
        folder = run.path / "evals" / f"{arm}-{stage}"
        if (folder / "samples.jsonl").exists():
            greedy[arm] = {s.id: s for s in read_samples(folder) if s.sample == 0}
    return greedy


@dataclass(frozen=True, slots=True)
class Chosen:
    """The problems that are shown, and how many there were to choose from."""

    said: str
    examples: list[Example]


def examples(run: Run, recipe: Recipe, greedy: Mapping[str, Mapping[str, Sample]]) -> Chosen | None:
    """The chosen problems, each with what was written about it; None where nothing was written."""
    if not greedy:
        return None
    arms = list(greedy)
    compared = [pair for pair in recipe.comparisons() if all(arm in greedy for arm in pair)]
    pair = compared[0] if compared else (arms[0], arms[-1])
    levels = {problem.id: problem.level or 0 for problem in read_problems(run, recipe.evaluation.split)}
    first, second = (greedy[arm] for arm in pair)
    ids = [id for id in levels if id in first and id in second]
    right = {id: (first[id].correct, second[id].correct) for id in ids}
    lines = {id: max(first[id].text.count("\n"), second[id].text.count("\n")) + 1 for id in ids}
    chosen = choose(right, levels, lines)
    variants = [recipe.arm(arm).variant for arm in reversed(pair)]
    alone = [sum(solved == wanted for solved in right.values()) for wanted in ((True, False), (False, True))]
    said = (
        f"Of {len(right):,} held-out problems {pair[0]} alone is right on {alone[0]:,} and {pair[1]} alone "
        f"on {alone[1]:,}. Shown are {len(chosen)}, chosen by rule: of several levels, where the two differ "
        "and in both directions, as far as there are such."
    )
    with open_index(run.path) as index:
        return Chosen(
            said, [_example(index, id, pair, greedy, variants, recipe.traces.style) for id in chosen]
        )


def choose(
    right: Mapping[str, tuple[bool, bool]],
    levels: Mapping[str, int],
    lines: Mapping[str, int],
    most: int = SHOWN,
) -> list[str]:
    """Which problems are shown: those where the arms differ, in both directions and of several levels.

    Where they differ on too few, those that both solve and then those that neither solves fill up. The choice
    depends on the outputs alone.
    """

    def group(wanted: tuple[bool, bool]) -> list[str]:
        found = [id for id, solved in right.items() if solved == wanted]
        return _by_turns(found, levels, key=lambda id: (abs(lines[id] - READABLE), id))

    here, there = group((True, False)), group((False, True))
    back = there[: max(min(BOTH_WAYS, most // 2), most - len(here))]
    differ = here[: most - len(back)] + back
    return (differ + group((True, True)) + group((False, False)))[:most]


def _by_turns(ids: Iterable[str], levels: Mapping[str, int], key: Callable[[str], Any]) -> list[str]:
    """The best of each level, then the second of each, and so on."""
    by_level: dict[int, list[str]] = {}
    for id in sorted(ids, key=key):
        by_level.setdefault(levels[id], []).append(id)
    turns = [(place, level, id) for level, found in by_level.items() for place, id in enumerate(found)]
    return [id for _, _, id in sorted(turns)]


def _example(
    index: Index,
    id: str,
    pair: Sequence[str],
    greedy: Mapping[str, Mapping[str, Sample]],
    variants: Sequence[str],
    style: str,
) -> Example:
    graph: SolutionGraph = find_graph(index, id)
    problem = graph.problem

    def output(arm: str) -> Written:
        sample = greedy[arm][id]
        said = f"{'right' if sample.correct else 'wrong'}, {sample.tokens} tokens"
        if not sample.finished:
            said += ", cut off at the cap"
        return written(problem, arm, said, sample.text, style)

    texts = {kind: (index.trace(kind, id) or {}).get("completion") for kind in dict.fromkeys(variants)}
    solved = [f"{arm} {'right' if greedy[arm][id].correct else 'wrong'}" for arm in pair]
    return Example(
        problem,
        ", ".join(solved),
        draw(graph),
        [output(arm) for arm in pair],
        [output(arm) for arm in greedy if arm not in pair and id in greedy[arm]],
        [written(problem, kind, "", text, style) for kind, text in texts.items() if text],
    )


def written(problem: Problem, title: str, said: str, text: str, style: str) -> Written:
    """A text with each line's sign."""
    lines = audit(problem, text, style).lines
    return Written(
        title, said, [(line, *sign(line)) for line in lines[:MAX_LINES]], max(0, len(lines) - MAX_LINES)
    )


def sign(line: AuditedLine) -> tuple[str, str]:
    """A sign for what the audit found that is read without colour, and the class that colours it.

    >>> sign(AuditedLine("?", "unparsed"))
    ('? unreadable', 'bad')
    """
    if line.says == "take":
        if line.sound:
            return f"\N{MIDDLE DOT} {line.verdict}", "plain"
        kept = "" if line.flagged else ", left" if line.left else ", missed"
        return f"\N{BALLOT X} {line.verdict}{kept}", str(line.verdict)
    if line.says == "notice":
        if line.right:
            return "\N{LEFTWARDS ARROW} noticed", "noticed"
        if line.due:
            return "\N{LEFTWARDS ARROW} left, unproved", "noticed"
        return ("? false alarm", "bad") if line.due is False else ("? not decided", "unknown")
    if line.says == "conclude":
        return ("\N{CHECK MARK} right", "good") if line.right else ("\N{BALLOT X} wrong answer", "bad")
    if line.says == "verify":
        return ("\N{CHECK MARK} verified", "good") if line.right else ("\N{BALLOT X} does not verify", "bad")
    return {"back": ("\N{LEFTWARDS ARROW} back", "plain"), "filler": ("~ filler", "plain")}.get(
        line.says, ("? unreadable", "bad")
    )

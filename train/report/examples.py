"""Problems on which the compared arms differ: their graphs, the teacher's traces and the arms' outputs."""

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
from traces.pictures import draw as draw_problem
from traces.pictures.shown import data_uri
from traces.run_files import read_problems
from train.analysis.evaluations import read_samples
from train.analysis.results_schema import Results
from train.evaluation.scoring import Sample
from train.recipe.recipe import Recipe
from train.report.graphs import draw

SHOWN = 5
"""Problems that are shown."""
SECOND_ALONE = 2
"""Of these, at most this many that only the second arm solves."""
READABLE = 10
"""Outputs of about this many lines are chosen, because they are easy to read."""
MAX_LINES = 40
"""Lines of a text that are shown."""


@dataclass(frozen=True, slots=True)
class Written:
    """A text about a problem, audited."""

    title: str
    result: str
    """Whether it is right, and its tokens."""
    lines: list[tuple[AuditedLine, str, str]]
    """Each line with its sign and its CSS class."""
    more: int
    """Lines that are not shown."""


@dataclass(frozen=True, slots=True)
class Example:
    """A held-out problem and all texts about it."""

    problem: Problem
    result: str
    """Which arms solved it."""
    graph: Markup
    compared: list[Written]
    others: list[Written]
    traces: list[Written]
    picture: str | None = None
    """The picture that models read, as a `data:` address."""


def read_greedy(run: Run, results: Results) -> dict[str, dict[str, Sample]]:
    """By arm and problem: the greedy outputs of the first seed, after the stage that arms are compared on."""
    greedy = {}
    for arm, stage in results.compared_stages().items():
        folder = run.path / "evals" / f"{arm}-{stage}"
        if (folder / "samples.jsonl").exists():
            greedy[arm] = {s.id: s for s in read_samples(folder) if s.sample == 0}
    return greedy


@dataclass(frozen=True, slots=True)
class Examples:
    """The problems that are shown, and how they were chosen."""

    introduction: str
    examples: list[Example]


def choose_examples(run: Run, recipe: Recipe, greedy: Mapping[str, Mapping[str, Sample]]) -> Examples | None:
    """The problems that are shown; None without outputs."""
    if not greedy:
        return None
    arms = list(greedy)
    pairs = [pair for pair in recipe.comparisons() if all(arm in greedy for arm in pair)]
    pair = pairs[0] if pairs else (arms[0], arms[-1])
    levels = {problem.id: problem.level or 0 for problem in read_problems(run, recipe.evaluation.split)}
    first, second = (greedy[arm] for arm in pair)
    ids = [id for id in levels if id in first and id in second]
    right = {id: (first[id].correct, second[id].correct) for id in ids}
    lines = {id: max(first[id].text.count("\n"), second[id].text.count("\n")) + 1 for id in ids}
    chosen = choose(right, levels, lines)
    variants = [recipe.arm(arm).variant for arm in reversed(pair)]
    alone = [list(right.values()).count(solved) for solved in ((True, False), (False, True))]
    introduction = (
        f"Of {len(right):,} held-out problems {pair[0]} alone solves {alone[0]:,}, and {pair[1]} alone "
        f"{alone[1]:,}. The {len(chosen)} problems below were chosen by a rule: it prefers those that only "
        "one arm solves, in both directions and of several levels."
    )
    with open_index(run.path) as index:
        shown = [_example(index, id, pair, greedy, variants, recipe) for id in chosen]
    return Examples(introduction, shown)


def choose(
    right: Mapping[str, tuple[bool, bool]],
    levels: Mapping[str, int],
    lines: Mapping[str, int],
    most: int = SHOWN,
) -> list[str]:
    """The problems that are shown: those where the arms differ, in both directions and of several levels.

    If there are too few, problems that both solve follow, and then those that neither solves. The choice
    depends on the outputs alone.
    """

    def group(solved_by: tuple[bool, bool]) -> list[str]:
        ids = [id for id, solved in right.items() if solved == solved_by]
        return _by_turns(ids, levels, key=lambda id: (abs(lines[id] - READABLE), id))

    first_alone, second_alone = group((True, False)), group((False, True))
    second_alone = second_alone[: max(min(SECOND_ALONE, most // 2), most - len(first_alone))]
    differ = first_alone[: most - len(second_alone)] + second_alone
    return (differ + group((True, True)) + group((False, False)))[:most]


def _by_turns(ids: Iterable[str], levels: Mapping[str, int], key: Callable[[str], Any]) -> list[str]:
    """The best of each level, then the second of each, and so on."""
    by_level: dict[int, list[str]] = {}
    for id in sorted(ids, key=key):
        by_level.setdefault(levels[id], []).append(id)
    turns = [(place, level, id) for level, group in by_level.items() for place, id in enumerate(group)]
    return [id for _, _, id in sorted(turns)]


def _example(
    index: Index,
    id: str,
    pair: Sequence[str],
    greedy: Mapping[str, Mapping[str, Sample]],
    variants: Sequence[str],
    recipe: Recipe,
) -> Example:
    graph: SolutionGraph = find_graph(index, id)
    problem, style, side = graph.problem, recipe.traces.style, recipe.problems.picture

    def output(arm: str) -> Written:
        sample = greedy[arm][id]
        result = f"{'right' if sample.correct else 'wrong'}, {sample.tokens} tokens"
        if not sample.finished:
            result += ", cut off at the cap"
        if sample.misread:
            result += f", misread as {(sample.given or '').strip()}"
        return written(problem, arm, result, sample.text, style)

    texts = {kind: (index.trace(kind, id) or {}).get("completion") for kind in dict.fromkeys(variants)}
    solved = [f"{arm} {'right' if greedy[arm][id].correct else 'wrong'}" for arm in pair]
    return Example(
        problem,
        ", ".join(solved),
        draw(graph),
        [output(arm) for arm in pair],
        [output(arm) for arm in greedy if arm not in pair and id in greedy[arm]],
        [written(problem, kind, "", text, style) for kind, text in texts.items() if text],
        None if side is None else data_uri(draw_problem(problem, side)),
    )


def written(problem: Problem, title: str, result: str, text: str, style: str) -> Written:
    """A text with the sign of each line."""
    lines = audit(problem, text, style).lines
    return Written(
        title, result, [(line, *sign(line)) for line in lines[:MAX_LINES]], max(0, len(lines) - MAX_LINES)
    )


def sign(line: AuditedLine) -> tuple[str, str]:
    """The result of a line's audit as a sign that needs no colour, and as a CSS class.

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

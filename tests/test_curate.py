"""What curation drops, and that it says so: limits, balance, rule 4, counts that add up, order."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from journey.problem import Problem
from journey.step import Verdict
from tests.conftest import graph_of, problem_of
from tests.stories import PLAIN, lost, prose, reworded, story, texts
from traces import walks
from traces.audit import audit
from traces.curate import curate, with_steps
from traces.filters import FILTERS, Limits, Text
from traces.text import prompt, render


def test_nothing_is_dropped_where_nothing_is_stated() -> None:
    curated = curate(PLAIN, texts(PLAIN, "shortcut", "journey"), Limits())
    assert curated.kept == [problem.id for problem in PLAIN]
    assert not curated.dropped
    assert curated.counts == {"no_trace": {kind: {"own": 0, "others": 0} for kind in ("shortcut", "journey")}}


# --- limits ---


@pytest.mark.parametrize(
    ("limits", "text", "why"),
    [
        (Limits(min_characters=6), Text("", "=7"), "2 characters, fewer than 6"),
        (Limits(max_characters=20), Text("", "x" * 21), "21 characters, more than 20"),
        (Limits(min_lines=2), Text("", "It is 7 and so on"), "1 lines, fewer than 2"),
        (Limits(max_lines=3), Text("", "a\nb\nc\n=7"), "4 lines, more than 3"),
        (
            Limits(unknown_share=0.5),
            Text("", "a", (Verdict.UNKNOWN, Verdict.UNKNOWN, Verdict.VALID)),
            "2 of 3 steps undecided",
        ),
    ],
)
def test_what_one_kind_drops_all_drop(limits: Limits, text: Text, why: str) -> None:
    made = texts(PLAIN, "shortcut", "journey", "stream", journey_9=text)
    curated = curate(PLAIN, made, limits)
    name = "unknown" if limits.unknown_share else "length"
    assert lost(curated) == {PLAIN[9].id: name}
    assert curated.dropped[PLAIN[9].id].why == {"journey": why}
    assert curated.counts[name] == {
        "shortcut": {"own": 0, "others": 1},
        "journey": {"own": 1, "others": 0},
        "stream": {"own": 0, "others": 1},
    }
    assert PLAIN[9].id not in curated.kept


def test_limits_may_be_met_exactly() -> None:
    at_the_limit = Text("", "ab\ncd", (Verdict.UNKNOWN, Verdict.VALID))
    made = texts(PLAIN[:1], "journey", journey_0=at_the_limit)
    bounds = Limits(min_characters=5, max_characters=5, min_lines=2, max_lines=2, unknown_share=0.5)
    assert curate(PLAIN[:1], made, bounds).kept == [PLAIN[0].id]


def test_levels_and_missing_traces() -> None:
    problems = [prose(story(number), level=number % 4 or None) for number in range(12)]
    made = texts(problems, "shortcut", "journey")
    del made["shortcut"][problems[5].id]
    curated = curate(problems, made, Limits(levels=(1, 2)))
    assert lost(curated)[problems[5].id] == "no_trace"
    assert curated.counts["no_trace"] == {
        "shortcut": {"own": 1, "others": 0},
        "journey": {"own": 0, "others": 1},
    }
    assert [problems.index(p) % 4 for p in problems if p.id in curated.kept] == [1, 2, 2, 1, 2]
    assert curated.dropped[problems[0].id].why["journey"] == "level unknown"


# --- balance ---


def test_no_family_has_more_than_its_share() -> None:
    sizes = {"countdown": 50, "linear": 20, "roots": 8}
    problems = [problem_of(family, index) for family, size in sizes.items() for index in range(size)]
    problems = list({problem.id: problem for problem in problems}.values())
    made = texts(problems, "journey")

    def left(share: float) -> dict[str, int]:
        kept = set(curate(problems, made, Limits(family_share=share)).kept)
        return {name: sum(p.family == name for p in problems if p.id in kept) for name in sizes}

    assert left(0.5) == {"countdown": 28, "linear": 20, "roots": 8}
    assert left(0.4) == {"countdown": 16, "linear": 16, "roots": 8}
    assert left(0.01) == {"countdown": 8, "linear": 8, "roots": 8}, "more than equal parts cannot be had"
    assert left(1.0) == sizes
    alone = [problem for problem in problems if problem.family == "roots"]
    assert not curate(alone, texts(alone, "journey"), Limits(family_share=0.3)).dropped


def test_no_mistake_has_more_than_its_share_in_any_kind() -> None:
    rng = Random(0)
    made = texts(PLAIN, "shortcut", "journey", "stream")
    for kind in ("journey", "stream"):
        for problem in PLAIN[:34]:
            names = tuple(rng.choices(["slip", "sign", "lost"], [8, 2, 1], k=rng.randint(0, 4)))
            made[kind][problem.id] = Text("p", "=7", (), names)
    curated = curate(PLAIN, made, Limits(mistake_share=0.6))
    assert set(lost(curated).values()) == {"mistake"}
    for kind in ("journey", "stream"):
        left = [name for id in curated.kept for name in made[kind][id].mistakes]
        assert len(left) > 10
        assert left.count("slip") <= 0.6 * len(left)
    assert curated.counts["mistake"]["shortcut"] == {"own": 0, "others": len(curated.dropped)}
    assert {problem.id for problem in PLAIN[34:]} <= set(curated.kept), (
        "a text without mistakes weighs nothing"
    )


def test_what_one_balance_tips_the_other_sets_right() -> None:
    """Of the mistakes 62 % are slips, until two thirds of the countdown problems go: then it is 75 %."""
    sizes = {"countdown": 30, "linear": 10}
    problems = [problem_of(family, index) for family, size in sizes.items() for index in range(size)]
    made = texts(problems, "journey")
    countdown = sorted(problem.id for problem in problems if problem.family == "countdown")
    for problem in problems:
        name = "sign" if problem.id in countdown[::2] else "slip"
        made["journey"][problem.id] = Text("p", "=7", (), (name,))
    limits = Limits(mistake_share=0.65, family_share=0.5)
    assert not curate(problems, made, replace(limits, family_share=None)).dropped
    curated = curate(problems, made, limits)
    kept = [problem for problem in problems if problem.id in set(curated.kept)]
    families = [problem.family for problem in kept]
    names = [made["journey"][problem.id].mistakes[0] for problem in kept]
    assert set(lost(curated).values()) == {"mistake", "family"}
    assert 0 < max(map(families.count, families)) <= 0.5 * len(kept)
    assert names.count("slip") <= 0.65 * len(names)


# --- everything together ---


EVERYTHING = Limits(
    levels=(1, 2, 3),
    max_characters=60,
    max_lines=8,
    unknown_share=0.4,
    checked=True,
    quality=0.1,
    labels=40,
    near_duplicates=0.6,
    mistake_share=0.5,
    family_share=0.7,
    rows=50,
)


def crowd(seed: int) -> tuple[list[Problem], dict[str, dict[str, Text]], list[Problem]]:
    """Problems with something of every fault."""
    rng, faults = Random(f"crowd:{seed}"), Random(f"faults:{seed}")
    problems = [prose(story(number), level=rng.randint(1, 4)) for number in range(80)]
    problems += [prose(problem.statement + "  ") for problem in problems[:4]]
    problems += [prose(reworded(problem.statement, 12)) for problem in problems[10:14]]
    problems += {p.id: p for p in (problem_of("countdown", index) for index in range(30))}.values()
    made: dict[str, dict[str, Text]] = {"shortcut": {}, "journey": {}}
    for kind in made:
        for problem in problems:
            verdicts = tuple(rng.choices([Verdict.VALID, Verdict.UNKNOWN], [4, 1], k=4))
            names = tuple(rng.choices(["slip", "sign"], [4, 1], k=2)) if kind == "journey" else ()
            lines = "\n".join("y" * rng.randint(1, 9) for _ in range(rng.randint(1, 9)))
            if rng.random() < 0.97:
                fault = "take: 3*4 = 12, not 13" if faults.random() < 0.05 else None
                made[kind][problem.id] = Text(prompt(problem), lines, verdicts, names, fault=fault)
    held = [prose(story(number), source="test") for number in range(20, 24)]
    held += [prose(reworded(story(number), 10, 20, 30), source="test") for number in range(30, 36)]
    return problems, made, held


@pytest.mark.parametrize("seed", range(5))
def test_counts_add_up(seed: int) -> None:
    problems, made, held = crowd(seed)
    curated = curate(problems, made, EVERYTHING, held)
    assert list(curated.counts) == list(FILTERS)
    assert curated.problems == len(problems) == len(curated.kept) + len(curated.dropped)
    assert not set(curated.kept) & set(curated.dropped)
    for kind in made:
        gone = [sum(by_kind[kind].values()) for by_kind in curated.counts.values()]
        assert len(problems) - sum(gone) == len(curated.kept)
    for name, by_kind in curated.counts.items():
        drops = [drop for drop in curated.dropped.values() if drop.filter == name]
        assert all(drop.why for drop in drops), "each says why"
        for kind, counts in by_kind.items():
            assert counts == {
                "own": sum(kind in drop.why for drop in drops),
                "others": sum(kind not in drop.why for drop in drops),
            }
    assert sum(bool(sum(counts["journey"].values())) for counts in curated.counts.values()) >= 8


@pytest.mark.parametrize("seed", range(5))
def test_order_decides_nothing_but_which_duplicate_is_the_first(seed: int) -> None:
    problems, made, held = crowd(seed)
    rng = Random(seed)

    def shuffled(rows: dict[str, Any]) -> dict[str, Any]:
        return dict(rng.sample(list(rows.items()), len(rows)))

    once = curate(problems, made, EVERYTHING, held)
    texts_apart = shuffled({kind: shuffled(by_id) for kind, by_id in made.items()})
    again = curate(problems, texts_apart, EVERYTHING, rng.sample(held, len(held)))
    assert (again.kept, again.dropped) == (once.kept, once.dropped)
    assert {name: dict(counts) for name, counts in again.counts.items()} == once.counts
    without = replace(EVERYTHING, near_duplicates=None)
    once = curate(problems, made, without, held)
    mixed = curate(rng.sample(problems, len(problems)), made, without, held)
    assert set(mixed.kept) == set(once.kept)
    assert mixed.dropped == once.dropped


def test_curating_what_was_kept_drops_nothing_more() -> None:
    problems, made, held = crowd(9)
    kept = set(curate(problems, made, EVERYTHING, held).kept)
    again = curate([p for p in problems if p.id in kept], made, EVERYTHING, held)
    assert set(again.kept) == kept


# --- what is known of a text's steps ---


def test_steps_are_read_from_the_text_and_known_from_the_graph(family: str) -> None:
    """Beside the audit, which checks the text anew."""
    mistakes = 0
    for index in range(6):
        graph = graph_of(family, index)
        trace = walks.walk("journey", graph, walks.WalkSettings())
        assert trace is not None
        text = Text(prompt(graph.problem), render(trace))
        read = with_steps(text, graph)
        assert list(read.verdicts) == [line.verdict for line in audit(graph.problem, text.completion).steps]
        assert len(read.mistakes) <= sum(not graph.sound(step) for step in graph.steps())
        assert set(read.mistakes) <= {step.mistake for step in graph.steps()}
        mistakes += len(read.mistakes)
    assert mistakes

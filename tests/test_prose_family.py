"""Prose: steps that nobody proposed, claims that are proved all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from journey import families
from journey.check import check_move, hopeless
from journey.errors import InputError, MoveError
from journey.problem import Problem, draw
from journey.step import Move, Verdict
from tests.conftest import problem_of
from traces.audit import audit
from traces.text import parse, render

PROSE = families.get("prose")
GIVENS = {"problem": "Weng earns $12 an hour.\nShe worked 50 minutes. What did she earn?", "answer": "10"}
LINES = [
    "She earned 12 * 50/60 = $9.",
    "!12 * 50/60 = 10, not 9<",
    "Let us think again.",
    "She earned 12 * 50/60 = $10.",
    " <tags> and a line that begins with a sign",
    "The answer is 10.",
    "=10",
]


@pytest.fixture
def problem() -> Problem:
    return replace(problem_of("story", 0), family="prose", givens=GIVENS, answer="10")


def test_a_solution_in_prose_is_audited_line_by_line(problem: Problem) -> None:
    report = audit(problem, "\n".join(LINES))
    assert not report.unparsed
    assert report.solved
    verdicts = [line.verdict for line in report.steps]
    assert verdicts[:3] == [Verdict.WRONG, Verdict.UNKNOWN, Verdict.VALID]
    assert report.steps[0].flagged
    assert report.steps[0].evidence == "12 * 50/60 = 10, not 9"


def test_prose_parses_back(problem: Problem) -> None:
    assert render(parse(problem, "\n".join(LINES))) == "\n".join(LINES)


def test_prose_has_no_samples_and_no_known_moves(problem: Problem) -> None:
    with pytest.raises(InputError, match="--problems"):
        draw(PROSE, 0, "train", 0, [1])
    start = PROSE.start(GIVENS)
    with pytest.raises(MoveError):
        PROSE.moves(start)
    assert hopeless(PROSE, start) is None, "not known to be a dead end"


def test_the_answer_ends_a_solution(problem: Problem) -> None:
    state = PROSE.start(GIVENS)
    for line in ("So it is", r"\boxed{10}"):
        assert not PROSE.solved(state)
        state = PROSE.apply(state, PROSE.read(state, line))
    assert PROSE.solved(state)
    assert PROSE.answer(GIVENS, [PROSE.read(PROSE.start(GIVENS), r"So \boxed{10}")]) == "10"
    assert PROSE.grade(GIVENS, "10.0") is None
    assert PROSE.grade(GIVENS, "11")
    with pytest.raises(MoveError, match="given before"):
        PROSE.read(state, "and more")
    verdict, _ = check_move(PROSE, state, Move("say", (), "and more"))
    assert verdict is Verdict.WRONG


@pytest.mark.parametrize("line", ["", "  ", "x" * 2_000])
def test_what_is_no_line_is_refused(line: str) -> None:
    with pytest.raises(MoveError):
        PROSE.read(PROSE.start(GIVENS), line)


def test_stories_that_differ_in_numbers_share_a_structure() -> None:
    other = {**GIVENS, "problem": "Weng earns $13 an hour. She  worked 5 minutes. What did she earn?"}
    assert PROSE.split_key(GIVENS) == PROSE.split_key(other)

"""Countdown at published scale: even draws, a teacher that looks ahead and prunes, and rows of others."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest

from journey import families
from journey.check import hopeless
from journey.errors import InputError
from journey.problem import Problem, draw_distinct, make_problem
from journey.runs.records import read_problems
from search.explore import Budget, explore
from search.proposers.symbolic import Symbolic, outlook
from tests.conftest import graph_of, problem_of, states_of
from traces.audit import audit
from traces.text import prompt, render
from traces.walks import WalkSettings, walk
from train.evaluation.problem_sets import draw_set
from train.models.base import build_tokenizer
from train.pipeline.model_eval import EvalSettings, _checked_problems
from train.recipe.load import load_recipe

COUNTDOWN = families.get("countdown")
PUBLISHED = {"count": 4, "largest": 99, "uniform": True}


def published(count: int, split: str = "train") -> list[Problem]:
    return list(draw_distinct(COUNTDOWN, 0, split, count, [3], options=PUBLISHED))


def searched(problem: Problem, mistakes: float = 0.0) -> Any:
    return explore(problem, Symbolic(mistakes, 0, lookahead=1, prune=True), "depth", Budget(steps=5_000))


def test_even_draws_are_every_solvable_problem_alike() -> None:
    """Three numbers up to 6: each problem that an exhaustive search solves is drawn, and none else."""
    random, drawn, solvable = Random(0), set(), set()
    for _ in range(1_500):
        givens, answer = COUNTDOWN.sample(random, 1, count=3, largest=6, uniform=True)
        assert COUNTDOWN.grade(givens, answer) is None
        drawn.add((*givens["numbers"], givens["target"]))
    for a in range(1, 7):
        for b in range(a, 7):
            for c in range(b, 7):
                for target in range(10, 101):
                    state = COUNTDOWN.start({"numbers": [a, b, c], "target": target})
                    if hopeless(COUNTDOWN, state) is False:
                        solvable.add((a, b, c, target))
    assert drawn <= solvable
    assert len(drawn) > len(solvable) * 0.8


def test_published_problems_have_four_numbers_and_a_held_out_target() -> None:
    problems = published(40)
    assert all(len(each.givens["numbers"]) == 4 for each in problems)
    assert max(max(each.givens["numbers"]) for each in problems) in range(90, 100)
    targets = {each.givens["target"] for each in problems}
    assert min(targets) >= 10 and max(targets) <= 100
    assert not targets & {each.givens["target"] for each in published(20, "heldout")}


def test_options_that_a_family_does_not_have_are_refused() -> None:
    with pytest.raises(InputError, match="no option of countdown 'counts': did you mean 'count'"):
        load_recipe("countdown4", ["problems.sampling={countdown: {counts: 4}}"])
    with pytest.raises(InputError, match="no option of linear 'count'"):
        load_recipe("countdown4", ["problems.sampling={linear: {count: 4}}"])
    with pytest.raises(InputError, match="9 numbers up to 99"):
        list(draw_distinct(COUNTDOWN, 0, "train", 1, [3], options={"count": 9, "largest": 99}))


def test_the_teacher_solves_every_problem_in_few_tokens() -> None:
    problems = published(60, "heldout")
    texts = []
    for problem in problems:
        trace = walk("stream", searched(problem), WalkSettings())
        assert trace is not None, problem.statement
        texts.append(render(trace))
        report = audit(problem, texts[-1])
        assert not (report.unflagged or report.unparsed or report.false_notices), texts[-1]
        assert report.solved
    tokenizer = build_tokenizer(map(prompt, problems), 299, ["!<\n"])
    lengths = sorted(len(tokenizer(text)["input_ids"]) for text in texts)
    assert sum(lengths) / len(lengths) < 250
    assert lengths[-4] < 1_024


def test_looking_ahead_finds_the_same_goals_and_proves_what_it_leaves(family: str) -> None:
    known = families.get(family)
    for index in range(4):
        problem = problem_of(family, index)
        graph = searched(problem, mistakes=0.3)
        assert (graph.solution() is None) == (graph_of(family, index).solution() is None)
        states = states_of(graph)
        for state in graph.states():
            if state.hopeless:
                assert hopeless(known, states[state.key]) is not False
        trace = walk("stream", graph, WalkSettings())
        assert trace is None or not audit(problem, render(trace)).unflagged


def test_a_state_is_decided_where_every_line_of_play_ends(family: str) -> None:
    known = families.get(family)
    for index in range(3):
        for state in [*states_of(graph_of(family, index, mistakes=0.0)).values()][-20:]:
            decided = outlook(known, state, 1)
            if decided is not None:
                assert hopeless(known, state) is (not decided)


def test_out_of_reach_comes_last_and_only_with_a_goal() -> None:
    seen = 0
    for problem in published(60):
        graph = searched(problem)
        states = states_of(graph)
        for key, state in states.items():
            far = [COUNTDOWN.out_of_reach(states[step.target]) for step in graph.steps_from(key)]
            assert all(not (first and not then) for first, then in pairwise(far))
            if COUNTDOWN.out_of_reach(state) and key != graph.root:
                assert not hopeless(COUNTDOWN, state)
                seen += 1
    assert seen, "some problems need a large product"


def test_a_phrase_is_one_token_and_the_text_stays_exact() -> None:
    text = "93-30=63\n!<\n!5<\n!<<\n63!<"
    plain, joined = (build_tokenizer([text], 199, phrases) for phrases in ([], ["!<\n"]))
    pieces = [joined.decode([id]) for id in joined(text)["input_ids"]]
    assert joined.decode(joined(text)["input_ids"]) == text
    assert pieces.count("!<\n") == 1
    assert len(pieces) == len(plain(text)["input_ids"]) - 2
    for at in range(len(text)):
        if text[at - 1 : at] == "\n":
            halves = [joined(part)["input_ids"] for part in (text[:at], text[at:])]
            assert [*halves[0], *halves[1]] == joined(text)["input_ids"], "texts are cut after newlines"


def test_a_stated_step_says_what_is_left_and_nothing_else_is_read() -> None:
    problem = make_problem(COUNTDOWN, {"numbers": [48, 78, 79, 93], "target": 75})
    lines = ["93+79=172;48,78,172", "172-48=124;124+49,78", "!<", "172-78=94;94+19,48", "!<<"]
    report = audit(problem, "\n".join(lines), "stated")
    assert not (report.unflagged or report.unparsed or report.false_notices)
    for wrong in ("93+79=172", "93+79=172;48,79,172", "93+79=172;", "93+79=173;48,78,172"):
        assert audit(problem, wrong, "stated").unparsed, wrong


ROW = {"nums": [93, 30, 100], "target": 23, "solution": ["93-30=63"], "search_path": "", "rating": 0.5}


@pytest.mark.parametrize("array", [True, False])
def test_rows_of_stream_of_search_are_countdown_problems(tmp_path: Path, array: bool) -> None:
    rows: list[dict[str, Any]] = [
        ROW,
        {"nums": [3, 4, 5, 6], "target": 24, "split": "test", "problem": "words"},
    ]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows) if array else "".join(json.dumps(row) + "\n" for row in rows))
    first, second = read_problems(path)
    assert (first.family, first.givens) == ("countdown", {"numbers": [30, 93, 100], "target": 23})
    assert (prompt(second), second.split) == ("3,4,5,6>24\n", "heldout")
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    (model / "tokenizer.json").write_text("{}")
    assert _checked_problems(model, str(path), EvalSettings()) == [first, second]
    path.write_text(json.dumps([{**ROW, "nums": ["a"]}]))
    with pytest.raises(InputError, match="no whole numbers"):
        read_problems(path)


def test_a_set_can_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    rows = [
        {"question": f"What is {n} + 1?", "answer": f"So {n}+1={n + 1}.\n#### {n + 1}"} for n in range(10)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    sets = f"evaluation.sets={{words: {{file: {path}, count: 5, instruction: In a box.}}}}"
    recipe = load_recipe("countdown4", [sets])
    problems = draw_set(recipe, recipe.evaluation.sets["words"])
    assert [problem.answer for problem in problems] == ["1", "3", "5", "7", "9"]
    too_many = load_recipe("countdown4", [sets.replace("count: 5", "count: 11")])
    with pytest.raises(InputError, match="has 10 problems with an answer, not 11"):
        draw_set(too_many, too_many.evaluation.sets["words"])

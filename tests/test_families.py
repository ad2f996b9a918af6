"""The same battery for every family."""

from __future__ import annotations

import importlib
from collections import Counter
from dataclasses import replace

import pytest
from sympy import Integer, Rational

from journey import families
from journey.check import check_move, hopeless, sound
from journey.problem import draw, draw_distinct
from journey.step import REFUTED, Verdict
from tests.conftest import graph_of, problem_of, states_of
from tests.oracles.story import evaluated
from traces.audit import audit

MANY = 200


def test_drawing_is_deterministic(family: str) -> None:
    known = families.get(family)
    assert [draw(known, 3, "train", i, [1, 2]) for i in range(20)] == [
        draw(known, 3, "train", i, [1, 2]) for i in range(20)
    ]
    assert draw(known, 3, "train", 1, [1, 2]) != draw(known, 4, "train", 0, [1, 2]), "seed + i would leak"


def test_every_answer_drawn_is_right_and_a_spoilt_one_is_wrong(family: str) -> None:
    known = families.get(family)
    for index in range(MANY):
        problem = problem_of(family, index)
        assert problem.answer is not None
        assert known.grade(problem.givens, problem.answer) is None
        for spoilt in ("", "nonsense", problem.answer + ",1", "(" + problem.answer, "9" * 300):
            assert known.grade(problem.givens, spoilt) is not None, spoilt


def test_levels_differ_and_are_in_range(family: str) -> None:
    known = families.get(family)
    for level in range(1, 6):
        problem = draw(known, 0, "heldout", 0, [level])
        assert problem.level == level
        assert known.grade(problem.givens, problem.answer or "") is None
    sizes = [len({draw(known, 0, "train", i, [level]).id for i in range(60)}) for level in (1, 5)]
    assert sizes[1] >= sizes[0], "the highest level has no fewer problems than the lowest"


@pytest.mark.slow
def test_there_are_ten_thousand_distinct_problems(family: str) -> None:
    drawn = draw_distinct(families.get(family), 0, "train", 8_000, range(1, 6))
    assert sum(1 for _ in drawn) == 8_000, "the train split is 80 % of them"


def test_legal_moves_are_valid(family: str) -> None:
    known = families.get(family)
    checked = 0
    for index in range(MANY):
        if index >= 40 and checked >= MANY:
            break
        state = known.start(problem_of(family, index).givens)
        while not known.solved(state) and (moves := list(known.moves(state))):
            for move in moves:
                verdict, evidence = check_move(known, state, move)
                assert sound(known, verdict), (state, move, str(evidence))
                checked += 1
            state = known.apply(state, moves[index % len(moves)])
    assert checked >= MANY


def test_every_mistake_is_judged_wrong_with_evidence(family: str) -> None:
    known = families.get(family)
    seen: Counter[str] = Counter()
    for index in range(1_000):
        state = known.start(problem_of(family, index).givens)
        while True:
            moves = list(known.moves(state))
            for move in moves or (None,):
                for name, wrong in known.mistakes(state, move):
                    verdict, evidence = check_move(known, state, wrong)
                    assert verdict in REFUTED, f"the mistake {name!r} is {verdict} in {state}: {wrong}"
                    assert str(evidence)
                    seen[name] += 1
            if not moves or known.solved(state):
                break
            state = known.apply(state, moves[index % len(moves)])
    assert len(seen) >= 3, f"a family has three or more mistakes, not {[*seen]}"
    assert min(seen.values()) >= MANY, f"each mistake occurs {MANY} times or more in 1,000 problems: {seen}"


def test_a_line_says_its_move(family: str) -> None:
    known = families.get(family)
    for index in range(20):
        graph = graph_of(family, index)
        states = states_of(graph)
        for step in graph.steps():
            state = states[step.source]
            line = known.write(state, step.move)
            assert "\n" not in line
            assert known.read(state, line) == step.move


def test_every_state_has_a_heuristic_and_dead_end_evidence(family: str) -> None:
    known = families.get(family)
    for index in range(20):
        for key, state in states_of(graph_of(family, index)).items():
            assert known.key(state) == key
            assert known.heuristic(state) >= 0
            assert str(known.dead_end_evidence(state))
            if known.solved(state) and family not in ("diophantine", "factoring"):
                assert known.heuristic(state) == 0, "these two count what is left of the sum or the pair"


def test_a_drawn_problem_is_not_hopeless(family: str) -> None:
    known = families.get(family)
    for index in range(30):
        assert hopeless(known, known.start(problem_of(family, index).givens)) is False


@pytest.mark.parametrize("line", ["expand:x={}", "expand:{}x=2", "collect:{}=1"])
def test_after_a_tower_of_powers_there_is_no_move(line: str) -> None:
    """It is read in no time, and carried out it would fill the memory."""
    known = families.get("rational")
    tower = "(((((9^24)^24)^24)^24)^24)^24"
    state = known.start({"equation": "2/(x-1)=3/(x+1)"})
    after = known.apply(state, known.read(state, line.format(tower)))
    assert not list(known.moves(after))


def test_the_second_congruence_is_met_by_trying() -> None:
    """A whole journey at the highest level: two congruences, then Chinese remainders."""
    problem = draw(families.get("congruence"), 0, "train", 0, [5])
    givens = {"congruences": [[2, 3, 5], [3, 5, 7]]}
    lines = ["4:3+2=5=5+0", "x=4", "4:4+3=7=7+0", "x=4", "4:3+4=7=7+0", "x=4", "=4"]
    report = audit(replace(problem, givens=givens), "\n".join(lines))
    assert report.solved
    assert not report.wrong_steps
    lines[4:6] = ["9:0+5=5", "x=9"]
    report = audit(replace(problem, givens=givens), "\n".join(lines))
    assert [line.evidence for line in report.wrong_steps] == ["9 = 2 mod 7, not 4"]


def test_countdown_uses_each_number_once_even_when_two_are_equal() -> None:
    known = families.get("countdown")
    given = {"numbers": [3, 3, 4], "target": 15}
    assert known.grade(given, "3*4+3") is None
    assert "does not use each" in (known.grade(given, "3*4+3+3-3") or "")
    assert "does not use each" in (known.grade(given, "3*5") or "")
    state = known.start(given)
    move = known.read(state, "3+3=6")
    assert {operand.at for operand in move.operands} == {0, 1}, "two different 3s"
    assert known.apply(state, move).left == (4, 6)
    reused = known.read(state, "4+4=8")
    verdict, evidence = check_move(known, state, reused)
    assert verdict is Verdict.WRONG
    assert str(evidence) == "4 is not among 3, 3, 4"


def test_countdown_grades_exactly() -> None:
    known = families.get("countdown")
    assert known.grade({"numbers": [3, 3, 8, 8], "target": 24}, "8/(3-8/3)") is None
    assert Integer(8) / (Integer(3) - Rational(8, 3)) == 24
    assert known.grade({"numbers": [1, 2, 3], "target": 7}, "1/(2-2)") is not None
    assert known.grade({"numbers": [2, 2, 0], "target": 7}, "2/(0*2)") is not None


def test_story_values_agree_with_a_topological_evaluation() -> None:
    known = families.get("story")
    for level in range(1, 6):
        for index in range(40):
            problem = draw(known, 1, "train", index, [level])
            values, needed = evaluated(problem.givens)
            assert min(values.values()) > 0
            assert max(values.values()) < 1000
            true = values[problem.givens["asked"]]
            near = range(true - 40, true + 40)
            assert problem.answer == str(true)
            assert [n for n in near if known.grade(problem.givens, str(n)) is None] == [true]
            assert (needed == set(values)) == (level == 1), "from level 2 on something is not needed"
            state = known.start(problem.givens)
            while not known.solved(state):
                move = next(known.moves(state))
                state = known.apply(state, move)
                assert move.operands[0].value in needed, "what is needed comes first"
                assert values[str(move.operands[0].value)] == move.result


def test_a_story_states_each_quantity_once() -> None:
    for index in range(MANY):
        problem = problem_of("story", index)
        given, text = problem.givens, problem.statement
        computed = {name for name, rule in given["quantities"].items() if isinstance(rule, list)}
        assert text.count("The number of ") == text.count(".") == len(given["quantities"])
        assert text.endswith("are there?")
        if index < 30:
            path = graph_of("story", index).solution() or []
            assert {step.move.operands[0].value for step in path} == evaluated(given)[1] & computed


def test_a_story_s_structure_ignores_names_and_numbers() -> None:
    split_key = families.get("story").split_key
    rules = {"a": 3, "b": ["+", "a", 2], "c": ["*", "a", "b"], "d": ["-", "c", "a"]}
    other = {"a": ["*", "b", "c"], "b": ["+", "c", 7], "c": 5}
    assert split_key({"quantities": rules, "asked": "c"}) == "((k+n)*n)"
    assert split_key({"quantities": other, "asked": "a"}) == "((k+n)*n)"
    assert split_key({"quantities": rules, "asked": "d"}) == "(((k+n)*n)-n)"


def test_a_story_has_quantities_and_named_mistakes() -> None:
    known = families.get("story")
    rules = {"a": 3, "b": ["+", "c", 2], "c": ["*", 2, "a"], "d": ["*", "a", "b"], "e": 3}
    state = known.start({"quantities": rules, "asked": "d"})
    output = {
        "c=2*3=6": None,
        "c=3*2=6": None,
        "c=2*3=7": "2*3 = 6, not 7",
        "c=2+3=5": "2*a is 2*3 here, not 2+3",
        "b=2+2=4": "c is not known yet",
        "a=1+2=3": "a=1+2=3 cannot be done here",
    }
    for line, evidence in output.items():
        move = known.read(state, line)
        assert known.write(state, move) == line
        verdict, actual = check_move(known, state, move)
        assert verdict is (Verdict.WRONG if evidence else Verdict.VALID)
        assert str(actual) == str(evidence)
    move = known.read(state, "c=2*3=6")
    assert [operand.at for operand in move.operands] == [2, None, 0], "a's 3, not e's; and 2 is no quantity"
    assert [known.write(state, wrong) for name, wrong in known.mistakes(state, move) if name[0] != "s"] == [
        "c=2+3=5",
        "b=2+2=4",
    ]


def test_the_answer_agrees_with_an_independent_solution(family: str) -> None:
    """`tests/oracles/FAMILY.py` solves the problem another way; a spoilt answer must fail there too."""
    oracle = importlib.import_module(f"tests.oracles.{family}")
    known = families.get(family)
    for index in range(MANY):
        problem = draw(known, 0, "train", index, [1, 2, 3, 4, 5])
        assert problem.answer is not None
        assert oracle.right(problem.givens, problem.answer), problem
        for spoilt in oracle.near(problem.givens, problem.answer):
            message = known.grade(problem.givens, spoilt) is None
            assert message == oracle.right(problem.givens, spoilt), (problem, spoilt)

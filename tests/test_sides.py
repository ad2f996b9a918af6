"""Steps on both sides of linear relations, sign charts, and the notations that their families accept."""

from __future__ import annotations

import pytest

from journey import families
from journey.check import check_move
from journey.errors import MoveError
from journey.step import Verdict


@pytest.mark.parametrize(
    ("before", "line", "evidence"),
    [
        ("3(x+2)=5x-4", "expand 3(x+2):3x+6=5x-4", None),
        ("3(x+2)=5x-4", "expand 3(x+2):3x+2=5x-4", "it is 9 at x = 1, not 5"),
        ("3x+6=12", "add -6:3x=6", None),
        ("3x+6=12", "add -5:3x=6", "it is 4 at x = 1, not 3"),
        ("12=3x", "divide 3:4=x", None),
        ("12=3x", "divide 0:4=x", "divide 0 cannot be done here"),
        ("x/2+1=5", "clear 2:x+1=10", "it is 3 at x = 1, not 2"),
        ("5=5", "so:x=5", "4 solves the line before and not this one"),
        ("0=5", "so:all numbers", "0 solves this line and not the one before"),
    ],
)
def test_a_line_claims_what_its_word_makes_of_both_sides(
    before: str, line: str, evidence: str | None
) -> None:
    linear = families.get("linear")
    result = check_move(linear, before, linear.read(before, line))
    assert (result.evidence and str(result.evidence)) == evidence


def test_an_inequality_is_solved_line_by_line() -> None:
    family = families.get("inequality")
    state = family.start({"inequality": "(x+5)/(x-1)>=3"})
    lines = [
        ("clear x-1:x+5>=3(x-1)", Verdict.ADDS),
        ("add -3:(x+5)/(x-1)-3>=0", Verdict.VALID),
        ("test 0:8/-1<0", Verdict.WRONG),
        ("join:(-2x+8)/(x-1)>=0", Verdict.VALID),
        ("points:4", Verdict.LOSES),
        ("points:4,1", Verdict.WRONG),
        ("points:1,4", Verdict.VALID),
        ("test 2:4/1>0", Verdict.WRONG),
        ("test -1:10/-2<0", Verdict.VALID),
        ("test 4:0/3>0", Verdict.WRONG),
        ("test 3/2:5/(1/2)<0", Verdict.WRONG),
        ("test 3/2:5/(1/2)>0", Verdict.VALID),
        ("test 5:-2/4<0", Verdict.VALID),
        ("so:1<=x<=4", Verdict.ADDS),
        ("so:1<x<=4", Verdict.VALID),
    ]
    for line, verdict in lines:
        move = family.read(state, line)
        assert family.write(state, move) == line
        assert check_move(family, state, move).verdict is verdict, line
        if verdict is Verdict.VALID:
            state = family.apply(state, move)
    assert family.solved(state)


@pytest.mark.parametrize(
    ("name", "givens", "right", "wrong"),
    [
        (
            "linear",
            {"equation": "2x=7"},
            ["7/2", "x = 3.5", "14/4"],
            ["7", "3", "7/0", "x", "2x=7", "no solution"],
        ),
        ("linear", {"equation": "x+1=x"}, ["no solution"], ["0", "all numbers", "x=1", ""]),
        (
            "inequality",
            {"inequality": "x^2-x-6>=0"},
            ["x<=-2 or x>=3", "3 <= x or -2 >= x", "x<-2 or x=-2 or x>=3"],
            ["x<-2 or x>3", "-2<=x<=3", "x^2-x-6>=0", "x>=3", "x<=-2 and x>=3", "x<1/0", "y>3"],
        ),
        ("inequality", {"inequality": "x^2<0"}, ["no solution", "x<0 and x>0"], ["all numbers", "x=0", "0"]),
    ],
)
def test_answers_are_graded_by_what_they_say(
    name: str, givens: dict[str, str], right: list[str], wrong: list[str]
) -> None:
    family = families.get(name)
    assert [family.grade(givens, answer) for answer in right] == [None] * len(right)
    assert all(family.grade(givens, answer) for answer in wrong)


@pytest.mark.parametrize("name", ["linear", "inequality"])
def test_hostile_lines_are_refused(name: str) -> None:
    family = families.get(name)
    state = family.start({"equation": "3x=6", "inequality": "3x<6"})
    hostile = [
        "9" * 10**6,
        "(" * 10**5,
        "so:x=9^99999999999",
        "so:__import__('os')",
        "so:x=1\x00",
        "so:\u202ex=1",
    ]
    for line in [*hostile, "test 0:", "points:1/0", "test 1/0:1>0", "so:٣<x", "add :x=1", "jump:x=2", "so:"]:
        with pytest.raises(MoveError):
            family.read(state, line)
        assert family.grade({"equation": "3x=6", "inequality": "3x<6"}, line.removeprefix("so:"))

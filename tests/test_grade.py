"""Final answers: what is found in a text, what is equal to what, and what hostile text comes to."""

from __future__ import annotations

import json
import random
import re
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.grade import grade_answer
from journey.solution_text.answers.final import final_answer
from journey.solution_text.answers.rules import ROUNDING, UNITS, Rules
from tests.conftest import Journey
from tests.invariants.test_floors import ROOT

CASES = ROOT.parent / "shared" / "data" / "grader" / "cases.jsonl"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"So \boxed{3}. Wait, that is wrong. Again: \boxed{4}", "4"),
        (r"\boxed{\frac{1}{2}} and then some \boxed{never closed", None),
        (r"\boxed{\frac{1}{2}}, no: \boxed{ }", None),
        (r"\boxed{1}, \boxed{2} and $\boxed{3}$", "1, 2, 3"),
        (r"thus \boxed{\{a : a > 0\}}", r"\{a : a > 0\}"),
        (r"\\boxed{\\frac{3}{4}}", r"\frac{3}{4}"),
        ("Natalia sold 48/2 = 24 clips in May.\n#### 72", "72"),
        ("The answer is $x = 5$. It was easy.", "x = 5"),
        ("**Final Answer**\n$12$", "12"),
        ("He pays $5 for 3 pens, so each pen is 1.50 dollars.", "1.50 dollars"),
        ("The probability that she wins is 2/3.", "2/3"),
        ("Hence $y > 2$ is the solution.", "y > 2"),
        ("7:45", "7:45"),
        ("even", "even"),
        ("The tip is at (2, 5).", "(2, 5)"),
        (r"So $x = \boxed{3}$ or $x = \boxed{-1}$.", "3, -1"),
        ("It has 6.02e23 atoms.", "6.02e23"),
        ("She earned 2.5 million dollars.", "2.5 million"),
        ("It is 12, which is even.", "12"),
        ("We get 7*6=42 so 42", "42"),
        (r"<think>\boxed{5}?</think> So \boxed{6}.", "6"),
        (r"<think>So \boxed{5}.</think>", "5"),
        ("It is <answer>42</answer>, not 99.", "42"),
        ("***B***", "B"),
        ("x**2 - 4", "x**2 - 4"),
        (r"\boxed{unfinished", None),
        ("", None),
        (" \n ", None),
    ],
)
def test_the_answer_is_found(text: str, answer: str | None) -> None:
    assert final_answer(text) == answer


RIGHT = [
    ("1/2", "0.5"),
    (r"\frac{1}{2}", "2/4"),
    ("1/3", "0.3333333"),
    ("1234", "1,234"),
    ("120000", "1,20,000"),
    ("10,50,000 rupees", "Rs. 1050000"),
    ("120,000", "Rs. 1,20,000"),
    ("1,20,345", "1, 20, 345"),
    ("1234.5", "1.234,5"),
    ("2.5", "2,5"),
    ("1234567", "1 234 567"),
    (r"12345", r"12,\!345"),
    ("7", r"\$7.00"),
    ("7", "7 dollars"),
    ("20", r"20\%"),
    ("0.2", r"20\%"),
    (r"20\%", "1/5"),
    ("90", r"90^\circ"),
    ("5", r"5\text{ cm}"),
    (r"5\text{ cm}", "5 centimeters"),
    (r"12\text{ m}^2", "12 square meters"),
    (r"3\frac{1}{4}", "13/4"),
    ("2 1/2", "2.5"),
    ("1.5e3", "1500"),
    (r"3\times 10^{-2}", "0.03"),
    ("x = 4", "4"),
    ("4", "x=4"),
    ("f(x) = 3x", "3x"),
    ("4", "2 + 2 = 4"),
    ("(1, 2)", r"\left( 1,\, 2 \right)"),
    ("(x, y) = (1, 2)", "x = 1, y = 2"),
    ("1, 2", "2, 1"),
    (r"\{1, 2\}", "2 and 1"),
    (r"2 \pm \sqrt{3}", r"2-\sqrt{3}, 2+\sqrt{3}"),
    ("[0, 1)", r"0 \leq x < 1"),
    ("x > 3", r"(3, \infty)"),
    (r"(-\infty, 1) \cup (2, \infty)", "x < 1 or x > 2"),
    (r"\mathbb{R}", r"(-\infty, \infty)"),
    ("(B)", r"\text{(B)}"),
    ("B", r"\textbf{(B)}\ 12"),
    ("Yes", r"\text{yes}"),
    ("x^2 - 1", "(x-1)(x+1)"),
    (r"\frac{\sqrt{2}}{2}", r"\frac{1}{\sqrt{2}}"),
    ("1.414", r"\sqrt{2}"),
    ("3:4", "3:4"),
    (r"\begin{pmatrix}1\\0.5\end{pmatrix}", r"\begin{bmatrix}1\\\frac12\end{bmatrix}"),
    (r"(1+i)^2", "2i"),
    ("2x + y = 4", "y = 4 - 2x"),
    ("9", "x = 4 + 5 = 9"),
    ("−3", "-3"),
    ("007", "7"),
    ("no solution", "No solution"),
    (r"\log 2", "log(2)"),
    (r"\frac{\pi}{6}", "π/6"),
    ("no solution", r"\text{no solution}"),
    # numbers
    (r"0.1\overline{6}", "1/6"),
    ("1/3", "0.333..."),
    ("1234567", "1.234.567"),
    (r"2.5\times 10^{6}", "2.5 million"),
    ("3x10^8", "300000000"),
    ("4", "four"),
    ("forty-two", "42"),
    ("7", "7^{th}"),
    (r"\frac{\pi}{4}", r"\frac\pi4"),
    ("1/2", r"{1\over 2}"),
    ("10", r"{5 \choose 2}"),
    (r"2\sqrt{3}", "√12"),
    ("5", r"\color{red}{5}"),
    ("5", r"\therefore x = 5"),
    ("1/2", r"\sin 30^\circ"),
    (r"1+i", r"\sqrt{2}e^{i\pi/4}"),
    # units, bases and moduli
    ("12", "12 m/s"),
    (r"60\text{ mph}", "60 miles per hour"),
    (r"12\text{ m}^2", "12 sq m"),
    ("12", r"12\,\frac{\text{m}}{\text{s}}"),
    ("0.5 N", "1/2"),
    ("5 units", "5 cm"),
    ("101_2", "5"),
    ("2A_{16}", r"2A_{\text{sixteen}}"),
    ("3", r"3 \pmod{7}"),
    (r"x \equiv 3 \pmod 7", "x ≡ 3 (mod 7)"),
    ("3:15 PM", r"3:15\text{ p.m.}"),
    ("3:4", r"\frac{3}{4}"),
    ("3:4", "6:8"),
    ("June 20", r"\text{June 20}"),
    # sets of numbers
    ("[2, 5)", r"x \ge 2 \text{ and } x < 5"),
    ("[2, 5)", r"\{x : 2 \le x < 5\}"),
    (r"(-\infty,-1)\cup(1,\infty)", "|x| > 1"),
    ("(1, 5)", "|x - 3| < 2"),
    (r"x \neq 2", r"\mathbb{R} \setminus \{2\}"),
    (r"(0,1)\cup(1,\infty)", r"x > 0, x \ne 1"),
    ("[0, 2]", r"[0, 1] \cup [1, 2]"),
    (r"\{-1\}\cup[2,3]", r"x = -1 \text{ or } 2 \le x \le 3"),
    (r"\{1, 2, 3\}", r"\{1, 2\} \cup \{3\}"),
    (r"\mathbb{R}", "all real numbers"),
    (r"\emptyset", "no solution"),
    ("2x > 4", "x > 2"),
    ("a < x < b", "x > a and x < b"),
    # names
    ("(1, 2)", "y = 2, x = 1"),
    ("(1, 2)", "P(1, 2)"),
    ("x = 1, y = 2", r"\begin{cases} x = 1 \\ y = 2 \end{cases}"),
    ("(1, 1)", "x = y = 1"),
    ("f(x) = x^2", "f(t) = t^2"),
    ("a_n = 2n + 1", "a_k = 2k + 1"),
    ("x^2 + y^2 = 25", "25 = x^2 + y^2"),
    ("(1, 2, 3)", r"\langle 1, 2, 3 \rangle"),
]
WRONG = [
    ("1,50,000", "15000"),
    ("1.2", "1,20,000"),
    ("(1,20,000)", "120000"),
    ("1/2", "0.4"),
    ("1/3", "0.33"),
    ("5", "5.001"),
    ("(0, 9)", "[0, 9)"),
    ("(1, 2)", "(2, 1)"),
    ("(1, 2)", r"\{1, 2\}"),
    ("3", "3, 4"),
    ("3", r"\boxed{3} or \boxed{4}"),
    ("3, 4", "3"),
    (r"\{1, 2\}", r"\{1, 2, 3\}"),
    ("x > 3", r"x \geq 3"),
    ("x > 3", "x < 3"),
    ("x < 1 or x > 2", "x < 1"),
    ("5 cm", "5 km"),
    ("5 cm", r"5\text{ cm}^2"),
    ("A", "B"),
    ("(A)", "(C)"),
    ("Yes", "No"),
    ("2", r"\pm 2"),
    ("x = 2", "y = 2"),
    ("x^2 + 1 = 0", "0"),
    ("4", "x^2 = 4"),
    ("x^2 - 1", "x^2 + 1"),
    ("12:00", "1:00"),
    ("1234", "1.234"),
    ("32349", "32, 349"),
    ("2", "2x"),
    ("x + y", "x - y"),
    ("1,2,3", "1,2,4"),
    (r"\sqrt{2}", "1.4"),
    ("(1, 2, 3)", "(1, 2)"),
    ("even", "odd"),
    ("12", ""),
    ("12", r"\boxed{12"),
    ("12", "I am not at all sure."),
    (r"\frac{1}{2}", "1, 2"),
    ("10", "10 or 11"),
    ("[1, 2]", "1, 2"),
    ("x \\neq 5", "x = 5"),
    (r"0.1\overline{6}", "0.16"),
    ("2.5 million", "2.5"),
    ("4", "fourteen"),
    ("5t", "5"),
    ("x + 3t", "x + 3s"),
    ("12", "12d"),
    ("12 m/s", "12 m"),
    ("5 cm", "5 kg"),
    ("101_2", "101_3"),
    ("101_2", "101"),
    (r"x \equiv 3 \pmod 7", r"x \equiv 3 \pmod 5"),
    ("3:15 PM", "3:15 AM"),
    ("1:20", "2:40"),
    ("June 20", "July 20"),
    ("[2, 5)", r"x > 2 \text{ and } x < 5"),
    (r"(-\infty,-1)\cup(1,\infty)", r"|x| \ge 1"),
    ("(1, 5)", "|x - 3| < 3"),
    (r"x \neq 2", r"x \neq -2"),
    (r"(0,1)\cup(1,\infty)", "x > 0"),
    (r"\{-1\}\cup[2,3]", r"\{-1\}\cup(2,3)"),
    (r"\mathbb{R}", r"\mathbb{R} \setminus \{0\}"),
    (r"\emptyset", "0"),
    ("2x > 4", "x > 3"),
    ("x = 2 or x = 3", "x = 2, y = 3"),
    ("x = 1, y = 2", "y = 1, x = 2"),
    ("f(x) = x^2", "f(t) = t^3"),
    ("x^2 + y^2 = 25", "25"),
    (r"1+i", r"\sqrt{2}e^{-i\pi/4}"),
    ("A", "The answer is B, not (A)."),
]


@pytest.mark.parametrize(("gold", "pred"), RIGHT)
def test_right(gold: str, pred: str) -> None:
    assert grade_answer(gold, pred).correct is True, grade_answer(gold, pred)
    assert grade_answer(f"${gold}$", rf"We see that \boxed{{{pred}}}.").correct is True


@pytest.mark.parametrize(("gold", "pred"), WRONG)
def test_wrong(gold: str, pred: str) -> None:
    assert grade_answer(gold, pred).correct is False, grade_answer(gold, pred)


CHOSEN = [
    ("A", "I choose (A).", True),
    ("B", "Therefore option B is correct.", True),
    ("C", "The answer is A. No: the answer is C, not (B).", True),
    ("(D)", "The answer is (D) 12", True),
    ("A", "I choose (B).", False),
    ("A", "The answer is B, not (A).", False),
]


@pytest.mark.parametrize(("gold", "pred", "right"), CHOSEN)
def test_a_letter_is_picked_from_words(gold: str, pred: str, right: bool) -> None:
    assert grade_answer(gold, pred).correct is right


def test_what_is_not_decided_is_neither_right_nor_wrong() -> None:
    assert grade_answer("12", "2003^{2002^{2001}}x").correct is None
    assert grade_answer("12", r"\boxed{\frac{}{}\sqrt}").correct is None
    assert grade_answer("", "12").correct is None
    assert grade_answer("2003^{2002^{2001}}", "2003^{2002^{2001}}").correct is True


@given(some.integers(-(10**9), 10**9), some.integers(1, 10**6))
def test_numbers_equal_themselves_and_no_other(above: int, below: int) -> None:
    written = rf"\frac{{{above}}}{{{below}}}"
    assert grade_answer(f"{above}/{below}", written).correct is True
    assert grade_answer(f"{above + 1}/{below}", written).correct is False
    assert grade_answer(str(above), f"{above:,}").correct is True


def test_any_thread_may_grade() -> None:
    verdicts: list[bool | None] = []
    pairs = [("x^2-1", f"(x-1)(x+{n})") for n in range(4)]
    threads = [
        threading.Thread(target=lambda p=pair: verdicts.append(grade_answer(*p).correct)) for pair in pairs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, verdicts)) == [False, False, False, True]


def test_the_verb_reads_files_and_standard_input(journey: Journey, tmp_path: Path) -> None:
    rows = [{"id": 1, "gold": "1/2", "pred": "0.5"}, {"id": "b", "gold": "x", "pred": "y \ud800"}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    file = tmp_path / "answers.jsonl"
    file.write_text(lines)
    for done in (journey("grade", file), journey("grade", "-", input=lines)):
        assert done.returncode == 0, done.stderr
        output = [json.loads(line) for line in done.stdout.splitlines()]
        assert [(row["id"], row["correct"]) for row in output] == [(1, True), ("b", None)]
        assert set(output[0]) == {"id", "correct", "reason"}


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"id": 1, "gold": "2"}', '{"id": 1, "gold": 2, "pred": "2"}', "[" * 9999]
)
def test_a_malformed_line_is_answered_as_such(line: str, journey: Journey, tmp_path: Path) -> None:
    file, good = tmp_path / "answers.jsonl", '{"id": 0, "gold": "1", "pred": "1"}\n'
    file.write_text(good + line + "\n" + good)
    done = journey("grade", file)
    assert done.returncode == 1
    assert "1 of the rows could not be read" in done.stderr
    rows = [json.loads(row) for row in done.stdout.splitlines()]
    assert [(row["id"], row["correct"]) for row in rows] == [(0, True), (None, None), (0, True)]
    assert f"{file}:2" in rows[1]["reason"]


@pytest.mark.parametrize(
    ("gold", "pred", "rules", "right"),
    [
        ("2 hours", "120 minutes", Rules(), True),
        ("2 hours", "120 minutes", Rules(units="strict"), False),
        ("5 cm", "5", Rules(units="strict"), False),
        ("5 cm", "5", Rules(), True),
        ("5 cm", "5 km", Rules(units="ignore"), True),
        ("14.3", r"\frac{100}{7}", Rules(), True),
        ("14.3", r"\frac{100}{7}", Rules(rounding="exact"), False),
        ("14.3", "14.29", Rules(), None),
        ("14.3", "14.29", Rules(rounding="lenient"), True),
        ("14.2857", "14.3", Rules(rounding="lenient"), True),
        ("14.2857", "14.3", Rules(), False),
        ("14.3", "14.4", Rules(rounding="lenient"), False),
    ],
)
def test_rules_decide_what_graders_disagree_on(
    gold: str, pred: str, rules: Rules, right: bool | None
) -> None:
    assert grade_answer(gold, pred, rules=rules).correct is right


def test_the_rules_are_options_with_their_meaning(journey: Journey, tmp_path: Path) -> None:
    text = " ".join(re.sub(r"[^\w.,:;-]+", " ", journey("grade", "--help").stdout).split())
    for meaning in (*UNITS.values(), *ROUNDING.values()):
        assert " ".join(re.sub(r"[^\w.,:;-]+", " ", meaning).split()) in text
    file = tmp_path / "answers.jsonl"
    file.write_text('{"id": 0, "gold": "2 hours", "pred": "120 minutes"}\n')
    assert json.loads(journey("grade", file, "--units", "strict").stdout)["correct"] is False
    wrong = journey("grade", file, "--units", "sloppy")
    assert wrong.returncode == 2
    assert all(rule in wrong.stderr for rule in ("convert", "ignore", "strict"))


@pytest.mark.skipif(not CASES.exists(), reason="the graders' own cases are not on this machine")
def test_public_graders_cases() -> None:
    """218 cases that public graders test themselves with; the rules were developed on the first half."""
    rows = [json.loads(line) for line in CASES.read_text().splitlines()]
    random.Random(0).shuffle(rows)
    for half in (rows[: len(rows) // 2], rows[len(rows) // 2 :]):
        verdicts = [(grade_answer(row["gold"], row["pred"]).correct, row["expected"]) for row in half]
        right = sum(message is expected for message, expected in verdicts)
        accepted = sum(message is True and not expected for message, expected in verdicts)
        print(f"{right}/{len(half)} = {right / len(half):.1%}, {accepted} false accepts")
        assert right >= 0.96 * len(half)
        assert accepted <= 2


@pytest.mark.parametrize("nothing", ["\\\\", r"\left", "{}", r"\,", r"\text{}", "()", r"\quad"])
def test_an_answer_without_content_is_never_right(nothing: str) -> None:
    for gold, pred in (("7431", nothing), (nothing, "7431"), ("x", nothing)):
        assert grade_answer(gold, rf"\boxed{{{pred}}}").correct is not True

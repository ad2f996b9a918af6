"""Claims in prose and LaTeX: what is found, proved and left alone, and what hostile text costs."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from journey.claims import CheckedStep, check_record, check_step
from journey.errors import InputError
from journey.solution_text.reading.steps import split_steps
from journey.solution_text.reading.tokens import MAX_CHARACTERS
from journey.step import Verdict
from tests.conftest import Journey
from tests.timing import within

DATA = Path(__file__).parent.parent / ".." / "shared" / "data"

VALID = [
    "Natalia sold 48/2 = 24 clips in May.",
    "3 apples * 2 dollars/apple = 6 dollars",
    "She pays 3 x $4.50 = $13.50.",
    "In total 1,200 + 300 = 1,500 people came.",
    "That is 1/2 of 30 = 15 pages.",
    "He saves 20% of $50 = $10.",
    "The rest is 100 - 40 = 60%.",
    "5/20 = 25%",
    "It takes 2 1/2 * 2 = 5 hours.",
    "First find the total: 16 tbs - 4 tbs = 12 tbs",
    "52 weeks/year / 4 weeks/mouse = 13 mice/year",
    "120 people in the third year * 2 = 240 people",
    "1/3 = 0.33",
    "2/3 = 66.67%",
    "4(2) = 8",
    "5! = 120",
    "2**10 = 1024 and 2^3 = 8",
    "3 plus 4 = 7",
    "20 − 13 = 7 and 6 × 7 = 42 and 8 ÷ 2 = 4",
    "Each gets 100 divided by 5 = 20.",
    r"so $\frac{6}{3} = 2$",
    r"so $\dfrac12 + \frac1{2} = 1$",
    r"\[\sqrt{50} = 5\sqrt{2}\]",
    r"$12\pi - 3\pi = 9\pi$",
    r"$\frac{1}{\sqrt{2}+1} = \sqrt{2}-1$",
    r"$8^{1/3} = 2$ and $\sqrt[3]{27} = 3$",
    r"$\binom{5}{2} = 10$",
    r"$2\frac{1}{2} = 2.5$",
    r"$-\frac{15}{4} = -3\frac{3}{4}$",
    r"$4^{-1} = \frac14$",
    r"$\pi \cdot 10^2 \approx 314.16$",
    r"$1{,}000 \cdot 3 = 3,\!000$",
    r"\begin{align*} 3 + 4 + 5 &= 7 + 5 \\ &= \boxed{12}. \end{align*}",
    r"\begin{align*} 80 + 79 &+ 81 \\ &= 240. \end{align*}",
    r"$(x+1)^2 = x^2 + 2x + 1$",
    r"$\frac{x^2-1}{x-1} = x+1$",
    r"$180^\circ - 90^\circ = 90^\circ$",
    r"So $3 \text{ feet} \times 4 \text{ feet} = 12 \text{ square feet}$.",
]

WRONG = [
    ("48/2 = 25", "48/2 = 24, not 25"),
    ("So 3 + 4 = 7 = 9 - 1.", None),
    ("He pays 3 x $4.50 = $14.50.", "3 * 4.50 = 13.5, not 14.50"),
    ("In total 1,200 + 300 = 1,600 people came.", "1,200 + 300 = 1500, not 1,600"),
    ("90 = 70 + 21", "70 + 21 = 91, not 90"),
    ("3*4 = 5+6", "3*4 = 12, not 5+6 = 11"),
    ("He saves 20% of $50 = $11.", None),
    (r"so $\frac{6}{3} = 3$", r"\frac{6}{3} = 2, not 3"),
    (r"\[\sqrt{50} = 2\sqrt{5}\]", None),
    (r"$\binom{5}{2} = 20$", None),
    (r"$1 + \frac12 = \boxed{3}$", None),
    (r"$12\pi - 3\pi = 8\pi$", None),
    (r"$200 \cdot 3 \approx 900$", None),
]

UNDECIDED = [
    "Let $x = 5$.",
    "$2x + 3 = 7$",
    "Then 2x - 5 = 7.",
    "x + 3 * 2 = 7",
    "1 hour = 60 minutes",
    "2 * 3 feet = 72 inches",
    "5 + 3 = 8 * 2",
    "He needs 10/4 = 3 boxes.",
    "7/2 = 3 remainder 1",
    "1+2+...+10 = 55",
    "Tom's 3 apples plus 3 * 2 = 9",
    "Twice 3 + 4 = 14",
    "the total of 4 subjects = 186 + 62",
    "25 / 1/3 = 75",
    "$7 \\cdot 3 = 1 \\pmod{5}$",
    "$1011_2 + 101_2 = 10000_2$",
    "Is $5^2 + 5^2 = 7^2$?",
    "It is not true that 2 + 2 = 5.",
    "$f(3) = 3 + 7$",
    "0900-0130 = 0730 hours",
    "a line without any claim",
    "1/0 = 5",
    "$\\frac{7\\text{ knicks}}{2\\text{ knacks}} = 1$",
    "2*2*27",
    "= 5",
    "15+2a = 35",
    "2 thousand * 3 = 6000",
]


@pytest.mark.parametrize("text", VALID)
def test_right_claims_are_proved(text: str) -> None:
    step = check_step(text)
    assert step.verdict is Verdict.VALID, step
    assert all(claim.evidence for claim in step.claims)


@pytest.mark.parametrize(("text", "evidence"), WRONG)
def test_wrong_claims_are_refuted(text: str, evidence: str | None) -> None:
    step = check_step(text)
    assert step.verdict is Verdict.WRONG, step
    assert evidence is None or step.evidence == evidence


@pytest.mark.parametrize("text", UNDECIDED)
def test_what_is_no_claim_or_has_no_proof_is_not_wrong(text: str) -> None:
    assert check_step(text).verdict is not Verdict.WRONG, check_step(text)


def test_a_chain_is_checked_link_by_link() -> None:
    step = check_step("2 + 3 = 5 = 6 - 1 = 4")
    assert [claim.verdict for claim in step.claims] == [Verdict.VALID, Verdict.VALID, Verdict.WRONG]


def test_a_solution_is_split_outside_of_mathematics() -> None:
    assert split_steps("First 2 + 2 = 4. Then\n\n$a. B\nc$ is it.") == [
        "First 2 + 2 = 4.",
        "Then",
        "$a. B\nc$ is it.",
    ]
    assert split_steps("") == []


def test_a_very_long_step_is_left_unknown() -> None:
    text = "1 + 1 = 3 " * MAX_CHARACTERS
    with within(0.5, "very long"):
        assert check_step(text).verdict is Verdict.UNKNOWN
        assert len(check_record({"solution": "$x$ " * 1_000_000})["steps"]) == 1


PIECES = [
    "1",
    "2.5",
    "1,000",
    "=",
    "+",
    "-",
    "*",
    "/",
    "^",
    "(",
    ")",
    "{",
    "}",
    "$",
    "\\frac",
    "\\sqrt",
    "%",
    "!",
    "x",
    "of",
]


@given(
    some.lists(
        some.sampled_from([*PIECES, " ", "\\\\", "&", "\\text{a}", "apples", ".", "≈", "\\["]), max_size=40
    )
)
def test_any_pieces_get_a_verdict(pieces: list[str]) -> None:
    assert isinstance(check_step("".join(pieces)), CheckedStep)
    assert isinstance(check_step("$" + " ".join(pieces) + "$"), CheckedStep)


@given(some.text(max_size=80))
def test_any_text_gets_a_verdict(text: str) -> None:
    checked = check_record({"solution": text})
    assert "".join("".join(step["text"] for step in checked["steps"]).split()) == "".join(text.split())


@given(some.integers(0, 10**6), some.integers(1, 10**4), some.sampled_from("+-*/"), some.integers(1, 9))
def test_python_agrees_about_integers(a: int, b: int, operator: str, off: int) -> None:
    exact = {"+": a + b, "-": a - b, "*": a * b, "/": a // b}[operator]
    if operator == "/":
        a = exact * b
    assert check_step(f"{a:,} {operator} {b} = {exact}").verdict is Verdict.VALID
    assert check_step(f"{a} {operator} {b} = {exact + off}").verdict is Verdict.WRONG


@pytest.mark.parametrize("record", [[], {}, {"steps": "a"}, {"steps": [1]}, {"solution": 5}, None, 3])
def test_a_record_of_another_form_is_refused(record: Any) -> None:
    with pytest.raises(InputError):
        check_record(record)


def test_the_verb_checks_the_lines_after_a_bad_one(journey: Journey, tmp_path: Path) -> None:
    file = tmp_path / "solutions.jsonl"
    file.write_text(
        '{"id":"a","problem":"p","steps":["2+2 = 5","2+2 = 4"]}\n{"id":2,"solution":"5*2 = 10"}\n'
    )
    lines = [json.loads(line) for line in journey("check", str(file)).stdout.splitlines()]
    assert [[step["verdict"] for step in line["steps"]] for line in lines] == [["wrong", "valid"], ["valid"]]
    assert set(lines[0]) == {"id", "steps"}
    assert lines[0]["steps"][0]["claims"] == [
        {"text": "2+2 = 5", "verdict": "wrong", "evidence": "2+2 = 4, not 5"}
    ]
    file.write_text('{"id":1,"steps":[]}\n{"id":2}\n{"id":3,"solution":"2+2 = 4"}\n')
    done = journey("check", str(file))
    assert done.returncode == 1
    assert done.stderr == "journey: 1 of the rows could not be read; their reasons say which\n"
    first, bad, last = map(json.loads, done.stdout.splitlines())
    assert (first["id"], bad["id"], last["id"]) == (1, None, 3)
    assert bad["steps"] == []
    assert bad["reason"].startswith(f"bad row: {file}:2: it needs")
    assert last["steps"][0]["verdict"] == "valid"


def rows(name: str, count: int) -> list[dict[str, Any]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"no data: {path} is not here")
    lines = path.read_text().splitlines()
    return [json.loads(line) for line in random.Random("claims").sample(lines, min(count, len(lines)))]


def test_right_gsm8k_solutions_pass_and_changed_ones_are_caught() -> None:
    accused = caught = changed = 0
    sample = rows("gsm8k/train.jsonl", 1500)
    for row in sample:
        raw = row["solution"].split("\n####")[0]
        accused += any(
            check_step(line).verdict is Verdict.WRONG for line in split_steps(re.sub(r"<<.*?>>", "", raw))
        )
        result = list(
            re.finditer(r"\d[\d.,]*\s*[-+*/x]\s*\$?[\d.,]*\d\s*=\s*\$?\s*<<[^>]*>>(\d+)(?![\d.,])", raw)
        )
        if result:
            one = random.Random(row["id"]).choice(result)
            line = (
                raw[: one.start(1)].split("\n")[-1] + str(int(one[1]) + 3) + raw[one.end(1) :].split("\n")[0]
            )
            changed += 1
            caught += check_step(line).verdict is Verdict.WRONG
    assert accused <= 0.005 * len(sample)
    assert caught >= 0.98 * changed


def test_right_math_solutions_are_seldom_called_wrong() -> None:
    sample = rows("math/train.jsonl", 700)
    checked = [[check_step(step) for step in split_steps(row["solution"])] for row in sample]
    assert sum(any(s.verdict is Verdict.WRONG for s in steps) for steps in checked) <= 0.005 * len(sample)
    assert sum(any(s.verdict is Verdict.VALID for s in steps) for steps in checked) >= 0.6 * len(sample)

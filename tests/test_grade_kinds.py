"""Answers by kind: each file in tests/graded holds references and predictions, equal (==) or not (!=).

What is equal was decided by hand before the grader was asked.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from journey.grade import grade_answer

FOLDER = Path(__file__).parent / "graded"
ROWS = [
    (file.stem, *line.partition(sign)[::2], sign.strip() == "==")
    for file in sorted(FOLDER.glob("*.txt"))
    for line in file.read_text().splitlines()
    for sign in ("  ==  ", "  !=  ")
    if sign in line
]


@pytest.mark.parametrize(("kind", "gold", "pred", "right"), ROWS)
def test_an_answer_of_each_kind(kind: str, gold: str, pred: str, right: bool) -> None:
    verdict = grade_answer(gold, pred)
    assert verdict.correct is right, f"{kind}: {verdict}"


def test_every_line_is_a_case() -> None:
    lines = [line for file in FOLDER.glob("*.txt") for line in file.read_text().splitlines()]
    assert len(lines) == len(ROWS) > 0

"""Tables of short solutions with the verdict that the checker should give on their last step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from _pytest.mark import ParameterSet

from journey.claims import check_solution

Case = tuple[str, list[str]]
"""A verdict, or `not` and a verdict, and the steps of a solution."""


def by_kind(cases: Mapping[str, Sequence[Case]]) -> list[ParameterSet]:
    """The cases as parameters of a test, named by their kind and number."""
    return [pytest.param(*case, id=f"{kind}-{n}") for kind in cases for n, case in enumerate(cases[kind])]


def expect_last_verdict(expected: str, steps: list[str]) -> None:
    """Checks a solution, and compares the verdict on its last step. Every verdict has evidence."""
    last = check_solution(steps)[-1]
    if expected.startswith("not "):
        assert last.verdict.value != expected.removeprefix("not "), last
    else:
        assert last.verdict.value == expected, last
    assert last.evidence

"""Rule 6: no sympify, parse_expr, eval or exec anywhere in the source; hostile text changes nothing."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import problem_of
from tests.invariants.test_floors import ROOT, sources
from tests.test_expressions import HOSTILE
from traces.audit import audit
from train.measure import grade

FORBIDDEN = {"sympify", "parse_expr", "eval", "exec", "parse_latex", "lambdify", "S", "compile"}


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_that_evaluates_text_is_called(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            name = node.func.id if isinstance(node.func, ast.Name) else ""
            if isinstance(node.func, ast.Attribute) and node.func.attr in {
                "sympify",
                "parse_expr",
                "parse_latex",
            }:
                name = node.func.attr
            assert name not in FORBIDDEN, f"line {node.lineno}: {name}()"


def test_hostile_outputs_are_audited_and_graded_and_never_run(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    problem = problem_of(family, 0)
    for text in HOSTILE:
        for output in (text, f"={text}", f"!{text}<", f"y=0:{text}", f"{text}=1"):
            assert not audit(problem, output).solved
            assert grade(problem, output, finished=True)[0] is False
    assert not list(tmp_path.iterdir())

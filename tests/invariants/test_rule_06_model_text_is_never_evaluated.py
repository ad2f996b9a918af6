"""Rule 6: no sympify, parse_expr, eval or exec anywhere in the source; tests/test_hostile.py tries them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.invariants.test_floors import ROOT, sources

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
